//! What stands before and around every call: how many are let in, and what every answer carries.

use std::sync::{MutexGuard, PoisonError};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use hyper::Method;
use serde_json::Value;

use super::{
    Simulator, api, desk,
    limits::{Limits, Throttle},
};
use crate::{control, running::lock, serve::Arrived};

/// A call under way, counted.
pub(super) struct Inside<'a> {
    simulator: &'a Simulator,
    realm_id: Option<String>,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(realm_id) = &self.realm_id {
            self.simulator.throttle().leave(realm_id);
        }
    }
}

/// Over a limit.
pub(super) struct TooMany;

impl Simulator {
    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call below a company in, until the returned value goes away.
    pub(super) fn enter(&self, path: &str) -> Result<Inside<'_>, TooMany> {
        let mut parts = path.trim_start_matches('/').split('/');
        let realm_id = match (parts.next(), parts.next(), parts.next()) {
            (Some("v3"), Some("company"), Some(realm_id)) => realm_id.to_owned(),
            _ => return Ok(Inside { simulator: self, realm_id: None }),
        };
        let is_batch = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("batch"));
        let now = lock(&self.state).now();
        if self.throttle().enter(&realm_id, is_batch, now) {
            Ok(Inside { simulator: self, realm_id: Some(realm_id) })
        } else {
            Err(TooMany)
        }
    }

    /// The refusal of one call too many.
    pub(super) fn too_many(&self, operation: &str, path: &str) -> Response {
        let (xml, retry_after) = {
            let limits = &self.throttle().limits;
            (limits.xml, limits.retry_after)
        };
        let answer = {
            let mut state = lock(&self.state);
            let answer = api::throttled(state.now(), xml);
            state.called(operation, &answer.outcome);
            answer
        };
        let mut response = Response::new(answer.body.into());
        *response.status_mut() = answer.status;
        let kind = HeaderValue::from_static(answer.kind);
        response.headers_mut().insert("content-type", kind);
        if retry_after {
            response.headers_mut().insert("retry-after", HeaderValue::from_static("60"));
        }
        self.with_headers(response, path)
    }

    /// `/_sim/quickbooks/limits`: what is allowed, and how near anybody came to it.
    pub(super) fn limits(&self, request: &Arrived) -> Option<Response> {
        if request.uri.path().trim_end_matches('/') != "/_sim/quickbooks/limits" {
            return None;
        }
        let mut throttle = self.throttle();
        Some(match request.method {
            Method::GET => control::json_answer(StatusCode::OK, &throttle.told()),
            Method::DELETE => {
                throttle.forget();
                desk::empty()
            }
            Method::POST => {
                let mut all = serde_json::json!(throttle.limits);
                let Ok(Value::Object(sent)) = serde_json::from_slice(&request.body) else {
                    return Some(control::wrong("send an object of limits"));
                };
                for (key, value) in sent {
                    all[key] = value;
                }
                match serde_json::from_value::<Limits>(all) {
                    Ok(limits) => {
                        throttle.limits = limits;
                        control::json_answer(StatusCode::OK, &throttle.told())
                    }
                    Err(error) => control::wrong(&format!("not a limit: {error}")),
                }
            }
            _ => control::wrong("GET, POST or DELETE"),
        })
    }

    /// What every answer carries (§1.4, §1.7, §2.2).
    pub(super) fn with_headers(&self, mut response: Response, path: &str) -> Response {
        let trace = lock(&self.state).trace();
        let is_api = path.starts_with("/v3/");
        let headers = response.headers_mut();
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        put("intuit_tid", &trace);
        put("server", "nginx");
        put("strict-transport-security", "max-age=15552000");
        if is_api {
            put("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private");
            put("expires", "0");
            put("vary", "Accept-Encoding");
        } else {
            put("cache-control", "no-cache, no-store");
            put("pragma", "no-cache");
        }
        response
    }
}
