//! Whoever works in QuickBooks itself, played through `/_sim/quickbooks/…`: looks at a company's books, changes them by
//! hand, and sets the company's switches. Nothing of it counts against a limit.

use axum::{body::Body, http::StatusCode, response::Response};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    books::{
        self, Books, Switches,
        write::{self, Asked, Operation},
    },
    companies, events,
    events::What,
};
use crate::{control, serve::Arrived, state::State};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    /// save, delete, void, send or merge.
    #[serde(default)]
    operation: String,
    object: Map<String, Value>,
    /// merge: what goes into the object.
    #[serde(default)]
    merged: String,
}

/// Answers below `/_sim/quickbooks/{realm}`; none where that is no company.
pub(super) fn answer(state: &mut State, request: &Arrived) -> Option<Response> {
    let path: Vec<&str> = request.uri.path().trim_matches('/').split('/').collect();
    let ["_sim", "quickbooks", realm, rest @ ..] = path.as_slice() else { return None };
    let company = companies::find(realm)?;
    let mut books = Books::open(state, company, true);
    Some(match (&request.method, rest) {
        (&Method::GET, ["switches"]) => told(&books.switches),
        (&Method::POST, ["switches"]) => switch(&mut books, &request.body),
        (&Method::GET, ["objects", name]) => match books::entity(name) {
            Some(entity) => {
                let rows: Vec<&Value> = books.rows(entity.name).collect();
                told(&json!({ "objects": rows }))
            }
            None => nothing(),
        },
        (&Method::GET, ["objects", name, id]) => {
            let found = books::entity(name).and_then(|it| books.find(it.name, id));
            found.map_or_else(nothing, |(object, deleted)| {
                told(&json!({ "object": object, "deleted": deleted }))
            })
        }
        (&Method::POST, ["objects", name]) => change(&mut books, name, &request.body),
        _ => nothing(),
    })
}

fn told(value: &impl serde::Serialize) -> Response {
    control::json_answer(StatusCode::OK, &json!(value))
}

fn nothing() -> Response {
    control::json_answer(StatusCode::NOT_FOUND, &json!({ "error": "there is no such thing in these books" }))
}

/// Sets the switches that are named; the others stay.
fn switch(books: &mut Books<'_>, body: &[u8]) -> Response {
    let Ok(Value::Object(sent)) = serde_json::from_slice(body) else {
        return control::wrong("send an object of switches");
    };
    let mut all = json!(books.switches);
    for (key, value) in sent {
        all[key] = value;
    }
    match serde_json::from_value::<Switches>(all) {
        Ok(switches) => {
            books.set_home(&switches.home_currency);
            books.set_switches(switches);
            events::note(books.state, books.company.realm_id, "Preferences", "1", What::Updated);
            told(&books.switches)
        }
        Err(error) => control::wrong(&format!("not a switch: {error}")),
    }
}

fn change(books: &mut Books<'_>, name: &str, body: &[u8]) -> Response {
    let asked: Change = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(error) => return control::wrong(&format!("send {{\"operation\", \"object\"}}: {error}")),
    };
    let Some(entity) = books::entity(name) else { return nothing() };
    let operation = match asked.operation.as_str() {
        "" | "save" => Operation::Save,
        "delete" => Operation::Delete,
        "void" => Operation::Void,
        "send" => {
            let id = books::text(&asked.object, "Id");
            return done(write::send(books, entity, &id, ""));
        }
        "merge" => return merge(books, entity, &asked),
        _ => return control::wrong("operation is save, delete, void, send or merge"),
    };
    done(write::write(books, entity, operation, &asked.object, Asked::default()))
}

fn done(result: Result<books::Object, books::fault::Fault>) -> Response {
    match result {
        Ok(object) => told(&json!({ "object": object })),
        Err(fault) => control::json_answer(StatusCode::CONFLICT, &json!({ "fault": fault.json() })),
    }
}

/// One object of a list goes into another, which only people can do; its name goes with it.
fn merge(books: &mut Books<'_>, entity: &'static books::Entity, asked: &Change) -> Response {
    let id = books::text(&asked.object, "Id");
    let (Some(kept), Some(gone)) =
        (books.get(entity.name, &id).cloned(), books.get(entity.name, &asked.merged).cloned())
    else {
        return nothing();
    };
    if entity.is_transaction || id == asked.merged {
        return control::wrong("two objects of a list can be merged");
    }
    let object = books.merge(entity, kept, gone);
    let about = (entity.name, id.as_str());
    events::note_merged(books.state, books.company.realm_id, about, What::Merged, Some(asked.merged.clone()));
    told(&json!({ "object": object }))
}

/// What the control surface says where nothing is to be said.
pub(super) fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
