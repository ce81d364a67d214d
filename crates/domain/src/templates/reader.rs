//! Reads TOML into a template's parts: every fault with its line, all at once.
//!
//! Owns the words of the complaints about shape. Refuses unknown keys everywhere, and to stop at the first fault.

use std::{
    cell::RefCell,
    fmt::Display,
    ops::{Range, RangeInclusive},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    fault::Sink,
    text::{Spot, Text},
};

/// The longest plain text of a template, in characters.
pub(super) const MAX_LINE: usize = 2_000;
/// The most entries of a list or map of texts.
pub(super) const MAX_LIST: usize = 200;

type Value<'a> = Spanned<DeValue<'a>>;

/// A table of the text that is being read.
pub(super) struct Table<'a> {
    pub(super) sink: &'a Sink,
    path: String,
    span: Range<usize>,
    entries: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        sink: &'a Sink,
        path: impl Into<String>,
        span: Range<usize>,
        entries: &'a DeTable<'a>,
    ) -> Self {
        Self { sink, path: path.into(), span, entries, asked: RefCell::default() }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&self, key: &'static str) -> Option<&'a Value<'a>> {
        self.asked.borrow_mut().push(key);
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Where a key's value stands, or the table where it does not.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        let found = self.entries.iter().find(|(name, _)| name.get_ref() == key);
        found.map_or_else(|| self.span.clone(), |(_, value)| value.span())
    }

    pub(super) fn wrong(&self, key: &str, message: impl Display) {
        self.sink.error(&self.span(key), format!("{} {message}", self.name(key)));
    }

    pub(super) fn doubtful(&self, key: &str, message: impl Display) {
        self.sink.warn(&self.span(key), format!("{} {message}", self.name(key)));
    }

    fn expected(&self, key: &str, what: &str, value: &Value<'_>) {
        let found = kind(value.get_ref());
        self.sink.error(&value.span(), format!("{}: expected {what}, found {found}", self.name(key)));
    }

    fn missing(&self, key: &str, what: &str) {
        self.sink.error(&self.span, format!("{} is missing: expected {what}", self.name(key)));
    }

    /// A text; none where it is not there.
    pub(super) fn maybe(&self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.expected(key, "a text", value);
            return None;
        };
        if text.chars().count() > MAX_LINE {
            self.wrong(key, format!("has more than {MAX_LINE} characters"));
        } else if text.chars().any(|it| it.is_control() && it != '\n') {
            self.wrong(key, "must not have control characters");
        }
        Some(text.to_string())
    }

    /// A text that must be there and say something.
    pub(super) fn text(&self, key: &'static str) -> String {
        match self.maybe(key) {
            Some(text) if text.trim().is_empty() => self.wrong(key, "must not be empty"),
            Some(text) => return text,
            None if !self.has(key) => self.missing(key, "a text"),
            None => {}
        }
        String::new()
    }

    /// A text with placeholders; none where it is not there or wrong.
    pub(super) fn maybe_filled(&self, key: &'static str, spot: Spot) -> Option<Text> {
        let value = self.value(key)?;
        let text = self.filled_value(key, value, spot);
        if text.as_ref().is_some_and(|it| it.parts().is_empty()) {
            self.wrong(key, "must not be empty");
        }
        text
    }

    /// A text with placeholders that must be there.
    pub(super) fn filled(&self, key: &'static str, spot: Spot) -> Text {
        if !self.has(key) {
            self.missing(key, "a text, with placeholders such as {{secrets.NAME}}");
        }
        self.maybe_filled(key, spot).unwrap_or_default()
    }

    pub(super) fn filled_value(&self, key: &str, value: &Value<'_>, spot: Spot) -> Option<Text> {
        let DeValue::String(text) = value.get_ref() else {
            self.expected(key, "a text", value);
            return None;
        };
        match Text::parse(text) {
            Ok(text) => {
                for place in text.places() {
                    self.sink.uses(place.clone(), spot, value.span());
                }
                Some(text)
            }
            Err(message) => {
                self.sink.error(&value.span(), format!("{} {message}", self.name(key)));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.expected(key, "true or false", value);
            return None;
        };
        Some(*flag)
    }

    /// A whole number within a range.
    pub(super) fn whole(&self, key: &'static str, range: &RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let fits = number.filter(|it| range.contains(it));
        if fits.is_none() {
            let what = format!("a whole number from {} to {}", range.start(), range.end());
            self.expected(key, &what, value);
        }
        fits
    }

    /// One of some words; none where it is not there or wrong.
    pub(super) fn maybe_word<T: Copy + Display>(&self, key: &'static str, all: &[T]) -> Option<T> {
        let value = self.value(key)?;
        let found = match value.get_ref() {
            DeValue::String(text) => all.iter().copied().find(|it| it.to_string() == *text),
            _ => None,
        };
        if found.is_none() {
            self.expected(key, &format!("one of {}", listed(all)), value);
        }
        found
    }

    /// One of some words, which must be there.
    pub(super) fn word<T: Copy + Display>(&self, key: &'static str, all: &[T]) -> Option<T> {
        if !self.has(key) {
            self.missing(key, &format!("one of {}", listed(all)));
        }
        self.maybe_word(key, all)
    }

    fn list(&self, key: &'static str, most: usize) -> &'a [Value<'a>] {
        let Some(value) = self.value(key) else { return &[] };
        let DeValue::Array(list) = value.get_ref() else {
            self.expected(key, "a list", value);
            return &[];
        };
        if list.len() > most {
            self.wrong(key, format!("has more than {most} entries"));
            return &[];
        }
        list
    }

    /// A list of texts; empty where it is not there.
    pub(super) fn texts(&self, key: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        for value in self.list(key, MAX_LIST) {
            match value.get_ref() {
                DeValue::String(text) if !text.is_empty() && text.chars().count() <= MAX_LINE => {
                    texts.push(text.to_string());
                }
                _ => self.expected(key, &format!("texts of 1 to {MAX_LINE} characters"), value),
            }
        }
        texts
    }

    /// A list of HTTP statuses; empty where it is not there.
    pub(super) fn statuses(&self, key: &'static str) -> Vec<u16> {
        let mut statuses = Vec::new();
        for value in self.list(key, MAX_LIST) {
            let status = match value.get_ref() {
                DeValue::Integer(number) => u16::from_str_radix(number.as_str(), number.radix()).ok(),
                _ => None,
            };
            match status.filter(|it| (100..=599).contains(it)) {
                Some(status) => statuses.push(status),
                None => self.expected(key, "HTTP statuses, from 100 to 599", value),
            }
        }
        statuses
    }

    /// A table; none where it is not there or no table.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let value = self.value(key)?;
        self.as_table(self.name(key), value)
    }

    pub(super) fn as_table(&self, path: String, value: &'a Value<'a>) -> Option<Table<'a>> {
        let DeValue::Table(entries) = value.get_ref() else {
            let found = kind(value.get_ref());
            self.sink.error(&value.span(), format!("{path}: expected a table, found {found}"));
            return None;
        };
        Some(Table::new(self.sink, path, value.span(), entries))
    }

    /// A list of tables; empty where it is not there.
    pub(super) fn tables(&self, key: &'static str, most: usize) -> Vec<Table<'a>> {
        let all = self.list(key, most).iter().enumerate();
        all.filter_map(|(at, value)| self.as_table(format!("{}[{at}]", self.name(key)), value)).collect()
    }

    /// Everything in a list, as it is.
    pub(super) fn values(&self, key: &'static str) -> &'a [Value<'a>] {
        self.list(key, MAX_LIST)
    }

    /// A value of any kind.
    pub(super) fn any(&self, key: &'static str) -> Option<&'a Value<'a>> {
        self.value(key)
    }

    /// The entries of a table whose keys the template's author chooses.
    pub(super) fn named(&self, key: &'static str) -> Vec<(String, &'a Value<'a>)> {
        let Some(table) = self.table(key) else { return Vec::new() };
        if table.entries.len() > MAX_LIST {
            self.wrong(key, format!("has more than {MAX_LIST} entries"));
            return Vec::new();
        }
        table.entries.iter().map(|(name, value)| (name.get_ref().to_string(), value)).collect()
    }

    /// The entries that nobody asked for, for tables that hold fixed and free keys.
    pub(super) fn others(&self) -> Vec<(String, &'a Value<'a>)> {
        let asked = self.asked.borrow();
        let free = self.entries.iter().filter(|(name, _)| !asked.iter().any(|it| name.get_ref() == it));
        free.map(|(name, value)| (name.get_ref().to_string(), value)).collect()
    }

    /// A table of texts with placeholders, by the author's keys.
    pub(super) fn filled_map(&self, key: &'static str, spot: Spot) -> Vec<(String, Text)> {
        let entries = self.named(key).into_iter();
        let path = |name: &str| format!("{key}.{name}");
        entries
            .filter_map(|(name, it)| Some((name.clone(), self.filled_value(&path(&name), it, spot)?)))
            .collect()
    }

    /// A table of plain texts, by the author's keys.
    pub(super) fn text_map(&self, key: &'static str) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (name, value) in self.named(key) {
            match value.get_ref() {
                DeValue::String(text) => texts.push((name, text.to_string())),
                _ => self.expected(&format!("{key}.{name}"), "a text", value),
            }
        }
        texts
    }

    /// Complains about the keys that nobody asked for.
    pub(super) fn done(self) {
        let asked = self.asked.borrow();
        for (name, _) in self.entries {
            if !asked.iter().any(|it| name.get_ref() == it) {
                let path = self.name(name.get_ref());
                let message = format!("{path} is not known; expected here: {}", asked.join(", "));
                self.sink.error(&name.span(), message);
            }
        }
    }
}

fn listed<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {:?}", text.chars().take(80).collect::<String>()),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(_) => "a decimal number".to_owned(),
        DeValue::Boolean(flag) => format!("{flag}"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
