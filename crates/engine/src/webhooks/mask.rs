//! Takes what may be a card number out of what a provider sent. Pure.
//!
//! Refuses to be clever: 13 to 19 digits, grouped or not, whose check digit fits are masked, whatever they are.

use serde_json::Value;

/// How many digits a card number has.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
const MASK: &str = "[number]";

/// A JSON value without card numbers, in keys and values.
pub(super) fn value(value: Value) -> Value {
    match value {
        Value::String(it) => text(&it).into(),
        Value::Number(it) if is_card(&it.to_string()) => MASK.into(),
        Value::Array(list) => list.into_iter().map(self::value).collect(),
        Value::Object(map) => map.into_iter().map(|(key, it)| (text(&key), self::value(it))).collect(),
        other => other,
    }
}

/// A text without card numbers.
pub(super) fn text(text: &str) -> String {
    let mut kept = String::new();
    let mut run = String::new();
    for letter in text.chars() {
        // Card numbers are also written in groups.
        if letter.is_ascii_digit() || (!run.is_empty() && matches!(letter, ' ' | '-')) {
            run.push(letter);
        } else {
            end(&mut run, &mut kept);
            kept.push(letter);
        }
    }
    end(&mut run, &mut kept);
    kept
}

fn end(run: &mut String, kept: &mut String) {
    let number = run.trim_end_matches([' ', '-']);
    if is_card(number) || number.split([' ', '-']).any(is_card) {
        kept.push_str(MASK);
        kept.push_str(run.get(number.len()..).unwrap_or_default());
    } else {
        kept.push_str(run);
    }
    run.clear();
}

fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(10)).collect();
    let plain = text.chars().all(|it| it.is_ascii_digit() || matches!(it, ' ' | '-'));
    let doubled =
        |it: u32| if it > 4 { it.saturating_mul(2).saturating_sub(9) } else { it.saturating_mul(2) };
    let sum: u32 = digits.iter().rev().enumerate().fold(0_u32, |sum, (at, it)| {
        sum.saturating_add(if at.is_multiple_of(2) { *it } else { doubled(*it) })
    });
    plain && DIGITS.contains(&digits.len()) && sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
