use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use async_trait::async_trait;
use http_body::{Body, Frame};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::{http::Opened, pace::Leave};

/// Answers each request with the next text, and keeps what it was sent. Short requests only.
async fn provider(answers: &[&str]) -> (Url, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url =
        Url::parse(&format!("http://{}/v1", listener.local_addr().expect("an address"))).expect("a URL");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (kept, answers) = (Arc::clone(&seen), answers.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = String::new();
            while !complete(&request) {
                let mut buffer = vec![0; 65_536];
                let length = socket.read(&mut buffer).await.expect("a request");
                if length == 0 {
                    break;
                }
                request += &String::from_utf8_lossy(&buffer[..length]);
            }
            kept.lock().expect("the list").push(request);
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (url, seen)
}

fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|it| it.lines().next()?.parse().ok());
    if head.contains("transfer-encoding") {
        body.ends_with("0\r\n\r\n")
    } else {
        body.len() >= length.unwrap_or(0)
    }
}

/// What a test does to a request to authorize it.
type Authorize = fn(&mut Outgoing<'_>);

fn unlimited() -> Manners<'static> {
    Manners { idempotency_header: None, once: String::new(), enter: &|| Ok(Leave::default()) }
}

struct Fake {
    base: Url,
    authorize: Authorize,
    signs: bool,
    allows: bool,
}

#[async_trait]
impl Proxied for Fake {
    fn base(&self, _: &Connection<'_>) -> Result<Url, ProviderError> {
        Ok(self.base.clone())
    }

    fn allows(&self, _: &Connection<'_>, _: &Url) -> bool {
        self.allows
    }

    fn signs_body(&self, _: Option<&str>) -> bool {
        self.signs
    }

    async fn authorize(&self, _: &Connection<'_>, request: &mut Outgoing<'_>) -> Result<(), ProviderError> {
        (self.authorize)(request);
        Ok(())
    }
}

fn bearer(request: &mut Outgoing<'_>) {
    request.headers.push(("authorization".to_owned(), Secret::new("Bearer s3cret-key".to_owned())));
}

struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.take().map(|it| Ok(Frame::data(it))))
    }
}

fn asked(method: Method, body: Vec<u8>) -> Asked {
    let headers = [("authorization", "Bearer kontors"), ("content-type", "text/plain"), ("x-extra", "1")];
    Asked {
        method,
        target: Target::read("things", Some("page=2")).expect("a target"),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Upload::new(Whole(Some(body.into())), Limits::default().request_bytes),
    }
}

async fn run(fake: Fake, asked: Asked) -> Result<Passed, Refusal> {
    let http = Http::new(&[Opened::of(&fake.base).expect("a place")]).expect("a client");
    let secrets = BTreeMap::from([("ApiKey".to_owned(), Secret::new("s3cret-key".to_owned()))]);
    let configuration = BTreeMap::new();
    let connection = Connection::plain(&configuration, &secrets);
    send(&http, &fake, &connection, asked, &Limits::default(), &unlimited()).await
}

fn fake(base: Url) -> Fake {
    Fake { base, authorize: bearer, signs: false, allows: true }
}

const OK: &str = "HTTP/1.1 200 OK\r\nx-kind: thing\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const CUT: &str = "";

fn seen(list: &Mutex<Vec<String>>) -> Vec<String> {
    list.lock().expect("the list").clone()
}

#[tokio::test]
async fn a_request_arrives_with_the_credential_and_without_the_callers() {
    let (url, list) = provider(&[OK]).await;
    let passed = run(fake(url), asked(Method::Post, b"hello".to_vec())).await.expect("an answer");
    assert_eq!((passed.status, passed.headers), (200, vec![("x-kind".to_owned(), "thing".to_owned())]));
    let request = seen(&list).remove(0);
    assert!(request.starts_with("POST /v1/things?page=2 HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("authorization: Bearer s3cret-key\r\n") && !request.contains("kontors"),
        "{request}"
    );
    assert!(request.contains("x-extra: 1\r\n") && request.ends_with("\r\n\r\nhello"), "{request}");
    assert_eq!(request.matches("authorization").count(), 1, "{request}");
}

#[tokio::test]
async fn what_may_be_done_twice_is_sent_again_and_nothing_else_is() {
    for method in [Method::Get, Method::Head, Method::Put, Method::Delete] {
        let answers = if method == Method::Head { [BUSY, BUSY, BUSY] } else { [CUT, BUSY, OK] };
        let (url, list) = provider(&answers).await;
        let passed = run(fake(url), asked(method, b"a".to_vec())).await.expect("an answer");
        assert_eq!(passed.status, if method == Method::Head { 503 } else { 200 }, "{method:?}");
        let all = seen(&list);
        assert_eq!(all.len(), 3, "{method:?}");
        assert!(all.iter().all(|it| it == &all[0]), "{all:?}");
    }
    for method in [Method::Post, Method::Patch] {
        let (url, list) = provider(&[BUSY, OK]).await;
        assert_eq!(run(fake(url), asked(method, Vec::new())).await.expect("busy").status, 503);
        assert_eq!(seen(&list).len(), 1, "{method:?}");
        let (url, list) = provider(&[CUT, OK]).await;
        let refusal = run(fake(url), asked(method, Vec::new())).await.err();
        assert!(matches!(refusal, Some(Refusal::Failed(Failure::Cut))), "{refusal:?}");
        assert_eq!(seen(&list).len(), 1, "{method:?}");
    }
}

#[tokio::test]
async fn a_long_body_is_handed_on_and_sent_once() {
    for (length, times) in [(KEPT, 2), (KEPT + 1, 1)] {
        let (url, list) = provider(&[BUSY, OK]).await;
        let passed = run(fake(url), asked(Method::Put, vec![b'a'; length])).await.expect("an answer");
        assert_eq!(passed.status, if times == 2 { 200 } else { 503 });
        let all = seen(&list);
        assert_eq!(all.len(), times, "{length}");
        assert_eq!(
            all[0].matches('a').count()
                - all[0].split("\r\n\r\n").next().map_or(0, |it| it.matches('a').count()),
            length
        );
    }
}

#[tokio::test]
async fn a_signature_sees_the_whole_body_up_to_its_limit() {
    let sign: Authorize = |request| {
        let signature = format!("{}-{}", request.method, request.body.len());
        request.headers.push(("x-signature".to_owned(), Secret::new(signature)));
    };
    let (url, list) = provider(&[OK]).await;
    let signing = |base: Url| Fake { authorize: sign, signs: true, ..fake(base) };
    run(signing(url.clone()), asked(Method::Post, vec![b'a'; SIGNED])).await.expect("an answer");
    assert!(seen(&list)[0].contains(&format!("x-signature: POST-{SIGNED}\r\n")));
    let refusal = run(signing(url), asked(Method::Post, vec![b'a'; SIGNED + 1])).await.err();
    assert!(matches!(refusal, Some(Refusal::Failed(Failure::UploadTooLarge))), "{refusal:?}");
}

#[tokio::test]
async fn a_credential_in_the_query_is_added_and_does_not_come_back() {
    let add: Authorize = |request| {
        request.url.query_pairs_mut().append_pair("key", "s3cret key");
    };
    let moved = "HTTP/1.1 302 Found\r\nlocation: https://other.example/?key=s3cret%20key\r\nx-echo: s3cret+key\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n";
    let (url, list) = provider(&[moved]).await;
    let passed =
        run(Fake { authorize: add, ..fake(url) }, asked(Method::Get, Vec::new())).await.expect("an answer");
    assert_eq!((passed.status, passed.headers), (302, Vec::new()), "not followed, and nothing told");
    assert!(
        seen(&list)[0].starts_with("GET /v1/things?page=2&key=s3cret+key HTTP/1.1\r\n"),
        "{:?}",
        seen(&list)
    );
    let plain = "HTTP/1.1 302 Found\r\nlocation: https://files.example/a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (url, _) = provider(&[plain]).await;
    let passed =
        run(Fake { authorize: add, ..fake(url) }, asked(Method::Get, Vec::new())).await.expect("an answer");
    assert_eq!(passed.headers, [("location".to_owned(), "https://files.example/a".to_owned())]);
}

#[tokio::test]
async fn a_credential_changes_nothing_else_and_goes_nowhere_else() {
    let (url, list) = provider(&[]).await;
    let changes: [Authorize; 4] = [
        |request| request.url.set_path("/v2"),
        |request| request.url.set_query(Some("page=3")),
        |request| assert!(request.url.set_host(Some("evil.example")).is_ok()),
        |request| request.url.query_pairs_mut().append_pair("page", "s3cret").finish().set_fragment(None),
    ];
    for authorize in changes {
        assert!(run(Fake { authorize, ..fake(url.clone()) }, asked(Method::Get, Vec::new())).await.is_err());
    }
    let refusal = run(Fake { allows: false, ..fake(url) }, asked(Method::Get, Vec::new())).await.err();
    assert!(matches!(refusal, Some(Refusal::Provider(_))), "{refusal:?}");
    assert!(seen(&list).is_empty());
}

#[tokio::test]
async fn an_inner_address_that_nobody_opened_is_refused() {
    let (url, list) = provider(&[OK]).await;
    let http = Http::new(&[]).expect("a client");
    let (configuration, secrets) = (BTreeMap::new(), BTreeMap::new());
    let connection = Connection::plain(&configuration, &secrets);
    let refusal = send(
        &http,
        &fake(url),
        &connection,
        asked(Method::Get, Vec::new()),
        &Limits::default(),
        &unlimited(),
    )
    .await;
    assert!(matches!(refusal.err(), Some(Refusal::Failed(Failure::Refused(_)))));
    assert!(seen(&list).is_empty());
}
