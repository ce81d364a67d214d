//! The key-encryption key: outside of the database, the one thing that a thief of the database lacks.
//!
//! A trait, because an HSM or a key service wraps without handing its key out.

#[cfg(feature = "aws-kms")]
pub mod aws_kms;
pub mod local;
pub mod pkcs11;

use async_trait::async_trait;
use kontor_domain::ambient::Entropy;
use zeroize::Zeroizing;

/// Whose a wrapped key is; all of it is bound into the wrapping.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The organization's id.
    pub organization: &'a str,
    /// The key's number in it.
    pub id: u32,
}

impl Owner<'_> {
    /// The canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"kontor dek 1".to_vec();
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.organization.as_bytes());
        bytes
    }
}

/// A key that wraps keys.
#[async_trait]
pub trait Kek: Send + Sync {
    /// Names the key without telling anything about it; safe to keep and to show.
    fn fingerprint(&self) -> String;

    /// Whether it wraps in this process, without asking anybody who may take long or be away.
    fn is_near(&self) -> bool;

    /// Wraps a key for its owner.
    async fn wrap(
        &self,
        owner: Owner<'_>,
        key: &[u8; 32],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KekError>;

    /// Unwraps a key of its owner's.
    async fn unwrap(&self, owner: Owner<'_>, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, KekError>;
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
        "the organization's key does not unwrap: it was changed or moved, or the key-encryption key is another one"
    )]
    DoesNotUnwrap,
    /// The token or the key service refused, or cannot be reached.
    #[error("{0}")]
    Device(String),
    /// No such key in the token.
    #[error("the token {token} has no AES key labelled {key}")]
    NoSuchKey {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
    },
    /// A key that this process does not have.
    #[error(
        "a key is wrapped under {fingerprint}, which this process does not have. A rotation is under way: set \
         `vault.next` to that key (or put its file beside the older one, with .next behind the name). It is taken up \
         without a restart where the settings file names it; variables of the environment need one"
    )]
    NotHere {
        /// The key that is wanted.
        fingerprint: String,
    },
    /// The organization was deleted, and its keys with it.
    #[error(
        "the organization {0} was deleted; a database from before does not bring its secrets back. \
         `kontor org delete --org {0} --yes` removes what is left of it here"
    )]
    Destroyed(String),
}

impl KekError {
    /// Whether the same call may succeed later, with nothing changed in the database.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::File(_) | Self::Device(_) | Self::NoSuchKey { .. } | Self::NotHere { .. } => true,
            Self::Readable(_) | Self::NotAKey | Self::DoesNotUnwrap | Self::Destroyed(_) => false,
        }
    }
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
    /// Those that are here.
    pub found: String,
}

/// Whether every key that the database needs is here; a new database needs none.
pub fn check_fingerprints(wanted: &[String], found: &[String]) -> Result<(), WrongKey> {
    match wanted.iter().find(|it| !found.contains(it)) {
        Some(wanted) => Err(WrongKey {
            wanted: wanted.clone(),
            found: if found.is_empty() { "none".to_owned() } else { found.join(", ") },
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
