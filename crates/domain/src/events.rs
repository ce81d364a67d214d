//! Events: what happened, chained per organization so that a missing or changed one shows.
//!
//! `hash = SHA-256(previous hash ‖ canonical event)` (money.md, Money rows).

use sha2::{Digest, Sha256};

/// The hash that stands before the first event of a chain.
pub const GENESIS: [u8; 32] = [0; 32];

/// What of an event is hashed. Every part is length-prefixed, so no two events share a canonical form.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The organization.
    pub organization: &'a str,
    /// Position in the chain, from 1.
    pub position: i64,
    /// The event's id.
    pub id: &'a str,
    /// What happened, such as `payment.succeeded`.
    pub kind: &'a str,
    /// The id of what it happened to.
    pub subject: &'a str,
    /// The facts as JSON text, exactly as stored.
    pub data: &'a str,
    /// When, microseconds since 1970.
    pub created_at_us: i64,
}

impl Link<'_> {
    /// The hash of this event after `previous`.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(previous);
        digest.update(b"kontor.event.v1");
        digest.update(self.position.to_be_bytes());
        digest.update(self.created_at_us.to_be_bytes());
        for part in [self.organization, self.id, self.kind, self.subject, self.data] {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests;
