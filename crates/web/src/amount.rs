//! Money, quantities and times as they leave the house.
//!
//! Owns the one way each is written in JSON: money as a number with exactly the currency's decimals
//! (`148.80`), a quantity as a number without trailing zeros, an instant as RFC 3339 in UTC with `Z`
//! and six decimals of a second (what the database keeps). Refuses floats: the text of the number is
//! made from integers and written as it is.

use std::borrow::Cow;

use jiff::Timestamp;
use kontor_domain::invoices::Quantity;
use kontor_domain::{Currency, Money};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An amount of money in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(
    /// What is shown.
    pub Money,
);

impl Amount {
    /// From minor units of a currency.
    pub fn of(minor: i64, currency: Currency) -> Self {
        Self(Money::from_minor(minor, currency))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.0.to_string(), serializer)
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let words = "A decimal number with exactly the currency's decimals.";
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(words))
            .examples([example("148.83")])
            .into()
    }
}

impl ToSchema for Amount {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Amount")
    }
}

/// A quantity in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(
    /// What is shown.
    pub Quantity,
);

impl From<Quantity> for Count {
    fn from(quantity: Quantity) -> Self {
        Self(quantity)
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.0.to_string(), serializer)
    }
}

impl PartialSchema for Count {
    fn schema() -> RefOr<Schema> {
        let words = "A decimal number, at most four decimals.";
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(words))
            .examples([example("2.5")])
            .into()
    }
}

impl ToSchema for Count {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Quantity")
    }
}

/// An instant in JSON: `2026-03-01T12:00:00.000000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(
    /// What is shown.
    pub Timestamp,
);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([serde_json::Value::from("2026-03-01T12:00:00.000000Z")])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Time")
    }
}

/// Writes the text as a JSON number. Only `serde_json` keeps it: other formats refuse a raw value's
/// newtype or write it as a struct, and there are none in this house.
fn number<S: Serializer>(text: String, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
}

fn example(text: &str) -> serde_json::Value {
    // The document shows the number; if it cannot be read as one, its text says as much.
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests;
