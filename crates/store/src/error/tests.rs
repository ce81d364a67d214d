use super::gone;

#[test]
fn only_a_database_that_is_gone_counts_as_gone() {
    for code in ["08006", "53300", "57P01", "57P03", "5", "261", "10", "14"] {
        assert!(gone(Some(code)), "{code}");
    }
    for code in ["23505", "40001", "22012", "19", "1", "2067"] {
        assert!(!gone(Some(code)), "{code}");
    }
    assert!(!gone(None));
}
