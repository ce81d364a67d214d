use super::*;

fn card(number: &str, cvv: &str) -> Card {
    Card { number: number.to_owned(), month: 12, year: 29, cvv: cvv.to_owned() }
}

fn asked(amount: &str) -> Asked<'_> {
    Asked { amount, address: "", zip: "", duplicates: false, partial: false, repeated: false }
}

#[test]
fn the_triggers_do_what_the_table_says() {
    let code = |amount: &str| judge(&card("4111111111111111", "123"), &asked(amount)).code;
    assert_eq!(code("6.55"), "0");
    assert_eq!(code("0.51"), "20");
    for (amount, expected) in
        [("0.20", "20"), ("0.21", "21"), ("0.22", "22"), ("0.23", "23"), ("0.24", "24"), ("0.25", "25")]
    {
        assert_eq!(code(amount), expected, "{amount}");
    }
    let allowed = Asked { duplicates: true, ..asked("0.23") };
    assert_eq!(judge(&card("4111111111111111", ""), &allowed).code, "0");
    let partial = Asked { partial: true, ..asked("23.05") };
    let verdict = judge(&card("4111111111111111", ""), &partial);
    assert_eq!((verdict.code, verdict.approved.as_deref()), ("5", Some("20.00")));
    assert_eq!(code("23.05"), "0");
}

#[test]
fn the_same_card_and_amount_in_a_batch_is_a_duplicate_unless_allowed() {
    let again = Asked { repeated: true, ..asked("6.55") };
    assert_eq!(judge(&card("4111111111111111", ""), &again).code, "23");
    let allowed = Asked { duplicates: true, ..again };
    assert_eq!(judge(&card("4111111111111111", ""), &allowed).code, "0");
}

#[test]
fn codes_of_the_card_and_its_address() {
    let cvv = |typed: &str| judge(&card("4111111111111111", typed), &asked("1.00")).cvv;
    assert_eq!((cvv("123"), cvv("111"), cvv("564"), cvv("999"), cvv("")), ("M", "M", "P", "N", ""));
    let avs =
        |address, zip| judge(&card("4111111111111111", ""), &Asked { address, zip, ..asked("1.00") }).avs;
    assert_eq!(
        (avs("4", "33606"), avs("1 Main", "87654"), avs("1 Main", "12345"), avs("", "")),
        ("Y", "Y", "N", "")
    );
}

#[test]
fn a_number_that_is_no_card_is_an_error_and_not_a_decline() {
    for wrong in ["4111111111111112", "9999999999999995", "41111111111111111111"] {
        let verdict = judge(&card(wrong, "123"), &asked("1.00"));
        assert_eq!((verdict.code, verdict.status), ("101", ("Error", "13")), "{wrong}");
    }
}

#[test]
fn logos_are_spelled_as_recorded() {
    for (number, logo) in [
        ("4111111111111111", "Visa"),
        ("5499990123456781", "Mastercard"),
        ("2223000048400011", "Mastercard"),
        ("373953244361001", "Amex"),
        ("6011000990911111", "Discover"),
        ("6510000000000059", "Discover"),
        ("3530111333300000", "JCB"),
        ("8171999927660000", "Union Pay"),
    ] {
        assert!(luhn(number), "{number}");
        assert_eq!(brand(number), logo, "{number}");
    }
}

#[test]
fn a_card_is_good_until_its_month_is_over_in_central_time() {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let mine = Card { month: 1, year: 26, ..card("4111111111111111", "") };
    assert!(!is_expired(&mine, at("2026-02-01T05:59:59Z")));
    assert!(is_expired(&mine, at("2026-02-01T06:00:00Z")));
}
