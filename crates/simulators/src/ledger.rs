//! What a provider remembers: transactions and pages, in rows that look alike for every provider.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most rows of either kind; then the simulator has to be reset.
pub(crate) const MAX_ROWS: usize = 100_000;

/// A transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub(crate) id: String,
    /// sale, authorization, capture, void, refund, reversal or credit.
    pub(crate) kind: String,
    /// approved, declined, voided, reversed, settled or error.
    pub(crate) status: String,
    /// `12.34`.
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) reference: Option<String>,
    pub(crate) setup_id: Option<String>,
    pub(crate) related_id: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) created_at: Timestamp,
    /// What only this provider knows of it; nothing of the card but brand, mask and expiry.
    pub(crate) detail: Map<String, Value>,
}

/// A hosted page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Setup {
    pub(crate) id: String,
    /// open, completed, cancelled or expired.
    pub(crate) status: String,
    /// `12.34`.
    pub(crate) amount: String,
    pub(crate) reference: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// What only this provider knows of it.
    pub(crate) detail: Map<String, Value>,
}

/// A text of a row's detail; empty where it is absent.
pub(crate) fn text<'a>(detail: &'a Map<String, Value>, key: &str) -> &'a str {
    detail.get(key).and_then(Value::as_str).unwrap_or_default()
}
