use super::*;

fn held(seconds: u64) -> HeldBack {
    HeldBack { wait: Duration::from_secs(seconds) }
}

fn id(number: u32) -> IntegrationId {
    format!("int_00000000000070008000{number:012x}").parse().expect("an id")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("a time")
}

fn limit(requests: u64, per_seconds: u64, concurrent: Option<u64>) -> RateLimit {
    RateLimit { requests, per_seconds, concurrent }
}

#[test]
fn a_bucket_gives_what_it_holds_and_fills_again() {
    let pace = Arc::new(Pace::default());
    let two = limit(2, 60, None);
    for _ in 0..2 {
        assert!(pace.enter(id(1), &two, 1, at(0)).is_ok());
    }
    assert_eq!(pace.enter(id(1), &two, 1, at(0)).err(), Some(held(30)));
    assert!(pace.enter(id(2), &two, 1, at(0)).is_ok(), "another integration has its own");
    assert_eq!(pace.enter(id(1), &two, 1, at(29)).err(), Some(held(1)));
    assert!(pace.enter(id(1), &two, 1, at(30)).is_ok());
    assert!(pace.enter(id(1), &two, 1, at(30)).is_err());
}

#[test]
fn several_calls_are_taken_at_once_and_never_more_than_there_ever_are() {
    let pace = Arc::new(Pace::default());
    let three = limit(3, 30, None);
    assert!(pace.enter(id(1), &three, 2, at(0)).is_ok());
    assert_eq!(pace.enter(id(1), &three, 2, at(0)).err(), Some(held(10)));
    assert!(pace.enter(id(1), &three, 1, at(0)).is_ok());
    assert!(pace.enter(id(1), &three, 50, at(30)).is_ok(), "a full bucket is enough for anything");
    assert!(pace.enter(id(1), &three, 1, at(30)).is_err());
}

#[test]
fn so_many_are_under_way_and_no_more() {
    let pace = Arc::new(Pace::default());
    let two = limit(1_000, 1, Some(2));
    let first = pace.enter(id(1), &two, 1, at(0)).expect("one");
    let _second = pace.enter(id(1), &two, 1, at(0)).expect("two");
    assert!(pace.enter(id(1), &two, 1, at(0)).is_err());
    drop(first);
    assert!(pace.enter(id(1), &two, 1, at(0)).is_ok());
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
    let pace = Arc::new(Pace::default());
    let one = limit(1, 10, None);
    assert!(pace.enter(id(1), &one, 1, at(1_000_000)).is_ok());
    assert_eq!(pace.enter(id(1), &one, 1, at(0)).err(), Some(held(10)));
}

#[test]
fn the_number_of_buckets_has_an_end() {
    let pace = Arc::new(Pace::default());
    let one = limit(1, 10, None);
    for number in 0..u32::try_from(MAX_BUCKETS).expect("it fits") {
        assert!(pace.enter(id(number), &one, 1, at(0)).is_ok());
    }
    let other = id(u32::MAX);
    assert!(pace.enter(other, &one, 1, at(5)).is_err(), "all of them are in use");
    assert!(pace.enter(other, &one, 1, at(10)).is_ok(), "those that are full again are forgotten");
    assert_eq!(pace.buckets().len(), 1);
}
