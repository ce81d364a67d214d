//! Webhooks: who is told of what, in which form, signed, when again, and in which order (quickbooks-online.md §4.4).
//!
//! Sends to this machine alone: any other address is refused.

mod body;
mod desk;
mod send;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(super) use desk::answer;
pub(super) use send::Post;

use super::events::{CHANGES, Change};
use crate::state::{State, mix};

const HOOKS: &str = "books.hooks";
const DELIVERIES: &str = "books.deliveries";
/// When it is tried again, in seconds; then every six hours.
const AGAIN: [i64; 8] = [10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600];
/// The most tries. The provider's own end is not known.
const TRIES: usize = 30;

/// An endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct Hook {
    #[serde(default)]
    id: String,
    url: String,
    /// The older form, an object, instead of the array of events.
    #[serde(default)]
    classic: bool,
    /// None for all companies.
    #[serde(default)]
    realm_ids: Vec<String>,
    /// How long changes are gathered; of what happened to one object twice in that time, the last is told.
    #[serde(default)]
    aggregate_seconds: i64,
    /// One delivery may tell of several companies.
    #[serde(default)]
    mix_realms: bool,
    /// Each delivery comes so many times.
    #[serde(default = "one")]
    copies: u8,
    /// The latest change of a delivery comes first.
    #[serde(default)]
    reversed: bool,
    /// Nothing goes out by itself: whoever drives this sends what they choose.
    #[serde(default)]
    held: bool,
    /// Up to which change it was told.
    #[serde(default)]
    told: String,
}

fn one() -> u8 {
    1
}

/// A message for an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    hook: String,
    body: String,
    made_at: Timestamp,
    tries: usize,
    /// None when there is nothing more to try.
    next_at: Option<Timestamp>,
    /// Waiting, Held, Delivered, Dropped or Failed.
    status: String,
}

/// What the app signs for: told from the seed.
pub(super) fn verifier(seed: u64) -> String {
    let hex = format!("{:016x}{:016x}", mix(seed ^ 0x0051_b003), mix(seed ^ 0x0051_b004));
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// `intuit-signature`.
fn signature(verifier: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, verifier.as_bytes());
    BASE64.encode(hmac::sign(&key, body.as_bytes()).as_ref())
}

/// Whether anybody is told about a company.
pub(super) fn is_heard(state: &State, realm_id: &str) -> bool {
    state.all_own::<Hook>(HOOKS).iter().any(|(_, it)| it.is_for(realm_id))
}

impl Hook {
    fn is_for(&self, realm_id: &str) -> bool {
        self.realm_ids.is_empty() || self.realm_ids.iter().any(|it| it == realm_id)
    }
}

/// The endpoints that are set.
pub(super) fn endpoints(state: &State) -> Endpoints {
    Endpoints(state.all_own(HOOKS))
}

/// Endpoints by their ids.
pub(super) struct Endpoints(Vec<(String, Hook)>);

/// Sets those again that were forgotten with everything else; they are told of what happens from then on.
pub(super) fn keep(state: &mut State, all: Endpoints) {
    for (id, mut hook) in all.0 {
        if state.row(HOOKS, &id).is_none() {
            hook.told.clear();
            let number = id.trim_start_matches("hook_").parse::<u64>().unwrap_or(0);
            let last = state.own::<u64>("books.counter", "hooks").unwrap_or(0);
            state.set_own("books.counter", "hooks", &last.max(number));
            state.set_own(HOOKS, &id, &hook);
        }
    }
}

/// Makes deliveries of what changed. Those of which the time has come.
fn gather(state: &mut State, seed: u64) {
    let now = state.now();
    for (id, mut hook) in state.all_own::<Hook>(HOOKS) {
        let wait = SignedDuration::from_secs(hook.aggregate_seconds);
        let all = state.all_own::<Change>(CHANGES).into_iter();
        let fresh: Vec<(String, Change)> = all.filter(|(place, _)| *place > hook.told).collect();
        let mine: Vec<Change> =
            fresh.iter().map(|it| it.1.clone()).filter(|it| hook.is_for(&it.realm_id)).collect();
        let due = mine.first().is_some_and(|it| it.at.saturating_add(wait).is_ok_and(|at| at <= now));
        let Some((last, _)) = fresh.last().filter(|_| due) else { continue };
        hook.told.clone_from(last);
        state.set_own(HOOKS, &id, &hook);
        for part in body::parts(&hook, mine) {
            for _ in 0..hook.copies {
                queue(state, &hook, body::written(&hook, &part, seed));
            }
        }
    }
    forget(state);
}

/// What everybody was told of is not kept.
fn forget(state: &mut State) {
    let told = state.all_own::<Hook>(HOOKS).into_iter().map(|(_, it)| it.told).min().unwrap_or_default();
    let old = state.all_own::<Change>(CHANGES).into_iter().map(|it| it.0).filter(|it| *it <= told);
    for place in old.collect::<Vec<_>>() {
        state.remove_own(CHANGES, &place);
    }
}

/// Writes a message down; its number.
fn queue(state: &mut State, hook: &Hook, body: String) -> String {
    let number = state.own::<u64>("books.counter", "deliveries").unwrap_or(0) + 1;
    state.set_own("books.counter", "deliveries", &number);
    let (made_at, next_at) = (state.now(), (!hook.held).then(|| state.now()));
    let status = if hook.held { "Held" } else { "Waiting" }.to_owned();
    let delivery = Delivery { hook: hook.id.clone(), body, made_at, tries: 0, next_at, status };
    let place = format!("{number:012}");
    if state.has_place(DELIVERIES) {
        state.set_own(DELIVERIES, &place, &delivery);
    }
    number.to_string()
}

/// When it is tried again after so many tries.
fn next_try(tries: usize, now: Timestamp) -> Option<Timestamp> {
    let seconds = AGAIN.get(tries.saturating_sub(1)).or(AGAIN.last()).copied()?;
    if tries >= TRIES { None } else { now.saturating_add(SignedDuration::from_secs(seconds)).ok() }
}

#[cfg(test)]
mod tests;
