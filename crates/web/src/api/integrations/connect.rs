//! The way to a provider's consent, and the end of a connection. The way back is [`super::callback`]'s.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::ids::OrganizationId;
use kontor_store::integrations::Integration;
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::{
    answer::Answer,
    body::{Fields, RawBody, Request},
    enums::Preference,
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// The longest state of a caller's.
const MAX_STATE: usize = 2_048;

/// A connection to begin.
#[derive(Default, ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Connect {
    /// Where the browser goes in the end, if its origin is on the organization's list; else a text of the caller's,
    /// and the way ends on a page of Kontor's.
    #[schema(max_length = 2048, example = "https://shop.example/settings/books?tab=2")]
    state: Option<String>,
}

impl Request for Connect {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self { state: fields.optional("state").text(0..=MAX_STATE) })
    }
}

/// Where to send somebody to consent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuthorizationUrl)]
pub(crate) struct Address {
    /// Good for 15 minutes, once.
    #[schema(
        example = "https://appcenter.intuit.com/connect/oauth2?client_id=ABc1&response_type=code&scope=com.intuit.quickbooks.accounting&redirect_uri=https%3A%2F%2Fkontor.example%2Fapi%2Fintegrations%2FQuickBooks%2Fcallback&state=AQGTLw"
    )]
    authorization_url: String,
}

/// A connection that is no more.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Disconnected {
    #[schema(example = "int_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    integration_id: String,
    organization_id: String,
    #[schema(example = "QuickBooks")]
    provider: String,
    /// `NotConnected`.
    #[schema(example = "NotConnected")]
    connection_status: &'static str,
    /// For people.
    #[schema(example = "The tokens are forgotten, and the provider is told to take them back.")]
    message: &'static str,
}

impl Disconnected {
    fn of(it: &Integration, organization: OrganizationId, revoking: bool) -> Self {
        let message = if revoking {
            "The tokens are forgotten, and the provider is told to take them back."
        } else {
            "The tokens are forgotten. There is nothing to take back at the provider."
        };
        Self {
            integration_id: it.id.to_string(),
            organization_id: organization.to_string(),
            provider: it.provider.clone(),
            connection_status: it.connection_status.as_str(),
            message,
        }
    }
}

/// Begins a connection: gives the address to send somebody to. 400 for a provider without consent.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/connect", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)), request_body = Connect,
    responses((status = 200, description = "Where to send somebody to consent", body = Address)))]
pub(crate) async fn connect(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (integration, _) = {
        let mut conn = web.engine.db.read().await?;
        load(&web, &mut conn, organization, &id).await?
    };
    let asked = if body.bytes()?.is_empty() { Connect::default() } else { body.read::<Connect>()? };
    let server = web.engine.oauth_server(organization, &integration, &who.actor, "connect").await?;
    web.engine.ready_to_seal(organization).await?;
    let mut change = match Change::begin(&web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let begun = web
        .engine
        .begin_consent(conn, organization, &who.actor, &integration, &server, asked.state)
        .await
        .map_err(Problem::from);
    let result = begun.and_then(|url| Answer::ok(&Address { authorization_url: url.into() }));
    change.end(&web, result).await
}

/// Ends a connection: the tokens are forgotten at once, and the provider is told to take them back.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/disconnect", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "The connection is no more", body = Disconnected)))]
pub(crate) async fn disconnect(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    preference: Preference,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let choice = preference.choose(None);
    {
        let mut conn = web.engine.db.read().await?;
        load(&web, &mut conn, organization, &id).await?;
    }
    web.engine.ready_to_forget(organization).await;
    let mut change = match Change::begin(&web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let result = match load(&web, conn, organization, &id).await {
        Ok((integration, _)) => {
            let ended = web.engine.disconnect(conn, organization, &who.actor, &integration).await;
            ended.map_err(Problem::from).and_then(|(it, revoking)| {
                Ok(Answer::ok(&Disconnected::of(&it, organization, revoking))?
                    .tagged(ETag::new(it.version).in_form(choice)))
            })
        }
        Err(problem) => Err(problem),
    };
    change.end(&web, result).await
}
