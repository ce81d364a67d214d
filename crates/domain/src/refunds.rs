//! Refunds: their states, and out of which places of a payment the money comes.
//!
//! Money that lies on no invoice goes back first; what then remains is taken off the applications, the youngest first,
//! since the oldest is the least likely to be the mistake that is being put right.

use jiff::Timestamp;

use crate::{
    Money,
    ids::{ApplicationId, InvoiceId, PaymentId, RefundId, RefundPartId},
    money::AmountError,
    payments,
};

/// The state of a refund (API.md §6, Refund).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Written down; the provider is called or was called.
    Submitted,
    /// The provider gives back only what has settled; it goes out by itself afterwards.
    AwaitingSettlement,
    /// The money went back.
    Succeeded,
    /// The provider said no.
    Declined,
    /// The provider said that nothing happened.
    Failed,
    /// Nobody knows yet; the amount is held and the provider is asked again.
    Unknown,
    /// The whole payment was undone before it settled, so that it never reaches the card's statement.
    Voided,
}

crate::words!(Status {
    Submitted = "Submitted",
    AwaitingSettlement = "AwaitingSettlement",
    Succeeded = "Succeeded",
    Declined = "Declined",
    Failed = "Failed",
    Unknown = "Unknown",
    Voided = "Voided",
});

impl Status {
    /// The states from which this one may be entered. The UPDATE names them and its row count is checked.
    #[expect(clippy::match_same_arms, reason = "one line a state reads as the table that it is")]
    pub fn sources(self) -> &'static [Self] {
        match self {
            Self::Submitted => &[Self::AwaitingSettlement],
            Self::AwaitingSettlement => &[Self::Submitted],
            Self::Succeeded => &[Self::Submitted, Self::Unknown],
            Self::Declined => &[Self::Submitted, Self::Unknown, Self::AwaitingSettlement],
            Self::Failed => &[Self::Submitted, Self::Unknown, Self::AwaitingSettlement],
            Self::Unknown => &[Self::Submitted],
            Self::Voided => &[Self::Submitted, Self::Unknown],
        }
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        next.sources().contains(&self)
    }

    /// Whether it has yet to end; its amount is held back meanwhile.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::AwaitingSettlement | Self::Unknown)
    }

    /// Whether the money went back.
    pub fn is_given_back(self) -> bool {
        matches!(self, Self::Succeeded | Self::Voided)
    }
}

/// What the provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Give back what has settled.
    Refund,
    /// Undo the whole of what has not.
    Void,
}

crate::words!(Operation { Refund = "Refund", Void = "Void" });

/// A refund as it is kept.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// State.
    pub status: Status,
    /// How much.
    pub amount: Money,
    /// Why, in the merchant's words.
    pub reason: Option<String>,
    /// Whether what it takes off invoices is to be paid again.
    pub reopen_invoice: bool,
    /// What the provider is asked to do; none for money that came in outside any provider.
    pub operation: Option<Operation>,
    /// The 16 digits that the provider carries back.
    pub provider_reference: String,
    /// The provider's id of the transaction.
    pub provider_transaction_id: Option<String>,
    /// Why not.
    pub failure: Option<payments::Failure>,
    /// When the provider first said, after its own limit, that it knows of no such refund.
    pub nothing_since: Option<Timestamp>,
    /// Grows by one with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a part of a refund comes out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Money that lies on no invoice.
    Credit,
    /// An application to an invoice.
    Applied {
        /// Which application.
        application: ApplicationId,
        /// Which invoice it lies on.
        invoice: InvoiceId,
    },
}

/// A part of a refund, decided when it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its id.
    pub id: RefundPartId,
    /// Out of what.
    pub source: Source,
    /// How much.
    pub amount: Money,
}

/// A place that money of a payment lies in, and how much of it earlier refunds have left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub source: Source,
    /// What is left; never negative.
    pub left: Money,
}

/// Splits a refund over the places, in their order. None when they do not hold that much.
pub fn split(amount: Money, places: &[Place]) -> Result<Option<Vec<(Source, Money)>>, AmountError> {
    let mut rest = amount;
    let mut parts = Vec::new();
    for place in places {
        // Fails on another currency.
        let spare = place.left.minus(rest)?;
        let taken = if spare.minor() < 0 { place.left } else { rest };
        if taken.minor() > 0 {
            rest = rest.minus(taken)?;
            parts.push((place.source, taken));
        }
    }
    Ok(rest.is_zero().then_some(parts))
}

/// What a payment is once `refunded` of it went back.
pub fn payment_status(amount: Money, refunded: Money) -> payments::Status {
    if refunded.minor() >= amount.minor() {
        payments::Status::Refunded
    } else {
        payments::Status::PartiallyRefunded
    }
}

#[cfg(test)]
mod tests;
