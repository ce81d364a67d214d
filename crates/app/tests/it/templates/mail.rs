//! A mail server that really checks: without encryption, with STARTTLS and with TLS, each with a good and a bad
//! password; and certificates that do not hold, before which no password is sent.

use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use super::{Authority, Described, Server};
use crate::support::{Engine, on_both};

const USER: &str = "shop@example.com";
const PASSWORD: &str = "correct horse";

/// Each line that came in, and whether it was encrypted.
type Heard = Arc<Mutex<Vec<(bool, String)>>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    StartTls,
    Tls,
}

struct Mail {
    server: Server,
    heard: Heard,
}

impl Mail {
    async fn start(kind: Kind, acceptor: TlsAcceptor) -> Self {
        let heard = Heard::default();
        let kept = Arc::clone(&heard);
        let server = Server::listening(async move |listener| {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
                tokio::spawn(async move {
                    // Whoever does not like the certificate hangs up.
                    let _ended = talk(stream, kind, acceptor, &heard).await;
                });
            }
        })
        .await;
        Self { server, heard: kept }
    }

    fn heard(&self) -> Vec<(bool, String)> {
        self.heard.lock().expect("what was heard").clone()
    }
}

async fn talk(stream: TcpStream, kind: Kind, acceptor: TlsAcceptor, heard: &Heard) -> std::io::Result<()> {
    match kind {
        Kind::Tls => converse(acceptor.accept(stream).await?, Kind::Tls, true, heard).await.map(|_| ()),
        Kind::Plain => converse(stream, Kind::Plain, false, heard).await.map(|_| ()),
        Kind::StartTls => match converse(stream, Kind::StartTls, false, heard).await? {
            Some(stream) => {
                let stream = acceptor.accept(stream).await?;
                converse(stream, Kind::Tls, true, heard).await.map(|_| ())
            }
            None => Ok(()),
        },
    }
}

/// Talks until it is over; gives the connection back where it is to be encrypted now.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    kind: Kind,
    encrypted: bool,
    heard: &Heard,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    // After STARTTLS the server does not greet again (RFC 3207 §4.2).
    let begun = heard.lock().expect("what was heard").iter().any(|(_, line)| line == "STARTTLS");
    if !(encrypted && begun) {
        stream.write_all(b"220 mail.example.com ESMTP\r\n").await?;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        heard.lock().expect("what was heard").push((encrypted, line.clone()));
        let answer = if line.starts_with("EHLO ") {
            let offers = match kind {
                Kind::StartTls => "250 STARTTLS",
                _ => "250 AUTH PLAIN LOGIN",
            };
            format!("250-mail.example.com\r\n{offers}\r\n")
        } else if line == "STARTTLS" && kind == Kind::StartTls {
            stream.write_all(b"220 go ahead\r\n").await?;
            return Ok(Some(stream.into_inner()));
        } else if let Some(said) = line.strip_prefix("AUTH PLAIN ") {
            let right = BASE64.encode(format!("\0{USER}\0{PASSWORD}").as_bytes());
            if said == right { "235 2.7.0 welcome\r\n" } else { "535 5.7.8 these are not known here\r\n" }
                .to_owned()
        } else if line == "QUIT" {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(None);
        } else {
            "503 5.5.1 not now\r\n".to_owned()
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

fn settings(mail: &Mail, security: &str) -> serde_json::Value {
    let at = mail.server.address;
    json!({ "Host": at.ip().to_string(), "Port": at.port().to_string(), "Security": security, "UserName": USER })
}

async fn a_mail_server_is_connected_to_and_signed_in_at(engine: Engine) {
    let authority = Authority::named("Ours");
    let acceptor = || authority.acceptor("127.0.0.1", |_| ());
    let plain = Mail::start(Kind::Plain, acceptor()).await;
    let start = Mail::start(Kind::StartTls, acceptor()).await;
    let tls = Mail::start(Kind::Tls, acceptor()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = authority.write(folder.path());
    let opened = [plain.server.address, start.server.address, tls.server.address];
    let shop = Described::with(engine, &opened, &[], &[("SSL_CERT_FILE", &trusted)]);
    for (mail, security) in [(&plain, "None"), (&start, "StartTls"), (&tls, "Tls")] {
        let good =
            shop.create("Email", "Smtp", &settings(mail, security), &json!({ "Password": PASSWORD })).await;
        let said = shop.passes(&good).await;
        assert!(said.contains("takes this user name and password"), "{security}: {said}");
        let bad =
            shop.create("Email", "Smtp", &settings(mail, security), &json!({ "Password": "letmein" })).await;
        let said = shop.fails(&bad).await;
        assert!(
            said.contains("these are not known here") && said.contains("app password"),
            "{security}: {said}"
        );
        let heard = mail.heard();
        assert_eq!(heard.iter().filter(|(_, line)| line.starts_with("AUTH")).count(), 2, "{heard:?}");
        assert!(
            !heard.iter().any(|(_, line)| line.starts_with("MAIL") || line == "DATA"),
            "a test sends no mail"
        );
        if security != "None" {
            let open = heard.iter().any(|(encrypted, line)| !encrypted && line.starts_with("AUTH"));
            assert!(!open, "no password goes out unencrypted: {heard:?}");
        }
    }
    for (mail, security, words) in [
        (&plain, "StartTls", "does not offer encryption"),
        (&plain, "Tls", "No encrypted connection to the mail server could be agreed on"),
        (&tls, "StartTls", "mail server"),
    ] {
        let id =
            shop.create("Email", "Smtp", &settings(mail, security), &json!({ "Password": PASSWORD })).await;
        let said = shop.fails(&id).await;
        assert!(said.contains(words) && said.contains("port"), "{security}: {said}");
    }
    assert!(!shop.demo.log().contains(PASSWORD));
}

async fn no_password_goes_to_a_server_that_cannot_prove_its_name(engine: Engine) {
    let (ours, other) = (Authority::named("Ours"), Authority::named("Another"));
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = ours.write(folder.path());
    let mut cases = Vec::new();
    for (kind, security) in [(Kind::StartTls, "StartTls"), (Kind::Tls, "Tls")] {
        let unknown = Mail::start(kind, other.acceptor("127.0.0.1", |_| ())).await;
        cases.push((unknown, security, "it was issued by somebody who is not trusted"));
        let misnamed = Mail::start(kind, ours.acceptor("mail.elsewhere.example", |_| ())).await;
        cases.push((misnamed, security, "it belongs to another server"));
    }
    let opened: Vec<_> = cases.iter().map(|(mail, ..)| mail.server.address).collect();
    let shop = Described::with(engine, &opened, &[], &[("SSL_CERT_FILE", &trusted)]);
    for (mail, security, words) in &cases {
        let id =
            shop.create("Email", "Smtp", &settings(mail, security), &json!({ "Password": PASSWORD })).await;
        let said = shop.fails(&id).await;
        assert!(said.contains(words) && said.contains("The password was not sent"), "{security}: {said}");
        assert!(
            !mail.heard().iter().any(|(_, line)| line.starts_with("AUTH")),
            "{security}: {:?}",
            mail.heard()
        );
    }
}

on_both!(
    a_mail_server_is_connected_to_and_signed_in_at,
    no_password_goes_to_a_server_that_cannot_prove_its_name,
);
