//! What becomes of a card: the certification triggers (worldpay-express.md §6). No card number outlives this file's callers.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::reply::central;

/// What a person typed into the page.
pub(super) struct Card {
    pub(super) number: String,
    /// 1 to 12.
    pub(super) month: u8,
    /// Two digits.
    pub(super) year: u8,
    pub(super) cvv: String,
}

/// What may be known of a card: what an answer shows, and nothing more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Face {
    pub(super) brand: String,
    /// `xxxx-xxxx-xxxx-1111`.
    pub(super) masked: String,
    /// The first six digits.
    pub(super) bin: String,
    /// Two digits each; empty where they were not given.
    pub(super) month: String,
    pub(super) year: String,
    is_valid: bool,
}

/// A card that is always declined, for people who try the page. Its digits are nobody's.
const ALWAYS_DECLINED: (&str, &str) = ("400000", "xxxx-xxxx-xxxx-0002");

impl Face {
    pub(super) fn new(number: &str, month: &str, year: &str) -> Self {
        let brand = brand(number);
        Self {
            brand: brand.to_owned(),
            masked: format!("xxxx-xxxx-xxxx-{}", last_four(number)),
            bin: number.get(..6).unwrap_or_default().to_owned(),
            month: month.to_owned(),
            year: year.to_owned(),
            is_valid: luhn(number) && brand != "Other",
        }
    }

    pub(super) fn of(card: &Card) -> Self {
        Self::new(&card.number, &format!("{:02}", card.month), &format!("{:02}", card.year))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// The last four digits.
    pub(super) fn tail(&self) -> &str {
        last_four(&self.masked)
    }
}

fn last_four(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default()
}

/// What is asked of the processor.
pub(super) struct Asked<'a> {
    /// `12.34`.
    pub(super) amount: &'a str,
    pub(super) address: &'a str,
    pub(super) zip: &'a str,
    /// DuplicateCheckDisableFlag or DuplicateOverrideFlag.
    pub(super) duplicates: bool,
    pub(super) partial: bool,
    /// The same card and amount were taken in this batch.
    pub(super) repeated: bool,
}

/// What the processor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) host_code: &'static str,
    /// What was approved; none where nothing was.
    pub(super) approved: Option<String>,
    pub(super) avs: &'static str,
    pub(super) cvv: &'static str,
    /// TransactionStatus and its code (§4.2) where nothing was approved.
    pub(super) status: (&'static str, &'static str),
}

/// The processor's answer about a card that was typed.
#[cfg(test)]
pub(super) fn judge(card: &Card, asked: &Asked<'_>) -> Verdict {
    decide(&Face::of(card), &card.cvv, asked)
}

/// The processor's answer.
pub(super) fn decide(face: &Face, cvv: &str, asked: &Asked<'_>) -> Verdict {
    let avs = address(asked);
    let cvv = match cvv {
        "" => "",
        "123" | "111" => "M",
        "564" => "P",
        _ => "N",
    };
    let refused = |code, message, host_code, status| Verdict {
        code,
        message,
        host_code,
        approved: None,
        avs,
        cvv,
        status,
    };
    let declined = |code, message| refused(code, message, "007", ("Declined", "2"));
    if !face.is_valid {
        return Verdict { avs: "", cvv: "", ..refused("101", "INVALID CARD INFO", "14", ("Error", "13")) };
    }
    if (face.bin.as_str(), face.masked.as_str()) == ALWAYS_DECLINED {
        return declined("20", "Declined");
    }
    match asked.amount {
        "0.20" | "0.51" => return declined("20", "Declined"),
        "0.21" => return declined("21", "Expired Card"),
        "0.22" if !asked.duplicates => return refused("22", "Duplicate AP", "", ("Duplicate", "3")),
        "0.23" if !asked.duplicates => return refused("23", "Duplicate", "", ("Duplicate", "3")),
        "0.24" => return declined("24", "Pick Up Card"),
        "0.25" => return declined("25", "Call Issuer"),
        _ => {}
    }
    if asked.repeated && !asked.duplicates {
        return refused("23", "Duplicate", "", ("Duplicate", "3"));
    }
    let partial = asked.partial && asked.amount == "23.05";
    let (code, message) = if partial { ("5", "Partial Approved") } else { ("0", "Approved") };
    let approved = if partial { "20.00" } else { asked.amount };
    Verdict {
        code,
        message,
        host_code: "000",
        approved: Some(approved.to_owned()),
        avs,
        cvv,
        status: if partial { ("PartialApproved", "16") } else { ("Approved", "1") },
    }
}

fn address(asked: &Asked<'_>) -> &'static str {
    match (asked.address, asked.zip) {
        ("", "") => "",
        ("4", "33606") => "Y",
        (street, "87654") if !street.is_empty() => "Y",
        _ => "N",
    }
}

/// The logo as Express writes it (§4.6).
pub(super) fn brand(number: &str) -> &'static str {
    let lead = |digits: usize| number.get(..digits).and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
    let length = number.len();
    match (lead(1), lead(2), lead(4)) {
        (4, _, _) if matches!(length, 13 | 16 | 19) => "Visa",
        (_, 51..=55, _) | (_, _, 2221..=2720) if length == 16 => "Mastercard",
        (_, 34 | 37, _) if length == 15 => "Amex",
        (_, 65, _) | (_, _, 6011) if length == 16 => "Discover",
        (_, 30 | 36 | 38 | 39, _) if matches!(length, 14 | 16) => "Diners Club",
        (_, 35, _) if length == 16 => "JCB",
        (_, 62 | 81, _) if matches!(length, 16..=19) => "Union Pay",
        _ => "Other",
    }
}

/// The check digit.
pub(crate) fn luhn(number: &str) -> bool {
    let mut sum = 0_u32;
    for (place, letter) in number.chars().rev().enumerate() {
        let Some(digit) = letter.to_digit(10) else { return false };
        let weighed = if place % 2 == 1 { digit.saturating_mul(2) } else { digit };
        sum = sum.saturating_add(if weighed > 9 { weighed.saturating_sub(9) } else { weighed });
    }
    (12..=19).contains(&number.len()) && sum.is_multiple_of(10)
}

/// Whether the card's month is over.
pub(super) fn is_expired(card: &Card, now: Timestamp) -> bool {
    let today: Date = now.to_zoned(central()).date();
    let year = i16::from(card.year).saturating_add(2_000);
    (year, i16::from(card.month)) < (today.year(), i16::from(today.month()))
}

#[cfg(test)]
mod tests;
