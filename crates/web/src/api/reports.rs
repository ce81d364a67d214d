//! `/api/reports/reconciliation`: our record of payments against the providers', day by day.

mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    ids::{DifferenceId, IntegrationId, OrganizationId},
    integrations::IntegrationType,
    reconciliation::{Days, NoDays, day_of},
};
use kontor_engine::reconcile::{Ending, Ran};
use kontor_store::{
    Conn, integrations,
    integrations::Integration,
    reconciliation::{self, batches, differences},
};
use utoipa::ToSchema;

use view::{DifferenceView, Report};

use crate::{
    answer::Answer,
    body::{Fields, RawBody, Request},
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat,
    web::{Params, Query, Web, Who},
};

/// How many days before today's are shown where nobody says from when.
const USUAL: i32 = 6;
const DATE: &str = "must be a day such as 2026-03-01";

/// What is asked for: which days, of which integrations.
#[derive(Debug, Clone, Copy)]
struct Asked {
    days: Days,
    integration: Option<IntegrationId>,
}

/// A day, or the day that a moment lies in, in UTC.
fn day(text: &str) -> Option<Date> {
    let moment = || text.parse::<Timestamp>().ok().map(day_of);
    text.parse::<Date>().ok().filter(|it| it.to_string() == text).or_else(moment)
}

/// The days from one to another; up to today where nobody says until when.
fn days(from: Option<Date>, to: Option<Date>, now: Timestamp) -> Result<Days, NoDays> {
    match (from, to) {
        (None, None) => Ok(Days::before(now, USUAL)),
        (Some(from), to) => Days::new(from, to.unwrap_or_else(|| day_of(now).max(from))),
        (None, Some(to)) => Days::new(to.saturating_sub(jiff::Span::new().days(USUAL)), to),
    }
}

fn wrong(error: NoDays) -> Problem {
    Problem::invalid("to", error.to_string())
}

/// The organization's integrations for payments, or the one that is asked for.
async fn meant(
    conn: &mut Conn,
    organization: OrganizationId,
    asked: Option<IntegrationId>,
) -> Result<Vec<Integration>, Problem> {
    let all = integrations::list(conn, organization, None, None).await?;
    let fits = |it: &Integration| match asked {
        Some(id) => it.id == id,
        None => it.integration_type == IntegrationType::Payment,
    };
    let found: Vec<Integration> = all.into_iter().filter(fits).collect();
    if asked.is_some() && found.is_empty() {
        return Err(Problem::not_found("integration_not_found"));
    }
    Ok(found)
}

async fn report(web: &Web, organization: OrganizationId, asked: Asked) -> Result<Answer, Problem> {
    let mut conn = web.engine.db.read().await?;
    let integrations = meant(&mut conn, organization, asked.integration).await?;
    let days = reconciliation::days(&mut conn, organization, asked.days, asked.integration).await?;
    let found = differences::list(&mut conn, organization, asked.days, asked.integration).await?;
    let settled = batches::list(&mut conn, organization, asked.days, asked.integration).await?;
    let open = differences::open(&mut conn, organization).await?;
    Answer::ok(&Report::of(asked.days, &integrations, days, &found, &settled, open)?)
}

/// Shows how each day stands, with both sides' figures, what differs, and the batches that settled. Days are UTC.
///
/// A day is `Reconciled`, `Differs`, or `NotReconciled` with the reason: nobody looked at it yet, or the provider could
/// not tell. At most 31 days; without `from` and `to` the last seven.
#[utoipa::path(get, path = "/api/reports/reconciliation", tag = "Reports",
    params(("from" = Option<String>, Query, description = "The first day, such as `2026-03-01`"),
        ("to" = Option<String>, Query, description = "The last day"),
        ("integrationId" = Option<String>, Query, description = "Of one integration alone")),
    responses((status = 200, description = "The days", body = Report)))]
pub(crate) async fn get(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let mut query = Query::new(&uri);
    let (from, to) = (query.parsed("from", DATE, day), query.parsed("to", DATE, day));
    let integration = query.parsed("integrationId", "must be an integration's id", |it| it.parse().ok());
    query.end()?;
    let days = days(from, to, web.engine.ambient.now()).map_err(wrong)?;
    report(&web, who.organization(), Asked { days, integration }).await
}

/// Which days to reconcile now.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = Reconcile, example = json!({ "from": "2026-03-01", "to": "2026-03-02" }))]
pub(crate) struct Reconcile {
    /// The first day; the days are as in the report.
    from: Option<String>,
    /// The last day.
    to: Option<String>,
    /// One integration alone.
    integration_id: Option<String>,
}

impl Request for Reconcile {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let mut date = |key: &'static str| {
            let text = fields.optional(key).text(1..=40);
            if text.as_deref().is_some_and(|it| day(it).is_none()) {
                fields.wrong(key, DATE);
            }
            text
        };
        let (from, to) = (date("from"), date("to"));
        let integration_id = fields.optional("integrationId").text(1..=64);
        if integration_id.as_deref().is_some_and(|it| it.parse::<IntegrationId>().is_err()) {
            fields.wrong("integrationId", "must be an integration's id");
        }
        Some(Self { from, to, integration_id })
    }
}

/// Reconciles days now, and shows how they stand. The same is done by itself once a day.
///
/// Nothing is recorded as paid or given back by it. An integration that is being reconciled by somebody else is left to
/// them.
#[utoipa::path(post, path = "/api/reports/reconciliation", tag = "Reports", request_body = Reconcile,
    responses((status = 200, description = "The days", body = Report)))]
pub(crate) async fn run(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let read: Reconcile = body.read()?;
    let of = |text: &Option<String>| text.as_deref().and_then(day);
    let days = days(of(&read.from), of(&read.to), web.engine.ambient.now()).map_err(wrong)?;
    let integration = read.integration_id.and_then(|it| it.parse().ok());
    let asked = Asked { days, integration };
    meant(&mut *web.engine.db.read().await?, who.organization(), integration).await?;
    let (own, organization) = (Arc::clone(&web), who.organization());
    // Whoever asked may hang up: what was begun is ended all the same.
    let work = async move {
        tokio::spawn(async move { run_all(&own, &who, asked).await }).await.map_err(Problem::internal)?
    };
    repeat::ask(web, organization, repeat, body.bytes()?, work).await
}

async fn run_all(web: &Web, who: &Who, asked: Asked) -> Result<Answer, Problem> {
    let organization = who.organization();
    let all = meant(&mut *web.engine.db.read().await?, organization, asked.integration).await?;
    for it in all.iter().filter(|it| it.is_enabled) {
        match web.engine.reconcile(organization, it.id, asked.days, &who.actor).await? {
            Ran::Busy if asked.integration.is_some() => {
                return Err(Problem::conflict(
                    "reconciliation_running",
                    "This integration is being reconciled just now. Read the report in a moment.",
                ));
            }
            Ran::Done { .. } | Ran::NotReconciled(_) | Ran::Busy => {}
        }
    }
    report(web, organization, asked).await
}

/// How a difference is to end.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = DifferenceEnding, example = json!({ "action": "accept", "reason": "Refunded by cheque 2041" }))]
pub(crate) struct End {
    /// `resolve`, which is meant where it is not said, or `accept`.
    action: Option<String>,
    /// Why it is right as it is; must be there to accept it.
    reason: Option<String>,
}

impl Request for End {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let action = fields.optional("action").text(1..=20);
        let reason = fields.optional("reason").lines(1..=500);
        let accepts = action.as_deref() == Some("accept");
        if action.as_deref().is_some_and(|it| !matches!(it, "resolve" | "accept")) {
            fields.wrong("action", "must be resolve or accept");
        }
        if accepts && reason.as_deref().is_none_or(|it| it.trim().is_empty()) {
            fields.wrong("reason", "is required to accept a difference");
        }
        Some(Self { action, reason })
    }
}

impl End {
    fn ending(self) -> Ending {
        match (self.action.as_deref(), self.reason) {
            (Some("accept"), Some(reason)) => Ending::Accept(reason),
            _ => Ending::Resolve,
        }
    }
}

/// Ends a difference.
///
/// `resolve` asks the provider again. A payment or refund of ours that is still open is resolved; money that moved there
/// under one of our references, and a payment that was undone there, are written down on the provider's word; what agrees
/// by then is closed. Where nothing here says what is right it is a 409, and a person accepts it with a reason.
#[utoipa::path(post, path = "/api/reports/reconciliation/differences/{id}/resolve", tag = "Reports",
    params(("id" = String, Path)), request_body = End,
    responses((status = 200, description = "The difference as it stands now", body = DifferenceView),
        (status = 409, description = "It is over already, or only a person can tell what is right"),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "The provider did not answer in time")))]
pub(crate) async fn resolve(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let missing = || Problem::not_found("difference_not_found");
    let id: DifferenceId = id.parse().map_err(|_| missing())?;
    differences::get(&mut *web.engine.db.read().await?, who.organization(), id).await?.ok_or_else(missing)?;
    let ending = body.read::<End>()?.ending();
    let (own, organization) = (Arc::clone(&web), who.organization());
    let work = async move {
        let task = tokio::spawn(async move { end(&own, &who, id, &ending).await });
        task.await.map_err(Problem::internal)?
    };
    repeat::ask(web, organization, repeat, body.bytes()?, work).await
}

async fn end(web: &Web, who: &Who, id: DifferenceId, ending: &Ending) -> Result<Answer, Problem> {
    let ended = web.engine.settle_difference(who.organization(), id, &who.actor, ending).await?;
    let it = ended.difference;
    Ok(Answer::ok(&DifferenceView::of(&it))?.tagged(ETag::new(it.version)))
}
