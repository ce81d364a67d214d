//! Authorize.Net's notifications: the signature, then what to ask about (authorizenet.md §5).

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use super::{
    AuthorizeNet,
    reply::scalar::{Scalar, id, text},
};
use crate::{
    Connection, Hint, WebhookIn,
    error::clean,
    webhook::{Call, Unproven},
};

/// The secret that notifications are signed with, by the template's key.
const KEY: &str = "SignatureKey";
/// The header, and what stands before the digest in it.
const HEADER: &str = "x-anet-signature";
const ALGORITHM: &str = "sha512=";
/// The digest's length, in bytes.
const LENGTH: usize = 64;
/// The events that are about a transaction.
const PAYMENT: &str = "net.authorize.payment.";

/// What of a notification is read: nothing about money.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    notification_id: Scalar,
    event_type: Scalar,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    id: Option<Scalar>,
    entity_name: Option<Scalar>,
    invoice_number: Option<Scalar>,
    merchant_reference_id: Option<Scalar>,
}

impl WebhookIn for AuthorizeNet {
    fn is_signed(&self, call: &Call<'_>) -> bool {
        digest(call).is_some()
    }

    fn read(&self, connection: &Connection<'_>, call: &Call<'_>) -> Result<Hint, Unproven> {
        let digest = digest(call).ok_or(Unproven::Unsigned)?;
        let key = connection.secrets.get(KEY).map(|it| it.expose().trim()).filter(|it| !it.is_empty());
        // The key's letters as they stand, and not what they spell in hex.
        let key = hmac::Key::new(hmac::HMAC_SHA512, key.ok_or(Unproven::NoSecret)?.as_bytes());
        // Over the body as it came. Compares in constant time, and refuses any other length.
        hmac::verify(&key, call.body, &digest).map_err(|_| Unproven::Wrong)?;
        let it: Body = serde_json::from_slice(call.body).map_err(|_| Unproven::Unreadable)?;
        let own = |value: &Scalar| text(Some(value)).map(clean).ok_or(Unproven::Unreadable);
        let event = own(&it.event_type)?;
        let about = |it: &Payload| {
            event.starts_with(PAYMENT)
                && text(it.entity_name.as_ref()).is_none_or(|name| name == "transaction")
        };
        let payload = it.payload.filter(about);
        let reference = |it: &Payload| {
            let either = text(it.invoice_number.as_ref()).or(text(it.merchant_reference_id.as_ref()));
            either.filter(|it| it.len() <= 20 && it.bytes().all(|it| it.is_ascii_digit())).map(str::to_owned)
        };
        Ok(Hint {
            notification_id: own(&it.notification_id)?,
            transaction_id: payload.as_ref().and_then(|it| id(it.id.as_ref()).ok().flatten()),
            reference: payload.as_ref().and_then(reference),
            event,
        })
    }
}

/// The digest that is claimed; none where the header is not there once and of its form.
fn digest(call: &Call<'_>) -> Option<Vec<u8>> {
    let sent = (call.header)(HEADER)?;
    let (algorithm, digest) = sent.trim().split_at_checked(ALGORITHM.len())?;
    let digest = HEXLOWER_PERMISSIVE.decode(digest.as_bytes()).ok()?;
    (algorithm.eq_ignore_ascii_case(ALGORITHM) && digest.len() == LENGTH).then_some(digest)
}

#[cfg(test)]
mod tests;
