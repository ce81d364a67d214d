use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn each_limit_holds_on_both_sides() {
    let mut throttle = Throttle::default();
    let mut now = at("2026-01-15T16:00:00Z");
    let mut taken = 0;
    for _ in 0..10 {
        assert!(throttle.enter("1", false, now));
        throttle.leave("1");
        taken += 1;
    }
    assert!(!throttle.enter("1", false, now), "the eleventh of a second");
    assert!(throttle.enter("2", false, now), "another company");
    now += SignedDuration::from_secs(1);
    while taken < 500 {
        now += SignedDuration::from_millis(101);
        assert!(throttle.enter("1", false, now), "{taken}");
        throttle.leave("1");
        taken += 1;
    }
    now += SignedDuration::from_millis(500);
    assert!(!throttle.enter("1", false, now), "the 501st of a minute");
    assert!(throttle.enter("1", false, at("2026-01-15T16:01:00Z")), "the first ten are a minute ago");
    let told = throttle.told();
    assert_eq!(told["companies"]["1"]["refused"], json!({ "perSecond": 1, "perMinute": 1 }));
    assert_eq!(told["companies"]["1"]["mostAMinute"], 500);
}

#[test]
fn ten_at_once_and_forty_batches() {
    let limits = Limits { per_second: None, ..Limits::default() };
    let mut throttle = Throttle { limits, ..Throttle::default() };
    let now = at("2026-01-15T16:00:00Z");
    for _ in 0..10 {
        assert!(throttle.enter("1", false, now));
    }
    assert!(!throttle.enter("1", false, now), "the eleventh at once");
    throttle.leave("1");
    assert!(throttle.enter("1", false, now));
    for _ in 0..10 {
        throttle.leave("1");
    }
    for _ in 0..40 {
        assert!(throttle.enter("1", true, now));
        throttle.leave("1");
    }
    assert!(!throttle.enter("1", true, now), "the forty-first batch");
    assert!(throttle.enter("1", false, now), "and what is none goes on");
}
