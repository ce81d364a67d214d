//! `X-Request-Id`: on every answer, in every problem as `traceId`, in every log line of the request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use crate::{problem, web::Web};

/// The header.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id of a caller that is kept.
const MAX: usize = 64;

/// The id of a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(
    /// Visible ASCII.
    pub String,
);

/// Keeps the caller's id or draws one, and stamps it on whatever is answered.
pub(crate) async fn stamp(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let id = of_caller(request.headers()).unwrap_or_else(|| drawn(&web));
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id);
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = span.in_scope(|| problem::stamp(response, &id));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// A caller's own id, where it is one that can stand in a log line.
fn of_caller(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let fine = (1..=MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fine.then(|| text.to_owned())
}

fn drawn(web: &Web) -> String {
    data_encoding::HEXLOWER.encode(&web.engine.ambient.bytes::<16>())
}

#[cfg(test)]
mod tests;
