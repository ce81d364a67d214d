//! Authorize.Net as far as a connection test needs it: one URL, JSON and XML, validated like the gateway's own schema
//! (authorizenet.md §1, §2.1, §2.2).

mod json;
mod methods;
mod reply;
mod schema;

use std::sync::{Arc, Mutex};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    Running, Settings,
    control::{self, Shows},
    faults::Action,
    running::lock,
    serve::{Arrived, Cut},
    spoil,
    state::{State, mix},
    xml::{self, Element},
};
use reply::Reply;

/// The one path of every operation (§1.1).
const PATH: &str = "/xml/v1/request.api";
/// The namespace of every element: no address, a name (§8).
const NAMESPACE: &str = "AnetApi/xml/v1/schema/AnetApiSchema.xsd";

struct Simulator {
    state: Mutex<State>,
    credentials: Value,
}

/// How a message is written, and under which content type (§1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Json,
    TextXml,
    ApplicationXml,
}

impl Flavour {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::TextXml => "text/xml; charset=utf-8",
            Self::ApplicationXml => "application/xml; charset=utf-8",
        }
    }

    /// What the first letter says, where the header does not.
    fn sniffed(body: &[u8]) -> Self {
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if text.trim_ascii_start().starts_with(b"<") { Self::TextXml } else { Self::Json }
    }
}

/// Starts listening. Fails where the address is taken or the state's file cannot be read.
pub async fn start(settings: Settings) -> std::io::Result<Running> {
    let state = State::open("authorizeNet", &settings, |_, _| false).map_err(std::io::Error::other)?;
    let credentials = credentials(settings.seed);
    let simulator = Arc::new(Simulator { state: Mutex::new(state), credentials: credentials.clone() });
    Running::start(&settings, credentials, move |request| {
        let simulator = Arc::clone(&simulator);
        async move { simulator.answer(&request).await }
    })
    .await
}

/// Two merchants. A login is eight characters or more, a key sixteen (§6, 12).
fn credentials(seed: u64) -> Value {
    let one = |place: u64| {
        let drawn = |at: u64| mix(seed ^ place.wrapping_mul(7_000_003).wrapping_add(at));
        json!({
            "ApiLoginId": alphanumeric(drawn(1), 10),
            "TransactionKey": alphanumeric(drawn(2), 10) + &alphanumeric(drawn(3), 6),
        })
    };
    json!([one(1), one(2)])
}

/// Letters and digits of a number; a number has enough for ten.
fn alphanumeric(mut number: u64, length: usize) -> String {
    const LETTERS: [char; 62] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J',
        'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd',
        'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x',
        'y', 'z',
    ];
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let at = usize::try_from(number % 62).unwrap_or(0);
        text.extend(LETTERS.get(at));
        number /= 62;
    }
    text
}

impl Simulator {
    async fn answer(&self, request: &Arrived) -> Result<Response, Cut> {
        if control::is_meant(request) {
            let shows = Shows { title: "Authorize.Net (simulated)", ..Shows::default() };
            return Ok(control::answer(&shows, &self.state, &self.credentials, request));
        }
        if request.uri.path() != PATH {
            return Ok(StatusCode::NOT_FOUND.into_response());
        }
        match request.method {
            Method::POST => self.message(request).await,
            Method::OPTIONS => Ok(respond(String::new(), "text/plain; charset=utf-8")),
            _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
        }
    }

    async fn message(&self, request: &Arrived) -> Result<Response, Cut> {
        let kind = request.header("content-type").split(';').next().unwrap_or_default().trim();
        let flavour = match kind.to_ascii_lowercase().as_str() {
            "application/json" => Flavour::Json,
            "text/xml" => Flavour::TextXml,
            "application/xml" => Flavour::ApplicationXml,
            "" => Flavour::sniffed(&request.body),
            _ => {
                let reply = Reply::refused("E00002", "The content-type specified is not supported.");
                return Ok(write(Flavour::sniffed(&request.body), &reply));
            }
        };
        let root = match flavour {
            Flavour::Json => json::read(&request.body),
            _ => xml::parse(&request.body),
        };
        let root = match root {
            Ok(root) => root,
            Err(text) => return Ok(write(flavour, &Reply::refused("E00003", &text))),
        };
        let fault = spoil::meet(&self.state, &root.name).await?;
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let mut reply = self.execute(&root, flavour);
        lock(&self.state).called(&root.name, reply.code());
        if fault.as_ref().is_some_and(|it| it.action == Action::WrongId) {
            reply.ref_id = reply.ref_id.map(|it| spoil::another(&it));
        }
        let text = reply.text(flavour == Flavour::Json);
        spoil::finish(fault, text, |text| respond(text, flavour.content_type()))
    }

    fn execute(&self, root: &Element, flavour: Flavour) -> Reply {
        if flavour != Flavour::Json && root.namespace != NAMESPACE {
            return Reply::refused("E00045", "The root node does not reference a valid XML namespace.");
        }
        let Some(operation) = schema::operation(&root.name) else {
            return if flavour == Flavour::Json {
                let text = format!("The '{NAMESPACE}:{}' element is not declared.", root.name);
                Reply::refused("E00003", &text)
            } else {
                Reply::refused("E00004", "The name of the requested API method is invalid.")
            };
        };
        if let Err(text) = schema::check(root, operation.content) {
            return Reply::refused("E00003", &text);
        }
        let ref_id = root.child("refId").map(|it| it.text.clone());
        let merchant = if operation.signed { self.merchant(root) } else { Ok(0) };
        let answered = merchant.map(|place| (operation.answer)(place));
        Reply::of(operation.reply, ref_id, answered)
    }

    /// Whose request it is, by its place among the credentials; or the code that refuses it (§2, §3.2).
    fn merchant(&self, root: &Element) -> Result<usize, (&'static str, &'static str)> {
        let sent = |name: &str| {
            let value = root.child("merchantAuthentication")?.child(name)?;
            Some(value.text.as_str()).filter(|it| !it.is_empty())
        };
        let others = ["sessionToken", "password", "impersonationAuthentication", "clientKey", "accessToken"];
        let other = root.child("merchantAuthentication").is_some_and(|it| {
            it.children
                .iter()
                .any(|child| others.contains(&child.name.as_str()) || child.name == "fingerPrint")
        });
        let key = sent("transactionKey");
        if key.is_none() && !other {
            return Err(("E00005", "The transaction key or API key is invalid or not present."));
        }
        let Some(login) = sent("name") else {
            return Err(("E00006", "The API user name is invalid or not present."));
        };
        let is = |it: &Value, name: &str, value: &str| it.get(name).and_then(Value::as_str) == Some(value);
        let mut known = self.credentials.as_array().into_iter().flatten();
        known
            .position(|it| {
                is(it, "ApiLoginId", login) && key.is_some_and(|key| is(it, "TransactionKey", key))
            })
            .ok_or(("E00007", "User authentication failed due to invalid authentication values."))
    }
}

fn write(flavour: Flavour, reply: &Reply) -> Response {
    respond(reply.text(flavour == Flavour::Json), flavour.content_type())
}

/// Always 200, always with a byte order mark, with the headers that were observed (§1.1).
fn respond(text: String, kind: &'static str) -> Response {
    let body = if text.is_empty() { text } else { format!("\u{feff}{text}") };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::SERVER, HeaderValue::from_static("Microsoft-IIS/7.5"));
    headers.insert("x-aspnet-version", HeaderValue::from_static("4.0.30319"));
    headers.insert("x-powered-by", HeaderValue::from_static("ASP.NET"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST,OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("x-requested-with,cache-control,content-type,origin,method"),
    );
    response
}
