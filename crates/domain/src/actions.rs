//! What is done with a payment at its provider after it was made: a hold is captured, or the whole is voided.
//!
//! At most one is open at a time for a payment. Giving money back is no action: a refund has parts and may wait.

use jiff::Timestamp;

use crate::{
    Money,
    ids::{ActionId, PaymentId},
    payments,
};

/// What the provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Take what is held, or a part of it.
    Capture,
    /// Undo the whole.
    Void,
}

crate::words!(Kind { Capture = "Capture", Void = "Void" });

impl Kind {
    /// What is done, as it stands in events and in the record of calls.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Void => "void",
        }
    }
}

/// The state of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Written down; the provider is called or was called.
    Submitted,
    /// Done.
    Succeeded,
    /// The provider said no.
    Declined,
    /// The provider said that nothing happened.
    Failed,
    /// Nobody knows yet; the provider is asked again.
    Unknown,
}

crate::words!(Status {
    Submitted = "Submitted",
    Succeeded = "Succeeded",
    Declined = "Declined",
    Failed = "Failed",
    Unknown = "Unknown",
});

impl Status {
    /// The states from which this one may be entered. The UPDATE names them and its row count is checked.
    pub fn sources(self) -> &'static [Self] {
        match self {
            Self::Submitted => &[],
            Self::Unknown => &[Self::Submitted],
            Self::Succeeded | Self::Declined | Self::Failed => &[Self::Submitted, Self::Unknown],
        }
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        next.sources().contains(&self)
    }

    /// Whether it has yet to end; nothing else is done with the payment meanwhile.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Unknown)
    }
}

/// An action as it is kept.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// With which payment.
    pub payment_id: PaymentId,
    /// What.
    pub kind: Kind,
    /// State.
    pub status: Status,
    /// How much of the payment.
    pub amount: Money,
    /// The 16 digits that the provider carries back.
    pub provider_reference: String,
    /// The provider's id of the transaction, where it made one.
    pub provider_transaction_id: Option<String>,
    /// Why not.
    pub failure: Option<payments::Failure>,
    /// When the provider first said, after its own limit, that nothing was done.
    pub nothing_since: Option<Timestamp>,
    /// Grows by one with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests;
