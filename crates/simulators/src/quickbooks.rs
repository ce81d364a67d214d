//! QuickBooks Online: Intuit's discovery, consent page, token and revocation endpoints, and the interface to a company's
//! books, all on one listener (quickbooks-online.md).

mod api;
mod authorize;
mod books;
mod calls;
mod companies;
mod desk;
mod discovery;
mod endpoints;
mod events;
mod gate;
mod gzip;
mod hooks;
mod limits;
mod page;
mod tokens;

use std::{
    collections::HashSet,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Running, Settings,
    control::{self, Shows},
    faults::{Action, Fault},
    running::lock,
    serve::{Arrived, Cut},
    spoil,
    state::{State, mix},
};
use hooks::Post;
use limits::Throttle;

/// What public sources leave open, or tell in two ways (§1.3, §1.4, §C).
#[derive(Debug, Clone)]
pub struct Choices {
    /// Registered redirect addresses beside Kontor's callback on this machine.
    pub redirect_uris: Vec<String>,
    /// How long a code is good for, in seconds.
    pub code_seconds: i64,
    /// How long a refresh token is still taken after another one replaced it, in seconds.
    pub old_refresh_grace_seconds: i64,
    /// What becomes of a refresh while another one with the same token is under way.
    pub parallel_refresh: ParallelRefresh,
    /// Connecting a company again ends its older connections.
    pub newest_only: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            code_seconds: 300,
            old_refresh_grace_seconds: 0,
            parallel_refresh: ParallelRefresh::SecondFails,
            newest_only: false,
        }
    }
}

/// What becomes of a refresh while another one with the same token is under way (§1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParallelRefresh {
    /// Nothing: both succeed.
    Succeeds,
    /// The second is refused.
    SecondFails,
    /// The second is refused, and the connection ends.
    RevokesAll,
}

struct Simulator {
    state: Mutex<State>,
    settings: Settings,
    credentials: Value,
    /// Refresh tokens that are being used at this moment.
    refreshing: Mutex<HashSet<String>>,
    throttle: Mutex<Throttle>,
    post: Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Disconnect {
    realm_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Register {
    redirect_uri: String,
}

/// The numbers of the companies that can be connected.
pub fn companies() -> impl Iterator<Item = &'static str> {
    companies::COMPANIES.iter().map(|it| it.realm_id)
}

/// Starts listening. Fails where the address is taken or the state's file cannot be read.
pub async fn start(settings: Settings) -> std::io::Result<Running> {
    let state = State::open("quickBooks", &settings, |_, _| false).map_err(std::io::Error::other)?;
    let credentials = credentials(settings.seed);
    let simulator = Arc::new(Simulator {
        state: Mutex::new(state),
        settings: settings.clone(),
        credentials: credentials.clone(),
        refreshing: Mutex::new(HashSet::new()),
        throttle: Mutex::default(),
        post: Post::new(settings.sender.clone()),
    });
    Post::start(&simulator);
    Running::start(&settings, credentials, move |request| {
        let simulator = Arc::clone(&simulator);
        async move { simulator.answer(&request).await }
    })
    .await
}

/// The operator's app.
fn credentials(seed: u64) -> Value {
    json!({
        "clientId": format!("AB{}", drawn(mix(seed ^ 0x0051_b001), 48)),
        "clientSecret": drawn(mix(seed ^ 0x0051_b002), 40),
        "webhookVerifierToken": hooks::verifier(seed),
    })
}

/// So many letters and digits that follow from a number.
fn drawn(number: u64, length: usize) -> String {
    let mut text = String::new();
    let mut at = 0_u64;
    while text.len() < length {
        at = at.wrapping_add(1);
        // Base 36 in the number's own digits would begin with a long run of zeros for small ones.
        let _ = write!(text, "{:016x}", mix(number ^ at.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
    let letter = |(at, it): (usize, char)| if at.is_multiple_of(3) { it.to_ascii_uppercase() } else { it };
    text.chars().take(length).enumerate().map(letter).collect()
}

/// What is answered, and what is remembered of it.
struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: String,
    /// Where the browser is sent.
    location: Option<String>,
    /// For the list of calls.
    outcome: String,
}

impl Answer {
    fn new(status: StatusCode, kind: &'static str, body: String) -> Self {
        let outcome = status.as_u16().to_string();
        Self { status, kind, body, location: None, outcome }
    }

    fn json(status: StatusCode, body: String) -> Self {
        Self::new(status, "application/json;charset=UTF-8", body)
    }

    fn html(status: StatusCode, body: String) -> Self {
        Self::new(status, "text/html;charset=UTF-8", body)
    }

    /// Says more of it in the list of calls.
    fn because(mut self, outcome: &str) -> Self {
        self.outcome = format!("{} {outcome}", self.status.as_u16());
        self
    }
}

impl Simulator {
    async fn answer(&self, request: &Arrived) -> Result<Response, Cut> {
        if control::is_meant(request) {
            let answer = match hooks::answer(self, request).await {
                Some(answer) => answer,
                None => self.control(request),
            };
            self.post.wake();
            return Ok(answer);
        }
        let path = request.uri.path();
        if path == "/favicon.ico" {
            // A browser's own curiosity is no call of anybody's.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            return Ok(response);
        }
        let operation = format!("{} {path}", request.method);
        let Ok(_inside) = self.enter(path) else { return Ok(self.too_many(&operation, path)) };
        let using = self.use_token(request);
        let parallel = using.as_ref().is_some_and(|it| it.parallel);
        let fault = spoil::meet(&self.state, &operation).await?;
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            lock(&self.state).called(&operation, "a scripted status");
            return Ok(self.with_headers(status, path));
        }
        let mut answer = self.work(request, parallel, fault.as_ref());
        lock(&self.state).called(&operation, &answer.outcome);
        if fault.as_ref().is_some_and(|it| it.action == Action::WrongId) {
            answer.body = api::about_another(&answer.body);
        }
        let Answer { status, kind, body, location, .. } = answer;
        self.post.wake();
        spoil::finish(fault, body, |body| {
            let packed = if path.starts_with("/v3/") { gzip::packed(request, &body) } else { None };
            let is_packed = packed.is_some();
            let mut response = Response::new(packed.map_or_else(|| Body::from(body), Body::from));
            if is_packed {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            if let Some(location) = location.and_then(|it| HeaderValue::from_str(&it).ok()) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            self.with_headers(response, path)
        })
    }

    fn work(&self, request: &Arrived, parallel: bool, fault: Option<&Fault>) -> Answer {
        let path = request.uri.path();
        match (&request.method, path.trim_end_matches('/')) {
            (
                &Method::GET,
                "/.well-known/openid_configuration" | "/.well-known/openid_sandbox_configuration",
            ) => Answer::json(StatusCode::OK, discovery::document(&base(request))),
            (&Method::GET, "/op/v1/jwks") => Answer::json(StatusCode::OK, "{\"keys\":[]}".to_owned()),
            (&Method::GET | &Method::POST, "/connect/oauth2") => {
                let client = text(&self.credentials, "clientId");
                let mut state = lock(&self.state);
                authorize::answer(&mut state, &self.settings.quickbooks, client, request, fault)
            }
            (&Method::POST, "/oauth2/v1/tokens/bearer") => self.token(request, parallel),
            (&Method::POST, "/v2/oauth2/tokens/revoke") => self.revoke(request),
            (&Method::GET, "/v1/openid_connect/userinfo") => api::user_info(&lock(&self.state), request),
            _ if path.starts_with("/v3/company/") => api::answer(&mut lock(&self.state), request),
            _ => Answer::html(StatusCode::NOT_FOUND, page::problem("There is no such page here.")),
        }
    }

    fn control(&self, request: &Arrived) -> Response {
        if let Some(answer) = self.limits(request) {
            return answer;
        }
        if let Some(answer) = desk::answer(&mut lock(&self.state), request) {
            return answer;
        }
        if request.method == Method::POST {
            match request.uri.path() {
                "/_sim/disconnect" => return self.disconnect(request),
                "/_sim/redirect-uris" => return self.register(request),
                _ => {}
            }
        }
        let shows = Shows {
            title: "QuickBooks Online (simulated)",
            tokens: tokens::listed,
            objects: companies::listed,
            ..Shows::default()
        };
        let (registered, endpoints) = {
            let state = lock(&self.state);
            (authorize::registered(&state), hooks::endpoints(&state))
        };
        let answer = control::answer(&shows, &self.state, &self.credentials, request);
        // The app's own addresses are no part of what happened, and stay when that is forgotten.
        hooks::keep(&mut lock(&self.state), endpoints);
        for uri in registered {
            let mut state = lock(&self.state);
            if !authorize::registered(&state).contains(&uri) {
                authorize::register(&mut state, &uri);
            }
        }
        answer
    }

    /// The owner of a company ends its connections, in QuickBooks.
    fn disconnect(&self, request: &Arrived) -> Response {
        let Ok(asked) = serde_json::from_slice::<Disconnect>(&request.body) else {
            return control::wrong("send {\"realmId\": \"…\"}");
        };
        tokens::end_all(&mut lock(&self.state), &asked.realm_id);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }

    /// The operator of the app registers where people come back to.
    fn register(&self, request: &Arrived) -> Response {
        let asked = serde_json::from_slice::<Register>(&request.body).ok();
        match asked.and_then(|it| authorize::register(&mut lock(&self.state), &it.redirect_uri)) {
            Some(all) => control::json_answer(StatusCode::OK, &json!({ "redirectUris": all })),
            None => control::wrong(
                "send {\"redirectUri\": \"https://…\"}: an address without query and fragment, at most 25 of them",
            ),
        }
    }

    /// Notes that a refresh token is in use, until the returned value goes away.
    fn use_token(&self, request: &Arrived) -> Option<Using<'_>> {
        if request.uri.path().trim_end_matches('/') != "/oauth2/v1/tokens/bearer" {
            return None;
        }
        let token = endpoints::form(request).get("refresh_token").to_owned();
        let first = !token.is_empty() && self.in_use().insert(token.clone());
        Some(Using { simulator: self, parallel: !token.is_empty() && !first, token })
    }

    fn in_use(&self) -> MutexGuard<'_, HashSet<String>> {
        self.refreshing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refresh token in use.
struct Using<'a> {
    simulator: &'a Simulator,
    token: String,
    /// Somebody else was using it already.
    parallel: bool,
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        if !self.parallel {
            self.simulator.in_use().remove(&self.token);
        }
    }
}

/// Where this is reached: as whoever asks wrote it.
fn base(request: &Arrived) -> String {
    let host = request.header("host");
    let fits = url::Url::parse(&format!("http://{host}/")).is_ok_and(|it| it.path() == "/");
    format!("http://{}", if fits && !host.is_empty() { host } else { "localhost" })
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
