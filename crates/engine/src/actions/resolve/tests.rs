use kontor_domain::Id;

use super::*;
use crate::{
    samples::{dollars, payment, transaction},
    standing::settlement,
};

const REFERENCE: &str = "6543210987654321";

fn capture(minor: i64) -> Action {
    Action {
        id: Id::from_bytes([1; 16]),
        payment_id: Id::from_bytes([2; 16]),
        kind: Kind::Capture,
        status: Status::Unknown,
        amount: dollars(minor),
        provider_reference: REFERENCE.to_owned(),
        provider_transaction_id: None,
        failure: None,
        nothing_since: None,
        version: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn standing(state: TransactionState) -> Standing {
    let row = transaction("1", state);
    Standing { settlement: settlement(Some(&row)), row: Some(row) }
}

fn name(found: &Found) -> &'static str {
    match found {
        Found::Ended(outcome) => match **outcome {
            Outcome::Approved(_) => "done",
            Outcome::Declined(_) => "declined",
            Outcome::Failed(_) => "failed",
            Outcome::Partial(_) | Outcome::Unknown(_) => "other",
        },
        Found::Mismatch(_) => "mismatch",
        Found::Pending => "pending",
        Found::Nothing => "nothing",
    }
}

#[test]
fn a_void_is_done_where_the_payment_is_gone() {
    for (state, wanted) in [
        (TransactionState::Voided, "done"),
        (TransactionState::Reversed, "done"),
        (TransactionState::Approved, "nothing"),
        (TransactionState::Authorized, "nothing"),
        (TransactionState::Completed, "nothing"),
        (TransactionState::Settled, "failed"),
        (TransactionState::Expired, "failed"),
        (TransactionState::Unknown("x".to_owned()), "pending"),
    ] {
        assert_eq!(name(&judge_void(&payment(), &standing(state.clone()))), wanted, "{state:?}");
    }
    let unseen = Standing { settlement: settlement(None), row: None };
    assert_eq!(name(&judge_void(&payment(), &unseen)), "pending");
}

#[test]
fn a_capture_is_done_where_the_hold_is_money() {
    for (state, wanted) in [
        (TransactionState::Approved, "done"),
        (TransactionState::Settled, "done"),
        (TransactionState::Authorized, "nothing"),
        (TransactionState::Completed, "nothing"),
        (TransactionState::Expired, "failed"),
        (TransactionState::Voided, "failed"),
    ] {
        assert_eq!(name(&judge_captured(&capture(14_883), &standing(state.clone()))), wanted, "{state:?}");
    }
    let other = judge_captured(&capture(14_882), &standing(TransactionState::Approved));
    assert_eq!(name(&other), "mismatch");
}

#[test]
fn a_capture_of_its_own_is_known_by_its_reference() {
    let row = |kind, state, reference: &str| ProviderTransaction {
        kind,
        reference: Some(reference.to_owned()),
        ..transaction("2", state)
    };
    let action = capture(14_883);
    for (kind, state, reference, wanted) in [
        (TransactionKind::Capture, TransactionState::Approved, REFERENCE, "done"),
        (TransactionKind::Capture, TransactionState::Declined, REFERENCE, "declined"),
        (TransactionKind::Capture, TransactionState::Voided, REFERENCE, "failed"),
        (TransactionKind::Capture, TransactionState::Pending, REFERENCE, "pending"),
        (TransactionKind::Sale, TransactionState::Approved, REFERENCE, "nothing"),
        (TransactionKind::Capture, TransactionState::Approved, "1", "nothing"),
    ] {
        let found = judge_capture(&action, &[row(kind.clone(), state.clone(), reference)]);
        assert_eq!(name(&found), wanted, "{kind:?} {state:?} {reference}");
    }
    assert_eq!(name(&judge_capture(&action, &[])), "nothing");
    let other =
        judge_capture(&capture(1), &[row(TransactionKind::Capture, TransactionState::Approved, REFERENCE)]);
    assert_eq!(name(&other), "mismatch");
}
