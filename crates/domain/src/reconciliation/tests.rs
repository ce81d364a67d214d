use jiff::civil::date;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn a_day_has_its_first_moment_and_not_the_next_days() {
    let days = Days::new(date(2026, 3, 1), date(2026, 3, 1)).expect("a day");
    assert_eq!((days.begin(), days.end()), (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")));
    for (moment, day) in [
        ("2026-02-28T23:59:59.999999Z", date(2026, 2, 28)),
        ("2026-03-01T00:00:00Z", date(2026, 3, 1)),
        // Late in the evening where the provider writes its times.
        ("2026-03-01T23:59:59-08:00", date(2026, 3, 2)),
    ] {
        assert_eq!(day_of(at(moment)), day, "{moment}");
    }
}

#[test]
fn days_are_at_most_31_and_in_order() {
    let first = date(2026, 1, 1);
    assert_eq!(Days::new(first, date(2026, 1, 31)).map(|it| it.all().count()), Ok(31));
    assert_eq!(Days::new(first, date(2026, 2, 1)), Err(NoDays::TooMany));
    assert_eq!(Days::new(first, date(9999, 12, 31)), Err(NoDays::TooMany));
    assert_eq!(Days::new(first, date(2025, 12, 31)), Err(NoDays::Backwards));
    assert_eq!(
        Days::new(Date::MAX, Date::MAX).map(|it| (it.all().count(), it.end())),
        Ok((1, Timestamp::MAX))
    );
    let days = Days::before(at("2026-03-01T12:00:00Z"), 2);
    assert_eq!((days.from(), days.to()), (date(2026, 2, 27), date(2026, 3, 1)));
    assert!(days.has(date(2026, 2, 28)) && !days.has(date(2026, 2, 26)) && !days.has(date(2026, 3, 2)));
    assert_eq!(Days::before(at("2026-03-01T12:00:00Z"), 1_000).all().count(), 31);
    assert_eq!(Days::before(at("2026-03-01T12:00:00Z"), -1).all().count(), 1);
}

#[test]
fn a_sum_counts_and_adds() {
    let mut sum = Sum::default();
    sum.add(1_999);
    sum.add(1);
    assert_eq!(sum, Sum { count: 2, minor: 2_000 });
}
