//! `POST /api/payments/{id}/applications`: money that lies on no invoice is laid on one.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::{Money, ids::InvoiceId, payments::Payment};
use utoipa::ToSchema;

use super::{View, load, shown};
use crate::{
    amount::Amount,
    answer::Answer,
    body::{Fields, RawBody, Request},
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// Where the money is to lie.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewApplication)]
pub(crate) struct Create {
    /// An invoice of the payment's customer, in the payment's currency.
    #[schema(value_type = String, example = "inv_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    invoice_id: String,
    /// As much as there is and as fits where it is not said.
    #[schema(value_type = Option<Amount>, example = 100.00)]
    amount: Option<Money>,
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let invoice_id = fields.required("invoiceId").text(1..=100);
        let decimal = fields.optional("amount").decimal();
        let currency = fields.currency();
        let amount = fields.positive_amount(decimal.as_ref(), Some(currency));
        Some(Self { invoice_id: invoice_id?, amount })
    }
}

/// Lays money of a payment that lies on no invoice on one.
#[utoipa::path(post, path = "/api/payments/{id}/applications", tag = "Payments", params(("id" = String, Path)),
    request_body = Create, responses((status = 201, description = "The payment", body = View)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let asked: Create = body.read_in(payment.amount.currency())?;
    // What is no id is no invoice of anybody's.
    let invoice = asked.invoice_id.parse().map_err(|_| Problem::not_found("invoice_not_found"))?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = apply(&web, &mut change, &who, &payment, invoice, asked.amount).await;
    change.end(&web, result).await
}

async fn apply(
    web: &Web,
    change: &mut Change,
    who: &Who,
    payment: &Payment,
    invoice: InvoiceId,
    amount: Option<Money>,
) -> Result<Answer, Problem> {
    let conn = change.conn();
    let what = (payment.id, invoice);
    let applied = web.engine.apply_payment(conn, who.organization(), &who.actor, what, amount).await?;
    let view = shown(conn, who, applied.id).await?;
    Ok(Answer::created(&format!("/api/payments/{}", applied.id), &view)?.tagged(ETag::new(applied.version)))
}
