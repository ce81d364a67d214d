//! What is shown of a payment.

use kontor_domain::payments::{Application, Failure};
use kontor_engine::payments::Whole;
use kontor_store::events::Event;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::refund;
use crate::{
    amount::{Amount, Time},
    problem::Problem,
};

/// A payment (API.md §6, Payment).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub(crate) struct View {
    #[schema(example = "pay_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// Created, Submitted, Authorized, Succeeded, `PartiallyRefunded`, Refunded, Voided, Expired, Declined, Failed,
    /// Unknown or Abandoned.
    #[schema(example = "Succeeded")]
    status: &'static str,
    customer_number: String,
    invoice_id: Option<String>,
    /// How much. Of an authorization: what is held, and once it was captured, what was taken.
    amount: Amount,
    /// What was to be held, of a payment that is captured later.
    authorized_amount: Option<Amount>,
    #[schema(example = "USD")]
    currency_code: &'static str,
    /// Hosted, Card, Check, Cash, Ach, Wire or Other.
    method: &'static str,
    provider: Option<String>,
    integration_id: Option<String>,
    provider_transaction_id: Option<String>,
    /// The 16 digits that the provider carries.
    provider_reference: String,
    /// The caller's own.
    reference: Option<String>,
    received_at: Option<Time>,
    transaction_setup_id: Option<String>,
    /// The saved card.
    payment_method_id: Option<String>,
    amount_applied: Amount,
    amount_refunded: Amount,
    unapplied_amount: Amount,
    applications: Vec<ApplicationView>,
    refunds: Vec<refund::View>,
    authorization_code: Option<String>,
    avs_result: Option<String>,
    cvv_result: Option<String>,
    failure: Option<FailureView>,
    /// The provider's batch that it settled in, as far as reconciliation has learned it.
    #[schema(example = "3990061")]
    batch_id: Option<String>,
    /// When it settled, where the provider says so.
    settled_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// Where a payment, or a part of it, lies.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Application)]
pub(crate) struct ApplicationView {
    invoice_id: String,
    amount: Amount,
    created_at: Time,
}

/// Why it did not come about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Failure)]
pub(crate) struct FailureView {
    code: String,
    message: String,
    provider_code: Option<String>,
    provider_message: Option<String>,
}

impl FailureView {
    pub(super) fn of(it: &Failure) -> Self {
        Self {
            code: it.code.clone(),
            message: it.message.clone(),
            provider_code: it.provider_code.clone(),
            provider_message: it.provider_message.clone(),
        }
    }
}

/// The same in a problem.
pub(crate) fn failure_json(it: &Failure) -> serde_json::Value {
    serde_json::json!({
        "code": it.code,
        "message": it.message,
        "providerCode": it.provider_code,
        "providerMessage": it.provider_message,
    })
}

impl View {
    pub(crate) fn of(whole: &Whole) -> Result<Self, Problem> {
        let Whole { payment: it, applications, refunds } = whole;
        let place = |it: &Application| ApplicationView {
            invoice_id: it.invoice_id.to_string(),
            amount: it.amount.into(),
            created_at: it.created_at.into(),
        };
        Ok(Self {
            id: it.id.to_string(),
            status: it.status.as_str(),
            customer_number: it.customer_number.clone(),
            invoice_id: it.invoice_id.map(|id| id.to_string()),
            amount: it.amount.into(),
            authorized_amount: it.authorized.map(Amount::from),
            currency_code: it.amount.currency().code(),
            method: it.method.as_str(),
            provider: it.provider.clone(),
            integration_id: it.integration_id.map(|id| id.to_string()),
            provider_transaction_id: it.provider_transaction_id.clone(),
            provider_reference: it.provider_reference.clone(),
            reference: it.reference.clone(),
            received_at: it.received_at.map(Time),
            transaction_setup_id: it.transaction_setup_id.clone(),
            payment_method_id: it.payment_method_id.map(|id| id.to_string()),
            amount_applied: it.applied.into(),
            amount_refunded: it.refunded.into(),
            unapplied_amount: it.unapplied().map_err(Problem::internal)?.into(),
            applications: applications.iter().map(place).collect(),
            refunds: refunds.iter().map(refund::View::of).collect(),
            authorization_code: it.authorization_code.clone(),
            avs_result: it.avs_result.clone(),
            cvv_result: it.cvv_result.clone(),
            failure: it.failure.as_ref().map(FailureView::of),
            batch_id: it.batch_id.clone(),
            settled_at: it.settled_at.map(Time),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        })
    }
}

/// One payment with what happened to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentWithTimeline)]
pub(crate) struct Timed {
    #[serde(flatten)]
    payment: View,
    /// Oldest first.
    timeline: Vec<Moment>,
}

/// Something that happened to a payment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moment {
    id: String,
    /// Such as `payment.succeeded`.
    #[serde(rename = "type")]
    kind: String,
    created_at: Time,
    /// The facts.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

impl Timed {
    pub(super) fn of(payment: View, events: &[Event]) -> Result<Self, Problem> {
        let moment = |it: &Event| {
            let data = RawValue::from_string(it.data.clone()).map_err(Problem::internal)?;
            Ok(Moment { id: it.id.to_string(), kind: it.kind.clone(), created_at: it.at.into(), data })
        };
        Ok(Self { payment, timeline: events.iter().map(moment).collect::<Result<_, Problem>>()? })
    }
}
