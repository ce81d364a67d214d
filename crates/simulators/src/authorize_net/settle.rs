//! Settlement: when a transaction's batch is closed, and what its state is by then (authorizenet.md §2.16).
//!
//! Nothing is written when time passes: a state follows from what was done and from the clock.

use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};

use super::record::Record;

/// How long an authorisation can be captured (§2.3.2).
const AUTHORIZED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a transaction that was not authorised waits for review (§2.3.2).
const REVIEW: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The merchants' time zone.
pub(super) fn pacific() -> TimeZone {
    TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

/// The end of the merchant's day in which a moment lies: then the batch is closed.
fn cut_off(at: Timestamp) -> Timestamp {
    let next = at.to_zoned(pacific()).date().saturating_add(1.day());
    next.to_zoned(pacific()).map_or(at, |it| it.timestamp())
}

/// When the batch of a transaction is closed; none while it waits for a capture or a review.
pub(super) fn closes_at(record: &Record) -> Option<Timestamp> {
    let done = match record.state.as_str() {
        "capturedPendingSettlement" | "refundPendingSettlement" => record.captured_at,
        "voided" | "declined" => Some(record.closed_at.unwrap_or(record.submitted_at)),
        _ => None,
    }?;
    Some(record.settled_at.unwrap_or_else(|| cut_off(done)))
}

/// The state that everybody is told.
pub(super) fn state(record: &Record, now: Timestamp) -> &str {
    let over = |after: SignedDuration| record.submitted_at.checked_add(after).is_ok_and(|it| it <= now);
    let closed = closes_at(record).is_some_and(|it| it <= now);
    match record.state.as_str() {
        "capturedPendingSettlement" if closed => "settledSuccessfully",
        "refundPendingSettlement" if closed => "refundSettledSuccessfully",
        "authorizedPendingCapture" if over(AUTHORIZED) => "expired",
        "FDSPendingReview" if over(REVIEW) => "expired",
        state => state,
    }
}

/// The batch's id, told from when it was closed and whose it is.
pub(super) fn batch_id(merchant: usize, closed: Timestamp) -> String {
    // Seconds since the first of January 2020, so that ids have the usual length.
    let seconds = u64::try_from(closed.as_second().saturating_sub(1_577_836_800)).unwrap_or(0);
    let place = u64::try_from(merchant).unwrap_or(0);
    seconds.saturating_mul(2).saturating_add(place).to_string()
}

#[cfg(test)]
mod tests;
