//! Request bodies: what came in, kept until a handler wants it, then read into a checked type.
//!
//! Owns [`RawBody`] (an extractor that never fails: the order of checks is 401, 403, 404, 415, 413,
//! 400, so the handler loads its resource first and reads the body after) and [`Request`], what a
//! body is read into. Refuses binary floats, unknown keys and silent defaults.

pub mod field;
pub mod fields;
pub mod json;

use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::FromRequest;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

use kontor_domain::Currency;
use zeroize::Zeroizing;

pub use field::Field;
pub use fields::{Decimal, Fields};
pub use json::Json;

use crate::enums::Form;
use crate::problem::Problem;

/// Bytes a body may have where no [`BodyLimit`] is set: 1 MiB.
pub const DEFAULT_LIMIT: usize = 1_048_576;

/// The most bytes a body may have. A layer puts it into the request's extensions
/// (`axum::Extension(BodyLimit(settings.body_limit))`); without one it is [`DEFAULT_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit(
    /// Bytes.
    pub usize,
);

impl Default for BodyLimit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

/// What a body is read into. Read every field first, then build: a field that was not asked for is
/// reported as unknown.
pub trait Request: Sized {
    /// Whether an empty body reads as `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// Reads the fields; `None` only after an error was recorded.
    fn read(fields: &mut Fields) -> Option<Self>;
}

/// A body as it came: bytes (or why there are none) and the content type.
#[derive(Clone)]
pub struct RawBody {
    json: bool,
    typed: bool,
    bytes: Result<Bytes, Problem>,
}

impl RawBody {
    /// A body from its parts, for callers that are no HTTP request.
    pub fn new(headers: &HeaderMap, bytes: Bytes) -> Self {
        Self { json: is_json(headers), typed: headers.contains_key(CONTENT_TYPE), bytes: Ok(bytes) }
    }

    /// The bytes (for hashing); 413 or 400 where they could not be had.
    pub fn bytes(&self) -> Result<&Bytes, Problem> {
        self.bytes.as_ref().map_err(Clone::clone)
    }

    /// Reads the body. Errors: 415 not JSON, 413 too large, 400 malformed or wrong fields.
    pub fn read<T: Request>(&self) -> Result<T, Problem> {
        self.read_with_form().map(|(request, _)| request)
    }

    /// As [`RawBody::read`], with the currency of amounts whose object does not name one.
    pub fn read_in<T: Request>(&self, currency: Currency) -> Result<T, Problem> {
        self.read_fields(currency, T::MAY_BE_EMPTY, T::read).map(|(request, _)| request)
    }

    /// As [`RawBody::read_in`], by a reader that knows more than the body does.
    pub fn read_in_by<T>(
        &self,
        currency: Currency,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<T, Problem> {
        self.read_fields(currency, false, read).map(|(request, _)| request)
    }

    /// Reads the body, and says in which form its enums came (`None`: it had none).
    pub fn read_with_form<T: Request>(&self) -> Result<(T, Option<Form>), Problem> {
        self.read_fields(Currency::USD, T::MAY_BE_EMPTY, T::read)
    }

    /// As [`RawBody::read_with_form`], by a reader that knows more than the body does, such as a template.
    pub fn read_by<T>(
        &self,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<(T, Option<Form>), Problem> {
        self.read_fields(Currency::USD, false, read)
    }

    /// The text of one field ahead of the reading, for what the rest is read by. Unchecked; none where it is no text.
    pub fn peek(&self, key: &str) -> Option<String> {
        let Ok(Json::Object(entries)) = Json::parse(self.bytes.as_ref().ok()?) else { return None };
        Fields::new(entries).peek(key)
    }

    fn read_fields<T>(
        &self,
        currency: Currency,
        may_be_empty: bool,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<(T, Option<Form>), Problem> {
        let empty = self.bytes.as_ref().is_ok_and(Bytes::is_empty);
        if !self.json && (self.typed || !empty) {
            return Err(Problem::unsupported_media_type("application/json"));
        }
        let bytes = self.bytes()?;
        let json = match (empty, may_be_empty) {
            (true, true) => Json::Object(Vec::new()),
            (true, false) => return Err(Problem::bad_request("malformed_json", "The body is empty.")),
            (false, _) => Json::parse(bytes)
                .map_err(|error| Problem::bad_request("malformed_json", error.to_string()))?,
        };
        let Json::Object(entries) = json else {
            return Err(Problem::bad_request("malformed_json", "The body must be a JSON object."));
        };
        let mut fields = Fields::new(entries).with_currency(currency);
        let request = read(&mut fields);
        let (errors, form) = fields.finish();
        match request {
            _ if !errors.is_empty() => Err(Problem::validation(errors)),
            Some(request) => Ok((request, form)),
            None => Err(Problem::internal("a request type gave up without naming a field")),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: axum::extract::Request, _: &S) -> Result<Self, Self::Rejection> {
        let json = is_json(request.headers());
        let typed = request.headers().contains_key(CONTENT_TYPE);
        let BodyLimit(limit) = request.extensions().get().copied().unwrap_or_default();
        let declared = request.headers().get(CONTENT_LENGTH).and_then(length);
        if declared.is_some_and(|bytes| bytes > limit) {
            return Ok(Self { json, typed, bytes: Err(Problem::payload_too_large(limit)) });
        }
        let bytes = collect(request.into_body(), declared.unwrap_or(0), limit).await;
        Ok(Self { json, typed, bytes })
    }
}

/// The whole body, in memory that is wiped with the last of its readers: a card number may be in it. A buffer that
/// grows by itself would leave the beginning behind, so it moves by hand.
async fn collect(mut body: Body, expected: usize, limit: usize) -> Result<Bytes, Problem> {
    let mut kept = Zeroizing::new(Vec::with_capacity(expected.min(limit)));
    while let Some(frame) = std::future::poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await {
        let broken = |_| Problem::bad_request("incomplete_body", "The body did not arrive whole.");
        // What is no data is a trailer.
        let Ok(piece) = frame.map_err(broken)?.into_data() else { continue };
        let length = kept.len().saturating_add(piece.len());
        if length > limit {
            return Err(Problem::payload_too_large(limit));
        }
        if length > kept.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.saturating_mul(2).min(limit)));
            larger.extend_from_slice(&kept);
            kept = larger;
        }
        kept.extend_from_slice(&piece);
    }
    Ok(Bytes::from_owner(kept))
}

fn length(value: &HeaderValue) -> Option<usize> {
    value.to_str().ok()?.parse().ok()
}

/// `application/json` or `application/<anything>+json`; a charset other than UTF-8 does not count.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = media == "application/json"
        || media
            .strip_prefix("application/")
            .and_then(|sub| sub.strip_suffix("+json"))
            .is_some_and(|s| !s.is_empty());
    let utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    json && utf8
}

#[cfg(test)]
mod tests;
