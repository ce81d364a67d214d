//! A single value of an answer as text: ids come as texts or as numbers, amounts as numbers (authorizenet.md §1.2).
//! No number passes through a float.

use jiff::{Timestamp, civil, tz::TimeZone};
use kontor_domain::{Currency, Money};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::ProviderError;

/// A text, a number or a truth, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::authorize_net) struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map(Self).map_err(de::Error::custom),
            Some(b'{' | b'[') | None => Err(de::Error::custom("not a single value")),
            Some(_) => Ok(Self(raw.to_owned())),
        }
    }
}

/// The text of a value that may be absent; an empty one says nothing either.
pub(in crate::authorize_net) fn text(value: Option<&Scalar>) -> Option<&str> {
    value.map(|it| it.0.trim()).filter(|it| !it.is_empty())
}

/// The longest id: they have 10 or 11 digits (§2.3), and a card number has 13 or more.
pub(in crate::authorize_net) const MAX_ID: usize = 12;

/// An id: digits, and not the zero that stands for none (§2.3).
pub(in crate::authorize_net) fn id(value: Option<&Scalar>) -> Result<Option<String>, ProviderError> {
    match text(value) {
        None => Ok(None),
        Some(it) if it.bytes().all(|it| it == b'0') => Ok(None),
        Some(it) if it.len() <= MAX_ID && it.bytes().all(|it| it.is_ascii_digit()) => Ok(Some(it.to_owned())),
        Some(_) => Err(ProviderError::nonsense("an id is not a number")),
    }
}

/// An amount in dollars, with up to four decimals of which the last two say nothing.
pub(in crate::authorize_net) fn amount(value: Option<&Scalar>) -> Result<Option<Money>, ProviderError> {
    let read = |it: &str| Money::parse(it, Currency::USD);
    text(value).map(read).transpose().map_err(|_| ProviderError::nonsense("an amount is none"))
}

/// A moment in UTC, with its mark or without.
pub(in crate::authorize_net) fn moment(value: Option<&Scalar>) -> Result<Option<Timestamp>, ProviderError> {
    let Some(it) = text(value) else { return Ok(None) };
    let unmarked = || it.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let read = it.parse().ok().or_else(|| Some(unmarked()?.timestamp()));
    read.map(Some).ok_or_else(|| ProviderError::nonsense("a time cannot be read"))
}

/// The last four digits of a masked number; nothing where they are no digits.
pub(in crate::authorize_net) fn last_four(masked: Option<&str>) -> Option<String> {
    let masked = masked?;
    let digits = masked.get(masked.len().checked_sub(4)?..)?;
    digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests;
