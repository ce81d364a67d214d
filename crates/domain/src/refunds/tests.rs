use proptest::prelude::*;

use super::*;
use crate::Currency;
use crate::words::tests::{named, those};

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn applied(byte: u8) -> Source {
    let bytes = [byte; 16];
    Source::Applied { application: crate::Id::from_bytes(bytes), invoice: crate::Id::from_bytes(bytes) }
}

fn places(left: &[i64]) -> Vec<Place> {
    let source = |at: usize| if at == 0 { Source::Credit } else { applied(u8::try_from(at).expect("few")) };
    left.iter().enumerate().map(|(at, left)| Place { source: source(at), left: usd(*left) }).collect()
}

#[test]
fn credit_goes_back_before_what_lies_on_invoices() {
    let parts = split(usd(50), &places(&[30, 40, 40])).expect("money").expect("enough");
    assert_eq!(parts, [(Source::Credit, usd(30)), (applied(1), usd(20))]);
    let parts = split(usd(30), &places(&[30, 40])).expect("money").expect("enough");
    assert_eq!(parts, [(Source::Credit, usd(30))]);
    assert_eq!(split(usd(71), &places(&[30, 40])), Ok(None));
    assert_eq!(split(usd(1), &[]), Ok(None));
    let yen = "JPY".parse().expect("known");
    assert!(split(Money::from_minor(1, yen), &places(&[30])).is_err());
}

#[test]
fn money_that_went_back_stays_back() {
    for from in [Status::Succeeded, Status::Voided, Status::Declined, Status::Failed] {
        assert!(!from.is_open());
        assert!(Status::ALL.iter().all(|next| !from.may_become(*next)), "{from} has a successor");
    }
    for from in Status::ALL {
        assert!(from.is_open() || !Status::ALL.iter().any(|next| from.may_become(*next)));
        assert!(!(from.is_open() && from.is_given_back()), "{from}");
    }
    assert!(
        !Status::Unknown.may_become(Status::AwaitingSettlement),
        "what may have gone out is not sent again"
    );
}

#[test]
fn the_payment_says_how_much_went_back() {
    assert_eq!(payment_status(usd(100), usd(99)), payments::Status::PartiallyRefunded);
    assert_eq!(payment_status(usd(100), usd(100)), payments::Status::Refunded);
}

#[test]
fn each_state_leads_where_it_should() {
    let led = |from: Status| named(Status::ALL, |to| from.may_become(to));
    assert_eq!(led(Status::Submitted), "AwaitingSettlement Succeeded Declined Failed Unknown Voided");
    assert_eq!(led(Status::AwaitingSettlement), "Submitted Declined Failed");
    assert_eq!(led(Status::Unknown), "Succeeded Declined Failed Voided");
    assert_eq!(those(Status::ALL, Status::is_given_back), [Status::Succeeded, Status::Voided]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Nothing is made, nothing is lost, and no place gives more than it has.
    #[test]
    fn the_parts_are_the_whole(amount in 1_i64..2_000, left in prop::collection::vec(-5_i64..500, 0..8)) {
        let places = places(&left);
        let held: i64 = left.iter().filter(|it| **it > 0).sum();
        match split(usd(amount), &places).expect("money") {
            None => prop_assert!(held < amount),
            Some(parts) => {
                prop_assert!(held >= amount);
                prop_assert_eq!(parts.iter().map(|(_, it)| it.minor()).sum::<i64>(), amount);
                for (source, taken) in &parts {
                    let place = places.iter().find(|it| it.source == *source).expect("a place that is there");
                    prop_assert!(taken.minor() > 0 && taken.minor() <= place.left.minor());
                }
                // In order: a later place gives only when the earlier ones are empty.
                for pair in parts.windows(2) {
                    let first = places.iter().find(|it| it.source == pair[0].0).expect("there");
                    prop_assert_eq!(pair[0].1, first.left);
                }
            }
        }
    }
}
