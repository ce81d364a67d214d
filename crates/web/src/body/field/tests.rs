#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of one lifetime is no function of every lifetime"
)]

use kontor_domain::Currency;
use proptest::prelude::*;

use super::*;
use crate::enums::Form;

/// Reads the one field `a` of a body that holds it as `json`, and hands back what is wrong.
fn read<T>(json: &str, reader: impl FnOnce(Field<'_>) -> Option<T>) -> Result<T, String> {
    let Json::Object(entries) = Json::parse(format!("{{\"a\": {json}}}").as_bytes()).unwrap() else {
        panic!("not an object")
    };
    let mut fields = Fields::new(entries);
    let value = reader(fields.required("a"));
    let (errors, _) = fields.finish();
    match value {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors
            .into_iter()
            .map(|(path, messages)| format!("{path} {}", messages.join("; ")))
            .collect::<Vec<_>>()
            .join("\n")),
    }
}

fn fails<T>(json: &str, reader: impl FnOnce(Field<'_>) -> Option<T>) -> String {
    read(json, reader).err().unwrap_or_else(|| panic!("{json} was read"))
}

#[test]
fn texts_have_lengths_in_characters_on_both_sides() {
    let text = |json: &str| read(json, |field| field.text(2..=3));
    assert_eq!(text(r#""éé""#).unwrap(), "éé");
    assert_eq!(text(r#""ééé""#).unwrap(), "ééé");
    assert_eq!(text(r#""é""#).unwrap_err(), "a must have 2 to 3 characters");
    assert_eq!(text(r#""éééé""#).unwrap_err(), "a must have 2 to 3 characters");
    assert_eq!(fails(r#""abcd""#, |field| field.text(0..=3)), "a must have at most 3 characters");
    assert_eq!(fails(r#""ab""#, |field| field.text(3..=3)), "a must have 3 characters");
    assert_eq!(text(r#""   ""#).unwrap_err(), "a must not be blank");
    assert_eq!(read(r#""""#, |field| field.text(0..=3)).unwrap(), "");
    assert_eq!(text("12").unwrap_err(), "a must be a text, not a number");
    assert_eq!(text("null").unwrap_err(), "a is required");
}

#[test]
fn control_characters_are_refused_but_for_lines() {
    assert_eq!(fails(r#""a\nb""#, |field| field.text(1..=9)), "a must not have control characters");
    assert_eq!(read(r#""a\r\n\tb""#, |field| field.lines(1..=9)).unwrap(), "a\r\n\tb");
    assert_eq!(fails(r#""a\u0000""#, |field| field.lines(1..=9)), "a must not have control characters");
    assert_eq!(fails(r#""a\u0085""#, |field| field.text(1..=9)), "a must not have control characters");
    assert_eq!(read(r#""k\ney""#, |field| field.secret(1..=9)).unwrap().expose(), "k\ney");
    assert_eq!(fails(r#""hunter2""#, |field| field.secret(1..=2)), "a must have 1 to 2 characters");
}

#[test]
fn words_booleans_and_parsed_types() {
    assert_eq!(read(r#""b""#, |field| field.one_of(&["a", "b"])).unwrap(), "b");
    assert_eq!(fails(r#""B""#, |field| field.one_of(&["a", "b"])), "a must be one of: a, b");
    assert!(read("true", |it| it.boolean()).unwrap());
    assert_eq!(fails(r#""true""#, |it| it.boolean()), "a must be true or false, not a text");
    assert_eq!(fails("1", |it| it.boolean()), "a must be true or false, not a number");
    assert_eq!(read(r#""EUR""#, |it| it.parsed::<Currency>()).unwrap().code(), "EUR");
    assert_eq!(fails(r#""XYZ""#, |it| it.parsed::<Currency>()), "a is not an ISO 4217 currency code");
}

#[test]
fn integers_have_ranges_and_no_decimals() {
    let integer = |json: &str| read(json, |field| field.integer(-1..=10));
    assert_eq!((integer("-1").unwrap(), integer("10").unwrap()), (-1, 10));
    for wrong in ["-2", "11", "1.0", "1e0", "99999999999999999999"] {
        assert_eq!(integer(wrong).unwrap_err(), "a must be a whole number from -1 to 10", "{wrong}");
    }
    assert_eq!(integer(r#""1""#).unwrap_err(), "a must be a whole number, not a text");
}

#[test]
fn decimals_are_plain_and_keep_their_text() {
    let decimal = |json: &str| read(json, |it| it.decimal()).map(|decimal| decimal.text().to_owned());
    for exact in ["0", "-0.10", "148.83", "1.000000000000000000000000000000"] {
        assert_eq!(decimal(exact).unwrap(), exact);
    }
    for wrong in ["1e2", "1E-2", "1.0000000000000000000000000000000"] {
        assert_eq!(decimal(wrong).unwrap_err(), "a must be a plain decimal number, without an exponent");
    }
    assert_eq!(decimal(r#""148.83""#).unwrap_err(), "a must be a decimal number, not a text");
}

#[test]
fn a_number_may_stand_for_a_text_where_that_is_said() {
    let either = |json: &str| read(json, |field| field.integer_or_text(1..=5));
    assert_eq!(either("12").unwrap(), "12");
    assert_eq!(either(r#""A-1""#).unwrap(), "A-1");
    assert_eq!(either("123456").unwrap_err(), "a must have 1 to 5 characters");
    assert_eq!(either("1.5").unwrap_err(), "a must be a text or a whole number, not a number");
    assert_eq!(either("true").unwrap_err(), "a must be a text or a whole number, not a boolean");
}

#[test]
fn dates_and_times() {
    let date = |json: &str| read(json, |it| it.date()).map(|date| date.to_string());
    assert_eq!(date(r#""2026-03-01""#).unwrap(), "2026-03-01");
    assert_eq!(date(r#""2026-03-01T23:59:59-08:00""#).unwrap(), "2026-03-01", "the day of its own offset");
    assert_eq!(date(r#""2026-03-01T00:00:00Z""#).unwrap(), "2026-03-01");
    for wrong in [
        "2026-02-30",
        "2026-3-1",
        "01/03/2026",
        "20260301",
        "2026-03-01T00:00:00",
        "2026-03-01 00:00:00Z",
        "",
    ] {
        assert_eq!(
            date(&format!("{wrong:?}")).unwrap_err(),
            "a must be a date such as 2026-03-01",
            "{wrong}"
        );
    }
    let time = |json: &str| read(json, |it| it.time()).map(|time| time.to_string());
    assert_eq!(time(r#""2026-03-01T12:00:00.5+02:00""#).unwrap(), "2026-03-01T10:00:00.5Z");
    for wrong in
        ["2026-03-01", "2026-03-01T12:00:00", "2026-03-01T12:00:00Z[UTC]", "2026-03-01T25:00:00Z", "now"]
    {
        assert_eq!(
            time(&format!("{wrong:?}")).unwrap_err(),
            "a must be a time such as 2026-03-01T12:00:00Z",
            "{wrong}"
        );
    }
}

#[test]
fn urls_are_absolute_and_carry_no_password() {
    let url = |text: &str| read(&format!("{text:?}"), |it| it.url()).map(|url| url.to_string());
    assert_eq!(url("https://shop.example/return?x=1").unwrap(), "https://shop.example/return?x=1");
    assert_eq!(url("http://localhost:8080").unwrap(), "http://localhost:8080/");
    for wrong in [
        "/return",
        "ftp://a.example",
        "javascript:alert(1)",
        "https://u:p@a.example",
        "https://u@a.example",
        "https://",
        "",
    ] {
        assert_eq!(
            url(wrong).unwrap_err(),
            "a must be an http or https address of at most 2048 characters",
            "{wrong}"
        );
    }
    let long = |n: usize| format!("https://a.example/{}", "x".repeat(n - 18));
    assert!(url(&long(MAX_URL)).is_ok());
    assert!(url(&long(MAX_URL + 1)).is_err());
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Payment;

impl Numbered for Payment {
    const ALL: &'static [Self] = &[Self];
    fn number(self) -> u8 {
        1
    }
    fn name(self) -> &'static str {
        "Payment"
    }
}

#[test]
fn enums_come_by_number_or_name_and_the_form_is_remembered() {
    let form = |body: &str| {
        let Json::Object(entries) = Json::parse(body.as_bytes()).unwrap() else { panic!("not an object") };
        let mut fields = Fields::new(entries);
        fields.optional("a").numbered::<Payment>();
        fields.optional("b").numbered::<Payment>();
        let (errors, form) = fields.finish();
        assert!(errors.is_empty(), "{errors:?}");
        form
    };
    assert_eq!(form("{}"), None);
    assert_eq!(form(r#"{"a": 1}"#), Some(Form::Numbers));
    assert_eq!(form(r#"{"a": "1"}"#), Some(Form::Numbers));
    assert_eq!(form(r#"{"a": "Payment"}"#), Some(Form::Names));
    assert_eq!(form(r#"{"a": "Payment", "b": 1}"#), Some(Form::Names));
    assert_eq!(form(r#"{"a": 1, "b": "Payment"}"#), Some(Form::Names));
    for wrong in ["2", "1.0", r#""Pay""#, "[1]", "true"] {
        assert_eq!(fails(wrong, |it| it.numbered::<Payment>()), "a must be one of: 1 (Payment)", "{wrong}");
    }
}

struct Nothing;

impl Request for Nothing {
    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

struct Sulking;

impl Request for Sulking {
    fn read(_: &mut Fields) -> Option<Self> {
        None
    }
}

#[test]
fn lists_have_counts_on_both_sides() {
    let count = |json: &str| read(json, |field| field.list::<Nothing>(1..=2)).map(|list| list.len());
    assert_eq!((count("[{}]").unwrap(), count("[{}, {}]").unwrap()), (1, 2));
    assert_eq!(count("[]").unwrap_err(), "a must have 1 to 2 items");
    assert_eq!(count("[{}, {}, {}]").unwrap_err(), "a must have 1 to 2 items");
    assert_eq!(count("{}").unwrap_err(), "a must be a list, not an object");
    let texts = |json: &str| read(json, |field| field.texts(0..=2, 1..=3));
    assert_eq!(texts(r#"["a", "b"]"#).unwrap(), ["a", "b"]);
    assert!(texts("[]").unwrap().is_empty());
    assert_eq!(
        texts(r#"["abcd", 1]"#).unwrap_err(),
        "a[0] must have 1 to 3 characters\na[1] must be a text, not a number"
    );
}

#[test]
fn an_object_is_an_object_and_its_reader_must_say_why_not() {
    assert!(read("{}", |it| it.object::<Nothing>()).is_ok());
    assert_eq!(fails("[]", |it| it.object::<Nothing>()), "a must be an object, not a list");
    assert_eq!(fails("{}", |it| it.object::<Sulking>()), "a is not valid");
}

#[test]
fn a_free_map_is_taken_literally() {
    let map =
        read(r#"{"IsSandbox": true, "isSandbox": "x", "n": 1.50, "gone": null}"#, |field| field.map(4, 5))
            .unwrap();
    let text = |text: &str| Some(text.to_owned());
    let expected =
        [("IsSandbox", text("true")), ("gone", None), ("isSandbox", text("x")), ("n", text("1.50"))];
    assert_eq!(map.into_iter().collect::<Vec<_>>(), expected.map(|(key, value)| (key.to_owned(), value)));
    let fails = |json: &str| fails(json, |field| field.map(2, 5));
    assert_eq!(fails(r#"{"a": 1, "b": 1, "c": 1}"#), "a must have at most 2 entries");
    assert_eq!(fails(r#"{"Key": {}}"#), "a.Key must be a text, a number, a boolean or null, not an object");
    assert_eq!(fails(r#"{"Key": "123456"}"#), "a.Key must have at most 5 characters");
    assert_eq!(fails(r#"{"": 1}"#), "a. must have a key of 1 to 128 characters");
    assert_eq!(fails("[]"), "a must be an object, not a list");
    let key = |n: usize| read(&format!("{{\"{}\": 1}}", "k".repeat(n)), |field| field.map(2, 5));
    assert!(key(MAX_MAP_KEY).is_ok());
    assert!(key(MAX_MAP_KEY + 1).is_err());
}

#[test]
fn a_map_of_secrets_is_one() {
    let map = read(r#"{"TransactionKey": "hunter2", "gone": null}"#, |field| field.secret_map(2, 9)).unwrap();
    assert_eq!(map["TransactionKey"].as_ref().unwrap().expose(), "hunter2");
    assert!(map["gone"].is_none());
}

proptest! {
    /// Whatever is sent, a reader neither panics nor repeats it in its error.
    #[test]
    fn no_error_repeats_the_value(card in "[0-9]{13,19}") {
        let readers: [fn(Field<'_>) -> Option<()>; 9] = [
            |field| field.text(1..=3).map(drop),
            |field| field.one_of(&["x"]).map(drop),
            |field| field.parsed::<Currency>().map(drop),
            |field| field.boolean().map(drop),
            |field| field.date().map(drop),
            |field| field.time().map(drop),
            |field| field.url().map(drop),
            |field| field.numbered::<Payment>().map(drop),
            |field| field.list::<Nothing>(0..=1).map(drop),
        ];
        for reader in readers {
            for json in [format!("\"{card}\""), card.trim_start_matches('0').to_owned() + "0"] {
                if let Err(error) = read(&json, reader) {
                    prop_assert!(!error.contains(&card), "{}", error);
                }
            }
        }
    }
}
