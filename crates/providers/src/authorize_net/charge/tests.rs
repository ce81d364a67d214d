use kontor_domain::{Currency, Money};

use super::*;
use crate::{
    CardRef, CardUse, Provider as _, Source, Voided,
    authorize_net::tests::{account, json, provider},
    error::Kind,
    tests::{Account, served},
};

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn approved(id: &str, related: &str) -> String {
    json(&format!(
        r#"{{"transactionResponse":{{"responseCode":"1","transId":"{id}","refTransID":"{related}","messages":[{{"code":"1","description":"Approved."}}]}},"refId":"1234567890123456",{OK}}}"#
    ))
}

fn card() -> CardRef {
    CardRef { customer: Some("40338125".to_owned()), id: "1000177237".to_owned() }
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
async fn each_request_is_sent_once_and_says_what_it_is() {
    let served = served(vec![
        approved("60000000001", ""),
        approved("60000000002", ""),
        approved("60000000002", "60000000002"),
        approved("60000000002", "60000000002"),
        approved("60000000003", "60000000002"),
    ])
    .await;
    let (provider, account, card) = (provider(&served), account(), card());
    let charges = provider.charges().expect("charges");
    let connection = account.connection();
    let (transaction_id, reference, ticket) = ("60000000002", "1234567890123456", "123456");
    let amount = dollars(655);
    let voiding = VoidOrder { transaction_id, of: Voided::Sale, amount, reference, ticket };
    let refunding = RefundOrder { transaction_id, amount, reference, ticket, last_four: Some("1111") };
    let outcomes = [
        charges.sale(&connection, &order(&card)).await,
        charges.authorize(&connection, &order(&card)).await,
        charges.capture(&connection, &CaptureOrder { transaction_id, amount, reference, ticket }).await,
        charges.void(&connection, &voiding).await,
        charges.refund(&connection, &refunding).await,
    ];
    let ids = ["60000000001", "60000000002", "60000000002", "60000000002", "60000000003"];
    for (outcome, id) in outcomes.iter().zip(ids) {
        let Outcome::Approved(it) = outcome else { panic!("{outcome:?}") };
        assert_eq!((it.transaction_id.as_str(), it.amount), (id, amount));
    }
    let types = [
        "authCaptureTransaction",
        "authOnlyTransaction",
        "priorAuthCaptureTransaction",
        "voidTransaction",
        "refundTransaction",
    ];
    for (body, kind) in served.bodies().iter().zip(types) {
        assert!(body.contains(&format!(r#""transactionType":"{kind}""#)), "{body}");
    }
}

#[tokio::test]
async fn a_refund_asks_for_the_cards_digits_where_they_are_not_known() {
    let details = |number: &str| {
        json(&format!(
            r#"{{"transaction":{{"transId":"60000000002","transactionStatus":"settledSuccessfully","payment":{{"creditCard":{{"cardNumber":"{number}"}}}}}},{OK}}}"#
        ))
    };
    let served = served(vec![
        details("XXXX1111"),
        approved("60000000003", "60000000002"),
        details("XXXXXXXX"),
        String::new(),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let order = RefundOrder {
        transaction_id: "60000000002",
        amount: dollars(1),
        reference: "1234567890123456",
        ticket: "1",
        last_four: None,
    };
    assert!(matches!(provider.refund(&account.connection(), &order).await, Outcome::Approved(_)));
    assert!(served.bodies()[1].contains(r#""cardNumber":"1111""#));
    let unknown = provider.refund(&account.connection(), &order).await;
    assert!(matches!(unknown, Outcome::Failed(error) if error.message.contains("four digits")));
    // No answer to the question: nothing was refunded.
    let unanswered = provider.refund(&account.connection(), &order).await;
    assert!(unanswered.surely_not_taken(), "{unanswered:?}");
    assert_eq!(served.bodies().len(), 4);
}

#[tokio::test]
async fn a_broken_way_says_whether_money_may_have_moved() {
    let (account, card) = (account(), card());
    let cut = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 500\r\n\r\n{".to_owned();
    let failed = "HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned();
    let page = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\n<html>".to_owned();
    for (answer, kind) in [
        (String::new(), Kind::Unreachable),
        (cut, Kind::Unreachable),
        (failed, Kind::Nonsense),
        (page, Kind::Nonsense),
        (json(""), Kind::Nonsense),
    ] {
        let served = served(vec![answer]).await;
        let outcome = provider(&served).sale(&account.connection(), &order(&card)).await;
        let Outcome::Unknown(it) = outcome else { panic!("{outcome:?}") };
        assert_eq!((it.error.kind, it.error.outcome_known), (kind, false));
        assert_eq!(served.bodies().len(), 1, "it was sent again");
    }
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
