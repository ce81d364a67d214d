//! A direct response: one transaction in one line, as checking a card answers it (authorizenet.md §2.6).
//!
//! What parts the fields, and what quotes them, is the merchant's own setting: both are read off the beginning, which
//! is one digit. Positions count from 1.

use super::scalar::{MAX_ID, last_four};
use crate::error::clean;

/// So many fields there are; with fewer or more, something in them holds what parts them.
const FIELDS: std::ops::RangeInclusive<usize> = 68..=69;

/// What is read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::authorize_net) struct Direct {
    /// 1 to 4.
    pub(in crate::authorize_net) response_code: String,
    /// Why (§3.3).
    pub(in crate::authorize_net) reason: String,
    pub(in crate::authorize_net) text: String,
    pub(in crate::authorize_net) authorization_code: Option<String>,
    pub(in crate::authorize_net) avs_result: Option<String>,
    pub(in crate::authorize_net) transaction_id: Option<String>,
    pub(in crate::authorize_net) cvv_result: Option<String>,
    pub(in crate::authorize_net) last_four: Option<String>,
    pub(in crate::authorize_net) card_brand: Option<String>,
    pub(in crate::authorize_net) network_transaction_id: Option<String>,
}

/// Reads it; none where it is no direct response.
pub(in crate::authorize_net) fn read(line: &str) -> Option<Direct> {
    let fields = split(line.trim())?;
    let field = |at: usize| fields.get(at.checked_sub(1)?).map(|it| it.trim()).filter(|it| !it.is_empty());
    let response_code = field(1).filter(|it| it.len() == 1 && it.bytes().all(|it| it.is_ascii_digit()))?;
    let reason = field(3).filter(|it| it.len() <= 4 && it.bytes().all(|it| it.is_ascii_digit()))?;
    // The fields behind a text stand where they should only if nothing in it parted it.
    let whole = FIELDS.contains(&fields.len());
    let sure = |at: usize| field(at).filter(|_| whole).map(clean);
    let number = |it: &&str| {
        it.len() <= MAX_ID && it.bytes().all(|it| it.is_ascii_digit()) && it.bytes().any(|it| it != b'0')
    };
    Some(Direct {
        response_code: response_code.to_owned(),
        reason: reason.to_owned(),
        text: field(4).map(clean).unwrap_or_default(),
        authorization_code: sure(5),
        avs_result: sure(6),
        transaction_id: field(7).filter(|_| whole).filter(number).map(str::to_owned),
        cvv_result: sure(39),
        last_four: last_four(field(51).filter(|_| whole)),
        card_brand: sure(52),
        network_transaction_id: field(59).filter(|_| whole).map(str::to_owned),
    })
}

fn split(line: &str) -> Option<Vec<String>> {
    let letters: Vec<char> = line.chars().take(3).collect();
    match letters.as_slice() {
        [first, parting, ..] if first.is_ascii_digit() => {
            Some(line.split(*parting).map(str::to_owned).collect())
        }
        [quote, first, closing] if first.is_ascii_digit() && quote == closing => {
            let inner = line.strip_prefix(*quote)?.strip_suffix(*quote)?;
            let parting = inner.chars().nth(2)?;
            Some(inner.split(&format!("{quote}{parting}{quote}")).map(str::to_owned).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
