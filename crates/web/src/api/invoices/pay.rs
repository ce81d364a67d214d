//! `POST /api/invoices/{id}/payments`: money that came in outside any provider.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use jiff::Timestamp;
use kontor_domain::{Money, invoices::Invoice, payments::Method};
use kontor_engine::payments::{Offline, Whole};
use kontor_store::payments;
use utoipa::ToSchema;

use super::load;
use crate::{
    amount::{Amount, Time},
    answer::Answer,
    api::payments::View,
    body::{Fields, RawBody, Request},
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// A payment to record.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = OfflinePayment)]
pub(crate) struct Create {
    /// In the invoice's currency; more than zero.
    #[schema(value_type = Amount, example = 148.83)]
    amount: Money,
    /// Check, Cash, Ach, Wire or Other.
    #[schema(value_type = String, example = "Check")]
    method: Method,
    /// The payer's reference, such as a cheque number.
    reference: Option<String>,
    /// When it came in; now where it is not said.
    #[schema(value_type = Option<Time>)]
    received_at: Option<Timestamp>,
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let decimal = fields.required("amount").decimal();
        let currency = fields.currency();
        let amount = fields.positive_amount(decimal.as_ref(), Some(currency));
        let words: Vec<&'static str> = Method::OFFLINE.iter().map(|it| it.as_str()).collect();
        let method = fields.required("method").one_of(&words).and_then(|word| word.parse().ok());
        let reference = fields.optional("reference").text(0..=200);
        let received_at = fields.optional("receivedAt").time();
        Some(Self { amount: amount?, method: method?, reference, received_at })
    }
}

/// Records a payment that came in outside any provider and applies it to the invoice.
#[utoipa::path(post, path = "/api/invoices/{id}/payments", tag = "Payments", params(("id" = String, Path)),
    request_body = Create, responses((status = 201, description = "The payment", body = View)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    // A customer's word that it paid by cheque is no payment.
    who.caller.staff()?;
    let invoice = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let asked: Create = body.read_in(invoice.totals.total.currency())?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = record(&web, &mut change, &who, &invoice, asked).await;
    change.end(&web, result).await
}

async fn record(
    web: &Web,
    change: &mut Change,
    who: &Who,
    invoice: &Invoice,
    asked: Create,
) -> Result<Answer, Problem> {
    let organization = who.organization();
    let Create { amount, method, reference, received_at } = asked;
    let offline = Offline { amount, method, reference, received_at };
    let conn = change.conn();
    let payment = web.engine.record_offline(conn, organization, invoice.id, offline).await?;
    let applications = payments::applications(conn, organization, &payment).await?;
    let whole = Whole { payment, applications, refunds: Vec::new() };
    let (payment, view) = (&whole.payment, View::of(&whole)?);
    Ok(Answer::created(&format!("/api/payments/{}", payment.id), &view)?.tagged(ETag::new(payment.version)))
}
