use proptest::prelude::*;

use super::*;
use crate::words::tests::those;

#[test]
fn money_that_was_taken_is_never_unsaid() {
    let taken = [Status::Succeeded, Status::PartiallyRefunded, Status::Refunded];
    for from in taken {
        for to in [
            Status::Created,
            Status::Submitted,
            Status::Unknown,
            Status::Declined,
            Status::Failed,
            Status::Abandoned,
        ] {
            assert!(!from.may_become(to), "{from} must not become {to}");
        }
    }
}

#[test]
fn every_state_but_the_first_can_be_reached_and_only_by_the_list() {
    for to in Status::ALL {
        assert_eq!(to.sources().is_empty(), *to == Status::Created, "{to}");
        for from in Status::ALL {
            assert_eq!(from.may_become(*to), to.sources().contains(from));
        }
        assert!(!to.sources().contains(to) || *to == Status::PartiallyRefunded);
    }
}

#[test]
fn an_end_is_an_end() {
    for end in [Status::Declined, Status::Failed, Status::Voided, Status::Refunded, Status::Expired] {
        assert!(Status::ALL.iter().all(|next| !end.may_become(*next)), "{end} has a successor");
        assert!(!end.is_open());
    }
}

#[test]
fn offline_has_no_provider() {
    assert!(!Method::OFFLINE.contains(&Method::Hosted) && !Method::OFFLINE.contains(&Method::Card));
    assert_eq!(Method::OFFLINE.len() + 2, Method::ALL.len());
}

#[test]
fn each_state_says_whether_money_lies_there_and_whether_the_provider_is_to_be_asked() {
    assert_eq!(those(Status::ALL, Status::holds_money), [Status::Succeeded, Status::PartiallyRefunded]);
    assert_eq!(those(Status::ALL, Status::is_open), [Status::Created, Status::Submitted, Status::Unknown]);
}

fn payment(status: Status) -> Payment {
    let zero = Money::zero(crate::Currency::USD);
    Payment {
        id: crate::Id::from_bytes([7; 16]),
        status,
        customer_id: crate::Id::from_bytes([7; 16]),
        customer_number: "C-1".to_owned(),
        invoice_id: None,
        amount: Money::from_minor(1_000, crate::Currency::USD),
        authorized: None,
        reserved: zero,
        method: Method::Check,
        provider: None,
        integration_id: None,
        provider_transaction_id: None,
        provider_reference: "0000000000000001".to_owned(),
        reference: None,
        received_at: None,
        transaction_setup_id: None,
        payment_method_id: None,
        applied: Money::from_minor(600, crate::Currency::USD),
        refunded: Money::from_minor(300, crate::Currency::USD),
        refunded_credit: Money::from_minor(150, crate::Currency::USD),
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        failure: None,
        nothing_since: None,
        batch_id: None,
        settled_at: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn what_was_taken_and_lies_nowhere_is_unapplied() {
    for status in Status::ALL {
        let taken = matches!(status, Status::Succeeded | Status::PartiallyRefunded | Status::Refunded);
        let left = payment(*status).unapplied().expect("money").minor();
        assert_eq!(left, if taken { 250 } else { 0 }, "{status}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// However a payment goes: it ends, money that was taken is never unsaid, what is held is let go of or taken, and a
    /// doubt is never left by sending again.
    #[test]
    fn every_way_through_the_states_keeps_its_promises(steps in prop::collection::vec(any::<prop::sample::Index>(), 1..24)) {
        let mut seen = vec![Status::Created];
        for step in steps {
            let now = seen[seen.len() - 1];
            let next: Vec<Status> = Status::ALL.iter().copied().filter(|next| now.may_become(*next)).collect();
            if next.is_empty() {
                break;
            }
            seen.push(next[step.index(next.len())]);
        }
        let taken = |it: &Status| matches!(it, Status::Succeeded | Status::PartiallyRefunded | Status::Refunded);
        if let Some(first) = seen.iter().position(taken) {
            let allowed = |it: &Status| taken(it) || *it == Status::Voided;
            prop_assert!(seen[first..].iter().all(allowed), "{seen:?}");
        }
        if let Some(held) = seen.iter().position(|it| *it == Status::Authorized) {
            let allowed = |it: &Status| taken(it) || matches!(it, Status::Authorized | Status::Voided | Status::Expired);
            prop_assert!(seen[held..].iter().all(allowed), "{seen:?}");
        }
        if let Some(doubt) = seen.iter().position(|it| *it == Status::Unknown) {
            let again = |it: &Status| matches!(it, Status::Created | Status::Submitted);
            prop_assert!(!seen[doubt..].iter().any(again), "{seen:?}");
        }
        if let Some(ended) = seen.iter().position(|it| !it.is_open()) {
            prop_assert!(!seen[ended..].iter().any(|it| it.is_open()), "what has ended is open again: {seen:?}");
        }
    }
}
