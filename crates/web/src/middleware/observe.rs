//! Counts and times requests by route, and logs each once.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

/// Measures a request. The label is the route's template: a path would make a label of every id.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = method(request.method());
    let begun = Instant::now();
    let response = next.run(request).await;
    let seconds = begun.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("kontor_http_requests_total", &labels).increment(1);
    metrics::histogram!("kontor_http_request_duration_seconds", "method" => method, "route" => route.clone())
        .record(seconds);
    tracing::info!(method, route, status, milliseconds = seconds * 1_000.0, "answered");
    response
}

/// Methods are free words: only the known ones become labels.
fn method(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "other",
    }
}
