use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// A server that reads one request and answers with these bytes, then closes; hangs when there are none.
async fn server(answer: Option<&'static [u8]>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                match answer {
                    Some(bytes) => {
                        let _ = socket.write_all(bytes).await;
                    }
                    None => std::future::pending().await,
                }
            });
        }
    });
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

async fn call(url: &Url, limit: usize) -> Result<Answer, Failure> {
    let http = Http::new().expect("a client");
    let timeout = Duration::from_millis(300);
    http.send(Call {
        method: Method::Post,
        url,
        headers: &[("accept", "text/xml")],
        body: b"x".to_vec(),
        timeout,
        limit,
    })
    .await
}

#[tokio::test]
async fn a_whole_answer_is_read_up_to_the_limit() {
    let url = server(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")).await;
    assert_eq!(call(&url, 5).await.expect("an answer").body, b"hello");
    assert_eq!(call(&url, 4).await.expect_err("too large"), Failure::TooLarge);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let url =
        server(Some(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"))
            .await;
    let answer = call(&url, 10).await.expect("an answer");
    assert_eq!((answer.status, answer.location.as_deref()), (302, Some("http://127.0.0.1:1/")));
}

#[tokio::test]
async fn only_a_connection_that_was_never_made_is_certain() {
    let nobody = Url::parse("http://127.0.0.1:1/").expect("a URL");
    let failure = call(&nobody, 10).await.expect_err("nobody there");
    assert_eq!(failure, Failure::NotSent);
    assert!(ProviderError::from(failure).outcome_known);
    for (answer, expected) in [
        (Some(&b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"[..]), Failure::Cut),
        (Some(&b""[..]), Failure::Cut),
        (None, Failure::TimedOut),
    ] {
        let failure = call(&server(answer).await, 10).await.expect_err("no answer");
        assert_eq!(failure, expected);
        assert!(!ProviderError::from(failure).outcome_known, "{failure}");
    }
}
