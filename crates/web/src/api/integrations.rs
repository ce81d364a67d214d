//! `/api/organizations/{organizationId}/integrations`: connections to providers. Secrets go in and never come out.

pub(crate) mod callback;
pub(crate) mod connect;
mod request;
mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId},
    integrations::{ConnectionStatus, TestStatus},
    templates::{FieldError, Template},
};
use kontor_engine::credentials::Purpose;
use kontor_store::{Conn, integrations, integrations::Integration, secrets};

pub(crate) use request::{Create, Update};
pub(crate) use view::{Created, Detail, Outcome, Summaries, Summary, Updated};

use super::templates::type_of;
use crate::{
    answer::Answer,
    body::RawBody,
    enums::{Choice, Preference},
    etag::{ETag, IfMatch, IfNoneMatch},
    idempotency::Repeat,
    problem::{Errors, Problem},
    repeat::{self, Change, Claimed},
    web::{Params, Web, Who, parsed},
};

fn missing() -> Problem {
    Problem::not_found("integration_not_found")
}

/// The integration of the path, for an Admin of the organization of the path.
async fn load(
    web: &Web,
    conn: &mut Conn,
    organization: OrganizationId,
    id: &str,
) -> Result<(Integration, Template), Problem> {
    let id: IntegrationId = id.parse().map_err(|_| missing())?;
    let found = integrations::get(conn, organization, id).await?.ok_or_else(missing)?;
    let provider = web.engine.registry.get(&found.provider);
    let provider =
        provider.ok_or_else(|| Problem::internal("an integration's provider is not built in any more"))?;
    Ok((found, provider.template().clone()))
}

fn tag(integration: &Integration, choice: Choice) -> ETag {
    ETag::new(integration.version).in_form(choice)
}

fn wrong(fields: Vec<FieldError>) -> Errors {
    let mut errors = Errors::new();
    for FieldError { field, message } in fields {
        errors.entry(field).or_default().push(message);
    }
    errors
}

/// Lists the organization's integrations, newest first.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations", tag = "Integrations",
    params(("organizationId" = String, Path), ("integrationType" = Option<String>, Query), ("isEnabled" = Option<bool>, Query)),
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
    let kind = type_of(&uri)?;
    let enabled = parsed(&uri, "isEnabled", "must be true or false", |text| match text {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    })?;
    let choice = preference.choose(None);
    let mut conn = web.engine.db.read().await?;
    let found = integrations::list(&mut conn, organization, kind, enabled).await?;
    let integrations = found.iter().map(|it| Summary::of(it, organization, choice.form)).collect();
    Ok(Answer::ok(&Summaries { integrations })?.in_form(choice))
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
    let (asked, form) = body.read_with_form::<Create>()?;
    let choice = preference.choose(form);
    let template = fitting(&web, &asked)?;
    let integration = new(&web, &who, &template, &asked)?;
    let server = web.engine.oauth_server_of(&integration, &asked.secrets);
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
        Ok(Answer::created(&path, &view)?.tagged(tag(&integration, choice)).in_form(choice))
    });
    change.end(&web, result).await
}

/// The template of a type and provider.
fn fitting(web: &Web, asked: &Create) -> Result<Template, Problem> {
    let provider = web.engine.registry.get(&asked.provider);
    let template =
        provider.map(|it| it.template().clone()).filter(|it| it.integration_type == asked.integration_type);
    template.ok_or_else(|| {
        let all = web.engine.registry.all();
        let names: Vec<&str> = all
            .iter()
            .map(|it| it.template())
            .filter(|it| it.integration_type == asked.integration_type)
            .map(|it| it.provider.as_str())
            .collect();
        let message = match names.as_slice() {
            [] => "there is no provider of this type".to_owned(),
            names => format!("must be a provider of this type: {}", names.join(", ")),
        };
        Problem::invalid("provider", message)
    })
}

fn new(web: &Web, who: &Who, template: &Template, asked: &Create) -> Result<Integration, Problem> {
    let mut faults = Vec::new();
    let configuration = template.check_configuration(&asked.configuration, None).unwrap_or_else(|errors| {
        faults.extend(errors);
        let given = asked.configuration.iter();
        given.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
    });
    faults.extend(template.check_secrets(&asked.secrets, &configuration, true).err().unwrap_or_default());
    if !faults.is_empty() {
        return Err(Problem::validation(wrong(faults)));
    }
    let now = web.engine.ambient.now();
    let connection_status = if template.requires_oauth() {
        ConnectionStatus::NotConnected
    } else {
        ConnectionStatus::NotRequired
    };
    Ok(Integration {
        id: Id::new(&web.engine.ambient),
        integration_type: template.integration_type,
        provider: template.provider.clone(),
        display_name: asked.display_name.clone(),
        is_enabled: asked.is_enabled,
        configuration,
        test_status: TestStatus::NotTested,
        last_tested_at: None,
        connection_status,
        created_by: who.actor.name.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
    })
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
    let (integration, template) = load(&web, &mut conn, organization, &id).await?;
    let sealed = secrets::list(&mut conn, organization, integration.id, Purpose::Credential.as_str()).await?;
    let view = Detail::of(&integration, organization, &template, &sealed, choice.form);
    // A test changes what is shown, but is no edit: the version stays, so nothing may be said to be unchanged.
    let answer = Answer::ok(&view)?.tagged(tag(&integration, choice)).in_form(choice);
    Ok(if integration.last_tested_at.is_none() { answer.unless(&known) } else { answer })
}

/// Changes an integration: settings are merged, a null removes one, secrets overwrite those given.
#[utoipa::path(put, path = "/api/organizations/{organizationId}/integrations/{id}", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)), request_body = Update,
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
    let (integration, template) = {
        let mut conn = web.engine.db.read().await?;
        load(&web, &mut conn, organization, &id).await?
    };
    let (asked, form) = body.read_with_form::<Update>()?;
    let choice = preference.choose(form);
    if_match.check(integration.version)?;
    let mut tx = web.engine.db.write().await?;
    let changed = web
        .engine
        .change_integration(&mut tx, organization, &who.actor, integration, &template, asked.into())
        .await?;
    let sealed =
        secrets::list(&mut tx, organization, changed.integration.id, Purpose::Credential.as_str()).await?;
    tx.commit().await?;
    let detail = Detail::of(&changed.integration, organization, &template, &sealed, choice.form);
    let view = Updated { detail, test_connection_required: changed.test_required };
    Ok(Answer::ok(&view)?.tagged(tag(&changed.integration, choice)).in_form(choice))
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
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let mut tx = web.engine.db.write().await?;
    let (integration, _) = load(&web, &mut tx, organization, &id).await?;
    if_match.check(integration.version)?;
    web.engine.delete_integration(&mut tx, organization, &who.actor, &integration).await?;
    tx.commit().await?;
    Ok(Answer::no_content())
}

/// Tests an integration with a real call to its provider. A failed test is a 200 that says so.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/test", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "How it ended", body = Outcome)))]
pub(crate) async fn test(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (found, _) = load(&web, &mut *web.engine.db.read().await?, organization, &id).await?;
    let own = Arc::clone(&web);
    let work = Box::pin(async move {
        let report = own.engine.test_integration(organization, &who.actor, found.id).await?;
        Answer::ok(&Outcome::of(found.id, &report, own.engine.ambient.now()))
    });
    repeat::ask(web, organization, repeat, body.bytes()?, work).await
}
