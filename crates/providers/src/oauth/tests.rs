use std::sync::Arc;

use kontor_domain::{Ambient, ambient};

use super::*;

struct Fixed;

impl ambient::Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

impl ambient::Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn server() -> Server {
    let url = |text: &str| Url::parse(text).expect("a URL");
    Server {
        client_id: "the client".to_owned(),
        client_secret: Some(Secret::new("s:cret/+".to_owned())),
        authentication: ClientAuthentication::Basic,
        authorization_url: url("https://id.example/authorize?tenant=7"),
        token_url: url("https://id.example/token"),
        revocation: None,
        scope: "books read".to_owned(),
        pkce: true,
        issuer: Some("https://id.example".to_owned()),
        says_issuer: true,
        authorize_parameters: vec![
            ("prompt".to_owned(), "consent&more".to_owned()),
            ("state".to_owned(), "another".to_owned()),
        ],
        token_headers: Vec::new(),
        trace_header: None,
        account_parameters: vec![("realmId".to_owned(), "company".to_owned())],
        facts: Facts {
            lifetime: Duration::from_hours(1),
            grant_lifetime: None,
            refresh_margin: Duration::from_mins(5),
            reuse_window: Duration::ZERO,
        },
        hosts: None,
        timeout: Duration::from_secs(1),
    }
}

#[test]
fn the_address_carries_what_the_flow_stands_on_and_nothing_twice() {
    let ambient = Ambient::new(Arc::new(Fixed), Arc::new(Fixed));
    let verifier = Verifier::new(&ambient);
    let consent = Consent { redirect_uri: "https://k.example/cb", state: "s.1", verifier: Some(&verifier) };
    let url = server().authorize(&consent).expect("an address");
    assert_eq!(
        url.as_str(),
        "https://id.example/authorize?tenant=7&client_id=the+client&response_type=code&scope=books+read\
         &redirect_uri=https%3A%2F%2Fk.example%2Fcb&state=s.1\
         &code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256\
         &prompt=consent%26more"
    );
    let without = Server { pkce: false, ..server() };
    let url = without.authorize(&consent).expect("an address");
    assert!(!url.as_str().contains("code_challenge"), "{url}");
    assert_eq!(verifier.into_secret().expose().len(), 43);
}

#[test]
fn an_address_that_browsers_would_cut_is_none() {
    let state = |length: usize| "s".repeat(length);
    let made = |state: &str| {
        server().authorize(&Consent { redirect_uri: "https://k.example/cb", state, verifier: None })
    };
    let rest = made("").expect("an address").as_str().len();
    assert!(made(&state(8_000 - rest)).is_some());
    assert!(made(&state(8_001 - rest)).is_none());
}

#[test]
fn the_client_says_who_it_is_in_letters_that_a_header_takes() {
    let header = server().basic().expect("a header");
    let encoded = header.expose().strip_prefix("Basic ").expect("basic");
    let decoded = BASE64.decode(encoded.as_bytes()).expect("base64");
    assert_eq!(String::from_utf8(decoded).expect("text"), "the+client:s%3Acret%2F%2B");
    let body = Server { authentication: ClientAuthentication::Body, ..server() };
    assert!(body.basic().is_none());
}

#[test]
fn another_server_is_not_believed() {
    let advertised = server();
    assert_eq!(advertised.check_issuer(Some("https://id.example")), Ok(()));
    assert_eq!(advertised.check_issuer(Some("https://id.example/")), Err(Odd::Issuer));
    assert_eq!(advertised.check_issuer(None), Err(Odd::Issuer));
    let known = Server { says_issuer: false, ..server() };
    assert_eq!(known.check_issuer(None), Ok(()));
    assert_eq!(known.check_issuer(Some("https://evil.example")), Err(Odd::Issuer));
    let unknown = Server { issuer: None, says_issuer: false, ..server() };
    assert_eq!(unknown.check_issuer(Some("https://anything.example")), Ok(()));
}

#[test]
fn the_account_is_named_or_there_is_none() {
    let fields = |value: &str| vec![("realmId".to_owned(), value.to_owned())];
    let account = server().account(&fields("9341453474484455")).expect("an account");
    assert_eq!(account.get("company").map(String::as_str), Some("9341453474484455"));
    assert!(server().account(&fields(&"9".repeat(200))).is_ok());
    for wrong in ["", "a b", "a\nb", "å", &"9".repeat(201)] {
        assert_eq!(server().account(&fields(wrong)), Err(Odd::Account), "{wrong:?}");
    }
    assert_eq!(server().account(&[]), Err(Odd::Account));
}
