//! Amounts in hundredths. Refuses binary fractions.

/// The largest amount, in hundredths.
const MOST: i64 = 9_999_999_999_999;

/// A decimal with at most two digits that count after its point.
pub(super) fn cents(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    if (whole.is_empty() && part.is_empty()) || part.len() > 2 || whole.len() > 13 {
        return None;
    }
    if !whole.bytes().chain(part.bytes()).all(|it| it.is_ascii_digit()) {
        return None;
    }
    let cents: i64 = format!("{whole}{part:0<2}").parse().ok()?;
    (cents <= MOST).then(|| cents.saturating_mul(sign))
}

#[cfg(test)]
mod tests;
