use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use kontor_domain::{Currency, Secret};

use super::*;
use crate::{
    books::{Accounting as _, Books, Class, Kind, Pass},
    pace::HeldBack,
    quickbooks::{Environment, REALM, Settings},
    tests::{Served, answer, served_bytes},
};

/// Lets everybody through, or nobody, and notes it.
#[derive(Default)]
pub(in crate::quickbooks) struct Doorman {
    pub(in crate::quickbooks) seen: Mutex<Vec<Errand>>,
    pub(in crate::quickbooks) held: Mutex<Vec<Duration>>,
    closed: bool,
}

#[async_trait]
impl Gate for Doorman {
    async fn enter(&self, errand: Errand) -> Result<Pass, HeldBack> {
        if self.closed {
            return Err(HeldBack { wait: Duration::from_secs(7) });
        }
        self.seen.lock().expect("no panic").push(errand);
        Ok(Pass::free())
    }

    fn hold(&self, wait: Duration) {
        self.held.lock().expect("no panic").push(wait);
    }
}

/// The books against a server that answers as it is told.
pub(in crate::quickbooks) struct Desk {
    pub(in crate::quickbooks) books: QuickBooks,
    pub(in crate::quickbooks) served: Served,
    pub(in crate::quickbooks) gate: Arc<Doorman>,
    account: BTreeMap<String, String>,
    token: Secret,
}

static NOTHING: BTreeMap<String, String> = BTreeMap::new();
static NO_SECRETS: BTreeMap<String, Secret> = BTreeMap::new();

impl Desk {
    pub(in crate::quickbooks) async fn with(answers: Vec<String>) -> Self {
        Self::bytes(answers.into_iter().map(String::into_bytes).collect()).await
    }

    async fn bytes(answers: Vec<Vec<u8>>) -> Self {
        let served = served_bytes(answers).await;
        let settings = Settings {
            environment: Environment::Sandbox,
            sandbox_url: Some(served.url.clone()),
            timeout_ms: 5_000,
            ..Settings::default()
        };
        let books = QuickBooks::new(settings, served.http()).expect("a provider");
        let account = BTreeMap::from([(REALM.to_owned(), "9341453474484455".to_owned())]);
        let gate = Arc::new(Doorman::default());
        Self { books, served, gate, account, token: Secret::new("eyJhush".to_owned()) }
    }

    pub(in crate::quickbooks) async fn json(answers: &[&str]) -> Self {
        Self::with(answers.iter().map(|it| answer("application/json;charset=UTF-8", it)).collect()).await
    }

    pub(in crate::quickbooks) fn connection(&self) -> Connection<'_> {
        Connection {
            account: &self.account,
            access_token: Some(&self.token),
            ..Connection::plain(&NOTHING, &NO_SECRETS)
        }
    }

    pub(in crate::quickbooks) fn at<'a>(&'a self, connection: &'a Connection<'a>) -> Books<'a> {
        Books { connection, home: Currency::USD, gate: self.gate.as_ref() }
    }

    /// The first lines of the requests.
    pub(in crate::quickbooks) fn lines(&self) -> Vec<String> {
        let first =
            |it: &String| it.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        self.served.heads().iter().map(first).collect()
    }

    async fn read(&self) -> BooksError {
        let connection = self.connection();
        self.books.read(&self.at(&connection), Kind::Invoice, "130").await.expect_err("a refusal")
    }
}

fn status(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_call_carries_its_token_its_version_and_asks_for_json() {
    let desk = Desk::json(&[r#"{"Invoice":{"Id":"130","SyncToken":"0","TotalAmt":1}}"#]).await;
    let connection = desk.connection();
    desk.books.read(&desk.at(&connection), Kind::Invoice, "130").await.expect("an invoice");
    assert_eq!(desk.lines(), ["GET /v3/company/9341453474484455/invoice/130?minorversion=75"]);
    let head = desk.served.heads()[0].to_ascii_lowercase();
    for header in ["authorization: bearer eyjhush", "accept: application/json", "accept-encoding: gzip"] {
        assert!(head.lines().any(|it| it == header), "{head}");
    }
    assert!(!head.contains("content-type"), "{head}");
    assert_eq!(*desk.gate.seen.lock().expect("no panic"), [Errand::Read]);
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(br#"{"Invoice":{"Id":"130","SyncToken":"0","TotalAmt":1}}"#).expect("memory");
    let packed = packed.finish().expect("memory");
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let desk = Desk::bytes(vec![[head.into_bytes(), packed].concat()]).await;
    let connection = desk.connection();
    assert!(desk.books.read(&desk.at(&connection), Kind::Invoice, "130").await.is_ok());
}

#[tokio::test]
async fn without_a_token_or_through_a_closed_gate_nothing_is_sent() {
    let mut desk = Desk::json(&[]).await;
    desk.gate = Arc::new(Doorman { closed: true, ..Doorman::default() });
    let error = desk.read().await;
    assert_eq!((error.class, error.retry_after), (Class::Throttled, Some(Duration::from_secs(7))));
    desk.gate = Arc::new(Doorman::default());
    let connection = Connection { access_token: None, ..desk.connection() };
    let error = desk.books.read(&desk.at(&connection), Kind::Invoice, "130").await.expect_err("nobody");
    assert_eq!(error.class, Class::Disconnected);
    let nobody = BTreeMap::new();
    let connection = Connection { account: &nobody, ..desk.connection() };
    let error = desk.books.read(&desk.at(&connection), Kind::Invoice, "130").await.expect_err("nobody");
    assert_eq!(error.class, Class::Disconnected);
    assert!(desk.gate.seen.lock().expect("no panic").is_empty() && desk.served.heads().is_empty());
}

#[tokio::test]
async fn row_30_a_refusal_is_one_in_each_shape_and_shows_no_token() {
    let gateway = r#"{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: eyJhush","code":"3200","element":null}],"type":"AUTHENTICATION"},"time":1}"#;
    let realm = r#"<?xml version="1.0"?><IntuitResponse><Fault type="AuthenticationFault"><Error code="100"><Message>General Authentication Error</Message><Detail>SRV-110</Detail></Error></Fault></IntuitResponse>"#;
    let within = r#"{"Fault":{"Error":[{"Message":"M","Detail":"System Failure Error: x","code":"10000"}],"type":"SystemFault"}}"#;
    let desk = Desk::with(vec![
        status(401, "", gateway),
        status(401, "content-type: application/xml\r\n", realm),
        status(429, "retry-after: 9\r\n", ""),
        status(200, "", within),
        status(502, "content-type: text/html\r\n", "<html>Bad gateway</html>"),
        String::new(),
    ])
    .await;
    let error = desk.read().await;
    assert_eq!(error.class, Class::Unauthorized);
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    assert_eq!(desk.read().await.class, Class::Disconnected);
    let error = desk.read().await;
    assert_eq!((error.class, error.retry_after), (Class::Throttled, Some(Duration::from_secs(9))));
    assert_eq!(*desk.gate.held.lock().expect("no panic"), [Duration::from_secs(9)]);
    for _ in 0..3 {
        let error = desk.read().await;
        assert!(error.class == Class::Unknown && error.surely_undone(), "{error}");
    }
    // The server is gone.
    assert_eq!(desk.read().await.class, Class::Unreached);
}

#[test]
fn an_address_has_no_blanks_and_no_pluses() {
    let company = Url::parse("https://q.example/v3/company/1/").expect("a URL");
    let sent = Sent::statement("SELECT * FROM A WHERE B = 'x+y & z'".to_owned());
    assert_eq!(
        address(&company, &sent).expect("an address").as_str(),
        "https://q.example/v3/company/1/query?query=SELECT%20*%20FROM%20A%20WHERE%20B%20%3D%20%27x%2By%20%26%20z%27&minorversion=75"
    );
}
