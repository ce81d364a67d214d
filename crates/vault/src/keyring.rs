//! Unwrapped keys in memory, so that not every use asks the key-encryption key.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::Dek;

/// The most keys that are held; the oldest goes first.
pub const MAX_KEYS: usize = 1_024;

/// Unwrapped keys by organization and number. A key is wiped when the last holder lets it go.
#[derive(Default)]
pub struct Keyring {
    keys: BTreeMap<(String, u32), Arc<Dek>>,
    order: VecDeque<(String, u32)>,
}

impl Keyring {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// A key, where it is held.
    pub fn get(&self, organization: &str, id: u32) -> Option<Arc<Dek>> {
        self.keys.get(&(organization.to_owned(), id)).map(Arc::clone)
    }

    /// Holds a key. Replaces one of the same organization and number.
    pub fn put(&mut self, organization: &str, dek: Arc<Dek>) {
        let name = (organization.to_owned(), dek.id());
        if self.keys.insert(name.clone(), dek).is_none() {
            self.order.push_back(name);
        }
        while self.keys.len() > MAX_KEYS {
            if let Some(oldest) = self.order.pop_front() {
                self.keys.remove(&oldest);
            }
        }
    }

    /// Lets go of a key.
    pub fn remove(&mut self, organization: &str, id: u32) {
        let name = (organization.to_owned(), id);
        if self.keys.remove(&name).is_some() {
            self.order.retain(|it| *it != name);
        }
    }

    /// Organization and number of each key that is held.
    pub fn names(&self) -> Vec<(String, u32)> {
        self.keys.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests;
