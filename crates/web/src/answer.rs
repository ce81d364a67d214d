//! Successful answers, as bytes.
//!
//! Owns how a JSON answer is put together: status, body, `ETag`, `Location`, the enum switch. The
//! bytes are made once and kept, so that a repeated request gets the first answer byte for byte.
//! Refuses binary floats (see `amount.rs`) and to answer an error: that is `problem.rs`.

use std::fmt;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::enums::Choice;
use crate::etag::{ETag, IfNoneMatch};
use crate::problem::{self, Problem};

/// The media type of every JSON answer that is no problem.
pub const MEDIA_TYPE: &str = "application/json";

/// An answer: status, headers and the body's bytes. Cheap to clone. `Debug` shows no body, for one
/// answer in its life may hold a key that is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// A JSON answer of any status. Errors: 500 where the value cannot be written.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))]);
        Ok(Self { status, headers, body: body.into() })
    }

    /// 200 with a JSON body.
    pub fn ok(value: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, value)
    }

    /// 201 with a JSON body and the new resource's path in `Location`.
    pub fn created(path: &str, value: &impl Serialize) -> Result<Self, Problem> {
        let location = HeaderValue::from_str(path).map_err(Problem::internal)?;
        Ok(Self::json(StatusCode::CREATED, value)?.header(LOCATION, location))
    }

    /// 202 with a JSON body: taken, not done yet.
    pub fn accepted(value: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::ACCEPTED, value)
    }

    /// 204 without a body.
    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A problem as a kept answer: `trace_id` stays in its bytes when they are sent again. Its cause
    /// is logged here, as nobody stamps these bytes later.
    pub fn of_problem(problem: &Problem, trace_id: &str) -> Self {
        problem.log(trace_id);
        let mut headers = problem.headers().clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
        Self { status: problem.status(), headers, body: problem.body(Some(trace_id)).into() }
    }

    /// An answer from what was kept of it. Errors: 500 where the status or a header is no such thing.
    pub fn kept<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: impl Into<Bytes>,
    ) -> Result<Self, Problem> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Problem::internal)?;
            map.append(name, HeaderValue::from_str(value).map_err(Problem::internal)?);
        }
        let status = StatusCode::from_u16(status).map_err(Problem::internal)?;
        Ok(Self { status, headers: map, body: body.into() })
    }

    /// A header; replaces one of the same name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The resource's `ETag`.
    #[must_use]
    pub fn tagged(self, tag: ETag) -> Self {
        let value = tag.value();
        self.header(ETAG, value)
    }

    /// The `ETag` of a version's very bytes: see [`crate::etag::of_content`].
    #[must_use]
    pub fn tagged_by_content(self, version: i64) -> Self {
        let value = crate::etag::of_content(version, &self.body);
        self.header(ETAG, value)
    }

    /// `Vary` and `Preference-Applied` for the form the enums were written in.
    #[must_use]
    pub fn in_form(mut self, choice: Choice) -> Self {
        choice.mark(&mut self.headers);
        self
    }

    /// 304 without a body where the caller already has what this answer would say (RFC 9110 §15.4.5).
    /// For GET only, and after [`Answer::tagged`].
    #[must_use]
    pub fn unless(mut self, known: &IfNoneMatch) -> Self {
        if self.status == StatusCode::OK && self.headers.get(ETAG).is_some_and(|tag| known.has(tag)) {
            self.status = StatusCode::NOT_MODIFIED;
            self.headers.remove(CONTENT_TYPE);
            self.body = Bytes::new();
        }
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers it sets.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body's bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status.as_u16())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests;
