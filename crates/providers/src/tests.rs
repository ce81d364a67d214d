//! What the adapters' tests share: a provider that answers as it is told, and connections to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use kontor_domain::{
    Ambient, Secret,
    ambient::{Clock, Entropy},
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;
use zeroize::Zeroizing;

use crate::{Card, Connection, Expiry, Http, Save, SaveOrder, Vaulting as _, http::Opened};

/// A server on the loopback that gives one answer after the other, and then is gone.
pub(crate) struct Served {
    pub(crate) url: Url,
    /// Head and body of each.
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Served {
    /// The bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").iter().map(|it| it.1.clone()).collect()
    }

    /// The first lines and headers of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").iter().map(|it| it.0.clone()).collect()
    }

    /// The names of the operations so far: the JSON's one key, or the XML's root.
    pub(crate) fn operations(&self) -> Vec<String> {
        let name = |it: &String| it.split(['"', ' ']).find(|it| it.len() > 1).unwrap_or_default().to_owned();
        self.bodies().iter().map(|it| name(it).trim_start_matches('<').to_owned()).collect()
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(&[Opened::of(&self.url).expect("a host")]).expect("a client")
    }
}

/// Each answer is a whole HTTP answer; an empty one takes the request and says nothing.
pub(crate) async fn served(answers: Vec<String>) -> Served {
    served_bytes(answers.into_iter().map(String::into_bytes).collect()).await
}

/// The same for answers that are no texts.
pub(crate) async fn served_bytes(answers: Vec<Vec<u8>>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("an address"))).expect("a URL");
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.expect("a caller");
            let request = request(&mut socket).await;
            kept.lock().expect("no panic").push(request);
            socket.write_all(&answer).await.expect("written");
        }
    });
    Served { url, requests }
}

/// Reads a request to its end.
async fn request(socket: &mut TcpStream) -> (String, String) {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = socket.read(&mut part).await.expect("a request");
        read.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let small = head.to_ascii_lowercase();
            let length =
                small.split("content-length: ").nth(1).and_then(|it| it.lines().next()).map(str::trim);
            if body.len() >= length.map_or(0, |it| it.parse().expect("a number")) {
                return (head.to_owned(), body.to_owned());
            }
        }
        assert!(count > 0, "the request broke off");
    }
}

/// A whole HTTP answer.
pub(crate) fn answer(content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Settings and secrets of both kinds of integrations.
pub(crate) struct Account {
    pub(crate) configuration: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, Secret>,
}

impl Account {
    pub(crate) fn of(configuration: &[(&str, &str)], secrets: &[(&str, &str)]) -> Self {
        let text = |it: &str| it.to_owned();
        Self {
            configuration: configuration.iter().map(|(key, value)| (text(key), text(value))).collect(),
            secrets: secrets.iter().map(|(key, value)| (text(key), Secret::new(text(value)))).collect(),
        }
    }

    pub(crate) fn connection(&self) -> Connection<'_> {
        Connection::plain(&self.configuration, &self.secrets)
    }
}

/// Any short text, quickly made: bytes, and what is no text among them replaced.
pub(crate) fn any_text(most: usize) -> impl Strategy<Value = String> {
    let bytes = prop::collection::vec(any::<u8>(), 0..most);
    bytes.prop_map(|it| String::from_utf8_lossy(&it).into_owned())
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Entropy for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0xab);
    }
}

/// A clock that stands still, and bytes that are all the same.
pub(crate) fn ambient() -> Ambient {
    Ambient::new(Arc::new(Still), Arc::new(Still))
}

/// A canary: nothing that a call gives back shows it, wherever the provider repeats it.
const CARD: &str = "4111111111111111";

fn canary() -> Card {
    let text = |it: &str| Zeroizing::new(it.to_owned());
    let end = Expiry::new(12, 2030).expect("an expiry");
    Card::new(text(CARD), end, Some(text("987"))).expect("a card")
}

fn save(card: &Card) -> SaveOrder<'_> {
    SaveOrder {
        what: Save::Card(card),
        customer_number: "C1",
        customer: Some("527262"),
        email: None,
        billing: None,
        is_default: false,
    }
}

#[tokio::test]
async fn a_card_number_that_a_provider_repeats_is_not_shown() {
    let ok = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;
    let no = format!(
        r#""messages":{{"resultCode":"Error","message":[{{"code":"E00013","text":"{CARD} is invalid"}}]}}"#
    );
    let mut line = vec![CARD; 69];
    (line[0], line[2]) = ("2", "27");
    let line = line.join(",");
    let kept = format!(
        r#"{{"customerProfileId":"527262","customerPaymentProfileId":"87","payment":{{"creditCard":{{"cardNumber":"{CARD}","expirationDate":"{CARD}","cardType":"{CARD}"}}}}}}"#
    );
    let json = |body: String| answer("application/json", &body);
    let served_json = served(vec![
        json(format!("{{{no}}}")),
        json(format!(r#"{{"validationDirectResponse":"{line}",{no}}}"#)),
        json(format!(r#"{{"customerProfileId":"527262","customerPaymentProfileId":"87",{ok}}}"#)),
        json(format!(r#"{{"paymentProfile":{kept},{ok}}}"#)),
    ])
    .await;
    let http = served_json.http();
    let settings =
        crate::authorize_net::Settings { timeout_ms: 300, sandbox_url: Some(served_json.url.clone()) };
    let provider = crate::authorize_net::AuthorizeNet::new(settings, http, ambient()).expect("a provider");
    let account = Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")]);
    let card = canary();
    let mut shown = Vec::new();
    for _ in 0..3 {
        let saved = provider.save(&account.connection(), &save(&card)).await;
        shown.push(format!("{saved:?}"));
        if let Err(error) = saved {
            shown.push(error.to_string());
        }
    }
    let text = format!(
        "<PaymentAccountCreateResponse><Response><ExpressResponseCode>101</ExpressResponseCode><ExpressResponseMessage>\
         {CARD} invalid</ExpressResponseMessage></Response></PaymentAccountCreateResponse>"
    );
    let made = text.replace("101", "0").replace(
        "</Response>",
        &format!(
            "<PaymentAccount><PaymentAccountID>ID</PaymentAccountID><PaymentBrand>{CARD}</PaymentBrand>\
             <PaymentAccountReferenceNumber>{CARD}</PaymentAccountReferenceNumber></PaymentAccount></Response>"
        ),
    );
    let served_xml = served(vec![answer("text/xml", &text), answer("text/xml", &made)]).await;
    let settings = crate::worldpay::Settings { timeout_ms: 300, sandbox_url: Some(served_xml.url.clone()) };
    let provider = crate::worldpay::Worldpay::new(settings, served_xml.http()).expect("a provider");
    let account = Account::of(
        &[("ApplicationId", "20001")],
        &[("AccountId", "1000001"), ("AccountToken", "TOKEN"), ("AcceptorId", "300000001")],
    );
    for _ in 0..2 {
        let saved = provider.save(&account.connection(), &save(&card)).await;
        shown.push(format!("{saved:?}"));
    }
    let shown = shown.join(" ");
    assert!(shown.contains("Declined") && shown.matches("1111").count() > 1, "{shown}");
    assert!(!shown.contains(CARD) && !shown.contains("987"), "{shown}");
    // Each attempt carried it once, and nothing else did.
    let sent = [served_json.bodies(), served_xml.bodies()].concat();
    let counts: Vec<usize> = sent.iter().map(|it| it.matches(CARD).count()).collect();
    assert_eq!(counts, [1, 1, 1, 0, 1, 1]);
}
