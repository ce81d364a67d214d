use serde_json::json;

use super::*;

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn money_has_exactly_the_decimals_of_its_currency() {
    let yen = "JPY".parse().unwrap();
    let dinar = "KWD".parse().unwrap();
    assert_eq!(text(&Amount::of(14_883, Currency::USD)), "148.83");
    assert_eq!(text(&Amount::of(14_880, Currency::USD)), "148.80");
    assert_eq!(text(&Amount::of(0, Currency::USD)), "0.00");
    assert_eq!(text(&Amount::of(-5, Currency::USD)), "-0.05");
    assert_eq!(text(&Amount::of(999_999_999_999, Currency::USD)), "9999999999.99");
    assert_eq!(text(&Amount::of(1_000, yen)), "1000");
    assert_eq!(text(&Amount::of(1_000, dinar)), "1.000");
    assert_eq!(text(&[Some(Amount::of(10, Currency::USD)), None]), "[0.10,null]");
}

#[test]
fn every_amount_is_read_back_as_it_was_written() {
    for minor in [0, 1, 9, 10, 99, 100, 123_456_789, kontor_domain::money::MAX_MINOR] {
        let written = text(&Amount::of(minor, Currency::USD));
        assert_eq!(Money::parse(&written, Currency::USD).unwrap().minor(), minor, "{written}");
    }
}

#[test]
fn quantities_have_no_trailing_zeros() {
    let count = |text_in: &str| text(&Count(Quantity::parse(text_in).unwrap()));
    assert_eq!(count("1"), "1");
    assert_eq!(count("2.50"), "2.5");
    assert_eq!(count("0.0001"), "0.0001");
}

#[test]
fn times_are_utc_with_six_decimals() {
    let time = |text_in: &str| text(&Time(text_in.parse().unwrap()));
    assert_eq!(time("2026-03-01T12:00:00Z"), "\"2026-03-01T12:00:00.000000Z\"");
    assert_eq!(time("2026-03-01T12:00:00.1234567+02:00"), "\"2026-03-01T10:00:00.123456Z\"");
}

#[test]
fn the_document_calls_them_numbers_and_a_date_time() {
    let schema = |schema: RefOr<Schema>| serde_json::to_value(schema).unwrap();
    let amount = schema(Amount::schema());
    assert_eq!(amount["type"], "number");
    assert_eq!(amount["examples"], json!([148.83]));
    assert_eq!(schema(Count::schema())["type"], "number");
    let time = schema(Time::schema());
    assert_eq!((&time["type"], &time["format"]), (&json!("string"), &json!("date-time")));
    assert_eq!(
        (Amount::name(), Count::name(), Time::name()),
        ("Amount".into(), "Quantity".into(), "Time".into())
    );
}
