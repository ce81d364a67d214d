use super::*;

#[test]
fn what_has_ended_stays_so_and_nothing_is_sent_again() {
    for from in Status::ALL {
        let goes_on = Status::ALL.iter().any(|next| from.may_become(*next));
        assert_eq!(from.is_open(), goes_on, "{from}");
        assert!(!from.may_become(Status::Submitted), "{from} must not be sent again");
    }
}

#[test]
fn what_is_done_has_the_name_that_events_carry() {
    assert_eq!(Kind::ALL.iter().map(|it| it.verb()).collect::<Vec<_>>(), ["capture", "void"]);
}
