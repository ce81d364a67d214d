use proptest::prelude::*;

use super::*;
use crate::tests::any_text;

/// Whether a type has a trait, told by the constant that its methods find first.
macro_rules! has {
    ($kind:ty, $what:path) => {{
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        trait _Absent {
            const _HAS: bool = false;
        }
        impl<T: ?Sized> _Absent for Probe<T> {}
        impl<T: ?Sized + $what> Probe<T> {
            const _HAS: bool = true;
        }
        <Probe<$kind>>::_HAS
    }};
}

#[test]
fn what_holds_a_card_can_be_neither_shown_nor_copied_nor_serialised() {
    assert!(has!(Expiry, std::fmt::Debug) && has!(CardError, std::fmt::Display), "the probe sees");
    assert!(has!(str, serde::Serialize) && has!(Expiry, Clone));
    assert!(!has!(Card, std::fmt::Debug) && !has!(Card, std::fmt::Display));
    assert!(!has!(Card, serde::Serialize) && !has!(Card, Clone));
    assert!(!has!(Nonce, std::fmt::Debug) && !has!(Nonce, serde::Serialize));
    assert!(!has!(crate::wiped::Wiped, std::fmt::Debug) && !has!(crate::wiped::Wiped, Clone));
    for shown in [
        has!(crate::Save<'static>, std::fmt::Debug),
        has!(crate::SaveOrder<'static>, std::fmt::Debug),
        has!(crate::CardChange<'static>, std::fmt::Debug),
        has!(crate::Source<'static>, std::fmt::Debug),
        has!(crate::ChargeOrder<'static>, std::fmt::Debug),
        has!(crate::HostedPage, std::fmt::Debug),
        has!(crate::http::Call<'static>, std::fmt::Debug),
    ] {
        assert!(!shown, "a card, a nonce or a token is in it");
    }
}

fn text(it: &str) -> Zeroizing<String> {
    Zeroizing::new(it.to_owned())
}

fn expiry() -> Expiry {
    Expiry::new(12, 2030).expect("an expiry")
}

fn number(it: &str) -> Result<Card, CardError> {
    Card::new(text(it), expiry(), None)
}

#[test]
fn test_cards_of_every_brand_are_cards() {
    for it in [
        "4111111111111111",
        "370000000000002",
        "6011000000000012",
        "3088000000000017",
        "38000000000006",
        "4007000000027",
        "5424000000000015",
        "2223000010309703",
        "6221499053360818",
    ] {
        let card = number(it).unwrap_or_else(|error| panic!("{it} {error}"));
        assert_eq!((card.number(), card.last_four()), (it, &it[it.len() - 4..]));
    }
    let card = number("4111 1111-1111 1111").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(card.number(), "4111111111111111");
}

#[test]
fn what_is_wrong_is_named_and_not_shown() {
    for it in
        ["", "4111111111111112", "41111111111", "4111111111111111x", "41111111111111111111", "四111111111111"]
    {
        assert_eq!(number(it).err(), Some(CardError::Number), "{it}");
    }
    let code = |it: &str| Card::new(text("4111111111111111"), expiry(), Some(text(it))).err();
    assert_eq!([code("123"), code("1234")], [None, Some(CardError::Code)]);
    let long = |it: &str| Card::faults("370000000000002", Some(it));
    assert_eq!([long("1234"), long("123")], [vec![], vec![CardError::Code]]);
    assert_eq!(Card::faults("4111 1111 1111 1112", Some("12")), [CardError::Number, CardError::Code]);
    assert_eq!([code("12"), code("12345"), code("12a")], [Some(CardError::Code); 3]);
    assert_eq!([Expiry::new(0, 30).err(), Expiry::new(13, 30).err()], [Some(CardError::Month); 2]);
    assert_eq!([Expiry::new(1, 1999).err(), Expiry::new(1, 2100).err()], [Some(CardError::Year); 2]);
    assert_eq!(Expiry::new(1, 30), Expiry::new(1, 2030));
    assert!(Expiry::new(12, 30).expect("an expiry") < Expiry::new(1, 31).expect("an expiry"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn one_wrong_digit_is_always_seen(at in 0_usize..16, by in 1_u8..10) {
        let mut digits = b"4111111111111111".to_vec();
        digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
        let wrong = String::from_utf8(digits).expect("digits");
        prop_assert_eq!(number(&wrong).err(), Some(CardError::Number));
    }

    #[test]
    fn no_text_panics(number in any_text(40), code in any_text(6), month in any::<u8>(), year in any::<u16>()) {
        if let Ok(expiry) = Expiry::new(month, year) {
            let _ = Card::new(text(&number), expiry, Some(text(&code)));
        }
    }
}
