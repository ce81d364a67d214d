//! Sends messages to this machine, one endpoint's in their order, and writes down what came of each.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::Notify;
use url::{Host, Url};

use super::{DELIVERIES, Delivery, HOOKS, Hook, gather, next_try, signature, verifier};
use crate::{Message, Sender, faults::Action, quickbooks::Simulator, running::lock, spoil};

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

/// Where a webhook may go: plain HTTP to this machine.
pub(super) fn target(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|it| it.scheme() == "http" && it.username().is_empty())?;
    let is_here = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    is_here.then_some(url)
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
    let action = fault.as_ref().map(|it| it.action.clone());
    let body = match (&action, fault) {
        (Some(Action::NoRedirect), _) => return true,
        (Some(Action::Status), _) => return false,
        (Some(Action::Body), Some(fault)) => fault.body.unwrap_or_default(),
        (Some(Action::Truncate), _) => body.chars().take(body.chars().count() / 2).collect(),
        _ => body.to_owned(),
    };
    let signed = match action {
        Some(Action::WrongId) => signature(&spoil::another(&key), &body),
        _ => signature(&key, &body),
    };
    let taken = simulator.post.post(hook, &body, &signed).await;
    match action {
        Some(Action::DuplicateRedirect) => simulator.post.post(hook, &body, &signed).await,
        // It arrived, and this side does not know.
        Some(Action::CutAfter) => false,
        _ => taken,
    }
}

impl Post {
    /// Posts it; whether the answer's status says that it was taken.
    async fn post(&self, hook: &Hook, body: &str, signed: &str) -> bool {
        let (Some(url), Some(sender)) = (target(&hook.url), &self.sender) else { return false };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "intuit_notification_server/1.0 (simulated)".to_owned()),
            ("intuit-signature", signed.to_owned()),
        ];
        let sent = sender(Message { url, headers, body: body.to_owned() });
        matches!(tokio::time::timeout(PATIENCE, sent).await, Ok(true))
    }
}
