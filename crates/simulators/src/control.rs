//! `/_sim/`: what whoever drives a simulator can see and do. The same for every provider.

use std::sync::{Mutex, PoisonError};

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{faults::Fault, ledger, serve::Arrived, state::State};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// Answers a request under `/_sim`.
pub(crate) fn answer(title: &str, state: &Mutex<State>, credentials: &Value, request: &Arrived) -> Response {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let path = request.uri.path().trim_end_matches('/');
    match (&request.method, path) {
        (&Method::GET, "/_sim") => Html(page(title, &state)).into_response(),
        (&Method::GET, "/_sim/ledger") => json_answer(StatusCode::OK, &ledger(&mut state)),
        (&Method::GET, "/_sim/credentials") => json_answer(StatusCode::OK, credentials),
        (&Method::GET, "/_sim/faults") => {
            json_answer(StatusCode::OK, &json!({ "faults": state.faults.all() }))
        }
        (&Method::POST, "/_sim/faults") => add_fault(&mut state, &request.body),
        (&Method::DELETE, "/_sim/faults") => {
            state.faults.clear();
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

fn wrong(message: &str) -> Response {
    json_answer(StatusCode::BAD_REQUEST, &json!({ "error": message }))
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// What is true: everything that was done here.
fn ledger(state: &mut State) -> Value {
    let ids: Vec<String> = state.setups.iter().map(|it| it.id.clone()).collect();
    let setups: Vec<Value> = ids
        .iter()
        .filter_map(|id| state.setup(id))
        .map(|it| json!({ "id": it.id, "status": it.status, "amount": it.amount, "reference": it.reference }))
        .collect();
    let (settled, now) = (state.settled, state.now());
    let status =
        |it: &ledger::Transaction| if settled(it, now) { "settled".to_owned() } else { it.status.clone() };
    let transactions: Vec<Value> = state
        .transactions
        .iter()
        .map(|it| {
            json!({
                "id": it.id, "kind": it.kind, "status": status(it), "amount": it.amount, "currency": it.currency,
                "reference": it.reference, "setupId": it.setup_id, "relatedId": it.related_id, "token": it.token,
                "createdAt": it.created_at,
            })
        })
        .collect();
    json!({ "transactions": transactions, "setups": setups, "tokens": [], "objects": {} })
}

/// What happened, for people.
fn page(title: &str, state: &State) -> String {
    let mut rows = String::new();
    for it in state.transactions.iter().rev().take(200) {
        let card = format!("{} {}", ledger::text(&it.detail, "brand"), ledger::text(&it.detail, "masked"));
        let cells = [
            it.created_at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            it.id.clone(),
            it.kind.clone(),
            it.status.clone(),
            format!("{} {}", it.amount, it.currency),
            it.reference.clone().unwrap_or_default(),
            card,
        ];
        rows.push_str(&row(&cells));
    }
    let mut setups = String::new();
    for it in state.setups.iter().rev().take(200) {
        let made = it.created_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let reference = it.reference.clone().unwrap_or_default();
        setups.push_str(&row(&[made, it.id.clone(), it.status.clone(), it.amount.clone(), reference]));
    }
    let mut faults = String::new();
    for it in state.faults.all() {
        faults.push_str(&row(&[it.id.clone(), it.operation.clone(), format!("{:?}", it.action)]));
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1d2733}}\
         h1{{font-size:1.4rem}}h2{{font-size:1.05rem;margin-top:2rem}}table{{border-collapse:collapse;width:100%}}\
         td,th{{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #dde3ea;font-variant-numeric:tabular-nums}}\
         .wide{{overflow-x:auto}}p{{color:#56657a}}</style><h1>{title}</h1>\
         <p>What this simulator did. Its time is {now}. <code>/_sim/ledger</code> has the same as JSON.</p>\
         <h2>Transactions</h2><div class=\"wide\"><table><tr><th>When<th>Id<th>Kind<th>Status<th>Amount<th>Reference<th>Card</tr>{rows}</table></div>\
         <h2>Hosted pages</h2><div class=\"wide\"><table><tr><th>When<th>Id<th>Status<th>Amount<th>Reference</tr>{setups}</table></div>\
         <h2>Faults that wait</h2><div class=\"wide\"><table><tr><th>Id<th>Operation<th>Action</tr>{faults}</table></div></html>",
        now = state.now().strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|it| format!("<td>{}</td>", escape(it))).collect();
    format!("<tr>{}</tr>", cells.concat())
}

/// A text that is no markup any more.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}
