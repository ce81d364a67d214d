//! The connection test of a mail server: connects, encrypts, signs in, and leaves. Sends no mail.
//!
//! Refuses to send a password unencrypted, but to this machine itself.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use kontor_domain::templates::{Escape, authentication::Smtp};
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
    extension::ClientId,
};
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls};

use super::{scope::Values, verdict::Trouble};
use crate::{
    Http, ProviderError,
    error::clean,
    http::{Failure, of_connection},
};

/// The ports of mail servers that take mail for others: any host may be in the settings, but not any service of it.
pub(super) const PORTS: [u16; 4] = [25, 465, 587, 2_525];
/// How many bytes a server may say.
pub(super) const MAX_SAID: usize = 65_536;

/// Signs in and leaves. Tells the server.
pub(super) async fn test(
    values: &Values<'_>,
    smtp: &Smtp,
    http: &Http,
    timeout: Duration,
) -> Result<String, Trouble> {
    let settings = |error| Trouble::new(error, "Check the settings.");
    let host = values.fill(&smtp.host, Escape::Plain).map_err(settings)?.expose().to_owned();
    let port = values.fill(&smtp.port, Escape::Plain).map_err(settings)?;
    let port: u16 = port
        .expose()
        .parse()
        .ok()
        .filter(|it| *it != 0)
        .ok_or_else(|| settings(ProviderError::misconfigured("The port is no number from 1 to 65535")))?;
    let security = values.fill(&smtp.security, Escape::Plain).map_err(settings)?;
    let security = Security::parse(security.expose()).ok_or_else(|| {
        settings(ProviderError::misconfigured("The security is none of StartTls, Tls, None"))
    })?;
    let user = values.fill(&smtp.username, Escape::Plain).map_err(settings)?;
    let password = values.fill(&smtp.password, Escape::Plain).map_err(settings)?;
    let credentials = Credentials::new(user.expose().to_owned(), password.expose().to_owned());
    let mail = PORTS.map(|it| format!("*:{it}"));
    let stream = http
        .connect(&host, port, Some(&mail), timeout)
        .await
        .map_err(|failure| Trouble::new(failure.into(), failure.advice()))?;
    let talk = talk(stream, &host, security, &credentials);
    match tokio::time::timeout(timeout, talk).await {
        Ok(result) => result.map(|()| host),
        Err(_) => Err(Trouble::new(
            ProviderError::timed_out("the mail server stopped answering"),
            "Check the port: 587 begins unencrypted (StartTls), 465 encrypted (Tls).",
        )),
    }
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    StartTls,
    Tls,
    None,
}

impl Security {
    fn parse(text: &str) -> Option<Self> {
        let all = [("starttls", Self::StartTls), ("tls", Self::Tls), ("none", Self::None)];
        all.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, it)| it)
    }
}

async fn talk(
    stream: TcpStream,
    host: &str,
    security: Security,
    credentials: &Credentials,
) -> Result<(), Trouble> {
    let here = stream.peer_addr().is_ok_and(|it| it.ip().is_loopback());
    if security == Security::None && !here {
        return Err(Trouble::new(
            ProviderError::misconfigured("The password would be sent unencrypted"),
            "Choose StartTls or Tls; None is for a mail server on this machine alone.",
        ));
    }
    let inner = match security {
        Security::Tls => Inner::Tls(Box::new(encrypt(stream, host).await?)),
        Security::StartTls | Security::None => Inner::Plain(stream),
    };
    let hello = ClientId::default();
    let stream = Box::new(Stream { inner, left: MAX_SAID });
    let connected = AsyncSmtpConnection::connect_with_transport(stream, &hello).await;
    let mut connection = connected.map_err(|error| greeting(&error))?;
    if security == Security::StartTls {
        if !connection.can_starttls() {
            return Err(Trouble::new(
                ProviderError::misconfigured("The mail server does not offer encryption here"),
                "Choose Tls with port 465, or ask whoever runs the server.",
            ));
        }
        let parameters = TlsParameters::new(host.to_owned()).map_err(|it| unencrypted(&it))?;
        connection.starttls(parameters, &hello).await.map_err(|it| unencrypted(&it))?;
    }
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    let signed_in = connection.auth(&mechanisms, credentials).await;
    let outcome = match signed_in {
        Ok(_) => Ok(()),
        Err(error) => Err(sign_in(&error)),
    };
    connection.abort().await;
    outcome
}

async fn encrypt(stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Trouble> {
    let config = rustls::ClientConfig::with_platform_verifier().map_err(|it| unencrypted(&it))?;
    let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(|it| unencrypted(&it))?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|it| unencrypted(&it))
}

/// Why the connection could not be encrypted: a bad certificate is told as such.
fn unencrypted(error: &(dyn std::error::Error + 'static)) -> Trouble {
    match of_connection(error) {
        failure @ Failure::Certificate(_) => Trouble::new(
            failure.into(),
            "The password was not sent. Check the host in the settings; if it is right, whoever runs the mail server has to renew its certificate.",
        ),
        _ => Trouble::new(
            ProviderError::unreachable("No encrypted connection to the mail server could be agreed on"),
            "The password was not sent. Check the port: 465 is for Tls, 587 for StartTls.",
        ),
    }
}

/// What the server said, without the code.
fn words(error: &Error) -> String {
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    clean(&text)
}

fn greeting(error: &Error) -> Trouble {
    if error.is_transient() {
        return Trouble::new(
            ProviderError { retry_safe: true, ..ProviderError::nonsense(&words(error)) },
            "The mail server is busy. Nothing is wrong with the settings; test again later.",
        );
    }
    if error.is_permanent() {
        let code = error.status().map(|it| it.to_string());
        return Trouble::new(
            ProviderError::misconfigured_code(code.as_deref(), &words(error)),
            "The mail server takes no connections from here. Ask whoever runs it.",
        );
    }
    Trouble::new(
        ProviderError::nonsense("what answers there is no mail server"),
        "Check the host and the port: 587 begins unencrypted (StartTls), 465 encrypted (Tls).",
    )
}

fn sign_in(error: &Error) -> Trouble {
    let code = error.status().map(|it| it.to_string());
    if error.is_permanent() {
        return Trouble::new(
            ProviderError::misconfigured_code(code.as_deref(), &words(error)),
            "The user name or password was not taken. Many mail services want an app password instead of the ordinary one.",
        );
    }
    if error.is_transient() {
        return Trouble::new(
            ProviderError { retry_safe: true, ..ProviderError::nonsense(&words(error)) },
            "The mail server could not check the password right now. Test again later.",
        );
    }
    if error.is_client() {
        return Trouble::new(
            ProviderError::misconfigured("The mail server offers no way to sign in that is known here"),
            "Choose an encrypted connection: most servers offer signing in there alone.",
        );
    }
    Trouble::new(ProviderError::cut(""), "The mail server hung up. Test again later.")
}

/// A connection that is cut when the server says too much.
#[derive(Debug)]
struct Stream {
    inner: Inner,
    left: usize,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.inner {
            Inner::Plain(it) => it.peer_addr(),
            Inner::Tls(it) => it.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = match &mut self.inner {
            Inner::Plain(it) => Pin::new(it).poll_read(cx, buffer),
            Inner::Tls(it) => Pin::new(it.as_mut()).poll_read(cx, buffer),
        };
        let read = buffer.filled().len().saturating_sub(before);
        let Some(left) = self.left.checked_sub(read) else {
            return Poll::Ready(Err(io::Error::other("the server says too much")));
        };
        self.left = left;
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(it) => Pin::new(it).poll_write(cx, bytes),
            Inner::Tls(it) => Pin::new(it.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(it) => Pin::new(it).poll_flush(cx),
            Inner::Tls(it) => Pin::new(it.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(it) => Pin::new(it).poll_shutdown(cx),
            Inner::Tls(it) => Pin::new(it.as_mut()).poll_shutdown(cx),
        }
    }
}
