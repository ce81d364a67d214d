//! The open batch of an account: how many items, and what they come to (worldpay-express.md §3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reply::central;
use crate::state::State;

const KIND: &str = "batch";

/// An account's items of a day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) items: u64,
    /// In hundredths.
    pub(super) amount: i64,
}

/// A batch is a day in US Central time.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(central()).date().to_string()
}

fn key(state: &State, account: &str) -> String {
    format!("{account}.{}", day(state.now()))
}

/// Adds an item. Returns the batch as it is then.
pub(super) fn add(state: &mut State, account: &str, cents: i64) -> Batch {
    let batch = current(state, account);
    let batch = Batch { items: batch.items.saturating_add(1), amount: batch.amount.saturating_add(cents) };
    state.set_own(KIND, &key(state, account), &batch);
    batch
}

/// Takes an amount out, as a void does.
pub(super) fn take(state: &mut State, account: &str, cents: i64) -> Batch {
    let batch = current(state, account);
    let batch = Batch { amount: batch.amount.saturating_sub(cents), ..batch };
    state.set_own(KIND, &key(state, account), &batch);
    batch
}

fn current(state: &State, account: &str) -> Batch {
    state.own(KIND, &key(state, account)).unwrap_or_default()
}

/// Hundredths of an amount that this simulator wrote.
pub(super) fn cents(amount: &str) -> i64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "00"));
    format!("{whole}{part:0<2}").parse().unwrap_or(0)
}

/// An amount of hundredths.
pub(super) fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}
