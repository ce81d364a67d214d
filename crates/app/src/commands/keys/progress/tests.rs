use super::*;

#[test]
fn the_bar_fills_and_never_overflows() {
    assert_eq!(bar(0, 0), format!("[{}] 0 of 1", ".".repeat(30)));
    assert_eq!(bar(5, 10), format!("[{}{}] 5 of 10", "#".repeat(15), ".".repeat(15)));
    assert_eq!(bar(12, 10), format!("[{}] 12 of 12", "#".repeat(30)));
    assert!(bar(u64::MAX, 3).starts_with("[#"));
}
