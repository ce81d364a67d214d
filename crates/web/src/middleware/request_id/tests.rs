use super::*;

#[test]
fn a_callers_id_is_kept_where_it_can_stand_in_a_log() {
    let kept = |text: &[u8]| {
        let value = HeaderValue::from_bytes(text).expect("a value");
        of_caller(&HeaderMap::from_iter([(HEADER, value)]))
    };
    assert_eq!(kept(b"order-7").as_deref(), Some("order-7"));
    assert_eq!(kept("x".repeat(MAX).as_bytes()).map(|it| it.len()), Some(MAX));
    assert_eq!(kept("x".repeat(MAX + 1).as_bytes()), None);
    assert_eq!(kept(b""), None);
    assert_eq!(kept(b"a b"), None);
    assert_eq!(kept("\u{e4}".as_bytes()), None);
    assert_eq!(of_caller(&HeaderMap::new()), None);
}
