use super::*;

#[test]
fn what_has_ended_stays_so_and_nothing_is_sent_again() {
    for from in Status::ALL {
        let goes_on = Status::ALL.iter().any(|next| from.may_become(*next));
        assert_eq!(from.is_open(), goes_on, "{from}");
        assert!(!from.may_become(Status::Submitted), "{from} must not be sent again");
    }
}
