use jiff::{Timestamp, civil::date};
use proptest::prelude::*;

use super::{RETRY_DAYS, Status, due_at, next_try};
use crate::words::tests::those;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn it_is_charged_as_its_due_day_begins_and_never_in_the_past() {
    let now = at("2026-03-10T15:00:00Z");
    assert_eq!(due_at(Some(date(2026, 3, 12)), now), at("2026-03-12T00:00:00Z"));
    assert_eq!(due_at(Some(date(2026, 3, 10)), now), now, "that day has begun");
    assert_eq!(due_at(Some(date(2025, 1, 1)), now), now);
    assert_eq!(due_at(None, now), now, "due on receipt");
}

#[test]
fn a_decline_is_tried_again_after_three_five_and_seven_days_and_then_no_more() {
    let now = at("2026-03-10T15:00:00Z");
    let next: Vec<Option<Timestamp>> = (0..6).map(|tries| next_try(tries, now)).collect();
    let days = |days: &str| Some(at(&format!("2026-03-{days}T15:00:00Z")));
    assert_eq!(next, [None, days("13"), days("15"), days("17"), None, None]);
}

#[test]
fn what_is_still_going_to_be_tried_can_be_called_off() {
    assert_eq!(those(Status::ALL, Status::is_waiting), [Status::Scheduled, Status::Retrying]);
}

proptest! {
    #[test]
    fn there_are_as_many_retries_as_days_whenever_it_is(micros in 0_i64..4_000_000_000_000_000, tries in 0_u32..100) {
        let now = Timestamp::from_microsecond(micros).expect("a time");
        let next = next_try(tries, now);
        let retried = tries >= 1 && usize::try_from(tries).is_ok_and(|it| it <= RETRY_DAYS.len());
        prop_assert_eq!(next.is_some(), retried);
        prop_assert!(next.is_none_or(|it| it > now));
    }
}
