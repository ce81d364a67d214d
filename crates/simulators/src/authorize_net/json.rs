//! Reads a JSON request as the gateway does: into the XML that it stands for, keys in the order that they were sent
//! (authorizenet.md §1.2).
//!
//! Hand-written: the order of keys decides, and a key may come twice, which maps do not keep.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::NAMESPACE;
use crate::xml::Element;

enum Json {
    /// Null is absent (inferred).
    Null,
    /// A text, a number or a flag: all become text.
    Scalar(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = sequence.next_element()? {
            all.push(one);
        }
        Ok(Json::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = map.next_entry()? {
            all.push(entry);
        }
        Ok(Json::Object(all))
    }
}

/// The document's element. The error is a parser's message; its wording is not known (§9).
pub(super) fn read(body: &[u8]) -> Result<Element, String> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let json: Json = serde_json::from_slice(text).map_err(|error| format!("{error}."))?;
    let Json::Object(mut keys) = json else {
        return Err("The root of a JSON request must be an object.".to_owned());
    };
    match (keys.pop(), keys.is_empty()) {
        (Some((name, value @ (Json::Object(_) | Json::Null | Json::Scalar(_)))), true) => {
            let mut roots = Vec::new();
            // A null at the root is an empty request.
            let value = if matches!(value, Json::Null) { Json::Scalar(String::new()) } else { value };
            add(&mut roots, name, value);
            roots.pop().ok_or_else(|| "The root of a JSON request is empty.".to_owned())
        }
        _ => Err("The root of a JSON request must have exactly one property.".to_owned()),
    }
}

/// A key as elements: an array is one after the other.
fn add(children: &mut Vec<Element>, name: String, value: Json) {
    let namespace = NAMESPACE.to_owned();
    match value {
        Json::Null => {}
        Json::Scalar(text) => children.push(Element { namespace, name, text, children: Vec::new() }),
        Json::Array(all) => all.into_iter().for_each(|one| add(children, name.clone(), one)),
        Json::Object(keys) => {
            let mut element = Element { namespace, name, ..Element::default() };
            for (name, value) in keys {
                add(&mut element.children, name, value);
            }
            children.push(element);
        }
    }
}

#[cfg(test)]
mod tests;
