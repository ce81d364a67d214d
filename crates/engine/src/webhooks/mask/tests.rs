use serde_json::json;

use super::*;

#[test]
fn card_numbers_are_masked_wherever_they_stand() {
    for (given, kept) in [
        ("paid with 4111111111111111 today", "paid with [number] today"),
        ("4111 1111 1111 1111", "[number]"),
        ("4111-1111-1111-1111, thanks", "[number], thanks"),
        ("378282246310005", "[number]"),
        ("no 4111111111111112 here", "no 4111111111111112 here"),
        ("order 12345", "order 12345"),
        ("7 4111111111111111", "[number]"),
    ] {
        assert_eq!(text(given), kept, "{given}");
    }
    let given =
        json!({ "4111111111111111": [4_111_111_111_111_111_u64, "4111111111111111"], "id": 17, "at": 1.5 });
    assert_eq!(value(given), json!({ "[number]": ["[number]", "[number]"], "id": 17, "at": 1.5 }));
}

#[test]
fn ids_and_times_stay() {
    let given = json!({ "created": 1_700_000_000_123_u64, "sku": "00000000000000", "note": "12 - 13 - 14" });
    assert_eq!(value(given.clone()), given);
}
