//! How a request that moves money ended (authorizenet.md §2.3, §3, §6).
//!
//! Owns the rule that `responseCode` decides and `resultCode` does not: a declined charge comes with `Ok`, and an
//! approved one has come with `Error`. Only agreement is an approval: the code, the id, and what is echoed of the
//! request. Refuses to take an error that may stand after the money moved for a word that nothing happened.

use kontor_domain::Money;

use super::{refusal, said};
use crate::{
    Approval, Outcome, ProviderError, Refusal, Unsure,
    authorize_net::{
        reply::{
            Reply,
            direct::Direct,
            transaction::{Paid, paid},
        },
        wire::Credentials,
    },
    error::{Fault, clean},
};

/// What the answer has to agree with.
#[derive(Debug, Clone, Copy)]
pub(in crate::authorize_net) struct Asked<'a> {
    /// What was asked for.
    pub(in crate::authorize_net) what: What<'a>,
    /// How much.
    pub(in crate::authorize_net) amount: Money,
    /// Our reference.
    pub(in crate::authorize_net) reference: &'a str,
}

/// What was asked for, and of which transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::authorize_net) enum What<'a> {
    Charge,
    Capture(&'a str),
    Void(&'a str),
    Refund(&'a str),
}

/// What a reason says (§3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The card: `hard` where it does no better later.
    Card { hard: bool },
    /// The request, the account or the state of the transaction: not done.
    Refused,
    /// It may stand after the money moved, or is in no table.
    Unclear,
}

fn reason(code: &str) -> Reason {
    match code {
        "6" | "7" | "8" | "17" | "28" | "37" | "315" | "316" | "317" => Reason::Card { hard: true },
        "78" => Reason::Card { hard: false },
        "5" | "9" | "10" | "12" | "13" | "15" | "16" | "18" | "33" | "39" | "42" | "43" | "47" | "49"
        | "50" | "51" | "54" | "55" | "66" | "72" | "103" | "128" | "153" | "271" | "289" | "290" | "319"
        | "327" => Reason::Refused,
        // 11 and 318, a duplicate, are perhaps this very attempt's approval: our reference is compared with it. 36 and
        // 152 were approved. 19 to 26, 57 to 63, 120 to 122, 180 and 181 are processing errors, some of them after
        // the issuer was asked.
        _ => Reason::Unclear,
    }
}

/// A decline after which the same card does no better (§3.3): picked up, stolen, not real, blocked.
fn is_hard(code: &str) -> bool {
    matches!(code, "4" | "41" | "250" | "251" | "254") || reason(code) == Reason::Card { hard: true }
}

/// Codes of requests that were refused before a transaction was begun (§3.2).
fn not_begun(code: &str) -> bool {
    let digits =
        code.strip_prefix('E').filter(|it| it.len() == 5 && it.bytes().all(|it| it.is_ascii_digit()));
    let number = digits.and_then(|it| it.parse::<u32>().ok());
    matches!(
        number,
        Some(
            2..=11
            | 13..=16
            | 29
            | 31
            | 39..=45
            | 51
            | 52
            | 59
            | 60
            | 71..=73
            | 75..=77
            | 88..=93
            | 95
            | 98
            | 110
            | 113..=117
            | 119..=124
            | 137..=142
            | 155,
        )
    )
}

/// How it ended.
pub(in crate::authorize_net) fn outcome(
    reply: &Reply,
    asked: &Asked<'_>,
    credentials: &Credentials<'_>,
) -> Outcome {
    let paid = match paid(reply) {
        Ok(paid) => paid,
        Err(error) => return error.into(),
    };
    let Some(paid) = paid.filter(|it| it.response_code.is_some()) else {
        return without_transaction(reply, credentials);
    };
    if paid.ref_id.as_deref().is_some_and(|it| it != asked.reference) {
        return Outcome::unclear("it is about another request", None);
    }
    let says_approved = paid.messages.iter().any(|it| it == "1");
    match paid.response_code.as_deref() {
        Some("1") => approved(reply, paid, asked),
        Some("2" | "3") if says_approved => {
            Outcome::unclear("it was approved, and it was not", paid.transaction_id)
        }
        Some("2") => declined(paid, credentials),
        Some("3") => failed(paid, credentials),
        Some("4") => held(paid, credentials),
        _ => Outcome::unclear("its response code is none that is known", paid.transaction_id),
    }
}

/// No transaction in the answer, or a stub of one: the outer code says whether one was begun.
fn without_transaction(reply: &Reply, credentials: &Credentials<'_>) -> Outcome {
    if reply.is_ok() {
        return Outcome::unclear("it was done, and has no transaction", None);
    }
    let error = refusal(reply, credentials);
    if reply.code() == "E00118" {
        return Outcome::Declined(Refusal {
            transaction_id: None,
            code: reply.code().to_owned(),
            message: error.message,
            avs_result: None,
            cvv_result: None,
            hard: false,
        });
    }
    let error = ProviderError { outcome_known: error.outcome_known && not_begun(reply.code()), ..error };
    error.into()
}

fn approved(reply: &Reply, paid: Paid, asked: &Asked<'_>) -> Outcome {
    let id = paid.transaction_id.clone();
    if paid.is_test {
        let words = "the account is in Test Mode: nothing was done";
        return if id.is_none() {
            ProviderError::misconfigured(words).into()
        } else {
            Outcome::unclear(words, id)
        };
    }
    // E00013 has come beside charges that were approved all the same (§6, 2).
    if !reply.is_ok() && reply.code() != "E00013" {
        return Outcome::unclear("it was approved, and it was not done", id);
    }
    if !paid.errors.is_empty() {
        return Outcome::unclear("it was approved, and has errors", id);
    }
    let said = |code: &str| paid.messages.iter().any(|it| it == code);
    // 310: it was voided before, which is what was asked for. 311: it was captured before, for who knows how much.
    let done_before = said("310") && matches!(asked.what, What::Void(_));
    if !(paid.messages.is_empty() || said("1") || done_before) {
        return Outcome::unclear("it was approved, and says something else beside", id);
    }
    let transaction_id = match transaction(&paid, asked.what, done_before) {
        Ok(it) => it,
        Err(words) => return Outcome::unclear(words, id),
    };
    let amount = match paid.approved.filter(|_| asked.what == What::Charge) {
        Some(part) if part.minor() > asked.amount.minor() || part.minor() <= 0 => {
            return Outcome::unclear("another amount was approved than asked for", id);
        }
        Some(part) => part,
        None => asked.amount,
    };
    let approval = Approval {
        transaction_id,
        amount,
        authorization_code: paid.authorization_code,
        avs_result: paid.avs_result,
        cvv_result: paid.cvv_result,
        card_brand: paid.card_brand,
        last_four: paid.last_four,
        network_transaction_id: paid.network_transaction_id,
        code: paid.messages.first().cloned().unwrap_or_else(|| "1".to_owned()),
        message: clean(&paid.message),
    };
    if amount.minor() < asked.amount.minor() {
        Outcome::Partial(approval)
    } else {
        Outcome::Approved(approval)
    }
}

/// The approved transaction's id: a capture and a void keep the one that they are of, a refund has its own (§2.3).
fn transaction(paid: &Paid, what: What<'_>, done_before: bool) -> Result<String, &'static str> {
    let (id, related) = (paid.transaction_id.as_deref(), paid.related_id.as_deref());
    match what {
        What::Void(of) if done_before => {
            let same = [id, related].into_iter().flatten().all(|it| it == of);
            if same { Ok(of.to_owned()) } else { Err("it is about another transaction") }
        }
        What::Capture(of) | What::Void(of) => match id {
            Some(id) if id == of && related.is_none_or(|it| it == of) => Ok(id.to_owned()),
            Some(_) => Err("it is about another transaction"),
            None => Err("it was approved, and has no transaction"),
        },
        What::Refund(of) => match id {
            Some(id) if id != of && related.is_none_or(|it| it == of) => Ok(id.to_owned()),
            Some(_) => Err("it is about another transaction"),
            None => Err("it was approved, and has no transaction"),
        },
        What::Charge => id.map(str::to_owned).ok_or("it was approved, and has no transaction"),
    }
}

fn declined(paid: Paid, credentials: &Credentials<'_>) -> Outcome {
    let code = paid.errors.first().or(paid.messages.first()).cloned().unwrap_or_else(|| "2".to_owned());
    Outcome::Declined(refused_card(paid, code, credentials))
}

fn refused_card(paid: Paid, code: String, credentials: &Credentials<'_>) -> Refusal {
    let words = if paid.error.is_empty() { &paid.message } else { &paid.error };
    Refusal {
        message: clean(said(words, credentials)),
        hard: is_hard(&code),
        transaction_id: paid.transaction_id,
        code,
        avs_result: paid.avs_result,
        cvv_result: paid.cvv_result,
    }
}

fn failed(paid: Paid, credentials: &Credentials<'_>) -> Outcome {
    let code = paid.errors.first().cloned().unwrap_or_default();
    let clear = paid.errors.iter().all(|it| reason(it) != Reason::Unclear);
    match reason(&code) {
        Reason::Card { .. } if clear => Outcome::Declined(refused_card(paid, code, credentials)),
        Reason::Refused if clear => {
            ProviderError::refused(Fault::Ours, Some(&code), said(&paid.error, credentials)).into()
        }
        _ => {
            let error = ProviderError::refused(Fault::Theirs, Some(&code), said(&paid.error, credentials));
            let error = ProviderError { outcome_known: false, ..error };
            Outcome::Unknown(Unsure { error, transaction_id: paid.transaction_id, held: false })
        }
    }
}

/// The merchant's filters hold it: it may have been authorized, and is decided on by a person (§2.3.1).
fn held(paid: Paid, credentials: &Credentials<'_>) -> Outcome {
    let words = "it is held for review: approve or decline it in the Merchant Interface";
    let code = paid.messages.first().or(paid.errors.first()).map(String::as_str);
    let words = match clean(said(&paid.message, credentials)) {
        its if its.is_empty() => words.to_owned(),
        its => format!("{words} ({its})"),
    };
    let error = ProviderError { outcome_known: false, ..ProviderError::refused(Fault::Theirs, code, &words) };
    Outcome::Unknown(Unsure { error, transaction_id: paid.transaction_id, held: true })
}

/// How checking a card went (§2.6). Nothing was charged by it, whatever it says.
pub(in crate::authorize_net) fn checked(direct: &Direct, amount: Money) -> Outcome {
    if direct.response_code == "1" && direct.reason == "1" {
        return Outcome::Approved(Approval {
            // One that only looked at the fields made no transaction.
            transaction_id: direct.transaction_id.clone().unwrap_or_else(|| "0".to_owned()),
            amount,
            authorization_code: direct.authorization_code.clone(),
            avs_result: direct.avs_result.clone(),
            cvv_result: direct.cvv_result.clone(),
            card_brand: direct.card_brand.clone(),
            last_four: direct.last_four.clone(),
            network_transaction_id: direct.network_transaction_id.clone(),
            code: direct.reason.clone(),
            message: direct.text.clone(),
        });
    }
    match direct.response_code.as_str() {
        "2" | "3" => Outcome::Declined(Refusal {
            transaction_id: direct.transaction_id.clone(),
            code: direct.reason.clone(),
            message: direct.text.clone(),
            avs_result: direct.avs_result.clone(),
            cvv_result: direct.cvv_result.clone(),
            hard: is_hard(&direct.reason),
        }),
        _ => Outcome::unclear("the check's answer is none that is known", direct.transaction_id.clone()),
    }
}

#[cfg(test)]
mod tests;
