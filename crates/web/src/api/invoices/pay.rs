//! `POST /api/invoices/{id}/payments`: a card is charged, or money that came in outside any provider is recorded.

mod charge;
mod request;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::invoices::Invoice;
use kontor_engine::payments::{Offline, Whole};

pub(crate) use charge::ended;
use request::{Create, NewPayment};

use super::load;
use crate::{
    answer::Answer,
    api::payments::View,
    body::RawBody,
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// Charges a card for an invoice, or records a payment that came in outside any provider, and applies it.
///
/// Exactly one of: `paymentMethodId` or `paymentProfileId` (a saved card), `opaqueData` (a card that the provider's
/// script took in the browser, charged once), `method` (money that came in another way; the shop's own people alone).
/// With `capture: false` the amount is held, and captured or voided later.
///
/// A saved card is charged through the integration that made it. `paymentMethodId: "default"` charges the customer's
/// default card; where its provider surely took nothing (it is out of reach, or refuses the request) the customer's
/// newest card at another provider is charged instead, at the organization's default provider first. Each try is a
/// payment of its own. What an issuer declined is declined, and where the outcome is not known, or the caller named a
/// card or a provider, nothing else is tried.
///
/// Declined: 422 `payment_declined`; not done: 422 `payment_failed`; both with `paymentId`, and the try stays on record.
/// A 504 names its `paymentId` too: its amount stays reserved until the provider has said what happened.
#[utoipa::path(post, path = "/api/invoices/{id}/payments", tag = "Payments", params(("id" = String, Path)),
    request_body = NewPayment, responses((status = 201, description = "The payment: Succeeded or Authorized", body = View),
        (status = 504, description = "Whether money was taken is not known yet; the provider is asked again")))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    let invoice = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    if body.peek("method").is_some() {
        // A customer's word that it paid by cheque is no payment.
        who.caller.staff()?;
    }
    match body.read_in(invoice.totals.total.currency())? {
        Create::Card(card) => charge::create(web, who, &invoice, card, repeat, &body).await,
        Create::Offline(offline) => {
            who.caller.staff()?;
            record(&web, &who, &invoice, offline, repeat, &body).await
        }
    }
}

async fn record(
    web: &Web,
    who: &Who,
    invoice: &Invoice,
    offline: Offline,
    repeat: Repeat,
    body: &RawBody,
) -> Result<Response, Problem> {
    let mut change = match Change::begin(web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = record_in(web, &mut change, who, invoice, offline).await;
    change.end(web, result).await
}

async fn record_in(
    web: &Web,
    change: &mut Change,
    who: &Who,
    invoice: &Invoice,
    offline: Offline,
) -> Result<Answer, Problem> {
    let organization = who.organization();
    let conn = change.conn();
    made(&web.engine.record_offline(conn, organization, invoice.id, offline).await?)
}

/// The answer of a payment that is there.
fn made(whole: &Whole) -> Result<Answer, Problem> {
    let payment = &whole.payment;
    let location = format!("/api/payments/{}", payment.id);
    Ok(Answer::created(&location, &View::of(whole)?)?.tagged(ETag::new(payment.version)))
}
