//! Tokens that a template's authentication gets before a request, kept in memory until shortly before their end.
//!
//! Refuses to keep one beyond the credentials that it was got with: what a token is found by is a keyed hash of all of
//! them, so that changed settings or secrets find none.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use kontor_domain::{
    Ambient, Secret,
    templates::{
        Authentication, Escape, Text,
        authentication::{JwtAssertion, TwoStepToken},
        oauth::{ClientAuthentication, ClientCredentials},
    },
};
use serde_json::Value;
use tokio::{sync::OwnedMutexGuard, time::Instant};
use url::form_urlencoded;

use super::{
    build::{Built, build},
    jwt, predicate,
    scope::Values,
    sign::basic,
};
use crate::{
    Connection, Http, ProviderError,
    error::clean,
    http::{Answer, Call, Failure, Method},
};

/// The most tokens that are kept.
pub(super) const MAX_TOKENS: usize = 10_000;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 16_384;

/// The way to the provider, open until a moment.
pub(super) struct Wire<'a> {
    http: &'a Http,
    until: Instant,
}

impl<'a> Wire<'a> {
    /// Open for so long, all requests together.
    pub(super) fn within(http: &'a Http, timeout: Duration) -> Self {
        let now = Instant::now();
        Self { http, until: now.checked_add(timeout).unwrap_or(now) }
    }
}

struct Token {
    value: Secret,
    until: Timestamp,
}

/// The tokens of one provider.
pub(super) struct Tokens {
    key: hmac::Key,
    kept: Mutex<BTreeMap<Vec<u8>, Token>>,
    turns: Mutex<BTreeMap<Vec<u8>, Arc<Turn>>>,
}

/// Held while somebody asks for a token.
type Turn = tokio::sync::Mutex<()>;

/// What a token request came to.
struct Granted {
    token: Secret,
    seconds: u64,
}

impl Tokens {
    /// None yet.
    pub(super) fn new(ambient: &Ambient) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &ambient.bytes::<32>()),
            kept: Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// Puts the token that requests need into `values`; gets it first where there is none, or `fresh` is asked for.
    pub(super) async fn provide(
        &self,
        values: &mut Values<'_>,
        connection: &Connection<'_>,
        wire: &Wire<'_>,
        ambient: &Ambient,
        fresh: bool,
    ) -> Result<(), ProviderError> {
        let template = values.template();
        match &template.authentication {
            Authentication::ClientCredentials(_) | Authentication::TwoStepToken(_) => {}
            Authentication::JwtAssertion(it) if it.token_url.is_some() => {}
            Authentication::JwtAssertion(it) => {
                let statement = jwt::assertion(values, it, ambient)?;
                values.access_token = Some(statement);
                return Ok(());
            }
            _ => return Ok(()),
        }
        let name = self.name(connection);
        // Of many who need the same token, one asks for it and the others wait for that.
        let _turn = if fresh { None } else { Some(self.turn(&name).await) };
        let kept = if fresh { None } else { self.find(&name, ambient.now()) };
        if let Some(token) = kept {
            values.access_token = Some(token);
            return Ok(());
        }
        let granted = match &template.authentication {
            Authentication::ClientCredentials(it) => client_credentials(values, it, wire).await?,
            Authentication::TwoStepToken(it) => two_step(values, it, wire).await?,
            Authentication::JwtAssertion(it) => exchange(values, it, wire, ambient).await?,
            _ => return Ok(()),
        };
        self.keep(name, &granted, template.tokens.refresh_margin_seconds, ambient.now());
        values.access_token = Some(granted.token);
        Ok(())
    }

    fn name(&self, connection: &Connection<'_>) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        // Each with its length, so that no two sets of values are the same bytes.
        let mut add = |text: &str| {
            context.update(&text.len().to_be_bytes());
            context.update(text.as_bytes());
        };
        for (key, value) in connection.configuration {
            add(key);
            add(value);
        }
        add("");
        for (key, value) in connection.secrets {
            add(key);
            add(value.expose());
        }
        context.sign().as_ref().to_vec()
    }

    async fn turn(&self, name: &[u8]) -> OwnedMutexGuard<()> {
        let one = {
            let mut all = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody waits for one that only this table holds.
            all.retain(|_, it| Arc::strong_count(it) > 1);
            Arc::clone(all.entry(name.to_vec()).or_default())
        };
        one.lock_owned().await
    }

    fn find(&self, name: &[u8], now: Timestamp) -> Option<Secret> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(name).filter(|it| it.until > now).map(|it| it.value.clone())
    }

    fn keep(&self, name: Vec<u8>, granted: &Granted, margin: u64, now: Timestamp) {
        // A token that lives no longer than the margin is used for this call alone.
        let seconds = i64::try_from(granted.seconds.saturating_sub(margin)).unwrap_or(i64::MAX);
        let Ok(until) = now.checked_add(SignedDuration::from_secs(seconds)) else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, it| it.until > now);
        if seconds > 0 && kept.len() < MAX_TOKENS {
            kept.insert(name, Token { value: granted.token.clone(), until });
        }
    }
}

async fn client_credentials(
    values: &Values<'_>,
    how: &ClientCredentials,
    wire: &Wire<'_>,
) -> Result<Granted, ProviderError> {
    let (headers, form) = client_form(values, how)?;
    let answer = post_form(values, &how.token_url, headers, form, wire).await?;
    granted(values, &answer, "/access_token", Some("/expires_in"))
}

type Headers = Vec<(String, Secret)>;

fn client_form(values: &Values<'_>, how: &ClientCredentials) -> Result<(Headers, String), ProviderError> {
    let id = values.fill(&how.client_id, Escape::Plain)?;
    let secret = values.fill(&how.client_secret, Escape::Plain)?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !how.scopes.is_empty() {
        form.append_pair("scope", &how.scopes.join(&how.scope_separator));
    }
    for (name, text) in &how.token_parameters {
        form.append_pair(name, values.fill(text, Escape::Plain)?.expose());
    }
    let mut headers = Vec::new();
    match how.client_authentication {
        // RFC 6749 §2.3.1: both are encoded as in a form before they are joined.
        ClientAuthentication::Basic => {
            let encode =
                |it: &Secret| Secret::new(form_urlencoded::byte_serialize(it.expose().as_bytes()).collect());
            headers.push(("Authorization".to_owned(), basic(&encode(&id), &encode(&secret))));
        }
        ClientAuthentication::Body => {
            form.append_pair("client_id", id.expose());
            form.append_pair("client_secret", secret.expose());
        }
    }
    Ok((headers, form.finish()))
}

async fn exchange(
    values: &mut Values<'_>,
    how: &JwtAssertion,
    wire: &Wire<'_>,
    ambient: &Ambient,
) -> Result<Granted, ProviderError> {
    let statement = jwt::assertion(values, how, ambient)?;
    let form = statement_form(values, how, &statement)?;
    let nowhere = Text::default();
    let url = how.token_url.as_ref().unwrap_or(&nowhere);
    let answer = post_form(values, url, Vec::new(), form, wire).await?;
    granted(values, &answer, "/access_token", Some("/expires_in"))
}

fn statement_form(
    values: &Values<'_>,
    how: &JwtAssertion,
    statement: &Secret,
) -> Result<String, ProviderError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.append_pair("assertion", statement.expose());
    for (name, text) in &how.token_parameters {
        form.append_pair(name, values.fill(text, Escape::Plain)?.expose());
    }
    Ok(form.finish())
}

async fn two_step(
    values: &Values<'_>,
    how: &TwoStepToken,
    wire: &Wire<'_>,
) -> Result<Granted, ProviderError> {
    let answer = send(values, build(values, &how.request)?, wire).await?;
    granted(values, &answer, &how.token, how.expires_in.as_deref())
}

async fn post_form(
    values: &Values<'_>,
    url: &Text,
    mut headers: Headers,
    form: String,
    wire: &Wire<'_>,
) -> Result<Answer, ProviderError> {
    for (name, value) in
        [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    {
        headers.push((name.to_owned(), Secret::new(value.to_owned())));
    }
    let built = Built { method: Method::Post, url: values.url(url)?, headers, body: form.into_bytes() };
    Ok(send(values, built, wire).await?)
}

/// Sends a request to one of the template's hosts.
pub(super) async fn send(values: &Values<'_>, built: Built, wire: &Wire<'_>) -> Result<Answer, Failure> {
    let headers: Vec<(&str, &str)> =
        built.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let hosts = Some(values.template().allowed_hosts.all());
    let timeout = wire.until.saturating_duration_since(Instant::now());
    let call = Call {
        headers: &headers,
        body: built.body.into(),
        hosts,
        timeout,
        ..Call::new(built.method, &built.url)
    };
    wire.http.send(call).await
}

fn granted(
    values: &Values<'_>,
    answer: &Answer,
    token: &str,
    expires_in: Option<&str>,
) -> Result<Granted, ProviderError> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if !(200..300).contains(&answer.status) {
        return Err(refused(answer.status, body.as_ref()));
    }
    let body =
        body.ok_or_else(|| ProviderError::nonsense("the answer to the request for a token is no JSON"))?;
    let found =
        body.pointer(token).and_then(Value::as_str).filter(|it| !it.is_empty() && it.len() <= MAX_TOKEN);
    let Some(found) = found else {
        // Some providers say 200 and no.
        return Err(refused(answer.status, Some(&body)));
    };
    let told = expires_in.and_then(|it| body.pointer(it)).and_then(|it| match it {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    let seconds = told.unwrap_or(values.template().tokens.lifetime_seconds);
    Ok(Granted { token: Secret::new(found.to_owned()), seconds })
}

/// RFC 6749 §5.2, and what is like it.
fn refused(status: u16, body: Option<&Value>) -> ProviderError {
    let text = |pointer| body.and_then(|it| predicate::text_at(it, pointer));
    let code = text("/error");
    let said = text("/error_description").or_else(|| text("/message")).unwrap_or_default();
    let said = clean(&said);
    match status {
        429 => ProviderError { retry_safe: true, ..ProviderError::nonsense("too many requests for a token") },
        500..=599 => ProviderError::nonsense(&format!("the request for a token was answered with {status}")),
        _ => ProviderError::misconfigured_code(
            code.as_deref().map(clean).as_deref(),
            &format!("No token was given (HTTP {status}). {said}"),
        ),
    }
}

#[cfg(test)]
mod tests;
