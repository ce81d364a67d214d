//! `ANY …/integrations/{id}/proxy/{path}`: a caller's own request, sent on to the provider with the credential put in.
//!
//! Owns reading the request as it came and handing the answer on while it arrives. Refuses to decode a path, to keep
//! a body, and to let a provider's answer pass for Kontor's: `X-Kontor-Proxied` tells them apart.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method as Word, StatusCode},
    response::Response,
    routing::{self, MethodRouter},
};
use kontor_domain::ids::IntegrationId;
use kontor_providers::{
    http::{Method, stream::Upload},
    proxy::{Asked, Passed, Refusal, Target},
};

use super::missing;
use crate::{
    problem::Problem,
    web::{Web, Who},
};

/// Says that the status, the headers and the body are the provider's.
const PROXIED: HeaderName = HeaderName::from_static("x-kontor-proxied");

/// Reads something at the provider.
///
/// The request goes to the provider's address for this integration's environment, with the path, the query, the body
/// and the safe headers as they came, and with the credential put in by Kontor. Nothing in it is filled in:
/// `{{secrets.ApiKey}}` arrives as these letters. The provider's answer comes back whatever its status is, with
/// `X-Kontor-Proxied: true`; an error without that header is Kontor's own. Redirects are handed back and not
/// followed. GET, HEAD, PUT and DELETE are repeated when the provider says "not now"; POST and PATCH are sent once,
/// unless the template names the provider's idempotency header: Kontor sets it where the request has none, sends an
/// `Idempotency-Key` under that name, and repeats these requests too. Without such a header an `Idempotency-Key` goes
/// to the provider as it is and means nothing to Kontor here. Where the template says how often the provider may be
/// called, a request too many is a 429 `provider_rate_limit`.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}/proxy/{*path}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path),
        ("path" = String, Path, description = "What follows the provider's address, slashes and all", example = "v2/orders")),
    responses((status = 200, description = "What the provider answered, with its own status and media type",
            content_type = "*/*", body = Vec<u8>, headers(("X-Kontor-Proxied" = String, description = "`true`")),
            example = json!({ "orders": [{ "id": "1001", "total": "148.83" }] })),
        (status = 409, description = "The integration is disabled or not connected"),
        (status = 422, description = "This provider takes no requests of your own, or the address is not allowed"),
        (status = 429, description = "The provider may not be called more often for this integration"),
        (status = 502, description = "No whole answer of the provider's"),
        (status = 504, description = "No answer of the provider's in time")))]
pub(crate) async fn get(state: State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    send(state, who, request).await
}

/// Does something at the provider, once.
///
/// As the GET. It is not sent twice, also when the provider says "not now": that answer comes back. Only where the
/// template names the provider's idempotency header is it repeated, with the same value in it.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/proxy/{*path}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path), ("path" = String, Path, example = "v2/orders")),
    request_body(content = Vec<u8>, content_type = "*/*", example = json!({ "item": "coffee", "quantity": 2 })),
    responses((status = 200, description = "What the provider answered, with its own status and media type",
            content_type = "*/*", body = Vec<u8>, headers(("X-Kontor-Proxied" = String, description = "`true`")),
            example = json!({ "id": "1002", "total": "24.00" })),
        (status = 502, description = "No whole answer of the provider's"),
        (status = 504, description = "No answer of the provider's in time")))]
pub(crate) async fn post(state: State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    send(state, who, request).await
}

/// Replaces something at the provider. As the GET.
#[utoipa::path(put, path = "/api/organizations/{organizationId}/integrations/{id}/proxy/{*path}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path), ("path" = String, Path, example = "v2/orders/1002")),
    request_body(content = Vec<u8>, content_type = "*/*", example = json!({ "item": "coffee", "quantity": 3 })),
    responses((status = 200, description = "What the provider answered, with its own status and media type",
            content_type = "*/*", body = Vec<u8>, headers(("X-Kontor-Proxied" = String, description = "`true`")),
            example = json!({ "id": "1002", "total": "36.00" })),
        (status = 502, description = "No whole answer of the provider's"),
        (status = 504, description = "No answer of the provider's in time")))]
pub(crate) async fn put(state: State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    send(state, who, request).await
}

/// Changes something at the provider, once. As the POST.
#[utoipa::path(patch, path = "/api/organizations/{organizationId}/integrations/{id}/proxy/{*path}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path), ("path" = String, Path, example = "v2/orders/1002")),
    request_body(content = Vec<u8>, content_type = "*/*", example = json!({ "quantity": 4 })),
    responses((status = 200, description = "What the provider answered, with its own status and media type",
            content_type = "*/*", body = Vec<u8>, headers(("X-Kontor-Proxied" = String, description = "`true`")),
            example = json!({ "id": "1002", "total": "48.00" })),
        (status = 502, description = "No whole answer of the provider's"),
        (status = 504, description = "No answer of the provider's in time")))]
pub(crate) async fn patch(state: State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    send(state, who, request).await
}

/// Removes something at the provider. As the GET.
#[utoipa::path(delete, path = "/api/organizations/{organizationId}/integrations/{id}/proxy/{*path}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path), ("path" = String, Path, example = "v2/orders/1002")),
    responses((status = 200, description = "What the provider answered, with its own status and media type",
            content_type = "*/*", body = Vec<u8>, headers(("X-Kontor-Proxied" = String, description = "`true`")),
            example = json!({ "deleted": true })),
        (status = 502, description = "No whole answer of the provider's"),
        (status = 504, description = "No answer of the provider's in time")))]
pub(crate) async fn delete(state: State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    send(state, who, request).await
}

/// The provider's address itself, with nothing appended. The description has it with the others.
pub(crate) const ROOT: &str = "/api/organizations/{organizationId}/integrations/{id}/proxy/";

/// As the others, for [`ROOT`].
pub(crate) fn at_root() -> MethodRouter<Arc<Web>> {
    routing::get(get).post(post).put(put).patch(patch).delete(delete)
}

async fn send(State(web): State<Arc<Web>>, who: Who, request: Request) -> Result<Response, Problem> {
    who.caller.admin()?;
    let (parts, body) = request.into_parts();
    let place = Place::of(parts.uri.path()).ok_or_else(Problem::no_route)?;
    let organization = who.in_path(place.organization)?;
    let id: IntegrationId = place.integration.parse().map_err(|_| missing())?;
    let method = method(&parts.method).ok_or_else(Problem::method_not_allowed)?;
    let limit = web.engine.settings.proxy.request_bytes;
    let read = || {
        let target = Target::read(place.path, parts.uri.query())?;
        Ok(Asked { method, target, headers: headers(&parts.headers)?, body: Upload::new(body, limit) })
    };
    let passed = web.engine.proxy(organization, &who.actor, id, read).await?;
    answer(passed)
}

/// The parts of the proxy's own path, as they came.
struct Place<'a> {
    organization: &'a str,
    integration: &'a str,
    path: &'a str,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let mut steps = path.strip_prefix("/api/organizations/")?.splitn(5, '/');
        let (organization, _, integration, _) = (steps.next()?, steps.next()?, steps.next()?, steps.next()?);
        Some(Self { organization, integration, path: steps.next()? })
    }
}

fn method(word: &Word) -> Option<Method> {
    let all = [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete];
    all.into_iter().find(|it| it.word() == word.as_str())
}

fn headers(map: &HeaderMap) -> Result<Vec<(String, String)>, Refusal> {
    let text = map.iter().map(|(name, value)| match value.to_str() {
        Ok(text) => Ok((name.as_str().to_owned(), text.to_owned())),
        Err(_) => Err(Refusal::Field("headers", format!("must have visible ASCII letters alone in {name}"))),
    });
    text.collect()
}

fn answer(passed: Passed) -> Result<Response, Problem> {
    let mut response = Response::new(Body::new(passed.body));
    *response.status_mut() = StatusCode::from_u16(passed.status).map_err(Problem::internal)?;
    for (name, value) in passed.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(Problem::internal)?;
        response.headers_mut().append(name, HeaderValue::from_str(&value).map_err(Problem::internal)?);
    }
    response.headers_mut().insert(PROXIED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests;
