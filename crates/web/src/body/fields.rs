//! A documented object being read: its keys, its path, and all that is wrong with it.
//!
//! Owns the key rule (`transactionAmount` = `TransactionAmount`, not both), the naming of unknown
//! keys and the one map of errors that nested objects share. Refuses to stop at the first error.

use kontor_domain::{Currency, Money, invoices::Quantity};

use super::field::Field;
use super::json::Json;
use crate::enums::Form;
use crate::problem::Errors;

/// How many fields one answer names; the rest are counted, not listed.
pub const MAX_ERRORS: usize = 100;

/// How much of a caller's own key an error repeats, in characters.
pub const MAX_KEY_SHOWN: usize = 64;

/// A plain decimal number as it was sent, and where. `amount` and `quantity` give it a meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    pub(super) text: String,
    pub(super) path: String,
}

impl Decimal {
    /// The digits, exactly as sent: `148.83`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The field's path in the body.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The fields of one object.
pub struct Fields {
    path: String,
    entries: Vec<(String, Json)>,
    errors: Errors,
    form: Option<Form>,
    currency: Currency,
}

impl Fields {
    /// The root object of a body.
    pub fn new(entries: Vec<(String, Json)>) -> Self {
        Self::at(String::new(), entries, Currency::USD)
    }

    /// A nested object; what is wrong in it is handed back by [`Fields::absorb`].
    pub(super) fn at(path: String, entries: Vec<(String, Json)>, currency: Currency) -> Self {
        Self { path, entries, errors: Errors::new(), form: None, currency }
    }

    /// The currency of amounts where the body does not name one.
    #[must_use]
    pub(super) fn with_currency(self, currency: Currency) -> Self {
        Self { currency, ..self }
    }

    /// The currency of amounts here.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Reads the currency that this object and those inside of it are in. A wrong one is an error, and the amounts
    /// are then read in the one before.
    pub fn name_currency(&mut self, key: &'static str) -> Currency {
        if let Some(currency) = self.optional(key).parsed() {
            self.currency = currency;
        }
        self.currency
    }

    /// A field's text without taking it.
    pub(super) fn peek(&self, key: &str) -> Option<String> {
        let found = self.entries.iter().find(|(name, _)| same_key(name, key));
        found.and_then(
            |(_, value)| if let Json::Text(text) = value { Some(text.as_str().to_owned()) } else { None },
        )
    }

    /// A field that must be there. The key is given in `camelCase`.
    pub fn required(&mut self, key: &'static str) -> Field<'_> {
        let value = self.take(key);
        if value.is_none() && !self.errors.contains_key(&self.path_of(key)) {
            self.wrong(key, "is required");
        }
        Field::new(self, key, value)
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, key: &'static str) -> Field<'_> {
        let value = self.take(key);
        Field::new(self, key, value)
    }

    /// Whether the field was sent and is not yet read; `null` counts.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| same_key(name, key))
    }

    /// Whether the field was sent as `null` and is not yet read (a wish to clear it).
    pub fn is_null(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, value)| same_key(name, key) && *value == Json::Null)
    }

    /// Whether the field is an object of this one key, taken literally, with `null` as its value.
    pub fn is_only_null(&self, key: &str, only: &str) -> bool {
        let fits = |value: &Json| match value {
            Json::Object(entries) => matches!(entries.as_slice(), [(name, Json::Null)] if name == only),
            _ => false,
        };
        self.entries.iter().any(|(name, value)| same_key(name, key) && fits(value))
    }

    /// Takes the field without reading it: known, and of no use in this case.
    pub fn ignore(&mut self, key: &'static str) {
        self.take(key);
    }

    /// Records an error against a field of this object.
    pub fn wrong(&mut self, key: &str, message: impl Into<String>) {
        self.wrong_at(self.path_of(key), message);
    }

    /// Records an error against a full path (as of [`Decimal::path`]).
    pub fn wrong_at(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let path = path.into();
        if self.errors.len() < MAX_ERRORS || self.errors.contains_key(&path) {
            self.errors.entry(path).or_default().push(message.into());
        }
    }

    /// Whether a full path is wrong so far.
    pub fn is_wrong_at(&self, path: &str) -> bool {
        self.errors.contains_key(path)
    }

    /// Whether anything is wrong so far.
    pub fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The decimal as money; an error is recorded at its own path. `None` in, `None` out.
    pub fn amount(&mut self, decimal: Option<&Decimal>, currency: Option<Currency>) -> Option<Money> {
        let decimal = decimal?;
        Money::parse(&decimal.text, currency?)
            .map_err(|error| self.wrong_at(&decimal.path, error.to_string()))
            .ok()
    }

    /// As [`Fields::amount`], and zero is an error.
    pub fn positive_amount(
        &mut self,
        decimal: Option<&Decimal>,
        currency: Option<Currency>,
    ) -> Option<Money> {
        let money = self.amount(decimal, currency)?;
        if money.is_zero() {
            self.wrong_at(&decimal?.path, "must be more than zero");
            return None;
        }
        Some(money)
    }

    /// The decimal as a quantity: more than zero, at most four decimals.
    pub fn quantity(&mut self, decimal: Option<&Decimal>) -> Option<Quantity> {
        let decimal = decimal?;
        let quantity = Quantity::parse(&decimal.text);
        if quantity.is_none() {
            self.wrong_at(
                &decimal.path,
                "must be more than zero, at most 100000000, with at most 4 decimals",
            );
        }
        quantity
    }

    /// An ISO 4217 code, or the given currency where the field is absent.
    pub fn currency_or(&mut self, key: &'static str, default: Currency) -> Option<Currency> {
        if self.has(key) && !self.is_null(key) {
            return self.required(key).parsed();
        }
        self.ignore(key);
        Some(default)
    }

    /// Ends the reading: what was not asked for is unknown.
    pub fn finish(mut self) -> (Errors, Option<Form>) {
        let unknown: Vec<String> = self.entries.drain(..).map(|(key, _)| shown(&key)).collect();
        for key in unknown {
            self.wrong(&key, "is not a known field");
        }
        (self.errors, self.form)
    }

    pub(super) fn absorb(&mut self, child: Self) {
        let (errors, form) = child.finish();
        for (path, messages) in errors {
            for message in messages {
                self.wrong_at(path.clone(), message);
            }
        }
        if let Some(form) = form {
            self.came_as(form);
        }
    }

    /// Remembers the form of an enum; one name among numbers makes the answer speak names.
    pub(super) fn came_as(&mut self, form: Form) {
        if self.form != Some(Form::Names) {
            self.form = Some(form);
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<Json> {
        let mut found = self.entries.extract_if(.., |(name, _)| same_key(name, key)).map(|(_, value)| value);
        let first = found.next();
        let twice = found.next().is_some();
        drop(found);
        if twice {
            self.wrong(key, "is given twice, in camelCase and in PascalCase");
            return None;
        }
        first.filter(|value| *value != Json::Null)
    }
}

/// The sent name is the key itself, or the key with its first letter in upper case.
fn same_key(sent: &str, key: &str) -> bool {
    let (Some(a), Some(b)) = (sent.chars().next(), key.chars().next()) else { return false };
    (a == b || a == b.to_ascii_uppercase()) && sent.get(a.len_utf8()..) == key.get(b.len_utf8()..)
}

/// A caller's key, cut and without control characters, fit for an error message.
pub(super) fn shown(key: &str) -> String {
    key.chars().take(MAX_KEY_SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
