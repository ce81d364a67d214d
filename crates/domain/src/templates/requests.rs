//! Requests of a template: the connection test, and what its answers mean.

use super::{
    environments::check_address,
    pattern::Pattern,
    reader::Table,
    text::{Spot, Text},
};
use toml::de::DeValue;

/// The most requests of a connection test.
pub const MAX_REQUESTS: usize = 5;
/// The most conditions on one answer, and the most rules of errors.
pub const MAX_RULES: usize = 50;
/// How deep a JSON body may go.
const MAX_DEPTH: usize = 10;

/// The methods that a template may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
    /// Reads the head alone.
    Head,
}

crate::words!(Verb {
    Get = "GET",
    Post = "POST",
    Put = "PUT",
    Patch = "PATCH",
    Delete = "DELETE",
    Head = "HEAD",
});

/// What an answer's body has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// JSON.
    Json,
    /// Anything, or nothing.
    Any,
}

crate::words!(AnswerKind { Json = "json", Any = "any" });

/// A JSON value with placeholders in its texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// A text.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// A decimal number, as it is written.
    Decimal(String),
    /// True or false.
    Boolean(bool),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

/// A request's body.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// A form.
    Form(Vec<(String, Text)>),
    /// JSON.
    Json(Json),
    /// XML; values are escaped for it.
    Xml(Text),
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method.
    pub method: Verb,
    /// Where to.
    pub url: Text,
    /// Its headers.
    pub headers: Vec<(String, Text)>,
    /// Its query, after what the address has.
    pub query: Vec<(String, Text)>,
    /// Its body.
    pub body: Body,
}

/// A value that a condition compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

/// What has to be true of a value.
#[derive(Debug, Clone)]
pub enum Check {
    /// It is there (a null is not), or it is not.
    Exists(bool),
    /// It is the same.
    Equals(Scalar),
    /// It is there and not the same.
    NotEquals(Scalar),
    /// It is one of them.
    OneOf(Vec<Scalar>),
    /// A text or list has it within.
    Contains(Scalar),
    /// A text looks like that.
    Matches(Pattern),
}

/// A condition on a JSON answer.
#[derive(Debug, Clone)]
pub struct Predicate {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What has to be true there.
    pub check: Check,
}

pub(super) fn pointer(table: &Table<'_>, key: &'static str) -> Option<String> {
    let pointer = table.maybe(key)?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        table.wrong(key, "must be a JSON pointer such as /account/id");
    }
    Some(pointer)
}

fn scalar(value: &DeValue<'_>) -> Option<Scalar> {
    match value {
        DeValue::String(text) => Some(Scalar::Text(text.to_string())),
        DeValue::Boolean(flag) => Some(Scalar::Boolean(*flag)),
        DeValue::Integer(it) => i64::from_str_radix(it.as_str(), it.radix()).ok().map(Scalar::Integer),
        _ => None,
    }
}

impl Predicate {
    fn read(table: Table<'_>) -> Option<Self> {
        const CHECKS: [&str; 6] = ["exists", "equals", "not_equals", "one_of", "contains", "matches"];
        let pointer = pointer(&table, "pointer");
        if pointer.is_none() {
            table.wrong("pointer", "is missing: expected a JSON pointer such as /account/id");
        }
        let mut found = Vec::new();
        for key in CHECKS {
            let Some(value) = table.any(key) else { continue };
            let check = match key {
                "exists" => table.flag("exists").map(Check::Exists),
                "one_of" => {
                    let all: Option<Vec<_>> =
                        table.values("one_of").iter().map(|it| scalar(it.get_ref())).collect();
                    all.filter(|it| !it.is_empty()).map(Check::OneOf)
                }
                "matches" => table.maybe("matches").and_then(|it| match Pattern::parse(&it) {
                    Ok(pattern) => Some(Check::Matches(pattern)),
                    Err(message) => {
                        table.wrong("matches", message);
                        None
                    }
                }),
                _ => scalar(value.get_ref()).map(|it| match key {
                    "equals" => Check::Equals(it),
                    "not_equals" => Check::NotEquals(it),
                    _ => Check::Contains(it),
                }),
            };
            if check.is_none() && !matches!(key, "exists" | "matches") {
                table.wrong(key, "must be a text, a whole number, true or false (one_of: a list of them)");
            }
            found.push(check);
        }
        if found.len() != 1 {
            table.wrong("pointer", format!("must have exactly one of {} beside it", CHECKS.join(", ")));
        }
        table.done();
        Some(Self { pointer: pointer?, check: found.pop()?? })
    }

    pub(super) fn read_all(table: &Table<'_>, key: &'static str) -> Vec<Self> {
        table.tables(key, MAX_RULES).into_iter().filter_map(Self::read).collect()
    }
}

/// Whether a text can be a header's name.
pub(super) fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it))
}

/// A header's name that a template may set; the client writes these by itself.
pub(super) fn check_header(table: &Table<'_>, key: &str, name: &str) {
    let own = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"];
    if !is_header(name) || own.iter().any(|it| name.eq_ignore_ascii_case(it)) {
        table.wrong(key, format!("has {name:?}, which is no header that a template may set"));
    }
}

impl Json {
    fn texts<'a>(&'a self, into: &mut Vec<&'a Text>) {
        match self {
            Self::Text(text) => into.push(text),
            Self::List(list) => list.iter().for_each(|it| it.texts(into)),
            Self::Object(entries) => entries.iter().for_each(|(_, it)| it.texts(into)),
            Self::Integer(_) | Self::Decimal(_) | Self::Boolean(_) => {}
        }
    }
}

impl Request {
    /// Every text of it, wherever it stands.
    pub fn texts(&self) -> Vec<&Text> {
        let mut all = vec![&self.url];
        all.extend(self.headers.iter().chain(&self.query).map(|(_, text)| text));
        match &self.body {
            Body::Empty => {}
            Body::Form(pairs) => all.extend(pairs.iter().map(|(_, text)| text)),
            Body::Json(json) => json.texts(&mut all),
            Body::Xml(text) => all.push(text),
        }
        all
    }

    /// Reads a request's own keys; the caller asks for the rest and ends the table.
    pub(super) fn read(table: &Table<'_>, spot: Spot) -> Self {
        let method = table.maybe_word("method", Verb::ALL).unwrap_or(Verb::Get);
        let url = table.maybe_filled("url", spot);
        let path = table.maybe_filled("path", spot);
        let url = match (url, path) {
            (Some(url), None) => {
                check_address(table, "url", &url);
                url
            }
            (None, Some(path)) => {
                use super::text::{Part, Place};
                let starts = matches!(path.parts().first(), Some(Part::Literal(it)) if it.starts_with('/'));
                if !starts {
                    table.wrong("path", "must begin with /");
                }
                let base = Place::Environment("base_url".to_owned());
                table.sink.uses(base.clone(), spot, table.span("path"));
                Text::joined(base, &path)
            }
            _ => {
                if table.has("url") == table.has("path") {
                    table.wrong("url", "or path must be there: expected one of both");
                }
                Text::default()
            }
        };
        let headers = table.filled_map("headers", spot);
        for (name, _) in &headers {
            check_header(table, "headers", name);
        }
        let query = table.filled_map("query", spot);
        let body = body(table, spot);
        if !matches!(body, Body::Empty) && matches!(method, Verb::Get | Verb::Head) {
            table.wrong("method", "has no body: expected POST, PUT, PATCH or DELETE beside one");
        }
        Self { method, url, headers, query, body }
    }
}

fn body(table: &Table<'_>, spot: Spot) -> Body {
    let given = ["form", "json", "xml"].iter().filter(|key| table.has(key)).count();
    if given > 1 {
        table.wrong("form", "json and xml are each a whole body: expected one of them");
    }
    let form = table.filled_map("form", spot);
    let json = table.any("json").and_then(|it| json(table, it, spot, MAX_DEPTH));
    let xml = table.maybe_filled("xml", spot);
    match (json, xml) {
        (Some(json), _) => Body::Json(json),
        (None, Some(xml)) => Body::Xml(xml),
        (None, None) if table.has("form") => Body::Form(form),
        (None, None) => Body::Empty,
    }
}

fn json(table: &Table<'_>, value: &toml::Spanned<DeValue<'_>>, spot: Spot, depth: usize) -> Option<Json> {
    let Some(below) = depth.checked_sub(1) else {
        table.wrong("json", format!("is nested deeper than {MAX_DEPTH}"));
        return None;
    };
    Some(match value.get_ref() {
        DeValue::String(_) => Json::Text(table.filled_value("json", value, spot)?),
        DeValue::Integer(it) => {
            let Ok(number) = i64::from_str_radix(it.as_str(), it.radix()) else {
                table.wrong("json", "has a number that is too large");
                return None;
            };
            Json::Integer(number)
        }
        DeValue::Float(it) if it.as_str().parse().is_ok_and(f64::is_finite) => {
            Json::Decimal(it.as_str().to_owned())
        }
        DeValue::Boolean(flag) => Json::Boolean(*flag),
        DeValue::Array(list) => {
            Json::List(list.iter().filter_map(|it| json(table, it, spot, below)).collect())
        }
        DeValue::Table(entries) => Json::Object(
            entries
                .iter()
                .filter_map(|(name, it)| Some((name.get_ref().to_string(), json(table, it, spot, below)?)))
                .collect(),
        ),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            table.wrong("json", "has a date or a number that JSON has not");
            return None;
        }
    })
}
