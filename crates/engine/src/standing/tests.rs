use super::*;
use crate::samples::transaction;

#[test]
fn what_the_provider_reports_is_read_with_care() {
    for (state, wanted) in [
        (TransactionState::Approved, Settlement::Unsettled),
        (TransactionState::Pending, Settlement::Unsettled),
        (TransactionState::Settled, Settlement::Settled),
        (TransactionState::Returned, Settlement::Settled),
        (TransactionState::Voided, Settlement::Gone),
        (TransactionState::Reversed, Settlement::Gone),
        (TransactionState::Declined, Settlement::Unclear),
        (TransactionState::Unknown("x".to_owned()), Settlement::Unclear),
    ] {
        assert_eq!(settlement(Some(&transaction("1", state.clone()))), wanted, "{state:?}");
    }
    assert_eq!(settlement(None), Settlement::Unclear);
}
