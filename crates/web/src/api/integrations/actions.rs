//! What an integration can be asked to do: test its connection, rotate its secrets, go back before a rotation.
//!
//! All call the provider. An `Idempotency-Key` is claimed before the call and answered in the recording transaction.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kontor_domain::ids::{IntegrationId, OrganizationId};
use kontor_engine::integrations::{RolledBack, Rotated, Tested};
use kontor_providers::KeyRotation;
use kontor_store::idempotency::Key;

use super::{
    load,
    request::{RollBack, Rotate},
    rotated::{RolledBackView, RotatedView},
    view::Outcome,
};
use crate::{
    answer::Answer,
    body::RawBody,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Claimed, claim_for_call, kept_or_500, refused},
    web::{Params, Web, Who},
};

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
    let (integration, _) = load(&web, &mut *web.engine.db.read().await?, organization, &id).await?;
    let key = repeat.key(organization, body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    let running = run_test(Arc::clone(&web), who, organization, integration.id, key, repeat.trace_id);
    tokio::spawn(running).await.map_err(Problem::internal)?
}

async fn run_test(
    web: Arc<Web>,
    who: Who,
    organization: OrganizationId,
    id: IntegrationId,
    key: Option<Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |tested: &Tested| Answer::ok(&Outcome::of(id, tested));
    let keep = |tested: &Tested| kept_or_500(answer(tested));
    match web.engine.test_once(organization, &who.actor, id, key.as_ref(), keep).await {
        Ok(tested) => Ok(answer(&tested)?.into_response()),
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

/// Puts new secrets in the place of old ones, which are kept sealed for 24 hours. With `rollbackOnFailure` the new
/// ones come into use only if the provider takes them.
///
/// A secret that the provider makes itself (Worldpay's `AccountToken`) is asked for with null as its value, alone: it is
/// made, kept, put into force there, and used here from then on. The old one is dead by then, so there is no way back,
/// and `rollbackOnFailure` changes nothing. Where an answer is lost, the connection test tells which of the two works.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/rotate-secrets", tag = "Integrations",
    params(("organizationId" = String, Path), ("id" = String, Path)), request_body = Rotate,
    responses((status = 200, description = "How it ended", body = RotatedView),
        (status = 409, description = "A secret is being replaced at the provider already"),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "The provider did not answer in time; whether it changed the secret is found out")))]
pub(crate) async fn rotate_secrets(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (integration, provider) = load(&web, &mut *web.engine.db.read().await?, organization, &id).await?;
    let template = provider.as_ref().map(|it| it.template());
    let remade = provider.as_ref().and_then(|it| it.rotation()).map(KeyRotation::secret);
    let (asked, _) =
        body.read_by(|fields| Rotate::read(fields, template, &integration.configuration, remade))?;
    let key = repeat.key(organization, body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    let running =
        run_rotation(Arc::clone(&web), who, (organization, integration.id), asked, key, repeat.trace_id);
    tokio::spawn(running).await.map_err(Problem::internal)?
}

async fn run_rotation(
    web: Arc<Web>,
    who: Who,
    (organization, id): (OrganizationId, IntegrationId),
    asked: Rotate,
    key: Option<Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |rotated: &Rotated| Answer::ok(&RotatedView::of(rotated, organization));
    let keep = |rotated: &Rotated| kept_or_500(answer(rotated));
    let rotated = match asked.asked() {
        Ok(it) => web.engine.rotate_secrets(organization, &who.actor, id, &it, key.as_ref(), keep).await,
        Err(test) => web.engine.remake_secret(organization, &who.actor, id, test, key.as_ref(), keep).await,
    };
    match rotated {
        Ok(rotated) => Ok(answer(&rotated)?.into_response()),
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

/// Puts the secrets from before the last rotation back into use; they are kept for 24 hours. What the rotation brought
/// is destroyed.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/rotate-secrets/rollback",
    tag = "Integrations", params(("organizationId" = String, Path), ("id" = String, Path)), request_body = RollBack,
    responses((status = 200, description = "How it ended", body = RolledBackView),
        (status = 409, description = "Nothing is kept to go back to")))]
pub(crate) async fn roll_back(
    State(web): State<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let (integration, _) = load(&web, &mut *web.engine.db.read().await?, organization, &id).await?;
    let asked = if body.bytes()?.is_empty() { RollBack::default() } else { body.read::<RollBack>()? };
    let key = repeat.key(organization, body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    let test = asked.test_connection_after_rollback;
    let running =
        run_rollback(Arc::clone(&web), who, (organization, integration.id), test, key, repeat.trace_id);
    tokio::spawn(running).await.map_err(Problem::internal)?
}

async fn run_rollback(
    web: Arc<Web>,
    who: Who,
    (organization, id): (OrganizationId, IntegrationId),
    test: bool,
    key: Option<Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |ended: &RolledBack| Answer::ok(&RolledBackView::of(ended, organization));
    let keep = |ended: &RolledBack| kept_or_500(answer(ended));
    match web.engine.roll_back_secrets(organization, &who.actor, id, test, key.as_ref(), keep).await {
        Ok(ended) => Ok(answer(&ended)?.into_response()),
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}
