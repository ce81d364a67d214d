//! What Express' codes and words mean to Kontor (worldpay-express.md §4). Tables, pure.

pub(super) mod outcome;

use super::{reply::Reply, wire::Asked};
use crate::{
    ProviderError, ProviderTransaction, TransactionState,
    error::{Fault, Kind},
};

/// Whether a request was done; anything but code 0 is an error (§4.1).
pub(super) fn accepted(reply: &Reply) -> Result<(), ProviderError> {
    let code = reply.code();
    let refused = |fault| Err(ProviderError::refused(fault, Some(code), reply.message()));
    match code {
        "0" => Ok(()),
        "8" | "20" | "21" | "24" | "25" => refused(Fault::Cardholder),
        "22" | "23" | "90" | "101" => refused(Fault::Ours),
        "5" | "6" | "7" | "30" | "120" => refused(Fault::Theirs),
        "102" | "103" | "104" | "105" => Err(ProviderError::misconfigured_code(Some(code), reply.message())),
        // 1001, 1002, 1009 and whatever the table does not have: nobody knows what was done (§7).
        _ => Err(ProviderError { code: Some(code.to_owned()), ..ProviderError::nonsense(reply.message()) }),
    }
}

/// Whether a query of kept cards says that there is none: 101, for an id that is none as for one that is not there
/// (§3.13).
pub(super) fn nothing_kept(reply: &Reply) -> bool {
    reply.code() == "101"
}

/// What a shop owner can do about it.
pub(super) fn advice(error: &ProviderError) -> &'static str {
    match (error.kind, error.code.as_deref()) {
        (Kind::Misconfigured, Some("102")) => {
            "Check the Account ID, and whether it belongs to this environment."
        }
        (Kind::Misconfigured, Some("104")) => "Check the account token and the acceptor ID.",
        (Kind::Misconfigured, Some("105")) => "Ask Worldpay to enable this application for the account.",
        (Kind::Misconfigured | Kind::TokenRefused, _) => {
            "Check that every credential is filled in as Worldpay gave it."
        }
        (Kind::Refused, _) => "Check the application ID and the terminal ID.",
        (Kind::Unreachable | Kind::TimedOut, _) => "The credentials were not judged; try again later.",
        (Kind::Nonsense, _) => {
            "The credentials were not judged; try again later, and tell Worldpay if it stays so."
        }
    }
}

/// Whether what was found is what was asked for: an answer to another question proves nothing. What an item leaves
/// out is judged by its reference then.
pub(super) fn belong(found: &[ProviderTransaction], asked: &Asked<'_>) -> Result<(), ProviderError> {
    let foreign = found.iter().any(|it| match asked {
        // Ids come back in either case of letters (§7).
        Asked::Setup(id) => it.setup_id.as_deref().is_some_and(|its| !its.eq_ignore_ascii_case(id)),
        Asked::Reference(reference, _) => it.reference.as_deref().is_some_and(|its| its != *reference),
        Asked::Id(id) => it.id != *id,
        Asked::Batch(id, _) => it.batch_id.as_deref().is_some_and(|its| its != *id),
        Asked::Within(_) => false,
    });
    if foreign {
        return Err(ProviderError::nonsense("the report is about another transaction than was asked for"));
    }
    Ok(())
}

/// Number, word and meaning (§4.2).
const STATES: [(&str, &str, TransactionState); 19] = [
    ("0", "InProcess", TransactionState::Pending),
    ("1", "Approved", TransactionState::Approved),
    ("2", "Declined", TransactionState::Declined),
    ("3", "Duplicate", TransactionState::Duplicate),
    ("4", "Voided", TransactionState::Voided),
    ("5", "Authorized", TransactionState::Authorized),
    ("6", "AuthCompleted", TransactionState::Completed),
    ("7", "Reversed", TransactionState::Reversed),
    ("8", "Success", TransactionState::Approved),
    ("9", "Returned", TransactionState::Returned),
    ("10", "Pending", TransactionState::Pending),
    ("11", "Queued", TransactionState::Pending),
    ("13", "Error", TransactionState::Error),
    ("14", "Originated", TransactionState::Pending),
    ("15", "Settled", TransactionState::Settled),
    // What was approved stands beside it and is compared with what was asked for.
    ("16", "PartialApproved", TransactionState::Approved),
    ("17", "Rejected", TransactionState::Declined),
    ("20", "DCCRequested", TransactionState::Pending),
    ("12", "Unknown", TransactionState::Pending),
];

/// The meaning of a number; none for one that the table does not have.
pub(super) fn state_of_code(code: &str) -> Option<TransactionState> {
    STATES.iter().find(|(number, ..)| *number == code).map(|(.., state)| state.clone())
}

/// The meaning of a word.
pub(super) fn state_of_word(word: &str) -> TransactionState {
    let found = STATES.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(word));
    found.map_or_else(|| TransactionState::Unknown(word.to_owned()), |(.., state)| state.clone())
}

#[cfg(test)]
mod tests;
