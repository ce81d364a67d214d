//! What can be called below `/v3/company/{realm}/`: objects one by one, queries, batches, what changed, and what was
//! asked before (quickbooks-online.md §2.1, §2.7, §4).

mod batch;
mod changed;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Answer,
    api::{self, Wants},
    books::{
        self, Books, checked_id, fault,
        fault::Fault,
        query, taxes,
        write::{self, Asked, Operation},
    },
    companies::Company,
    gzip,
};
use crate::{serve::Arrived, state::State};

/// The longest request id.
const REQUEST_ID: usize = 50;
/// Answers that were given to a request id.
const ANSWERED: &str = "books.answered";

/// An answer that is given again to the same request id.
#[derive(Serialize, Deserialize)]
struct Answered {
    xml: bool,
    body: String,
}

/// The parameters of an address.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(request: &Arrived) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().take(50).collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    fn includes(&self, what: &str) -> bool {
        self.get("include").split(',').any(|it| it.trim().eq_ignore_ascii_case(what))
    }
}

/// Answers a call of somebody who was let in.
pub(super) fn answer(
    state: &mut State,
    request: &Arrived,
    company: &'static Company,
    rest: &[&str],
    wants: Wants,
) -> Answer {
    let mut books = Books::open(state, company, false);
    let parameters = Parameters::of(request);
    let path: Vec<String> = rest.iter().map(|it| it.to_ascii_lowercase()).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if books.switches.lost_access {
        return api::fault(&fault::no_access(), wants);
    }
    let faults_are_ok = books.switches.faults_are_ok;
    let answered = match request.method.as_str() {
        "GET" => read(&mut books, &path, &parameters, wants),
        "POST" => once(&mut books, request, &path, &parameters, wants),
        other => Err(no_method(other)),
    };
    answered.unwrap_or_else(|fault| {
        let mut answer = api::fault(&fault, wants);
        if faults_are_ok {
            answer.status = StatusCode::OK;
        }
        answer
    })
}

fn no_method(method: &str) -> Fault {
    fault::unsupported(&format!("No resource method found for {method}, return 405 with Allow header"))
}

fn read(
    books: &mut Books<'_>,
    path: &[&str],
    parameters: &Parameters,
    wants: Wants,
) -> Result<Answer, Fault> {
    match path {
        // Clients ask by the company's number; its own id is 1 (§3.1).
        ["companyinfo", id] if *id == books.company.realm_id || *id == "1" => {
            Ok(api::found("CompanyInfo", &books.info(), wants))
        }
        ["companyinfo", _] => Err(fault::not_found()),
        ["preferences"] => Ok(api::found("Preferences", &books.preferences(), wants)),
        ["query"] => queried(books, parameters.get("query"), wants),
        ["cdc"] => changed::answer(books, parameters.get("entities"), parameters.get("changedSince"), wants),
        [name] if books::entity(name).is_some() => Err(no_method("GET")),
        [name, id] => {
            let entity = books::entity(name).ok_or_else(|| no_method("GET"))?;
            checked_id(id)?;
            let found = books.get(entity.name, id).ok_or_else(fault::not_found)?;
            Ok(api::found(entity.name, &json!(found), wants))
        }
        _ => Err(no_method("GET")),
    }
}

fn queried(books: &Books<'_>, text: &str, wants: Wants) -> Result<Answer, Fault> {
    let found = query::run(books, text)?;
    Ok(api::found("QueryResponse", &found, wants))
}

/// Changes things; what was answered to the same request id is answered again (§2.7).
fn once(
    books: &mut Books<'_>,
    request: &Arrived,
    path: &[&str],
    parameters: &Parameters,
    wants: Wants,
) -> Result<Answer, Fault> {
    let id = parameters.get("requestid");
    let length = id.chars().count();
    if length > REQUEST_ID {
        return Err(too_long(id));
    }
    let place = format!("{}.{id}", books.company.realm_id);
    // A batch makes an id of its own for each of its items.
    let is_one = length > 0 && path != ["batch"] && path != ["query"];
    if is_one && batch::is_answered(books, id) {
        return Err(fault::duplicate_request());
    }
    if is_one && let Some(before) = books.state.own::<Answered>(ANSWERED, &place) {
        let kind = if before.xml { "application/xml" } else { "application/json;charset=UTF-8" };
        return Ok(Answer::new(StatusCode::OK, kind, before.body).because("again"));
    }
    let body = gzip::opened(request).map_err(|()| fault::unreadable("body"))?;
    let body = String::from_utf8(body).map_err(|_| {
        let what = "MalformedByteSequenceException: Invalid byte 1 of 1-byte UTF-8 sequence";
        fault::unsupported(what)
    })?;
    let answer = change(books, path, parameters, &body, wants)?;
    if is_one && books.state.has_place(ANSWERED) {
        let kept = Answered { xml: answer.kind == "application/xml", body: answer.body.clone() };
        books.state.set_own(ANSWERED, &place, &kept);
    }
    Ok(answer)
}

/// Whether that id was used for a single write.
fn is_used(books: &Books<'_>, id: &str) -> bool {
    books.state.row(ANSWERED, &format!("{}.{id}", books.company.realm_id)).is_some()
}

/// The words that were recorded (§2.7).
fn too_long(id: &str) -> Fault {
    let start: String = id.chars().take(10).collect();
    fault::business(&format!(
        "You cannot enter more than 50 characters in the request_id field. You tried entering {start}..., which is {} \
         characters.",
        id.chars().count()
    ))
}

fn change(
    books: &mut Books<'_>,
    path: &[&str],
    parameters: &Parameters,
    body: &str,
    wants: Wants,
) -> Result<Answer, Fault> {
    match path {
        // The statement is the body, or stands in the address as it does in a GET.
        ["query"] if body.trim().is_empty() => return queried(books, parameters.get("query"), wants),
        ["query"] => return queried(books, body.trim(), wants),
        [name, id, "send"] => {
            let entity =
                books::entity(name).filter(|it| it.is_transaction).ok_or_else(|| no_method("POST"))?;
            let object = write::send(books, entity, id, parameters.get("sendTo"))?;
            return Ok(api::found(entity.name, &json!(object), wants));
        }
        _ => {}
    }
    let sent = serde_json::from_str::<Value>(body).ok();
    let Some(Value::Object(sent)) = sent else { return Err(fault::unreadable("body")) };
    match path {
        ["batch"] => batch::answer(books, &sent, parameters.get("requestid"), wants),
        // No name around it (§3.6).
        ["taxservice", "taxcode"] => {
            let made = taxes::create(books, &sent)?;
            Ok(Answer::json(StatusCode::OK, made.to_string()))
        }
        ["preferences"] => {
            let written = books.write_preferences(&sent)?;
            Ok(api::found("Preferences", &written, wants))
        }
        [name] => {
            let entity = books::entity(name).ok_or_else(|| no_method("POST"))?;
            let operation = operation(parameters)?;
            let asked = Asked { duplicate_numbers: parameters.includes("allowduplicatedocnum") };
            let object = write::write(books, entity, operation, unwrapped(entity.name, &sent), asked)?;
            Ok(api::found(entity.name, &json!(object), wants))
        }
        _ => Err(no_method("POST")),
    }
}

/// Some clients send the object under its name.
fn unwrapped<'a>(name: &str, sent: &'a Map<String, Value>) -> &'a Map<String, Value> {
    match sent.get(name).and_then(Value::as_object) {
        Some(inner) if sent.len() == 1 => inner,
        _ => sent,
    }
}

/// What an address asks for (§2.1, §3.12).
fn operation(parameters: &Parameters) -> Result<Operation, Fault> {
    match parameters.get("operation").to_ascii_lowercase().as_str() {
        "" | "create" | "update" if parameters.includes("void") => Ok(Operation::Void),
        "" | "create" | "update" => Ok(Operation::Save),
        "delete" => Ok(Operation::Delete),
        "void" => Ok(Operation::Void),
        other => Err(fault::unsupported(other)),
    }
}
