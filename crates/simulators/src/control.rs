//! `/_sim/`: what whoever drives a simulator can see and do. The same for every provider.

mod page;

use std::sync::Mutex;

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{faults::Fault, ledger, running::lock, serve::Arrived, state::State};

pub(crate) use page::escape;

/// What a provider shows of itself beside what all have.
pub(crate) struct Shows {
    /// The page's title.
    pub(crate) title: &'static str,
    /// Tokens, never their values: objects of texts with the same keys.
    pub(crate) tokens: fn(&State) -> Vec<Value>,
    /// Objects by type, each type a list.
    pub(crate) objects: fn(&State) -> Map<String, Value>,
    /// A second row of a transaction that stands for two.
    pub(crate) more: fn(&ledger::Transaction) -> Option<ledger::Transaction>,
}

impl Default for Shows {
    fn default() -> Self {
        Self { title: "", tokens: |_| Vec::new(), objects: |_| Map::new(), more: |_| None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// Whether a request is for the control surface.
pub(crate) fn is_meant(request: &Arrived) -> bool {
    let path = request.uri.path();
    path == "/_sim" || path.starts_with("/_sim/")
}

/// Answers a request under `/_sim`.
pub(crate) fn answer(
    shows: &Shows,
    state: &Mutex<State>,
    credentials: &Value,
    request: &Arrived,
) -> Response {
    let mut state = lock(state);
    let path = request.uri.path().trim_end_matches('/');
    match (&request.method, path) {
        (&Method::GET, "/_sim") => Html(page::page(shows, &state)).into_response(),
        (&Method::GET, "/_sim/ledger") => json_answer(StatusCode::OK, &ledger(shows, &mut state)),
        (&Method::GET, "/_sim/credentials") => json_answer(StatusCode::OK, credentials),
        (&Method::GET, "/_sim/calls") => {
            let (calls, counts) = state.calls();
            json_answer(StatusCode::OK, &json!({ "calls": calls, "counts": counts }))
        }
        (&Method::GET, "/_sim/faults") => {
            let (all, held) = (state.faults.all(), state.faults.held());
            json_answer(StatusCode::OK, &json!({ "faults": all, "held": held }))
        }
        (&Method::POST, "/_sim/faults") => add_fault(&mut state, &request.body),
        (&Method::DELETE, "/_sim/faults") => {
            state.faults.clear();
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::POST, "/_sim/release") => {
            state.faults.release();
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::POST, "/_sim/clock") => {
            let asked = serde_json::from_slice::<Advance>(&request.body).ok();
            match asked.filter(|it| it.advance_seconds >= 0).and_then(|it| state.advance(it.advance_seconds))
            {
                Some(now) => json_answer(StatusCode::OK, &json!({ "now": now })),
                None => wrong("send {\"advanceSeconds\": N}, at most ten years in all"),
            }
        }
        (&Method::POST, "/_sim/reset") => {
            state.reset();
            StatusCode::NO_CONTENT.into_response()
        }
        _ => json_answer(StatusCode::NOT_FOUND, &json!({ "error": "there is no such thing under /_sim" })),
    }
}

fn add_fault(state: &mut State, body: &[u8]) -> Response {
    let fault: Fault = match serde_json::from_slice(body) {
        Ok(fault) => fault,
        Err(error) => return wrong(&format!("not a fault: {error}")),
    };
    match state.faults.add(fault) {
        Ok(id) => json_answer(StatusCode::OK, &json!({ "id": id })),
        Err(message) => wrong(message),
    }
}

pub(crate) fn wrong(message: &str) -> Response {
    json_answer(StatusCode::BAD_REQUEST, &json!({ "error": message }))
}

pub(crate) fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// What is true: everything that was done here.
fn ledger(shows: &Shows, state: &mut State) -> Value {
    let ids: Vec<String> = state.setups.iter().map(|it| it.id.clone()).collect();
    let setups: Vec<Value> = ids
        .iter()
        .filter_map(|id| state.setup(id))
        .map(|it| json!({ "id": it.id, "status": it.status, "amount": it.amount, "reference": it.reference }))
        .collect();
    let (settled, now) = (state.settled, state.now());
    let status =
        |it: &ledger::Transaction| if settled(it, now) { "settled".to_owned() } else { it.status.clone() };
    let row = |it: &ledger::Transaction| {
        json!({
                "id": it.id, "kind": it.kind, "status": status(it), "amount": it.amount, "currency": it.currency,
                "reference": it.reference, "setupId": it.setup_id, "relatedId": it.related_id, "token": it.token,
                "createdAt": it.created_at, "cardUse": it.detail.get("cardUse").filter(|it| **it != ""),
        })
    };
    let mut transactions: Vec<Value> = Vec::new();
    for it in &state.transactions {
        transactions.push(row(it));
        transactions.extend((shows.more)(it).as_ref().map(row));
    }
    json!({
        "transactions": transactions,
        "setups": setups,
        "tokens": (shows.tokens)(state),
        "objects": (shows.objects)(state),
    })
}
