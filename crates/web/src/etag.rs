//! Concurrent edits: strong entity tags made of a row's version.
//!
//! Owns `ETag`, `If-Match` and `If-None-Match` (RFC 9110 §8.8, §13). A resource is shown in two forms
//! (enums as names or numbers), and strong tags of different bytes must differ: `"7"` and `"7-names"`. Where
//! more is shown than the version counts, such as the last test's result, a digest of the bytes stands behind it.
//! `If-Match` asks for the version alone, in any form: what is no edit is no conflict. Refuses to look at times.

use axum::extract::FromRequestParts;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use sha2::{Digest, Sha256};

use crate::enums::{Choice, Form};
use crate::problem::Problem;

/// How many tags one condition may list.
pub const MAX_TAGS: usize = 32;

const NAMES: &str = "names";
/// Hex digits of a digest of content.
const DIGITS: usize = 16;

/// The strong tag of one version of a resource in one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag {
    version: i64,
    form: Form,
}

impl ETag {
    /// The tag of a resource that has one form only.
    pub fn new(version: i64) -> Self {
        Self { version, form: Form::Numbers }
    }

    /// The tag of the form that was chosen for the answer.
    #[must_use]
    pub fn in_form(self, choice: Choice) -> Self {
        Self { form: choice.form, ..self }
    }

    /// The header's value, quotes included.
    pub fn value(self) -> HeaderValue {
        let text = match self.form {
            Form::Names => format!("\"{}-{NAMES}\"", self.version),
            Form::Numbers => format!("\"{}\"", self.version),
        };
        // Digits and a fixed word are always a header value.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
    }
}

/// The strong tag of a version's very bytes, for what shows more than its version counts.
pub fn of_content(version: i64, body: &[u8]) -> HeaderValue {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(body));
    let text = format!("\"{version}-{}\"", digest.get(..DIGITS).unwrap_or_default());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that a tag of ours names.
fn version_of(tag: &str) -> &str {
    let Some((version, rest)) = tag.split_once('-') else { return tag };
    let digest = rest.len() == DIGITS && rest.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    if digest || rest == NAMES { version } else { tag }
}

/// A list of tags as sent: `*` or quoted tags, each weak or strong. The text keeps no quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Malformed,
    Absent,
    Any,
    Tags(Vec<(bool, String)>),
}

/// `If-Match`: an edit goes on only if the resource is still the one that was read. An extractor that never fails:
/// a malformed header is a 400 from [`IfMatch::check`], which comes after 401, 403 and 404.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Condition);

impl IfMatch {
    /// From headers. Errors: 400 malformed, or more than [`MAX_TAGS`] tags.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        read(headers, &IF_MATCH).map(Self)
    }

    /// 412 where the version is none of those asked for. A weak tag never matches (RFC 9110 §13.1.1).
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        let wanted = version.to_string();
        let same = |tag: &str| version_of(tag) == wanted;
        match &self.0 {
            Condition::Malformed => Err(malformed(&IF_MATCH)),
            Condition::Absent | Condition::Any => Ok(()),
            Condition::Tags(tags) if tags.iter().any(|(weak, tag)| !weak && same(tag)) => Ok(()),
            Condition::Tags(_) => Err(Problem::precondition_failed()),
        }
    }

    /// What an edit is told that lost a race: where it had the header, that it is stale.
    pub fn lost(&self, error: kontor_store::Error) -> Problem {
        match error {
            kontor_store::Error::Stale if self.is_present() => Problem::precondition_failed(),
            other => other.into(),
        }
    }

    /// Whether the caller sent the header at all.
    pub fn is_present(&self) -> bool {
        self.0 != Condition::Absent
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers).unwrap_or(Self(Condition::Malformed)))
    }
}

/// `If-None-Match`: a GET needs no body if the caller has it already. An extractor; a malformed
/// header counts as none, for the caller then simply gets the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfNoneMatch(Condition);

impl IfNoneMatch {
    /// From headers.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(read(headers, &IF_NONE_MATCH).unwrap_or(Condition::Absent))
    }

    /// Whether the caller has this very tag; weak or strong is the same here (RFC 9110 §13.1.2).
    pub fn has(&self, tag: &HeaderValue) -> bool {
        let text = tag.to_str().unwrap_or_default().trim_matches('"');
        match &self.0 {
            Condition::Absent | Condition::Malformed => false,
            Condition::Any => true,
            Condition::Tags(tags) => tags.iter().any(|(_, known)| known == text),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

fn malformed(name: &HeaderName) -> Problem {
    Problem::invalid(name.as_str(), "must be * or a list of quoted tags, at most 32")
}

/// Several headers of one name are one list (RFC 9110 §5.3).
fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Condition, Problem> {
    let malformed = || malformed(name);
    let mut tags = Vec::new();
    let mut any = false;
    for value in headers.get_all(name) {
        let mut rest = value.to_str().map_err(|_| malformed())?;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            if let Some(after) = rest.strip_prefix('*') {
                any = true;
                rest = separated(after).ok_or_else(malformed)?;
                continue;
            }
            let (weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let inside = quoted.strip_prefix('"').ok_or_else(malformed)?;
            let (tag, after) = inside.split_once('"').ok_or_else(malformed)?;
            tags.push((weak, tag.to_owned()));
            rest = separated(after).filter(|_| tags.len() <= MAX_TAGS).ok_or_else(malformed)?;
        }
    }
    match (any, tags.is_empty()) {
        (true, false) => Err(malformed()),
        (true, true) => Ok(Condition::Any),
        (false, true) if headers.contains_key(name) => Err(malformed()),
        (false, true) => Ok(Condition::Absent),
        (false, false) => Ok(Condition::Tags(tags)),
    }
}

/// What follows an element: the end, or a comma.
fn separated(after: &str) -> Option<&str> {
    let rest = after.trim_start_matches([' ', '\t']);
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(',') }
}

#[cfg(test)]
mod tests;
