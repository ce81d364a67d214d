//! Payments: the states of the money path (money.md) and what may follow what.
//!
//! Unknown is a state, not an error. Failed is reached only on the provider's own word.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Money,
    ids::{ApplicationId, CustomerId, IntegrationId, InvoiceId, PaymentId, PaymentMethodId},
    money::AmountError,
};

/// The state of a payment (money.md, States).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Written down; the provider was not called yet.
    Created,
    /// The provider was called, or its hosted page is open.
    Submitted,
    /// Authorized, not captured.
    Authorized,
    /// Money taken.
    Succeeded,
    /// Part of it given back.
    PartiallyRefunded,
    /// All of it given back.
    Refunded,
    /// Taken back before settlement.
    Voided,
    /// An authorization that ran out.
    Expired,
    /// The provider said no.
    Declined,
    /// The provider said that nothing happened.
    Failed,
    /// Nobody knows yet; the amount is reserved and the provider is asked again.
    Unknown,
    /// A hosted page that nobody paid on.
    Abandoned,
}

crate::words!(Status {
    Created = "Created",
    Submitted = "Submitted",
    Authorized = "Authorized",
    Succeeded = "Succeeded",
    PartiallyRefunded = "PartiallyRefunded",
    Refunded = "Refunded",
    Voided = "Voided",
    Expired = "Expired",
    Declined = "Declined",
    Failed = "Failed",
    Unknown = "Unknown",
    Abandoned = "Abandoned",
});

impl Status {
    /// The states from which this one may be entered. The UPDATE names them and its row count is checked.
    ///
    /// Abandoned → Succeeded exists because the provider's word outweighs our clock: an approval that it
    /// reports after the window is money taken, and money taken is recorded.
    #[expect(clippy::match_same_arms, reason = "one line a state reads as the table that it is")]
    pub fn sources(self) -> &'static [Self] {
        match self {
            Self::Created => &[],
            Self::Submitted => &[Self::Created],
            Self::Authorized => &[Self::Submitted, Self::Unknown],
            Self::Succeeded => &[Self::Submitted, Self::Authorized, Self::Unknown, Self::Abandoned],
            Self::PartiallyRefunded => &[Self::Succeeded, Self::PartiallyRefunded],
            Self::Refunded => &[Self::Succeeded, Self::PartiallyRefunded],
            Self::Voided => &[Self::Succeeded, Self::Authorized],
            Self::Expired => &[Self::Authorized],
            Self::Declined => &[Self::Submitted, Self::Unknown],
            Self::Failed => &[Self::Created, Self::Submitted, Self::Unknown],
            Self::Unknown => &[Self::Created, Self::Submitted],
            Self::Abandoned => &[Self::Submitted, Self::Unknown],
        }
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        next.sources().contains(&self)
    }

    /// Whether money that was taken lies here, some of which may be laid on an invoice or given back.
    pub fn holds_money(self) -> bool {
        matches!(self, Self::Succeeded | Self::PartiallyRefunded)
    }

    /// Whether the provider has yet to be asked how it ended.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Submitted | Self::Unknown)
    }
}

/// How money was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// On the provider's hosted page.
    Hosted,
    /// By a saved card, or by one that the provider's script took.
    Card,
    /// By cheque.
    Check,
    /// In cash.
    Cash,
    /// By ACH transfer outside any provider.
    Ach,
    /// By wire.
    Wire,
    /// Otherwise.
    Other,
}

crate::words!(Method {
    Hosted = "Hosted",
    Card = "Card",
    Check = "Check",
    Cash = "Cash",
    Ach = "Ach",
    Wire = "Wire",
    Other = "Other",
});

impl Method {
    /// The ways that are recorded without a provider.
    pub const OFFLINE: &'static [Self] = &[Self::Check, Self::Cash, Self::Ach, Self::Wire, Self::Other];
}

/// Why a payment did not come about, in our words and the provider's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A stable word of ours.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's text.
    pub provider_message: Option<String>,
}

/// A payment as it is kept.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// State.
    pub status: Status,
    /// Who pays.
    pub customer_id: CustomerId,
    /// The customer's number.
    pub customer_number: String,
    /// For which invoice, where one was meant.
    pub invoice_id: Option<InvoiceId>,
    /// How much. Of a hold: what is held, and once it was captured, what was taken of it.
    pub amount: Money,
    /// What was to be held, of a payment that is captured later.
    pub authorized: Option<Money>,
    /// What is held back of the invoice's balance while the outcome is open.
    pub reserved: Money,
    /// How.
    pub method: Method,
    /// The template's id of the provider.
    pub provider: Option<String>,
    /// Through which integration.
    pub integration_id: Option<IntegrationId>,
    /// The provider's id of the transaction.
    pub provider_transaction_id: Option<String>,
    /// The 16 digits that the provider carries back.
    pub provider_reference: String,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// When an offline payment came in.
    pub received_at: Option<Timestamp>,
    /// The hosted page's id at the provider.
    pub transaction_setup_id: Option<String>,
    /// The saved card.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Sum of the applications.
    pub applied: Money,
    /// Sum of the refunds.
    pub refunded: Money,
    /// What of it lay on no invoice.
    pub refunded_credit: Money,
    /// The provider's approval number.
    pub authorization_code: Option<String>,
    /// Address check.
    pub avs_result: Option<String>,
    /// Card code check.
    pub cvv_result: Option<String>,
    /// Why not.
    pub failure: Option<Failure>,
    /// When the provider first said, after its own limit, that it knows of no such charge.
    pub nothing_since: Option<Timestamp>,
    /// The provider's batch that it settled in, where that is known.
    pub batch_id: Option<String>,
    /// When it settled, where the provider says so.
    pub settled_at: Option<Timestamp>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Payment {
    /// What of the money that was taken lies on no invoice and was not given back.
    pub fn unapplied(&self) -> Result<Money, AmountError> {
        match self.status {
            Status::Succeeded | Status::PartiallyRefunded | Status::Refunded => {
                self.amount.minus(self.applied)?.minus(self.refunded_credit)
            }
            _ => Ok(Money::zero(self.amount.currency())),
        }
    }
}

/// A payment, or a part of it, laid on an invoice.
#[derive(Debug, Clone, Copy)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Which payment.
    pub payment_id: PaymentId,
    /// Which invoice.
    pub invoice_id: InvoiceId,
    /// How much.
    pub amount: Money,
    /// When.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests;
