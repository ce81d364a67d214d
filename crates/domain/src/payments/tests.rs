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
