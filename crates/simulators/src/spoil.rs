//! Makes a scripted fault happen: before the work, instead of it, or to its answer.

use std::{sync::Mutex, time::Duration};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{
    faults::{Action, Fault, MAX_DELAY},
    running::lock,
    serve::Cut,
    state::State,
};

/// The fault that this call meets; has waited or was held where it says so, and is cut where nothing is to be done.
pub(crate) async fn meet(state: &Mutex<State>, operation: &str) -> Result<Option<Fault>, Cut> {
    let (fault, held) = {
        let mut state = lock(state);
        let fault = state.faults.meet(operation);
        let is_held = fault.as_ref().is_some_and(|it| it.action == Action::Hold);
        let held = is_held.then(|| state.faults.hold());
        (fault, held)
    };
    if let Some(mut released) = held {
        let _released_or_late =
            tokio::time::timeout(Duration::from_millis(MAX_DELAY), released.changed()).await;
        lock(state).faults.goes_on();
    }
    if let Some(fault) = &fault {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms.unwrap_or(0))).await;
        if fault.action == Action::CutBefore {
            lock(state).called(operation, "cut before");
            return Err(Cut);
        }
    }
    Ok(fault)
}

/// A status instead of the work.
pub(crate) fn nothing_done(fault: Option<&Fault>) -> Option<Response> {
    let fault = fault.filter(|it| it.action == Action::Status)?;
    let status = fault
        .status
        .and_then(|it| StatusCode::from_u16(it).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = fault
        .body
        .clone()
        .unwrap_or_else(|| "<html><body><h1>Service Unavailable</h1></body></html>".to_owned());
    Some((status, [(header::CONTENT_TYPE, "text/html")], body).into_response())
}

/// The answer, spoilt as scripted after the work.
pub(crate) fn finish(
    fault: Option<Fault>,
    text: String,
    answer: impl FnOnce(String) -> Response,
) -> Result<Response, Cut> {
    let Some(fault) = fault else { return Ok(answer(text)) };
    match fault.action {
        Action::CutAfter => Err(Cut),
        Action::Truncate => {
            let half = text.chars().take(text.chars().count() / 2).collect();
            Ok(answer(half))
        }
        Action::Body => {
            let mut other = answer(fault.body.unwrap_or_default());
            if let Some(status) = fault.status.and_then(|it| StatusCode::from_u16(it).ok()) {
                *other.status_mut() = status;
            }
            Ok(other)
        }
        _ => Ok(answer(text)),
    }
}

/// An id of the same form that is another one.
pub(crate) fn another(id: &str) -> String {
    let next = |letter: char| match letter {
        '9' => '0',
        'f' => 'a',
        'F' => 'A',
        '0'..='8' | 'a'..='e' | 'A'..='E' => {
            char::from_u32(u32::from(letter).saturating_add(1)).unwrap_or(letter)
        }
        _ => letter,
    };
    id.chars().map(next).collect()
}
