//! What Authorize.Net answers (authorizenet.md §1, §2).
//!
//! Pure. Whether a request was done is what `messages` says and nothing else; an answer without it is none.

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
    let body: Value = serde_json::from_slice(bytes).map_err(|_| ProviderError::nonsense("it is no JSON"))?;
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
    Ok(Reply { ok, code: clean(code), text: text.to_owned(), body })
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
