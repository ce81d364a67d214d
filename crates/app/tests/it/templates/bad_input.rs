//! A provider that answers nonsense, or not at all: a failed test that says which, in words for a shop owner.

use rcgen::CertificateParams;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Authority, Described, KEYED, Server, template};
use crate::support::{Engine, on_both};

/// What the provider does: the path, and what is said of it.
const CASES: [(&str, &[&str]); 15] = [
    ("good", &["takes these credentials", "acct-1"]),
    (
        "error",
        &["It answered with an error: The account is closed", "Check that the key belongs to this account"],
    ),
    ("silent-error", &["Its answer is not that of a working account"]),
    ("page", &["it answered with a web page, where data was expected", "Check the address"]),
    ("empty", &["its answer was empty, where data was expected"]),
    ("text", &["its answer was not the data that was expected"]),
    ("half", &["The connection to the provider broke off"]),
    ("endless", &["it went on and on: it was too large for an answer"]),
    ("endless-head", &["The connection to the provider broke off"]),
    ("redirect", &["it sends on to elsewhere.example, and a credential is not sent after it"]),
    ("silence", &["The provider did not answer in time"]),
    ("closed", &["The connection to the provider broke off"]),
    ("unauthorized", &["The key or password was not taken", "Copy it again"]),
    ("busy", &["wants fewer requests", "Nothing is wrong with the settings"]),
    ("trouble", &["The provider itself is in trouble", "test again later"]),
];

fn whole(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            // Whoever was asked to be patient may be gone by now.
            let _gone = answer(stream).await;
        });
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = vec![0; 8_192];
    let length = stream.read(&mut head).await?;
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let json = "application/json";
    let said = match path {
        "/good" => whole("200 OK", json, r#"{"account":{"id":"acct-1"}}"#),
        "/error" => whole("200 OK", json, r#"{"error":{"message":"The account is closed."}}"#),
        "/silent-error" => whole("200 OK", json, r#"{"account":null}"#),
        "/page" => whole("200 OK", "text/html", "<!doctype html><h1>Welcome</h1>"),
        "/empty" => whole("200 OK", json, ""),
        "/text" => whole("200 OK", "text/plain", "all fine"),
        "/half" => {
            whole("200 OK", json, r#"{"account":{"id":"acct-1"}}"#).replace("length: 27", "length: 2700")
        }
        "/redirect" => whole("302 Found\r\nlocation: https://elsewhere.example/login", json, ""),
        "/unauthorized" => whole("401 Unauthorized", json, "{}"),
        "/busy" => whole("429 Too Many Requests", json, "{}"),
        "/trouble" => whole("503 Service Unavailable", "text/html", "<html>down</html>"),
        "/closed" => return Ok(()),
        "/silence" => {
            let mut rest = [0];
            while stream.read(&mut rest).await? > 0 {}
            return Ok(());
        }
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[").await?;
            loop {
                stream.write_all("\"and so on\",".repeat(1_000).as_bytes()).await?;
            }
        }
        "/endless-head" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            for number in 0.. {
                stream.write_all(format!("x-{number}: and so on\r\n").as_bytes()).await?;
            }
            return Ok(());
        }
        _ => whole("400 Bad Request", "text/plain", "this is no request"),
    };
    stream.write_all(said.as_bytes()).await
}

async fn each_bad_answer_is_a_failed_test_that_says_which(engine: Engine) {
    let server = Server::listening(serve).await;
    let names: Vec<String> = CASES.iter().map(|(path, _)| format!("Case{}", path.replace('-', ""))).collect();
    let files: Vec<String> = names.iter().map(|it| format!("{it}.toml")).collect();
    let all = names.iter().zip(&files).zip(CASES).map(|((name, file), (path, _))| {
        (file.as_str(), template(name, &server.url(), &format!("/{path}"), KEYED))
    });
    let all: Vec<(&str, String)> = all.collect();
    let settings = [("KONTOR_TEMPLATES__TIMEOUT_MS", "2000")];
    let shop = Described::with(engine, &[server.address], &all, &settings);
    for (name, (path, words)) in names.iter().zip(CASES) {
        let id = shop.create("Shipping", name, &json!({}), &json!({ "ApiKey": "a-secret-key" })).await;
        let said = if path == "good" { shop.passes(&id).await } else { shop.fails(&id).await };
        for word in words {
            assert!(said.contains(word), "{path}: {word:?} should be said: {said}");
        }
        for jargon in ["Error", "reqwest", "hyper", "None", "serde", "a-secret-key", "TooLarge"] {
            assert!(!said.contains(jargon), "{path}: {said}");
        }
    }
    assert!(!shop.demo.log().contains("a-secret-key"));
}

/// A server that answers well, over TLS.
async fn encrypted(authority: &Authority, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Server {
    let acceptor = authority.acceptor(name, change);
    Server::listening(async move |listener| {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = vec![0; 8_192];
                let _read = stream.read(&mut head).await;
                let said = whole("200 OK", "application/json", r#"{"account":{"id":"acct-1"}}"#);
                let _written = stream.write_all(said.as_bytes()).await;
                let _closed = stream.shutdown().await;
            });
        }
    })
    .await
}

async fn a_bad_certificate_is_told_as_such(engine: Engine) {
    let (ours, other) = (Authority::named("Ours"), Authority::named("Another"));
    let good = encrypted(&ours, "127.0.0.1", |_| ()).await;
    let unknown = encrypted(&other, "127.0.0.1", |_| ()).await;
    let misnamed = encrypted(&ours, "mail.elsewhere.example", |_| ()).await;
    let expired = encrypted(&ours, "127.0.0.1", |it| {
        it.not_before = rcgen::date_time_ymd(2020, 1, 1);
        it.not_after = rcgen::date_time_ymd(2021, 1, 1);
    })
    .await;
    let plain = Server::listening(serve).await;
    let cases = [
        ("TlsGood", &good, "takes these credentials"),
        ("TlsUnknown", &unknown, "certificate is bad: it was issued by somebody who is not trusted"),
        ("TlsMisnamed", &misnamed, "certificate is bad: it belongs to another server"),
        ("TlsExpired", &expired, "certificate is bad: it is out of date"),
        ("TlsPlain", &plain, "No secure connection could be agreed on"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = ours.write(folder.path());
    let text =
        |name: &str, server: &Server| template(name, &format!("https://{}", server.address), "/good", KEYED);
    let all: Vec<(String, String)> =
        cases.iter().map(|(name, server, _)| (format!("{name}.toml"), text(name, server))).collect();
    let all: Vec<(&str, String)> = all.iter().map(|(file, text)| (file.as_str(), text.clone())).collect();
    let opened: Vec<_> = cases.iter().map(|(_, server, _)| server.address).collect();
    let shop = Described::with(engine, &opened, &all, &[("SSL_CERT_FILE", &trusted)]);
    for (name, _, words) in cases {
        let id = shop.create("Shipping", name, &json!({}), &json!({ "ApiKey": "k" })).await;
        let said = if name == "TlsGood" { shop.passes(&id).await } else { shop.fails(&id).await };
        assert!(said.contains(words), "{name}: {words:?} should be said: {said}");
    }
}

async fn nobody_there_is_told_as_such(engine: Engine) {
    // A port that was free a moment ago, and that nobody listens on.
    let gone = Server::listening(serve).await.address;
    let shop = Described::start(
        engine,
        &[gone],
        &[("gone.toml", template("Gone", &format!("http://{gone}"), "/good", KEYED))],
    );
    let id = shop.create("Shipping", "Gone", &json!({}), &json!({ "ApiKey": "k" })).await;
    let said = shop.fails(&id).await;
    assert!(said.contains("The provider could not be reached") && said.contains("status page"), "{said}");
}

on_both!(
    each_bad_answer_is_a_failed_test_that_says_which,
    a_bad_certificate_is_told_as_such,
    nobody_there_is_told_as_such,
);
