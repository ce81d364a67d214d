//! What a token endpoint answers, and what that means for the grant.
//!
//! Refuses to believe in a form: bodies may be JSON with numbers as texts, a page for people, or nothing at all.

use kontor_domain::Secret;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    ProviderError,
    error::Fault,
    http::{Answer, Failure},
};

/// The longest token, in bytes.
const MAX_TOKEN: usize = 16_384;
/// The longest time that a provider is believed, in seconds: ten years.
const MAX_SECONDS: u64 = 10 * 366 * 86_400;

/// Tokens that a provider gave.
pub struct Tokens {
    /// What calls carry.
    pub access: Secret,
    /// What renews it, where the provider gave one.
    pub refresh: Option<Secret>,
    /// How long the access token lives, in seconds from now.
    pub expires_in: Option<u64>,
    /// How long the refresh token lives.
    pub refresh_expires_in: Option<u64>,
    /// When the consent itself ends, however often it is renewed.
    pub grant_expires_in: Option<u64>,
}

/// What a failure means for the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The grant is dead: only a new consent helps.
    Permanent,
    /// It passes: the grant is as it was.
    Transient,
    /// Too many calls: the grant is as it was.
    RateLimited,
    /// The client is not taken: the operator's or the merchant's settings are wrong, the grant is as it was.
    Misconfigured,
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// What it means.
    pub class: Class,
    /// In words, and whether the provider may have done what it was asked nevertheless.
    pub error: ProviderError,
    /// For how many seconds it wants to be left alone.
    pub retry_after: Option<u64>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let error = ProviderError::from(failure);
        let ours = error.kind == crate::error::Kind::Misconfigured;
        let class = if ours { Class::Misconfigured } else { Class::Transient };
        Self { class, error, retry_after: None }
    }
}

/// What could not be asked for because a setting is missing or wrong.
impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        Self { class: Class::Misconfigured, error, retry_after: None }
    }
}

/// The members that are read; all others are nobody's business.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    access_token: Option<String>,
    refresh_token: Option<String>,
    token_type: Option<String>,
    expires_in: Value,
    refresh_expires_in: Value,
    refresh_token_expires_in: Value,
    x_refresh_token_expires_in: Value,
    x_refresh_token_hard_expires_in: Value,
    error: Value,
    error_description: Value,
}

/// Reads the answer of a token endpoint.
pub(super) fn tokens(answer: Answer) -> Result<Tokens, Refusal> {
    let (status, retry_after) = (answer.status, wait(&answer));
    let is_page = answer.is_page();
    let bytes = Zeroizing::new(answer.body);
    let read: Option<Body> = serde_json::from_slice(&bytes).ok();
    let refused = |class, error| Refusal { class, error, retry_after };
    let Some(body) = read else {
        let (class, error) = without_json(status, is_page);
        return Err(refused(class, error));
    };
    // Some answer 200 with an error in it.
    if let Some(code) = body.error.as_str().filter(|it| !it.is_empty()) {
        let said = body.error_description.as_str().unwrap_or_default();
        return Err(refused(class_of(code, status), said_no(code, said, status)));
    }
    if !(200..300).contains(&status) {
        let (class, error) = without_json(status, is_page);
        return Err(refused(class, error));
    }
    let nonsense = |what| refused(Class::Transient, ProviderError::nonsense(what));
    if body.token_type.as_deref().is_some_and(|it| !it.eq_ignore_ascii_case("bearer")) {
        return Err(nonsense("it gave a token of another type than bearer"));
    }
    let access = body.access_token.and_then(token).ok_or_else(|| nonsense("it gave no usable token"))?;
    let refresh_expires_in =
        [&body.refresh_token_expires_in, &body.x_refresh_token_expires_in, &body.refresh_expires_in];
    Ok(Tokens {
        access,
        refresh: body.refresh_token.and_then(token),
        expires_in: seconds(&body.expires_in),
        refresh_expires_in: refresh_expires_in.into_iter().find_map(seconds),
        grant_expires_in: seconds(&body.x_refresh_token_hard_expires_in),
    })
}

/// Reads the answer of a revocation endpoint. A token that is not known there is as good as revoked (RFC 7009 §2.2).
pub(super) fn revoked(answer: &Answer) -> Result<(), Refusal> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    Err(not_revoked(answer))
}

/// Reads the answer to a provider's own way of ending a grant. What is not there any more is as good as ended.
pub(crate) fn ended(answer: &Answer, expected: &[u16]) -> Result<(), Refusal> {
    if expected.contains(&answer.status) {
        return Ok(());
    }
    if matches!(answer.status, 404 | 410) {
        let code = answer.status.to_string();
        let error = ProviderError::refused(Fault::Theirs, Some(&code), "It knows no such token");
        return Err(Refusal { class: Class::Permanent, error, retry_after: None });
    }
    Err(not_revoked(answer))
}

fn not_revoked(answer: &Answer) -> Refusal {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let (class, error) = match body.error.as_str().filter(|it| !it.is_empty()) {
        Some(code) => {
            let said = body.error_description.as_str().unwrap_or_default();
            (class_of(code, answer.status), said_no(code, said, answer.status))
        }
        // The answer names nothing: a refusal of this very token.
        None if answer.status == 400 => {
            (Class::Permanent, ProviderError::refused(Fault::Theirs, Some("400"), ""))
        }
        None => without_json(answer.status, answer.is_page()),
    };
    Refusal { class, error, retry_after: wait(answer) }
}

/// A token that can be sent in a header (RFC 6750 §2.1 has still fewer letters).
fn token(text: String) -> Option<Secret> {
    let secret = Secret::new(text);
    let usable = (1..=MAX_TOKEN).contains(&secret.expose().len());
    (usable && secret.expose().bytes().all(|byte| byte.is_ascii_graphic())).then_some(secret)
}

/// A number of seconds, also as a text (quickbooks-online.md §1.4) or with decimals.
fn seconds(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse::<u64>().ok().map(|it| it.min(MAX_SECONDS))
}

/// What an error's name means (RFC 6749 §5.2). Only the name counts: descriptions are free text.
fn class_of(code: &str, status: u16) -> Class {
    match code {
        "invalid_grant" => Class::Permanent,
        "slow_down" => Class::RateLimited,
        "server_error" | "temporarily_unavailable" => Class::Transient,
        _ if status == 429 => Class::RateLimited,
        _ if status == 408 || status >= 500 => Class::Transient,
        _ => Class::Misconfigured,
    }
}

fn said_no(code: &str, said: &str, status: u16) -> ProviderError {
    let code = crate::error::clean(code);
    match class_of(&code, status) {
        Class::Permanent => ProviderError::refused(Fault::Ours, Some(&code), said),
        Class::Misconfigured => ProviderError::misconfigured_code(Some(&code), said),
        Class::Transient | Class::RateLimited => {
            ProviderError { retry_safe: true, ..ProviderError::refused(Fault::Theirs, Some(&code), said) }
        }
    }
}

/// What a status alone means. After a 5xx of what stands in front nobody knows what was done behind it.
fn without_json(status: u16, is_page: bool) -> (Class, ProviderError) {
    let code = status.to_string();
    match status {
        429 => {
            let error = ProviderError::refused(Fault::Theirs, Some(&code), "There were too many requests");
            (Class::RateLimited, ProviderError { retry_safe: true, ..error })
        }
        401 | 403 => (
            Class::Misconfigured,
            ProviderError::misconfigured_code(Some(&code), "It does not take the client's id and secret"),
        ),
        200..300 => (
            Class::Transient,
            ProviderError::nonsense(if is_page {
                "a page for people in place of tokens"
            } else {
                "no tokens"
            }),
        ),
        408 | 500.. => {
            let error = ProviderError::nonsense("It is out of order");
            (Class::Transient, ProviderError { code: Some(code), ..error })
        }
        _ => {
            let what = "It does not know the request. Check the addresses of the template";
            (Class::Misconfigured, ProviderError::misconfigured_code(Some(&code), what))
        }
    }
}

/// For how long it wants to be left alone. A date is not read: seconds are what token endpoints send.
fn wait(answer: &Answer) -> Option<u64> {
    answer.headers.get("retry-after")?.trim().parse::<u64>().ok().map(|it| it.min(86_400))
}

#[cfg(test)]
mod tests;
