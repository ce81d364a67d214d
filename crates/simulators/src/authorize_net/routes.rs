//! Which request is for what: the interface, the page, webhooks, and what only this simulator has under `/_sim`.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::Method;
use serde_json::{Map, Value, json};

use super::{
    PATH, Simulator,
    choices::Choices,
    hosted::{self, Leave, Shown},
    profiles, record, respond, settle, webhooks,
};
use crate::{
    control::{self, Shows},
    faults::Action,
    running::lock,
    serve::{Arrived, Cut},
    spoil,
    state::State,
};

/// The script that a merchant's page takes nonces with (§2.4).
const ACCEPT: &str = "/v1/Accept.js";

/// What this provider shows of itself.
fn shows() -> Shows {
    Shows {
        title: "Authorize.Net (simulated)",
        tokens: profiles::tokens,
        objects: |state| {
            let mut objects = Map::new();
            objects.insert("customerProfiles".to_owned(), Value::from(profiles::objects(state)));
            objects.insert("notifications".to_owned(), Value::from(webhooks::told(state, false)));
            objects
        },
        more: record::capture,
    }
}

impl Simulator {
    pub(super) async fn answer(self: &Arc<Self>, request: &Arrived) -> Result<Response, Cut> {
        let answered = self.route(request).await;
        let now = lock(&self.state).now();
        let due = self.post.due(now);
        self.send(due);
        answered
    }

    async fn route(self: &Arc<Self>, request: &Arrived) -> Result<Response, Cut> {
        let path = request.uri.path();
        if control::is_meant(request) {
            return Ok(self.control(request, path).await);
        }
        if path.starts_with(webhooks::REST) {
            return self.rest(request).await;
        }
        match (path, &request.method) {
            (PATH, &Method::POST) => self.message(request).await,
            (PATH, &Method::OPTIONS) => Ok(respond(String::new(), "text/plain; charset=utf-8")),
            (hosted::PAGE | hosted::SUBMIT, &Method::POST) => self.page(request).await,
            (ACCEPT, &Method::GET) => {
                let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
                Ok((kind, include_str!("accept.js")).into_response())
            }
            (hosted::PAGE | hosted::SUBMIT, &Method::GET) => Ok(html(hosted::needs_post())),
            (PATH | hosted::PAGE | hosted::SUBMIT, _) => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
            _ => Ok(StatusCode::NOT_FOUND.into_response()),
        }
    }

    /// Sends messages, each in a task of its own.
    pub(super) fn send(self: &Arc<Self>, places: Vec<String>) {
        for place in places {
            let simulator = Arc::clone(self);
            tokio::spawn(async move {
                webhooks::send(&simulator.state, &simulator.post, &simulator.secrets, &place).await
            });
        }
    }

    async fn rest(self: &Arc<Self>, request: &Arrived) -> Result<Response, Cut> {
        let operation = format!("{} {}", request.method, request.uri.path());
        let fault = spoil::meet(&self.state, &operation).await?;
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let outcome = {
            let mut state = lock(&self.state);
            let outcome = webhooks::answer(&mut state, &self.credentials, request);
            state.called(&operation, outcome.response.status().as_str());
            outcome
        };
        let mut response = outcome.response;
        for place in outcome.send {
            // A ping tells whether it arrived.
            let status = webhooks::send(&self.state, &self.post, &self.secrets, &place).await;
            if status.as_deref() != Some("Delivered") {
                response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        }
        if fault.is_some_and(|it| it.action == Action::CutAfter) { Err(Cut) } else { Ok(response) }
    }

    /// The page: a token, or the form.
    async fn page(self: &Arc<Self>, request: &Arrived) -> Result<Response, Cut> {
        let is_form = request.uri.path() == hosted::SUBMIT;
        let fault = if is_form { spoil::meet(&self.state, "HostedPayment").await? } else { None };
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let leave = match fault.as_ref().map(|it| &it.action) {
            Some(Action::NoRedirect) => Leave::Never,
            Some(Action::DuplicateRedirect) => Leave::Twice,
            _ => Leave::Once,
        };
        let (shown, queued) = {
            let mut state = lock(&self.state);
            let choices = Choices::of(&state);
            let mut desk = self.desk(&mut state, 0, choices);
            let shown = hosted::answer(&mut desk, request, leave);
            let (merchant, events) = (desk.merchant, desk.events);
            let queued = webhooks::queue(&mut state, merchant, &events);
            if is_form {
                state.called(
                    "HostedPayment",
                    if matches!(shown, Shown::Page(_)) { "stays" } else { "leaves" },
                );
            }
            (shown, queued)
        };
        self.send(queued);
        match shown {
            Shown::Page(text) | Shown::End(text) => spoil::finish(fault, text, html),
            Shown::Back(url) => spoil::finish(fault, url, |url| back(&url)),
        }
    }

    async fn control(self: &Arc<Self>, request: &Arrived, path: &str) -> Response {
        let path = path.trim_end_matches('/');
        match (&request.method, path) {
            (&Method::GET, "/_sim/switches") => shown(&Choices::of(&lock(&self.state))),
            (&Method::POST, "/_sim/switches") => match Choices::set(&mut lock(&self.state), &request.body) {
                Ok(choices) => shown(&choices),
                Err(text) => control::wrong(&format!("not a switch: {text}")),
            },
            (&Method::POST, "/_sim/settle") => shown(&json!({ "settled": settle(&mut lock(&self.state)) })),
            _ if path.starts_with("/_sim/webhooks") => {
                let outcome = webhooks::control(&mut lock(&self.state), &self.secrets, request);
                for place in outcome.send {
                    webhooks::send(&self.state, &self.post, &self.secrets, &place).await;
                }
                outcome.response
            }
            _ => control::answer(&shows(), &self.state, &self.credentials, request),
        }
    }
}

/// Closes the batch that is open, by hand. Returns how many transactions it has.
fn settle(state: &mut State) -> usize {
    let now = state.now();
    let rows = state.transactions.iter();
    let open: Vec<(String, record::Record)> = rows
        .map(|it| (it.id.clone(), record::Record::of(it)))
        .filter(|(_, it)| settle::closes_at(it).is_some_and(|at| at > now))
        .collect();
    for (id, record) in &open {
        record::Record { settled_at: Some(now), ..record.clone() }.change(state, id);
    }
    open.len()
}

fn shown(value: &impl serde::Serialize) -> Response {
    let text = serde_json::to_string(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn html(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// To the merchant. What a fault made of the address may be none.
fn back(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        Err(_) => html(hosted::needs_post()),
    }
}
