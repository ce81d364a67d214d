//! Auto-pay: invoices that are charged by themselves on the day they are due, with what the customer agreed to.
//!
//! Owns when a charge is tried, and when again. Refuses to try again what will surely not do better.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::ids::{AutoPayChargeId, CustomerId, InvoiceId, PaymentId};

/// Days from a decline to the next try.
pub const RETRY_DAYS: [i64; 3] = [3, 5, 7];
const HOURS_A_DAY: i64 = 24;

/// How far the charge of one invoice got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for its day.
    Scheduled,
    /// A payment is written down for it; its outcome is waited for.
    Charging,
    /// Declined, and tried again on its next day.
    Retrying,
    /// Paid by it.
    Paid,
    /// Not tried again.
    Failed,
    /// Called off, or not needed any more.
    Cancelled,
}

crate::words!(Status {
    Scheduled = "Scheduled",
    Charging = "Charging",
    Retrying = "Retrying",
    Paid = "Paid",
    Failed = "Failed",
    Cancelled = "Cancelled",
});

impl Status {
    /// Whether it is still going to be tried; such a one can be called off.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Retrying)
    }
}

/// Why a charge stands as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The issuer said no; another try may do better.
    Declined,
    /// The card will not do better: it is expired, stolen or not real.
    CardRefused,
    /// The provider did not do it, and surely took no money.
    NotDone,
    /// The customer has no default method that could be charged.
    NoMethod,
    /// Somebody called it off.
    CalledOff,
    /// Auto-pay was switched off for the customer.
    SwitchedOff,
    /// The invoice was paid or taken back in another way.
    NotPayable,
    /// Other money is under way to the invoice; it is looked at again.
    InFlight,
}

crate::words!(Reason {
    Declined = "declined",
    CardRefused = "card_refused",
    NotDone = "not_done",
    NoMethod = "no_payment_method",
    CalledOff = "called_off",
    SwitchedOff = "auto_pay_off",
    NotPayable = "invoice_not_payable",
    InFlight = "invoice_payment_in_flight",
});

/// What a customer agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Who agreed, by name.
    pub accepted_by: String,
    /// The words that were agreed to.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Who wrote it down: the caller's subject.
    pub recorded_by: String,
}

/// Whether a customer's invoices are charged by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoPay {
    /// Whose.
    pub customer_id: CustomerId,
    /// The merchant's number of that customer.
    pub customer_number: String,
    /// Whether it is on. Off unless somebody agreed.
    pub is_enabled: bool,
    /// The latest agreement; kept when it is switched off.
    pub consent: Option<Consent>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The charge of one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its id.
    pub id: AutoPayChargeId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The merchant's number of that customer.
    pub customer_number: String,
    /// What is paid.
    pub invoice_id: InvoiceId,
    /// How far it got.
    pub status: Status,
    /// When it is tried, or tried again.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// The latest attempt.
    pub payment_id: Option<PaymentId>,
    /// Why it stands as it does.
    pub reason: Option<Reason>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// When an invoice is charged: as its due day begins (UTC), at once where that is past or the invoice names none.
pub fn due_at(due: Option<Date>, now: Timestamp) -> Timestamp {
    let begins = due.and_then(|it| it.to_zoned(TimeZone::UTC).ok()).map(|it| it.timestamp());
    begins.map_or(now, |it| it.max(now))
}

/// When it is tried again after so many tries, the latest of which was declined now; none where it is not.
pub fn next_try(tries: u32, now: Timestamp) -> Option<Timestamp> {
    let at = usize::try_from(tries.checked_sub(1)?).ok()?;
    let hours = RETRY_DAYS.get(at)?.checked_mul(HOURS_A_DAY)?;
    now.checked_add(SignedDuration::from_hours(hours)).ok()
}

#[cfg(test)]
mod tests;
