//! Which properties an object may have and of which form each is (quickbooks-online.md, appendix A). What is sent is
//! brought into one form: numbers and yes-or-no from text, ids to text, empty texts to nothing.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

use super::{decimal, fault, fault::Fault};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 12;

struct Type {
    parent: Option<&'static str>,
    fields: HashMap<&'static str, &'static str>,
}

static TYPES: LazyLock<HashMap<&str, Type>> = LazyLock::new(|| {
    let mut types = HashMap::new();
    for line in include_str!("schema.txt").lines() {
        let Some((head, fields)) = line.split_once(':') else { continue };
        let (name, parent) = head.split_once(" < ").map_or((head, None), |(name, it)| (name, Some(it)));
        let fields = fields.split_whitespace().filter_map(|it| it.split_once(':')).collect();
        types.insert(name, Type { parent, fields });
    }
    types
});

/// The form of a property; none where there is no such property.
pub(super) fn form(entity: &str, property: &str) -> Option<&'static str> {
    let mut at = TYPES.get(entity);
    while let Some(it) = at {
        if let Some(form) = it.fields.get(property) {
            return Some(form);
        }
        at = it.parent.and_then(|parent| TYPES.get(parent));
    }
    None
}

/// A property by its name in any case of letters, with its form.
pub(super) fn named(entity: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let mut at = TYPES.get(entity);
    while let Some(it) = at {
        if let Some((key, form)) = it.fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            return Some((*key, *form));
        }
        at = it.parent.and_then(|parent| TYPES.get(parent));
    }
    None
}

/// What was sent of a type, in one form; a property that there is not is a fault.
pub(super) fn read(entity: &str, sent: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    members(entity, sent, 0)
}

fn members(kind: &str, sent: &Map<String, Value>, depth: usize) -> Result<Map<String, Value>, Fault> {
    let mut read = Map::new();
    for (name, value) in sent {
        if depth == 0 && matches!(name.as_str(), "domain" | "sparse" | "status" | "ClientEntityId") {
            continue;
        }
        let form = form(kind, name).ok_or_else(|| fault::property(name))?;
        if form.ends_with("[]") || !is_empty(value) {
            read.insert(name.clone(), one(form, name, value, depth + 1)?);
        } else {
            // Sent as nothing: it is to be taken away.
            read.insert(name.clone(), Value::Null);
        }
    }
    Ok(read)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn one(form: &str, name: &str, value: &Value, depth: usize) -> Result<Value, Fault> {
    if depth > MAX_DEPTH {
        return Err(fault::unreadable(name));
    }
    if let Some(of) = form.strip_suffix("[]") {
        let list = match value {
            Value::Array(list) => list.as_slice(),
            Value::Null => &[],
            single => std::slice::from_ref(single),
        };
        return list.iter().map(|it| one(of, name, it, depth)).collect();
    }
    let refused = || fault::unreadable(name);
    match form {
        "decimal" | "int" | "positiveInteger" | "long" => {
            decimal::parse(value).ok_or_else(refused)?;
            let text = value.as_str().map_or_else(|| value.to_string(), |it| it.trim().to_owned());
            serde_json::from_str(&text).map_err(|_| refused())
        }
        "boolean" => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => text.to_ascii_lowercase().parse().map(Value::Bool).map_err(|_| refused()),
            _ => Err(refused()),
        },
        "date" => {
            let text = value.as_str().and_then(|it| it.get(..10)).ok_or_else(refused)?;
            text.parse::<jiff::civil::Date>().map_err(|_| refused())?;
            Ok(Value::from(text))
        }
        "ReferenceType" => reference(name, value),
        "MemoRef" | "WebSiteAddress" => value.as_object().map(|_| value.clone()).ok_or_else(refused),
        form if TYPES.contains_key(form) => {
            let object = value.as_object().ok_or_else(refused)?;
            let mut read = members(form, object, depth)?;
            read.retain(|_, it| !it.is_null());
            Ok(Value::Object(read))
        }
        _ if form.chars().next().is_some_and(char::is_lowercase) || form.ends_with("Enum") => match value {
            Value::String(_) => Ok(value.clone()),
            Value::Number(number) => Ok(Value::from(number.to_string())),
            _ => Err(refused()),
        },
        _ => Ok(value.clone()),
    }
}

/// A reference by its value; its name is the server's to say, but for what kind it is of.
fn reference(name: &str, value: &Value) -> Result<Value, Fault> {
    let object = value.as_object().ok_or_else(|| fault::unreadable(name))?;
    let mut read = Map::new();
    for (key, value) in object {
        match (key.as_str(), value) {
            ("value", Value::Number(number)) => read.insert(key.clone(), Value::from(number.to_string())),
            ("value" | "name" | "type", Value::String(_)) => read.insert(key.clone(), value.clone()),
            ("name" | "type", Value::Null) => None,
            _ => return Err(fault::property(key)),
        };
    }
    Ok(Value::Object(read))
}

#[cfg(test)]
mod tests;
