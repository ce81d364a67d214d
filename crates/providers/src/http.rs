//! The only HTTP client. Each call has a time limit and a limit on the answer's size.
//!
//! Refuses redirects, proxies of the environment, and retries: whether a request may be sent again is decided
//! by who knows what it does. Logs method, host, path, status and time; never a header or a body.

use std::time::Duration;

use url::Url;

use crate::ProviderError;

/// The longest that making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A request.
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: &'a Url,
    /// Headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Vec<u8>,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// How many bytes the answer's body may have.
    pub limit: usize,
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Replaces.
    Put,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where the answer points to, where it does.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection was made: the request did not leave.
    #[error("no connection could be made")]
    NotSent,
    /// The connection ended before the answer was whole.
    #[error("the connection broke off before the answer was whole")]
    Cut,
    /// The time was up.
    #[error("there was no answer in time")]
    TimedOut,
    /// The answer was larger than the limit.
    #[error("the answer was too large")]
    TooLarge,
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent => Self::unreachable("Check the network and the provider's status page"),
            Failure::Cut => Self::cut(""),
            Failure::TimedOut => Self::timed_out(""),
            Failure::TooLarge => Self::nonsense("the answer was too large"),
        }
    }
}

/// The client. Clones share their connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client. Fails when the system has no usable TLS roots.
    pub fn new() -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .user_agent(concat!("Kontor/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(|client| Self { client }).map_err(|error| error.to_string())
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let mut request = self.client.request(method, call.url.clone()).timeout(call.timeout).body(call.body);
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        let result = read(request, call.limit).await;
        let host = call.url.host_str().unwrap_or_default();
        let path = call.url.path();
        match &result {
            Ok(answer) => tracing::debug!(host, path, status = answer.status, "answered"),
            Err(failure) => tracing::info!(host, path, %failure, "no answer"),
        }
        result
    }
}

async fn read(request: reqwest::RequestBuilder, limit: usize) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(|error| sort(&error))?;
    let status = response.status().as_u16();
    let location = response.headers().get(reqwest::header::LOCATION);
    let location = location.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| sort(&error))? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, location, body })
}

/// A connection that was never made sent nothing; after that nobody can be sure.
fn sort(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent
    } else if error.is_timeout() {
        Failure::TimedOut
    } else {
        Failure::Cut
    }
}

#[cfg(test)]
mod tests;
