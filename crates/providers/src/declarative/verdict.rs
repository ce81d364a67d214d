//! What the answer to a connection test means, in words that a shop owner understands. Pure.
//!
//! Owns the reading of statuses, bodies and a template's error rules. Refuses to repeat a secret that a provider sends
//! back in its own words.

use kontor_domain::{
    Secret,
    templates::{
        ConnectionTest,
        connection_test::{ErrorRule, Meaning, Probe},
        requests::AnswerKind,
    },
};
use serde_json::Value;

use super::predicate;
use crate::{
    ProviderError,
    error::{Fault, Kind, clean},
    hidden,
    http::Answer,
};

/// Why a test failed, and what to do.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Why.
    pub error: ProviderError,
    /// What to do.
    pub advice: String,
}

impl Trouble {
    /// Of an error that says everything but what to do.
    pub(super) fn new(error: ProviderError, advice: impl Into<String>) -> Self {
        Self { error, advice: advice.into() }
    }

    /// The same where somebody consented: not a setting is refused but a token, and another one may be had.
    pub(super) fn of_token(mut self) -> Self {
        self.error.kind = Kind::TokenRefused;
        self
    }
}

/// What is read out of an answer that passes: its JSON, where it is any.
pub(super) fn judge(
    test: &ConnectionTest,
    probe: &Probe,
    answer: &Answer,
    secrets: &[&Secret],
) -> Result<Option<Value>, Trouble> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let expected = probe.expected_status.contains(&answer.status);
    let said = said(test, body.as_ref(), secrets);
    if let Some(rule) = test.errors.iter().find(|it| fits(it, answer.status, expected, body.as_ref())) {
        return Err(ruled(rule, answer.status, &said));
    }
    if !expected {
        return Err(by_status(answer, &said));
    }
    if probe.answer == AnswerKind::Any {
        return Ok(body);
    }
    let Some(body) = body else {
        let what = if answer.is_page() {
            "it answered with a web page, where data was expected"
        } else if answer.body.is_empty() {
            "its answer was empty, where data was expected"
        } else {
            "its answer was not the data that was expected"
        };
        return Err(Trouble::new(ProviderError::nonsense(what), ADDRESS));
    };
    match probe.predicates.iter().find(|it| !predicate::holds(it, &body)) {
        None => Ok(Some(body)),
        Some(missed) => {
            let what = if said.is_empty() {
                "Its answer is not that of a working account".to_owned()
            } else {
                format!("It answered with an error: {said}")
            };
            let error = ProviderError::refused(Fault::Ours, None, &what);
            Err(Trouble::new(error, format!("{PERMISSIONS} (Expected: {}.)", predicate::words(missed))))
        }
    }
}

const ADDRESS: &str = "Check the address and the environment in the settings; if they are right, look at the provider's status page and try again later.";
const PERMISSIONS: &str = "Check that the key belongs to this account and may do this, then test again.";

fn fits(rule: &ErrorRule, status: u16, expected: bool, body: Option<&Value>) -> bool {
    let about = rule.status.is_empty() || rule.status.contains(&status);
    // A rule about a status alone is none about an answer that is expected.
    let conditions = if rule.when.is_empty() {
        !expected
    } else {
        body.is_some_and(|body| rule.when.iter().all(|it| predicate::holds(it, body)))
    };
    about && conditions
}

fn ruled(rule: &ErrorRule, status: u16, said: &str) -> Trouble {
    let status = status.to_string();
    let error = match rule.meaning {
        Meaning::Misconfigured => ProviderError::misconfigured_code(Some(&status), said),
        Meaning::Permanent => ProviderError::refused(Fault::Theirs, Some(&status), said),
        Meaning::Transient => later(&status, said),
        Meaning::RateLimited => too_many(&status, said),
    };
    Trouble::new(error, rule.message.clone())
}

fn later(status: &str, said: &str) -> ProviderError {
    let error = ProviderError::refused(Fault::Theirs, Some(status), said);
    ProviderError { kind: Kind::Unreachable, retry_safe: true, ..error }
}

fn too_many(status: &str, said: &str) -> ProviderError {
    ProviderError { retry_safe: true, ..ProviderError::refused(Fault::Ours, Some(status), said) }
}

/// What a status means where the template says nothing about it.
fn by_status(answer: &Answer, said: &str) -> Trouble {
    let status = answer.status.to_string();
    let misconfigured = || ProviderError::misconfigured_code(Some(&status), said);
    match answer.status {
        401 => Trouble::new(
            misconfigured(),
            "The key or password was not taken. Copy it again from the provider's website, and check that it is of the right environment.",
        ),
        403 => Trouble::new(
            misconfigured(),
            "The key is known, but is not allowed to do this. Give it the permission on the provider's website.",
        ),
        404 | 410 => Trouble::new(
            misconfigured(),
            "There is nothing at that address. Check the settings: an account's name or number is probably wrong.",
        ),
        429 => Trouble::new(
            too_many(&status, said),
            "The provider wants fewer requests. Nothing is wrong with the settings; test again in some minutes.",
        ),
        300..=399 => {
            let to = answer.location().and_then(|it| url::Url::parse(it).ok());
            let to = to.and_then(|it| it.host_str().map(str::to_owned));
            let to = to.map_or_else(|| "another address".to_owned(), |it| clean(&it));
            let words = format!("it sends on to {to}, and a credential is not sent after it");
            Trouble::new(ProviderError::misconfigured_code(Some(&status), &words), ADDRESS)
        }
        500..=599 => Trouble::new(
            later(&status, said),
            "The provider itself is in trouble. Nothing is wrong with the settings; test again later.",
        ),
        400..=499 => Trouble::new(
            misconfigured(),
            "The provider did not take the request. Check the settings against the provider's website.",
        ),
        _ => Trouble::new(
            ProviderError::nonsense(&format!("it answered with the status {status}, which was not expected")),
            ADDRESS,
        ),
    }
}

/// The provider's own words.
fn said(test: &ConnectionTest, body: Option<&Value>, secrets: &[&Secret]) -> String {
    let found = body.and_then(|it| test.messages.iter().find_map(|at| predicate::text_at(it, at)));
    clean(&masked(&found.unwrap_or_default(), secrets))
}

/// A text without the secrets that may stand in it.
pub(super) fn masked(text: &str, secrets: &[&Secret]) -> String {
    hidden::hide(text, secrets).into_owned()
}

#[cfg(test)]
mod tests;
