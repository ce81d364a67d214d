//! One field's value on its way to a checked type.
//!
//! Owns the readers: each takes the value, returns what it is, or records why it is not. Refuses to
//! repeat a value in an error message: it may be a card number or a secret.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use kontor_domain::Secret;
use url::Url;
use zeroize::Zeroizing;

use super::Request;
use super::fields::{Decimal, Fields, shown};
use super::json::Json;
use crate::enums::{self, Numbered};

/// Characters a URL may have.
pub const MAX_URL: usize = 2_048;

/// Characters the text of a decimal number may have.
pub const MAX_DECIMAL: usize = 32;

/// Characters a key of a free map may have.
pub const MAX_MAP_KEY: usize = 128;

/// A field taken from its object. Absent and `null` read as `None` without a further error.
pub struct Field<'f> {
    fields: &'f mut Fields,
    key: &'static str,
    value: Option<Json>,
}

impl<'f> Field<'f> {
    pub(super) fn new(fields: &'f mut Fields, key: &'static str, value: Option<Json>) -> Self {
        Self { fields, key, value }
    }

    /// A text of so many characters, without control characters; not blank where one is wanted.
    pub fn text(mut self, length: RangeInclusive<usize>) -> Option<String> {
        let text = self.any_text()?;
        self.checked(check_text(&text, &length, false).map(|()| text))
    }

    /// As [`Field::text`], and line breaks and tabs may stand in it.
    pub fn lines(mut self, length: RangeInclusive<usize>) -> Option<String> {
        let text = self.any_text()?;
        self.checked(check_text(&text, &length, true).map(|()| text))
    }

    /// A text that is a secret from here on. Only its length is checked.
    pub fn secret(mut self, length: RangeInclusive<usize>) -> Option<Secret> {
        let text = self.any_text()?;
        self.checked(check_length(&text, &length).map(|()| Secret::new(text)))
    }

    /// Digits of a card, as a text or a number. Nothing of them is checked here, and they are wiped when dropped.
    pub fn card_digits(mut self) -> Option<Zeroizing<String>> {
        match self.value.take() {
            Some(Json::Text(text) | Json::Number(text)) => Some(text),
            other => {
                self.value = other;
                self.mismatch("a text of digits")
            }
        }
    }

    /// One of the given words, exactly.
    pub fn one_of(mut self, words: &[&'static str]) -> Option<&'static str> {
        let text = self.any_text()?;
        let word = words.iter().find(|word| **word == text).copied();
        self.checked(word.ok_or_else(|| format!("must be one of: {}", words.join(", "))))
    }

    /// A text that a domain type reads: an id, a currency, a state. Its error's text is the message.
    pub fn parsed<T: FromStr<Err: Display>>(mut self) -> Option<T> {
        let text = self.any_text()?;
        self.checked(text.parse().map_err(|error: T::Err| error.to_string()))
    }

    /// `true` or `false`.
    pub fn boolean(self) -> Option<bool> {
        match self.value {
            Some(Json::Bool(value)) => Some(value),
            _ => self.mismatch("true or false"),
        }
    }

    /// A whole number in the range; no decimals, no exponent.
    pub fn integer(mut self, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(Json::Number(text)) = &self.value else { return self.mismatch("a whole number") };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let message = || format!("must be a whole number from {} to {}", range.start(), range.end());
        self.checked(number.ok_or_else(message))
    }

    /// A plain decimal number: no text, no exponent. Give it a meaning with [`Fields::amount`].
    pub fn decimal(mut self) -> Option<Decimal> {
        let Some(Json::Number(text)) = self.value.take_if(|value| matches!(value, Json::Number(_))) else {
            return self.mismatch("a decimal number");
        };
        if text.len() > MAX_DECIMAL || text.contains(['e', 'E']) {
            return self.checked(Err("must be a plain decimal number, without an exponent".to_owned()));
        }
        Some(Decimal { text: bare(text), path: self.fields.path_of(self.key) })
    }

    /// A text or a whole number, as text (an order number that some clients send as a number).
    pub fn integer_or_text(mut self, length: RangeInclusive<usize>) -> Option<String> {
        let text = match self.value.take() {
            Some(Json::Number(text)) if text.bytes().all(|b| b.is_ascii_digit()) => bare(text),
            Some(Json::Text(text)) => bare(text),
            other => {
                self.value = other;
                return self.mismatch("a text or a whole number");
            }
        };
        self.checked(check_text(&text, &length, false).map(|()| text))
    }

    /// A day: `2026-03-01`, or the day of an RFC 3339 time in that time's own offset.
    pub fn date(mut self) -> Option<Date> {
        let text = self.any_text()?;
        let day = match text.as_bytes() {
            [_, _, _, _, b'-', _, _, b'-', _, _] => text.parse().ok(),
            _ => instant(&text).and(text.get(..10)).and_then(|day| day.parse().ok()),
        };
        self.checked(day.ok_or_else(|| "must be a date such as 2026-03-01".to_owned()))
    }

    /// An instant of RFC 3339, with an offset or `Z`.
    pub fn time(mut self) -> Option<Timestamp> {
        let text = self.any_text()?;
        self.checked(instant(&text).ok_or_else(|| "must be a time such as 2026-03-01T12:00:00Z".to_owned()))
    }

    /// An absolute `https` or `http` address without a user name or password.
    pub fn url(mut self) -> Option<Url> {
        let text = self.any_text()?;
        let url = Some(text).filter(|text| text.len() <= MAX_URL).and_then(|text| Url::parse(&text).ok());
        let fit = |url: &Url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let message = || format!("must be an http or https address of at most {MAX_URL} characters");
        self.checked(url.filter(fit).ok_or_else(message))
    }

    /// An enum by its number or its name; the form is remembered for the answer.
    pub fn numbered<T: Numbered>(mut self) -> Option<T> {
        let found = match &self.value {
            None => return None,
            Some(Json::Number(text) | Json::Text(text)) => enums::parse::<T>(text),
            Some(_) => None,
        };
        let (value, form) = self.checked(found.ok_or_else(enums::choices::<T>))?;
        self.fields.came_as(form);
        Some(value)
    }

    /// A nested object.
    pub fn object<T: Request>(mut self) -> Option<T> {
        match self.value.take() {
            Some(Json::Object(entries)) => {
                let path = self.fields.path_of(self.key);
                nested(self.fields, path, entries)
            }
            other => {
                self.value = other;
                self.mismatch("an object")
            }
        }
    }

    /// A list of objects, so many of them.
    pub fn list<T: Request>(mut self, count: RangeInclusive<usize>) -> Option<Vec<T>> {
        let items = self.items(&count)?;
        let path = self.fields.path_of(self.key);
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match item {
                Json::Object(entries) => read.extend(nested::<T>(self.fields, path, entries)),
                other => self.fields.wrong_at(path, not_a("an object", &other)),
            }
        }
        Some(read)
    }

    /// A list of texts, so many of them, each of so many characters.
    pub fn texts(
        mut self,
        count: RangeInclusive<usize>,
        length: RangeInclusive<usize>,
    ) -> Option<Vec<String>> {
        let items = self.items(&count)?;
        let path = self.fields.path_of(self.key);
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let checked = match item {
                Json::Text(text) => check_text(&text, &length, false).map(|()| bare(text)),
                other => Err(not_a("a text", &other)),
            };
            match checked {
                Ok(text) => read.push(text),
                Err(message) => self.fields.wrong_at(format!("{path}[{index}]"), message),
            }
        }
        Some(read)
    }

    /// A free map: keys literally as sent, values scalars as text, `null` as `None`. At most
    /// `entries` entries, each value at most `length` characters.
    pub fn map(mut self, entries: usize, length: usize) -> Option<BTreeMap<String, Option<String>>> {
        let sent = match self.value.take() {
            Some(Json::Object(sent)) => sent,
            other => {
                self.value = other;
                return self.mismatch("an object");
            }
        };
        if sent.len() > entries {
            return self.checked(Err(format!("must have at most {entries} entries")));
        }
        let path = self.fields.path_of(self.key);
        let mut map = BTreeMap::new();
        for (key, value) in sent {
            match scalar(&key, value, length) {
                Ok(value) => {
                    map.insert(key, value);
                }
                Err(message) => self.fields.wrong_at(format!("{path}.{}", shown(&key)), message),
            }
        }
        Some(map)
    }

    /// A free map of secrets, under the rules of [`Field::map`].
    pub fn secret_map(self, entries: usize, length: usize) -> Option<BTreeMap<String, Option<Secret>>> {
        let map = self.map(entries, length)?;
        Some(map.into_iter().map(|(key, value)| (key, value.map(Secret::new))).collect())
    }

    /// The value as it is, for what only its owner can read.
    pub fn json(self) -> Option<Json> {
        self.value
    }

    fn any_text(&mut self) -> Option<String> {
        match self.value.take() {
            None => None,
            Some(Json::Text(text)) => Some(bare(text)),
            Some(other) => {
                self.fields.wrong(self.key, not_a("a text", &other));
                None
            }
        }
    }

    fn items(&mut self, count: &RangeInclusive<usize>) -> Option<Vec<Json>> {
        let items = match self.value.take()? {
            Json::List(items) => Ok(items),
            other => Err(not_a("a list", &other)),
        };
        let fit = items.and_then(|items| {
            let message = || format!("must have {} to {} items", count.start(), count.end());
            if count.contains(&items.len()) { Ok(items) } else { Err(message()) }
        });
        self.checked(fit)
    }

    fn checked<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.fields.wrong(self.key, message)).ok()
    }

    /// The value has another kind than wanted; nothing was sent: nothing to add.
    fn mismatch<T>(self, wanted: &str) -> Option<T> {
        if let Some(value) = &self.value {
            self.fields.wrong(self.key, not_a(wanted, value));
        }
        None
    }
}

fn nested<T: Request>(fields: &mut Fields, path: String, entries: Vec<(String, Json)>) -> Option<T> {
    let mut child = Fields::at(path.clone(), entries, fields.currency());
    let read = T::read(&mut child);
    if read.is_none() && !child.is_wrong() {
        child.wrong_at(path, "is not valid");
    }
    fields.absorb(child);
    read
}

/// The text itself, moved and not copied: whoever takes it has the only one.
fn bare(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}

fn not_a(wanted: &str, value: &Json) -> String {
    format!("must be {wanted}, not {}", value.kind())
}

fn instant(text: &str) -> Option<Timestamp> {
    // jiff also takes other separators and a zone in brackets; RFC 3339 has a `T` and no brackets.
    let strict = text.len() <= 40 && text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
    strict.then(|| text.parse().ok()).flatten()
}

fn scalar(key: &str, value: Json, length: usize) -> Result<Option<String>, String> {
    if key.is_empty() || key.chars().count() > MAX_MAP_KEY || key.chars().any(char::is_control) {
        return Err(format!("must have a key of 1 to {MAX_MAP_KEY} characters"));
    }
    let text = match value {
        Json::Null => return Ok(None),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) | Json::Text(text) => bare(text),
        other => return Err(not_a("a text, a number, a boolean or null", &other)),
    };
    check_length(&text, &(0..=length)).map(|()| Some(text))
}

fn check_length(text: &str, length: &RangeInclusive<usize>) -> Result<(), String> {
    if length.contains(&text.chars().count()) {
        return Ok(());
    }
    Err(match (length.start(), length.end()) {
        (0, end) => format!("must have at most {end} characters"),
        (start, end) if start == end => format!("must have {end} characters"),
        (start, end) => format!("must have {start} to {end} characters"),
    })
}

fn check_text(text: &str, length: &RangeInclusive<usize>, lines: bool) -> Result<(), String> {
    check_length(text, length)?;
    if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) {
        return Err("must not have control characters".to_owned());
    }
    if *length.start() > 0 && text.trim().is_empty() {
        return Err("must not be blank".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
