use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::ProviderError;

/// A server that reads one request and answers with these bytes, then closes; hangs when there are none.
async fn server(answer: Option<Vec<u8>>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                match answer {
                    Some(bytes) => {
                        let _ = socket.write_all(&bytes).await;
                    }
                    None => std::future::pending().await,
                }
            });
        }
    });
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

fn http(url: &Url) -> Http {
    Http::new(&[Opened::of(url).expect("a host")]).expect("a client")
}

async fn call(url: &Url, limit: usize) -> Result<Answer, Failure> {
    let timeout = Duration::from_millis(300);
    let headers = &[("accept", "text/xml")];
    let call = Call { headers, body: b"x".to_vec().into(), timeout, limit, ..Call::new(Method::Post, url) };
    http(url).send(call).await
}

async fn answered(text: &str, limit: usize) -> Result<Answer, Failure> {
    call(&server(Some(text.as_bytes().to_vec())).await, limit).await
}

#[tokio::test]
async fn a_whole_answer_is_read_up_to_the_limit() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    assert_eq!(answered(text, 5).await.expect("an answer").body, b"hello");
    assert_eq!(answered(text, 4).await.expect_err("too large"), Failure::TooLarge);
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_limit() {
    let endless =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", "5\r\nhello\r\n".repeat(1_000));
    assert_eq!(answered(&endless, 100).await.expect_err("too large"), Failure::TooLarge);
}

#[tokio::test]
async fn headers_are_kept_up_to_their_limits() {
    let many = |count: usize, size: usize| {
        let value = "x".repeat(size);
        let headers: Vec<String> = (0..count).map(|at| format!("h-{at}: {value}\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", headers.concat())
    };
    let answer = answered(&many(MAX_HEADERS.0 - 1, 10), 10).await.expect("an answer");
    assert_eq!(answer.headers.get("H-98"), Some("xxxxxxxxxx"));
    assert_eq!(answer.headers.iter().count(), MAX_HEADERS.0);
    assert!(answered(&many(MAX_HEADERS.0, 10), 10).await.is_err());
    // The names, and `content-length` with its value, count too.
    let fitting = MAX_HEADERS.1 - "h-0content-length0".len();
    assert!(answered(&many(1, fitting), 10).await.is_ok());
    assert_eq!(answered(&many(1, fitting + 1), 10).await.expect_err("too large"), Failure::TooLarge);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let text = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let answer = answered(text, 10).await.expect("an answer");
    assert_eq!((answer.status, answer.location()), (302, Some("http://127.0.0.1:1/")));
}

#[tokio::test]
async fn a_page_for_people_is_told_from_an_answer() {
    for (head, body, page) in [
        ("content-type: text/html; charset=utf-8\r\n", "x", true),
        ("", "\n <!DOCTYPE html><p>Sign in", true),
        ("", "<HTML>", true),
        ("content-type: application/json\r\n", "{}", false),
        ("", "<?xml version=\"1.0\"?><html2/>", false),
        ("", "", false),
    ] {
        let text = format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{body}", body.len());
        assert_eq!(answered(&text, 100).await.expect("an answer").is_page(), page, "{text}");
    }
}

#[tokio::test]
async fn every_method_arrives_as_itself() {
    for method in [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url =
            Url::parse(&format!("http://{}/a", listener.local_addr().expect("an address"))).expect("a URL");
        let seen = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut buffer = vec![0; 4096];
            let length = socket.read(&mut buffer).await.expect("a request");
            socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("written");
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        });
        let answer = http(&url).send(Call::new(method, &url)).await.expect("an answer");
        assert_eq!(answer.status, 204);
        let seen = seen.await.expect("seen");
        assert!(seen.starts_with(&format!("{} /a HTTP/1.1\r\n", method.word())), "{seen}");
    }
}

#[tokio::test]
async fn only_what_was_never_sent_is_certain() {
    let nobody = Url::parse("http://127.0.0.1:1/").expect("a URL");
    let failure = call(&nobody, 10).await.expect_err("nobody there");
    assert_eq!(failure, Failure::NotSent);
    assert!(ProviderError::from(failure).outcome_known);
    for (answer, expected) in [
        (Some("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"), Failure::Cut),
        (Some(""), Failure::Cut),
        (None, Failure::TimedOut),
    ] {
        let url = server(answer.map(|it| it.as_bytes().to_vec())).await;
        let failure = call(&url, 10).await.expect_err("no answer");
        assert_eq!(failure, expected);
        assert!(!ProviderError::from(failure).outcome_known, "{failure}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_sent() {
    let url = server(Some(Vec::new())).await;
    let headers = &[("authorization", "Bearer a\r\nx-other: b")];
    let failure = http(&url).send(Call { headers, ..Call::new(Method::Get, &url) }).await.expect_err("unfit");
    assert_eq!(failure, Failure::Unfit);
}
