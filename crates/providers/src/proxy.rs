//! A caller's own request to a provider, with the integration's credential put in.
//!
//! Owns what of a request goes out and what of an answer comes back. Refuses every way to another host, to
//! interpolate anything of the caller's, to follow a redirect, and to send twice what may not be done twice.

mod headers;
mod repeat;
mod retry;
mod target;

use std::time::Duration;

use bytes::Bytes;
use kontor_domain::Secret;
use tokio::time::Instant;
use url::Url;

use crate::{
    Connection, Http, Outgoing, ProviderError, Proxied,
    http::{
        Call, Failure, Method,
        stream::{Download, Incoming, Taken, Upload},
    },
    pace::{HeldBack, Leave},
};

pub use target::Target;

/// A body of so many bytes is kept, so that it can be sent again where that is harmless.
const KEPT: usize = 64 * 1024;
/// The most bytes of a body that a signature is made over.
const SIGNED: usize = 1024 * 1024;

/// How much and how long.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's body.
    pub request_bytes: u64,
    /// Bytes of an answer's body.
    pub answer_bytes: usize,
    /// From the first byte of the request to the last of the answer, all tries together.
    pub timeout: Duration,
    /// How long nothing may come of an answer's body.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 10 * 1024 * 1024,
            answer_bytes: 100 * 1024 * 1024,
            timeout: Duration::from_mins(1),
            idle: Duration::from_secs(15),
        }
    }
}

/// A caller's request.
pub struct Asked {
    /// The method.
    pub method: Method,
    /// Where to, below the provider's address; checked.
    pub target: Target,
    /// The caller's headers.
    pub headers: Vec<(String, String)>,
    /// The caller's body.
    pub body: Upload,
}

/// What the provider answered.
pub struct Passed {
    /// HTTP status.
    pub status: u16,
    /// The headers that are handed on.
    pub headers: Vec<(String, String)>,
    /// The body, on its way.
    pub body: Download,
}

impl Passed {
    /// Whether the provider did not take the credential.
    pub fn is_unauthorized(&self) -> bool {
        self.status == 401
    }
}

/// What the integration's template says about requests to the provider.
pub struct Manners<'a> {
    /// The header that makes a repeated request the same request, where the provider has one.
    pub idempotency_header: Option<&'a str>,
    /// What stands in it where the caller says nothing.
    pub once: String,
    /// Asked before each try, whether the provider may be called now.
    pub enter: &'a (dyn Fn() -> Result<Leave, HeldBack> + Sync),
}

/// Why there is no answer of the provider's.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The provider was called as often as it may be.
    #[error(transparent)]
    HeldBack(#[from] HeldBack),
    /// A part of the request is wrong: which, and why.
    #[error("{0} {1}")]
    Field(&'static str, String),
    /// The integration's settings or credentials lead nowhere.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The request did not get through.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Sends a request on and hands back the answer, whatever the provider says in it.
pub async fn send(
    http: &Http,
    proxied: &dyn Proxied,
    connection: &Connection<'_>,
    asked: Asked,
    limits: &Limits,
    manners: &Manners<'_>,
) -> Result<Passed, Refusal> {
    let Asked { method, target, headers, body } = asked;
    let url = target.below(&proxied.base(connection)?)?;
    if !proxied.allows(connection, &url) {
        let message = "The address in the settings is not one of this provider's";
        return Err(ProviderError::misconfigured(message).into());
    }
    let end = Instant::now().checked_add(limits.timeout).ok_or(Failure::TimedOut)?;
    let mut headers = headers::out(&headers)?;
    let named = repeat::name(&mut headers, method, manners);
    let content_type =
        headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let (body, mut rest) = settle(body, proxied.signs_body(content_type), end).await?;
    let may_repeat = (method.is_idempotent() || named) && rest.is_none();
    let mut tried = 0;
    loop {
        let leave = (manners.enter)()?;
        let outgoing = Outgoing {
            method: method.word(),
            url: url.clone(),
            headers: Vec::new(),
            content_type,
            body: &body,
        };
        let ready = authorize(proxied, connection, outgoing).await?;
        let mut sent = headers::without(&headers, &ready.headers);
        sent.extend(ready.headers.iter().map(|(name, value)| (name.as_str(), value.expose())));
        let places = [place(&ready.url)];
        let call = Call {
            headers: &sent,
            body: body.to_vec().into(),
            timeout: end.saturating_duration_since(Instant::now()),
            limit: limits.answer_bytes,
            hosts: Some(&places),
            ..Call::new(method, &ready.url)
        };
        let result = http.stream(call, rest.take(), limits.idle).await;
        tried += 1;
        let wait = may_repeat.then(|| retry::wait(result.as_ref(), tried)).flatten();
        let fits = |wait: &Duration| Instant::now().checked_add(*wait).is_some_and(|at| at < end);
        let Some(wait) = wait.filter(fits) else {
            return Ok(pass(result?, &ready, connection, leave));
        };
        drop(leave);
        tokio::time::sleep(wait).await;
    }
}

/// The body as far as it is needed before it is sent: all of it where it is short or signed over.
async fn settle(body: Upload, signed: bool, end: Instant) -> Result<(Bytes, Option<Upload>), Failure> {
    let taking = body.take(if signed { SIGNED } else { KEPT });
    match tokio::time::timeout_at(end, taking).await {
        Ok(Ok(Taken::Whole(body))) => Ok((body, None)),
        Ok(Ok(Taken::Longer(_))) if signed => Err(Failure::UploadTooLarge),
        Ok(Ok(Taken::Longer(rest))) => Ok((Bytes::new(), Some(rest))),
        Ok(Err(unsent)) => Err(unsent.into()),
        Err(_) => Err(Failure::UploadCut),
    }
}

/// A request with the credential in it.
struct Ready {
    url: Url,
    headers: Vec<(String, Secret)>,
    /// What was added to the query.
    added: Vec<(String, Secret)>,
}

/// Asks the provider for the credential, and makes sure that nothing but a credential was added.
async fn authorize(
    proxied: &dyn Proxied,
    connection: &Connection<'_>,
    mut request: Outgoing<'_>,
) -> Result<Ready, Refusal> {
    let url = request.url.clone();
    proxied.authorize(connection, &mut request).await?;
    let Outgoing { url: ready, headers, .. } = request;
    let before: Vec<_> = url.query_pairs().collect();
    let after: Vec<_> = ready.query_pairs().collect();
    let same = place(&url) == place(&ready) && url.scheme() == ready.scheme() && url.path() == ready.path();
    let kept = after.get(..before.len()).is_some_and(|it| it == before.as_slice());
    if !same || !kept {
        return Err(ProviderError::misconfigured("The credential cannot be put into this request").into());
    }
    let added: Vec<_> = after.iter().skip(before.len()).collect();
    if let Some((name, _)) = added.iter().find(|(name, _)| before.iter().any(|(it, _)| it == name)) {
        return Err(Refusal::Field("query", format!("must not have {name}: Kontor puts it in")));
    }
    let added = added.into_iter().map(|(name, value)| (name.to_string(), Secret::new(value.to_string())));
    let added = added.collect();
    Ok(Ready { url: ready, headers, added })
}

/// Host and port, as the guard compares them.
fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// The answer, without what could carry the credential back.
fn pass(answer: Incoming, ready: &Ready, connection: &Connection<'_>, leave: Leave) -> Passed {
    let put_in = ready.headers.iter().chain(&ready.added).map(|(_, value)| value);
    let secrets: Vec<&Secret> =
        put_in.chain(connection.secrets.values()).chain(connection.access_token).collect();
    let headers = headers::back(&answer.headers, &secrets);
    Passed { status: answer.status, headers, body: answer.body.during(leave) }
}

#[cfg(test)]
mod tests;
