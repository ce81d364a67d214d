use kontor_domain::{Currency, Money};
use proptest::prelude::*;

use super::*;
use crate::{
    Http, Provider as _,
    authorize_net::{
        Settings,
        tests::{account, json, provider},
    },
    tests::{Account, ambient, any_text, served},
};

const TOKEN: &str = r#"{"token":"TOKEN==","messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}}"#;

fn order(minor: i64) -> HostedOrder<'static> {
    HostedOrder {
        amount: Money::from_minor(minor, Currency::USD),
        reference: "1234567890123456",
        ticket: "123456",
        return_url: "https://kontor.example/back",
        market_code: None,
        description: None,
        company_name: None,
        customer_number: "CUST-1",
        billing: None,
        keeps_card: false,
    }
}

fn bare() -> AuthorizeNet {
    let http = Http::new(&[]).expect("a client");
    AuthorizeNet::new(Settings::default(), http, ambient()).expect("a provider")
}

fn fields(value: &str) -> Vec<(String, String)> {
    vec![("hosted".to_owned(), value.to_owned())]
}

#[tokio::test]
async fn a_page_is_posted_to_and_its_return_is_proved() {
    let served = served(vec![json(TOKEN), json(&TOKEN.replace("TOKEN==", ""))]).await;
    let (provider, account) = (provider(&served), account());
    let pages = provider.hosted().expect("pages");
    let page = pages.open(&account.connection(), &order(655)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(page.url, format!("{}payment/payment", served.url));
    let [(name, token)] = page.form.as_slice() else { panic!("one field") };
    assert_eq!((*name, token.expose()), ("token", "TOKEN=="));
    assert_eq!(page.setup_id, "1234567890123456");
    let sent = &served.bodies()[0];
    let code = "ab".repeat(16);
    assert!(
        sent.contains(&format!("https://kontor.example/back?hosted=complete.1234567890123456.{code}")),
        "{sent}"
    );
    assert!(sent.contains("https://kontor.example/back?hosted=cancelled.1234567890123456\\"), "{sent}");
    let back = pages.read_return(&fields(&format!("complete.1234567890123456.{code}")));
    let back = back.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((back.setup_id, back.status), (page.setup_id, ReturnStatus::Complete));
    assert_eq!(
        back.validation_code.map(|it| it.expose().to_owned()),
        Some(page.validation_code.expose().to_owned())
    );
    assert!(pages.open(&account.connection(), &order(655)).await.is_err(), "no token");
    assert!(pages.open(&account.connection(), &order(0)).await.is_err_and(|it| it.outcome_known));
    assert_eq!(served.bodies().len(), 2);
    assert_eq!(pages.expire(&account.connection(), "1").await, Ok(()));
    assert!(pages.lifetime() >= Duration::from_mins(15));
}

#[test]
fn each_environment_has_its_page() {
    let place = |sandbox: &str| {
        let account = Account::of(&[("IsSandbox", sandbox)], &[]);
        bare().base(&account.connection(), "https://test.authorize.net", "https://accept.authorize.net")
    };
    assert_eq!(place("true"), "https://test.authorize.net");
    assert_eq!(place("false"), "https://accept.authorize.net");
}

#[test]
fn a_return_that_was_not_sent_along_is_refused() {
    let read = |value: &str| bare().read_return(&fields(value));
    let left = read("cancelled.1234567890123456").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((left.status, left.setup_id.as_str()), (ReturnStatus::Cancelled, "1234567890123456"));
    assert!(left.validation_code.is_none());
    for odd in [
        "",
        "complete",
        "complete.1",
        "complete..code",
        "complete.1.",
        "cancelled.",
        "cancelled.1.code",
        "other.1.code",
        "complete.1.code.more",
        "complete.1.co de",
        &format!("complete.1.{}", "a".repeat(100)),
    ] {
        assert!(read(odd).is_err(), "{odd}");
    }
    assert!(bare().read_return(&[]).is_err());
    let twice = [fields("cancelled.1"), fields("cancelled.2")].concat();
    assert!(bare().read_return(&twice).is_err());
    let beside = [vec![("utm".to_owned(), "x".to_owned())], fields("cancelled.1")].concat();
    assert!(bare().read_return(&beside).is_ok());
}

#[test]
fn the_parameter_joins_an_address_that_has_some() {
    assert_eq!(address("https://a.example/b", "c"), "https://a.example/b?hosted=c");
    assert_eq!(address("https://a.example/b?d=e", "c"), "https://a.example/b?d=e&hosted=c");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_return_panics(value in any_text(120)) {
        if let Ok(back) = bare_once().read_return(&fields(&value)) {
            prop_assert!(back.status == ReturnStatus::Cancelled || back.validation_code.is_some());
        }
    }
}

/// Made once: a client takes a while.
fn bare_once() -> &'static AuthorizeNet {
    static ONCE: std::sync::OnceLock<AuthorizeNet> = std::sync::OnceLock::new();
    ONCE.get_or_init(bare)
}
