//! Foreign texts without the secrets that may stand in them: some providers repeat in their errors what they were sent.
//!
//! Owns the forms in which a value comes back: as it is, in base64 at each of the three places where it may begin (a
//! basic authorization has it behind a name), in hex, and percent-encoded. A text that was cut in the middle of one
//! loses the piece too.

use std::borrow::Cow;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use kontor_domain::Secret;
use zeroize::Zeroizing;

/// Shorter values stand in many texts by chance.
const SHORTEST: usize = 4;
/// A piece of a value at a text's end that is shorter tells nothing.
const PIECE: usize = 8;
const INSTEAD: &str = "[secret]";

/// The text without any of these.
pub fn hide<'a>(text: &'a str, secrets: &[&Secret]) -> Cow<'a, str> {
    let mut shown = Cow::Borrowed(text);
    for secret in secrets.iter().filter(|it| it.expose().len() >= SHORTEST) {
        for form in forms(secret.expose()) {
            if shown.contains(form.as_str()) {
                shown = Cow::Owned(shown.replace(form.as_str(), INSTEAD));
            }
            if let Some(at) = cut(&shown, &form) {
                let kept = shown.get(..at).unwrap_or_default();
                shown = Cow::Owned(format!("{kept}{INSTEAD}"));
            }
        }
    }
    shown
}

/// The value in each form.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let bytes = value.as_bytes();
    let mut forms = vec![Zeroizing::new(value.to_owned())];
    for before in 0..3_usize {
        let mut moved = Zeroizing::new(vec![0; before]);
        moved.extend_from_slice(bytes);
        let whole = Zeroizing::new(BASE64.encode(&moved));
        // Letters that bytes before or behind have a part in are not the value's own.
        let from = before.saturating_mul(8).div_ceil(6);
        let to = moved.len().saturating_mul(8) / 6;
        forms.extend(whole.get(from..to).map(|it| Zeroizing::new(it.to_owned())));
    }
    forms.push(Zeroizing::new(HEXLOWER.encode(bytes)));
    forms.push(Zeroizing::new(HEXUPPER.encode(bytes)));
    let percent: String = url::form_urlencoded::byte_serialize(bytes).collect();
    forms.push(Zeroizing::new(percent.replace('+', "%20")));
    forms.push(Zeroizing::new(percent));
    forms.retain(|it| it.len() >= SHORTEST);
    // The longest first: no form may leave a piece of another one behind.
    forms.sort_by_key(|it| std::cmp::Reverse(it.len()));
    forms
}

/// Where the text's end begins that is the beginning of a form.
fn cut(text: &str, form: &str) -> Option<usize> {
    let longest = form.len().saturating_sub(1).min(text.len());
    (PIECE..=longest).rev().find_map(|length| {
        let at = text.len().checked_sub(length)?;
        let (end, begin) = (text.get(at..)?, form.get(..length)?);
        (end == begin).then_some(at)
    })
}

#[cfg(test)]
mod tests;
