//! What the words of reports mean: a transaction's status and its type (authorizenet.md §2.14). Tables, pure.

use crate::{TransactionKind, TransactionState};

/// The meaning of a status.
pub(in crate::authorize_net) fn state_of_status(status: &str) -> TransactionState {
    match status {
        "capturedPendingSettlement" | "refundPendingSettlement" => TransactionState::Approved,
        "authorizedPendingCapture" => TransactionState::Authorized,
        "settledSuccessfully" | "refundSettledSuccessfully" => TransactionState::Settled,
        "declined" | "failedReview" => TransactionState::Declined,
        "voided" => TransactionState::Voided,
        "expired" => TransactionState::Expired,
        "returnedItem" | "chargeback" => TransactionState::Returned,
        // One transaction that the processor refused, for good; and the provider's word for anything else.
        "communicationError" | "generalError" => TransactionState::Error,
        // In the merchant's or the provider's hands: what becomes of them is not decided. A batch that was refused is
        // sent again; a part of an order that is paid in parts may still be let go.
        "FDSPendingReview"
        | "FDSAuthorizedPendingReview"
        | "underReview"
        | "approvedReview"
        | "pendingSettlement"
        | "pendingFinalSettlement"
        | "updatingSettlement"
        | "settlementError"
        | "couldNotVoid"
        | "authorizedPendingRelease" => TransactionState::Pending,
        other => TransactionState::Unknown(crate::error::clean(other)),
    }
}

/// The meaning of a type.
pub(in crate::authorize_net) fn kind_of_type(word: &str) -> TransactionKind {
    match word {
        "authCaptureTransaction" | "captureOnlyTransaction" => TransactionKind::Sale,
        "authOnlyTransaction" => TransactionKind::Authorization,
        "priorAuthCaptureTransaction" => TransactionKind::Capture,
        "refundTransaction" => TransactionKind::Refund,
        "voidTransaction" => TransactionKind::Void,
        other => TransactionKind::Other(crate::error::clean(other)),
    }
}

/// As much of the kind as a status tells, where a list has no type. A hold that was taken is told as a sale.
pub(in crate::authorize_net) fn kind_of_status(status: &str) -> TransactionKind {
    match status {
        "refundPendingSettlement" | "refundSettledSuccessfully" => TransactionKind::Refund,
        "authorizedPendingCapture" | "expired" => TransactionKind::Authorization,
        "capturedPendingSettlement" | "settledSuccessfully" => TransactionKind::Sale,
        _ => TransactionKind::Other(String::new()),
    }
}

#[cfg(test)]
mod tests;
