//! What Authorize.Net answers (authorizenet.md §1, §2).
//!
//! Pure. Whether a request was done is what `messages` says and nothing else; an answer without it is none.

pub(super) mod direct;
pub(super) mod profile;
pub(super) mod report;
pub(super) mod scalar;
pub(super) mod transaction;

use kontor_domain::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::{ProviderError, error::clean};

/// Stands before every body (§1.1).
const BOM: &[u8] = b"\xef\xbb\xbf";

/// An answer that is one of Authorize.Net.
pub(super) struct Reply {
    ok: bool,
    code: String,
    text: String,
    body: Value,
    /// As it came: amounts are read out of it, since they must not become floats.
    raw: String,
}

/// Whose the credentials are.
pub(super) struct Merchant {
    name: Option<String>,
    is_test_mode: bool,
}

/// Reads an answer. There is no root: members of the answer stand beside `messages` (§1.2).
pub(super) fn read(bytes: &[u8]) -> Result<Reply, ProviderError> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(ProviderError::nonsense("it is empty"));
    }
    // A page behind the mark, or under JSON's own name.
    if bytes.trim_ascii_start().starts_with(b"<") {
        return Err(ProviderError::nonsense("it is a web page"));
    }
    let raw = std::str::from_utf8(bytes).map_err(|_| ProviderError::nonsense("it is no JSON"))?;
    let body: Value = serde_json::from_str(raw).map_err(|_| ProviderError::nonsense("it is no JSON"))?;
    let messages = &body["messages"];
    let ok = match messages["resultCode"].as_str() {
        Some("Ok") => true,
        Some("Error") => false,
        _ => return Err(ProviderError::nonsense("it does not say whether the request was done")),
    };
    let first = &messages["message"][0];
    let (Some(code), Some(text)) = (first["code"].as_str(), first["text"].as_str()) else {
        return Err(ProviderError::nonsense("it has no code"));
    };
    Ok(Reply { ok, code: clean(code), text: text.to_owned(), body, raw: raw.to_owned() })
}

impl Reply {
    /// Whether the request was done.
    pub(super) fn is_ok(&self) -> bool {
        self.ok
    }

    /// The first code (§3.2).
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The words beside it, as they came.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing of what was asked for: said with a code of its own, beside `Ok` (§3.2).
    pub(super) fn is_empty(&self) -> bool {
        self.ok && self.code == "I00004"
    }

    /// The token of a page (§2.12): it stands for the payment, so that it is kept as a secret.
    pub(super) fn token(&self) -> Result<Secret, ProviderError> {
        let token = self.body["token"].as_str().map(str::trim).filter(|it| !it.is_empty());
        token.map(|it| Secret::new(it.to_owned())).ok_or_else(|| ProviderError::nonsense("it has no token"))
    }

    /// Its members, typed. One that is there twice, or is of another kind than it can be, is nonsense.
    fn typed<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ProviderError> {
        serde_json::from_str(&self.raw)
            .map_err(|_| ProviderError::nonsense("a member is not of the kind that it should be"))
    }

    /// The merchant (§2.2). Scalars come as themselves or as text.
    pub(super) fn merchant(&self) -> Merchant {
        let name = self.body["merchantName"].as_str().map(clean).filter(|it| !it.is_empty());
        let is_test_mode = match &self.body["isTestMode"] {
            Value::Bool(it) => *it,
            Value::String(it) => it.eq_ignore_ascii_case("true"),
            _ => false,
        };
        Merchant { name, is_test_mode }
    }
}

impl Merchant {
    /// One line for a person.
    pub(super) fn words(&self) -> String {
        let whose = self.name.as_ref().map_or(String::new(), |name| format!(" to the account of {name}"));
        let mode = if self.is_test_mode {
            ". The account is in Test Mode: payments are only pretended there until it is switched off"
        } else {
            ""
        };
        format!("Connection test successful{whose}{mode}")
    }
}

#[cfg(test)]
mod tests;
