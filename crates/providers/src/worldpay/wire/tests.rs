use std::collections::BTreeMap;

use kontor_domain::Money;

use super::*;
use crate::{BillingAddress, error::Kind, worldpay::xml};

fn with<T>(market: Option<&str>, work: impl FnOnce(&Connection<'_>) -> T) -> T {
    let mut configuration = BTreeMap::from([("ApplicationId".to_owned(), "20001".to_owned())]);
    if let Some(market) = market {
        configuration.insert("MarketCode".to_owned(), market.to_owned());
    }
    let secrets = [("AccountId", "1000001"), ("AccountToken", "TOKEN&<>"), ("AcceptorId", "300000001")];
    let secrets = secrets.map(|(key, value)| (key.to_owned(), Secret::new(value.to_owned())));
    let secrets = BTreeMap::from(secrets);
    work(&Connection::plain(&configuration, &secrets))
}

fn order(minor: i64) -> HostedOrder<'static> {
    HostedOrder {
        amount: Money::from_minor(minor, Currency::USD),
        reference: "1234567890123456",
        ticket: "123456",
        return_url: "https://kontor.example/back?a=1&b=2",
        market_code: None,
        description: Some("Invoice <1>"),
        company_name: Some("Hansa & Co"),
        customer_number: "CUST-1",
        billing: None,
    }
}

#[test]
fn every_document_is_as_written_down() {
    with(Some("ecommerce"), |connection| {
        let mut full = order(655);
        full.billing =
            Some(BillingAddress { address1: Some("1 Main".to_owned()), ..BillingAddress::default() });
        let at = |second| Timestamp::from_second(second).expect("a moment");
        let by = Lookup::Reference {
            reference: "1234567890123456",
            from: at(1_768_000_000),
            to: at(1_784_000_000),
        };
        let all = [
            health_check(connection),
            transaction_setup(connection, &full),
            expire(connection, "11111111-2222-3333-4444-555555555555"),
            query(connection, &Lookup::Setup("11111111-2222-3333-4444-555555555555")),
            query(connection, &by),
        ];
        let all: Vec<String> = all
            .into_iter()
            .map(|built| built.unwrap_or_else(|error| panic!("{error}")).text.expose().replace("><", ">\n<"))
            .collect();
        insta::assert_snapshot!(all.join("\n\n"));
    });
}

#[test]
fn what_is_sent_can_be_read_again() {
    with(None, |connection| {
        let built = transaction_setup(connection, &order(1)).unwrap_or_else(|error| panic!("{error}"));
        let root = xml::read(built.text.expose().as_bytes()).expect("whole");
        let credentials = root.child("Credentials").expect("once").expect("there");
        assert_eq!(credentials.value("AccountToken").expect("once"), Some("TOKEN&<>"));
        let setup = root.child("TransactionSetup").expect("once").expect("there");
        assert_eq!(setup.value("ReturnURL").expect("once"), Some("https://kontor.example/back?a=1&b=2"));
        let transaction = root.child("Transaction").expect("once").expect("there");
        assert_eq!(transaction.value("MarketCode").expect("once"), Some("0"));
        assert_eq!(transaction.value("TransactionAmount").expect("once"), Some("0.01"));
    });
}

#[test]
fn what_express_cannot_take_is_not_sent() {
    with(None, |connection| {
        let refused =
            |order: &HostedOrder<'_>| transaction_setup(connection, order).err().map(|it| it.message);
        assert!(refused(&order(999_999_999)).is_none(), "9999999.99 has ten characters");
        let dear = transaction_setup(connection, &order(1_000_000_000)).err().expect("eleven characters");
        assert_eq!(
            (dear.kind, dear.outcome_known),
            (Kind::Refused, true),
            "no fault of the settings: {dear}"
        );
        let euros = Money::from_minor(1, "EUR".parse().expect("a currency"));
        assert!(refused(&HostedOrder { amount: euros, ..order(1) }).is_some_and(|it| it.contains("dollars")));
        let market = HostedOrder { market_code: Some("Bazaar"), ..order(1) };
        assert!(refused(&market).is_some_and(|it| it.contains("market")));
        assert!(query(connection, &Lookup::Setup(&"x".repeat(51))).is_err());
        assert!(query(connection, &Lookup::Setup(&"x".repeat(50))).is_ok());
    });
    let empty = BTreeMap::new();
    let none = BTreeMap::new();
    let error = health_check(&Connection::plain(&empty, &none)).err().expect("refused");
    assert!(error.message.contains("ApplicationId"), "{error}");
}

#[test]
fn a_text_for_people_is_cut_between_letters() {
    assert_eq!(shown(&"ä".repeat(MAX_SHOWN + 1)).chars().count(), MAX_SHOWN);
    assert_eq!(shown(&"ä".repeat(MAX_SHOWN)).chars().count(), MAX_SHOWN);
}

#[test]
fn no_letter_breaks_out() {
    let mut text = String::new();
    element(&mut text, "a", "</a>\u{0}\u{ffff}'\"&");
    let root = xml::read(text.as_bytes()).expect("whole");
    assert_eq!(root.text, "</a>  '\"&");
}
