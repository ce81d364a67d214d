//! Data-encryption keys: one or more for each organization, kept wrapped under the key-encryption key.

use kontor_domain::ambient::Entropy;
use zeroize::Zeroizing;

use crate::{Kek, KekError, kek::Owner};

/// A key that records are sealed under. Wiped when dropped; never shown.
pub struct Dek {
    id: u32,
    key: Zeroizing<[u8; 32]>,
}

/// Why a key was not wrapped or unwrapped.
pub type DekError = KekError;

impl Dek {
    /// A new key with this number in its organization.
    pub fn generate(id: u32, entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice());
        Self { id, key }
    }

    /// Its number in its organization.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Wraps it. The wrapping binds organization and number: moved to another one's row it does not unwrap.
    pub async fn wrap(
        &self,
        kek: &dyn Kek,
        organization: &str,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, DekError> {
        kek.wrap(Owner { organization, id: self.id }, &self.key, entropy).await
    }

    /// Unwraps a key of an organization.
    pub async fn unwrap(
        kek: &dyn Kek,
        organization: &str,
        id: u32,
        wrapped: &[u8],
    ) -> Result<Self, DekError> {
        let key = kek.unwrap(Owner { organization, id }, wrapped).await?;
        Ok(Self { id, key })
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.key.as_slice()
    }
}

#[cfg(test)]
mod tests;
