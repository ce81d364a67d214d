use proptest::prelude::*;

use super::*;

fn usd(text: &str) -> Result<Money, AmountError> {
    Money::parse(text, Currency::USD)
}

#[test]
fn reads_and_writes_the_currency_s_decimals() {
    let yen: Currency = "JPY".parse().expect("known");
    let dinar: Currency = "BHD".parse().expect("known");
    assert_eq!(usd("100").expect("ok").to_string(), "100.00");
    assert_eq!(usd("0.05").expect("ok").minor(), 5);
    assert_eq!(usd("1.5000").expect("ok").to_string(), "1.50");
    assert_eq!(usd("007").expect("ok").to_string(), "7.00");
    assert_eq!(Money::parse("1000", yen).expect("ok").to_string(), "1000");
    assert_eq!(Money::parse("1.234", dinar).expect("ok").to_string(), "1.234");
}

#[test]
fn refuses_what_is_no_amount() {
    let yen: Currency = "JPY".parse().expect("known");
    assert_eq!(usd("1.005"), Err(AmountError::TooPrecise));
    assert_eq!(Money::parse("10.5", yen), Err(AmountError::TooPrecise));
    assert_eq!(usd("-1"), Err(AmountError::Negative));
    assert_eq!(usd("-0.00").expect("zero has no sign").minor(), 0);
    for text in ["", ".", "1.", ".5", "1e2", "1E2", "+1", " 1", "1,000", "NaN", "0x10", "١"] {
        assert_eq!(usd(text), Err(AmountError::NotDecimal), "{text}");
    }
}

#[test]
fn the_limit_holds_on_both_sides() {
    assert_eq!(usd("9999999999.99").expect("the largest").minor(), MAX_MINOR);
    assert_eq!(usd("10000000000.00"), Err(AmountError::TooLarge));
    assert_eq!(usd(&"9".repeat(40)), Err(AmountError::TooLarge));
    let most = Money::from_minor(MAX_MINOR, Currency::USD);
    let cent = Money::from_minor(1, Currency::USD);
    assert_eq!(most.plus(cent), Err(AmountError::TooLarge));
    assert_eq!(cent.minus(most).expect("a difference").minor(), 1 - MAX_MINOR);
}

#[test]
fn currencies_do_not_mix() {
    let yen: Currency = "JPY".parse().expect("known");
    assert_eq!(Money::zero(yen).plus(Money::zero(Currency::USD)), Err(AmountError::CurrencyMismatch));
    assert!("XXX".parse::<Currency>().is_err());
    assert!("usd".parse::<Currency>().is_err());
    assert!("XAU".parse::<Currency>().is_err());
}

#[test]
fn only_what_is_below_zero_has_a_sign() {
    let shown = |minor: i64| Money::from_minor(minor, Currency::USD).to_string();
    assert_eq!((shown(-105).as_str(), shown(0).as_str(), shown(5).as_str()), ("-1.05", "0.00", "0.05"));
}

#[test]
fn a_currency_is_its_code_wherever_it_is_written() {
    assert_eq!((Currency::USD.code(), Currency::USD.to_string().as_str()), ("USD", "USD"));
    assert_eq!(format!("{:?} {:?}", Currency::USD, Money::from_minor(150, Currency::USD)), "USD 1.50 USD");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(minor in 0..=MAX_MINOR, code in prop::sample::select(vec!["USD", "JPY", "BHD"])) {
        let currency: Currency = code.parse().expect("known");
        let money = Money::from_minor(minor, currency);
        prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
        if let Ok(money) = usd(&text) {
            prop_assert!((0..=MAX_MINOR).contains(&money.minor()));
        }
    }
}
