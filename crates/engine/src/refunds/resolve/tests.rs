use jiff::Timestamp;
use kontor_domain::{Currency, Id, Money};
use proptest::prelude::*;

use super::*;

const REFERENCE: &str = "1234567890123456";

fn refund() -> Refund {
    Refund {
        id: Id::from_bytes([1; 16]),
        payment_id: Id::from_bytes([2; 16]),
        status: Status::Unknown,
        amount: Money::from_minor(4_000, Currency::USD),
        reason: None,
        reopen_invoice: true,
        operation: Some(Operation::Refund),
        provider_reference: REFERENCE.to_owned(),
        provider_transaction_id: None,
        failure: None,
        nothing_since: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn row(kind: TransactionKind, state: TransactionState, reference: &str) -> ProviderTransaction {
    ProviderTransaction {
        id: "7".to_owned(),
        kind,
        state,
        requested: None,
        approved: Some(Money::from_minor(4_000, Currency::USD)),
        reference: Some(reference.to_owned()),
        setup_id: None,
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: None,
        last_four: None,
        response_code: None,
        response_message: None,
        happened_at: None,
        related_id: None,
        network_transaction_id: None,
        batch_id: None,
    }
}

fn word(found: &Found) -> &'static str {
    match found {
        Found::Ended(outcome) if outcome.approval().is_some() => "back",
        Found::Ended(_) => "refused",
        Found::Pending | Found::Mismatch(_) => "pending",
        Found::Nothing => "nothing",
    }
}

#[test]
fn the_refunds_own_row_decides() {
    let refund = refund();
    let of = |rows: &[ProviderTransaction]| word(&judge(&refund, rows));
    let own = |state| row(TransactionKind::Refund, state, REFERENCE);
    assert_eq!(of(&[]), "nothing");
    assert_eq!(of(&[own(TransactionState::Approved)]), "back");
    assert_eq!(of(&[own(TransactionState::Declined)]), "refused");
    assert_eq!(of(&[own(TransactionState::Declined), own(TransactionState::Settled)]), "back");
    assert_eq!(of(&[own(TransactionState::Pending)]), "pending");
    assert_eq!(of(&[own(TransactionState::Unknown("Queued".to_owned()))]), "pending");
    // Another reference, and the sale with the same one, are not it.
    assert_eq!(of(&[row(TransactionKind::Refund, TransactionState::Approved, "1")]), "nothing");
    assert_eq!(of(&[row(TransactionKind::Sale, TransactionState::Approved, REFERENCE)]), "nothing");
}

#[test]
fn nothing_is_believed_the_second_time_alone() {
    let pause = std::time::Duration::from_mins(5);
    let first = Timestamp::UNIX_EPOCH;
    assert!(!schedule::believes(None, schedule::after(first, pause), pause));
    assert!(!schedule::believes(Some(first), schedule::after(first, pause / 2), pause));
    assert!(schedule::believes(Some(first), schedule::after(first, pause), pause));
}

fn states() -> impl Strategy<Value = TransactionState> {
    prop_oneof![
        Just(TransactionState::Approved),
        Just(TransactionState::Settled),
        Just(TransactionState::Declined),
        Just(TransactionState::Pending),
        Just(TransactionState::Voided),
        Just(TransactionState::Error),
        Just(TransactionState::Unknown("x".to_owned())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Money that the provider reports as gone back is never read as "nothing" or "refused", in whatever order it says so.
    #[test]
    fn an_approved_row_outweighs_all_others(states in prop::collection::vec(states(), 0..6)) {
        let rows: Vec<_> = states
            .iter()
            .map(|state| row(TransactionKind::Refund, state.clone(), REFERENCE))
            .collect();
        let back = states.iter().any(|it| matches!(it, TransactionState::Approved | TransactionState::Settled));
        prop_assert_eq!(word(&judge(&refund(), &rows)) == "back", back);
        prop_assert_eq!(word(&judge(&refund(), &rows)) == "nothing", rows.is_empty());
    }
}
