use serde_json::json;

use super::*;

#[test]
fn a_call_is_kept_as_what_it_is() {
    assert_eq!(said(br#"{"a": [1, "b"]}"#), json!({ "a": [1, "b"] }));
    assert_eq!(said(b"a=1&b=2"), json!("a=1&b=2"));
    assert_eq!(said(b"card=4111111111111111"), json!("card=[number]"));
    assert_eq!(said(b""), json!(""));
}
