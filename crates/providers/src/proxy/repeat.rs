//! The header that makes a repeated request the same request, where the provider has one.
//!
//! Owns whose value stands in it: the caller's, under the provider's name for it, or one of Kontor's own. Refuses to
//! set it on requests that may be repeated anyhow.

use super::Manners;
use crate::http::Method;

/// What callers call it (IETF draft).
const USUAL: &str = "idempotency-key";

/// Names a request by its header. Whether it has one: it may then be sent again.
pub(super) fn name(headers: &mut Vec<(String, String)>, method: Method, manners: &Manners<'_>) -> bool {
    let Some(header) = manners.idempotency_header.map(str::to_ascii_lowercase) else { return false };
    if method.is_idempotent() {
        return false;
    }
    if headers.iter().any(|(name, _)| *name == header) {
        return true;
    }
    match headers.iter_mut().find(|(name, _)| name == USUAL) {
        Some((name, _)) => *name = header,
        None => headers.push((header, manners.once.clone())),
    }
    true
}

#[cfg(test)]
mod tests;
