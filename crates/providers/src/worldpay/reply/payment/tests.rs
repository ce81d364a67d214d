use super::*;
use crate::worldpay::reply::read;

fn facts(classes: &str) -> Result<Paid, ProviderError> {
    let text = format!(
        "<CreditCardSaleResponse><Response><ExpressResponseCode>0</ExpressResponseCode>{classes}</Response>\
         </CreditCardSaleResponse>"
    );
    paid(&read(text.as_bytes(), "CreditCardSale")?)
}

#[test]
fn what_is_absent_is_absent() {
    let it = facts("").unwrap_or_else(|error| panic!("{error}"));
    assert!(it.own && it.state.is_none() && !it.partial && it.transaction_id.is_none());
    assert!(it.approved.is_none() && it.reference.is_none() && it.last_four.is_none());
    let it = facts("<Transaction></Transaction><Card/>").unwrap_or_else(|error| panic!("{error}"));
    assert!(it.state.is_none() && it.avs_result.is_none());
}

#[test]
fn the_number_of_the_status_decides_over_its_word() {
    let state = |number: &str, word: &str| {
        let classes = format!(
            "<Transaction><TransactionStatusCode>{number}</TransactionStatusCode><TransactionStatus>{word}\
             </TransactionStatus></Transaction>"
        );
        facts(&classes).unwrap_or_else(|error| panic!("{error}")).state
    };
    assert_eq!(state("2", "Approved"), Some(TransactionState::Declined));
    assert_eq!(state("", "Authorized"), Some(TransactionState::Authorized));
    assert_eq!(state("18", ""), Some(TransactionState::Unknown("18".to_owned())));
}

#[test]
fn doubled_classes_and_ids_that_are_none_are_nonsense() {
    assert!(facts("<Transaction/><Transaction/>").is_err());
    assert!(facts("<Card/><Card/>").is_err());
    for id in ["x", "-1", "1.0", "123456789012"] {
        assert!(
            facts(&format!("<Transaction><TransactionID>{id}</TransactionID></Transaction>")).is_err(),
            "{id}"
        );
    }
}
