use kontor_domain::Currency;

use super::*;
use crate::{BillingAddress, Nonce, tests::Account};

const CREDENTIALS: &str = "<Credentials><AccountID>1000001</AccountID><AccountToken>TOKEN</AccountToken>\
    <AcceptorID>300000001</AcceptorID></Credentials><Application><ApplicationID>20001</ApplicationID>\
    <ApplicationName>Kontor</ApplicationName><ApplicationVersion>0.1.0</ApplicationVersion></Application>";
const THERE: &str = "<Terminal><TerminalID>0001</TerminalID><TerminalType>2</TerminalType>\
    <TerminalCapabilityCode>5</TerminalCapabilityCode><TerminalEnvironmentCode>6</TerminalEnvironmentCode>\
    <CardPresentCode>3</CardPresentCode><CardholderPresentCode>7</CardholderPresentCode>\
    <CardInputCode>4</CardInputCode><CVVPresenceCode>1</CVVPresenceCode><MotoECICode>7</MotoECICode></Terminal>";
const NOBODY: &str = "<Terminal><TerminalID>0001</TerminalID><TerminalType>3</TerminalType>\
    <TerminalCapabilityCode>5</TerminalCapabilityCode><TerminalEnvironmentCode>6</TerminalEnvironmentCode>\
    <CardPresentCode>3</CardPresentCode><CardholderPresentCode>6</CardholderPresentCode>\
    <CardInputCode>4</CardInputCode><CVVPresenceCode>1</CVVPresenceCode><MotoECICode>3</MotoECICode></Terminal>";
const TOKEN: &str = "<PaymentAccount><PaymentAccountID>11111111-2222-3333-4444-555555555555</PaymentAccountID>\
    </PaymentAccount>";
const NUMBERS: &str =
    "<ReferenceNumber>1234567890123456</ReferenceNumber><TicketNumber>123456</TicketNumber>";
const FLAGS: &str = "<PartialApprovedFlag>0</PartialApprovedFlag><DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag>\
    <DuplicateOverrideFlag>0</DuplicateOverrideFlag>";

pub(super) fn account() -> Account {
    Account::of(
        &[("ApplicationId", "20001"), ("MarketCode", "ECommerce")],
        &[("AccountId", "1000001"), ("AccountToken", "TOKEN"), ("AcceptorId", "300000001")],
    )
}

fn card() -> CardRef {
    CardRef { customer: None, id: "11111111-2222-3333-4444-555555555555".to_owned() }
}

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn order<'a>(card: &'a CardRef, card_use: CardUse<'a>) -> ChargeOrder<'a> {
    ChargeOrder {
        amount: dollars(655),
        reference: "1234567890123456",
        ticket: "123456",
        source: Source::Saved(card),
        card_use,
        description: None,
        customer_number: "CUST-1",
        billing: None,
        allow_partial: false,
    }
}

fn document(method: &str, body: &str) -> String {
    format!("<{method} xmlns=\"https://transaction.elementexpress.com\">{CREDENTIALS}{body}</{method}>")
}

fn sent(built: Built) -> String {
    built.unwrap_or_else(|error| panic!("{error}")).text.expose().to_owned()
}

#[test]
fn a_sale_and_an_authorization_are_as_written_down() {
    let (account, card) = (account(), card());
    let billing = BillingAddress {
        first_name: Some("Ada".to_owned()),
        last_name: Some("Byron".to_owned()),
        address1: Some("1 Main".to_owned()),
        postal_code: Some("12345".to_owned()),
        ..BillingAddress::default()
    };
    let whole = ChargeOrder { billing: Some(&billing), ..order(&card, CardUse::Once) };
    let body = format!(
        "{THERE}{TOKEN}<Address><BillingName>Ada Byron</BillingName><BillingAddress1>1 Main</BillingAddress1>\
         <BillingZipcode>12345</BillingZipcode></Address><Transaction><TransactionAmount>6.55</TransactionAmount>\
         <MarketCode>3</MarketCode>{NUMBERS}{FLAGS}</Transaction>"
    );
    assert_eq!(sent(sale(&account.connection(), &whole)), document("CreditCardSale", &body));
    assert_eq!(
        sent(authorization(&account.connection(), &whole)),
        document("CreditCardAuthorization", &body)
    );
    let partial = ChargeOrder { allow_partial: true, ..order(&card, CardUse::Once) };
    assert!(
        sent(sale(&account.connection(), &partial)).contains("<PartialApprovedFlag>1</PartialApprovedFlag>")
    );
}

#[test]
fn each_use_of_a_stored_card_is_told_to_the_networks() {
    let (account, card) = (account(), card());
    let merchant = |recurring, reason| CardUse::Merchant {
        recurring,
        reason,
        network_transaction_id: Some("202601151015001"),
        original_amount: None,
    };
    for (card_use, payment, submission) in [
        (CardUse::First { recurring: false }, "3", "1"),
        (CardUse::First { recurring: true }, "1", "1"),
        (CardUse::Customer, "3", "2"),
        (merchant(true, None), "1", "2"),
        (merchant(false, None), "4", "2"),
        (merchant(true, Some(MerchantReason::Resubmission)), "1", "3"),
        (merchant(false, Some(MerchantReason::Reauthorization)), "4", "4"),
        (merchant(false, Some(MerchantReason::DelayedCharge)), "4", "5"),
        (merchant(false, Some(MerchantReason::NoShow)), "4", "6"),
    ] {
        let alone = matches!(card_use, CardUse::Merchant { .. } | CardUse::First { recurring: true });
        let later = matches!(card_use, CardUse::Merchant { .. });
        let network = if later { "<NetworkTransactionID>202601151015001</NetworkTransactionID>" } else { "" };
        let (terminal, market) = if alone { (NOBODY, "2") } else { (THERE, "3") };
        let body = format!(
            "{terminal}{TOKEN}<Transaction><TransactionAmount>6.55</TransactionAmount>\
             <MarketCode>{market}</MarketCode>{NUMBERS}{FLAGS}<PaymentType>{payment}</PaymentType>\
             <SubmissionType>{submission}</SubmissionType>{network}</Transaction>"
        );
        let built = sent(sale(&account.connection(), &order(&card, card_use)));
        assert_eq!(built, document("CreditCardSale", &body), "{card_use:?}");
    }
}

#[test]
fn a_completion_and_a_return_are_as_written_down() {
    let account = account();
    let body = format!(
        "{THERE}<Transaction><TransactionID>300000002</TransactionID><TransactionAmount>5.00</TransactionAmount>\
         <MarketCode>3</MarketCode>{NUMBERS}</Transaction>"
    );
    let order = CaptureOrder {
        transaction_id: "300000002",
        amount: dollars(500),
        reference: "1234567890123456",
        ticket: "123456",
    };
    assert_eq!(
        sent(completion(&account.connection(), &order)),
        document("CreditCardAuthorizationCompletion", &body)
    );
    let order = RefundOrder {
        transaction_id: "300000002",
        amount: dollars(500),
        reference: "1234567890123456",
        ticket: "123456",
        last_four: None,
    };
    assert_eq!(sent(refund(&account.connection(), &order)), document("CreditCardReturn", &body));
}

#[test]
fn a_void_takes_out_of_the_batch_and_a_hold_is_reversed() {
    let account = account();
    let order = |of| VoidOrder {
        transaction_id: "300000001",
        of,
        amount: dollars(655),
        reference: "1234567890123456",
        ticket: "123456",
    };
    let taken_out = format!(
        "{THERE}<Transaction><TransactionID>300000001</TransactionID><MarketCode>3</MarketCode>{NUMBERS}</Transaction>"
    );
    for of in [Voided::Sale, Voided::Refund] {
        let built = sent(void(&account.connection(), &order(of)));
        assert_eq!(built, document("CreditCardVoid", &taken_out));
    }
    let reversed = format!(
        "{THERE}<Transaction><ReversalType>1</ReversalType><TransactionID>300000001</TransactionID>\
         <TransactionAmount>6.55</TransactionAmount><MarketCode>3</MarketCode>{NUMBERS}</Transaction>"
    );
    let built = sent(void(&account.connection(), &order(Voided::Hold)));
    assert_eq!(built, document("CreditCardReversal", &reversed));
}

#[test]
fn a_check_is_for_nothing() {
    let (account, card) = (account(), card());
    let body = format!(
        "{THERE}{TOKEN}<Transaction><TransactionAmount>0.00</TransactionAmount><MarketCode>3</MarketCode>{NUMBERS}\
         </Transaction>"
    );
    let built = sent(avs_only(&account.connection(), &card, "1234567890123456", "123456"));
    assert_eq!(built, document("CreditCardAVSOnly", &body));
}

#[test]
fn what_express_cannot_take_is_not_sent_and_surely_not_done() {
    let (account, card) = (account(), card());
    let connection = account.connection();
    let refused = |order: &ChargeOrder<'_>| {
        let error = sale(&connection, order).err().expect("refused");
        assert!(error.outcome_known, "{error}");
        error.message
    };
    let base = || order(&card, CardUse::Once);
    let nonce = Nonce { descriptor: "x".to_owned(), value: kontor_domain::Secret::new("y".to_owned()) };
    assert!(refused(&ChargeOrder { source: Source::Nonce(&nonce), ..base() }).contains("script"));
    for amount in [dollars(0), dollars(-1)] {
        assert!(refused(&ChargeOrder { amount, ..base() }).contains("more than zero"));
    }
    let yen = Money::from_minor(655, "JPY".parse().expect("a currency"));
    assert!(refused(&ChargeOrder { amount: yen, ..base() }).contains("dollars"));
    assert!(refused(&ChargeOrder { amount: dollars(1_000_000_000), ..base() }).contains("9999999.99"));
    assert!(sale(&connection, &ChargeOrder { amount: dollars(999_999_999), ..base() }).is_ok());
    assert!(refused(&ChargeOrder { reference: "", ..base() }).contains("ReferenceNumber"));
    let odd = CardRef { customer: None, id: "x".repeat(51) };
    assert!(refused(&ChargeOrder { source: Source::Saved(&odd), ..base() }).contains("PaymentAccountID"));
    let order =
        CaptureOrder { transaction_id: "30000000001", amount: dollars(1), reference: "1", ticket: "1" };
    assert!(completion(&connection, &order).is_err(), "eleven digits");
    assert!(completion(&connection, &CaptureOrder { transaction_id: "3000000000", ..order }).is_ok());
}
