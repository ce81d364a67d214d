use proptest::prelude::*;

use super::*;

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
