//! Up to thirty things in one call, each by itself (quickbooks-online.md §4.2).

use serde_json::{Map, Value, json};

use super::{Answer, Books, Wants, api, books, fault, fault::Fault, query, too_long, unwrapped, write};
use super::{Asked, Operation};

/// The most items.
const MOST: usize = 30;

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
    for item in read {
        let id = format!("{request_id}{}", item.id);
        let done = if !request_id.is_empty() && id.chars().count() > super::REQUEST_ID {
            Err(too_long(&id))
        } else {
            item.run(books)
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

    fn run(&self, books: &mut Books<'_>) -> Result<(&'static str, Value), Fault> {
        match self.work {
            Work::Query(text) => Ok(("QueryResponse", query::run(books, text)?)),
            Work::Write { entity, operation, object, asked } => {
                Ok((entity.name, Value::Object(write::write(books, entity, operation, object, asked)?)))
            }
            Work::Send { entity, object } => {
                let id = books::text(object, "Id");
                Ok((entity.name, Value::Object(write::send(books, entity, &id, "")?)))
            }
        }
    }
}
