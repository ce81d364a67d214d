//! Card data between the parse and the provider's request, and nowhere else.
//!
//! Owns the only types that hold a card number or a card code. Both are wiped when they are dropped. Refuses to be
//! shown, copied or serialised: an adapter writes them into its request, once.

use kontor_domain::Secret;
use zeroize::Zeroizing;

/// The shortest and the longest card number (ISO/IEC 7812).
const NUMBER: (usize, usize) = (12, 19);
/// How many digits a card code has, and how many on an American Express card.
const CODE: (usize, usize) = (3, 4);
/// The years that a card may end in.
const YEARS: std::ops::RangeInclusive<u16> = 2000..=2099;

/// A card. No Debug, no Display, no Serialize, no Clone.
pub struct Card {
    number: Zeroizing<String>,
    code: Option<Zeroizing<String>>,
    expiry: Expiry,
}

/// The last month in which a card is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    year: u16,
    month: u8,
}

/// Which part of a card cannot be right. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not 12 to 19 digits, or the check digit does not fit.
    #[error("is not a card number")]
    Number,
    /// Not 1 to 12.
    #[error("must be a month from 1 to 12")]
    Month,
    /// Not 2000 to 2099, in two digits or four.
    #[error("must be a year")]
    Year,
    /// Not as many digits as cards of that brand have.
    #[error("must have 3 digits, or 4 where the card is of American Express")]
    Code,
}

impl Expiry {
    /// Month from 1 to 12; year in two digits or four.
    pub fn new(month: u8, year: u16) -> Result<Self, CardError> {
        let year = if year < 100 { year.saturating_add(2000) } else { year };
        if !(1..=12).contains(&month) {
            return Err(CardError::Month);
        }
        if !YEARS.contains(&year) {
            return Err(CardError::Year);
        }
        Ok(Self { year, month })
    }

    /// From 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// Four digits.
    pub fn year(self) -> u16 {
        self.year
    }
}

impl Card {
    /// Takes the texts over. Blanks and dashes between the digits are people's and are left out.
    /// Whether the card is still good is for whoever has a clock.
    pub fn new(
        number: Zeroizing<String>,
        expiry: Expiry,
        code: Option<Zeroizing<String>>,
    ) -> Result<Self, CardError> {
        let between = |it: char| matches!(it, ' ' | '-');
        let digits = if number.contains(between) {
            // Room first: growing would leave a part of the number behind.
            let mut digits = Zeroizing::new(String::with_capacity(number.len()));
            digits.extend(number.chars().filter(|it| !between(*it)));
            digits
        } else {
            number
        };
        if let Some(fault) = Self::faults(&digits, code.as_deref().map(String::as_str)).first() {
            return Err(*fault);
        }
        Ok(Self { number: digits, code, expiry })
    }

    /// All that cannot be right of a number and a code, at once. Blanks and dashes in the number do not count.
    pub fn faults(number: &str, code: Option<&str>) -> Vec<CardError> {
        let digits = || number.bytes().filter(|it| !matches!(it, b' ' | b'-'));
        let length = digits().count();
        let mut faults = Vec::new();
        let fits = (NUMBER.0..=NUMBER.1).contains(&length) && digits().all(|it| it.is_ascii_digit());
        if !fits || !luhn(digits()) {
            faults.push(CardError::Number);
        }
        // ISO/IEC 7812: 34 and 37 are American Express.
        let long =
            length == 15 && matches!((digits().next(), digits().nth(1)), (Some(b'3'), Some(b'4' | b'7')));
        let wanted = if long { CODE.1 } else { CODE.0 };
        if code.is_some_and(|it| it.len() != wanted || !it.bytes().all(|it| it.is_ascii_digit())) {
            faults.push(CardError::Code);
        }
        faults
    }

    /// The last month in which it is good.
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// What may be kept of the number.
    pub fn last_four(&self) -> &str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The whole number, for the one request that carries it.
    pub(crate) fn number(&self) -> &str {
        &self.number
    }

    /// The card code, for the one request that carries it.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref().map(String::as_str)
    }
}

/// A card that the provider's script in the browser took: good once, for some minutes. No Debug.
pub struct Nonce {
    /// What kind of nonce, in the provider's words.
    pub descriptor: String,
    /// The nonce.
    pub value: Secret,
}

/// The check digit (ISO/IEC 7812-1, Annex B).
fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            match (at % 2, digit) {
                (0, _) => digit,
                (_, 0..=4) => digit * 2,
                _ => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
