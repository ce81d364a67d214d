use kontor_domain::Currency;

use super::*;
use crate::{VaultError, error::Fault};

const TOKEN: &str = "0123456789abcdef";

fn approval() -> Approval {
    Approval {
        transaction_id: "1".to_owned(),
        amount: Money::from_minor(1, Currency::USD),
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: None,
        last_four: None,
        network_transaction_id: None,
        code: TOKEN.to_owned(),
        message: format!("it said {TOKEN}"),
    }
}

fn refusal() -> Refusal {
    Refusal {
        transaction_id: None,
        code: TOKEN.to_owned(),
        message: format!("it said {TOKEN}"),
        avs_result: None,
        cvv_result: None,
        hard: false,
    }
}

fn error() -> ProviderError {
    ProviderError::refused(Fault::Ours, Some(TOKEN), &format!("it said {TOKEN}"))
}

#[test]
fn every_ending_loses_what_repeats_a_secret() {
    let token = Secret::new(TOKEN.to_owned());
    let unsure = Unsure { error: error(), transaction_id: None, held: true };
    for outcome in [
        Outcome::Approved(approval()),
        Outcome::Partial(approval()),
        Outcome::Declined(refusal()),
        Outcome::Failed(error()),
        Outcome::Unknown(unsure),
    ] {
        let kind = std::mem::discriminant(&outcome);
        assert!(format!("{outcome:?}").contains(TOKEN));
        let hidden = outcome.without(&[&token]);
        assert_eq!(std::mem::discriminant(&hidden), kind);
        assert!(!format!("{hidden:?}").contains(TOKEN), "{hidden:?}");
    }
    for error in [VaultError::Declined(refusal()), VaultError::Failed(error())] {
        assert!(!format!("{:?}", error.without(&[&token])).contains(TOKEN));
    }
}

#[test]
fn an_error_ends_known_or_unknown_as_it_says() {
    assert!(matches!(Outcome::from(error()), Outcome::Failed(_)));
    assert!(Outcome::from(ProviderError::unreachable("")).surely_not_taken());
    for error in [ProviderError::cut(""), ProviderError::timed_out(""), ProviderError::nonsense("")] {
        let outcome = Outcome::from(error);
        assert!(matches!(&outcome, Outcome::Unknown(it) if !it.held) && !outcome.surely_not_taken());
    }
}

#[test]
fn money_that_moved_in_part_has_moved() {
    let part = Outcome::Partial(approval());
    assert!(part.approval().is_some() && !part.surely_not_taken());
    let declined = Outcome::Declined(refusal());
    assert!(declined.approval().is_none() && declined.surely_not_taken());
}
