//! Sends messages to this machine, each in its own time, and writes down what came of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{HOOKS, Hook, NOTIFICATIONS, Notification, next_try, signature};
use crate::{
    Message, Sender,
    running::lock,
    spoil,
    state::State,
    webhook::{self, Letter, target},
};

/// How long an endpoint may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What waits to be sent, by its place and when it is due.
pub(in crate::authorize_net) struct Post {
    sender: Option<Sender>,
    waiting: Mutex<BTreeMap<String, Timestamp>>,
}

impl Post {
    /// What waited when the file was written.
    pub(in crate::authorize_net) fn of(state: &State, sender: Option<Sender>) -> Self {
        let all = state.all_own::<Notification>(NOTIFICATIONS).into_iter();
        let waiting = all.filter_map(|(place, it)| Some((place, it.next_at?))).collect();
        Self { sender, waiting: Mutex::new(waiting) }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out whatever is due.
    pub(in crate::authorize_net) fn due(&self, now: Timestamp) -> Vec<String> {
        let mut waiting = self.waiting();
        let due: Vec<String> =
            waiting.iter().filter(|(_, at)| **at <= now).map(|(place, _)| place.clone()).collect();
        for place in &due {
            waiting.remove(place);
        }
        due
    }

    fn again(&self, place: &str, at: Timestamp) {
        self.waiting().insert(place.to_owned(), at);
    }
}

/// Sends a message and writes down whether it was taken. Returns its status.
pub(in crate::authorize_net) async fn send(
    state: &Arc<Mutex<State>>,
    post: &Post,
    secrets: &[(String, String)],
    place: &str,
) -> Option<String> {
    let (notification, hook) = {
        let state = lock(state);
        let notification: Notification = state.own(NOTIFICATIONS, place)?;
        let hook: Hook = state.own(HOOKS, &notification.hook)?;
        (notification, hook)
    };
    let taken = told(state, post, &notification, &hook, secrets).await;
    let mut state = lock(state);
    let now = state.now();
    // It may have been forgotten meanwhile.
    let mut notification: Notification = state.own(NOTIFICATIONS, place)?;
    notification.tries = notification.tries.saturating_add(1);
    notification.next_at = if taken { None } else { next_try(notification.tries, now) };
    let status = match (taken, notification.next_at) {
        (true, _) => "Delivered",
        (false, Some(at)) => {
            post.again(place, at);
            "RetryPending"
        }
        (false, None) => "Failed",
    };
    status.clone_into(&mut notification.status);
    state.set_own(NOTIFICATIONS, place, &notification);
    state.called("Webhook", status);
    if status == "Failed"
        && let Some(mut hook) = state.own::<Hook>(HOOKS, &notification.hook)
    {
        hook.is_active = false;
        state.set_own(HOOKS, &notification.hook, &hook);
    }
    Some(status.to_owned())
}

/// Whether the endpoint took it, as far as this side knows.
async fn told(
    state: &Arc<Mutex<State>>,
    post: &Post,
    notification: &Notification,
    hook: &Hook,
    secrets: &[(String, String)],
) -> bool {
    let key = secrets.get(notification.merchant).map(|it| it.1.as_str()).unwrap_or_default();
    // A cut before the work: it is not sent, and this side knows.
    let Ok(fault) = spoil::meet(state, "Webhook").await else { return false };
    let letter = match webhook::spoilt(fault, key, &notification.body, signature) {
        Ok(letter) => letter,
        Err(believed) => return believed,
    };
    let mut taken = post.post(hook, &notification.id, &letter).await;
    if letter.twice {
        taken = post.post(hook, &notification.id, &letter).await;
    }
    taken && letter.heard
}

impl Post {
    /// Posts it; whether the answer's status says that it was taken.
    async fn post(&self, hook: &Hook, id: &str, letter: &Letter) -> bool {
        let (Some(url), Some(sender)) = (target(&hook.url), &self.sender) else { return false };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Authorize.Net Webhooks (simulated)".to_owned()),
            ("x-anet-signature", letter.signed.clone()),
            ("x-request-id", id.to_owned()),
        ];
        let sent = sender(Message { url, headers, body: letter.body.clone() });
        matches!(tokio::time::timeout(PATIENCE, sent).await, Ok(true))
    }
}
