use kontor_domain::Money;
use proptest::prelude::*;

use super::*;
use crate::samples::{REFERENCE, dollars, payment, transaction};

#[test]
fn declines_before_an_approval_do_not_count() {
    let found = [
        transaction("1", TransactionState::Error),
        transaction("2", TransactionState::Declined),
        transaction("3", TransactionState::Approved),
    ];
    let Verdict::Paid { by, extra } = judge(&payment(), &found) else { panic!("paid") };
    assert_eq!((by.id.as_str(), extra.len()), ("3", 0));
}

#[test]
fn a_second_approval_is_told_and_not_recorded() {
    let found = [transaction("1", TransactionState::Approved), transaction("2", TransactionState::Settled)];
    let Verdict::Paid { by, extra } = judge(&payment(), &found) else { panic!("paid") };
    assert_eq!((by.id.as_str(), extra.as_slice()), ("1", &["2"][..]));
}

#[test]
fn another_amount_or_reference_is_never_this_payment() {
    let wrong = |change: fn(&mut ProviderTransaction)| {
        let mut it = transaction("1", TransactionState::Approved);
        change(&mut it);
        matches!(judge(&payment(), &[it]), Verdict::Mismatch(_))
    };
    assert!(wrong(|it| it.approved = Some(dollars(14_882))));
    assert!(wrong(|it| it.approved = Some(Money::from_minor(14_883, "EUR".parse().expect("a currency")))));
    assert!(wrong(|it| it.reference = Some("1234567890123457".to_owned())));
    assert!(wrong(|it| it.reference = None));
    assert!(wrong(|it| (it.approved, it.requested) = (None, None)));
    assert!(!wrong(|it| it.approved = None), "the requested amount stands in");
}

#[test]
fn a_foreign_approval_beside_the_right_one_does_not_hide_it() {
    let mut foreign = transaction("1", TransactionState::Approved);
    foreign.approved = Some(dollars(1));
    let found = [foreign, transaction("2", TransactionState::Approved)];
    let Verdict::Paid { by, extra } = judge(&payment(), &found) else { panic!("paid") };
    assert_eq!((by.id.as_str(), extra.as_slice()), ("2", &["1"][..]));
}

#[test]
fn what_is_under_way_is_asked_about_again() {
    for state in [TransactionState::Pending, TransactionState::Unknown("Odd".to_owned())] {
        assert_eq!(judge(&payment(), &[transaction("1", state)]), Verdict::Pending);
    }
    assert_eq!(judge(&payment(), &[]), Verdict::Nothing { declined: None });
    let mut hold = transaction("1", TransactionState::Authorized);
    hold.kind = TransactionKind::Authorization;
    assert_eq!(
        judge(&payment(), &[hold]),
        Verdict::Nothing { declined: None },
        "held money is not taken money"
    );
}

#[test]
fn the_last_decline_is_told() {
    let found = [transaction("1", TransactionState::Declined), transaction("2", TransactionState::Declined)];
    let Verdict::Nothing { declined: Some(last) } = judge(&payment(), &found) else { panic!("nothing") };
    assert_eq!(last.id, "2");
}

fn any_state() -> impl Strategy<Value = TransactionState> {
    prop_oneof![
        Just(TransactionState::Approved),
        Just(TransactionState::Settled),
        Just(TransactionState::Declined),
        Just(TransactionState::Pending),
        Just(TransactionState::Voided),
        Just(TransactionState::Reversed),
        Just(TransactionState::Returned),
        Just(TransactionState::Error),
        Just(TransactionState::Unknown("x".to_owned())),
    ]
}

proptest! {
    #[test]
    fn paid_means_that_this_very_money_was_taken(
        all in proptest::collection::vec((any_state(), 14_882_i64..14_885, any::<bool>()), 0..6)
    ) {
        let found: Vec<_> = all.iter().enumerate().map(|(at, (state, minor, ours))| {
            let mut it = transaction(&at.to_string(), state.clone());
            it.approved = Some(dollars(*minor));
            if !ours {
                it.reference = Some("9".repeat(16));
            }
            it
        }).collect();
        let payment = payment();
        match judge(&payment, &found) {
            Verdict::Paid { by, .. } => {
                prop_assert!(matches!(by.state, TransactionState::Approved | TransactionState::Settled));
                prop_assert_eq!(by.approved, Some(payment.amount));
                prop_assert_eq!(by.reference.as_deref(), Some(REFERENCE));
            }
            Verdict::Nothing { .. } | Verdict::Pending => {
                let taken = found.iter().any(|it| matches!(it.state, TransactionState::Approved | TransactionState::Settled));
                prop_assert!(!taken);
            }
            Verdict::Mismatch(_) => {}
        }
    }
}
