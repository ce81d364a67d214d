//! What the provider's transactions say about one payment. Pure: no clock, no database.
//!
//! Declines stay on the page, so one setup can own several transactions; at most one approved one counts
//! (money.md, Resolve). What does not match what was asked for is never recorded as this payment.

use kontor_domain::payments::Payment;
use kontor_providers::{ProviderTransaction, TransactionKind, TransactionState};

/// What the provider's answer means.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict<'a> {
    /// Money was taken, once, as asked. `extra` names further approved transactions, which need a person.
    Paid { by: &'a ProviderTransaction, extra: Vec<&'a str> },
    /// Something is approved that was not asked for: another amount or reference.
    Mismatch(&'static str),
    /// The provider is still at it.
    Pending,
    /// Nothing approved; the last decline, where there was one.
    Nothing { declined: Option<&'a ProviderTransaction> },
}

/// Reads the provider's transactions.
pub(crate) fn judge<'a>(payment: &Payment, found: &'a [ProviderTransaction]) -> Verdict<'a> {
    let approved: Vec<&ProviderTransaction> = found.iter().filter(|it| took_money(it)).collect();
    let Some((first, rest)) = approved.split_first() else {
        if found.iter().any(|it| is_open(&it.state)) {
            return Verdict::Pending;
        }
        let declined = found.iter().rev().find(|it| refused(&it.state));
        return Verdict::Nothing { declined };
    };
    let fitting = approved.iter().find(|it| fits(payment, it).is_none());
    let Some(by) = fitting else {
        return Verdict::Mismatch(fits(payment, first).unwrap_or("it does not match"));
    };
    let extra =
        std::iter::once(first).chain(rest).filter(|it| it.id != by.id).map(|it| it.id.as_str()).collect();
    Verdict::Paid { by, extra }
}

fn took_money(it: &ProviderTransaction) -> bool {
    let sale = matches!(it.kind, TransactionKind::Sale);
    sale && matches!(it.state, TransactionState::Approved | TransactionState::Settled)
}

fn is_open(state: &TransactionState) -> bool {
    matches!(state, TransactionState::Pending | TransactionState::Unknown(_))
}

fn refused(state: &TransactionState) -> bool {
    matches!(state, TransactionState::Declined | TransactionState::Error | TransactionState::Duplicate)
}

/// Why an approved transaction is not what was asked for; none when it is.
fn fits(payment: &Payment, it: &ProviderTransaction) -> Option<&'static str> {
    if it.reference.as_deref() != Some(payment.provider_reference.as_str()) {
        return Some("the provider reports another reference");
    }
    // The approved amount is what was charged; the requested one stands in where the provider leaves it out.
    if it.approved.or(it.requested) != Some(payment.amount) {
        return Some("the provider reports another amount");
    }
    None
}

#[cfg(test)]
mod tests;
