use super::*;

fn scalar(json: &str) -> Option<Scalar> {
    serde_json::from_str::<Option<Scalar>>(json).expect("a scalar")
}

fn dollars(json: &str) -> Result<Option<i64>, ProviderError> {
    Ok(amount(scalar(json).as_ref())?.map(Money::minor))
}

#[test]
fn texts_numbers_and_truths_are_texts() {
    for (json, expected) in [
        ("\"a\\u0041\"", Some("aA")),
        ("5.00", Some("5.00")),
        ("true", Some("true")),
        ("\" x \"", Some("x")),
        ("\"\"", None),
        ("null", None),
    ] {
        assert_eq!(text(scalar(json).as_ref()), expected, "{json}");
    }
    for json in ["{}", "[]", "[\"a\"]", "{\"a\":1}"] {
        assert!(serde_json::from_str::<Option<Scalar>>(json).is_err(), "{json}");
    }
}

#[test]
fn amounts_are_exact() {
    assert_eq!(dollars("5"), Ok(Some(500)));
    assert_eq!(dollars("5.0000"), Ok(Some(500)));
    assert_eq!(dollars("1018.88"), Ok(Some(101_888)));
    // What a float would make 90071992547409.92 of.
    assert_eq!(dollars("9007199254.99"), Ok(Some(900_719_925_499)));
    assert_eq!(dollars("\"0.00\""), Ok(Some(0)));
    assert_eq!(dollars("null"), Ok(None));
    for json in ["5.001", "1e3", "-1", "\"x\"", "99999999999999999999"] {
        assert!(dollars(json).is_err(), "{json}");
    }
}

#[test]
fn ids_are_digits_and_zero_is_none() {
    let read = |json: &str| id(scalar(json).as_ref());
    assert_eq!(read("\"60223421156\""), Ok(Some("60223421156".to_owned())));
    assert_eq!(read("527195"), Ok(Some("527195".to_owned())));
    assert_eq!(
        [read("\"0\""), read("0"), read("\"\""), read("null")],
        [Ok(None), Ok(None), Ok(None), Ok(None)]
    );
    for json in ["\"x\"", "-1", "1.0", "\"1234567890123\""] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn moments_are_in_utc_with_their_mark_or_without() {
    let read = |json: &str| moment(scalar(json).as_ref()).map(|it| it.map(|it| it.to_string()));
    let expected = Ok(Some("2011-09-01T16:30:49.39Z".to_owned()));
    assert_eq!(read("\"2011-09-01T16:30:49.39Z\""), expected);
    assert_eq!(read("\"2011-09-01T16:30:49.39\""), expected);
    assert!(read("\"yesterday\"").is_err() && read("\"\"") == Ok(None));
}

#[test]
fn of_a_number_the_last_four_digits_alone_are_kept() {
    assert_eq!(last_four(Some("XXXX1111")).as_deref(), Some("1111"));
    assert_eq!(last_four(Some("4111111111111111")).as_deref(), Some("1111"));
    for odd in [None, Some(""), Some("111"), Some("XXXXXXXX"), Some("1111é")] {
        assert_eq!(last_four(odd), None, "{odd:?}");
    }
}
