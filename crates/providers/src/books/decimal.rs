//! Exact decimals: quantities, prices and amounts as the books write them. No float is ever in between.

use std::{fmt, str::FromStr};

use kontor_domain::{Currency, Money};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

/// The most digits in all.
const MAX_DIGITS: usize = 18;
/// The most decimals.
const MAX_SCALE: u32 = 10;

/// A decimal number; equal ones are written alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    digits: i64,
    scale: u32,
}

/// A text that is no decimal number, or one that is not within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no decimal number of at most 18 digits and 10 decimals")]
pub struct NoDecimal;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// So many units of the last decimal.
    pub fn new(digits: i64, scale: u32) -> Result<Self, NoDecimal> {
        let (mut digits, mut scale) = (digits, scale);
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale = scale.saturating_sub(1);
        }
        let fits = scale <= MAX_SCALE && digits.unsigned_abs() < 10_u64.pow(18);
        fits.then_some(Self { digits, scale }).ok_or(NoDecimal)
    }

    /// An amount.
    pub fn of(money: Money) -> Self {
        let mut it = Self { digits: money.minor(), scale: money.currency().decimals() };
        while it.scale > 0 && it.digits % 10 == 0 {
            it = Self { digits: it.digits / 10, scale: it.scale.saturating_sub(1) };
        }
        it
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Whether it is below nothing.
    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Whether it is more than another.
    pub fn is_more_than(self, other: Self) -> bool {
        let scaled = |it: Self, by: u32| 10_i128.pow(by).saturating_mul(i128::from(it.digits));
        scaled(self, other.scale) > scaled(other, self.scale)
    }

    /// The decimals that it needs.
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// The same as an amount, which may be below zero; none where the currency has fewer decimals, or it is too large.
    pub fn money(self, currency: Currency) -> Option<Money> {
        let more = currency.decimals().checked_sub(self.scale)?;
        let minor = self.digits.checked_mul(10_i64.checked_pow(more)?)?;
        let zero = Money::zero(currency);
        Money::from_minor(minor, currency).plus(zero).ok()
    }

    /// The product, rounded half away from zero to the currency's decimals (§3.7); none where it is too large.
    pub fn times(self, price: Self, currency: Currency) -> Option<Money> {
        let product = i128::from(self.digits).checked_mul(i128::from(price.digits))?;
        let scale = self.scale.checked_add(price.scale)?;
        let minor = match scale.checked_sub(currency.decimals()) {
            None | Some(0) => {
                let more = currency.decimals().checked_sub(scale)?;
                product.checked_mul(10_i128.checked_pow(more)?)?
            }
            Some(less) => {
                let unit = 10_i128.checked_pow(less)?;
                let half = unit.checked_div(2)?.checked_mul(product.signum())?;
                product.checked_add(half)?.checked_div(unit)?
            }
        };
        Self { digits: i64::try_from(minor).ok()?, scale: currency.decimals() }.money(currency)
    }
}

impl FromStr for Decimal {
    type Err = NoDecimal;

    /// As JSON writes numbers, with an exponent too: a server may write `1E+2` for a hundred.
    fn from_str(text: &str) -> Result<Self, NoDecimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) if exponent.len() <= 4 => {
                (mantissa, exponent.parse::<i32>().map_err(|_| NoDecimal)?)
            }
            Some(_) => return Err(NoDecimal),
            None => (text, 0),
        };
        let (negative, plain) = mantissa.strip_prefix('-').map_or((false, mantissa), |it| (true, it));
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
        let digits = |it: &str| !it.is_empty() && it.len() <= 40 && it.bytes().all(|it| it.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(NoDecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        let all = format!("{whole}{fraction}");
        let all = all.trim_start_matches('0');
        if all.is_empty() {
            return Ok(Self::ZERO);
        }
        let places = i32::try_from(fraction.len()).map_err(|_| NoDecimal)?;
        let scale = places.checked_sub(exponent).ok_or(NoDecimal)?;
        let zeros = usize::try_from(scale.min(0).unsigned_abs()).map_err(|_| NoDecimal)?;
        if all.len().saturating_add(zeros) > MAX_DIGITS {
            return Err(NoDecimal);
        }
        let digits: i64 = format!("{all}{:0<zeros$}", "").parse().map_err(|_| NoDecimal)?;
        let scale = u32::try_from(scale.max(0)).map_err(|_| NoDecimal)?;
        if scale > 60 {
            return Err(NoDecimal);
        }
        Self::new(if negative { digits.saturating_neg() } else { digits }, scale)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let width = scale.saturating_add(1);
        let padded = format!("{digits:0>width$}");
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(scale));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As a JSON number, digit for digit.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// From a JSON number, or a text that is one.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        raw.trim_matches('"').parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
