//! `/api/payments`: every attempt, how it stands, and the question to the provider.

pub(crate) mod act;
pub(crate) mod apply;
pub(crate) mod authorize_net;
pub(crate) mod hosted;
pub(crate) mod methods;
pub(crate) mod refund;
mod view;
pub(crate) mod worldpay;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kontor_domain::{
    ids::{OrganizationId, PaymentId},
    payments::{Payment, Status},
    refunds::Status as RefundStatus,
};
use kontor_engine::{actions::Acted, payments::Whole, resolve::Why};
use kontor_store::{Conn, actions, events, payments, refunds};

pub(crate) use view::{Timed, View, failure_json};

use super::{BY_CREATION, slice, status, whose};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::ETag,
    idempotency::Repeat,
    page::{Envelope, Page},
    problem::Problem,
    repeat,
    web::{Params, Web, Who, parsed},
};

fn missing() -> Problem {
    Problem::not_found("payment_not_found")
}

/// One payment that the caller may see. A foreign one, and another customer's, is absent.
async fn load(conn: &mut Conn, who: &Who, id: &str) -> Result<Payment, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let own = who.caller.own_customer()?;
    let found = payments::get(conn, who.organization(), id).await?;
    found.filter(|it| own.is_none_or(|own| own == it.customer_number)).ok_or_else(missing)
}

/// The answer of a request whose outcome was not known when it was given: none while it still is not.
pub(crate) async fn ended(
    conn: &mut Conn,
    organization: OrganizationId,
    subject: &str,
    trace_id: &str,
) -> Result<Option<Answer>, Problem> {
    if let Ok(id) = subject.parse() {
        let refund = refunds::get(conn, organization, id).await?;
        return refund
            .filter(|it| it.status != RefundStatus::Submitted && it.status != RefundStatus::Unknown)
            .map(|it| refund::ended(&it, trace_id))
            .transpose();
    }
    if let Ok(id) = subject.parse() {
        let action = actions::get(conn, organization, id).await?;
        let Some(action) = action.filter(|it| !it.status.is_open()) else { return Ok(None) };
        let whole = Whole::read(conn, organization, action.payment_id).await?;
        return whole.map(|whole| act::ended(&Acted { action, whole }, trace_id)).transpose();
    }
    let Ok(id) = subject.parse() else { return Ok(None) };
    let whole = Whole::read(conn, organization, id).await?;
    let ended = whole.filter(|it| !it.payment.status.is_open());
    ended.map(|whole| super::invoices::pay::ended(&whole, trace_id)).transpose()
}

async fn shown(conn: &mut Conn, who: &Who, id: PaymentId) -> Result<View, Problem> {
    let whole = Whole::read(conn, who.organization(), id).await?.ok_or_else(missing)?;
    View::of(&whole)
}

/// Lists payments: every attempt, whatever became of it. A Customer sees its own.
#[utoipa::path(get, path = "/api/payments", tag = "Payments", params(("invoiceId" = Option<String>, Query),
    ("customerNumber" = Option<String>, Query), ("status" = Option<String>, Query), ("provider" = Option<String>, Query),
    ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of payments", body = Envelope<View>)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    let customer_number = whose(&uri, &who)?;
    let page = Page::of(&uri, BY_CREATION)?;
    let registry = &web.engine.registry;
    let filter = payments::Filter {
        invoice_id: parsed(&uri, "invoiceId", "must be an invoice's id", |text| text.parse().ok())?,
        customer_number,
        status: status(&uri, Status::ALL)?,
        provider: parsed(&uri, "provider", "must be a provider's name", |text| {
            registry.get(text).map(|it| it.template().provider.clone())
        })?,
    };
    let mut conn = web.engine.db.read().await?;
    let found = payments::list(&mut conn, who.organization(), &filter, &slice(&page)?).await?;
    let at = |it: &Payment| page.cursor(it.created_at, it.id);
    let total = found.count();
    let rows = page.envelope(found.rows, total, BY_CREATION, at);
    let mut data = Vec::with_capacity(rows.data.len());
    for payment in &rows.data {
        data.push(shown(&mut conn, &who, payment.id).await?);
    }
    Answer::ok(&rows.showing(data))
}

/// Reads one payment with its timeline. Of one whose outcome is not known the provider is asked now, for some seconds.
#[utoipa::path(get, path = "/api/payments/{id}", tag = "Payments", params(("id" = String, Path)),
    responses((status = 200, description = "The payment", body = Timed)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
) -> Result<Answer, Problem> {
    let mut payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    if payment.status == Status::Unknown {
        web.asking.ask(&web.engine, who.organization(), payment.id, &who.actor).await;
        payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    }
    let mut conn = web.engine.db.read().await?;
    let view = shown(&mut conn, &who, payment.id).await?;
    let timeline = events::of_subject(&mut conn, who.organization(), &payment.id.to_string()).await?;
    let view = Timed::of(view, &timeline)?;
    // No If-None-Match: an alert adds to the timeline without the payment's version.
    Ok(Answer::ok(&view)?.tagged(ETag::new(payment.version)))
}

/// Asks the provider now what became of a payment, and records what it says.
#[utoipa::path(post, path = "/api/payments/{id}/resolve", tag = "Payments", params(("id" = String, Path)),
    responses((status = 200, description = "The payment as it stands now", body = View),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "The provider did not answer in time; it is asked again later")))]
pub(crate) async fn resolve(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let (own, organization) = (Arc::clone(&web), who.organization());
    let work = Box::pin(async move { resolve_now(&own, &who, &payment).await });
    repeat::ask(web, organization, repeat, body.bytes()?, work).await
}

async fn resolve_now(web: &Web, who: &Who, payment: &Payment) -> Result<Answer, Problem> {
    let resolved = web.engine.resolve(who.organization(), payment.id, Why::Asked, &who.actor).await?;
    if let Some(error) = resolved.unanswered {
        return Err(kontor_engine::Error::Provider { error, payment: Some(payment.id) }.into());
    }
    let (waiting, action) = {
        let mut conn = web.engine.db.read().await?;
        let waiting = refunds::of_payment(&mut conn, who.organization(), payment.id).await?;
        (waiting, actions::open_of_payment(&mut conn, who.organization(), payment.id).await?)
    };
    if let Some(action) = action {
        web.engine.drive_action(who.organization(), action.id, &who.actor).await?;
    }
    for refund in waiting.iter().filter(|it| it.status.is_open()) {
        web.engine.drive_refund(who.organization(), refund.id, &who.actor).await?;
    }
    let mut conn = web.engine.db.read().await?;
    let payment = payments::get(&mut conn, who.organization(), payment.id).await?.ok_or_else(missing)?;
    let view = shown(&mut conn, who, payment.id).await?;
    Ok(Answer::ok(&view)?.tagged(ETag::new(payment.version)))
}
