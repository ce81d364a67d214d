use std::collections::BTreeMap;

use kontor_domain::Secret;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::{
    http::Opened,
    tests::{Account, Served},
};

/// An account in the sandbox.
pub(super) fn account() -> Account {
    Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")])
}

/// The provider at that server. It does not wait between questions.
pub(super) fn provider(served: &Served) -> AuthorizeNet {
    let settings = Settings { timeout_ms: 300, sandbox_url: Some(served.url.clone()) };
    let provider = AuthorizeNet::new(settings, served.http(), crate::tests::ambient()).expect("a provider");
    AuthorizeNet { pauses: [Duration::ZERO; 4], ..provider }
}

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

/// Answers each request in turn with a whole HTTP answer, and hangs when there are no more.
async fn server(answers: Vec<String>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.expect("a caller");
            let mut buffer = [0; 4096];
            let read = socket.read(&mut buffer).await.expect("a request");
            assert!(buffer[..read].starts_with(b"POST /xml/v1/request.api HTTP/1.1"));
            socket.write_all(answer.as_bytes()).await.expect("written");
        }
        std::future::pending::<()>().await;
    });
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub(super) fn json(body: &str) -> String {
    answer("200 OK\r\ncontent-type: application/json; charset=utf-8", &format!("\u{feff}{body}"))
}

fn error(code: &str) -> String {
    json(&format!(r#"{{"messages":{{"resultCode":"Error","message":[{{"code":"{code}","text":"No."}}]}}}}"#))
}

async fn tested(answers: Vec<String>) -> TestReport {
    let url = server(answers).await;
    let http = Http::new(&[Opened::of(&url).expect("a host")]).expect("a client");
    let settings = Settings { timeout_ms: 300, sandbox_url: Some(url) };
    let provider = AuthorizeNet::new(settings, http, crate::tests::ambient()).expect("a provider");
    let secrets = [("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")];
    let secrets = BTreeMap::from(secrets.map(|(key, value)| (key.to_owned(), Secret::new(value.to_owned()))));
    provider.test(&Connection::plain(&BTreeMap::new(), &secrets)).await
}

#[tokio::test]
async fn good_credentials_say_where_and_whose_they_are() {
    let details = format!(r#"{{"isTestMode":false,"merchantName":"Demo",{OK}}}"#);
    let report = tested(vec![json(&format!("{{{OK}}}")), json(&details)]).await;
    assert!(report.success, "{report:?}");
    assert_eq!(report.details, "Connected to Authorize.Net sandbox. Credentials valid.");
    assert_eq!(report.message, "Connection test successful to the account of Demo");
}

#[tokio::test]
async fn details_that_are_kept_back_do_not_fail_credentials_that_hold() {
    let ok = || json(&format!("{{{OK}}}"));
    for code in ["E00010", "E00011"] {
        let report = tested(vec![ok(), error(code)]).await;
        assert!(report.success, "{report:?}");
        assert_eq!(report.message, "Connection test successful");
        assert!(!tested(vec![error(code)]).await.success, "{code} to the first question");
    }
    assert!(!tested(vec![ok(), error("E00053")]).await.success);
}

#[tokio::test]
async fn every_other_answer_is_a_failure_that_says_which() {
    let cases = [
        (error("E00007"), "Authentication failed. Check your ApiLoginId and TransactionKey."),
        (answer("200 OK\r\ncontent-type: text/html", "<p>hello"), "It is a web page."),
        (answer("200 OK", " <!DOCTYPE html><html>"), "It is a web page."),
        (answer("302 Found\r\nlocation: https://elsewhere.example/", ""), "It points to another address"),
        (answer("500 Oops", "{}"), "HTTP status 500."),
        (answer("200 OK", "{\"ok\": true}"), "It does not say whether the request was done."),
        (answer("200 OK", &"x".repeat(LIMIT + 1)), "it was too large for an answer"),
        (answer("200 OK", "{}").replace("length: 2", "length: 20"), "broke off"),
        (String::new(), "broke off"),
    ];
    for (answer, words) in cases {
        let report = tested(vec![answer]).await;
        assert!(!report.success && report.details.contains(words), "{words}: {report:?}");
    }
    let silent = tested(Vec::new()).await;
    assert!(silent.details.contains("did not answer in time"), "{silent:?}");
}

#[test]
fn the_operators_sandbox_never_stands_for_production() {
    let place = |sandbox: Option<&str>, is_sandbox: Option<&str>| {
        let settings =
            Settings { sandbox_url: sandbox.map(|it| Url::parse(it).expect("a URL")), ..Settings::default() };
        let provider =
            AuthorizeNet::new(settings, Http::new(&[]).expect("a client"), crate::tests::ambient())
                .expect("a provider");
        let configuration =
            is_sandbox.map(|it| ("IsSandbox".to_owned(), it.to_owned())).into_iter().collect();
        let secrets = BTreeMap::new();
        let connection = Connection::plain(&configuration, &secrets);
        provider.address(&connection).expect("an address").to_string()
    };
    let (sandbox, production) =
        ("https://apitest.authorize.net/xml/v1/request.api", "https://api.authorize.net/xml/v1/request.api");
    assert_eq!(place(None, None), sandbox, "real money has to be asked for");
    assert_eq!(place(None, Some("true")), sandbox);
    assert_eq!(place(None, Some("false")), production);
    let own = Some("http://127.0.0.1:9/sim/");
    assert_eq!(place(own, Some("true")), "http://127.0.0.1:9/sim/xml/v1/request.api");
    assert_eq!(place(own, Some("false")), production);
}
