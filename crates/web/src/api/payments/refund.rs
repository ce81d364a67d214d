//! `POST /api/payments/{id}/refunds`: money goes back.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use kontor_domain::{
    Money,
    ids::PaymentId,
    payments::Payment,
    refunds::{Refund, Status},
};
use kontor_engine::{keep::Keep, refunds::Ask};
use kontor_store::idempotency;
use serde::Serialize;
use utoipa::ToSchema;

use super::{load, view::FailureView};
use crate::{
    amount::{Amount, Time},
    answer::Answer,
    body::{Fields, RawBody, Request},
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed, claim_for_call, kept_or_500, refused},
    web::{Params, Web, Who},
};

/// A refund to make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewRefund)]
pub(crate) struct Create {
    /// In the payment's currency; all that may still go back where it is not said.
    #[schema(value_type = Option<Amount>, example = 48.83)]
    amount: Option<Money>,
    /// Why.
    #[schema(example = "Two bales were wet")]
    reason: Option<String>,
    /// Whether what it takes off invoices is to be paid again.
    #[schema(default = true)]
    reopen_invoice: bool,
}

impl Request for Create {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let decimal = fields.optional("amount").decimal();
        let currency = fields.currency();
        let amount = fields.positive_amount(decimal.as_ref(), Some(currency));
        let reason = fields.optional("reason").lines(0..=500);
        let reopen_invoice = fields.optional("reopenInvoice").boolean();
        Some(Self { amount, reason, reopen_invoice: reopen_invoice.unwrap_or(true) })
    }
}

/// A refund (API.md §6, Refund).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub(crate) struct View {
    #[schema(example = "ref_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    payment_id: String,
    amount: Amount,
    #[schema(example = "USD")]
    currency_code: &'static str,
    reason: Option<String>,
    reopen_invoice: bool,
    /// Submitted, `AwaitingSettlement`, Succeeded, Declined, Failed, Unknown or Voided.
    #[schema(example = "Succeeded")]
    status: &'static str,
    /// The 16 digits that the provider carries.
    provider_reference: String,
    provider_transaction_id: Option<String>,
    failure: Option<FailureView>,
    created_at: Time,
    updated_at: Time,
}

impl View {
    pub(super) fn of(it: &Refund) -> Self {
        Self {
            id: it.id.to_string(),
            payment_id: it.payment_id.to_string(),
            amount: it.amount.into(),
            currency_code: it.amount.currency().code(),
            reason: it.reason.clone(),
            reopen_invoice: it.reopen_invoice,
            status: it.status.as_str(),
            provider_reference: it.provider_reference.clone(),
            provider_transaction_id: it.provider_transaction_id.clone(),
            failure: it.failure.as_ref().map(FailureView::of),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        }
    }
}

/// Gives money back, all of it or a part.
///
/// A card's whole payment that has not settled is undone at the provider (`Voided`), a part of one waits
/// (`AwaitingSettlement`) and goes out by itself; what has settled is given back at once.
#[utoipa::path(post, path = "/api/payments/{id}/refunds", tag = "Payments", params(("id" = String, Path)),
    request_body = Create, responses((status = 201, description = "The refund", body = View),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "Whether the money went back is not known yet; the provider is asked again")))]
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
    let Create { amount, reason, reopen_invoice } = asked;
    let ask = Ask { amount, reason, reopen_invoice };
    if payment.provider.is_some() {
        let key = repeat.key(who.organization(), body.bytes()?)?;
        if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
            return Ok(response);
        }
        // What was claimed must be ended also when the caller hangs up.
        let task = tokio::spawn(at_provider(Arc::clone(&web), who, payment.id, ask, key, repeat.trace_id));
        return task.await.map_err(Problem::internal)?;
    }
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = offline(&web, &mut change, &who, &payment, &ask).await;
    change.end(&web, result).await
}

async fn offline(
    web: &Web,
    change: &mut Change,
    who: &Who,
    payment: &Payment,
    ask: &Ask,
) -> Result<Answer, Problem> {
    let conn = change.conn();
    let made = web.engine.refund_offline(conn, who.organization(), &who.actor, payment.id, ask).await?;
    shown(&made)
}

async fn at_provider(
    web: Arc<Web>,
    who: Who,
    payment: PaymentId,
    ask: Ask,
    key: Option<idempotency::Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |refund: &Refund| kept_or_500(ended(refund, &trace_id));
    let keep = key.as_ref().map(|key| Keep { key, answer: &answer });
    let made =
        web.engine.refund_at_provider(who.organization(), &who.actor, payment, &ask, keep.as_ref()).await;
    match made {
        Ok(refund) if matches!(refund.status, Status::Submitted | Status::Unknown) => Err(unknown(&refund)),
        Ok(refund) => Ok(ended(&refund, &trace_id)?.into_response()),
        // Nothing was sent out, so the same key may try again; one that is tied to a refund stays.
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

fn shown(refund: &Refund) -> Result<Answer, Problem> {
    let location = format!("/api/payments/{}", refund.payment_id);
    Ok(Answer::created(&location, &View::of(refund))?.tagged(ETag::new(refund.version)))
}

/// The answer of a refund that has ended or waits.
pub(super) fn ended(refund: &Refund, trace_id: &str) -> Result<Answer, Problem> {
    let problem = match refund.status {
        Status::Declined => Problem::refused("refund_declined", "The provider declined the refund."),
        Status::Failed => Problem::refused("refund_failed", "The provider did not make the refund."),
        _ => return shown(refund),
    };
    Ok(Answer::of_problem(&named(problem, refund), trace_id))
}

/// Nobody knows yet.
fn unknown(refund: &Refund) -> Problem {
    let words = "Whether the money went back is not known yet; the provider is asked again.";
    named(Problem::timed_out(words).code("provider_outcome_unknown"), refund)
}

fn named(problem: Problem, refund: &Refund) -> Problem {
    let failure = refund.failure.as_ref();
    problem
        .with("paymentId", refund.payment_id.to_string())
        .with("refundId", refund.id.to_string())
        .with_some("providerCode", failure.and_then(|it| it.provider_code.clone()))
        .with_some("providerMessage", failure.and_then(|it| it.provider_message.clone()))
}
