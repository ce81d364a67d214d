//! Money: integer minor units and an ISO 4217 currency, checked arithmetic, no floats.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// The largest amount: 12 digits of minor units (API.md §6, Money).
pub const MAX_MINOR: i64 = 999_999_999_999;

/// An ISO 4217 currency with defined minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollar, the currency of both processors.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// How many decimals the currency has: 2 for USD, 0 for JPY.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

/// A text that is no currency with minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an ISO 4217 currency code")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let currency = iso_currency::Currency::from_code(text).ok_or(UnknownCurrency)?;
        // Metals and testing codes have no minor unit: nothing can be invoiced in them.
        currency.exponent().map(|_| Self(currency)).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Why a decimal text is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one point.
    #[error("must be a plain decimal number")]
    NotDecimal,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// More decimals than the currency has (trailing zeros do not count).
    #[error("has more decimals than the currency has")]
    TooPrecise,
    /// More than 12 digits of minor units.
    #[error("is too large: at most 12 digits, counted in the smallest unit")]
    TooLarge,
    /// Two currencies met in one sum.
    #[error("currencies differ")]
    CurrencyMismatch,
}

/// An amount in minor units of its currency. May be negative only as an intermediate difference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount from minor units (cents for USD).
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a decimal text such as `148.83`. Errors: negative, exponent, too precise, above [`MAX_MINOR`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(AmountError::NotDecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        let decimals = currency.decimals() as usize;
        if fraction.len() > decimals {
            return Err(AmountError::TooPrecise);
        }
        let padding = decimals.saturating_sub(fraction.len());
        let text = format!("{whole}{fraction}{:0<padding$}", "");
        let minor: i64 = text
            .trim_start_matches('0')
            .parse()
            .or_else(|_| if text.bytes().all(|b| b == b'0') { Ok(0) } else { Err(AmountError::TooLarge) })?;
        if minor > MAX_MINOR {
            return Err(AmountError::TooLarge);
        }
        if negative && minor != 0 {
            return Err(AmountError::Negative);
        }
        Ok(Self { minor, currency })
    }

    /// Minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum. Errors on another currency and beyond 12 digits.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, self.minor.checked_add(other.minor))
    }

    /// The difference, which may be below zero. Errors on another currency and beyond 12 digits.
    pub fn minus(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, self.minor.checked_sub(other.minor))
    }

    fn combine(self, other: Self, minor: Option<i64>) -> Result<Self, AmountError> {
        if self.currency != other.currency {
            return Err(AmountError::CurrencyMismatch);
        }
        match minor {
            Some(minor) if minor.unsigned_abs() <= MAX_MINOR.unsigned_abs() => Ok(Self { minor, ..self }),
            _ => Err(AmountError::TooLarge),
        }
    }
}

/// Exactly the currency's decimals: `100.00`, JPY `1000`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        let decimals = self.currency.decimals() as usize;
        if decimals == 0 {
            return write!(f, "{sign}{digits}");
        }
        let width = decimals.saturating_add(1);
        let padded = format!("{digits:0>width$}");
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(decimals));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {}", self.currency)
    }
}

#[cfg(test)]
mod tests;
