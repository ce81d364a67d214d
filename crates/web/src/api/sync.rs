//! `/api/organizations/{organizationId}/integrations/{id}/sync`: how a company's books are kept in step, and what a person
//! decides about it. An Admin's alone.

mod request;
mod totals;
mod view;

use std::sync::Arc;

use axum::{extract::State as Held, http::Uri, response::Response};
use kontor_domain::{
    ids::{IntegrationId, OrganizationId, SyncLinkId},
    sync::State,
};
use kontor_engine::sync::{Decision, Scope};
use kontor_providers::books::Kind;
use kontor_store::{
    Conn,
    sync::links::{self, Filter, Link},
};

use request::Run;
use view::{DifferenceView, Overview, RecordView};

use super::{BY_CREATION, slice};
use crate::{
    answer::Answer,
    body::RawBody,
    idempotency::Repeat,
    page::{Envelope, Page},
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Query, Web, Who},
};

/// The integration of the path, whose books are kept in step.
async fn load(
    web: &Web,
    who: &Who,
    (organization, id): (&str, &str),
) -> Result<(OrganizationId, IntegrationId), Problem> {
    who.caller.admin()?;
    let organization = who.in_path(organization)?;
    let id = id.parse().map_err(|_| Problem::not_found("integration_not_found"))?;
    let mut conn = web.engine.db.read().await?;
    let found = web.engine.kept_in_step(&mut conn, organization, id).await?;
    Ok((organization, found.id))
}

/// A record's id, as the path has it.
fn record(id: &str) -> Result<SyncLinkId, Problem> {
    id.parse().map_err(|_| Problem::not_found("record_not_found"))
}

async fn shown(
    web: &Web,
    conn: &mut Conn,
    organization: OrganizationId,
    id: IntegrationId,
) -> Result<Overview, Problem> {
    Ok(Overview::of(&web.engine.sync_overview(conn, organization, id).await?))
}

/// Tells how the books stand: what waits, what was not taken, what differs, and how far behind they are.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}/sync", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "How they stand", body = Overview),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn get(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
) -> Result<Answer, Problem> {
    let (organization, id) = load(&web, &who, (&organization, &id)).await?;
    Answer::ok(&shown(&web, &mut *web.engine.db.read().await?, organization, id).await?)
}

/// Lists the records: each is one customer, article, order, invoice, payment or refund and what it is in the books.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}/sync/records", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path),
        ("kind" = Option<String>, Query, description = "Customer, Item, Estimate, Invoice, Payment, CreditMemo or RefundReceipt"),
        ("state" = Option<String>, Query, description = "Waiting, Sent, Synced, Failed, Gone or Dismissed"),
        ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of records", body = Envelope<RecordView>),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn records(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    uri: Uri,
) -> Result<Answer, Problem> {
    let (organization, id) = load(&web, &who, (&organization, &id)).await?;
    let mut conn = web.engine.db.read().await?;
    Answer::ok(&listed(&mut conn, organization, id, &uri, false).await?.map(|it| RecordView::of(&it)))
}

/// The page of records that is asked for.
async fn listed(
    conn: &mut Conn,
    organization: OrganizationId,
    id: IntegrationId,
    uri: &Uri,
    different: bool,
) -> Result<Envelope<Link>, Problem> {
    let page = Page::of(uri, BY_CREATION)?;
    let found = links::list(conn, organization, id, &filter(uri, different)?, &slice(&page)?).await?;
    let total = found.count();
    let at = |it: &Link| page.cursor(it.created_at, it.id);
    Ok(page.envelope(found.rows, total, BY_CREATION, at))
}

/// What a list is narrowed to.
fn filter(uri: &Uri, different: bool) -> Result<Filter, Problem> {
    let mut query = Query::new(uri);
    let kinds = format!("must be one of: {}", words(Kind::ALL));
    let kind = query.parsed("kind", &kinds, |it| it.parse::<Kind>().ok());
    let states = format!("must be one of: {}", words(State::ALL));
    let state = query.parsed("state", &states, |it| it.parse::<State>().ok());
    query.end()?;
    Ok(Filter { kind: kind.map(|it| it.as_str().to_owned()), state, different })
}

fn words<T: ToString>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Lists what is not the same on both sides, with both sides' totals. A person decides each: `retry` writes ours,
/// `dismiss` leaves theirs.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}/sync/differences", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path),
        ("kind" = Option<String>, Query, description = "Customer, Item, Estimate, Invoice, Payment, CreditMemo or RefundReceipt"),
        ("state" = Option<String>, Query, description = "Waiting, Sent, Synced, Failed, Gone or Dismissed"),
        ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of records that differ", body = Envelope<DifferenceView>),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn differences(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    uri: Uri,
) -> Result<Answer, Problem> {
    let (organization, id) = load(&web, &who, (&organization, &id)).await?;
    let mut conn = web.engine.db.read().await?;
    let rows = listed(&mut conn, organization, id, &uri, true).await?;
    let mut data = Vec::with_capacity(rows.data.len());
    for it in &rows.data {
        let local = totals::of(&mut conn, organization, it).await?;
        data.extend(DifferenceView::of(it, local));
    }
    Answer::ok(&rows.showing(data))
}

/// Reads one record.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/integrations/{id}/sync/records/{recordId}", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path), ("recordId" = String, Path)),
    responses((status = 200, description = "The record", body = RecordView),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn get_record(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params((organization, id, of)): Params<(String, String, String)>,
) -> Result<Answer, Problem> {
    let (organization, id) = load(&web, &who, (&organization, &id)).await?;
    let found = links::get(&mut *web.engine.db.read().await?, organization, id, record(&of)?).await?;
    Answer::ok(&RecordView::of(&found.ok_or_else(|| Problem::not_found("record_not_found"))?))
}

/// Has it run now, and not when it would by itself.
///
/// With `full` everything is gone through: all that is in the books is looked at, and all of ours that is there is written
/// anew where it differs. With `since` as well, what was made here since then and never went there is written too.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/sync/run", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path)), request_body = Run,
    responses((status = 202, description = "It runs in a moment; how the books stand now", body = Overview),
        (status = 409, description = "It is paused, the integration is disabled, or its company is not connected"),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn run(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params((organization, id)): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    let (organization, id) = load(&web, &who, (&organization, &id)).await?;
    let asked: Run = body.read()?;
    let scope = if asked.full {
        let mut conn = web.engine.db.read().await?;
        Scope::Everything(web.engine.sync_again(&mut conn, organization, id, asked.since).await?)
    } else {
        Scope::Changes
    };
    let mut change = match Change::begin(&web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let result = match web.engine.sync_run(conn, organization, id, &who.actor, scope).await {
        Ok(()) => shown(&web, conn, organization, id).await.and_then(|it| Answer::accepted(&it)),
        Err(error) => Err(error.into()),
    };
    change.end(&web, result).await
}

/// Has it wait: nothing is written to the books and nothing is read from them until it is resumed.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/sync/pause", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "How the books stand now", body = Overview),
        (status = 409, description = "Its company was never connected"),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn pause(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params(path): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    set_paused(&web, &who, path, repeat, &body, true).await
}

/// Has it go on. What happened meanwhile is caught up with.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/sync/resume", tag = "Sync",
    params(("organizationId" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "How the books stand now", body = Overview),
        (status = 409, description = "Its company was never connected"),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn resume(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params(path): Params<(String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    set_paused(&web, &who, path, repeat, &body, false).await
}

async fn set_paused(
    web: &Web,
    who: &Who,
    (organization, id): (String, String),
    repeat: Repeat,
    body: &RawBody,
    paused: bool,
) -> Result<Response, Problem> {
    let (organization, id) = load(web, who, (&organization, &id)).await?;
    let mut change = match Change::begin(web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let result = match web.engine.sync_pause(conn, organization, id, &who.actor, paused).await {
        Ok(()) => shown(web, conn, organization, id).await.and_then(|it| Answer::ok(&it)),
        Err(error) => Err(error.into()),
    };
    change.end(web, result).await
}

/// Has a record written again now: what was not taken, what differs, and anew what is gone there.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/sync/records/{recordId}/retry",
    tag = "Sync", params(("organizationId" = String, Path), ("id" = String, Path), ("recordId" = String, Path)),
    responses((status = 200, description = "The record, which waits now", body = RecordView),
        (status = 409, description = "It was just sent, and nobody knows yet what came of it"),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn retry(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params(path): Params<(String, String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    decide(&web, &who, path, repeat, &body, Decision::Retry).await
}

/// Leaves a record as it is there: it is not written any more, and what differs in it is not shown any more.
#[utoipa::path(post, path = "/api/organizations/{organizationId}/integrations/{id}/sync/records/{recordId}/dismiss",
    tag = "Sync", params(("organizationId" = String, Path), ("id" = String, Path), ("recordId" = String, Path)),
    responses((status = 200, description = "The record", body = RecordView),
        (status = 409, description = "It was just sent, and nobody knows yet what came of it"),
        (status = 422, description = "The integration's provider keeps no books")))]
pub(crate) async fn dismiss(
    Held(web): Held<Arc<Web>>,
    who: Who,
    Params(path): Params<(String, String, String)>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    decide(&web, &who, path, repeat, &body, Decision::Dismiss).await
}

async fn decide(
    web: &Web,
    who: &Who,
    (organization, id, of): (String, String, String),
    repeat: Repeat,
    body: &RawBody,
    decision: Decision,
) -> Result<Response, Problem> {
    let (organization, id) = load(web, who, (&organization, &id)).await?;
    let of = record(&of)?;
    let mut change = match Change::begin(web, organization, repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let decided = web.engine.sync_decide(conn, organization, id, &who.actor, of, decision).await;
    let result = decided.map_err(Problem::from).and_then(|it| Answer::ok(&RecordView::of(&it)));
    change.end(web, result).await
}
