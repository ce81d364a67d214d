//! `/_sim/quickbooks/webhooks`: endpoints, what was told, and what is sent by hand.

use axum::{http::StatusCode, response::Response};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{DELIVERIES, Delivery, HOOKS, Hook, queue, send, verifier};
use crate::{control, quickbooks::Simulator, running::lock, serve::Arrived, webhook::target};

/// The most endpoints.
const MOST: usize = 20;

/// Messages that are sent in this order, each as often as it is named.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Send {
    deliveries: Vec<String>,
}

/// A message that nothing gave rise to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Forge {
    hook: String,
    body: String,
}

/// Answers below `/_sim/quickbooks/webhooks`; none where it is for somebody else.
pub(in crate::quickbooks) async fn answer(simulator: &Simulator, request: &Arrived) -> Option<Response> {
    let path = request.uri.path().trim_matches('/');
    let rest = path.strip_prefix("_sim/quickbooks/webhooks")?.trim_matches('/');
    Some(match (&request.method, rest) {
        (&Method::GET, "") => told(simulator),
        (&Method::POST, "") => set(simulator, &request.body),
        (&Method::DELETE, "") => {
            let mut state = lock(&simulator.state);
            for kind in [HOOKS, DELIVERIES] {
                for (id, _) in state.all_own::<Value>(kind) {
                    state.remove_own(kind, &id);
                }
            }
            crate::quickbooks::desk::empty()
        }
        (&Method::POST, "send") => by_hand(simulator, &request.body).await,
        (&Method::POST, "forge") => forged(simulator, &request.body),
        (&Method::POST, "drop") => dropped(simulator, &request.body),
        _ => control::json_answer(StatusCode::NOT_FOUND, &json!({ "error": "there is no such thing here" })),
    })
}

fn told(simulator: &Simulator) -> Response {
    let state = lock(&simulator.state);
    let hooks: Vec<Hook> = state.all_own(HOOKS).into_iter().map(|it| it.1).collect();
    let delivery = |(place, it): (String, Delivery)| {
        let mut told = json!(it);
        told["id"] = json!(place.trim_start_matches('0'));
        told
    };
    let deliveries: Vec<Value> = state.all_own(DELIVERIES).into_iter().map(delivery).collect();
    let verifier = verifier(simulator.settings.seed);
    let all = json!({ "webhooks": hooks, "deliveries": deliveries, "verifierToken": verifier });
    control::json_answer(StatusCode::OK, &all)
}

/// A new endpoint, or one that is there with other ways.
fn set(simulator: &Simulator, body: &[u8]) -> Response {
    let mut hook: Hook = match serde_json::from_slice(body) {
        Ok(hook) => hook,
        Err(error) => return control::wrong(&format!("not an endpoint: {error}")),
    };
    if target(&hook.url).is_none() {
        return control::wrong("url must be an http address of this machine");
    }
    if !(0..=86_400).contains(&hook.aggregate_seconds) || hook.copies > 10 {
        return control::wrong("aggregateSeconds is 0 to 86400, copies at most 10");
    }
    let mut state = lock(&simulator.state);
    let all = state.all_own::<Hook>(HOOKS);
    let before = all.iter().find(|it| it.0 == hook.id);
    match before {
        Some((_, before)) => hook.told.clone_from(&before.told),
        None if !hook.id.is_empty() => return control::wrong("there is no endpoint of that id"),
        None if all.len() >= MOST => return control::wrong("there are 20 endpoints already"),
        None => {
            let number = state.own::<u64>("books.counter", "hooks").unwrap_or(0) + 1;
            state.set_own("books.counter", "hooks", &number);
            hook.id = format!("hook_{number:03}");
            // Told of what happens from now on.
            hook.told = format!("{:012}", state.own::<u64>("books.counter", "changes").unwrap_or(0));
        }
    }
    state.set_own(HOOKS, &hook.id, &hook);
    drop(state);
    simulator.post.wake();
    control::json_answer(
        StatusCode::OK,
        &json!({ "id": hook.id, "verifierToken": verifier(simulator.settings.seed) }),
    )
}

async fn by_hand(simulator: &Simulator, body: &[u8]) -> Response {
    let Ok(asked) = serde_json::from_slice::<Send>(body) else {
        return control::wrong("send {\"deliveries\": [\"1\", …]}");
    };
    let mut taken = Vec::new();
    for id in asked.deliveries.iter().take(1_000) {
        taken.push(send::send(simulator, &format!("{id:0>12}")).await);
    }
    control::json_answer(StatusCode::OK, &json!({ "taken": taken }))
}

fn forged(simulator: &Simulator, body: &[u8]) -> Response {
    let Ok(asked) = serde_json::from_slice::<Forge>(body) else {
        return control::wrong("send {\"hook\", \"body\"}");
    };
    let mut state = lock(&simulator.state);
    let Some(hook) = state.own::<Hook>(HOOKS, &asked.hook) else {
        return control::wrong("there is no endpoint of that id");
    };
    let id = queue(&mut state, &hook, asked.body);
    drop(state);
    simulator.post.wake();
    control::json_answer(StatusCode::OK, &json!({ "id": id }))
}

/// They never arrive.
fn dropped(simulator: &Simulator, body: &[u8]) -> Response {
    let Ok(asked) = serde_json::from_slice::<Send>(body) else {
        return control::wrong("send {\"deliveries\": [\"1\", …]}");
    };
    let mut state = lock(&simulator.state);
    for id in &asked.deliveries {
        let place = format!("{id:0>12}");
        if let Some(mut delivery) = state.own::<Delivery>(DELIVERIES, &place) {
            delivery.next_at = None;
            "Dropped".clone_into(&mut delivery.status);
            state.set_own(DELIVERIES, &place, &delivery);
        }
    }
    crate::quickbooks::desk::empty()
}
