use proptest::prelude::*;

use super::*;
use crate::words::tests::those;

fn line(quantity: &str, unit_price: i64, discount: i64) -> Line {
    let quantity = Quantity::parse(quantity).expect("a quantity");
    Line { sku: None, description: "x".into(), quantity, unit_price, discount, taxable: true }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn quantities_have_four_decimals_and_a_limit() {
    for (text, shown) in
        [("1", "1"), ("0.5", "0.5"), ("2.5000", "2.5"), ("0.0001", "0.0001"), ("100000000", "100000000")]
    {
        assert_eq!(Quantity::parse(text).expect(text).to_string(), shown);
    }
    for text in [
        "0",
        "0.00001",
        "-1",
        "+1",
        "1e2",
        "",
        ".",
        ".5",
        "100000000.0001",
        "1000000000",
        "9999999999999999999",
    ] {
        assert!(Quantity::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_line_rounds_half_up_and_is_never_negative() {
    assert_eq!(line("0.5", 1, 0).total(Currency::USD), Ok(usd(1)));
    assert_eq!(line("0.4999", 1, 0).total(Currency::USD), Ok(usd(0)));
    assert_eq!(line("3", 333, 99).total(Currency::USD), Ok(usd(900)));
    assert_eq!(line("1", 100, 101).total(Currency::USD), Err(AmountError::Negative));
    assert_eq!(line("100000000", 999_999_999_999, 0).total(Currency::USD), Err(AmountError::TooLarge));
}

#[test]
fn totals_add_up_to_the_limit() {
    let totals =
        Totals::of(&[line("2", 5000, 0), line("1", 1999, 500)], usd(800), usd(1500)).expect("adds up");
    assert_eq!((totals.subtotal, totals.total), (usd(11_499), usd(13_799)));
    let most = crate::money::MAX_MINOR;
    assert!(Totals::of(&[line("1", most, 0)], usd(0), usd(0)).is_ok());
    assert_eq!(Totals::of(&[line("1", most, 0)], usd(1), usd(0)), Err(AmountError::TooLarge));
}

#[test]
fn words_read_back() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse::<Status>(), Ok(*status));
    }
    assert!("paid".parse::<Status>().is_err());
}

#[test]
fn what_is_out_is_payable_and_what_holds_no_money_can_be_taken_back() {
    assert_eq!(those(Status::ALL, Status::is_payable), [Status::Issued, Status::PartiallyPaid]);
    assert_eq!(those(Status::ALL, Status::is_revocable), [Status::Draft, Status::Issued]);
}

proptest! {
    #[test]
    fn the_status_follows_the_balance(total in 1..1_000_000_i64, share in 0..=100_i64, back in 0..=100_i64) {
        let paid = total * share / 100;
        let reopened = paid * back / 100;
        let standing = Standing { total: usd(total), paid: usd(paid), reopened: usd(reopened) };
        let balance = standing.balance().expect("in range").minor();
        prop_assert_eq!(balance, total - paid + reopened);
        let status = standing.status().expect("in range");
        prop_assert_eq!(status == Status::Paid, balance == 0);
        prop_assert_eq!(status == Status::Issued, balance == total);
    }
}
