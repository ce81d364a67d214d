//! The only HTTP client. Each call has a time limit and a limit on the answer's size.
//!
//! Owns the door to the network: every call passes the guard. Refuses redirects, proxies of the environment, and
//! retries: whether a request may be sent again is decided by who knows what it does. Logs method, host, status and
//! failure; never a path, a header or a body, since all of them may carry a secret.

pub mod address;
mod failure;
mod guard;
pub mod gzip;
pub mod stream;

use std::{fmt, time::Duration};

use bytes::Bytes;
use tokio::net::TcpStream;
use url::Url;
use zeroize::Zeroizing;

pub(crate) use failure::of_connection;
pub use failure::{Certificate, Failure};
use guard::{Guard, Resolver, Way};
pub use guard::{Opened, Rule};

/// The longest that making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a call may take where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How large an answer may be where nothing else is said, in bytes.
const LIMIT: usize = 1024 * 1024;
/// The most headers of an answer that are kept, and of how many bytes in all.
const MAX_HEADERS: (usize, usize) = (100, 64 * 1024);

/// A request.
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: &'a Url,
    /// Headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, which is wiped when it was sent, or was not.
    pub body: Zeroizing<Vec<u8>>,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// How many bytes the answer's body may have.
    pub limit: usize,
    /// The hosts that it may go to, as a template lists them: `api.shop.example`, `*.shop.example`, each with a port
    /// where it is not 443. None where the address is the adapter's own and no part of it came from a caller.
    pub hosts: Option<&'a [String]>,
}

impl<'a> Call<'a> {
    /// A call without headers and body, within the ordinary limits.
    pub fn new(method: Method, url: &'a Url) -> Self {
        Self {
            method,
            url,
            headers: &[],
            body: Zeroizing::default(),
            timeout: TIMEOUT,
            limit: LIMIT,
            hosts: None,
        }
    }
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers.
    Head,
    /// Does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in a request.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether twice is the same as once (RFC 9110 §9.2.2).
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

/// Headers of an answer, names in small letters. No Debug: a header may be a secret.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first of that name, in any case of letters.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All of them, in their order. Those that are no text are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[cfg(test)]
    pub(crate) fn of(headers: &[(&str, &str)]) -> Self {
        Self(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn read(map: &reqwest::header::HeaderMap) -> Result<Self, Failure> {
        let bytes: usize =
            map.iter().map(|(name, value)| name.as_str().len().saturating_add(value.len())).sum();
        if map.len() > MAX_HEADERS.0 || bytes > MAX_HEADERS.1 {
            return Err(Failure::TooLarge);
        }
        let text = map.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        Ok(Self(text.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// An answer that arrived whole, a redirect too: following one is the caller's decision.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Where the answer points to, where it does.
    pub fn location(&self) -> Option<&str> {
        self.headers.get("location")
    }

    /// Whether it is a page for people, which no interface answers.
    pub fn is_page(&self) -> bool {
        let said =
            self.headers.get("content-type").is_some_and(|it| it.trim_start().starts_with("text/html"));
        let head = self.body.trim_ascii_start();
        let begins = |with: &[u8]| head.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
        said || begins(b"<!doctype html") || begins(b"<html")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answer");
        shown.field("status", &self.status).field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The client. Clones share their connections.
#[derive(Clone)]
pub struct Http {
    guard: Guard,
    public: reqwest::Client,
    opened: reqwest::Client,
}

impl Http {
    /// A client that reaches the internet and what the operator opened. Fails when the system has no usable TLS roots.
    pub fn new(opened: &[Opened]) -> Result<Self, String> {
        Self::with(Guard::new(opened))
    }

    fn with(guard: Guard) -> Result<Self, String> {
        let client = |way| {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .https_only(way == Way::Public)
                .dns_resolver(Resolver { guard: guard.clone(), way })
                .connect_timeout(CONNECT)
                .user_agent(concat!("Kontor/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| error.to_string())
        };
        Ok(Self { public: client(Way::Public)?, opened: client(Way::Opened)?, guard })
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let method = call.method.word();
        let host = call.url.host_str().unwrap_or_default();
        let limit = call.limit;
        let result = match self.request(&call) {
            Ok(request) => {
                // Owned by what is sent, so that the last to hold it wipes it.
                let body = Bytes::from_owner(call.body);
                read(request.timeout(call.timeout).body(body), limit).await
            }
            Err(failure) => Err(failure),
        };
        match &result {
            Ok(answer) => tracing::debug!(method, host, status = answer.status, "answered"),
            Err(failure) => tracing::info!(method, host, %failure, "no answer"),
        }
        result
    }

    fn request(&self, call: &Call<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let client = match self.guard.check(call.url, call.hosts).map_err(Failure::Refused)? {
            Way::Public => &self.public,
            Way::Opened => &self.opened,
        };
        let method =
            reqwest::Method::from_bytes(call.method.word().as_bytes()).map_err(|_| Failure::Unfit)?;
        let request = client.request(method, call.url.clone());
        Ok(call.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    }

    /// Connects to a host for a protocol other than HTTP, through the same guard.
    pub async fn connect(
        &self,
        host: &str,
        port: u16,
        hosts: Option<&[String]>,
        timeout: Duration,
    ) -> Result<TcpStream, Failure> {
        let connecting = async {
            let addresses = self.guard.addresses(host, port, hosts).await?;
            TcpStream::connect(addresses.as_slice()).await.map_err(|_| Failure::NotSent)
        };
        let connected = tokio::time::timeout(timeout.min(CONNECT), connecting).await;
        let result = connected.unwrap_or(Err(Failure::NotSent));
        if let Err(failure) = &result {
            tracing::info!(host, %failure, "no connection");
        }
        result
    }
}

async fn read(request: reqwest::RequestBuilder, limit: usize) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(|error| failure::sort(&error))?;
    let status = response.status().as_u16();
    let headers = Headers::read(response.headers())?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure::sort(&error))? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

#[cfg(test)]
mod tests;
