//! The enum switch: integration types and template field types as numbers or as names.
//!
//! Owns `Prefer: enums=names|numbers` (RFC 7240), the rule of the house without it (a POST or PUT
//! answers in the form its body used, everything else in numbers), and how such a value is written.
//! Refuses to know the enums themselves: they come in through [`Numbered`].

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::VARY;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// `Prefer` (RFC 7240 §2).
pub const PREFER: HeaderName = HeaderName::from_static("prefer");

/// `Preference-Applied` (RFC 7240 §3).
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// An enum that has a stable number and a stable name for each value.
pub trait Numbered: Copy + PartialEq + 'static {
    /// All values, in the order of their numbers.
    const ALL: &'static [Self];
    /// The number.
    fn number(self) -> u8;
    /// The name, in `PascalCase`.
    fn name(self) -> &'static str;
}

/// How enum values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `"Payment"`.
    Names,
    /// `1`.
    Numbers,
}

/// Reads a number or a name (its letters' case does not count), and says which it was.
pub fn parse<T: Numbered>(text: &str) -> Option<(T, Form)> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let number: u8 = text.parse().ok()?;
        return T::ALL.iter().find(|value| value.number() == number).map(|value| (*value, Form::Numbers));
    }
    T::ALL.iter().find(|value| value.name().eq_ignore_ascii_case(text)).map(|value| (*value, Form::Names))
}

/// The message for a value that is none of them.
pub fn choices<T: Numbered>() -> String {
    let words: Vec<_> = T::ALL.iter().map(|value| format!("{} ({})", value.number(), value.name())).collect();
    format!("must be one of: {}", words.join(", "))
}

/// The description of a value that is a number or a name.
pub fn schema<T: Numbered>(words: &str) -> RefOr<Schema> {
    let numbers = T::ALL.iter().map(|it| it.number());
    let numbers = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(numbers));
    let names = T::ALL.iter().map(|it| it.name());
    let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    OneOfBuilder::new().item(numbers).item(names).description(Some(words)).into()
}

/// A value as it is written in the chosen form; also fit for the key of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<T> {
    value: T,
    form: Form,
}

impl<T: Numbered> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            Form::Names => serializer.serialize_str(self.value.name()),
            Form::Numbers => serializer.serialize_u8(self.value.number()),
        }
    }
}

// Maps are sorted by number in both forms, so that the same content has one order.
impl<T: Numbered + Eq> PartialOrd for Shown<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Numbered + Eq> Ord for Shown<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |shown: &Self| (shown.value.number(), shown.form == Form::Names);
        rank(self).cmp(&rank(other))
    }
}

impl Form {
    /// The value in this form.
    pub fn show<T: Numbered>(self, value: T) -> Shown<T> {
        Shown { value, form: self }
    }
}

/// What the caller asked for, if anything, and the method it asked with. An extractor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    asked: Option<Form>,
    writes: bool,
}

impl Preference {
    /// From a request's method and headers.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        Self { asked: asked(headers), writes: method == Method::POST || method == Method::PUT }
    }

    /// The form to answer in. `body` is the form the body used, as `RawBody::read_with_form` told.
    pub fn choose(&self, body: Option<Form>) -> Choice {
        let usual = if self.writes { body } else { None };
        Choice { form: self.asked.or(usual).unwrap_or(Form::Numbers), asked: self.asked.is_some() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Preference {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.headers))
    }
}

/// The form an answer is written in, and whether that was the caller's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The form.
    pub form: Form,
    asked: bool,
}

impl Choice {
    /// Adds `Vary: Prefer`, and `Preference-Applied` where a wish was followed.
    pub fn mark(self, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("prefer"));
        if self.asked {
            let applied = match self.form {
                Form::Names => "enums=names",
                Form::Numbers => "enums=numbers",
            };
            headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static(applied));
        }
    }
}

/// RFC 7240 §2: names and values without regard to case, the first instance of a preference counts,
/// what is not understood is ignored.
fn asked(headers: &HeaderMap) -> Option<Form> {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let first = preferences.flat_map(|value| split(value, ',')).find_map(|preference| {
        let preference = split(preference, ';').into_iter().next()?;
        let (name, value) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("enums").then(|| value.trim())
    })?;
    let value = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(first);
    match value.to_ascii_lowercase().as_str() {
        "names" => Some(Form::Names),
        "numbers" => Some(Form::Numbers),
        _ => None,
    }
}

/// Splits at a separator that stands outside of a quoted string (RFC 9110 §5.6.4).
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        let ends = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests;
