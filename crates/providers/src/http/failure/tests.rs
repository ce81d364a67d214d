use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncReadExt as _, net::TcpListener};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use url::Url;

use super::{super::*, *};
use crate::error::Kind;

/// A server with a certificate that it signed itself.
async fn self_signed() -> Url {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _refused = acceptor.accept(socket).await;
        }
    });
    Url::parse(&format!("https://localhost:{port}/")).expect("a URL")
}

/// A server that answers a greeting of TLS with a line of another protocol.
async fn no_tls() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await;
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut socket, b"220 mail.example ESMTP ready\r\n").await;
        }
    });
    Url::parse(&format!("https://localhost:{port}/")).expect("a URL")
}

async fn failure(url: &Url) -> Failure {
    let http = Http::new(&[Opened::of(url).expect("a place")]).expect("a client");
    let call = Call { timeout: Duration::from_secs(20), ..Call::new(Method::Get, url) };
    http.send(call).await.expect_err("no answer")
}

#[tokio::test]
async fn a_bad_certificate_and_no_tls_are_told_apart_and_nothing_was_sent() {
    let untrusted = failure(&self_signed().await).await;
    assert_eq!(untrusted, Failure::Certificate(Certificate::Untrusted));
    assert_eq!(failure(&no_tls().await).await, Failure::Tls);
    let error = ProviderError::from(untrusted);
    assert!(error.outcome_known && error.to_string().contains("certificate"), "{error}");
    assert_eq!(error.kind, Kind::Unreachable);
}

#[test]
fn every_fault_of_a_certificate_has_its_words() {
    use rustls::CertificateError as Wrong;
    for (wrong, expected) in [
        (Wrong::Expired, Certificate::OutOfDate),
        (Wrong::NotValidYet, Certificate::OutOfDate),
        (Wrong::UnknownIssuer, Certificate::Untrusted),
        (Wrong::NotValidForName, Certificate::OtherName),
        (Wrong::Revoked, Certificate::Revoked),
        (Wrong::BadSignature, Certificate::Other),
    ] {
        assert_eq!(certificate(&wrong), expected, "{wrong:?}");
    }
}

#[test]
fn what_is_certain_is_certain_as_a_providers_error_too() {
    use crate::http::address::Range;
    for failure in [
        Failure::NotResolved,
        Failure::Refused(Rule::Address(Range::Private)),
        Failure::Unfit,
        Failure::NotSent,
        Failure::Certificate(Certificate::OutOfDate),
        Failure::Tls,
        Failure::Cut,
        Failure::TimedOut,
        Failure::TooLarge,
        Failure::UploadTooLarge,
        Failure::UploadCut,
    ] {
        let error = ProviderError::from(failure);
        assert_eq!(error.outcome_known, failure.not_sent(), "{failure}");
        assert!(!error.retry_safe || failure.not_sent(), "{failure}");
        assert!(!failure.advice().is_empty());
        println!("{error} {}", failure.advice());
    }
}
