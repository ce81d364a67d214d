//! Amounts: decimal text to whole numbers and back. Never through binary floating point, but for what leaves as JSON.

use serde_json::{Number, Value};

/// Ten-millionths, which is as fine as prices and quantities come.
pub(in crate::quickbooks) const ONE: i128 = 10_000_000;
/// Ten-millionths of a cent.
const CENT: i128 = ONE / 100;
/// The most digits before the point: more than any amount that is taken.
const MAX_WHOLE: usize = 15;

/// A number, or a number in a text, in ten-millionths; none where it is neither, or too large.
pub(in crate::quickbooks) fn parse(value: &Value) -> Option<i128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > MAX_WHOLE || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let part: String = part.chars().chain("0000000".chars()).take(7).collect();
    let units = whole.parse::<i128>().ok()? * ONE + part.parse::<i128>().ok()?;
    Some(if negative { -units } else { units })
}

/// Half away from zero.
pub(in crate::quickbooks) fn divided(amount: i128, by: i128) -> i128 {
    let half = by / 2;
    if amount < 0 { -((half - amount) / by) } else { (amount + half) / by }
}

/// The whole cents of a number; nothing is nothing.
pub(in crate::quickbooks) fn cents(value: &Value) -> i128 {
    parse(value).map_or(0, |it| divided(it, CENT))
}

/// A price times a quantity, in cents.
pub(in crate::quickbooks) fn times(price: i128, quantity: i128) -> i128 {
    divided(price * quantity, CENT * ONE)
}

/// So many percent of cents, in cents.
pub(in crate::quickbooks) fn percent(cents: i128, rate: i128) -> i128 {
    divided(cents * rate, ONE * 100)
}

/// Cents as JSON has them: `362.07`.
pub(in crate::quickbooks) fn number(cents: i128) -> Value {
    text(cents).parse::<f64>().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Cents as text: `362.07`.
pub(in crate::quickbooks) fn text(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Cents with commas between the thousands: `1,861.07`.
pub(in crate::quickbooks) fn grouped(cents: i128) -> String {
    let plain = text(cents);
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, "00"));
    let mut out = String::new();
    for (at, letter) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 && !out.ends_with('-') {
            out.push(',');
        }
        out.push(letter);
    }
    format!("{out}.{part}")
}

#[cfg(test)]
mod tests;
