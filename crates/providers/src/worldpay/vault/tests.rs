use zeroize::Zeroizing;

use super::*;
use crate::{
    Card, Expiry, KeyRotation as _, Nonce, Provider as _,
    tests::served,
    worldpay::tests::{account, provider, xml},
};

const ID: &str = "1B6BD0CC-0000-4000-8000-00000000ABCD";

fn said(method: &str, code: &str, classes: &str) -> String {
    said_in(method, code, "Words", classes)
}

fn said_in(method: &str, code: &str, words: &str, classes: &str) -> String {
    xml(&format!(
        "<{method}Response xmlns='https://services.elementexpress.com'><Response><ExpressResponseCode>{code}\
         </ExpressResponseCode><ExpressResponseMessage>{words}</ExpressResponseMessage>{classes}</Response></{method}Response>"
    ))
}

fn account_class() -> String {
    format!(
        "<PaymentAccount><PaymentAccountID>{ID}</PaymentAccountID><PaymentBrand>Visa</PaymentBrand></PaymentAccount>"
    )
}

fn found() -> String {
    let item = format!(
        "<QueryData><Items><Item><PaymentAccountID>{}</PaymentAccountID><TruncatedCardNumber>xxxxxxxxxxxx1111\
         </TruncatedCardNumber><ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear>\
         <PaymentAccountReferenceNumber>cust-7</PaymentAccountReferenceNumber></Item></Items></QueryData>",
        ID.to_lowercase()
    );
    said("PaymentAccountQuery", "0", &item)
}

/// A card of a transaction, which is looked for before it is kept.
const PAID: Save<'_> = Save::Transaction { id: "300000001", reference: "4471920385566021" };

fn nothing() -> String {
    said_in("PaymentAccountQuery", "101", "PaymentAccount record(s) not found", "")
}

fn card_ref() -> CardRef {
    CardRef { customer: None, id: ID.to_owned() }
}

fn order(what: Save<'_>) -> SaveOrder<'_> {
    SaveOrder {
        what,
        customer_number: "cust-7",
        customer: None,
        email: None,
        billing: None,
        is_default: false,
    }
}

#[tokio::test]
async fn saving_while_paying_reads_the_end_back() {
    let served =
        served(vec![nothing(), said("PaymentAccountCreateWithTransID", "0", &account_class()), found()])
            .await;
    let (provider, account) = (provider(&served), account());
    let vaulting = provider.vaulting().expect("a vault");
    let saved = vaulting.save(&account.connection(), &order(PAID)).await;
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(saved.card, card_ref());
    assert_eq!((saved.expiry, saved.last_four.as_deref()), (Expiry::new(12, 2029).ok(), Some("1111")));
    let calls = ["PaymentAccountQuery", "PaymentAccountCreateWithTransID", "PaymentAccountQuery"];
    assert_eq!(served.operations(), calls);
    let ours = "<PaymentAccountReferenceNumber>4471920385566021</PaymentAccountReferenceNumber>";
    assert!(served.bodies()[..2].iter().all(|it| it.contains(ours)), "{:?}", served.bodies());
}

#[tokio::test]
async fn a_card_that_an_earlier_try_kept_is_not_kept_again() {
    let served = served(vec![found(), String::new()]).await;
    let (provider, account) = (provider(&served), account());
    let saved = provider.save(&account.connection(), &order(PAID)).await;
    assert_eq!(saved.unwrap_or_else(|error| panic!("{error}")).card, card_ref());
    let unknown = provider.save(&account.connection(), &order(PAID)).await;
    assert!(unknown.is_err(), "where it cannot be asked nothing is kept");
    assert_eq!(served.operations(), ["PaymentAccountQuery", "PaymentAccountQuery"]);
}

#[tokio::test]
async fn a_card_that_is_kept_is_kept_also_when_its_end_cannot_be_read() {
    let kept = said("PaymentAccountCreateWithTransID", "0", &account_class());
    let served = served(vec![nothing(), kept, String::new()]).await;
    let account = account();
    let saved = provider(&served).save(&account.connection(), &order(PAID)).await;
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((saved.card, saved.expiry), (card_ref(), None));
}

#[tokio::test]
async fn a_card_of_its_own_digits_and_one_of_a_script() {
    let served = served(vec![said("PaymentAccountCreate", "0", &account_class())]).await;
    let (provider, account) = (provider(&served), account());
    assert!(provider.prefers_page());
    let number = Zeroizing::new("4111111111111111".to_owned());
    let card = Card::new(number, Expiry::new(12, 29).expect("an expiry"), None).expect("a card");
    let saved = provider.save(&account.connection(), &order(Save::Card(&card))).await;
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((saved.last_four.as_deref(), saved.expiry), (Some("1111"), Some(card.expiry())));
    let nonce = Nonce { descriptor: "x".to_owned(), value: kontor_domain::Secret::new("y".to_owned()) };
    let refused = provider.save(&account.connection(), &order(Save::Nonce(&nonce))).await;
    assert!(matches!(refused, Err(VaultError::Failed(error)) if error.outcome_known));
    assert_eq!(served.bodies().len(), 1);
}

#[tokio::test]
async fn what_a_page_kept_is_found_by_the_page() {
    let served = served(vec![found(), said("PaymentAccountQuery", "101", "")]).await;
    let (provider, account) = (provider(&served), account());
    let kept = provider.saved_on_page(&account.connection(), "SETUP").await;
    let kept = kept.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(kept[0].card, card_ref());
    assert!(served.bodies()[0].contains("<TransactionSetupID>SETUP</TransactionSetupID>"));
    let none = provider.saved_on_page(&account.connection(), "SETUP").await;
    assert!(none.is_ok_and(|it| it.is_empty()), "not yet");
}

#[tokio::test]
async fn getting_takes_no_other_card_for_it() {
    let other = found().replace(&ID.to_lowercase(), &"2".repeat(ID.len()));
    let served = served(vec![found(), said("PaymentAccountQuery", "101", ""), other]).await;
    let (provider, account) = (provider(&served), account());
    let got = provider.get(&account.connection(), &card_ref()).await;
    assert!(got.is_ok_and(|it| it.is_some_and(|it| it.last_four.as_deref() == Some("1111"))));
    assert_eq!(provider.get(&account.connection(), &card_ref()).await, Ok(None));
    assert!(provider.get(&account.connection(), &card_ref()).await.is_err());
}

#[tokio::test]
async fn changing_keeps_the_customers_number() {
    let served = served(vec![
        found(),
        said("PaymentAccountUpdate", "0", &account_class()),
        said("PaymentAccountQuery", "101", ""),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let change = CardChange { expiry: Expiry::new(1, 31).ok(), ..CardChange::default() };
    assert_eq!(provider.update(&account.connection(), &card_ref(), &change).await, Ok(()));
    let sent = &served.bodies()[1];
    assert!(
        sent.contains("<PaymentAccountReferenceNumber>cust-7<") && sent.contains("<ExpirationYear>31<"),
        "{sent}"
    );
    let gone = provider.update(&account.connection(), &card_ref(), &change).await;
    assert!(matches!(gone, Err(VaultError::Failed(error)) if error.outcome_known));
}

#[tokio::test]
async fn forgetting_what_is_gone_is_no_error() {
    let refused = || said("PaymentAccountDelete", "101", "");
    let served = served(vec![
        said("PaymentAccountDelete", "0", &account_class()),
        refused(),
        said("PaymentAccountQuery", "101", ""),
        refused(),
        found(),
        said("PaymentAccountDelete", "104", ""),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let connection = account.connection();
    assert_eq!(provider.delete(&connection, &card_ref()).await, Ok(()));
    assert_eq!(provider.delete(&connection, &card_ref()).await, Ok(()), "gone already");
    assert!(provider.delete(&connection, &card_ref()).await.is_err(), "it is still there");
    assert!(provider.delete(&connection, &card_ref()).await.is_err(), "the token is wrong");
    assert_eq!(provider.delete_customer(&connection, "any").await, Ok(()));
    assert_eq!(served.bodies().len(), 6);
}

#[tokio::test]
async fn a_check_carries_the_letters_of_the_issuer() {
    let ok = "<CreditCardAVSOnlyResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>0\
        </ExpressResponseCode><ExpressResponseMessage>Success</ExpressResponseMessage><HostResponseCode>85</HostResponseCode>\
        <Card><AVSResponseCode>Y</AVSResponseCode><CVVResponseCode>M</CVVResponseCode></Card><Transaction><TransactionID>\
        300000009</TransactionID><ReferenceNumber>46</ReferenceNumber><TransactionStatus>Success</TransactionStatus>\
        <TransactionStatusCode>8</TransactionStatusCode><NetworkTransactionID>000000000000001</NetworkTransactionID>\
        </Transaction></Response></CreditCardAVSOnlyResponse>";
    let served = served(vec![xml(ok)]).await;
    let account = account();
    let outcome = provider(&served).validate(&account.connection(), &card_ref(), "46", "46").await;
    let Outcome::Approved(it) = outcome else { panic!("{outcome:?}") };
    assert!(it.amount.is_zero());
    assert_eq!((it.avs_result.as_deref(), it.cvv_result.as_deref()), (Some("Y"), Some("M")));
    assert_eq!(it.network_transaction_id.as_deref(), Some("000000000000001"));
}

#[tokio::test]
async fn a_new_token_comes_out_and_goes_in() {
    let created = "<AccountTokenCreateResponse xmlns='https://transaction.elementexpress.com'><Response>\
        <ExpressResponseCode>0</ExpressResponseCode><ExpressResponseMessage>Success</ExpressResponseMessage><Credentials>\
        <NewAccountToken>NEW</NewAccountToken></Credentials></Response></AccountTokenCreateResponse>";
    let activated = "<AccountTokenActivateResponse xmlns='https://transaction.elementexpress.com'><Response>\
        <ExpressResponseCode>0</ExpressResponseCode></Response></AccountTokenActivateResponse>";
    let without = created.replace("<NewAccountToken>NEW</NewAccountToken>", "");
    let served = served(vec![xml(created), xml(activated), xml(&without), String::new()]).await;
    let (provider, account) = (provider(&served), account());
    let rotation = provider.rotation().expect("a rotation");
    assert!(account.secrets.contains_key(rotation.secret()));
    let new = provider.create(&account.connection()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(new.expose(), "NEW");
    assert_eq!(provider.activate(&account.connection(), &new).await, Ok(()));
    let sent = &served.bodies()[1];
    assert!(sent.contains("<AccountToken>TOKEN<") && sent.contains("<NewAccountToken>NEW<"), "{sent}");
    assert!(provider.create(&account.connection()).await.is_err(), "no token in it");
    let lost = provider.activate(&account.connection(), &new).await.expect_err("no answer");
    assert!(!lost.outcome_known, "one of the two works");
}
