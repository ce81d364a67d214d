use super::*;

#[test]
fn a_code_is_made_of_the_name() {
    assert_eq!(code_of("Hanse Trading, Ltd."), "HANSE-TRADING-LTD");
    assert_eq!(code_of("A very long name of a trading house"), "A-VERY-LONG-NAME-OF-A-TR");
    assert_eq!(code_of("Köln"), "K-LN");
    assert!(!is_code(&code_of("日本")));
}

#[test]
fn a_code_has_limits_on_both_sides() {
    for (code, fine) in
        [("A", false), ("AB", true), (&*"A".repeat(32), true), (&*"A".repeat(33), false), ("A B", false)]
    {
        assert_eq!(is_code(code), fine, "{code}");
    }
}
