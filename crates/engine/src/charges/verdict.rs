//! What the provider's rows say about a charge whose answer got lost. Pure: no clock, no database.
//!
//! A charge is sent once, so that one row at most is its own; the row decides, also where it is a decline.

use kontor_domain::payments::Payment;
use kontor_providers::{
    Outcome, ProviderError, ProviderTransaction, TransactionKind, TransactionState, error::Fault,
};

use crate::standing::{Found, approval_of, refusal_of};

/// Reads the rows of the payment's reference.
pub(super) fn judge(payment: &Payment, rows: &[ProviderTransaction]) -> Found {
    let own = |it: &&ProviderTransaction| {
        it.reference.as_deref() == Some(payment.provider_reference.as_str())
            && matches!(
                it.kind,
                TransactionKind::Sale
                    | TransactionKind::Authorization
                    | TransactionKind::Capture
                    | TransactionKind::Other(_)
            )
    };
    let own: Vec<&ProviderTransaction> = rows.iter().filter(own).collect();
    let mut standing = own.iter().filter(|it| stands(&it.state));
    if let Some(row) = standing.next() {
        if standing.next().is_some() {
            return Found::Mismatch("the provider reports two approvals of this one charge");
        }
        return approved(payment, row);
    }
    if own.iter().any(|it| matches!(it.state, TransactionState::Pending | TransactionState::Unknown(_))) {
        return Found::Pending;
    }
    let Some(row) = own.last() else { return Found::Nothing };
    Found::Ended(Box::new(match row.state {
        TransactionState::Declined | TransactionState::Error | TransactionState::Duplicate => {
            Outcome::Declined(refusal_of(row))
        }
        // It was approved and let go of, by nobody here: no money is taken.
        _ => {
            let words = "it was undone at the provider";
            Outcome::Failed(ProviderError::refused(Fault::Theirs, row.response_code.as_deref(), words))
        }
    }))
}

/// Whether money was taken or is held.
fn stands(state: &TransactionState) -> bool {
    matches!(
        state,
        TransactionState::Approved
            | TransactionState::Authorized
            | TransactionState::Completed
            | TransactionState::Settled
            // What was given back later had been taken before; that is told by its own row.
            | TransactionState::Returned
    )
}

fn approved(payment: &Payment, row: &ProviderTransaction) -> Found {
    let held = matches!(row.state, TransactionState::Authorized | TransactionState::Completed);
    if held != payment.authorized.is_some() {
        return Found::Mismatch(if held {
            "the provider holds what was to be taken"
        } else {
            "the provider took what was to be held"
        });
    }
    let approval = approval_of(row, payment.amount);
    if approval.amount.currency() != payment.amount.currency() {
        return Found::Mismatch("the provider reports another currency");
    }
    if approval.amount.minor() > payment.amount.minor() {
        return Found::Mismatch("the provider reports a larger amount");
    }
    let whole = approval.amount == payment.amount;
    Found::Ended(Box::new(if whole { Outcome::Approved(approval) } else { Outcome::Partial(approval) }))
}

#[cfg(test)]
mod tests;
