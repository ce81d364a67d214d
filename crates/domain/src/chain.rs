//! Chains: rows of an organization in a row, so that a missing or changed one shows.
//!
//! `hash = SHA-256(previous hash ‖ canonical row)` (money.md, Money rows). Owns the canonical form alone: which
//! rows are chained, and when, is the store's.

use sha2::{Digest, Sha256};

/// The hash that stands before the first row of a chain.
pub const GENESIS: [u8; 32] = [0; 32];

/// What of a row is hashed. Every part is length-prefixed and an absent one has a length of its own, so no two
/// rows of one form share a canonical text.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Which form it has: rows of two tables never stand for each other.
    pub form: &'a str,
    /// Position in the chain, from 1.
    pub position: i64,
    /// When, microseconds since 1970.
    pub created_at_us: i64,
    /// Whose it is, its id, and what it says, exactly as stored; a form has always as many.
    pub parts: &'a [Option<&'a str>],
}

impl Link<'_> {
    /// The hash of this row after `previous`.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(previous);
        digest.update(self.form.as_bytes());
        digest.update(self.position.to_be_bytes());
        digest.update(self.created_at_us.to_be_bytes());
        for part in self.parts {
            let length = part.map_or(u64::MAX, |part| u64::try_from(part.len()).unwrap_or(u64::MAX));
            digest.update(length.to_be_bytes());
            digest.update(part.unwrap_or_default().as_bytes());
        }
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests;
