//! A refusal in each of its five shapes (§2.5). Pure.
//!
//! Refuses to believe in a form: a refusal may be JSON in two cases of letters, XML although JSON was asked for, a
//! page, or stand in a 200. Texts are localised: they are shown, and looked into for two hints alone.

use quick_xml::{Reader, events::Event};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{error::clean, http::Answer};

/// So many XML events are looked at for an error.
const MAX_EVENTS: usize = 2_000;
/// So many errors of one fault are read.
const MAX_ERRORS: usize = 20;
/// The longest name of a field that is kept.
const MAX_ELEMENT: usize = 100;

/// One error of a fault.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Digits, where there are any.
    pub(super) code: Option<String>,
    /// The short text.
    pub(super) message: String,
    /// The long one.
    pub(super) detail: String,
    /// The field that it is about.
    pub(super) element: Option<String>,
}

impl Refused {
    /// The longer text that there is.
    pub(super) fn said(&self) -> &str {
        if self.detail.is_empty() { &self.message } else { &self.detail }
    }

    /// The code as a number.
    pub(super) fn number(&self) -> Option<u32> {
        self.code.as_deref()?.trim().parse().ok()
    }

    /// Whether it is a throttle, which in 2016 was a 403 (§2.5 e).
    pub(super) fn is_throttle(&self) -> bool {
        self.number() == Some(3001) || self.message.contains("ThrottleExceeded")
    }

    /// The id behind the last such mark: a hint whom a name or a number belongs to (§2.6).
    pub(super) fn id_after(&self, mark: &str) -> Option<String> {
        let (_, rest) = self.detail.rsplit_once(mark)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(20).collect();
        Some(digits).filter(|it| !it.is_empty())
    }
}

/// What of an answer is looked at: nothing that is large is built.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, rename = "Fault", alias = "fault")]
    fault: Option<&'a RawValue>,
}

/// The errors of an answer, if it has any; a 200 may have some as well (§2.4).
pub(super) fn of(answer: &Answer) -> Vec<Refused> {
    let json = serde_json::from_slice(&answer.body).ok().and_then(|it: Envelope<'_>| it.fault);
    match json {
        Some(raw) => of_json(raw),
        None => xml(&answer.body),
    }
}

/// The errors of a fault's own JSON, in whatever case of letters.
pub(super) fn of_json(raw: &RawValue) -> Vec<Refused> {
    let fault: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let errors = member(&fault, "error").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read: Vec<Refused> = errors.iter().take(MAX_ERRORS).map(one).collect();
    // A fault without a readable error is a fault all the same.
    if read.is_empty() && fault.is_object() { vec![Refused::default()] } else { read }
}

fn one(error: &Value) -> Refused {
    let text = |name: &str| member(error, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = match member(error, "code") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let element: String = clean(&text("element")).chars().take(MAX_ELEMENT).collect();
    let element = Some(element).filter(|it| !it.is_empty());
    Refused {
        code: code.filter(|it| !it.is_empty()),
        message: text("message"),
        detail: text("detail"),
        element,
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The errors of a fault in XML (§2.5 d, e). Entities stay as they are: the texts are only shown.
pub(super) fn xml(body: &[u8]) -> Vec<Refused> {
    let Some(text) = std::str::from_utf8(body).ok().filter(|it| it.trim_start().starts_with('<')) else {
        return Vec::new();
    };
    let mut reader = Reader::from_str(text);
    let (mut errors, mut within) = (Vec::<Refused>::new(), String::new());
    for _ in 0..MAX_EVENTS {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                start.local_name().as_ref().clone_into(&mut within);
                if within == "Error" && errors.len() < MAX_ERRORS {
                    let value = |name: &str| {
                        let mut all = start.attributes().flatten();
                        all.find(|it| it.key.as_ref() == name).map(|it| it.value.into_owned())
                    };
                    let element = value("element").filter(|it| !it.is_empty());
                    errors.push(Refused { code: value("code"), element, ..Refused::default() });
                }
            }
            Ok(Event::Text(text)) => match (errors.last_mut(), within.as_str()) {
                (Some(error), "Message") => (*text).clone_into(&mut error.message),
                (Some(error), "Detail") => (*text).clone_into(&mut error.detail),
                _ => {}
            },
            Ok(Event::End(_)) => within.clear(),
            // Nothing of a text that declares its own words is believed.
            Ok(Event::DocType(_)) => return Vec::new(),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    errors
}

#[cfg(test)]
mod tests;
