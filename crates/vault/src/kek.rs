//! The key-encryption key: outside of the database, the one thing that a thief of the database lacks.
//!
//! A trait, because an HSM or a key service wraps without handing its key out.

pub mod local;

use kontor_domain::ambient::Entropy;
use zeroize::Zeroizing;

/// A key that wraps keys.
pub trait Kek: Send + Sync {
    /// Names the key without telling anything about it; safe to keep and to show.
    fn fingerprint(&self) -> String;

    /// Wraps a key for a place.
    fn wrap(&self, place: &[u8], key: &[u8; 32], entropy: &dyn Entropy) -> Result<Vec<u8>, KekError>;

    /// Unwraps a key in its place.
    fn unwrap(&self, place: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, KekError>;
}

/// Why a key could not be read, made, wrapped or unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    /// The key file cannot be read or written.
    #[error("cannot be read or written: {0}")]
    File(#[source] std::io::Error),
    /// Others than the owner may read it.
    #[error("others may read it (mode {0:o}); take that back with chmod 600")]
    Readable(u32),
    /// Not a regular file of 32 bytes.
    #[error("is not a regular file of 32 bytes")]
    NotAKey,
    /// The wrapped bytes are none of this key's for this place.
    #[error(
        "the organization's key does not unwrap: it was changed or moved, or the key file is another one"
    )]
    DoesNotUnwrap,
}

/// The database is sealed under another key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this key ({found}) is not the one that the database's secrets are sealed under ({wanted}). Put that key in its \
     place, or use the database that belongs to this key; nothing was opened or changed"
)]
pub struct WrongKey {
    /// The database's.
    pub wanted: String,
    /// The one that is here.
    pub found: String,
}

/// Whether this is the key that the database was sealed under; a new database takes any.
pub fn check_fingerprint(stored: Option<&str>, kek: &dyn Kek) -> Result<(), WrongKey> {
    let found = kek.fingerprint();
    match stored {
        Some(wanted) if wanted != found => Err(WrongKey { wanted: wanted.to_owned(), found }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
