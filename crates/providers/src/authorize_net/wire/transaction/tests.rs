use kontor_domain::{Money, Secret};

use super::*;
use crate::{BillingAddress, CardRef, Nonce, Voided, tests::Account};

const HEAD: &str = r#"{"createTransactionRequest":{"merchantAuthentication":{"name":"login","transactionKey":"0123456789abcdef"},"refId":"1234567890123456","transactionRequest":"#;
const TAIL: &str =
    r#","transactionSettings":{"setting":[{"settingName":"duplicateWindow","settingValue":"28800"}]}"#;

fn account() -> Account {
    Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")])
}

fn sent(build: impl FnOnce(&Credentials<'_>) -> Built) -> String {
    let account = account();
    let connection = account.connection();
    let credentials = Credentials::of(&connection).unwrap_or_else(|error| panic!("{error}"));
    build(&credentials).unwrap_or_else(|error| panic!("{error}")).expose().to_owned()
}

fn refused(build: impl FnOnce(&Credentials<'_>) -> Built) -> String {
    let account = account();
    let connection = account.connection();
    let credentials = Credentials::of(&connection).unwrap_or_else(|error| panic!("{error}"));
    let error = build(&credentials).err().expect("refused");
    assert!(error.outcome_known, "{error}");
    error.message
}

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn card() -> CardRef {
    CardRef { customer: Some("40338125".to_owned()), id: "1000177237".to_owned() }
}

fn order<'a>(source: Source<'a>, card_use: CardUse<'a>) -> ChargeOrder<'a> {
    ChargeOrder {
        amount: dollars(4500),
        reference: "1234567890123456",
        ticket: "123456",
        source,
        card_use,
        description: Some("Invoice 7 & 8 <late>"),
        customer_number: "CUST-1",
        billing: None,
        allow_partial: false,
    }
}

#[test]
fn a_saved_card_is_charged_without_an_address_or_a_customer() {
    let card = card();
    let billing = BillingAddress { city: Some("X".to_owned()), ..BillingAddress::default() };
    let order = ChargeOrder { billing: Some(&billing), ..order(Source::Saved(&card), CardUse::Once) };
    let body = |kind: &str| {
        format!(
            r#"{HEAD}{{"transactionType":"{kind}","amount":"45.00","currencyCode":"USD","profile":{{"customerProfileId":"40338125","paymentProfile":{{"paymentProfileId":"1000177237"}}}},"order":{{"invoiceNumber":"1234567890123456","description":"Invoice 7 + 8  late"}}{TAIL}}}}}}}"#
        )
    };
    assert_eq!(sent(|it| sale(it, &order)), body("authCaptureTransaction"));
    assert_eq!(sent(|it| authorization(it, &order)), body("authOnlyTransaction"));
}

#[test]
fn a_nonce_is_charged_with_both() {
    let nonce = Nonce {
        descriptor: "COMMON.ACCEPT.INAPP.PAYMENT".to_owned(),
        value: Secret::new("eyJjb2RlIjoi".to_owned()),
    };
    let billing = BillingAddress {
        first_name: Some("Ada".to_owned()),
        last_name: Some("Byron".to_owned()),
        company: Some("A&B".to_owned()),
        address1: Some("1 Main".to_owned()),
        address2: Some("Floor 2".to_owned()),
        city: Some("X".to_owned()),
        state: Some("WA".to_owned()),
        postal_code: Some("98004".to_owned()),
        country: Some("US".to_owned()),
        phone: Some("000".to_owned()),
    };
    let order = ChargeOrder {
        billing: Some(&billing),
        description: None,
        allow_partial: true,
        ..order(Source::Nonce(&nonce), CardUse::First { recurring: false })
    };
    let expected = format!(
        r#"{HEAD}{{"transactionType":"authCaptureTransaction","amount":"45.00","currencyCode":"USD","payment":{{"opaqueData":{{"dataDescriptor":"COMMON.ACCEPT.INAPP.PAYMENT","dataValue":"eyJjb2RlIjoi"}}}},"order":{{"invoiceNumber":"1234567890123456"}},"customer":{{"id":"CUST-1"}},"billTo":{{"firstName":"Ada","lastName":"Byron","company":"A+B","address":"1 Main Floor 2","city":"X","state":"WA","zip":"98004","country":"US","phoneNumber":"000"}},"transactionSettings":{{"setting":[{{"settingName":"allowPartialAuth","settingValue":"true"}},{{"settingName":"duplicateWindow","settingValue":"28800"}}]}},"processingOptions":{{"isFirstSubsequentAuth":true}}}}}}}}"#
    );
    assert_eq!(sent(|it| sale(it, &order)), expected);
}

#[test]
fn each_use_of_a_stored_card_is_told_to_the_networks() {
    let card = card();
    let merchant = |reason, network, amount| CardUse::Merchant {
        recurring: true,
        reason,
        network_transaction_id: network,
        original_amount: amount,
    };
    let network = Some("0TN1VE648DFCJSHQ81GZH9F");
    for (card_use, expected) in [
        (CardUse::First { recurring: true }, r#","processingOptions":{"isFirstRecurringPayment":true}"#),
        (CardUse::First { recurring: false }, r#","processingOptions":{"isFirstSubsequentAuth":true}"#),
        (CardUse::Customer, r#","processingOptions":{"isStoredCredentials":true}"#),
        (merchant(None, None, None), r#","processingOptions":{"isSubsequentAuth":true}"#),
        (
            merchant(Some(MerchantReason::Resubmission), network, Some(dollars(4500))),
            r#","processingOptions":{"isSubsequentAuth":true},"subsequentAuthInformation":{"originalNetworkTransId":"0TN1VE648DFCJSHQ81GZH9F","originalAuthAmount":"45.00","reason":"resubmission"}"#,
        ),
        (
            merchant(Some(MerchantReason::DelayedCharge), None, None),
            r#","processingOptions":{"isSubsequentAuth":true},"subsequentAuthInformation":{"reason":"delayedCharge"}"#,
        ),
        (
            merchant(Some(MerchantReason::Reauthorization), None, None),
            r#","processingOptions":{"isSubsequentAuth":true},"subsequentAuthInformation":{"reason":"reauthorization"}"#,
        ),
        (
            merchant(Some(MerchantReason::NoShow), None, None),
            r#","processingOptions":{"isSubsequentAuth":true},"subsequentAuthInformation":{"reason":"noShow"}"#,
        ),
    ] {
        let built = sent(|it| sale(it, &order(Source::Saved(&card), card_use)));
        assert!(built.ends_with(&format!("{TAIL}{expected}}}}}}}")), "{card_use:?}: {built}");
    }
    let odd = merchant(None, Some("a-b"), None);
    assert!(refused(|it| sale(it, &order(Source::Saved(&card), odd))).contains("network"));
}

#[test]
fn what_follows_a_transaction_names_it() {
    let (transaction_id, reference, ticket) = ("60223421156", "1234567890123456", "123456");
    let capturing = CaptureOrder { transaction_id, amount: dollars(500), reference, ticket };
    let expected = format!(
        r#"{HEAD}{{"transactionType":"priorAuthCaptureTransaction","amount":"5.00","currencyCode":"USD","refTransId":"60223421156"}}}}}}"#
    );
    assert_eq!(sent(|it| capture(it, &capturing)), expected);
    for of in [Voided::Sale, Voided::Hold, Voided::Refund] {
        let voiding = VoidOrder { transaction_id, of, amount: dollars(500), reference, ticket };
        let expected =
            format!(r#"{HEAD}{{"transactionType":"voidTransaction","refTransId":"60223421156"}}}}}}"#);
        assert_eq!(sent(|it| void(it, &voiding)), expected);
    }
    let refunding =
        RefundOrder { transaction_id, amount: dollars(500), reference, ticket, last_four: Some("1111") };
    let expected = format!(
        r#"{HEAD}{{"transactionType":"refundTransaction","amount":"5.00","currencyCode":"USD","payment":{{"creditCard":{{"cardNumber":"1111","expirationDate":"XXXX"}}}},"refTransId":"60223421156","order":{{"invoiceNumber":"1234567890123456"}}}}}}}}"#
    );
    assert_eq!(sent(|it| refund(it, &refunding)), expected);
    for last_four in [None, Some("111"), Some("XXXX1111"), Some("11a1")] {
        assert!(refused(|it| refund(it, &RefundOrder { last_four, ..refunding })).contains("four digits"));
    }
}

#[test]
fn what_the_schema_does_not_take_is_not_sent() {
    let (card, homeless) = (card(), CardRef { customer: None, id: "1".to_owned() });
    let base = || order(Source::Saved(&card), CardUse::Once);
    assert!(refused(|it| sale(it, &order(Source::Saved(&homeless), CardUse::Once))).contains("customer"));
    for amount in [dollars(0), dollars(-1)] {
        assert!(refused(|it| sale(it, &ChargeOrder { amount, ..base() })).contains("more than zero"));
    }
    let euros = Money::from_minor(1, "EUR".parse().expect("a currency"));
    assert!(refused(|it| sale(it, &ChargeOrder { amount: euros, ..base() })).contains("dollars"));
    for reference in ["", "123456789012345678901", "1 2"] {
        assert!(refused(|it| sale(it, &ChargeOrder { reference, ..base() })).contains("reference"));
    }
    for id in ["", "1a", "123456789012345678901"] {
        let odd = CardRef { id: id.to_owned(), ..card.clone() };
        assert!(
            refused(|it| sale(it, &order(Source::Saved(&odd), CardUse::Once))).contains("digits"),
            "{id}"
        );
    }
    assert!(!sent(|it| sale(it, &base())).contains("clientId"));
}
