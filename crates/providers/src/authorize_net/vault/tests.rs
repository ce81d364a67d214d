use kontor_domain::Secret;
use zeroize::Zeroizing;

use super::*;
use crate::{
    Card, Expiry, Nonce, Provider as _,
    authorize_net::tests::{account, json, provider},
    tests::{Account, Served, served},
};

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

fn ok(members: &str) -> String {
    json(&format!("{{{members}{OK}}}"))
}

fn no(code: &str, text: &str, members: &str) -> String {
    json(&format!(
        r#"{{{members}"messages":{{"resultCode":"Error","message":[{{"code":"{code}","text":"{text}"}}]}}}}"#
    ))
}

fn missing() -> String {
    no("E00040", "The record cannot be found.", "")
}

fn made() -> String {
    ok(r#""customerProfileId":"527262","customerPaymentProfileIdList":[],"#)
}

fn kept() -> String {
    ok(
        r#""customerProfileId":"527262","customerPaymentProfileId":"87","validationDirectResponse":"1,1,1,Ok","#,
    )
}

const CARD: &str = r#"{"customerProfileId":"527262","customerPaymentProfileId":"87","defaultPaymentProfile":true,"payment":{"creditCard":{"cardNumber":"XXXX1111","expirationDate":"2030-12","cardType":"Visa"}},"billTo":{"firstName":"J","zip":"98004"}}"#;

fn got() -> String {
    ok(&format!(r#""paymentProfile":{CARD},"#))
}

fn customer(number: &str) -> String {
    ok(&format!(
        r#""profile":{{"paymentProfiles":[{CARD}],"customerProfileId":"527262","merchantCustomerId":"{number}"}},"#
    ))
}

const DUPLICATE_CUSTOMER: &str = "A duplicate record with ID 527262 already exists.";
const DUPLICATE_CARD: &str = "A duplicate customer payment profile already exists.";

fn card_ref() -> CardRef {
    CardRef { customer: Some("527262".to_owned()), id: "87".to_owned() }
}

fn card() -> Card {
    let text = |it: &str| Zeroizing::new(it.to_owned());
    let end = Expiry::new(12, 2030).expect("an expiry");
    Card::new(text("4111111111111111"), end, Some(text("900"))).expect("a card")
}

fn order<'a>(what: Save<'a>, customer: Option<&'a str>) -> SaveOrder<'a> {
    SaveOrder { what, customer_number: "C1", customer, email: None, billing: None, is_default: false }
}

async fn saved(served: &Served, order: &SaveOrder<'_>) -> Result<SavedCard, VaultError> {
    let (provider, account) = (provider(served), account());
    let vaulting = provider.vaulting().expect("a vault");
    vaulting.save(&account.connection(), order).await
}

#[tokio::test]
async fn a_first_card_makes_the_customer_then_is_kept_and_read_back() {
    let served = served(vec![made(), kept(), got()]).await;
    let card = card();
    let it = saved(&served, &order(Save::Card(&card), None)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((it.card, it.expiry), (card_ref(), Some(card.expiry())));
    assert_eq!((it.last_four.as_deref(), it.brand.as_deref()), (Some("1111"), Some("Visa")));
    assert_eq!(it.customer_number.as_deref(), Some("C1"));
    let operations = [
        "createCustomerProfileRequest",
        "createCustomerPaymentProfileRequest",
        "getCustomerPaymentProfileRequest",
    ];
    assert_eq!(served.operations(), operations);
    let bodies = served.bodies();
    assert!(bodies[1].contains(r#""validationMode":"testMode""#), "the sandbox");
    assert_eq!(bodies.iter().filter(|it| it.contains("4111111111111111")).count(), 1);
}

#[tokio::test]
async fn a_customer_that_is_there_already_is_taken_over() {
    let served =
        served(vec![no("E00039", DUPLICATE_CUSTOMER, ""), missing(), customer("C1"), kept(), got()]).await;
    let card = card();
    let it = saved(&served, &order(Save::Card(&card), None)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.card, card_ref());
    assert_eq!(served.bodies().len(), 5, "it was asked for until it was there");
}

#[tokio::test]
async fn another_customer_with_that_id_is_not() {
    let served = served(vec![no("E00039", DUPLICATE_CUSTOMER, ""), customer("C2")]).await;
    let card = card();
    let refused = saved(&served, &order(Save::Card(&card), None)).await;
    assert!(matches!(refused, Err(VaultError::Failed(error)) if error.outcome_known));
    assert_eq!(served.bodies().len(), 2, "no card was kept there");
    assert!(!served.bodies().concat().contains("4111111111111111"));
}

#[tokio::test]
async fn a_customer_that_was_made_just_now_is_waited_for() {
    let card = card();
    let answers = vec![made(), missing(), missing(), kept(), missing(), got()];
    let long = served(answers).await;
    let it = saved(&long, &order(Save::Card(&card), None)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.card, card_ref());
    // Not without an end.
    let never = served([vec![made()], vec![missing(); 6]].concat()).await;
    let gone = saved(&never, &order(Save::Card(&card), None)).await;
    assert!(matches!(gone, Err(VaultError::Failed(error)) if map::is_missing(&error)));
    assert_eq!(never.bodies().len(), 6);
}

#[tokio::test]
async fn a_known_customer_that_was_deleted_there_is_made_again() {
    let served = served(vec![missing(), made(), kept(), got()]).await;
    let card = card();
    let it = saved(&served, &order(Save::Card(&card), Some("1"))).await;
    assert_eq!(it.unwrap_or_else(|error| panic!("{error}")).card, card_ref());
    assert!(served.bodies()[2].contains(r#""customerProfileId":"527262""#));
}

#[tokio::test]
async fn a_card_that_is_there_already_gets_what_is_new_of_it() {
    let named = r#""customerProfileId":"527262","customerPaymentProfileId":"87","#;
    let card = card();
    // Its id is in the answer, or the customer's one card with these digits is it.
    for answers in [
        vec![no("E00039", DUPLICATE_CARD, named), got(), ok(""), got()],
        vec![no("E00039", DUPLICATE_CARD, ""), customer("C1"), got(), ok(""), got()],
    ] {
        let served = served(answers).await;
        let it = saved(&served, &order(Save::Card(&card), Some("527262"))).await;
        assert_eq!(it.unwrap_or_else(|error| panic!("{error}")).card, card_ref());
        let update =
            served.bodies().into_iter().find(|it| it.contains("updateCustomerPaymentProfileRequest"));
        let update = update.expect("an update");
        assert!(update.contains(r#""cardNumber":"4111111111111111","expirationDate":"2030-12""#), "{update}");
        assert!(update.contains(r#""defaultPaymentProfile":true"#), "it stays the default: {update}");
        assert!(update.contains(r#""zip":"98004""#), "it keeps its address: {update}");
    }
    let two = CARD.replace("\"87\"", "\"88\"");
    let doubled =
        ok(&format!(r#""profile":{{"paymentProfiles":[{CARD},{two}],"customerProfileId":"527262"}},"#));
    let served = served(vec![no("E00039", DUPLICATE_CARD, ""), doubled]).await;
    let unclear = saved(&served, &order(Save::Card(&card), Some("527262"))).await;
    assert!(matches!(unclear, Err(VaultError::Failed(error)) if map::is_duplicate(&error)));
}

#[tokio::test]
async fn a_nonce_is_kept_and_used_once() {
    let nonce = Nonce { descriptor: "D".to_owned(), value: Secret::new("V".to_owned()) };
    let named = r#""customerPaymentProfileId":"87","#;
    let served = served(vec![kept(), got(), no("E00039", DUPLICATE_CARD, named), got(), got()]).await;
    for _ in 0..2 {
        let it = saved(&served, &order(Save::Nonce(&nonce), Some("527262"))).await;
        assert_eq!(it.unwrap_or_else(|error| panic!("{error}")).last_four.as_deref(), Some("1111"));
    }
    let sent = served.bodies().iter().filter(|it| it.contains(r#""dataValue":"V""#)).count();
    assert_eq!(sent, 2, "once for each saving");
}

#[tokio::test]
async fn a_card_that_the_issuer_refuses_is_declined() {
    let mut line = vec![""; 69];
    (line[0], line[1], line[2], line[3], line[5], line[38]) = ("2", "1", "27", "AVS mismatch.", "N", "M");
    let line = line.join(",");
    let declined = no("E00027", "AVS mismatch.", &format!(r#""validationDirectResponse":"{line}","#));
    let served = served(vec![declined, no("E00027", "No.", ""), no("E00053", "Server too busy", "")]).await;
    let card = card();
    let order = order(Save::Card(&card), Some("527262"));
    let Err(VaultError::Declined(it)) = saved(&served, &order).await else { panic!("declined") };
    assert_eq!(
        (it.code.as_str(), it.avs_result.as_deref(), it.cvv_result.as_deref()),
        ("27", Some("N"), Some("M"))
    );
    assert!(matches!(saved(&served, &order).await, Err(VaultError::Failed(error)) if error.outcome_known));
    assert!(matches!(saved(&served, &order).await, Err(VaultError::Failed(error)) if !error.outcome_known));
}

#[tokio::test]
async fn the_card_of_a_transaction_is_kept_for_a_customer_new_or_there() {
    let created = || ok(r#""customerProfileId":"527262","customerPaymentProfileIdList":["87"],"#);
    let served = served(vec![
        created(),
        got(),
        no("E00039", DUPLICATE_CUSTOMER, ""),
        customer("C1"),
        created(),
        got(),
        no("E00039", DUPLICATE_CARD, r#""customerProfileId":"527262","customerPaymentProfileId":"87","#),
        got(),
        no("E00098", "Customer Profile ID not found.", ""),
    ])
    .await;
    for _ in 0..3 {
        let it = saved(
            &served,
            &order(Save::Transaction { id: "60223421156", reference: "4471920385566021" }, None),
        )
        .await;
        assert_eq!(it.unwrap_or_else(|error| panic!("{error}")).card, card_ref());
    }
    assert!(served.bodies()[4].contains(r#""customerProfileId":"527262""#));
    assert!(
        saved(&served, &order(Save::Transaction { id: "60223421156", reference: "4471920385566021" }, None))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_change_sends_everything_else_back() {
    let served = served(vec![got(), ok(""), got(), ok(""), got(), ok(""), missing()]).await;
    let (provider, account) = (provider(&served), account());
    let connection = account.connection();
    let end = CardChange { expiry: Expiry::new(1, 31).ok(), ..CardChange::default() };
    assert_eq!(provider.update(&connection, &card_ref(), &end).await, Ok(()));
    let sent = &served.bodies()[1];
    let expected = r#""paymentProfile":{"billTo":{"firstName":"J","zip":"98004"},"payment":{"creditCard":{"cardNumber":"XXXX1111","expirationDate":"2031-01"}},"defaultPaymentProfile":true,"customerPaymentProfileId":"87"}"#;
    assert!(sent.contains(expected), "{sent}");
    let billing = BillingAddress { city: Some("X".to_owned()), ..BillingAddress::default() };
    let address = CardChange { billing: Some(&billing), ..CardChange::default() };
    assert_eq!(provider.update(&connection, &card_ref(), &address).await, Ok(()));
    let sent = &served.bodies()[3];
    assert!(
        sent.contains(r#""billTo":{"city":"X"}"#) && sent.contains(r#""expirationDate":"XXXX""#),
        "{sent}"
    );
    let card = card();
    let whole = CardChange { card: Some(&card), ..CardChange::default() };
    assert_eq!(provider.update(&connection, &card_ref(), &whole).await, Ok(()));
    assert!(served.bodies()[5].contains(r#""cardNumber":"4111111111111111""#));
    assert!(provider.update(&connection, &card_ref(), &end).await.is_err(), "it is gone");
}

#[tokio::test]
async fn getting_takes_no_other_card_for_it_and_forgetting_what_is_gone_is_no_error() {
    let other = ok(&format!(r#""paymentProfile":{},"#, CARD.replace("\"87\"", "\"88\"")));
    let served =
        served(vec![got(), missing(), other, ok(""), missing(), no("E00105", "No.", ""), ok(""), missing()])
            .await;
    let (provider, account) = (provider(&served), account());
    let connection = account.connection();
    let found = provider.get(&connection, &card_ref()).await;
    assert!(found.is_ok_and(|it| it.is_some_and(|it| it.expiry == Expiry::new(12, 2030).ok())));
    assert_eq!(provider.get(&connection, &card_ref()).await, Ok(None));
    assert!(provider.get(&connection, &card_ref()).await.is_err(), "another card");
    assert_eq!(provider.delete(&connection, &card_ref()).await, Ok(()));
    assert_eq!(provider.delete(&connection, &card_ref()).await, Ok(()), "gone already");
    assert!(provider.delete(&connection, &card_ref()).await.is_err(), "a subscription holds it");
    assert_eq!(provider.delete_customer(&connection, "527262").await, Ok(()));
    assert_eq!(provider.delete_customer(&connection, "527262").await, Ok(()));
    let homeless = CardRef { customer: None, ..card_ref() };
    assert!(provider.get(&connection, &homeless).await.is_err());
    assert_eq!(provider.saved_on_page(&connection, "1").await, Ok(Vec::new()));
    assert!(!provider.prefers_page());
}

#[tokio::test]
async fn a_check_says_what_the_issuer_said() {
    let line = |code: &str, reason: &str| format!("{code},1,{reason},Words.");
    let direct = |line: &str| format!(r#""directResponse":"{line}","#);
    let served = served(vec![
        got(),
        ok(&direct(&line("1", "1"))),
        got(),
        no("E00027", "Words.", &direct(&line("2", "2"))),
        got(),
        no("E00104", "Server in maintenance", ""),
        got(),
        ok(""),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let check = async || provider.validate(&account.connection(), &card_ref(), "1", "1").await;
    assert!(matches!(check().await, Outcome::Approved(it) if it.amount.is_zero()));
    assert!(matches!(check().await, Outcome::Declined(it) if it.code == "2"));
    assert!(matches!(check().await, Outcome::Unknown(_)));
    assert!(matches!(check().await, Outcome::Unknown(_)));
}

#[test]
fn the_issuer_is_asked_where_money_is_real_and_an_address_known() {
    let whole = BillingAddress {
        address1: Some("1 Main".to_owned()),
        postal_code: Some("98004".to_owned()),
        ..BillingAddress::default()
    };
    let half = BillingAddress { address1: None, ..whole.clone() };
    let mode = |sandbox: &str, billing: Option<&BillingAddress>| {
        let account = Account::of(&[("IsSandbox", sandbox)], &[]);
        validation(&account.connection(), billing)
    };
    assert_eq!(mode("false", Some(&whole)), Validation::LiveMode);
    assert_eq!(mode("false", Some(&half)), Validation::TestMode);
    assert_eq!(mode("false", None), Validation::TestMode);
    assert_eq!(mode("true", Some(&whole)), Validation::TestMode);
}
