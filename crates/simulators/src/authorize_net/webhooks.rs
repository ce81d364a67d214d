//! Webhooks: who wants to be told what, and what was told (authorizenet.md §5).
//!
//! Owns the messages and their signature. Sends to this machine alone: any other address is refused.

mod event;
mod rest;
mod send;

use aws_lc_rs::hmac;
use data_encoding::HEXUPPER;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(super) use event::Event;
pub(super) use rest::{REST, answer, control, told};
pub(super) use send::{Post, send};

use super::reply::{self, Members, Value};
use crate::state::{State, mix};

const HOOKS: &str = "webhook";
const NOTIFICATIONS: &str = "notification";
/// The most endpoints.
const MOST_HOOKS: usize = 100;

/// What can be asked for (§5).
const EVENTS: [&str; 21] = [
    "net.authorize.payment.authorization.created",
    "net.authorize.payment.authcapture.created",
    "net.authorize.payment.capture.created",
    "net.authorize.payment.priorAuthCapture.created",
    "net.authorize.payment.refund.created",
    "net.authorize.payment.void.created",
    "net.authorize.payment.fraud.held",
    "net.authorize.payment.fraud.approved",
    "net.authorize.payment.fraud.declined",
    "net.authorize.customer.created",
    "net.authorize.customer.updated",
    "net.authorize.customer.deleted",
    "net.authorize.customer.paymentProfile.created",
    "net.authorize.customer.paymentProfile.updated",
    "net.authorize.customer.paymentProfile.deleted",
    "net.authorize.customer.subscription.created",
    "net.authorize.customer.subscription.updated",
    "net.authorize.customer.subscription.suspended",
    "net.authorize.customer.subscription.terminated",
    "net.authorize.customer.subscription.cancelled",
    "net.authorize.customer.subscription.expiring",
];

/// An endpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hook {
    merchant: usize,
    name: String,
    url: String,
    events: Vec<String>,
    is_active: bool,
}

/// A message to an endpoint. The body is signed as it stands, whenever it is sent again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Notification {
    id: String,
    merchant: usize,
    hook: String,
    event: String,
    date: Timestamp,
    body: String,
    /// `Delivered`, `RetryPending` or `Failed`.
    status: String,
    tries: u32,
    next_at: Option<Timestamp>,
}

/// After how many minutes it is tried again (§5, unconfirmed): three times soon, three times a shift later, four times
/// two days later.
fn next_try(tries: u32, now: Timestamp) -> Option<Timestamp> {
    let minutes = match tries {
        1..=3 => 3,
        4..=6 => 8 * 60,
        7..=10 => 48 * 60,
        _ => return None,
    };
    now.checked_add(SignedDuration::from_mins(minutes)).ok()
}

/// A merchant's signature key: 128 capital hexadecimal digits, told from the seed.
pub(super) fn signature_key(seed: u64, merchant: usize) -> String {
    let place = u64::try_from(merchant).unwrap_or(0).wrapping_add(11);
    let part = |at: u64| format!("{:016X}", mix(seed ^ place.wrapping_mul(9_000_011).wrapping_add(at)));
    (0..8).map(part).collect()
}

/// The header's value. The key is the text itself and not what its digits stand for (§5).
fn signature(key: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes());
    format!("sha512={}", HEXUPPER.encode(hmac::sign(&key, body.as_bytes()).as_ref()))
}

/// `transHashSha2`: here the key is what its digits stand for (§2.3).
pub(super) fn transaction_hash(key: &str, login: &str, id: &str, amount: &str) -> String {
    let key = HEXUPPER.decode(key.as_bytes()).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA512, &key);
    HEXUPPER.encode(hmac::sign(&key, format!("^{login}^{id}^{amount}^").as_bytes()).as_ref())
}

/// Writes down what happened for everybody who wants to know. Returns the places of what is to be sent.
pub(super) fn queue(state: &mut State, merchant: usize, events: &[Event]) -> Vec<String> {
    if events.is_empty() {
        return Vec::new();
    }
    let hooks = state.all_own::<Hook>(HOOKS);
    let mut queued = Vec::new();
    for event in events {
        for (hook, it) in &hooks {
            let name = event.name();
            if it.merchant == merchant && it.is_active && it.events.contains(&name) {
                queued.extend(add(state, merchant, hook, &name, event.payload()));
            }
        }
    }
    queued
}

/// A message that waits to be sent.
fn add(state: &mut State, merchant: usize, hook: &str, event: &str, payload: &str) -> Option<String> {
    if !state.has_place(NOTIFICATIONS) {
        return None;
    }
    let (id, date) = (state.trace(), state.now());
    let head: Members = vec![
        ("notificationId", Value::text(&id)),
        ("eventType", Value::text(event)),
        // Seven digits and a zone (§5).
        ("eventDate", Value::Text(date.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string())),
        ("webhookId", Value::text(hook)),
    ];
    let head = reply::object(&head);
    let body = format!("{},\"payload\":{payload}}}", head.trim_end_matches('}'));
    state.draw();
    let place = state.numbered(1_000_000_000, 1, 0);
    let notification = Notification {
        id,
        merchant,
        hook: hook.to_owned(),
        event: event.to_owned(),
        date,
        body,
        status: "RetryPending".to_owned(),
        tries: 0,
        next_at: Some(date),
    };
    state.set_own(NOTIFICATIONS, &place, &notification);
    Some(place)
}
