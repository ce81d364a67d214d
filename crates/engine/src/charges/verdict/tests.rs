use kontor_domain::{Currency, Money};
use proptest::prelude::*;

use super::*;
use crate::samples::{REFERENCE, dollars, payment, transaction};

fn hold() -> Payment {
    Payment { authorized: Some(dollars(14_883)), ..payment() }
}

fn authorization(state: TransactionState) -> ProviderTransaction {
    ProviderTransaction { kind: TransactionKind::Authorization, ..transaction("7", state) }
}

fn word(found: &Found) -> &'static str {
    match found {
        Found::Ended(outcome) => match **outcome {
            Outcome::Approved(_) => "approved",
            Outcome::Partial(_) => "partial",
            Outcome::Declined(_) => "declined",
            Outcome::Failed(_) => "failed",
            Outcome::Unknown(_) => "unknown",
        },
        Found::Mismatch(_) => "mismatch",
        Found::Pending => "pending",
        Found::Nothing => "nothing",
    }
}

#[test]
fn the_row_decides() {
    for (state, wanted) in [
        (TransactionState::Approved, "approved"),
        (TransactionState::Settled, "approved"),
        (TransactionState::Returned, "approved"),
        (TransactionState::Authorized, "mismatch"),
        (TransactionState::Declined, "declined"),
        (TransactionState::Error, "declined"),
        (TransactionState::Duplicate, "declined"),
        (TransactionState::Voided, "failed"),
        (TransactionState::Reversed, "failed"),
        (TransactionState::Pending, "pending"),
        (TransactionState::Unknown("x".to_owned()), "pending"),
    ] {
        assert_eq!(word(&judge(&payment(), &[transaction("7", state.clone())])), wanted, "{state:?}");
    }
    assert_eq!(word(&judge(&payment(), &[])), "nothing");
}

#[test]
fn a_hold_is_one() {
    assert_eq!(word(&judge(&hold(), &[authorization(TransactionState::Authorized)])), "approved");
    assert_eq!(word(&judge(&hold(), &[authorization(TransactionState::Completed)])), "approved");
    assert_eq!(word(&judge(&hold(), &[authorization(TransactionState::Expired)])), "failed");
    assert_eq!(word(&judge(&hold(), &[transaction("7", TransactionState::Approved)])), "mismatch");
}

#[test]
fn amounts_and_strangers_are_told_apart() {
    let with = |minor| ProviderTransaction {
        approved: Some(dollars(minor)),
        ..transaction("7", TransactionState::Approved)
    };
    assert_eq!(word(&judge(&payment(), &[with(14_882)])), "partial");
    assert_eq!(word(&judge(&payment(), &[with(14_884)])), "mismatch");
    let euros = Money::from_minor(14_883, "EUR".parse::<Currency>().expect("a currency"));
    let euros = ProviderTransaction { approved: Some(euros), ..with(14_883) };
    assert_eq!(word(&judge(&payment(), &[euros])), "mismatch");
    let strange = ProviderTransaction { reference: Some("1".to_owned()), ..with(14_883) };
    assert_eq!(word(&judge(&payment(), &[strange])), "nothing");
    let refund = ProviderTransaction { kind: TransactionKind::Refund, ..with(14_883) };
    assert_eq!(word(&judge(&payment(), &[refund])), "nothing");
    assert_eq!(word(&judge(&payment(), &[with(14_883), with(14_883)])), "mismatch", "twice");
}

fn states() -> impl Strategy<Value = TransactionState> {
    prop::sample::select(vec![
        TransactionState::Approved,
        TransactionState::Authorized,
        TransactionState::Settled,
        TransactionState::Declined,
        TransactionState::Pending,
        TransactionState::Voided,
        TransactionState::Error,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Money that stands at the provider is never read as nothing, declined or failed; and money is never read where
    /// none stands.
    #[test]
    fn money_is_neither_lost_nor_made(
        rows in prop::collection::vec((states(), any::<bool>()), 0..5),
        held in any::<bool>(),
    ) {
        let payment = if held { hold() } else { payment() };
        let rows: Vec<_> = rows.into_iter().map(|(state, own)| {
            let reference = if own { REFERENCE } else { "9" };
            ProviderTransaction { reference: Some(reference.to_owned()), ..transaction("7", state) }
        }).collect();
        let there = rows.iter().any(|it| it.reference.as_deref() == Some(REFERENCE) && stands(&it.state));
        match word(&judge(&payment, &rows)) {
            "approved" | "partial" | "mismatch" => prop_assert!(there),
            _ => prop_assert!(!there),
        }
    }
}
