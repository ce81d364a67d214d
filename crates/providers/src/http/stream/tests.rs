use std::collections::VecDeque;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use url::Url;

use super::{super::*, *};

/// Pieces of a body, one at a time; a missing piece breaks it off.
struct Pieces(VecDeque<Option<&'static [u8]>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.pop_front().map(|it| match it {
            Some(piece) => Ok(Frame::data(Bytes::from_static(piece))),
            None => Err("gone"),
        }))
    }
}

fn upload(pieces: &[Option<&'static [u8]>], limit: u64) -> Upload {
    Upload::new(Pieces(pieces.iter().copied().collect()), limit)
}

async fn listener() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    (listener, Url::parse(&url).expect("a URL"))
}

/// Everything that is sent until the last chunk or the end.
async fn whole(socket: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    loop {
        let mut buffer = [0; 1024];
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => seen.extend_from_slice(&buffer[..length]),
        }
        if seen.ends_with(b"0\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

fn http(url: &Url) -> Http {
    Http::new(&[Opened::of(url).expect("a place")]).expect("a client")
}

async fn next(body: &mut Download) -> Option<Result<Bytes, Failure>> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    frame.map(|it| it.map(|frame| frame.into_data().expect("data")))
}

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_body_goes_out_piece_by_piece_up_to_its_limit() {
    for (limit, expected) in [(10, None), (9, Some(Failure::UploadTooLarge))] {
        let (listener, url) = listener().await;
        let seen = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let seen = whole(&mut socket).await;
            let _ = socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            seen
        });
        let upload = upload(&[Some(b"hello"), Some(b"world")], limit);
        let result = http(&url).stream(Call::new(Method::Post, &url), Some(upload), LONG).await;
        assert_eq!(result.err(), expected);
        let seen = seen.await.expect("seen");
        let whole = seen.contains("hello") && seen.ends_with("0\r\n\r\n");
        assert_eq!(whole, expected.is_none(), "{seen}");
        assert_eq!(seen.contains("world"), expected.is_none(), "{seen}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_whole_request() {
    let (listener, url) = listener().await;
    let seen =
        tokio::spawn(async move { whole(&mut listener.accept().await.expect("a connection").0).await });
    let result = http(&url)
        .stream(Call::new(Method::Put, &url), Some(upload(&[Some(b"hello"), None], 99)), LONG)
        .await;
    assert_eq!(result.expect_err("cut"), Failure::UploadCut);
    assert!(!seen.await.expect("seen").ends_with("0\r\n\r\n"), "the provider took it for whole");
}

#[tokio::test]
async fn an_answer_is_handed_on_while_it_arrives() {
    let (listener, url) = listener().await;
    let (go, wait) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let _ = socket.read(&mut [0; 1024]).await;
        let head = b"HTTP/1.1 200 OK\r\nx-kind: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
        let _ = socket.write_all(head).await;
        // The rest is sent only when the first piece was handed on.
        let _ = wait.await;
        let _ = socket.write_all(b"5\r\nworld\r\n0\r\n\r\n").await;
    });
    let answer = http(&url).stream(Call::new(Method::Get, &url), None, LONG).await.expect("an answer");
    assert_eq!((answer.status, answer.headers.get("x-kind")), (200, Some("a")));
    let mut body = answer.body;
    assert_eq!(next(&mut body).await.expect("a piece").expect("hello"), "hello");
    go.send(()).expect("the server waits");
    assert_eq!(next(&mut body).await.expect("a piece").expect("world"), "world");
    assert!(next(&mut body).await.is_none());
}

async fn answering(answer: &'static str) -> Url {
    let (listener, url) = listener().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let _ = socket.read(&mut [0; 1024]).await;
        let _ = socket.write_all(answer.as_bytes()).await;
        std::future::pending::<()>().await;
    });
    url
}

#[tokio::test]
async fn an_answer_ends_at_its_limit() {
    let known = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for text in [known, chunked] {
        let url = answering(text).await;
        let call = Call { limit: 5, ..Call::new(Method::Get, &url) };
        let mut answer = http(&url).stream(call, None, LONG).await.expect("an answer");
        assert_eq!(next(&mut answer.body).await.expect("a piece").expect("hello"), "hello");
        assert!(next(&mut answer.body).await.is_none());
    }
    let url = answering(known).await;
    let call = Call { limit: 4, ..Call::new(Method::Get, &url) };
    assert_eq!(http(&url).stream(call, None, LONG).await.expect_err("too large"), Failure::TooLarge);
    let url = answering(chunked).await;
    let call = Call { limit: 4, ..Call::new(Method::Get, &url) };
    let mut answer = http(&url).stream(call, None, LONG).await.expect("an answer");
    assert_eq!(next(&mut answer.body).await, Some(Err(Failure::TooLarge)));
    assert!(next(&mut answer.body).await.is_none(), "after a failure nothing comes");
}

#[tokio::test]
async fn an_answer_that_stands_still_ends() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let url = answering(head).await;
    let idle = Duration::from_millis(50);
    let mut answer = http(&url).stream(Call::new(Method::Get, &url), None, idle).await.expect("an answer");
    assert!(next(&mut answer.body).await.expect("a piece").is_ok());
    assert_eq!(next(&mut answer.body).await, Some(Err(Failure::TimedOut)), "idle");
    let url = answering(head).await;
    let call = Call { timeout: Duration::from_millis(200), ..Call::new(Method::Get, &url) };
    let mut answer = http(&url).stream(call, None, LONG).await.expect("an answer");
    assert!(next(&mut answer.body).await.expect("a piece").is_ok());
    assert_eq!(next(&mut answer.body).await, Some(Err(Failure::TimedOut)), "in all");
}

#[tokio::test]
async fn a_broken_answer_is_no_end() {
    let (listener, url) = listener().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let _ = socket.read(&mut [0; 1024]).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").await;
    });
    let mut answer = http(&url).stream(Call::new(Method::Get, &url), None, LONG).await.expect("an answer");
    assert!(next(&mut answer.body).await.expect("a piece").is_ok());
    assert_eq!(next(&mut answer.body).await, Some(Err(Failure::Cut)));
}
