//! What is known of a card or bank account: never the number, only what an answer may show of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::settle::pacific;
use crate::{worldpay::luhn, xml::Element};

/// A means of payment without its number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Face {
    /// As the wire spells it (§2.3); empty where it is unknown.
    pub(super) brand: String,
    /// `XXXX1111`.
    pub(super) masked: String,
    /// The first six digits; empty for a bank account.
    pub(super) issuer: String,
    /// Whether the check digit fits.
    pub(super) is_valid: bool,
    /// `2030-12`; empty where it could not be read.
    pub(super) expires: String,
    /// A bank account's masked routing number.
    pub(super) routing: String,
    /// A bank account's kind and holder.
    pub(super) account_type: String,
    pub(super) holder: String,
    pub(super) echeck_type: String,
}

/// A card that is always declined, for people who try the page. Its digits are nobody's.
const ALWAYS_DECLINED: (&str, &str) = ("400000", "XXXX0002");

impl Face {
    /// A card by its number.
    pub(super) fn card(number: &str, expiration: &str) -> Self {
        let number: String = number.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
        let is_number = number.bytes().all(|it| it.is_ascii_digit());
        let tail: String = number.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        Self {
            brand: brand(&number).to_owned(),
            masked: format!("XXXX{tail}"),
            issuer: if is_number { number.chars().take(6).collect() } else { String::new() },
            is_valid: is_number && number.len() >= 13 && luhn(&number),
            expires: expires(expiration).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// A bank account.
    fn bank(bank: &Element) -> Self {
        let masked = |text: &str| {
            let tail: Vec<char> = text.chars().rev().take(4).collect();
            format!("XXXX{}", tail.into_iter().rev().collect::<String>())
        };
        let routing = bank.get(&["routingNumber"]);
        Self {
            brand: "eCheck".to_owned(),
            masked: masked(bank.get(&["accountNumber"])),
            is_valid: is_aba(routing),
            routing: masked(routing),
            account_type: bank.get(&["accountType"]).to_owned(),
            holder: bank.get(&["nameOnAccount"]).to_owned(),
            echeck_type: bank.get(&["echeckType"]).to_owned(),
            ..Self::default()
        }
    }

    /// What stands in a `payment`; none where it is a means that is not here.
    pub(super) fn of(payment: &Element) -> Option<Self> {
        if let Some(card) = payment.child("creditCard") {
            return Some(Self::card(card.get(&["cardNumber"]), card.get(&["expirationDate"])));
        }
        payment.child("bankAccount").map(Self::bank)
    }

    pub(super) fn is_bank(&self) -> bool {
        self.brand == "eCheck"
    }

    pub(super) fn is_always_declined(&self) -> bool {
        (self.issuer.as_str(), self.masked.as_str()) == ALWAYS_DECLINED
    }

    /// Whether the month is over.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        let today = now.to_zoned(pacific()).date();
        !self.expires.is_empty() && self.expires < today.strftime("%Y-%m").to_string()
    }

    /// Whether two are the same as far as can be told without the number.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.masked, &self.issuer, &self.routing) == (&other.masked, &other.issuer, &other.routing)
    }
}

/// The letter for a card code (§4).
pub(super) fn code_letter(code: &str) -> &'static str {
    match code {
        "900" => "M",
        "901" => "N",
        "902" => "S",
        "903" => "U",
        _ => "P",
    }
}

/// The name on the wire (§2.3).
fn brand(number: &str) -> &'static str {
    let lead = |digits: usize| number.get(..digits).and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
    match (lead(1), lead(2), lead(4)) {
        _ if number.len() < 13 || !luhn(number) => "",
        (4, ..) => "Visa",
        (_, 51..=55, _) | (_, _, 2221..=2720) => "MasterCard",
        (_, 34 | 37, _) => "AmericanExpress",
        (_, 62 | 65, _) | (_, _, 6011) => "Discover",
        // The sandbox's JCB card has a number that was Diners Club's.
        (_, 35, _) | (_, _, 3088) => "JCB",
        (_, 30 | 36 | 38 | 39, _) => "DinersClub",
        _ => "",
    }
}

/// The forms that clients send (§1.4) as `2030-12`.
fn expires(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let (month, year) = match parts.as_slice() {
        [year, month] if year.len() == 4 => (*month, *year),
        [month, year] => (*month, *year),
        [both] if both.len() == 4 || both.len() == 6 => both.split_at_checked(2)?,
        _ => return None,
    };
    let month: u8 = month.parse().ok().filter(|it| (1..=12).contains(it))?;
    let digits = year.bytes().all(|it| it.is_ascii_digit());
    match year.len() {
        2 if digits => Some(format!("20{year}-{month:02}")),
        4 if digits => Some(format!("{year}-{month:02}")),
        _ => None,
    }
}

/// The check sum of a bank's number.
fn is_aba(routing: &str) -> bool {
    let digits: Vec<u32> = routing.chars().filter_map(|it| it.to_digit(10)).collect();
    let weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit.saturating_mul(weight)).sum();
    routing.len() == 9 && digits.len() == 9 && sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
