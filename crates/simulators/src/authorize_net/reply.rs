//! Writes replies in both flavours from one tree: JSON with a type's own members first and bare lists, XML with the
//! inherited ones first and wrapped lists (authorizenet.md §1.2, §8).

use super::NAMESPACE;
use crate::xml::around;

/// Members in the schema's order.
pub(super) type Members = Vec<(&'static str, Value)>;

/// A value of a reply.
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    Members(Members),
    /// Members of a type that inherits others.
    Derived {
        base: Members,
        own: Members,
    },
    /// A list, and what XML calls one of it.
    List(&'static str, Vec<Value>),
    /// A list whose elements XML writes without a wrapper.
    Each(Vec<Value>),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A reply.
pub(super) struct Reply {
    /// The root in XML; JSON has none.
    root: &'static str,
    /// Only where one was sent.
    pub(super) ref_id: Option<String>,
    result: &'static str,
    code: String,
    message: String,
    own: Members,
}

impl Reply {
    /// What was refused before anybody knew what was asked: `refId` does not come back (§1.3).
    pub(super) fn refused(code: &str, message: &str) -> Self {
        Self {
            root: "ErrorResponse",
            ref_id: None,
            result: "Error",
            code: code.to_owned(),
            message: message.to_owned(),
            own: Vec::new(),
        }
    }

    /// An operation's answer, or the code and text of its refusal.
    pub(super) fn of(
        root: &'static str,
        ref_id: Option<String>,
        answered: Result<Members, (&'static str, &'static str)>,
    ) -> Self {
        let (result, (code, message), own) = match answered {
            Ok(own) => ("Ok", ("I00001", "Successful."), own),
            Err(refusal) => ("Error", refusal, Vec::new()),
        };
        Self { root, ref_id, result, code: code.to_owned(), message: message.to_owned(), own }
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn text(&self, json: bool) -> String {
        let message =
            Value::Members(vec![("code", Value::text(&self.code)), ("text", Value::text(&self.message))]);
        let messages = Value::Members(vec![
            ("resultCode", Value::text(self.result)),
            ("message", Value::Each(vec![message])),
        ]);
        let mut base: Members = Vec::new();
        if let Some(ref_id) = &self.ref_id {
            base.push(("refId", Value::text(ref_id)));
        }
        base.push(("messages", messages));
        let mut out = String::new();
        if json {
            json_members(&mut out, &[&self.own, &base]);
        } else {
            out += "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
            // The order of these attributes is as recorded, and another one on errors (§1.3, §8).
            let (instance, schema) = (
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
                "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"",
            );
            let attributes = if self.root == "ErrorResponse" {
                format!(" xmlns=\"{NAMESPACE}\" {instance} {schema}")
            } else {
                format!(" {instance} {schema} xmlns=\"{NAMESPACE}\"")
            };
            let mut inner = String::new();
            xml_members(&mut inner, &base);
            xml_members(&mut inner, &self.own);
            out += &around(self.root, &attributes, &inner);
        }
        out
    }
}

fn json_members(out: &mut String, groups: &[&Members]) {
    out.push('{');
    for (at, (name, value)) in groups.iter().copied().flatten().enumerate() {
        if at > 0 {
            out.push(',');
        }
        *out += &json_text(name);
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

fn json(out: &mut String, value: &Value) {
    match value {
        Value::Text(text) => *out += &json_text(text),
        Value::Number(number) => *out += &number.to_string(),
        Value::Flag(flag) => *out += &flag.to_string(),
        Value::Members(members) => json_members(out, &[members]),
        Value::Derived { base, own } => json_members(out, &[own, base]),
        Value::List(_, all) | Value::Each(all) => {
            out.push('[');
            for (at, one) in all.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json(out, one);
            }
            out.push(']');
        }
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn xml_members(out: &mut String, members: &Members) {
    for (name, value) in members {
        match value {
            Value::Each(all) => all.iter().for_each(|one| xml(out, name, one)),
            one => xml(out, name, one),
        }
    }
}

fn xml(out: &mut String, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Text(text) => inner += &escape(text),
        Value::Number(number) => inner += &number.to_string(),
        Value::Flag(flag) => inner += &flag.to_string(),
        Value::Members(members) => xml_members(&mut inner, members),
        Value::Derived { base, own } => {
            xml_members(&mut inner, base);
            xml_members(&mut inner, own);
        }
        Value::List(item, all) => all.iter().for_each(|one| xml(&mut inner, item, one)),
        Value::Each(all) => all.iter().for_each(|one| xml(&mut inner, name, one)),
    }
    let element = if inner.is_empty() { format!("<{name} />") } else { around(name, "", &inner) };
    out.push_str(&element);
}

/// A text in XML; what XML cannot carry is left out.
fn escape(text: &str) -> String {
    let clean: String =
        text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\r' | '\t')).collect();
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
