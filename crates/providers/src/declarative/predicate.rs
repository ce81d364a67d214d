//! Whether an answer is what a template expects: conditions on JSON, by pointer. Pure.

use kontor_domain::templates::requests::{Check, Predicate, Scalar};
use serde_json::Value;

/// The longest text that is held against a pattern, in bytes; a longer one does not fit.
pub(super) const MAX_MATCHED: usize = 10_000;

/// Whether a condition holds.
pub(super) fn holds(predicate: &Predicate, answer: &Value) -> bool {
    let found = answer.pointer(&predicate.pointer).filter(|it| !it.is_null());
    match (&predicate.check, found) {
        (Check::Exists(wanted), found) => found.is_some() == *wanted,
        (Check::Equals(wanted), Some(found)) => same(wanted, found),
        (Check::NotEquals(other), Some(found)) => !same(other, found),
        (Check::OneOf(all), Some(found)) => all.iter().any(|it| same(it, found)),
        (Check::Contains(wanted), Some(Value::Array(list))) => list.iter().any(|it| same(wanted, it)),
        (Check::Contains(Scalar::Text(part)), Some(Value::String(text))) => text.contains(part),
        (Check::Matches(pattern), Some(Value::String(text))) => {
            text.len() <= MAX_MATCHED && pattern.fits(text)
        }
        (Check::Matches(pattern), Some(Value::Number(number))) => pattern.fits(&number.to_string()),
        (_, None) | (Check::Contains(_) | Check::Matches(_), Some(_)) => false,
    }
}

fn same(wanted: &Scalar, found: &Value) -> bool {
    match (wanted, found) {
        (Scalar::Text(wanted), Value::String(found)) => wanted == found,
        (Scalar::Integer(wanted), Value::Number(found)) => found.as_i64() == Some(*wanted),
        (Scalar::Boolean(wanted), Value::Bool(found)) => wanted == found,
        _ => false,
    }
}

/// A condition in words, for whoever reads why a test failed.
pub(super) fn words(predicate: &Predicate) -> String {
    let place = if predicate.pointer.is_empty() { "the answer" } else { &predicate.pointer };
    let scalar = |it: &Scalar| match it {
        Scalar::Text(text) => format!("\"{text}\""),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Boolean(flag) => flag.to_string(),
    };
    match &predicate.check {
        Check::Exists(true) => format!("{place} is there"),
        Check::Exists(false) => format!("{place} is not there"),
        Check::Equals(it) => format!("{place} is {}", scalar(it)),
        Check::NotEquals(it) => format!("{place} is not {}", scalar(it)),
        Check::OneOf(all) => {
            format!("{place} is one of {}", all.iter().map(scalar).collect::<Vec<_>>().join(", "))
        }
        Check::Contains(it) => format!("{place} has {} within", scalar(it)),
        Check::Matches(it) => format!("{place} looks like {}", it.source()),
    }
}

/// A short text out of an answer: a name or an id.
pub(super) fn text_at(answer: &Value, pointer: &str) -> Option<String> {
    match answer.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
