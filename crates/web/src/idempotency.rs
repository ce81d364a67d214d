//! `Idempotency-Key`: what a caller calls a request that it may repeat (API.md §1, Repeats).

use aws_lc_rs::hmac;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kontor_domain::{Secret, ids::OrganizationId};
use kontor_store::idempotency::Key;
use sha2::{Digest, Sha256};

use crate::{middleware::request_id::RequestId, problem::Problem};

/// The header (IETF draft).
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key.
const MAX_KEY: usize = 255;

/// What bodies with a card in them are hashed under, so that nothing else of the installation fits.
const CARDS: &[u8] = b"kontor idempotency of cards 1";

/// What a caller calls its request, where it does. An extractor that never fails: a malformed header is a 400,
/// and a 400 comes after 401, 403 and 404.
#[derive(Debug, Clone)]
pub(crate) struct Repeat {
    key: Result<Option<String>, Problem>,
    scope: String,
    /// The id of this request, for an answer that is kept with it.
    pub trace_id: String,
}

impl Repeat {
    /// The key as it is kept; none where the caller gave none. 400 where the header is malformed.
    pub(crate) fn key(&self, organization: OrganizationId, body: &[u8]) -> Result<Option<Key>, Problem> {
        let key = self.key.clone()?;
        Ok(key.map(|key| Key { organization, scope: self.scope.clone(), key, body_hash: hash(body) }))
    }

    /// The same for a body that a card number may be in. A plain hash could be tried out: so few numbers are possible
    /// beside what else is known of a card. Under a secret it cannot.
    pub(crate) fn key_of_card(
        &self,
        organization: OrganizationId,
        body: &[u8],
        secret: &Secret,
    ) -> Result<Option<Key>, Problem> {
        let key = self.key.clone()?;
        Ok(key.map(|key| {
            let body_hash = hidden_hash(secret, body);
            Key { organization, scope: self.scope.clone(), key, body_hash }
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeat {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let trace_id = parts.extensions.get::<RequestId>().map(|it| it.0.clone()).unwrap_or_default();
        let scope = format!("{} {}", parts.method, parts.uri.path());
        Ok(Self { key: read(&parts.headers), scope, trace_id })
    }
}

/// Quoted and bare keys are the same.
fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let wrong =
        || Problem::invalid("Idempotency-Key", "must be there once, with 1 to 255 visible ASCII characters");
    if values.next().is_some() {
        return Err(wrong());
    }
    let text = value.to_str().map_err(|_| wrong())?.trim();
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|_| text.len() > 1);
    let key = quoted.unwrap_or(text);
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY || !visible {
        return Err(wrong());
    }
    Ok(Some(key.to_owned()))
}

fn hash(body: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(body))
}

fn hidden_hash(secret: &Secret, body: &[u8]) -> String {
    let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let own = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, CARDS).as_ref());
    data_encoding::HEXLOWER.encode(hmac::sign(&own, body).as_ref())
}

#[cfg(test)]
mod tests;
