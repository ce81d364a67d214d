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
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::{Connection, Http, http::Opened};

/// A server on the loopback that gives one answer after the other, and then is gone.
pub(crate) struct Served {
    pub(crate) url: Url,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// The bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().expect("no panic").clone()
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
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("an address"))).expect("a URL");
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.expect("a caller");
            let body = request(&mut socket).await;
            kept.lock().expect("no panic").push(body);
            socket.write_all(answer.as_bytes()).await.expect("written");
        }
    });
    Served { url, bodies }
}

/// Reads a request to its end.
async fn request(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = socket.read(&mut part).await.expect("a request");
        read.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|it| it.lines().next()).map(str::trim);
            if body.len() >= length.map_or(0, |it| it.parse().expect("a number")) {
                return body.to_owned();
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
