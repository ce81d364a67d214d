use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn what_json_writes_is_read_digit_for_digit() {
    for (text, shown) in [
        ("0", "0"),
        ("-0.00", "0"),
        ("362.07", "362.07"),
        ("100.0", "100"),
        ("1E+2", "100"),
        ("1.5e3", "1500"),
        ("25E-4", "0.0025"),
        ("-12.50", "-12.5"),
        ("0.1", "0.1"),
        ("9999999999.99999", "9999999999.99999"),
    ] {
        assert_eq!(read(text).to_string(), shown);
        let json: Decimal = serde_json::from_str(text).expect("a number");
        assert_eq!(json, read(shown));
        let quoted: Decimal = serde_json::from_str(&format!("\"{text}\"")).expect("a number in a text");
        assert_eq!(quoted, json);
        assert_eq!(serde_json::to_string(&json).expect("a text"), shown);
    }
}

#[test]
fn what_is_no_number_or_too_long_is_refused() {
    for text in ["", "-", ".5", "5.", "1,000", "1e", "1e99999", "1e19", "0x1", "NaN", "1.2.3", "+1", " 1"] {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
    assert!("9".repeat(18).parse::<Decimal>().is_ok());
    assert!("9".repeat(19).parse::<Decimal>().is_err());
    assert!("0.0000000001".parse::<Decimal>().is_ok());
    assert!("0.00000000001".parse::<Decimal>().is_err());
    assert!("1e-60".parse::<Decimal>().is_err());
}

#[test]
fn an_amount_has_the_decimals_of_its_currency_or_is_none() {
    let jpy: Currency = "JPY".parse().expect("a currency");
    assert_eq!(read("12.34").money(Currency::USD), Some(usd(1_234)));
    assert_eq!(read("-12.3").money(Currency::USD), Some(usd(-1_230)));
    assert_eq!(read("12.345").money(Currency::USD), None);
    assert_eq!(read("1000").money(jpy), Some(Money::from_minor(1_000, jpy)));
    assert_eq!(read("0.5").money(jpy), None);
    assert_eq!(read("99999999999").money(Currency::USD), None, "beyond the largest amount");
    assert_eq!(Decimal::of(usd(1_200)), read("12"));
    assert_eq!(Decimal::of(usd(-1)), read("-0.01"));
}

#[test]
fn row_09_a_product_rounds_half_away_from_zero() {
    for (quantity, price, cents) in [
        ("3", "0.335", 101),
        ("1", "0.005", 1),
        ("1", "0.0049", 0),
        ("-1", "0.005", -1),
        ("2.5", "9.99", 2_498),
        ("5", "9.5", 4_750),
        ("0.3333", "3", 100),
        ("100", "1", 10_000),
    ] {
        assert_eq!(
            read(quantity).times(read(price), Currency::USD),
            Some(usd(cents)),
            "{quantity} × {price}"
        );
    }
    assert_eq!(read("999999999999999").times(read("999999999"), Currency::USD), None);
}

proptest! {
    #[test]
    fn every_amount_goes_there_and_back(minor in -999_999_999_999_i64..=999_999_999_999, code in 0_usize..3) {
        let currency: Currency = ["USD", "JPY", "KWD"][code].parse().expect("a currency");
        let money = Money::from_minor(minor, currency);
        let written = serde_json::to_string(&Decimal::of(money)).expect("a text");
        let back: Decimal = serde_json::from_str(&written).expect("a number");
        prop_assert_eq!(back.money(currency), Some(money));
        prop_assert_eq!(Decimal::of(money).to_string().parse::<Decimal>().ok(), Some(back));
    }

    #[test]
    fn every_text_is_read_exactly_or_refused(text in "-?[0-9]{1,12}(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?") {
        let Ok(it) = text.parse::<Decimal>() else { return Ok(()) };
        let again: Decimal = it.to_string().parse().expect("its own text");
        prop_assert_eq!(again, it);
        // Ten times as much, by the exponent alone, is ten times as many digits.
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let more: i32 = exponent.parse::<i32>().expect("an exponent") + 1;
        if let Ok(ten) = format!("{mantissa}e{more}").parse::<Decimal>() {
            let expected = i128::from(it.digits) * 10_i128.pow(ten.scale + 1);
            prop_assert_eq!(expected, i128::from(ten.digits) * 10_i128.pow(it.scale));
        }
    }
}
