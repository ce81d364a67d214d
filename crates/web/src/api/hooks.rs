//! `POST /hooks/{provider}/{id}`: a provider's own calls. Taken where they are signed, and nothing more is told.
//! `POST /hooks/{provider}`: the same of a provider that calls one address for all of an operator's merchants.
//!
//! Refuses to say whether an integration exists: what is not there, not enabled, or not called at all is one 404.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, request::Parts},
};
use kontor_domain::ids::IntegrationId;
use kontor_engine::webhooks::{Refused, Taken};
use kontor_providers::webhook::{Call, Unproven};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    answer::Answer,
    problem::Problem,
    web::{Anybody, Params, Web},
};

/// The most bytes of a call; less where the operator set less for every body.
const MAX: usize = 256 * 1_024;
/// The same of a call that speaks of many merchants: some thousands of notices.
const MAX_FOR_ALL: usize = 1_024 * 1_024;

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
    let came = Came::read(&web, request, MAX).await?;
    let header = |name: &str| one(&came.parts.headers, name);
    match web.engine.take_webhook(&provider, id, &actor, &came.call(&header)).await {
        Ok(taken) => Answer::ok(&Received { received: true, again: taken == Taken::Again }),
        Err(Refused::NotFound) => Err(missing()),
        Err(Refused::Unproven(why)) => {
            Err(Problem::forbidden(format!("The call is not taken: {why}.")).code("hook_not_proved"))
        }
        Err(Refused::Engine(error)) => Err(error.into()),
    }
}

/// A notification was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Noticed {
    /// True.
    received: bool,
}

/// Takes a provider's notifications for all of its companies: what QuickBooks Online says has changed in the books.
///
/// One address for the operator's whole app, signed over the raw body with the app's own verifier token
/// (`intuit-signature`; `providers.quickbooks.webhook_verifier_file`). Without that token none is taken. What is named is
/// looked at in the books soon after, for every integration that is connected to the company; the notification itself
/// changes nothing, and a company that nobody is connected to is no error.
#[utoipa::path(post, path = "/hooks/{provider}", tag = "Hooks", security(()),
    params(("provider" = String, Path, example = "QuickBooks")),
    request_body(content = Vec<u8>, content_type = "*/*", example = json!([{
        "specversion": "1.0", "id": "b2c6d0f4-0000-4000-8000-000000000001", "source": "intuit.sim",
        "type": "qbo.invoice.updated.v1", "time": "2026-01-02T03:04:05Z", "intuitentityid": "130",
        "intuitaccountid": "9341453474484463", "data": {} }])),
    responses((status = 200, description = "It is written down what to look at", body = Noticed),
        (status = 400, description = "It is signed, and cannot be read"),
        (status = 401, description = "It is not signed with the app's token, or there is none"),
        (status = 404, description = "Nobody is called that way"),
        (status = 413, description = "The body is too large")))]
pub(crate) async fn notice(
    State(web): State<Arc<Web>>,
    Params(provider): Params<String>,
    request: Request,
) -> Result<Answer, Problem> {
    let came = Came::read(&web, request, MAX_FOR_ALL).await?;
    let header = |name: &str| one(&came.parts.headers, name);
    match web.engine.take_notices(&provider, &came.call(&header)).await {
        Ok(_) => Answer::ok(&Noticed { received: true }),
        Err(Refused::NotFound) => Err(Problem::not_found("hook_not_found")),
        Err(Refused::Unproven(why @ Unproven::Unreadable)) => {
            Err(Problem::bad_request("hook_not_readable", format!("The call is not taken: {why}.")))
        }
        Err(Refused::Unproven(why)) => {
            Err(Problem::unauthorized(format!("The call is not taken: {why}.")).code("hook_not_proved"))
        }
        Err(Refused::Engine(error)) => Err(error.into()),
    }
}

/// A call as it came in.
struct Came {
    parts: Parts,
    body: Bytes,
    /// The address that it was sent to, as the provider knows it.
    url: String,
}

impl Came {
    async fn read(web: &Web, request: Request, most: usize) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let limit = web.limits.body_bytes.min(most);
        let body = to_bytes(Body::new(body), limit).await.map_err(|_| Problem::payload_too_large(limit))?;
        let base = web.engine.settings.public_url.as_str().trim_end_matches('/');
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let url = format!("{base}{target}");
        Ok(Self { parts, body, url })
    }

    fn call<'a>(&'a self, header: &'a (dyn Fn(&str) -> Option<String> + Sync)) -> Call<'a> {
        Call {
            method: self.parts.method.as_str(),
            url: &self.url,
            path: self.parts.uri.path(),
            header,
            body: &self.body,
        }
    }
}

/// A header that is there once: of two, nobody could say which is signed.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok().map(str::to_owned)
}
