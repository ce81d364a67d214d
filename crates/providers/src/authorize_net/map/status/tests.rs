use super::*;

#[test]
fn every_status_has_its_meaning() {
    use TransactionState as State;
    for (state, words) in [
        (State::Approved, vec!["capturedPendingSettlement", "refundPendingSettlement"]),
        (State::Authorized, vec!["authorizedPendingCapture"]),
        (State::Settled, vec!["settledSuccessfully", "refundSettledSuccessfully"]),
        (State::Declined, vec!["declined", "failedReview"]),
        (State::Voided, vec!["voided"]),
        (State::Expired, vec!["expired"]),
        (State::Returned, vec!["returnedItem", "chargeback"]),
        (State::Error, vec!["communicationError", "generalError"]),
        (
            State::Pending,
            vec![
                "FDSPendingReview",
                "FDSAuthorizedPendingReview",
                "underReview",
                "approvedReview",
                "pendingSettlement",
                "pendingFinalSettlement",
                "updatingSettlement",
                "settlementError",
                "couldNotVoid",
                "authorizedPendingRelease",
            ],
        ),
        (State::Unknown("chargebackReversal".to_owned()), vec!["chargebackReversal"]),
        (State::Unknown("odd".to_owned()), vec!["odd"]),
    ] {
        for word in words {
            assert_eq!(state_of_status(word), state, "{word}");
        }
    }
}

#[test]
fn types_and_statuses_tell_the_kind() {
    assert_eq!(kind_of_type("authCaptureTransaction"), TransactionKind::Sale);
    assert_eq!(kind_of_type("captureOnlyTransaction"), TransactionKind::Sale);
    assert_eq!(kind_of_type("authOnlyTransaction"), TransactionKind::Authorization);
    assert_eq!(kind_of_type("priorAuthCaptureTransaction"), TransactionKind::Capture);
    assert_eq!(kind_of_type("refundTransaction"), TransactionKind::Refund);
    assert_eq!(kind_of_type("voidTransaction"), TransactionKind::Void);
    assert_eq!(kind_of_type("odd"), TransactionKind::Other("odd".to_owned()));
    assert_eq!(kind_of_status("refundPendingSettlement"), TransactionKind::Refund);
    assert_eq!(kind_of_status("refundSettledSuccessfully"), TransactionKind::Refund);
    assert_eq!(kind_of_status("authorizedPendingCapture"), TransactionKind::Authorization);
    assert_eq!(kind_of_status("settledSuccessfully"), TransactionKind::Sale);
    assert_eq!(kind_of_status("voided"), TransactionKind::Other(String::new()), "a sale or a refund");
}
