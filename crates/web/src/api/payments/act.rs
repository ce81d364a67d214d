//! `POST /api/payments/{id}/void` and `…/capture`: what is done with a payment after it was made.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use kontor_domain::{
    Money,
    actions::{Kind, Status},
    ids::PaymentId,
};
use kontor_engine::{actions::Acted, keep::Keep, payments::Whole};
use kontor_store::idempotency;
use utoipa::ToSchema;

use super::{View, load};
use crate::{
    amount::Amount,
    answer::Answer,
    body::{Fields, RawBody, Request},
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed, claim_for_call, kept_or_500, refused},
    web::{Params, Web, Who},
};

/// What is to be captured.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewCapture)]
pub(crate) struct Capture {
    /// In the payment's currency, at most what is authorized; all of it where it is not said. The rest is let go of.
    #[schema(value_type = Option<Amount>, example = 100.00)]
    amount: Option<Money>,
}

impl Request for Capture {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let decimal = fields.optional("amount").decimal();
        let currency = fields.currency();
        let amount = fields.positive_amount(decimal.as_ref(), Some(currency));
        Some(Self { amount })
    }
}

/// Nothing is to be said of a void.
struct Nothing;

impl Request for Nothing {
    const MAY_BE_EMPTY: bool = true;

    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

/// Undoes a whole payment: one that has not settled, an authorization, or one that came in outside any provider.
///
/// The payment turns Voided and comes out of its invoices, which are to be paid again. What has settled cannot be
/// voided (409 `payment_settled`): refund it.
#[utoipa::path(post, path = "/api/payments/{id}/void", tag = "Payments", params(("id" = String, Path)),
    responses((status = 200, description = "The payment, Voided", body = View),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "Whether it was undone is not known yet; the provider is asked again")))]
pub(crate) async fn void(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let Nothing = body.read()?;
    if payment.provider.is_some() {
        return at_provider(web, who, payment.id, (Kind::Void, None), repeat, &body).await;
    }
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let result = web.engine.void_offline(conn, who.organization(), &who.actor, payment.id).await;
    let result = result.map_err(Problem::from).and_then(|whole| shown(&whole));
    change.end(&web, result).await
}

/// Takes what an authorization holds, or a part of it. The rest is let go of.
#[utoipa::path(post, path = "/api/payments/{id}/capture", tag = "Payments", params(("id" = String, Path)),
    request_body = Capture, responses((status = 200, description = "The payment, Succeeded", body = View),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "Whether it was taken is not known yet; the provider is asked again")))]
pub(crate) async fn capture(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let payment = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let asked: Capture = body.read_in(payment.amount.currency())?;
    at_provider(web, who, payment.id, (Kind::Capture, asked.amount), repeat, &body).await
}

async fn at_provider(
    web: Arc<Web>,
    who: Who,
    payment: PaymentId,
    what: (Kind, Option<Money>),
    repeat: Repeat,
    body: &RawBody,
) -> Result<Response, Problem> {
    let key = repeat.key(who.organization(), body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    // What was claimed must be ended also when the caller hangs up.
    let task = tokio::spawn(act(web, who, payment, what, key, repeat.trace_id));
    task.await.map_err(Problem::internal)?
}

async fn act(
    web: Arc<Web>,
    who: Who,
    payment: PaymentId,
    (kind, amount): (Kind, Option<Money>),
    key: Option<idempotency::Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |acted: &Acted| kept_or_500(ended(acted, &trace_id));
    let keep = key.as_ref().map(|key| Keep { key, answer: &answer });
    let (engine, organization) = (&web.engine, who.organization());
    let made = match kind {
        Kind::Capture => engine.capture(organization, &who.actor, payment, amount, keep.as_ref()).await,
        Kind::Void => engine.void_at_provider(organization, &who.actor, payment, keep.as_ref()).await,
    };
    match made {
        Ok(acted) if acted.action.status.is_open() => Err(unknown(&acted)),
        Ok(acted) => Ok(ended(&acted, &trace_id)?.into_response()),
        // Nothing was sent out, so the same key may try again; one that is tied to an action stays.
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

fn shown(whole: &Whole) -> Result<Answer, Problem> {
    Ok(Answer::ok(&View::of(whole)?)?.tagged(ETag::new(whole.payment.version)))
}

/// The answer of an action that has ended.
pub(super) fn ended(acted: &Acted, trace_id: &str) -> Result<Answer, Problem> {
    let problem = match (acted.action.status, acted.action.kind) {
        (Status::Declined, Kind::Capture) => {
            Problem::refused("capture_declined", "The provider declined the capture.")
        }
        (Status::Declined, Kind::Void) => {
            Problem::refused("void_declined", "The provider declined the void.")
        }
        (Status::Failed, Kind::Capture) => {
            Problem::refused("capture_failed", "The provider did not make the capture.")
        }
        (Status::Failed, Kind::Void) => {
            Problem::refused("void_failed", "The provider did not make the void.")
        }
        _ => return shown(&acted.whole),
    };
    Ok(Answer::of_problem(&named(problem, acted), trace_id))
}

/// Nobody knows yet.
fn unknown(acted: &Acted) -> Problem {
    let words = match acted.action.kind {
        Kind::Capture => "Whether the money was taken is not known yet; the provider is asked again.",
        Kind::Void => "Whether the payment was undone is not known yet; the provider is asked again.",
    };
    named(Problem::timed_out(words).code("provider_outcome_unknown"), acted)
}

fn named(problem: Problem, acted: &Acted) -> Problem {
    let failure = acted.action.failure.as_ref();
    problem
        .with("paymentId", acted.whole.payment.id.to_string())
        .with("currentStatus", acted.whole.payment.status.as_str())
        .with_some("providerCode", failure.and_then(|it| it.provider_code.clone()))
        .with_some("providerMessage", failure.and_then(|it| it.provider_message.clone()))
}
