//! Whether a call that came in is the provider's own: the signature that its template describes.
//!
//! Owns what can be told before a secret is opened, and the comparison, in constant time. Refuses whatever is not
//! certainly signed: no signature, one of another form, a time that is too long ago, a secret that is not set.

use aws_lc_rs::hmac;
use jiff::Timestamp;
use kontor_domain::{
    Secret,
    templates::{Escape, Template, Webhook, text::Fact},
};

use crate::{
    Connection,
    declarative::{App, Values, sign},
};

/// The longest signature with what stands before it, in bytes.
const MAX_SIGNATURE: usize = 1_024;
/// A time above this is in milliseconds; in seconds it would be thousands of years ahead.
const MILLIS: i64 = 100_000_000_000;

/// A call that came in.
pub struct Call<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// The address that it was sent to, as the provider knows it.
    pub url: &'a str,
    /// The path alone.
    pub path: &'a str,
    /// The value of a header; none where it is not there, given twice or no text.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The body.
    pub body: &'a [u8],
}

/// Why a call is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It has no signature, or one of another form.
    #[error("it has no signature of the expected form")]
    Unsigned,
    /// It does not say when it was sent, or that was too long ago.
    #[error("it was not sent just now")]
    Stale,
    /// The body is no text, and only texts are signed.
    #[error("its body is no text")]
    NoText,
    /// The secret that it would be checked with is not set.
    #[error("the secret to check it with is not set")]
    NoSecret,
    /// The signature is another one.
    #[error("its signature does not fit")]
    Wrong,
    /// It is signed, and makes no sense.
    #[error("it is signed, and cannot be read")]
    Unreadable,
}

/// A signature that has the right form, and when it says it was made.
pub struct Claimed {
    signature: Vec<u8>,
    timestamp: Option<String>,
}

impl Claimed {
    /// The signature's bytes.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// What can be told without the secret: form and time.
pub fn claim(webhook: &Webhook, call: &Call<'_>, now: Timestamp) -> Result<Claimed, Unproven> {
    let written = (call.header)(&webhook.header).filter(|it| it.len() <= MAX_SIGNATURE);
    let written = written.ok_or(Unproven::Unsigned)?;
    let written = written.strip_prefix(&webhook.prefix).ok_or(Unproven::Unsigned)?;
    let signature = sign::decode(Some(webhook.encoding), written.trim()).map_err(|_| Unproven::Unsigned)?;
    if signature.len() != sign::length(webhook.algorithm) {
        return Err(Unproven::Unsigned);
    }
    let timestamp = match &webhook.timestamp_header {
        None => None,
        Some(name) => {
            let written = (call.header)(name).ok_or(Unproven::Stale)?;
            let number: i64 = written.trim().parse().map_err(|_| Unproven::Stale)?;
            let sent = if number > MILLIS { number.checked_div(1_000).unwrap_or_default() } else { number };
            let apart = now.as_second().abs_diff(sent);
            if apart > webhook.tolerance_seconds {
                return Err(Unproven::Stale);
            }
            Some(written.trim().to_owned())
        }
    };
    Ok(Claimed { signature, timestamp })
}

/// Whether the signature is the one that the secret makes.
pub fn verify(
    template: &Template,
    webhook: &Webhook,
    connection: &Connection<'_>,
    call: &Call<'_>,
    claimed: &Claimed,
) -> Result<(), Unproven> {
    let app = App::default();
    let mut values = Values::new(template, connection, &app).map_err(|_| Unproven::NoSecret)?;
    values.set(Fact::Method, call.method.to_owned());
    values.set(Fact::Url, call.url.to_owned());
    values.set(Fact::Path, call.path.to_owned());
    values.set(Fact::Timestamp, claimed.timestamp.clone().unwrap_or_default());
    let body = std::str::from_utf8(call.body).map_err(|_| Unproven::NoText)?;
    values.set(Fact::Body, body.to_owned());
    let key = values.fill(&webhook.secret, Escape::Plain).map_err(|_| Unproven::NoSecret)?;
    let key = sign::decode(webhook.secret_encoding, key.expose()).map_err(|_| Unproven::NoSecret)?;
    if key.is_empty() {
        return Err(Unproven::NoSecret);
    }
    let payload: Secret = values.fill(&webhook.payload, Escape::Plain).map_err(|_| Unproven::NoSecret)?;
    let key = hmac::Key::new(sign::algorithm(webhook.algorithm), &key);
    hmac::verify(&key, payload.expose().as_bytes(), &claimed.signature).map_err(|_| Unproven::Wrong)
}

#[cfg(test)]
mod tests;
