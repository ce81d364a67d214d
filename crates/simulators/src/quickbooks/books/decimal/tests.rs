use serde_json::json;

use super::*;

#[test]
fn amounts_are_read_to_the_cent_and_written_as_they_were() {
    for (value, wanted) in [
        (json!(0.285), 29),
        (json!("1.005"), 101),
        (json!(-0.285), -29),
        (json!(362.07), 36207),
        (json!(100), 10_000),
        (json!(null), 0),
    ] {
        assert_eq!(cents(&value), wanted, "{value}");
    }
    assert_eq!(number(36207).to_string(), "362.07");
    assert_eq!(
        (text(-5), grouped(186_107), grouped(100)),
        ("-0.05".into(), "1,861.07".into(), "1.00".into())
    );
    for value in
        [json!("1e5"), json!("abc"), json!(""), json!("1.2.3"), json!(true), json!("9999999999999999")]
    {
        assert_eq!(parse(&value), None, "{value}");
    }
}

#[test]
fn products_and_percents_round_half_up() {
    let units = |text: &str| parse(&json!(text)).expect("a number");
    assert_eq!(times(units("9.5"), units("5")), 4750);
    assert_eq!(times(units("0.333"), units("1.5")), 50);
    assert_eq!(percent(33_525, units("8")), 2682);
    assert_eq!(percent(1_00, units("8.5")), 9);
}
