//! A card is charged for an invoice: by the shop's own people, or by the customer whose card it is.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use kontor_domain::{invoices::Invoice, payments::Status};
use kontor_engine::{
    charges::{From, Order, Usage},
    keep::Keep,
    payments::Whole,
};
use kontor_store::idempotency;

use super::{
    made,
    request::{Card, Named},
};
use crate::{
    answer::Answer,
    body::RawBody,
    idempotency::Repeat,
    problem::Problem,
    repeat::{came_to_nothing, kept_or_500},
    web::{Web, Who},
};

/// What stands for the customer's default card where an id is expected.
const DEFAULT: &str = "default";

pub(super) async fn create(
    web: Arc<Web>,
    who: Who,
    invoice: &Invoice,
    card: Box<Card>,
    repeat: Repeat,
    body: &RawBody,
) -> Result<Response, Problem> {
    let order = order(&web, &who, invoice, *card)?;
    let key = repeat.key(who.organization(), body.bytes()?)?;
    // What is claimed must be ended also when the caller hangs up.
    let task = tokio::spawn(charge(web, who, order, key, repeat.trace_id));
    task.await.map_err(Problem::internal)?
}

fn order(web: &Web, who: &Who, invoice: &Invoice, card: Card) -> Result<Order, Problem> {
    let Card { amount, from, provider, capture, reference } = card;
    let from = match from {
        Named::Method(word) if word == DEFAULT => From::Default,
        // What is no id is no card of anybody's.
        Named::Method(id) => {
            From::Method(id.parse().map_err(|_| Problem::not_found("payment_method_not_found"))?)
        }
        Named::Profile(name) => From::Profile(name),
        Named::Nonce(nonce) => From::Nonce(nonce),
    };
    let provider = provider
        .map(|named| {
            let known = web.engine.registry.get(&named).map(|it| it.template().provider.clone());
            known.ok_or_else(|| Problem::invalid("provider", "must be a provider's name"))
        })
        .transpose()?;
    // By the customer itself, or by the merchant in its absence: the card networks tell the two apart.
    let by_customer = who.caller.own_customer()?.is_some();
    let usage =
        if by_customer { Usage::Customer } else { Usage::Merchant { recurring: false, reason: None } };
    Ok(Order {
        invoice: invoice.id,
        customer: invoice.customer_id,
        amount,
        from,
        provider,
        capture,
        usage,
        reference,
        auto_pay: None,
    })
}

async fn charge(
    web: Arc<Web>,
    who: Who,
    order: Order,
    key: Option<idempotency::Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |whole: &Whole| kept_or_500(ended(whole, &trace_id));
    let keep = key.as_ref().map(|key| Keep { key, answer: &answer });
    match web.engine.charge(who.organization(), &who.actor, &order, keep.as_ref()).await {
        Ok(whole) if whole.payment.status.is_open() => Err(unknown(&whole)),
        Ok(whole) => Ok(ended(&whole, &trace_id)?.into_response()),
        // Nothing was sent out, so the same key may try again; one that is tied to a payment stays.
        Err(error) => came_to_nothing(&web, key, error.into(), &trace_id).await,
    }
}

/// The answer of a charge that has ended.
pub(crate) fn ended(whole: &Whole, trace_id: &str) -> Result<Answer, Problem> {
    let problem = match whole.payment.status {
        Status::Declined => Problem::refused("payment_declined", "The payment was declined."),
        Status::Failed => Problem::refused("payment_failed", "The payment was not made; nothing was taken."),
        _ => return made(whole),
    };
    Ok(Answer::of_problem(&named(problem, whole), trace_id))
}

/// Nobody knows yet.
fn unknown(whole: &Whole) -> Problem {
    let words =
        "Whether the money was taken is not known yet; the provider is asked again. Do not pay again.";
    named(Problem::timed_out(words).code("provider_outcome_unknown"), whole)
}

fn named(problem: Problem, whole: &Whole) -> Problem {
    let payment = &whole.payment;
    let failure = payment.failure.as_ref();
    problem
        .with("paymentId", payment.id.to_string())
        .with("currentStatus", payment.status.as_str())
        .with_some("failure", failure.map(crate::api::payments::failure_json))
        .with_some("providerCode", failure.and_then(|it| it.provider_code.clone()))
        .with_some("providerMessage", failure.and_then(|it| it.provider_message.clone()))
        .with_some("avsResult", payment.avs_result.clone())
        .with_some("cvvResult", payment.cvv_result.clone())
}
