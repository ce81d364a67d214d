use kontor_domain::Currency;

use super::*;
use crate::{
    CardRef, CardUse, Provider as _, Source, Voided,
    error::Kind,
    tests::{Account, served},
    worldpay::tests::{account, provider, xml},
};

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn done(method: &str, status: &str) -> String {
    xml(&format!(
        "<{method}Response xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>0\
         </ExpressResponseCode><ExpressResponseMessage>Words</ExpressResponseMessage><Transaction><TransactionID>300000001\
         </TransactionID><ReferenceNumber>1234567890123456</ReferenceNumber><TransactionStatusCode>{status}\
         </TransactionStatusCode></Transaction></Response></{method}Response>"
    ))
}

fn card() -> CardRef {
    CardRef { customer: None, id: "ID".to_owned() }
}

fn order(card: &CardRef) -> ChargeOrder<'_> {
    ChargeOrder {
        amount: dollars(655),
        reference: "1234567890123456",
        ticket: "123456",
        source: Source::Saved(card),
        card_use: CardUse::Customer,
        description: None,
        customer_number: "CUST-1",
        billing: None,
        allow_partial: false,
    }
}

#[tokio::test]
async fn each_request_is_sent_once_under_its_name() {
    let names = [
        ("CreditCardSale", "1"),
        ("CreditCardAuthorization", "5"),
        ("CreditCardAuthorizationCompletion", "1"),
        ("CreditCardVoid", "8"),
        ("CreditCardReversal", "8"),
        ("CreditCardReturn", "1"),
    ];
    let served = served(names.iter().map(|(method, status)| done(method, status)).collect()).await;
    let (provider, account, card) = (provider(&served), account(), card());
    let charges = provider.charges().expect("charges");
    let connection = account.connection();
    let (transaction_id, reference, ticket) = ("300000001", "1234567890123456", "123456");
    let amount = dollars(655);
    let void = |of| VoidOrder { transaction_id, of, amount, reference, ticket };
    let outcomes = [
        charges.sale(&connection, &order(&card)).await,
        charges.authorize(&connection, &order(&card)).await,
        charges.capture(&connection, &CaptureOrder { transaction_id, amount, reference, ticket }).await,
        charges.void(&connection, &void(Voided::Sale)).await,
        charges.void(&connection, &void(Voided::Hold)).await,
        charges
            .refund(&connection, &RefundOrder { transaction_id, amount, reference, ticket, last_four: None })
            .await,
    ];
    for (outcome, (method, _)) in outcomes.iter().zip(names) {
        let Outcome::Approved(it) = outcome else { panic!("{method}: {outcome:?}") };
        assert_eq!((it.transaction_id.as_str(), it.amount), ("300000001", amount), "{method}");
    }
    assert_eq!(served.operations(), names.map(|(method, _)| method));
}

#[tokio::test]
async fn a_broken_way_says_whether_money_may_have_moved() {
    let (account, card) = (account(), card());
    let cut = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 500\r\n\r\n<CreditCardSale".to_owned();
    let failed = "HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned();
    for (answers, kind) in [
        (vec![String::new()], Kind::Unreachable),
        (vec![cut], Kind::Unreachable),
        (vec![failed], Kind::Nonsense),
        (vec![xml("")], Kind::Nonsense),
    ] {
        let served = served(answers).await;
        let outcome = provider(&served).sale(&account.connection(), &order(&card)).await;
        let Outcome::Unknown(it) = outcome else { panic!("{outcome:?}") };
        assert_eq!((it.error.kind, it.error.outcome_known), (kind, false));
        assert_eq!(served.bodies().len(), 1, "it was sent again");
    }
    let gone = served(Vec::new()).await;
    // The server ends before it takes anybody.
    let outcome = loop {
        let outcome = provider(&gone).sale(&account.connection(), &order(&card)).await;
        if outcome.surely_not_taken() {
            break outcome;
        }
    };
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.kind, error.retry_safe), (Kind::Unreachable, true));
}

#[tokio::test]
async fn what_is_not_sent_is_surely_not_done() {
    let served = served(Vec::new()).await;
    let nothing = Account::of(&[], &[]);
    let card = card();
    let outcome = provider(&served).sale(&nothing.connection(), &order(&card)).await;
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind, Kind::Misconfigured);
}
