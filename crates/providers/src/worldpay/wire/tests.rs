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
        keeps_card: false,
    }
}

#[test]
fn every_document_is_as_written_down() {
    with(Some("ecommerce"), |connection| {
        let mut full = order(655);
        full.billing =
            Some(BillingAddress { address1: Some("1 Main".to_owned()), ..BillingAddress::default() });
        let at = |second| Timestamp::from_second(second).expect("a moment");
        let window = Window { from: at(1_768_000_000), to: at(1_784_000_000) };
        let all = [
            health_check(connection),
            transaction_setup(connection, &full),
            expire(connection, "11111111-2222-3333-4444-555555555555"),
            query(connection, &Asked::Setup("11111111-2222-3333-4444-555555555555")),
            query(connection, &Asked::Reference("1234567890123456", window)),
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
        assert!(query(connection, &Asked::Setup(&"x".repeat(51))).is_err());
        assert!(query(connection, &Asked::Setup(&"x".repeat(50))).is_ok());
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
    with(None, |connection| {
        let mut it =
            Document::begin(Host::Transaction, "A", connection).unwrap_or_else(|error| panic!("{error}"));
        it.element("a", "</a>\u{0}\u{ffff}'\"&");
        let root = xml::read(it.finish().text.expose().as_bytes()).expect("whole");
        assert_eq!(root.value("a").expect("once"), Some("</a>  '\"&"));
    });
}

#[test]
fn a_page_for_nothing_keeps_a_card() {
    with(None, |connection| {
        let built = transaction_setup(connection, &order(0)).unwrap_or_else(|error| panic!("{error}"));
        let root = xml::read(built.text.expose().as_bytes()).expect("whole");
        let setup = root.child("TransactionSetup").expect("once").expect("there");
        assert_eq!(setup.value("TransactionSetupMethod").expect("once"), Some("7"));
        assert!(root.child("Transaction").expect("once").is_none(), "no transaction is made");
        let account = root.child("PaymentAccount").expect("once").expect("there");
        assert_eq!(account.value("PaymentAccountReferenceNumber").expect("once"), Some("CUST-1"));
        assert!(root.child("Terminal").expect("once").is_some());
    });
}

#[test]
fn a_new_token_is_asked_for_and_activated() {
    with(None, |connection| {
        let built = token_create(connection).unwrap_or_else(|error| panic!("{error}"));
        let root = xml::read(built.text.expose().as_bytes()).expect("whole");
        assert_eq!(root.name, "AccountTokenCreate");
        assert!(!built.text.expose().contains("NewAccountToken"));
        let new = Secret::new("NEW".to_owned());
        let built = token_activate(connection, &new).unwrap_or_else(|error| panic!("{error}"));
        let root = xml::read(built.text.expose().as_bytes()).expect("whole");
        assert_eq!(root.name, "AccountTokenActivate");
        let credentials = root.child("Credentials").expect("once").expect("there");
        assert_eq!(credentials.value("AccountToken").expect("once"), Some("TOKEN&<>"));
        assert_eq!(credentials.value("NewAccountToken").expect("once"), Some("NEW"));
    });
}

#[test]
fn a_report_is_asked_for_by_what_is_known() {
    with(None, |connection| {
        let at = |second| Timestamp::from_second(second).expect("a moment");
        // Central standard time is six hours behind, daylight time five.
        let window = Window { from: at(1_768_000_000), to: at(1_784_000_000) };
        let parameters = |asked: &Asked<'_>| {
            let built = query(connection, asked).unwrap_or_else(|error| panic!("{error}"));
            let text = built.text.expose().to_owned();
            let (_, rest) = text.split_once("<Parameters>").expect("parameters");
            rest.split_once("</Parameters>").expect("parameters").0.to_owned()
        };
        let time = "<TransactionDateTimeBegin>2026-01-09 17:06:40.000</TransactionDateTimeBegin>\
            <TransactionDateTimeEnd>2026-07-13 22:33:20.000</TransactionDateTimeEnd>";
        assert_eq!(parameters(&Asked::Id("300000001")), "<TransactionID>300000001</TransactionID>");
        assert_eq!(parameters(&Asked::Within(window)), time);
        assert_eq!(parameters(&Asked::Batch("15", window)), format!("{time}<HostBatchID>15</HostBatchID>"));
    });
}
