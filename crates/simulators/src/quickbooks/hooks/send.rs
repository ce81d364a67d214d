//! Sends messages to this machine, one endpoint's in their order, and writes down what came of each.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::Notify;

use super::{DELIVERIES, Delivery, HOOKS, Hook, gather, next_try, signature, verifier};
use crate::{
    Message, Sender,
    quickbooks::Simulator,
    running::lock,
    spoil,
    webhook::{self, Letter, target},
};

/// How long an endpoint may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked whether something is due, beside after each call.
const LOOK: Duration = Duration::from_millis(500);

/// The way out, and who is woken when there is something to send.
pub(in crate::quickbooks) struct Post {
    pub(super) sender: Option<Sender>,
    woken: Notify,
}

impl Post {
    pub(in crate::quickbooks) fn new(sender: Option<Sender>) -> Self {
        Self { sender, woken: Notify::new() }
    }

    /// Something may be due.
    pub(in crate::quickbooks) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Sends what is due for as long as the simulator is there. The only one who sends, so that order is order.
    pub(in crate::quickbooks) fn start(simulator: &Arc<Simulator>) {
        let simulator: Weak<Simulator> = Arc::downgrade(simulator);
        tokio::spawn(async move {
            while let Some(it) = simulator.upgrade() {
                all_due(&it).await;
                let _woken_or_late = tokio::time::timeout(LOOK, it.post.woken.notified()).await;
            }
        });
    }
}

async fn all_due(simulator: &Simulator) {
    let hooks: Vec<String> = {
        let mut state = lock(&simulator.state);
        gather(&mut state, simulator.settings.seed);
        state.all_own::<Hook>(HOOKS).into_iter().map(|it| it.0).collect()
    };
    for hook in hooks {
        while let Some(place) = next(simulator, &hook) {
            if !send(simulator, &place).await {
                break;
            }
        }
    }
}

/// The first message that an endpoint has not taken yet, if its time has come; later ones wait behind it.
fn next(simulator: &Simulator, hook: &str) -> Option<String> {
    let state = lock(&simulator.state);
    let now = state.now();
    let waits = |it: &Delivery| it.hook == hook && it.next_at.is_some();
    let first = state.all_own::<Delivery>(DELIVERIES).into_iter().find(|(_, it)| waits(it))?;
    first.1.next_at.is_some_and(|at| at <= now).then_some(first.0)
}

/// Sends a message and writes down whether it was taken.
pub(super) async fn send(simulator: &Simulator, place: &str) -> bool {
    let (delivery, hook) = {
        let state = lock(&simulator.state);
        let Some(delivery) = state.own::<Delivery>(DELIVERIES, place) else { return false };
        let Some(hook) = state.own::<Hook>(HOOKS, &delivery.hook) else { return false };
        (delivery, hook)
    };
    let taken = told(simulator, &hook, &delivery.body).await;
    let mut state = lock(&simulator.state);
    let now = state.now();
    // It may have been forgotten meanwhile.
    let Some(mut delivery) = state.own::<Delivery>(DELIVERIES, place) else { return false };
    delivery.tries += 1;
    delivery.next_at = if taken || hook.held { None } else { next_try(delivery.tries, now) };
    let status = match (taken, delivery.next_at) {
        (true, _) => "Delivered",
        (false, Some(_)) => "Waiting",
        (false, None) => "Failed",
    };
    status.clone_into(&mut delivery.status);
    state.set_own(DELIVERIES, place, &delivery);
    state.called("Webhook", if taken { "taken" } else { "not taken" });
    taken
}

/// Whether the endpoint took it, as far as this side knows.
async fn told(simulator: &Simulator, hook: &Hook, body: &str) -> bool {
    // A cut before the work: it is not sent, and this side knows.
    let Ok(fault) = spoil::meet(&simulator.state, "Webhook").await else { return false };
    let key = verifier(simulator.settings.seed);
    let letter = match webhook::spoilt(fault, &key, body, signature) {
        Ok(letter) => letter,
        Err(believed) => return believed,
    };
    let mut taken = simulator.post.post(hook, &letter).await;
    if letter.twice {
        taken = simulator.post.post(hook, &letter).await;
    }
    taken && letter.heard
}

impl Post {
    /// Posts it; whether the answer's status says that it was taken.
    async fn post(&self, hook: &Hook, letter: &Letter) -> bool {
        let (Some(url), Some(sender)) = (target(&hook.url), &self.sender) else { return false };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "intuit_notification_server/1.0 (simulated)".to_owned()),
            ("intuit-signature", letter.signed.clone()),
        ];
        let sent = sender(Message { url, headers, body: letter.body.clone() });
        matches!(tokio::time::timeout(PATIENCE, sent).await, Ok(true))
    }
}
