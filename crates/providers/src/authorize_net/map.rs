//! What Authorize.Net's codes mean to Kontor and to a shop owner (authorizenet.md §3.2). Tables, pure.

pub(super) mod outcome;
mod status;

pub(super) use status::{kind_of_status, kind_of_type, state_of_status};

use super::{reply::Reply, wire::Credentials};
use crate::{
    ProviderError,
    error::{Fault, Kind},
};

/// Said whenever the credentials do not hold, whatever the reason.
const WRONG: &str = "Authentication failed. Check your ApiLoginId and TransactionKey.";

const FAILED: &str = "Connection test failed";

/// What a code says about the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The credentials do not hold.
    Credentials,
    /// They hold, and the account does not allow it; what its owner can do.
    Account(&'static str),
    /// It may go better next time.
    Passing,
    /// Anything else: the request was not understood, or does not fit.
    Other,
}

fn meaning(code: &str, text: &str) -> Meaning {
    match code {
        "E00005" | "E00006" | "E00007" | "E00059" => Meaning::Credentials,
        "E00008" => {
            Meaning::Account("The account or its API user is inactive. Ask Authorize.Net to activate it.")
        }
        "E00009" => Meaning::Account(
            "The account is in Test Mode, in which Authorize.Net does not do this. Switch Test Mode off in the Merchant Interface.",
        ),
        "E00010" => Meaning::Account(
            "These credentials lack permissions. Give the API user its permissions in the Merchant Interface.",
        ),
        "E00011" => Meaning::Account(
            "The account denies access. Enable the Transaction Details API in the Merchant Interface.",
        ),
        "E00001" | "E00049" | "E00053" | "E00104" => Meaning::Passing,
        // A login or key that the schema does not take is told as a fault of the request (§6, 14).
        "E00003" if names_credentials(text) => Meaning::Credentials,
        _ => Meaning::Other,
    }
}

/// Whether the schema's refusal is about the login or the key (§1.3).
fn names_credentials(text: &str) -> bool {
    [":name' element", ":transactionKey' element", "'merchantAuthentication'"]
        .iter()
        .any(|it| text.contains(it))
}

/// Whether a request was done: `resultCode` decides, the code says why not.
pub(super) fn accepted(reply: &Reply, credentials: &Credentials<'_>) -> Result<(), ProviderError> {
    if reply.is_ok() { Ok(()) } else { Err(refusal(reply, credentials)) }
}

/// What a request that was not done becomes.
fn refusal(reply: &Reply, credentials: &Credentials<'_>) -> ProviderError {
    let meaning = meaning(reply.code(), reply.text());
    // The schema's words quote what they refuse, which may be a credential in the other's place (§1.3).
    let text = if reply.code() == "E00003" { "" } else { said(reply.text(), credentials) };
    let code = Some(reply.code());
    match meaning {
        Meaning::Credentials | Meaning::Account(_) => ProviderError::misconfigured_code(code, text),
        // Nobody knows what became of a request that changes something (§6, 3).
        Meaning::Passing => {
            ProviderError { outcome_known: false, ..ProviderError::refused(Fault::Theirs, code, text) }
        }
        Meaning::Other => ProviderError::refused(Fault::Ours, code, text),
    }
}

/// The provider's words, unless they repeat a credential.
fn said<'a>(text: &'a str, credentials: &Credentials<'_>) -> &'a str {
    if credentials.are_in(text) { "" } else { text }
}

/// Whether there is no such record, or not yet (§3.2).
pub(super) fn is_missing(error: &ProviderError) -> bool {
    error.code.as_deref() == Some("E00040")
}

/// Whether there is such a record already (§3.2).
pub(super) fn is_duplicate(error: &ProviderError) -> bool {
    error.code.as_deref() == Some("E00039")
}

/// Whether the account keeps something from credentials that hold.
pub(super) fn is_forbidden(error: &ProviderError) -> bool {
    matches!(error.code.as_deref(), Some("E00010" | "E00011"))
}

/// As [`words`], for credentials that nobody has to be asked about: the error says which, and no value.
pub(super) fn unfit(error: &ProviderError) -> (String, String) {
    (format!("{FAILED}: {}", error.message), WRONG.to_owned())
}

/// How a failed test is told: one line, and what to do.
pub(super) fn words(error: &ProviderError, place: &str) -> (String, String) {
    let code = error.code.as_deref().unwrap_or_default();
    let what = match (error.kind, meaning(code, &error.message)) {
        (Kind::Misconfigured, Meaning::Account(advice)) => return (FAILED.to_owned(), advice.to_owned()),
        (Kind::Misconfigured | Kind::TokenRefused, _) if error.code.is_none() => {
            "Authorize.Net could not be asked."
        }
        (Kind::Misconfigured | Kind::TokenRefused, _) => {
            let hint = format!("{FAILED} in {place}; sandbox and production have credentials of their own");
            return (hint, WRONG.to_owned());
        }
        (Kind::Refused, Meaning::Passing) => "Authorize.Net is busy or in maintenance.",
        (Kind::Refused, _) => "Authorize.Net refused the question.",
        (Kind::Unreachable, _) if error.outcome_known => "Authorize.Net could not be reached.",
        (Kind::Unreachable, _) => "The connection to Authorize.Net broke off.",
        (Kind::TimedOut, _) => "Authorize.Net did not answer in time.",
        (Kind::Nonsense, _) => "What answered is not Authorize.Net.",
    };
    let said = match (error.message.trim_end_matches('.'), code) {
        ("", "") => String::new(),
        ("", code) => format!(" Its code is {code}."),
        (words, "") => format!(" {}.", upper(words)),
        (words, code) => format!(" It said: {words} ({code})."),
    };
    (FAILED.to_owned(), format!("{what}{said} The credentials were not judged; try again later."))
}

fn upper(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
