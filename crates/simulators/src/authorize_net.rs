//! Authorize.Net: one URL for every operation, JSON and XML, validated like the gateway's own schema; the payment page;
//! webhooks (authorizenet.md).

mod card;
mod choices;
mod desk;
mod hosted;
mod json;
mod merchant;
mod methods;
mod money;
mod nonces;
mod processor;
mod profiles;
mod record;
mod reply;
mod reports;
mod routes;
mod schema;
mod settle;
mod transact;
mod webhooks;

use std::{
    hash::RandomState,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::{Value, json};

use crate::{
    Running, Settings,
    faults::Action,
    running::lock,
    serve::{Arrived, Cut},
    spoil,
    state::{State, mix},
    xml::{self, Element},
};
use choices::Choices;
use desk::Desk;
use methods::Caller;
use reply::{Answer, Reply};

/// The one path of every operation (§1.1).
const PATH: &str = "/xml/v1/request.api";
/// The namespace of every element: no address, a name (§8).
const NAMESPACE: &str = "AnetApi/xml/v1/schema/AnetApiSchema.xsd";

/// A card that is approved (§4).
pub const TEST_CARD: &str = "4111111111111111";

struct Simulator {
    state: Arc<Mutex<State>>,
    credentials: Value,
    /// Logins and signature keys, by merchant.
    secrets: Vec<(String, String)>,
    hasher: RandomState,
    post: webhooks::Post,
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
    let state = State::open("authorizeNet", &settings, record::settled).map_err(std::io::Error::other)?;
    let credentials = credentials(settings.seed);
    let simulator = Arc::new(Simulator {
        post: webhooks::Post::of(&state, settings.sender.clone()),
        state: Arc::new(Mutex::new(state)),
        credentials: credentials.clone(),
        secrets: secrets(&credentials, settings.seed),
        hasher: RandomState::new(),
    });
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

/// What is signed with, by merchant.
fn secrets(credentials: &Value, seed: u64) -> Vec<(String, String)> {
    let all = credentials.as_array().into_iter().flatten().enumerate();
    let login = |it: &Value| it.get("ApiLoginId").and_then(Value::as_str).unwrap_or_default().to_owned();
    all.map(|(place, it)| (login(it), webhooks::signature_key(seed, place))).collect()
}

/// Letters and digits of a number; a number has enough for ten.
fn alphanumeric(mut number: u64, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let at = usize::try_from(number % 62).unwrap_or(0);
        text.extend(LETTERS.get(at).map(|it| char::from(*it)));
        number /= 62;
    }
    text
}

impl Simulator {
    async fn message(self: &Arc<Self>, request: &Arrived) -> Result<Response, Cut> {
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
        let mut root = match root {
            Ok(root) => root,
            Err(text) => return Ok(write(flavour, &Reply::refused("E00003", &text))),
        };
        let fault = spoil::meet(&self.state, &root.name).await?;
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let mut reply = self.execute(&mut root, flavour);
        lock(&self.state).called(&root.name, reply.code());
        let is_wrong = fault.as_ref().is_some_and(|it| it.action == Action::WrongId);
        if is_wrong {
            reply.ref_id = reply.ref_id.map(|it| spoil::another(&it));
        }
        let mut text = reply.text(flavour == Flavour::Json);
        if is_wrong {
            text = reply::about_another(&text);
        }
        spoil::finish(fault, text, |text| respond(text, flavour.content_type()))
    }

    fn execute(self: &Arc<Self>, root: &mut Element, flavour: Flavour) -> Reply {
        if flavour != Flavour::Json && root.namespace != NAMESPACE {
            return Reply::refused("E00045", "The root node does not reference a valid XML namespace.");
        }
        let Some(operation) = methods::operation(&root.name) else {
            return if flavour == Flavour::Json {
                let text = format!("The '{NAMESPACE}:{}' element is not declared.", root.name);
                Reply::refused("E00003", &text)
            } else {
                Reply::refused("E00004", "The name of the requested API method is invalid.")
            };
        };
        let mut state = lock(&self.state);
        let choices = Choices::of(&state);
        if choices.bare_lists {
            schema::wrap_bare_lists(root);
        }
        if let Err(text) = schema::check(root) {
            return Reply::refused("E00003", &text);
        }
        let ref_id = root.child("refId").map(|it| it.text.clone());
        let merchant = match operation.caller {
            Caller::Nobody => Ok(0),
            caller => self.merchant(root, caller),
        };
        let answer = match merchant {
            Err((code, text)) => Answer::error(code, text),
            Ok(_) if operation.is_report && !choices.reporting => Answer::error(
                "E00011",
                "Access denied. You do not have permissions to call the Transaction Details API.",
            ),
            Ok(merchant) => {
                let mut desk = self.desk(&mut state, merchant, choices);
                let answer = (operation.answer)(&mut desk, root);
                let events = desk.events;
                let queued = webhooks::queue(&mut state, merchant, &events);
                self.send(queued);
                answer
            }
        };
        Reply::of(operation.reply, ref_id, answer)
    }

    fn desk<'a>(&'a self, state: &'a mut State, merchant: usize, choices: Choices) -> Desk<'a> {
        let (hasher, secrets) = (&self.hasher, self.secrets.as_slice());
        Desk { state, merchant, choices, hasher, secrets, events: Vec::new() }
    }

    /// Whose request it is, by its place among the credentials; or the code that refuses it (§2, §3.2).
    fn merchant(&self, root: &Element, caller: Caller) -> Result<usize, (&'static str, &'static str)> {
        let sent = |name: &str| {
            let value = root.child("merchantAuthentication")?.child(name)?;
            Some(value.text.as_str()).filter(|it| !it.is_empty())
        };
        let is_page = caller == Caller::Page;
        let (wanted, unwanted) =
            if is_page { ("clientKey", "transactionKey") } else { ("transactionKey", "clientKey") };
        let key = sent(wanted);
        if key.is_none() && sent(unwanted).is_some() {
            return Err(("E00059", "The authentication type is not allowed for this method call."));
        }
        let others =
            ["sessionToken", "password", "impersonationAuthentication", "accessToken", "fingerPrint"];
        let other = root
            .child("merchantAuthentication")
            .is_some_and(|it| others.iter().any(|name| it.child(name).is_some()));
        if key.is_none() && !other {
            return Err(("E00005", "The transaction key or API key is invalid or not present."));
        }
        let Some(login) = sent("name") else {
            return Err(("E00006", "The API user name is invalid or not present."));
        };
        let is = |it: &Value, name: &str, value: &str| it.get(name).and_then(Value::as_str) == Some(value);
        let known = self.credentials.as_array().into_iter().flatten().enumerate();
        let mut fitting = known.filter(|(place, it)| {
            let right = |key: &str| {
                if is_page { merchant::public_key(*place) == key } else { is(it, "TransactionKey", key) }
            };
            is(it, "ApiLoginId", login) && key.is_some_and(right)
        });
        let found = fitting.next().map(|it| it.0);
        found.ok_or(("E00007", "User authentication failed due to invalid authentication values."))
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
