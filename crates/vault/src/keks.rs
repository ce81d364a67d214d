//! The key-encryption keys that a process has, by fingerprint: one as a rule, two while they are rotated.
//!
//! A key that is missing is looked for again in the settings as they are then, so that a process that serves takes
//! a staged key up by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kontor_domain::ambient::Entropy;

use crate::{Dek, Destroyed, Kek, KekError};

/// Where keys come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// Every key that the settings name now and that can be opened, but for those that are held already where that
    /// can be told. Why one cannot be opened goes into the log.
    async fn open(&self) -> Vec<Arc<dyn Kek>>;
}

/// The keys at hand.
pub struct Keks {
    held: Mutex<BTreeMap<String, Arc<dyn Kek>>>,
    source: Box<dyn Source>,
    destroyed: Destroyed,
    looking: tokio::sync::Mutex<()>,
}

impl Keks {
    /// None yet.
    pub fn new(source: Box<dyn Source>, destroyed: Destroyed) -> Self {
        Self { held: Mutex::new(BTreeMap::new()), source, destroyed, looking: tokio::sync::Mutex::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<dyn Kek>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a key.
    pub fn put(&self, kek: Arc<dyn Kek>) {
        self.lock().insert(kek.fingerprint(), kek);
    }

    /// The fingerprints of those that are held.
    pub fn fingerprints(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Whether this key is held and wraps in this process.
    pub fn is_near(&self, fingerprint: &str) -> bool {
        self.lock().get(fingerprint).is_some_and(|it| it.is_near())
    }

    /// Looks for keys in the settings.
    pub async fn look(&self) {
        for kek in self.source.open().await {
            self.put(kek);
        }
    }

    /// The key of this fingerprint, held or found in the settings.
    pub async fn get(&self, fingerprint: &str) -> Result<Arc<dyn Kek>, KekError> {
        let held = || self.lock().get(fingerprint).map(Arc::clone);
        if let Some(kek) = held() {
            return Ok(kek);
        }
        // One looks, the others wait and then find what it found.
        let _alone = self.looking.lock().await;
        if let Some(kek) = held() {
            return Ok(kek);
        }
        self.look().await;
        held().ok_or_else(|| KekError::NotHere { fingerprint: fingerprint.to_owned() })
    }

    /// Wraps a key of an organization, unless that was destroyed.
    pub async fn wrap(
        &self,
        fingerprint: &str,
        organization: &str,
        dek: &Dek,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KekError> {
        self.destroyed.check(organization)?;
        dek.wrap(self.get(fingerprint).await?.as_ref(), organization, entropy).await
    }

    /// Unwraps a key of an organization, unless that was destroyed.
    pub async fn unwrap(
        &self,
        fingerprint: &str,
        organization: &str,
        id: u32,
        wrapped: &[u8],
    ) -> Result<Dek, KekError> {
        self.destroyed.check(organization)?;
        Dek::unwrap(self.get(fingerprint).await?.as_ref(), organization, id, wrapped).await
    }

    /// The organizations that were destroyed.
    pub fn destroyed(&self) -> &Destroyed {
        &self.destroyed
    }
}

#[cfg(test)]
mod tests;
