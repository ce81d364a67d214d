//! What changed in a company's books, in the order in which it did, for its webhooks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state::State;

/// Where it is kept.
pub(super) const CHANGES: &str = "books.changes";

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Created,
    Updated,
    Deleted,
    Voided,
    Emailed,
    Merged,
}

/// A change that somebody may be told about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) realm_id: String,
    pub(super) entity: String,
    pub(super) id: String,
    pub(super) what: What,
    pub(super) at: Timestamp,
    /// Which object was merged into it.
    pub(super) merged: Option<String>,
}

/// Writes a change down, where anybody listens.
pub(super) fn note(state: &mut State, realm_id: &str, entity: &str, id: &str, what: What) {
    note_merged(state, realm_id, (entity, id), what, None);
}

/// The same of an object that another one went into.
pub(super) fn note_merged(
    state: &mut State,
    realm_id: &str,
    (entity, id): (&str, &str),
    what: What,
    merged: Option<String>,
) {
    // Nobody listens: nothing piles up.
    if !super::hooks::is_heard(state, realm_id) {
        return;
    }
    let place = format!("{:012}", state.own::<u64>("books.counter", "changes").unwrap_or(0) + 1);
    state.set_own("books.counter", "changes", &place.trim_start_matches('0').parse::<u64>().unwrap_or(1));
    let (realm_id, entity, id) = (realm_id.to_owned(), entity.to_owned(), id.to_owned());
    let change = Change { realm_id, entity, id, what, at: state.now(), merged };
    state.set_own(CHANGES, &place, &change);
}
