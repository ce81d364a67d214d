//! `POST /hooks/{provider}/{id}`: a provider's own calls. Taken where they are signed, and nothing more is told.
//!
//! Refuses to say whether an integration exists: what is not there, not enabled, or not called at all is one 404.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::HeaderMap,
};
use kontor_domain::ids::IntegrationId;
use kontor_engine::webhooks::{Refused, Taken};
use kontor_providers::webhook::Call;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::Answer,
    problem::Problem,
    web::{Anybody, Params, Web},
};

/// The most bytes of a call; less where the operator set less for every body.
const MAX: usize = 256 * 1_024;

/// A call was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Received {
    /// True.
    received: bool,
    /// Whether it had come before.
    again: bool,
}

/// Takes a provider's own call and keeps it as a `webhook.received` event, once.
///
/// It must be signed with the integration's secret, as the provider's template says and within its tolerance, or as
/// Authorize.Net signs (`X-ANET-Signature`, with the integration's `SignatureKey`). What it says is kept, with card
/// numbers masked, and is no ground for recording money: the provider is asked about the payment or refund that it names.
#[utoipa::path(post, path = "/hooks/{provider}/{id}", tag = "Hooks", security(()),
    params(("provider" = String, Path, example = "EasyPost"), ("id" = String, Path, description = "The integration")),
    request_body(content = Vec<u8>, content_type = "*/*", example = json!({ "description": "tracker.updated" })),
    responses((status = 200, description = "It is kept", body = Received),
        (status = 403, description = "It is not signed as it should be"),
        (status = 404, description = "Nobody is called that way"),
        (status = 413, description = "The body is too large")))]
pub(crate) async fn receive(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    Params((provider, id)): Params<(String, String)>,
    request: Request,
) -> Result<Answer, Problem> {
    let missing = || Problem::not_found("hook_not_found");
    let id: IntegrationId = id.parse().map_err(|_| missing())?;
    let (parts, body) = request.into_parts();
    let limit = web.limits.body_bytes.min(MAX);
    let body = to_bytes(Body::new(body), limit).await.map_err(|_| Problem::payload_too_large(limit))?;
    let base = web.engine.settings.public_url.as_str().trim_end_matches('/');
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = format!("{base}{target}");
    let header = |name: &str| one(&parts.headers, name);
    let call = Call {
        method: parts.method.as_str(),
        url: &url,
        path: parts.uri.path(),
        header: &header,
        body: &body,
    };
    match web.engine.take_webhook(&provider, id, &actor, &call).await {
        Ok(taken) => Answer::ok(&Received { received: true, again: taken == Taken::Again }),
        Err(Refused::NotFound) => Err(missing()),
        Err(Refused::Unproven(why)) => {
            Err(Problem::forbidden(format!("The call is not taken: {why}.")).code("hook_not_proved"))
        }
        Err(Refused::Engine(error)) => Err(error.into()),
    }
}

/// A header that is there once: of two, nobody could say which is signed.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok().map(str::to_owned)
}
