//! What is shown of auto-pay.

use kontor_domain::{
    auto_pay::{AutoPay, Charge, Consent, Reason},
    customers::Customer,
    payment_methods::PaymentMethod,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::amount::Time;

/// Whether a customer's invoices are charged by themselves.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoPay)]
pub(crate) struct View {
    #[schema(example = "CUST-1001")]
    customer_number: String,
    is_enabled: bool,
    /// The latest agreement, also after it was switched off.
    consent: Option<ConsentView>,
    /// What would be charged: the customer's default payment method.
    #[schema(example = "pm_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    payment_method_id: Option<String>,
    updated_at: Option<Time>,
}

/// What was agreed to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoPayConsent)]
pub(crate) struct ConsentView {
    /// Who agreed.
    #[schema(example = "Anna Petersen")]
    accepted_by: String,
    /// The words.
    #[schema(example = "I agree that open invoices are charged to my default card on the day they are due.")]
    text: String,
    consented_at: Time,
    /// Who wrote it down.
    #[schema(example = "key_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    recorded_by: String,
}

impl ConsentView {
    fn of(it: &Consent) -> Self {
        Self {
            accepted_by: it.accepted_by.clone(),
            text: it.text.clone(),
            consented_at: it.at.into(),
            recorded_by: it.recorded_by.clone(),
        }
    }
}

impl View {
    pub(super) fn of(customer: &Customer, setting: Option<&AutoPay>, method: Option<&PaymentMethod>) -> Self {
        Self {
            customer_number: customer.customer_number.clone(),
            is_enabled: setting.is_some_and(|it| it.is_enabled),
            consent: setting.and_then(|it| it.consent.as_ref()).map(ConsentView::of),
            payment_method_id: method.map(|it| it.id.to_string()),
            updated_at: setting.map(|it| it.updated_at.into()),
        }
    }
}

/// The charge of one invoice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoPayCharge)]
pub(crate) struct ChargeView {
    #[schema(example = "apc_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    #[schema(example = "inv_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    invoice_id: String,
    /// Scheduled, Charging, Retrying, Paid, Failed or Cancelled.
    #[schema(example = "Retrying")]
    status: &'static str,
    /// When it is tried, or tried again.
    due_at: Time,
    /// How often it was tried.
    #[schema(example = 1)]
    tries: u32,
    /// The latest attempt.
    payment_id: Option<String>,
    /// Why it stands as it does: declined, `card_refused`, `not_done`, `no_payment_method`, `called_off`,
    /// `auto_pay_off`, `invoice_not_payable` or `invoice_payment_in_flight`.
    #[schema(example = "declined")]
    reason: Option<&'static str>,
    created_at: Time,
    updated_at: Time,
}

impl ChargeView {
    pub(super) fn of(it: &Charge) -> Self {
        Self {
            id: it.id.to_string(),
            customer_number: it.customer_number.clone(),
            invoice_id: it.invoice_id.to_string(),
            status: it.status.as_str(),
            due_at: it.due_at.into(),
            tries: it.tries,
            payment_id: it.payment_id.map(|id| id.to_string()),
            reason: it.reason.map(Reason::as_str),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        }
    }
}
