//! What an answer of the books means. Pure.
//!
//! Refuses to believe in a form (§2.5): a refusal may be JSON in two cases of letters, XML although JSON was asked
//! for, a page, or stand in a 200. Status and code count; texts are localised and are only shown.

use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value};

use crate::{
    ProviderError,
    error::{Fault, Kind, clean},
    http::Answer,
};

/// The longest text of the company's that is shown, in characters.
const MAX_TEXT: usize = 120;
/// So many XML events are looked at for an error.
const MAX_EVENTS: usize = 2_000;

/// A company (§3.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Company {
    pub(super) name: String,
    pub(super) country: Option<String>,
    pub(super) subscription: Option<String>,
    pub(super) product: Option<String>,
}

impl Company {
    /// In words for a shop owner.
    pub(super) fn words(&self, place: &str) -> String {
        let country = self.country.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
        let product = self.product.as_deref().map(|it| format!(" Product: {it}.")).unwrap_or_default();
        let subscription =
            self.subscription.as_deref().map(|it| format!(" Subscription: {it}.")).unwrap_or_default();
        format!("Connected to the {place} company {}{country}.{product}{subscription}", self.name)
    }
}

/// A refusal's code and words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Refused {
    code: Option<String>,
    message: String,
}

/// Reads the answer to "who is the company".
pub(super) fn company(answer: &Answer) -> Result<Company, ProviderError> {
    let read: Option<Value> = serde_json::from_slice(&answer.body).ok();
    // A 200 may carry a fault as well (§2.4).
    let refused = read.as_ref().and_then(fault).or_else(|| xml_fault(&answer.body));
    if refused.is_some() || answer.status != 200 {
        return Err(error(answer, &refused.unwrap_or_default()));
    }
    let info = read.as_ref().and_then(|it| it.get("CompanyInfo")).and_then(Value::as_object);
    let Some(info) = info else {
        return Err(ProviderError::nonsense(if answer.is_page() {
            "it is a web page"
        } else {
            "no company is in it"
        }));
    };
    let text = |name: &str| info.get(name).and_then(Value::as_str).and_then(shown);
    let name = text("CompanyName").or_else(|| text("LegalName"));
    Ok(Company {
        name: name.ok_or_else(|| ProviderError::nonsense("the company has no name"))?,
        country: text("Country"),
        subscription: fact(info, "SubscriptionStatus"),
        product: fact(info, "OfferingSku"),
    })
}

/// One of the company's named values.
fn fact(info: &Map<String, Value>, name: &str) -> Option<String> {
    let all = info.get("NameValue")?.as_array()?;
    let found = all.iter().find(|it| it.get("Name").and_then(Value::as_str) == Some(name))?;
    shown(found.get("Value")?.as_str()?)
}

fn shown(text: &str) -> Option<String> {
    let kept: String = clean(text).chars().take(MAX_TEXT).collect();
    Some(kept).filter(|it| !it.is_empty())
}

/// The first error of a fault in JSON, whatever the case of its letters (§2.5 a, b).
fn fault(value: &Value) -> Option<Refused> {
    let fault = member(value, "fault")?;
    let first = member(fault, "error")?.as_array()?.first()?;
    let text = |name: &str| member(first, name).and_then(Value::as_str).unwrap_or_default();
    let code = match member(first, "code") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let message = if text("detail").is_empty() { text("message") } else { text("detail") };
    Some(Refused { code, message: message.to_owned() })
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The first error of a fault in XML (§2.5 d, e). Entities stay as they are: the text is only shown.
fn xml_fault(body: &[u8]) -> Option<Refused> {
    let text = std::str::from_utf8(body).ok().filter(|it| it.trim_start().starts_with('<'))?;
    let mut reader = Reader::from_str(text);
    let (mut refused, mut within) = (None::<Refused>, String::new());
    for _ in 0..MAX_EVENTS {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                start.local_name().as_ref().clone_into(&mut within);
                if within == "Error" && refused.is_none() {
                    let code = start.attributes().flatten().find(|it| it.key.as_ref() == "code");
                    let code = code.map(|it| it.value.into_owned());
                    refused = Some(Refused { code, message: String::new() });
                }
            }
            Event::Text(text) => {
                if let Some(refused) =
                    refused.as_mut().filter(|_| matches!(within.as_str(), "Message" | "Detail"))
                {
                    (*text).clone_into(&mut refused.message);
                }
            }
            Event::End(end) if end.local_name().as_ref() == "Error" => break,
            Event::End(_) => within.clear(),
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => {}
        }
    }
    refused
}

/// What status and code mean (§2.5, §2.6).
fn error(answer: &Answer, refused: &Refused) -> ProviderError {
    let status = answer.status.to_string();
    let code = refused.code.as_deref().map(clean);
    let code = code.as_deref().unwrap_or(&status);
    let said = &refused.message;
    // In 2016 the same was a 403 (§2.5 e).
    let throttled = answer.status == 429 || code == "3001" || said.contains("ThrottleExceeded");
    match (answer.status, code) {
        _ if throttled => ProviderError {
            retry_safe: true,
            ..ProviderError::refused(Fault::Theirs, Some(code), "There were too many requests")
        },
        // A good token for another company (§2.5 d): a newer one would be no better.
        (401, "100") => ProviderError::misconfigured_code(Some(code), said),
        (401, _) => ProviderError::token_refused(Some(code), said),
        (403, _) | (_, "120" | "3100" | "5020" | "6190") => {
            ProviderError::misconfigured_code(Some(code), said)
        }
        (200..=299 | 400..=499, _) if refused.code.is_some() => {
            ProviderError::refused(Fault::Ours, Some(code), said)
        }
        (300..=399, _) => ProviderError::nonsense("it points to another address instead of answering"),
        _ if answer.is_page() => {
            ProviderError::nonsense(&format!("it is a web page, with HTTP status {status}"))
        }
        _ => ProviderError { code: Some(code.to_owned()), ..ProviderError::nonsense(said) },
    }
}

/// What a shop owner can do about it.
pub(super) fn advice(error: &ProviderError, place: &str) -> String {
    let what = match (error.kind, error.code.as_deref()) {
        (Kind::TokenRefused, _) => "Connect the company again.".to_owned(),
        (Kind::Misconfigured, Some("100")) => {
            "The consent was given for another company. Connect the company again.".to_owned()
        }
        (Kind::Misconfigured, Some("120")) => {
            "Whoever connected the company is no administrator of it any more. An administrator has to connect it again.".to_owned()
        }
        (Kind::Misconfigured, Some("3100" | "403")) => format!(
            "The company does not belong to {place}, or the operator's app may not reach it: check the Environment."
        ),
        (Kind::Misconfigured, Some("6190")) => "The company's subscription has ended. Renew it at QuickBooks.".to_owned(),
        (Kind::Misconfigured, _) => "Check the Environment, and connect the company again.".to_owned(),
        (Kind::Refused, _) => "Try again in a few minutes.".to_owned(),
        (Kind::Unreachable | Kind::TimedOut | Kind::Nonsense, _) => {
            "The connection was not judged; try again later.".to_owned()
        }
    };
    format!("{error} {what}")
}

#[cfg(test)]
mod tests;
