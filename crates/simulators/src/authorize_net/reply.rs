//! Writes replies in both flavours from one tree: JSON with a type's own members first and bare lists, XML with the
//! inherited ones first and wrapped lists (authorizenet.md §1.2, §8).

use super::NAMESPACE;
use crate::{spoil, xml::around};

/// Members in the schema's order.
pub(super) type Members = Vec<(&'static str, Value)>;

/// A value of a reply.
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    /// Hundredths, written as a number with two decimals.
    Amount(i64),
    /// A decimal as it was sent.
    Plain(String),
    /// What JSON has and XML has not.
    JsonOnly(i64),
    Members(Members),
    /// Members of a type that inherits others.
    Derived {
        base: Members,
        own: Members,
    },
    /// Members of a type that inherits from one that inherits: the innermost first.
    Levels(Vec<Members>),
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

/// What came of an operation.
pub(super) struct Answer {
    pub(super) own: Members,
    result: &'static str,
    code: &'static str,
    text: String,
}

impl Answer {
    pub(super) fn ok(own: Members) -> Self {
        Self { own, result: "Ok", code: "I00001", text: "Successful.".to_owned() }
    }

    /// Asked well, and nothing was found (§2.14).
    pub(super) fn no_records() -> Self {
        Self { own: Vec::new(), result: "Ok", code: "I00004", text: "No records found.".to_owned() }
    }

    pub(super) fn error(code: &'static str, text: &str) -> Self {
        Self::failed(Vec::new(), code, text)
    }

    /// A refusal that has members all the same.
    pub(super) fn failed(own: Members, code: &'static str, text: &str) -> Self {
        Self { own, result: "Error", code, text: text.to_owned() }
    }
}

/// A reply.
pub(super) struct Reply {
    /// The root in XML; JSON has none.
    root: &'static str,
    /// Only where one was sent.
    pub(super) ref_id: Option<String>,
    answer: Answer,
}

impl Reply {
    /// What was refused before anybody knew what was asked: `refId` does not come back (§1.3).
    pub(super) fn refused(code: &'static str, message: &str) -> Self {
        Self { root: "ErrorResponse", ref_id: None, answer: Answer::error(code, message) }
    }

    /// An operation's answer.
    pub(super) fn of(root: &'static str, ref_id: Option<String>, answer: Answer) -> Self {
        Self { root, ref_id, answer }
    }

    pub(super) fn code(&self) -> &str {
        self.answer.code
    }

    pub(super) fn text(&self, json: bool) -> String {
        let messages = messages(self.answer.result, self.answer.code, &self.answer.text);
        let mut base: Members = Vec::new();
        if let Some(ref_id) = &self.ref_id {
            base.push(("refId", Value::text(ref_id)));
        }
        base.push(("messages", messages));
        let mut out = String::new();
        if json {
            json_members(&mut out, &[&self.answer.own, &base]);
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
            xml_members(&mut inner, &self.answer.own);
            out += &around(self.root, &attributes, &inner);
        }
        out
    }
}

/// The same text about something else: every transaction's and profile's id in it is another one.
pub(super) fn about_another(text: &str) -> String {
    let names = ["transId", "refTransID", "customerProfileId", "customerPaymentProfileId"];
    let marks: Vec<String> =
        names.iter().flat_map(|it| [format!("\"{it}\":\""), format!("<{it}>")]).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found =
            marks.iter().filter_map(|it| rest.find(it.as_str()).map(|at| at.saturating_add(it.len()))).min();
        let Some((before, after)) = found.and_then(|at| rest.split_at_checked(at)) else { break };
        let end = after.find(|it: char| !it.is_ascii_digit()).unwrap_or(after.len());
        let (id, tail) = after.split_at(end);
        out.push_str(before);
        out.push_str(&spoil::another(id));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A list of one message with the result, as it stands in replies and in parts of them.
pub(super) fn messages(result: &str, code: &str, text: &str) -> Value {
    let message = Value::Members(vec![("code", Value::text(code)), ("text", Value::text(text))]);
    Value::Members(vec![("resultCode", Value::text(result)), ("message", Value::Each(vec![message]))])
}

/// Hundredths with two decimals.
pub(super) fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Members as JSON, for what is not an answer of the interface.
pub(super) fn object(members: &Members) -> String {
    let mut out = String::new();
    json_members(&mut out, &[members]);
    out
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
        Value::Number(number) | Value::JsonOnly(number) => *out += &number.to_string(),
        Value::Amount(cents) => *out += &decimal(*cents),
        // A decimal of the schema may begin with a sign or a point, which a number of JSON may not.
        Value::Plain(text) => match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => *out += text,
            Err(_) => *out += &json_text(text),
        },
        Value::Flag(flag) => *out += &flag.to_string(),
        Value::Members(members) => json_members(out, &[members]),
        Value::Derived { base, own } => json_members(out, &[own, base]),
        Value::Levels(levels) => {
            let levels: Vec<&Members> = levels.iter().rev().collect();
            json_members(out, &levels);
        }
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
            Value::JsonOnly(_) => {}
            one => xml(out, name, one),
        }
    }
}

fn xml(out: &mut String, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Text(text) => inner += &escape(text),
        Value::Number(number) | Value::JsonOnly(number) => inner += &number.to_string(),
        Value::Amount(cents) => inner += &decimal(*cents),
        Value::Plain(text) => inner += text,
        Value::Flag(flag) => inner += &flag.to_string(),
        Value::Members(members) => xml_members(&mut inner, members),
        Value::Derived { base, own } => {
            xml_members(&mut inner, base);
            xml_members(&mut inner, own);
        }
        Value::Levels(levels) => levels.iter().for_each(|it| xml_members(&mut inner, it)),
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
