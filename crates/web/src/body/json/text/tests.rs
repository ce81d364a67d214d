use proptest::prelude::*;

use super::*;

#[test]
fn escapes_are_read() {
    let read = |raw: &str| unescaped(raw).map(|it| it.as_str().to_owned());
    assert_eq!(read(r#""a\"\\\/\b\f\n\r\t""#).as_deref(), Some("a\"\\/\u{8}\u{c}\n\r\t"));
    assert_eq!(read(r#""\u0034\u00e9\ud83d\ude00.""#).as_deref(), Some("4é😀."));
    for bad in
        [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\u0041""#, r#""\x""#, r#""\u12""#, r#""\u+123""#, r#""\""#]
    {
        assert_eq!(read(bad), None, "{bad}");
    }
}

proptest! {
    /// The library says the same, whether it takes it or not.
    #[test]
    fn as_the_library_reads_it(inner in r#"([a-z€😀]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83[d-f]\\ude[0-4][0-9]){0,12}"#) {
        let raw = format!("\"{inner}\"");
        let said = serde_json::from_str::<String>(&raw).ok();
        prop_assert_eq!(unescaped(&raw).map(|it| it.as_str().to_owned()), said);
    }

    #[test]
    fn it_never_grows(inner in r"(\\u[0-9a-f]{4}|é|\\n|a){0,12}") {
        let raw = format!("\"{inner}\"");
        prop_assert!(unescaped(&raw).is_none_or(|it| it.len() <= inner.len()));
    }
}
