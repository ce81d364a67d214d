use kontor_domain::templates::pattern::Pattern;
use serde_json::json;

use super::*;

fn at(pointer: &str, check: Check) -> Predicate {
    Predicate { pointer: pointer.to_owned(), check }
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn pattern(source: &str) -> Check {
    Check::Matches(Pattern::parse(source).expect("a pattern"))
}

#[test]
fn each_condition_holds_or_does_not() {
    let answer =
        json!({ "name": "Riga", "number": 7, "open": true, "none": null, "list": ["a", 2], "empty": "" });
    for (predicate, holding) in [
        (at("/name", Check::Exists(true)), true),
        (at("/none", Check::Exists(true)), false),
        (at("/none", Check::Exists(false)), true),
        (at("/name", Check::Exists(false)), false),
        (at("/name", Check::Equals(text("Riga"))), true),
        (at("/name", Check::Equals(text("riga"))), false),
        (at("/number", Check::Equals(Scalar::Integer(7))), true),
        (at("/number", Check::Equals(text("7"))), false),
        (at("/open", Check::Equals(Scalar::Boolean(true))), true),
        (at("/name", Check::NotEquals(text("Oslo"))), true),
        (at("/name", Check::NotEquals(text("Riga"))), false),
        (at("/gone", Check::NotEquals(text("Riga"))), false),
        (at("/number", Check::OneOf(vec![text("7"), Scalar::Integer(7)])), true),
        (at("/number", Check::OneOf(vec![text("7")])), false),
        (at("/list", Check::Contains(Scalar::Integer(2))), true),
        (at("/list", Check::Contains(text("2"))), false),
        (at("/name", Check::Contains(text("ig"))), true),
        (at("/number", Check::Contains(text("7"))), false),
        (at("/name", pattern("[A-Z][a-z]+")), true),
        (at("/name", pattern("[A-Z]")), false),
        (at("/number", pattern("[0-9]")), true),
        (at("/open", pattern("true")), false),
    ] {
        assert_eq!(holds(&predicate, &answer), holding, "{predicate:?}");
        assert!(!words(&predicate).is_empty());
    }
    assert!(holds(&at("", Check::Exists(true)), &answer));
}

#[test]
fn a_long_text_is_held_against_no_pattern() {
    let answer = |length: usize| json!({ "a": "x".repeat(length) });
    assert!(holds(&at("/a", pattern("x+")), &answer(MAX_MATCHED)));
    assert!(!holds(&at("/a", pattern("x+")), &answer(MAX_MATCHED + 1)));
}

#[test]
fn a_name_is_a_text_or_a_number_that_says_something() {
    let answer = json!({ "name": "Riga", "id": 7, "blank": " ", "open": true, "none": null });
    assert_eq!(text_at(&answer, "/name").as_deref(), Some("Riga"));
    assert_eq!(text_at(&answer, "/id").as_deref(), Some("7"));
    for nothing in ["/blank", "/open", "/none", "/gone"] {
        assert_eq!(text_at(&answer, nothing), None, "{nothing}");
    }
}
