//! Lists that are kept as bytes: an organization's integrations, as they were last sent.
//!
//! A list is kept with the revision it was read at, and each request reads the revision first: a list of another
//! revision is never sent, whichever process made the change. Bounded in bytes; what was not asked for longest goes
//! first. Refuses to know what the bytes say.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::body::Bytes;
use kontor_domain::{ids::OrganizationId, integrations::IntegrationType};

use crate::enums::Form;

/// The most bytes that are kept, bodies alone.
pub(crate) const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The largest list that is kept.
pub(crate) const MAX_LIST: usize = 4 * 1024 * 1024;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Whose.
    pub organization: OrganizationId,
    /// Narrowed to a type.
    pub kind: Option<IntegrationType>,
    /// Narrowed to those in use, or to those that are not.
    pub enabled: Option<bool>,
    /// How enums are written.
    pub form: Form,
}

struct Kept {
    revision: i64,
    body: Bytes,
    asked: u64,
}

#[derive(Default)]
struct Inside {
    lists: HashMap<Key, Kept>,
    bytes: usize,
    /// Grows with each question: what stands lowest was not asked for longest.
    clock: u64,
}

/// The kept lists of one process.
#[derive(Default)]
pub(crate) struct Lists(Mutex<Inside>);

impl Lists {
    /// The list as it was at this revision.
    pub(crate) fn get(&self, key: &Key, revision: i64) -> Option<Bytes> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inside.clock = inside.clock.saturating_add(1);
        let clock = inside.clock;
        let kept = inside.lists.get_mut(key).filter(|it| it.revision == revision)?;
        kept.asked = clock;
        Some(kept.body.clone())
    }

    /// Keeps a list that was read after its revision was, so that it is as new or newer.
    pub(crate) fn put(&self, key: Key, revision: i64, body: Bytes) {
        if body.len() > MAX_LIST {
            return;
        }
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A slower reader does not put an older list in a newer one's place.
        if inside.lists.get(&key).is_some_and(|it| it.revision > revision) {
            return;
        }
        inside.clock = inside.clock.saturating_add(1);
        let kept = Kept { revision, asked: inside.clock, body };
        inside.bytes = inside.bytes.saturating_add(kept.body.len());
        if let Some(older) = inside.lists.insert(key, kept) {
            inside.bytes = inside.bytes.saturating_sub(older.body.len());
        }
        while inside.bytes > MAX_BYTES {
            let oldest = inside.lists.iter().min_by_key(|(_, it)| it.asked).map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| inside.lists.remove(&key)) else { break };
            inside.bytes = inside.bytes.saturating_sub(gone.body.len());
        }
    }
}

#[cfg(test)]
mod tests;
