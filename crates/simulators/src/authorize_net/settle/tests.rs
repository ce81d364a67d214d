use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn a_batch_is_closed_when_the_merchants_day_is_over_also_when_clocks_change() {
    assert_eq!(cut_off(at("2026-01-15T07:59:59Z")), at("2026-01-15T08:00:00Z"));
    assert_eq!(cut_off(at("2026-01-15T08:00:00Z")), at("2026-01-16T08:00:00Z"));
    // The days on which clocks go forward and back, and the day after.
    assert_eq!(cut_off(at("2026-03-08T09:00:00Z")), at("2026-03-09T07:00:00Z"));
    assert_eq!(cut_off(at("2026-11-01T08:00:00Z")), at("2026-11-02T08:00:00Z"));
}

#[test]
fn a_state_follows_from_the_clock() {
    let submitted = at("2026-01-15T20:00:00Z");
    let record = |state: &str, captured: bool| Record {
        state: state.to_owned(),
        submitted_at: submitted,
        captured_at: captured.then_some(submitted),
        ..Record::default()
    };
    let (before, after) = (at("2026-01-16T07:59:59Z"), at("2026-01-16T08:00:00Z"));
    let sale = record("capturedPendingSettlement", true);
    assert_eq!(
        (state(&sale, before), state(&sale, after)),
        ("capturedPendingSettlement", "settledSuccessfully")
    );
    let by_hand = Record { settled_at: Some(submitted), ..sale };
    assert_eq!(state(&by_hand, submitted), "settledSuccessfully");
    let waits = record("authorizedPendingCapture", false);
    assert_eq!(closes_at(&waits), None);
    assert_eq!(state(&waits, at("2026-02-14T19:59:59Z")), "authorizedPendingCapture");
    assert_eq!(state(&waits, at("2026-02-14T20:00:00Z")), "expired");
    assert_eq!(state(&record("FDSPendingReview", false), at("2026-01-20T20:00:00Z")), "expired");
    assert_ne!(batch_id(0, after), batch_id(1, after), "two merchants' batches are two");
}
