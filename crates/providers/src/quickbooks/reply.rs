//! What the answer to the connection test means. Pure. Status and code count; texts are only shown.

use serde_json::{Map, Value};

use super::fault::{self, Refused};
use crate::{
    ProviderError,
    error::{Fault, Kind, clean},
    http::Answer,
};

/// The longest text of the company's that is shown, in characters.
const MAX_TEXT: usize = 120;

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

/// Reads the answer to "who is the company".
pub(super) fn company(answer: &Answer) -> Result<Company, ProviderError> {
    // A 200 may carry a fault as well (§2.4).
    let refused = fault::of(answer).into_iter().next();
    if refused.is_some() || answer.status != 200 {
        return Err(error(answer, &refused.unwrap_or_default()));
    }
    let read: Option<Value> = serde_json::from_slice(&answer.body).ok();
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

/// What status and code mean (§2.5, §2.6).
fn error(answer: &Answer, refused: &Refused) -> ProviderError {
    let status = answer.status.to_string();
    let code = refused.code.as_deref().map(clean);
    let code = code.as_deref().unwrap_or(&status);
    let said = refused.said();
    let throttled = answer.status == 429 || refused.is_throttle();
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
