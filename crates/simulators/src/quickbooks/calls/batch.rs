//! Up to thirty things in one call, each by itself (quickbooks-online.md §4.2). What was done under an item's id, which is
//! made of the request's and the item's own, is not done again (§2.7); what was refused is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Answer, Books, Wants, api, books, fault, fault::Fault, is_used, query, too_long, unwrapped, write,
};
use super::{Asked, Operation};

/// The most items.
const MOST: usize = 30;
/// Answers that were given to items.
const ANSWERED: &str = "books.answered.items";

/// An answer that is given again to the same item.
#[derive(Serialize, Deserialize)]
struct Answered {
    name: String,
    value: Value,
}

fn place(books: &Books<'_>, id: &str) -> String {
    format!("{}.{id}", books.company.realm_id)
}

/// Whether an item of a batch was done under that id.
pub(super) fn is_answered(books: &Books<'_>, id: &str) -> bool {
    books.state.row(ANSWERED, &place(books, id)).is_some()
}

pub(super) fn answer(
    books: &mut Books<'_>,
    sent: &Map<String, Value>,
    request_id: &str,
    wants: Wants,
) -> Result<Answer, Fault> {
    let items = sent.get("BatchItemRequest").and_then(Value::as_array).ok_or_else(fault::unreadable_batch)?;
    if items.len() > MOST {
        return Err(fault::batch_too_large(items.len()));
    }
    // One that cannot be read takes all others with it.
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        read.push(Item::read(item).ok_or_else(fault::unreadable_batch)?);
    }
    let mut answers = Vec::with_capacity(read.len());
    let throttled_after = books.switches.batch_throttled_after;
    for (at, item) in read.into_iter().enumerate() {
        let id = format!("{request_id}{}", item.id);
        let done = if !request_id.is_empty() && id.chars().count() > super::REQUEST_ID {
            Err(too_long(&id))
        } else if throttled_after.is_some_and(|most| at >= most) {
            Err(fault::throttled())
        } else if request_id.is_empty() {
            item.run(books)
        } else {
            item.once(books, &id)
        };
        let mut answer = match done {
            Ok((name, value)) => json!({ name: value }),
            Err(fault) => json!({ "Fault": fault.json() }),
        };
        if !item.id.is_empty() {
            answer["bId"] = json!(item.id);
        }
        answers.push(answer);
    }
    Ok(api::found("BatchItemResponse", &Value::from(answers), wants))
}

/// One item, readable.
struct Item<'a> {
    id: String,
    work: Work<'a>,
}

enum Work<'a> {
    Query(&'a str),
    Write {
        entity: &'static books::Entity,
        operation: Operation,
        object: &'a Map<String, Value>,
        asked: Asked,
    },
    Send {
        entity: &'static books::Entity,
        object: &'a Map<String, Value>,
    },
}

impl<'a> Item<'a> {
    fn read(item: &'a Value) -> Option<Self> {
        let item = item.as_object()?;
        let id = match item.get("bId") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        if let Some(text) = item.get("Query") {
            return Some(Self { id, work: Work::Query(text.as_str()?) });
        }
        let known = ["bId", "operation", "optionsData"];
        let mut others = item.iter().filter(|(key, _)| !known.contains(&key.as_str()));
        let (name, value) = others.next()?;
        let (entity, object) = (books::entity(name)?, unwrapped(name, value.as_object()?));
        if others.next().is_some() {
            return None;
        }
        let options = item.get("optionsData").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        // `void` in the table of attributes, `include=void` in clients.
        let is_void = options.trim_start_matches("include=") == "void";
        let operation = match item.get("operation").and_then(Value::as_str).unwrap_or("create") {
            "create" | "update" if is_void => Operation::Void,
            "create" | "update" => Operation::Save,
            "delete" => Operation::Delete,
            "void" => Operation::Void,
            "send" => return Some(Self { id, work: Work::Send { entity, object } }),
            _ => return None,
        };
        let asked = Asked { duplicate_numbers: options.contains("allowduplicatedocnum") };
        Some(Self { id, work: Work::Write { entity, operation, object, asked } })
    }

    /// Does it, unless it was done before.
    fn once(&self, books: &mut Books<'_>, id: &str) -> Result<(String, Value), Fault> {
        if is_used(books, id) {
            return Err(fault::duplicate_request());
        }
        let place = place(books, id);
        if let Some(before) = books.state.own::<Answered>(ANSWERED, &place) {
            return if books.switches.repeated_batch_fails {
                let text = "An unexpected error occurred while accessing or saving your data. Please wait a few \
                            minutes and try again. If the problem persists, contact customer support.";
                Err(fault::business(text))
            } else {
                Ok((before.name, before.value))
            };
        }
        let (name, value) = self.run(books)?;
        if !matches!(self.work, Work::Query(_)) && books.state.has_place(ANSWERED) {
            books.state.set_own(ANSWERED, &place, &Answered { name: name.clone(), value: value.clone() });
        }
        Ok((name, value))
    }

    fn run(&self, books: &mut Books<'_>) -> Result<(String, Value), Fault> {
        match self.work {
            Work::Query(text) => Ok(("QueryResponse".to_owned(), query::run(books, text)?)),
            Work::Write { entity, operation, object, asked } => {
                let written = write::write(books, entity, operation, object, asked)?;
                Ok((entity.name.to_owned(), Value::Object(written)))
            }
            Work::Send { entity, object } => {
                let id = books::text(object, "Id");
                Ok((entity.name.to_owned(), Value::Object(write::send(books, entity, &id, "")?)))
            }
        }
    }
}
