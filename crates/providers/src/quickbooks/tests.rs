use std::collections::BTreeMap;

use super::*;
use crate::oauth::Consent;

fn provider(settings: Settings) -> QuickBooks {
    QuickBooks::new(settings, Http::new(&[]).expect("a client")).expect("a provider")
}

fn settings() -> Settings {
    Settings {
        client_id: Some("ABc1".to_owned()),
        client_secret: Some(Secret::new("hush".to_owned())),
        sandbox_url: Some(Url::parse("http://127.0.0.1:9/").expect("a URL")),
        ..Settings::default()
    }
}

fn with<T>(environment: Option<&str>, realm: &str, work: impl FnOnce(&Connection<'_>) -> T) -> T {
    let configuration: BTreeMap<String, String> =
        environment.map(|it| ("Environment".to_owned(), it.to_owned())).into_iter().collect();
    let account = BTreeMap::from([(REALM.to_owned(), realm.to_owned())]);
    let secrets = BTreeMap::new();
    work(&Connection { account: &account, ..Connection::plain(&configuration, &secrets) })
}

#[test]
fn the_operators_address_stands_for_the_sandbox_alone() {
    let provider = provider(settings());
    let places = |environment| {
        with(environment, "9341453474484455", |it| {
            let server = provider.server(it).expect("a server");
            let revocation = server.revocation.clone().expect("a place");
            assert!(revocation.json);
            let all = [server.authorization_url, server.token_url, revocation.url];
            let all = all.map(String::from).to_vec();
            (all, provider.company_url(it).expect("an address").to_string(), server.hosts.is_some())
        })
    };
    let (all, company, limited) = places(None);
    assert_eq!(
        all,
        [
            "https://appcenter.intuit.com/connect/oauth2",
            "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
            "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
        ]
    );
    assert_eq!(company, "https://quickbooks.api.intuit.com/v3/company/9341453474484455/");
    assert!(limited);
    assert_eq!(places(Some("Production")).0, all);
    let (all, company, limited) = places(Some("Sandbox"));
    assert_eq!(
        all,
        [
            "http://127.0.0.1:9/connect/oauth2",
            "http://127.0.0.1:9/oauth2/v1/tokens/bearer",
            "http://127.0.0.1:9/v2/oauth2/tokens/revoke",
        ]
    );
    assert_eq!(company, "http://127.0.0.1:9/v3/company/9341453474484455/");
    assert!(!limited);
}

#[test]
fn consent_asks_for_the_books_alone() {
    let url = with(None, "1", |it| {
        let server = provider(settings()).server(it).expect("a server");
        let consent = Consent { redirect_uri: "https://k.example/cb", state: "s", verifier: None };
        server.authorize(&consent).expect("an address")
    });
    assert_eq!(
        url.as_str(),
        "https://appcenter.intuit.com/connect/oauth2?client_id=ABc1&response_type=code\
         &scope=com.intuit.quickbooks.accounting&redirect_uri=https%3A%2F%2Fk.example%2Fcb&state=s"
    );
}

#[test]
fn what_the_operator_left_out_is_named() {
    let error = with(None, "1", |it| provider(Settings::default()).server(it).err().expect("an error"));
    assert!(error.message.contains("operator") && error.message.contains("client_id"), "{error}");
}

#[test]
fn only_digits_ever_stand_in_an_address() {
    for wrong in ["", "1/../2", "12a", "%31", &"1".repeat(33)] {
        assert!(with(None, wrong, |it| provider(settings()).company_url(it).is_err()), "{wrong}");
    }
    assert!(with(None, &"1".repeat(32), |it| provider(settings()).company_url(it).is_ok()));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let (configuration, secrets) = (BTreeMap::new(), BTreeMap::new());
    let report = provider(settings()).test(&Connection::plain(&configuration, &secrets)).await;
    assert!(!report.success && report.details.contains("which company"), "{}", report.details);
}
