//! The REST interface for webhooks (authorizenet.md §5), and the same without its ceremony under `/_sim/webhooks`.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use data_encoding::BASE64;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EVENTS, HOOKS, Hook, MOST_HOOKS, NOTIFICATIONS, Notification, add, event::Event};
use crate::{serve::Arrived, state::State, webhook::target};

/// Where the interface begins.
pub(in crate::authorize_net) const REST: &str = "/rest/v1/";

/// What a request leads to: an answer, and messages to send first.
pub(in crate::authorize_net) struct Outcome {
    pub(in crate::authorize_net) response: Response,
    pub(in crate::authorize_net) send: Vec<String>,
}

impl From<Response> for Outcome {
    fn from(response: Response) -> Self {
        Self { response, send: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    #[serde(default)]
    name: String,
    url: String,
    #[serde(default)]
    event_types: Vec<String>,
    #[serde(default)]
    status: Option<String>,
}

fn say(status: StatusCode, value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, Body::from(value.to_string())).into_response()
}

fn refuse(state: &mut State, status: StatusCode, reason: &str, message: &str, details: &[&str]) -> Response {
    let mut body = json!({
        "status": status.as_u16(), "reason": reason, "message": message, "correlationId": state.trace(),
    });
    if let (false, Some(body)) = (details.is_empty(), body.as_object_mut()) {
        let details: Vec<Value> = details.iter().map(|it| json!({ "message": it })).collect();
        body.insert("details".to_owned(), Value::from(details));
    }
    say(status, &body)
}

/// A request under `/rest/v1/`, by the merchant whose credentials it carries.
pub(in crate::authorize_net) fn answer(state: &mut State, credentials: &Value, request: &Arrived) -> Outcome {
    let Some(merchant) = merchant(credentials, request) else {
        let text = "Invalid Authentication values provided";
        return refuse(state, StatusCode::UNAUTHORIZED, "Unauthorized", text, &[]).into();
    };
    let path = request.uri.path().strip_prefix(REST).unwrap_or_default().trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    match (&request.method, parts.as_slice()) {
        (&Method::GET, ["eventtypes"]) => {
            let all: Vec<Value> = EVENTS.iter().map(|it| json!({ "name": it })).collect();
            say(StatusCode::OK, &Value::from(all)).into()
        }
        (&Method::GET, ["webhooks"]) => {
            let hooks = state.all_own::<Hook>(HOOKS);
            let mine = hooks.iter().filter(|(_, it)| it.merchant == merchant);
            say(StatusCode::OK, &mine.map(|(id, it)| shown(id, it)).collect()).into()
        }
        (&Method::POST, ["webhooks"]) => create(state, merchant, &request.body).into(),
        (method, ["webhooks", id, rest @ ..]) => one(state, merchant, id, (method, rest), &request.body),
        (&Method::GET, ["notifications"]) => notifications(state, merchant, request).into(),
        _ => refuse(state, StatusCode::NOT_FOUND, "NOT_FOUND", "The resource does not exist.", &[]).into(),
    }
}

/// Whose request it is: HTTP Basic with login and key.
fn merchant(credentials: &Value, request: &Arrived) -> Option<usize> {
    let sent = request.header("authorization").strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64.decode(sent.trim().as_bytes()).ok()?).ok()?;
    let (login, key) = text.split_once(':')?;
    let is = |it: &Value, name: &str, value: &str| it.get(name).and_then(Value::as_str) == Some(value);
    let mut all = credentials.as_array().into_iter().flatten();
    all.position(|it| is(it, "ApiLoginId", login) && is(it, "TransactionKey", key))
}

fn shown(id: &str, hook: &Hook) -> Value {
    let mut value = json!({
        "_links": { "self": { "href": format!("/rest/v1/webhooks/{id}") } },
        "webhookId": id, "eventTypes": hook.events,
        "status": if hook.is_active { "active" } else { "inactive" }, "url": hook.url,
    });
    if let (false, Some(value)) = (hook.name.is_empty(), value.as_object_mut()) {
        value.insert("name".to_owned(), Value::from(hook.name.clone()));
    }
    value
}

/// What is wrong with an endpoint, or the endpoint.
fn read(merchant: usize, body: &[u8]) -> Result<Hook, Vec<&'static str>> {
    let Ok(sent) = serde_json::from_slice::<Sent>(body) else {
        return Err(vec!["The request is not valid JSON, or the url is missing."]);
    };
    let mut wrong = Vec::new();
    if !sent.name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
        wrong.push(
            "Invalid name entered. Strings containing only letters, numbers, or underscores are supported.",
        );
    }
    if target(&sent.url).is_none() {
        wrong.push("The simulator sends to http:// addresses of this machine alone.");
    }
    if sent.event_types.is_empty() || sent.event_types.iter().any(|it| !EVENTS.contains(&it.as_str())) {
        wrong.push("Invalid event types.");
    }
    if !matches!(sent.status.as_deref(), None | Some("active" | "inactive")) {
        wrong.push("Invalid status.");
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Hook {
        merchant,
        name: sent.name,
        url: sent.url,
        events: sent.event_types,
        is_active: sent.status.as_deref() != Some("inactive"),
    })
}

fn invalid(state: &mut State, wrong: &[&str]) -> Response {
    refuse(state, StatusCode::BAD_REQUEST, "INVALID_DATA", "Field validation errors", wrong)
}

fn create(state: &mut State, merchant: usize, body: &[u8]) -> Response {
    let hook = match read(merchant, body) {
        Ok(hook) => hook,
        Err(wrong) => return invalid(state, &wrong),
    };
    if state.all_own::<Hook>(HOOKS).len() >= MOST_HOOKS {
        return invalid(state, &["There are too many webhooks."]);
    }
    let id = state.trace();
    state.set_own(HOOKS, &id, &hook);
    say(StatusCode::OK, &shown(&id, &hook))
}

/// One endpoint, and its pings.
fn one(
    state: &mut State,
    merchant: usize,
    id: &str,
    (method, rest): (&Method, &[&str]),
    body: &[u8],
) -> Outcome {
    let Some(hook) = state.own::<Hook>(HOOKS, id).filter(|it| it.merchant == merchant) else {
        return refuse(state, StatusCode::NOT_FOUND, "NOT_FOUND", "The webhook does not exist.", &[]).into();
    };
    match (method, rest) {
        (&Method::GET, []) => say(StatusCode::OK, &shown(id, &hook)).into(),
        (&Method::PUT, []) => match read(merchant, body) {
            Ok(hook) => {
                state.set_own(HOOKS, id, &hook);
                say(StatusCode::OK, &shown(id, &hook)).into()
            }
            Err(wrong) => invalid(state, &wrong).into(),
        },
        (&Method::DELETE, []) => {
            state.remove_own(HOOKS, id);
            StatusCode::OK.into_response().into()
        }
        (&Method::POST, ["pings"]) if hook.is_active => {
            invalid(state, &["The webhook must be inactive to be pinged."]).into()
        }
        (&Method::POST, ["pings"]) => {
            let event = hook.events.first().cloned().unwrap_or_default();
            let send = add(state, merchant, id, &event, &Event::ping()).into_iter().collect();
            Outcome { response: StatusCode::OK.into_response(), send }
        }
        _ => refuse(state, StatusCode::NOT_FOUND, "NOT_FOUND", "The resource does not exist.", &[]).into(),
    }
}

/// The history, newest first.
fn notifications(state: &State, merchant: usize, request: &Arrived) -> Response {
    let query: Vec<(String, String)> = request
        .uri
        .query()
        .map(|it| url::form_urlencoded::parse(it.as_bytes()).into_owned().collect())
        .unwrap_or_default();
    let number = |name: &str| query.iter().find(|it| it.0 == name).and_then(|it| it.1.parse::<usize>().ok());
    let (skipped, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(100).min(1_000));
    let all = state.all_own::<Notification>(NOTIFICATIONS);
    let mine = all.into_iter().rev().filter(|(_, it)| it.merchant == merchant);
    let shown: Vec<Value> = mine
        .skip(skipped)
        .take(limit)
        .map(|(_, it)| {
            json!({
                "_links": { "self": { "href": format!("/rest/v1/notifications/{}", it.id) } },
                "notificationId": it.id, "deliveryStatus": it.status, "eventType": it.event,
                "eventDate": it.date.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
            })
        })
        .collect();
    let href = format!("/rest/v1/notifications?offset={skipped}&limit={limit}");
    say(StatusCode::OK, &json!({ "_links": { "self": { "href": href } }, "notifications": shown }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    url: String,
    #[serde(default)]
    merchant: usize,
    #[serde(default)]
    event_types: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Again {
    notification_id: Option<String>,
}

/// A request under `/_sim/webhooks`.
pub(in crate::authorize_net) fn control(
    state: &mut State,
    secrets: &[(String, String)],
    request: &Arrived,
) -> Outcome {
    let rest = request.uri.path().strip_prefix("/_sim/webhooks").unwrap_or_default().trim_end_matches('/');
    let wrong = |text: &str| Outcome::from(crate::control::wrong(text));
    match (&request.method, rest) {
        (&Method::GET, "") => say(StatusCode::OK, &everything(state, secrets)).into(),
        (&Method::DELETE, "") => {
            for (id, _) in state.all_own::<Hook>(HOOKS) {
                state.remove_own(HOOKS, &id);
            }
            StatusCode::NO_CONTENT.into_response().into()
        }
        (&Method::POST, "") => match serde_json::from_slice::<Wanted>(&request.body) {
            Ok(it) if target(&it.url).is_some() && it.merchant < secrets.len() => {
                let id = state.trace();
                let events = it.event_types.unwrap_or_else(|| EVENTS.map(str::to_owned).to_vec());
                let hook =
                    Hook { merchant: it.merchant, url: it.url, events, is_active: true, ..Hook::default() };
                state.set_own(HOOKS, &id, &hook);
                let key = secrets.get(hook.merchant).map(|it| it.1.as_str()).unwrap_or_default();
                say(StatusCode::OK, &json!({ "webhookId": id, "signatureKey": key })).into()
            }
            Ok(_) => wrong("url must be http:// on this machine, merchant 0 or 1"),
            Err(error) => wrong(&format!("not a webhook: {error}")),
        },
        (&Method::POST, "/redeliver") => match serde_json::from_slice::<Again>(&request.body) {
            Ok(again) => redeliver(state, again.notification_id.as_deref()),
            Err(error) => wrong(&format!("send {{\"notificationId\"}} or {{}}: {error}")),
        },
        _ => wrong("there is no such thing under /_sim/webhooks"),
    }
}

/// One message again, or all that nobody took.
fn redeliver(state: &mut State, id: Option<&str>) -> Outcome {
    let all = state.all_own::<Notification>(NOTIFICATIONS).into_iter();
    let meant = |it: &Notification| id.map_or(it.status != "Delivered", |id| it.id == id);
    let send: Vec<String> = all.filter(|(_, it)| meant(it)).map(|(place, _)| place).collect();
    if id.is_some() && send.is_empty() {
        return crate::control::wrong("there is no such notification").into();
    }
    Outcome { response: say(StatusCode::OK, &json!({ "sent": send.len() })), send }
}

fn everything(state: &State, secrets: &[(String, String)]) -> Value {
    let hooks: Vec<Value> = state.all_own::<Hook>(HOOKS).iter().map(|(id, it)| shown(id, it)).collect();
    let keys: Vec<Value> =
        secrets.iter().map(|(login, key)| json!({ "ApiLoginId": login, "SignatureKey": key })).collect();
    json!({ "signatureKeys": keys, "webhooks": hooks, "notifications": told(state, true) })
}

/// Messages and what came of them; with what they say where that is wanted.
pub(in crate::authorize_net) fn told(state: &State, whole: bool) -> Vec<Value> {
    let all = state.all_own::<Notification>(NOTIFICATIONS).into_iter();
    all.map(|(_, it)| {
        let mut told = json!({
            "notificationId": it.id, "eventType": it.event, "eventDate": it.date, "status": it.status,
            "tries": it.tries, "webhookId": it.hook,
        });
        if let (true, Some(told)) = (whole, told.as_object_mut()) {
            told.insert("body".to_owned(), Value::from(it.body));
        }
        told
    })
    .collect()
}
