//! Authorize.Net's notifications: the signature, then what to ask about (authorizenet.md §5).

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use super::{
    AuthorizeNet,
    reply::scalar::{Scalar, id, text},
};
use crate::{Connection, Hint, WebhookError, WebhookIn, error::clean, http::Headers};

/// The secret that notifications are signed with, by the template's key.
const KEY: &str = "SignatureKey";
/// The header, and what stands before the digest in it.
const HEADER: &str = "x-anet-signature";
const ALGORITHM: &str = "sha512=";
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
    fn read(
        &self,
        connection: &Connection<'_>,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Hint, WebhookError> {
        let key = connection.secrets.get(KEY).map(|it| it.expose().trim()).filter(|it| !it.is_empty());
        verify(key.ok_or(WebhookError::NoKey)?, headers, body)?;
        let it: Body = serde_json::from_slice(body).map_err(|_| WebhookError::Unreadable)?;
        let own = |value: &Scalar| text(Some(value)).map(clean).ok_or(WebhookError::Unreadable);
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

/// HMAC-SHA512 over the body as it came, with the key's letters as they stand and not what they spell in hex.
fn verify(key: &str, headers: &Headers, body: &[u8]) -> Result<(), WebhookError> {
    let mut sent =
        headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(HEADER)).map(|(_, it)| it.trim());
    let signature = sent.next().ok_or(WebhookError::Signature)?;
    // Two of them: which one would count?
    if sent.next().is_some() {
        return Err(WebhookError::Signature);
    }
    let (algorithm, digest) = signature.split_at_checked(ALGORITHM.len()).ok_or(WebhookError::Signature)?;
    if !algorithm.eq_ignore_ascii_case(ALGORITHM) {
        return Err(WebhookError::Signature);
    }
    let digest = HEXLOWER_PERMISSIVE.decode(digest.as_bytes()).map_err(|_| WebhookError::Signature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes());
    // Compares in constant time, and refuses any other length.
    hmac::verify(&key, body, &digest).map_err(|_| WebhookError::Signature)
}

#[cfg(test)]
mod tests;
