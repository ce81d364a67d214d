//! RFC 9457 problems, written in one place.
//!
//! Owns the shape of every error answer: `type`, `title`, `status`, `detail`, `code`, `traceId`,
//! `errors` and the extra members that a case carries. Refuses to show the cause of a 5xx: it is
//! kept apart, never serialised, and logged once, together with the trace id, by [`stamp`].
//! The `type` is `urn:kontor:problem:<code>`: an identifier, not an address, so it never goes stale.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Ready, ready};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The media type of every error answer (RFC 9457 §3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a client is told to wait, in seconds, where nothing better is known.
pub const RETRY_AFTER_SECONDS: u64 = 5;

/// The words of one field: its path in the body, then all that is wrong with it.
pub type Errors = BTreeMap<String, Vec<String>>;

/// An error answer. Boxed, so that `Result<_, Problem>` stays small.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: Errors,
    members: BTreeMap<&'static str, Value>,
    headers: HeaderMap,
    cause: Option<String>,
}

impl Problem {
    /// A problem of any status; prefer the named cases below.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            title,
            detail: detail.into(),
            errors: Errors::new(),
            members: BTreeMap::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// 400 `validation_failed`: all wrong fields at once.
    pub fn validation(errors: Errors) -> Self {
        let detail = match errors.len() {
            1 => "1 field is wrong.".to_owned(),
            n => format!("{n} fields are wrong."),
        };
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "validation_failed", "The request is not valid", detail);
        problem.0.errors = errors;
        problem
    }

    /// 400 `validation_failed` for a single field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::validation(Errors::from([(field.into(), vec![message.into()])]))
    }

    /// 400 with a code of its own, for what is not one field's fault.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request is not valid", detail)
    }

    /// 401 `unauthorized`: nothing was presented. RFC 6750 §3.1: no `error` attribute then.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Credentials are missing or wrong", detail)
            .header(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="kontor""#))
    }

    /// 401 `invalid_token`: something was presented and does not hold (RFC 6750 §3.1).
    pub fn invalid_token(description: &'static str) -> Self {
        // The description is ours and fixed, so it can carry neither a quote nor a caller's text.
        let challenge =
            format!(r#"Bearer realm="kontor", error="invalid_token", error_description="{description}""#);
        let value = HeaderValue::from_str(&challenge)
            .unwrap_or(HeaderValue::from_static(r#"Bearer realm="kontor", error="invalid_token""#));
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", "Credentials are missing or wrong", description)
            .header(WWW_AUTHENTICATE, value)
    }

    /// 403 `forbidden`: known, and not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// 404 with the noun's own code (`payment_not_found`); absent and foreign read the same.
    pub fn not_found(code: &'static str) -> Self {
        let noun = code.strip_suffix("_not_found").unwrap_or("resource").replace('_', " ");
        Self::new(StatusCode::NOT_FOUND, code, "Not found", format!("There is no such {noun}."))
    }

    /// 404 `route_not_found`: no route has this path.
    pub fn no_route() -> Self {
        Self::not_found("route_not_found")
    }

    /// 405 `method_not_allowed`; the router adds `Allow`.
    pub fn method_not_allowed() -> Self {
        let detail = "This path does not take this method; see the Allow header.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    /// 409 with a code of its own.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "Conflict", detail)
    }

    /// 412 `precondition_failed`: the `If-Match` is stale.
    pub fn precondition_failed() -> Self {
        let detail = "The resource has changed since it was read; read it again and repeat.";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", "Precondition failed", detail)
    }

    /// 413 `payload_too_large`, naming the limit in bytes.
    pub fn payload_too_large(limit_bytes: usize) -> Self {
        let detail = format!("A body may have at most {limit_bytes} bytes here.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large", detail)
    }

    /// 415 `unsupported_media_type`, naming what is taken.
    pub fn unsupported_media_type(taken: &'static str) -> Self {
        let detail = format!("Send the body as {taken}.");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            detail,
        )
    }

    /// 422: understood, and refused (by the provider or by a rule); code of the case.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "Refused", detail)
    }

    /// 429 `too_many_requests` with `Retry-After` in seconds, at least 1.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        let wait = retry_after_seconds.max(1);
        let detail = format!("Too many requests; wait {wait} s.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", detail)
            .retry_after(wait)
    }

    /// 502 `provider_unreachable`: the provider does not answer, or not sensibly.
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "provider_unreachable", "The provider cannot be reached", detail)
    }

    /// 503 `unavailable` with `Retry-After` in seconds: draining, overloaded or out of time.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now", detail)
            .retry_after(RETRY_AFTER_SECONDS)
    }

    /// 504 `provider_timed_out`: the provider did not answer in time; the outcome is not known yet.
    pub fn timed_out(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "provider_timed_out",
            "The provider did not answer in time",
            detail,
        )
    }

    /// 500 `internal`: the client is told nothing; the cause is logged with the trace id.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let detail = "Something went wrong here. Quote the traceId when you report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).because(cause)
    }

    /// Keeps a cause for the log. It is never sent and not in `Debug`; it must hold no secret.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Another code for the same case.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// An extra member (`paymentId`, `providerCode`, ...). A standard member's name is ignored.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if !STANDARD.contains(&name) {
            self.0.members.insert(name, value.into());
        }
        self
    }

    /// An extra member where there is one; `None` leaves it out.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A response header; replaces one of the same name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The status it answers with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The word that clients branch on.
    pub fn name(&self) -> &'static str {
        self.0.code
    }

    /// The explanation sent to the client.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The wrong fields, by path.
    pub fn errors(&self) -> &Errors {
        &self.0.errors
    }

    /// The headers it adds.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Logs the cause, where there is one. Whoever turns a problem into bytes calls it once.
    pub fn log(&self, trace_id: &str) {
        if let Some(cause) = &self.0.cause {
            let status = self.0.status.as_u16();
            tracing::error!(trace_id, code = self.0.code, status, cause, "request failed");
        }
    }

    /// The body's bytes; `trace_id` is the request id, where one is known.
    pub fn body(&self, trace_id: Option<&str>) -> Vec<u8> {
        // A map of strings and JSON values cannot fail to serialise; an empty object is the honest rest.
        serde_json::to_vec(&Rendered { parts: &self.0, trace_id }).unwrap_or_else(|_| b"{}".to_vec())
    }
}

const STANDARD: [&str; 7] = ["type", "title", "status", "detail", "code", "traceId", "errors"];

struct Rendered<'a> {
    parts: &'a Parts,
    trace_id: Option<&'a str>,
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.parts;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("urn:kontor:problem:{}", parts.code))?;
        map.serialize_entry("title", parts.title)?;
        map.serialize_entry("status", &parts.status.as_u16())?;
        map.serialize_entry("detail", &parts.detail)?;
        map.serialize_entry("code", parts.code)?;
        if let Some(id) = self.trace_id {
            map.serialize_entry("traceId", id)?;
        }
        if !parts.errors.is_empty() {
            map.serialize_entry("errors", &parts.errors)?;
        }
        for (name, value) in &parts.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.status.as_u16())
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("errors", &self.0.errors)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.status.as_u16(), self.0.code, self.0.detail)
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body(None)));
        *response.status_mut() = self.0.status;
        response.headers_mut().extend(self.0.headers.clone());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the trace id into a problem's body and logs its cause. The request id middleware calls this
/// on every answer; an answer that is no problem passes untouched.
pub fn stamp(mut response: Response, trace_id: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    problem.log(trace_id);
    // The old length would not fit the new body; the server sets it again.
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(problem.body(Some(trace_id)));
    response
}

/// The answer to a panic in a handler: a 500 like any other (for `CatchPanicLayer::custom`).
#[expect(clippy::needless_pass_by_value, reason = "the signature that CatchPanicLayer::custom wants")]
pub fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let payload = payload.as_ref();
    let cause = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Problem::internal(format_args!("panic: {cause}")).into_response()
}

/// `Router::fallback`: an unknown path is a problem too.
pub fn no_route() -> Ready<Problem> {
    ready(Problem::no_route())
}

/// `Router::method_not_allowed_fallback`: so is a known path with another method.
pub fn method_not_allowed() -> Ready<Problem> {
    ready(Problem::method_not_allowed())
}

#[cfg(test)]
mod tests;
