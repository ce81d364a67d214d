//! Two-way sync with a company's books: how each record of it stands, and what an event asks for.
//!
//! Owns the states and the names of what is kept in step. Refuses to know a provider, and what a document looks like there.

use serde::{Deserialize, Serialize};

/// How a record stands: one thing of ours and what it is in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// To be written.
    Waiting,
    /// Sent, and nobody knows yet what came of it: it is looked for before it is sent again.
    Sent,
    /// As it was written.
    Synced,
    /// Not taken; a person has to change something.
    Failed,
    /// Voided or deleted there by somebody; a person decides.
    Gone,
    /// A person left it as it is.
    Dismissed,
}

crate::words!(State {
    Waiting = "Waiting",
    Sent = "Sent",
    Synced = "Synced",
    Failed = "Failed",
    Gone = "Gone",
    Dismissed = "Dismissed",
});

impl State {
    /// Whether something is still to be done by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sent)
    }

    /// Whether a person may have it tried again.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Waiting | Self::Failed | Self::Gone | Self::Dismissed | Self::Synced)
    }
}

/// How the whole of an integration's sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stand {
    /// There is no consent, or none any more.
    NotConnected,
    /// The integration is switched off.
    Disabled,
    /// A person has it wait.
    Paused,
    /// Everything waits, until somebody does what the failure advises.
    Held,
    /// It is being worked on.
    Running,
    /// Something is still to be written or looked at, and is done by itself.
    Waiting,
    /// Both sides are in step, as far as is known.
    InStep,
}

crate::words!(Stand {
    NotConnected = "NotConnected",
    Disabled = "Disabled",
    Paused = "Paused",
    Held = "Held",
    Running = "Running",
    Waiting = "Waiting",
    InStep = "InStep",
});

/// Why a record was not taken, or why everything waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A stable word.
    pub code: String,
    /// The field, in the provider's word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// What happened, for people.
    pub message: String,
    /// What to do, for people.
    pub advice: String,
}

/// What differs between the two sides, for a person to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// A stable word: `total`, `balance`, `gone`, `payment`, `contact`, `field`.
    pub code: String,
    /// What differs, for people.
    pub message: String,
    /// As it is here.
    pub local: String,
    /// As it is there.
    pub remote: String,
}

/// What of money stands in the books, in decimal text, as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The currency.
    pub currency: String,
    /// The whole.
    pub total: String,
    /// What is open of it, or not applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub balance: Option<String>,
    /// Whether it was voided there.
    pub voided: bool,
}

/// What an event says may have to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// A customer's name, addresses or contacts.
    Customer,
    /// An order.
    Order,
    /// An invoice, and the payments on it.
    Invoice,
    /// A payment, the invoices that it lies on, and its refunds.
    Payment,
}

impl Concern {
    /// Of an event's kind; none where nothing in the books follows from it.
    pub fn of(kind: &str) -> Option<Self> {
        match kind {
            "customer.updated" => Some(Self::Customer),
            "order.confirmed" | "order.cancelled" => Some(Self::Order),
            "invoice.issued"
            | "invoice.paid"
            | "invoice.voided"
            | "invoice.cancelled"
            | "invoice.refunded"
            | "invoice.payment_voided" => Some(Self::Invoice),
            "payment.succeeded" | "payment.applied" | "payment.voided" | "refund.succeeded" => {
                Some(Self::Payment)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
