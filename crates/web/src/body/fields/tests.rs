use super::*;
use crate::body::{Json, Request};

fn fields(text: &str) -> Fields {
    let Json::Object(entries) = Json::parse(text.as_bytes()).unwrap() else { panic!("not an object") };
    Fields::new(entries)
}

fn errors(fields: Fields) -> Vec<(String, Vec<String>)> {
    fields.finish().0.into_iter().collect()
}

fn one(path: &str, message: &str) -> Vec<(String, Vec<String>)> {
    vec![(path.to_owned(), vec![message.to_owned()])]
}

struct Item(Option<Decimal>);

impl Request for Item {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.required("quantity").decimal()))
    }
}

#[test]
fn a_key_is_the_same_in_camel_and_pascal_case_and_in_no_other() {
    for sent in ["orgCode", "OrgCode"] {
        let mut fields = fields(&format!(r#"{{"{sent}": "a"}}"#));
        assert_eq!(fields.required("orgCode").text(1..=9).as_deref(), Some("a"));
        assert!(errors(fields).is_empty());
    }
    let mut other = fields(r#"{"orgcode": "a", "ORGCODE": "b"}"#);
    assert_eq!(other.optional("orgCode").text(1..=9), None);
    assert_eq!(errors(other).len(), 2);
    let mut both = fields(r#"{"orgCode": "a", "OrgCode": "a"}"#);
    assert_eq!(both.required("orgCode").text(1..=9), None);
    assert_eq!(errors(both), one("orgCode", "is given twice, in camelCase and in PascalCase"));
    assert!(same_key("Éa", "Éa") && !same_key("éa", "Éa") && !same_key("", "a"));
}

#[test]
fn required_optional_and_null() {
    let mut fields = fields(r#"{"b": null, "c": null, "d": 1}"#);
    assert!(
        fields.has("b") && fields.is_null("b") && fields.has("d") && !fields.is_null("d") && !fields.has("a")
    );
    assert_eq!(fields.required("a").text(0..=9), None);
    assert_eq!(fields.required("b").text(0..=9), None);
    assert_eq!(fields.optional("c").text(0..=9), None);
    fields.ignore("d");
    assert!(fields.is_wrong());
    let missing = vec!["is required".to_owned()];
    assert_eq!(errors(fields), [("a".to_owned(), missing.clone()), ("b".to_owned(), missing)]);
}

#[test]
fn unknown_keys_are_named_cut_and_clean() {
    let long = "k".repeat(MAX_KEY_SHOWN + 1);
    let fields = fields(&format!(r#"{{"a\u0000\nb": 1, "{long}": 2}}"#));
    let named: Vec<String> = errors(fields).into_iter().map(|(key, _)| key).collect();
    assert_eq!(named, ["a\u{fffd}\u{fffd}b".to_owned(), "k".repeat(MAX_KEY_SHOWN)]);
}

#[test]
fn the_number_of_errors_has_a_limit() {
    let body = |n: usize| {
        let keys: Vec<_> = (0..n).map(|i| format!("\"k{i:03}\":1")).collect();
        errors(fields(&format!("{{{}}}", keys.join(",")))).len()
    };
    assert_eq!(body(MAX_ERRORS), MAX_ERRORS);
    assert_eq!(body(MAX_ERRORS + 1), MAX_ERRORS);
}

#[test]
fn nested_errors_carry_their_path_and_unknown_keys_too() {
    let mut fields = fields(r#"{"Items": [{"Quantity": 1}, {"quantity": "x", "y": 1}, 7], "one": {"z": 1}}"#);
    let items = fields.required("items").list::<Item>(1..=3).unwrap();
    assert_eq!(items.len(), 2, "an item that is no object is left out, and named");
    assert_eq!(items[0].0.as_ref().unwrap().path(), "items[0].quantity");
    fields.optional("one").object::<Item>();
    let named: Vec<_> =
        errors(fields).into_iter().map(|(path, mut messages)| (path, messages.remove(0))).collect();
    let expected = [
        ("items[1].quantity", "must be a decimal number, not a text"),
        ("items[1].y", "is not a known field"),
        ("items[2]", "must be an object, not a number"),
        ("one.quantity", "is required"),
        ("one.z", "is not a known field"),
    ];
    assert_eq!(named, expected.map(|(path, message)| (path.to_owned(), message.to_owned())));
}

#[test]
fn a_decimal_becomes_money_under_its_currency() {
    let mut fields =
        fields(r#"{"a": 148.83, "b": 148.830, "c": 1.005, "d": -1, "e": 0, "f": 12345678901.00}"#);
    let mut money = |key: &'static str| {
        let decimal = fields.required(key).decimal();
        fields.positive_amount(decimal.as_ref(), Some(Currency::USD)).map(Money::minor)
    };
    assert_eq!((money("a"), money("b")), (Some(14_883), Some(14_883)));
    assert_eq!(["c", "d", "e", "f"].map(&mut money), [None; 4]);
    assert_eq!(fields.amount(None, Some(Currency::USD)), None);
    let named: Vec<_> =
        errors(fields).into_iter().map(|(path, mut messages)| (path, messages.remove(0))).collect();
    let expected = [
        ("c", "has more decimals than the currency has"),
        ("d", "must not be negative"),
        ("e", "must be more than zero"),
        ("f", "is too large: at most 12 digits, counted in the smallest unit"),
    ];
    assert_eq!(named, expected.map(|(path, message)| (path.to_owned(), message.to_owned())));
}

#[test]
fn zero_is_an_amount_where_it_may_be() {
    let mut fields = fields(r#"{"a": 0, "b": 5}"#);
    let (a, b) = (fields.required("a").decimal(), fields.required("b").decimal());
    assert_eq!(fields.amount(a.as_ref(), Some(Currency::USD)).map(Money::minor), Some(0));
    assert_eq!(fields.amount(b.as_ref(), None), None, "no currency: its own field has the error");
    assert!(errors(fields).is_empty());
}

#[test]
fn a_decimal_becomes_a_quantity() {
    let mut fields = fields(r#"{"a": 2.5, "b": 0, "c": 0.00001}"#);
    let mut quantity = |key: &'static str| {
        let decimal = fields.required(key).decimal();
        fields.quantity(decimal.as_ref()).map(|quantity| quantity.to_string())
    };
    assert_eq!(["a", "b", "c"].map(&mut quantity), [Some("2.5".to_owned()), None, None]);
    assert_eq!(fields.quantity(None), None);
    assert_eq!(errors(fields).len(), 2);
}

#[test]
fn a_currency_falls_back_only_where_none_is_sent() {
    let mut fields = fields(r#"{"a": "JPY", "b": null, "d": "usd", "e": 7}"#);
    let mut code = |key: &'static str| fields.currency_or(key, Currency::USD).map(Currency::code);
    assert_eq!(["a", "b", "c"].map(&mut code), [Some("JPY"), Some("USD"), Some("USD")]);
    assert_eq!(["d", "e"].map(&mut code), [None, None]);
    let named: Vec<_> = errors(fields).into_iter().flat_map(|(_, messages)| messages).collect();
    assert_eq!(named, ["is not an ISO 4217 currency code", "must be a text, not a number"]);
}
