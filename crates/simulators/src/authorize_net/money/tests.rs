use proptest::prelude::{Strategy as _, any, prop_assert_eq, proptest};

use super::*;
use crate::authorize_net::reply::decimal;

#[test]
fn amounts_have_two_digits_that_count() {
    for (text, is) in [
        ("5", 500),
        ("5.00", 500),
        ("5.5", 550),
        ("5.5000", 550),
        (".05", 5),
        ("-1.25", -125),
        ("+1", 100),
        (" 2 ", 200),
    ] {
        assert_eq!(cents(text), Some(is), "{text}");
    }
    for text in ["", ".", "1.001", "1e3", "1,00", "a", "--1", "99999999999999"] {
        assert_eq!(cents(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(cents_in in any::<i64>().prop_map(|it| it % MOST)) {
        prop_assert_eq!(cents(&decimal(cents_in)), Some(cents_in));
    }
}
