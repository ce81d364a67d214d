//! `/api/organizations/{organizationId}/integrations`: connections to providers. Secrets go in and never come out.

pub(crate) mod actions;
pub(crate) mod callback;
pub(crate) mod connect;
pub(crate) mod proxy;
mod request;
mod rotated;
mod view;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId},
    integrations::{ConnectionStatus, TestStatus},
};
use kontor_engine::integrations::{choices::offered, secret_keys};
use kontor_providers::Provider;
use kontor_store::{Conn, integrations, integrations::Integration};

pub(crate) use request::{Create, UpdateShape};
pub(crate) use view::{Created, Detail, Summaries, Summary, Updated};

use super::templates::kind_of;
use crate::{
    answer::{Answer, MEDIA_TYPE},
    body::RawBody,
    enums::Preference,
    etag::{IfMatch, IfNoneMatch},
    idempotency::Repeat,
    lists,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Query, Web, Who},
};

fn missing() -> Problem {
    Problem::not_found("integration_not_found")
}

/// The integration of the path, and its provider: none where the template is gone.
async fn load(
    web: &Web,
    conn: &mut Conn,
    organization: OrganizationId,
    id: &str,
) -> Result<(Integration, Option<Arc<dyn Provider>>), Problem> {
    let id: IntegrationId = id.parse().map_err(|_| missing())?;
    let found = integrations::get(conn, organization, id).await?.ok_or_else(missing)?;
    let provider = web.engine.registry.get(&found.provider);
    Ok((found, provider))
}

/// Lists the organization's integrations, newest first.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations", tag = "Integrations",
    params(("organizationId" = String, Path),
        ("integrationType" = Option<String>, Query, description = "Number or name", example = "1"),
        ("isEnabled" = Option<bool>, Query, description = "Those in use, or those that are not")),
    responses((status = 200, description = "The integrations", body = Summaries)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
    preference: Preference,
    uri: Uri,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let mut query = Query::new(&uri);
    let kind = kind_of(&mut query);
    let enabled = query
        .parsed("isEnabled", "must be true or false", |text| text.to_ascii_lowercase().parse::<bool>().ok());
    query.end()?;
    let choice = preference.choose(None);
    let mut conn = web.engine.db.read().await?;
    // The revision first: what is read after it is as new or newer.
    let revision = integrations::revision(&mut conn, organization).await?;
    let key = lists::Key { organization, kind, enabled, form: choice.form };
    let body: Bytes = if let Some(body) = web.lists.get(&key, revision) {
        body
    } else {
        let found = integrations::list(&mut conn, organization, kind, enabled).await?;
        let integrations = found.iter().map(|it| Summary::of(it, organization, choice.form)).collect();
        let body = Answer::ok(&Summaries { integrations })?.body().clone();
        web.lists.put(key, revision, body.clone());
        body
    };
    Ok(Answer::kept(200, [("content-type", MEDIA_TYPE)], body)?.in_form(choice))
}

/// Adds an integration. Its secrets are sealed at once.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations", tag = "Integrations",
    params(("organizationId" = String, Path)), request_body = Create,
    responses((status = 201, description = "The integration", body = Created)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
    preference: Preference,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (asked, form) = body.read_by(|fields| Create::read(fields, &web.engine.registry))?;
    let choice = preference.choose(form);
    let integration = new(&web, &who, &asked);
    let server = web.engine.oauth_server_of(&integration, &asked.secrets);
    web.engine.ready_to_seal(organization).await?;
    let mut change = match Change::begin(&web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let made =
        web.engine.create_integration(conn, organization, &who.actor, &integration, &asked.secrets).await;
    let begun = match (made, server) {
        (Ok(()), Some(Ok(server))) => {
            let begun =
                web.engine.begin_consent(conn, organization, &who.actor, &integration, &server, None).await;
            begun.map(Some)
        }
        // What the operator left out is told by `connect`; the integration is made all the same.
        (made, _) => made.map(|()| None),
    };
    let result = begun.map_err(Problem::from).and_then(|url| {
        let path = format!("/api/organizations/{organization}/integrations/{}", integration.id);
        let view = Created::of(&integration, organization, choice.form).connected_at(url);
        Ok(Answer::created(&path, &view)?.tagged_by_content(integration.version).in_form(choice))
    });
    change.end(&web, result).await
}

fn new(web: &Web, who: &Who, asked: &Create) -> Integration {
    let template = asked.provider.template();
    let now = web.engine.ambient.now();
    let connection_status = if template.requires_oauth() {
        ConnectionStatus::NotConnected
    } else {
        ConnectionStatus::NotRequired
    };
    Integration {
        id: Id::new(&web.engine.ambient),
        integration_type: template.integration_type,
        provider: template.provider.clone(),
        display_name: asked.display_name.clone(),
        is_enabled: asked.is_enabled,
        configuration: asked.configuration.clone(),
        test_status: TestStatus::NotTested,
        last_tested_at: None,
        connection_status,
        created_by: who.actor.name.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Reads one integration: its settings, and which secrets are set.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "The integration", body = Detail)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    preference: Preference,
    known: IfNoneMatch,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let choice = preference.choose(None);
    let mut conn = web.engine.db.read().await?;
    let (integration, provider) = load(&web, &mut conn, organization, &id).await?;
    let view = Detail::read(&mut conn, &integration, organization, provider.as_deref(), choice.form).await?;
    Ok(Answer::ok(&view)?.tagged_by_content(integration.version).in_form(choice).unless(&known))
}

/// Changes an integration: settings are merged, a null removes one, secrets overwrite those given.
#[utoipa::path(put, path = "/api/organizations/{organizationId}/integrations/{id}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)), request_body = UpdateShape,
    responses((status = 200, description = "The integration", body = Updated)))]
pub(crate) async fn update(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    preference: Preference,
    if_match: IfMatch,
    body: RawBody,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (seen, provider, kept, offered) = {
        let mut conn = web.engine.db.read().await?;
        let (seen, provider) = load(&web, &mut conn, organization, &id).await?;
        let kept = secret_keys(&mut conn, organization, &seen).await?;
        let offered = offered(&mut conn, organization, seen.id, provider.as_deref()).await?;
        (seen, provider, kept, offered)
    };
    let provider = provider.as_deref();
    let template = provider.map(Provider::template);
    let (asked, form) = body.read_by(|fields| {
        Some(request::read_update(fields, template, &seen.configuration, &kept, &offered))
    })?;
    let choice = preference.choose(form);
    web.engine.ready_to_seal(organization).await?;
    let mut tx = web.engine.db.write().await?;
    let held = integrations::lock(&mut tx, organization, seen.id).await?.ok_or_else(missing)?;
    if_match.check(held.version)?;
    let changed =
        web.engine.change_integration(&mut tx, organization, &who.actor, held, template, asked).await?;
    let detail = Detail::read(&mut tx, &changed.integration, organization, provider, choice.form).await?;
    tx.commit().await?;
    let view = Updated { detail, test_connection_required: changed.test_required };
    Ok(Answer::ok(&view)?.tagged_by_content(changed.integration.version).in_form(choice))
}

/// Deletes an integration and destroys its secrets.
#[utoipa::path(delete, path = "/api/organizations/{organizationId}/integrations/{id}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 204, description = "Gone")))]
pub(crate) async fn delete(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    if_match: IfMatch,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let id: IntegrationId = id.parse().map_err(|_| missing())?;
    web.engine.ready_to_forget(organization).await;
    let mut tx = web.engine.db.write().await?;
    let held = integrations::lock(&mut tx, organization, id).await?.ok_or_else(missing)?;
    if_match.check(held.version)?;
    web.engine.delete_integration(&mut tx, organization, &who.actor, &held).await?;
    tx.commit().await?;
    Ok(Answer::no_content().into_response())
}
