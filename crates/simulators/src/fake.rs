//! A provider out of a fixture: it answers what is written down, and only to exactly the request that is written down.
//!
//! Owns the strictness: another path, another header, another body, a request too many or one too few is a problem
//! that is told. Refuses to know what a template is but for the addresses in it.

mod mail;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use url::form_urlencoded;

/// A fixture: an integration, what its provider is asked and answers, and what is to come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The integration's settings; `{{fake.host}}` and `{{fake.port}}` are where the fake stands.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// Its secrets.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// What consent brought, for providers that want it.
    #[serde(default)]
    pub connected: Option<Connected>,
    /// Requests and answers, in order.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
    /// A mail server's conversation.
    #[serde(default)]
    pub mail: Option<mail::Mail>,
    /// What is to come of the connection test.
    pub expected: Expected,
}

/// What consent brought.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connected {
    /// The access token.
    pub access_token: String,
    /// Facts about the account.
    #[serde(default)]
    pub account: BTreeMap<String, String>,
}

/// A request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    request: Asked,
    answer: Answer,
}

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    form: Option<BTreeMap<String, String>>,
    body: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    body: Option<String>,
}

/// What is to come of a connection test.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Whether it passes.
    pub success: bool,
    /// What its details say, among other words.
    #[serde(default)]
    pub says: Vec<String>,
}

/// What happened so far.
#[derive(Default)]
struct Course {
    again: bool,
    next: usize,
    problems: Vec<String>,
}

type Shared = Arc<(Vec<Exchange>, Mutex<Course>)>;

/// A fake that runs; it ends when it is dropped.
pub struct Fake {
    /// Where it stands.
    pub address: SocketAddr,
    shared: Shared,
    mail: Option<mail::Course>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fixture {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fixture: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if fixture.exchanges.is_empty() == fixture.mail.is_none() {
            return Err("a fixture has either [[exchanges]] or [mail]".to_owned());
        }
        Ok(fixture)
    }

    /// The settings, with the fake's own place filled in.
    pub fn configuration(&self, at: SocketAddr) -> BTreeMap<String, String> {
        let fill = |value: &String| {
            value
                .replace("{{fake.host}}", &at.ip().to_string())
                .replace("{{fake.port}}", &at.port().to_string())
        };
        self.configuration.iter().map(|(key, value)| (key.clone(), fill(value))).collect()
    }
}

impl Fake {
    /// Starts one on a free port of this machine. Each request is made once, in the fixture's order.
    pub async fn start(fixture: &Fixture) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Self::serve(fixture, listener, Mutex::default())
    }

    /// Starts one at an address. The fixture begins anew when it is over, and after a request that is not in it.
    pub async fn play(fixture: &Fixture, at: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(at).await?;
        Self::serve(fixture, listener, Mutex::new(Course { again: true, ..Course::default() }))
    }

    fn serve(fixture: &Fixture, listener: TcpListener, course: Mutex<Course>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared: Shared = Arc::new((fixture.exchanges.clone(), course));
        if let Some(mail) = &fixture.mail {
            let course = mail::Course::default();
            let task = tokio::spawn(mail::serve(listener, mail.clone(), course.clone()));
            return Ok(Self { address, shared, mail: Some(course), task });
        }
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "a fake ended");
            }
        });
        Ok(Self { address, shared, mail: None, task })
    }

    /// What was not as it is written down; empty when all of it was.
    pub fn problems(&self) -> Vec<String> {
        if let Some(course) = &self.mail {
            return course.problems();
        }
        let course = self.shared.1.lock().unwrap_or_else(PoisonError::into_inner);
        let mut problems = course.problems.clone();
        let missing = self.shared.0.len().saturating_sub(course.next);
        if missing > 0 && problems.is_empty() {
            problems.push(format!("{missing} request(s) of the fixture were never made"));
        }
        problems
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut course = shared.1.lock().unwrap_or_else(PoisonError::into_inner);
    let at = if course.again && course.next >= shared.0.len() { 0 } else { course.next };
    course.next = at.saturating_add(1);
    let Some(exchange) = shared.0.get(at) else {
        course.problems.push(format!("{method} {uri} is one request too many"));
        return StatusCode::NOT_IMPLEMENTED.into_response();
    };
    let problems = exchange.request.differences(&method, &uri, &headers, &body);
    if !problems.is_empty() {
        if course.again {
            course.next = 0;
            return (StatusCode::NOT_IMPLEMENTED, problems.join("\n")).into_response();
        }
        course.problems.extend(problems);
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    exchange.answer.response()
}

type Pairs = Vec<(String, String)>;

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

fn pairs(text: &[u8]) -> Pairs {
    sorted(form_urlencoded::parse(text).into_owned().collect())
}

impl Asked {
    fn differences(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut same = |what: &str, expected: &str, found: &str| {
            if expected != found {
                problems.push(format!("the {what} should be {expected:?} and is {found:?}"));
            }
        };
        same("method", &self.method, method.as_str());
        same("path", &self.path, uri.path());
        let query = sorted(self.query.clone().into_iter().collect());
        let found = pairs(uri.query().unwrap_or_default().as_bytes());
        same("query", &format!("{query:?}"), &format!("{found:?}"));
        let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
        for (name, value) in &self.headers {
            same(&format!("header {name}"), value, header(name));
        }
        if !self.headers.keys().any(|it| it.eq_ignore_ascii_case("authorization")) {
            same("header authorization", "", header("authorization"));
        }
        match (&self.json, &self.form, &self.body) {
            (Some(json), ..) => {
                let found: Value = serde_json::from_slice(body).unwrap_or_default();
                same("body", &json.to_string(), &found.to_string());
                same("content type", "application/json", header("content-type"));
            }
            (_, Some(form), _) => {
                let form = sorted(form.clone().into_iter().collect());
                same("form", &format!("{form:?}"), &format!("{:?}", pairs(body)));
                same("content type", "application/x-www-form-urlencoded", header("content-type"));
            }
            (_, _, text) => {
                let text = text.as_deref().unwrap_or_default();
                same("body", text, &String::from_utf8_lossy(body));
            }
        }
        problems
    }
}

impl Answer {
    fn response(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
        let json = self.json.as_ref().map(Value::to_string);
        let kind = if json.is_some() { "application/json" } else { "text/plain" };
        let body = json.or_else(|| self.body.clone()).unwrap_or_default();
        let mut response = (status, [("content-type", kind)], body).into_response();
        for (name, value) in &self.headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value.parse()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A template's text with the fake in place of every host of it, and another name in place of the provider's.
pub fn redirected(template: &str, provider: Option<&str>, at: SocketAddr) -> Result<String, String> {
    let mut table: toml::Table = toml::from_str(template).map_err(|error| error.to_string())?;
    for (key, value) in &mut table {
        if key != "documentation_url" {
            redirect(value, at);
        }
    }
    if table.contains_key("allowed_hosts") {
        table.insert("allowed_hosts".to_owned(), toml::Value::Array(vec![at.to_string().into()]));
    }
    if let Some(provider) = provider {
        table.insert("provider".to_owned(), provider.into());
    }
    toml::to_string(&table).map_err(|error| error.to_string())
}

fn redirect(value: &mut toml::Value, at: SocketAddr) {
    match value {
        toml::Value::String(text) => {
            if let Some(rest) = text.strip_prefix("https://") {
                let path = rest.find('/').and_then(|it| rest.get(it..)).unwrap_or_default();
                *text = format!("http://{at}{path}");
            }
        }
        toml::Value::Array(list) => list.iter_mut().for_each(|it| redirect(it, at)),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, it)| redirect(it, at)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
