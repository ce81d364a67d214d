use super::*;

#[test]
fn postal_codes_are_checked_by_their_country() {
    for good in ["98004", "98004-1234", "980041234"] {
        assert_eq!(wrong_zip(good, Some("us")), None, "{good}");
    }
    for bad in ["9800", "98004-", "98004-12", "K1A 0B1", "9800a"] {
        assert!(wrong_zip(bad, Some("USA")).is_some(), "{bad}");
    }
    assert_eq!([wrong_zip("K1A 0B1", Some("CA")), wrong_zip("18439", None)], [None, None]);
    assert!(wrong_zip("<98004>", None).is_some());
}

#[test]
fn an_address_of_mail_has_two_sides() {
    for good in ["a@b.example", "a.b+c@sub.b.example"] {
        assert!(is_email(good), "{good}");
    }
    for bad in ["", "a", "a@", "@b.example", "a@b", "a b@c.example", "a@b@c.example", "a@.example", "a@b."] {
        assert!(!is_email(bad), "{bad}");
    }
}

#[test]
fn a_card_is_good_until_its_last_month_is_over_everywhere() {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let march = Expiry::new(3, 2026).expect("an expiry");
    assert!(!is_over(march, at("2026-03-31T23:59:59Z")));
    assert!(!is_over(march, at("2026-04-01T11:59:59Z")), "it is March at the date line still");
    assert!(is_over(march, at("2026-04-01T12:00:00Z")));
    assert!(is_over(Expiry::new(12, 2025).expect("an expiry"), at("2026-03-01T12:00:00Z")));
}
