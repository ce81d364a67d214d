//! Worldpay Express: the XML interface, tokens, the report and the page on one listener (worldpay-express.md). The
//! namespace decides which host a message is for.

mod accounts;
mod batch;
mod cards;
mod charge;
mod fields;
mod follow;
mod hosted;
mod means;
mod methods;
mod page;
mod query;
mod record;
mod redirect;
mod reply;
mod rotation;
mod schema;

use std::{
    hash::RandomState,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use cards::luhn;

pub use crate::Running;
use crate::{
    Settings,
    control::{self, Shows},
    faults::Action,
    ledger::Transaction,
    running::lock,
    serve::{Arrived, Cut},
    spoil,
    state::{State, mix},
    xml,
};
use charge::Kind;
use hosted::{Posted, Shown};
use schema::Method as Call;

/// A card that is approved (worldpay-express.md §6).
pub const TEST_CARD: &str = "4111111111111111";

struct Simulator {
    state: Mutex<State>,
    settings: Settings,
    credentials: Value,
    hasher: RandomState,
}

/// Starts listening. Fails where the address is taken or the state's file cannot be read.
pub async fn start(settings: Settings) -> std::io::Result<Running> {
    let state = State::open("worldpay", &settings, settled).map_err(std::io::Error::other)?;
    let credentials = credentials(settings.seed);
    let simulator = Arc::new(Simulator {
        state: Mutex::new(state),
        settings: settings.clone(),
        credentials: credentials.clone(),
        hasher: RandomState::new(),
    });
    Running::start(&settings, credentials, move |request| {
        let simulator = Arc::clone(&simulator);
        async move { simulator.answer(request).await }
    })
    .await
}

/// What moved money is settled when the day of its batch is over in Central time (worldpay-express.md §3.15).
fn settled(it: &Transaction, now: Timestamp) -> bool {
    let day = |at: Timestamp| at.to_zoned(reply::central()).date();
    matches!(it.kind.as_str(), "sale" | "capture" | "refund")
        && it.status == "approved"
        && day(it.created_at) < day(now)
}

fn credentials(seed: u64) -> Value {
    let one = |place: u64| {
        let part = |at: u64| format!("{:016X}", mix(seed ^ place.wrapping_mul(1_000_003).wrapping_add(at)));
        let token: String = (0..5).map(part).collect();
        json!({
            "AccountId": 1_000_000_u64.wrapping_add(place).to_string(),
            "AccountToken": token.get(..72).unwrap_or_default(),
            "AcceptorId": 300_000_000_u64.wrapping_add(place).to_string(),
            "ApplicationId": 20_000_u64.wrapping_add(place).to_string(),
        })
    };
    json!([one(1), one(2)])
}

impl Simulator {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    async fn answer(&self, request: Arrived) -> Result<Response, Cut> {
        let path = request.uri.path();
        if control::is_meant(&request) {
            let title = "Worldpay Express (simulated)";
            let shown = Shows { title, tokens: accounts::listed, ..Shows::default() };
            let credentials = rotation::credentials(&self.state(), &self.credentials);
            return Ok(control::answer(&shown, &self.state, &credentials, &request));
        }
        if path != "/" {
            return Ok(StatusCode::NOT_FOUND.into_response());
        }
        match (setup_id(&request), &request.method) {
            (Some(id), &Method::GET) => Ok(html(self.show(&id))),
            (Some(id), &Method::POST) => self.post(&id, &request).await,
            (None, &Method::POST) => self.message(&request).await,
            _ => Ok(html(page::refused("TransactionSetupID required"))),
        }
    }

    fn show(&self, id: &str) -> String {
        let mut state = self.state();
        match hosted::find(&mut state, id) {
            Ok(setup) => page::form(&setup, &[], state.now()),
            Err(page) => page,
        }
    }

    /// The page's form.
    async fn post(&self, id: &str, request: &Arrived) -> Result<Response, Cut> {
        let posted = Posted::read(&request.body);
        let fault = if posted.is_cancel() { None } else { spoil::meet(&self.state, "HostedPayment").await? };
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let shown = {
            let mut state = self.state();
            match hosted::find(&mut state, id) {
                Err(page) => Shown::Page(page),
                Ok(setup) if posted.is_cancel() => hosted::cancel(&mut state, setup),
                Ok(setup) => hosted::submit(&mut state, setup, &posted, &self.hasher),
            }
        };
        let outcome = if matches!(shown, Shown::Page(_)) { "stays" } else { "leaves" };
        self.state().called("HostedPayment", outcome);
        let action = fault.as_ref().map(|it| it.action.clone());
        let text = match shown {
            Shown::Page(page) => page,
            Shown::Back { setup, mut pairs } => {
                if action == Some(Action::WrongId) {
                    for pair in pairs.iter_mut().filter(|pair| pair.0 == "TransactionSetupID") {
                        pair.1 = spoil::another(&pair.1);
                    }
                }
                let leave = match action {
                    Some(Action::NoRedirect) => page::Leave::Never,
                    Some(Action::DuplicateRedirect) => page::Leave::Twice,
                    _ if self.settings.return_by_post => page::Leave::ByPost,
                    _ => page::Leave::Once,
                };
                page::back(&setup, &pairs, leave)
            }
        };
        spoil::finish(fault, text, html)
    }

    /// A message of the XML interface.
    async fn message(&self, request: &Arrived) -> Result<Response, Cut> {
        let root = match xml::parse(&request.body) {
            Ok(root) => root,
            Err(text) => return Ok(answer_xml(reply::invalid(schema::TRANSACTION, &text))),
        };
        let fault = spoil::meet(&self.state, &root.name).await?;
        if let Some(status) = spoil::nothing_done(fault.as_ref()) {
            return Ok(status);
        }
        let mut text = self.execute(&root);
        let code = text.split_once("<ExpressResponseCode>").and_then(|(_, rest)| rest.split_once('<'));
        self.state().called(&root.name, code.map_or("", |(code, _)| code));
        if fault.as_ref().is_some_and(|it| it.action == Action::WrongId) {
            text = reply::about_another(&text);
        }
        spoil::finish(fault, text, answer_xml)
    }

    fn execute(&self, root: &xml::Element) -> String {
        let method = match schema::check(root) {
            Ok(method) => method,
            Err(text) => {
                let known =
                    [schema::REPORTING, schema::SERVICES].into_iter().find(|it| *it == root.namespace);
                return reply::invalid(known.unwrap_or(schema::TRANSACTION), &text);
            }
        };
        if let Some(refusal) = self.refuse(root) {
            return refusal;
        }
        let account = root.get(&["Credentials", "AccountID"]);
        let mut state = self.state();
        let state = &mut *state;
        match method {
            Call::HealthCheck => methods::health_check(state),
            Call::TransactionSetup => {
                methods::transaction_setup(state, root, self.settings.hosted_window_seconds)
            }
            Call::TransactionSetupExpire => methods::transaction_setup_expire(state, root, account),
            Call::TransactionQuery => {
                query::transaction_query(state, root, account, self.settings.lower_case_reports)
            }
            Call::AccountTokenCreate => rotation::create(state, account),
            Call::AccountTokenActivate => rotation::activate(state, root, account),
            Call::Sale => charge::charge(state, root, Kind::Sale, &self.hasher),
            Call::Authorization => charge::charge(state, root, Kind::Authorization, &self.hasher),
            Call::AvsOnly => charge::charge(state, root, Kind::AvsOnly, &self.hasher),
            Call::Completion => follow::complete(state, root),
            Call::Return => follow::give_back(state, root),
            Call::Void => follow::void(state, root),
            Call::Reversal => follow::reverse(state, root),
            Call::PaymentAccountCreate => accounts::create(state, root, account),
            Call::PaymentAccountCreateWithTransId => accounts::create_of_transaction(state, root, account),
            Call::PaymentAccountUpdate => accounts::update(state, root, account),
            Call::PaymentAccountDelete => accounts::delete(state, root, account),
            Call::PaymentAccountQuery => accounts::query(state, root, account),
        }
    }

    /// Who may not ask (worldpay-express.md §1.2: inferred).
    fn refuse(&self, root: &xml::Element) -> Option<String> {
        let of = |class: &str, name: &str| root.get(&[class, name]);
        let sent = [
            ("AccountId", of("Credentials", "AccountID")),
            ("AccountToken", of("Credentials", "AccountToken")),
            ("AcceptorId", of("Credentials", "AcceptorID")),
            ("ApplicationId", of("Application", "ApplicationID")),
        ];
        if sent.iter().any(|(_, value)| value.is_empty()) {
            return Some(reply::invalid(&root.namespace, "Invalid Request"));
        }
        let credentials = rotation::credentials(&self.state(), &self.credentials);
        let known = credentials.as_array().into_iter().flatten();
        let refused =
            |code, text| Some(reply::reply(&root.namespace, &root.name, &reply::outcome(code, text)));
        let Some(account) =
            known.into_iter().find(|it| it.get("AccountId").and_then(Value::as_str) == Some(sent[0].1))
        else {
            return refused("102", "Invalid Account");
        };
        let right = sent.iter().all(|(key, value)| account.get(key).and_then(Value::as_str) == Some(value));
        if right { None } else { refused("104", "Authorization failed") }
    }
}

/// The id in the query, whose name may be written in any case (§5).
fn setup_id(request: &Arrived) -> Option<String> {
    let query = request.uri.query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name.eq_ignore_ascii_case("TransactionSetupID"))
        .map(|(_, id)| id.into_owned())
}

/// An answer of the XML interface, with the headers that were observed (§1).
fn answer_xml(text: String) -> Response {
    with_headers(text, "text/xml; charset=utf-8")
}

fn html(text: String) -> Response {
    let mut response = with_headers(text, "text/html; charset=utf-8");
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn with_headers(text: String, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::SERVER, HeaderValue::from_static("Microsoft-IIS/7.5"));
    headers.insert("x-powered-by", HeaderValue::from_static("ASP.NET"));
    response
}
