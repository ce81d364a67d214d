//! What this provider remembers of a transaction, kept in the detail of the ledger's row.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{card::Face, reply, settle};
use crate::{ledger::Transaction, state::State, xml::Element};

/// A name or an address as it was sent, in the order of the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Address(pub(super) Vec<(String, String)>);

impl Address {
    pub(super) fn of(element: Option<&Element>) -> Self {
        let leaves = element.map(|it| it.children.as_slice()).unwrap_or_default();
        let filled = leaves.iter().filter(|it| it.children.is_empty() && !it.text.trim().is_empty());
        Self(filled.map(|it| (it.name.clone(), it.text.clone())).collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|it| it.0 == name).map_or("", |it| it.1.as_str())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A transaction.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Record {
    pub(super) merchant: usize,
    /// The request's `transactionType`.
    pub(super) kind: String,
    /// `transactionStatus` as it was last written; `settle::state` tells what it is by now.
    pub(super) state: String,
    pub(super) submitted_at: Timestamp,
    pub(super) captured_at: Option<Timestamp>,
    /// When it was voided or declined.
    pub(super) closed_at: Option<Timestamp>,
    /// When somebody closed the batch by hand.
    pub(super) settled_at: Option<Timestamp>,
    pub(super) response: u8,
    pub(super) reason: u16,
    pub(super) auth_code: String,
    pub(super) avs: String,
    pub(super) cvv: String,
    #[serde(flatten)]
    pub(super) face: Face,
    pub(super) requested: i64,
    pub(super) authorized: i64,
    pub(super) settles: i64,
    /// What refunds have taken or are about to take of it.
    pub(super) refunded: i64,
    /// What is left on a prepaid card, where it is one.
    pub(super) balance: Option<i64>,
    pub(super) split_tender: String,
    pub(super) ref_id: String,
    pub(super) refers_to: String,
    pub(super) invoice: String,
    pub(super) description: String,
    pub(super) purchase_order: String,
    pub(super) customer_id: String,
    pub(super) email: String,
    pub(super) bill_to: Address,
    pub(super) ship_to: Address,
    pub(super) lines: Vec<Address>,
    pub(super) ip: String,
    pub(super) profile: String,
    pub(super) payment_profile: String,
    pub(super) address_profile: String,
    pub(super) network: String,
    /// What the networks are told of the use of a stored card: the name of the option that was sent.
    pub(super) card_use: String,
    pub(super) original_network: String,
    pub(super) original_amount: Option<i64>,
    pub(super) indicator: String,
    pub(super) is_recurring: bool,
    pub(super) hosted: Option<String>,
}

impl Record {
    /// What a row of the ledger holds.
    pub(super) fn of(row: &Transaction) -> Self {
        serde_json::from_value(Value::Object(row.detail.clone())).unwrap_or_default()
    }

    /// A merchant's transaction by its id.
    pub(super) fn find(state: &State, merchant: usize, id: &str) -> Option<Self> {
        let row = state.transaction(id)?;
        Some(Self::of(row)).filter(|it| it.merchant == merchant)
    }

    pub(super) fn is_refund(&self) -> bool {
        self.kind == "refundTransaction"
    }

    /// The row of the ledger.
    fn row(&self, id: &str) -> Transaction {
        let amount = if self.response == 1 || self.response == 4 { self.authorized } else { self.requested };
        let is_check = amount == 0;
        let waits = self.state.starts_with("FDS");
        let kind = match self.kind.as_str() {
            "refundTransaction" if self.refers_to.is_empty() => "credit",
            "refundTransaction" => "refund",
            "authOnlyTransaction" => "authorization",
            _ if is_check || waits => "authorization",
            _ => "sale",
        };
        let status = match self.state.as_str() {
            "voided" => "voided",
            "declined" => "declined",
            _ => "approved",
        };
        let text = |it: &str| Some(it.to_owned()).filter(|it| !it.is_empty());
        let detail = serde_json::to_value(self).ok();
        Transaction {
            id: id.to_owned(),
            kind: kind.to_owned(),
            status: status.to_owned(),
            amount: reply::decimal(amount),
            currency: "USD".to_owned(),
            reference: text(&self.invoice).or_else(|| text(&self.ref_id)),
            setup_id: self.hosted.clone(),
            related_id: text(&self.refers_to),
            token: text(&self.payment_profile),
            created_at: self.submitted_at,
            detail: match detail {
                Some(Value::Object(detail)) => detail,
                _ => Map::new(),
            },
        }
    }

    pub(super) fn add(&self, state: &mut State, id: &str) {
        state.add(self.row(id));
    }

    pub(super) fn change(&self, state: &mut State, id: &str) {
        state.change(&self.row(id));
    }
}

/// Whether the ledger calls a row settled.
pub(super) fn settled(row: &Transaction, now: Timestamp) -> bool {
    let record = Record::of(row);
    let closed = settle::state(&record, now).ends_with("ettledSuccessfully");
    // A captured authorisation has a second row for the capture, and that is the one that settles.
    closed && row.kind != "authorization"
}

/// The capture of an authorisation: the same id, and a row of its own.
pub(super) fn capture(row: &Transaction) -> Option<Transaction> {
    let record = Record::of(row);
    let is_captured = record.kind == "authOnlyTransaction" && record.captured_at.is_some();
    is_captured.then(|| Transaction {
        kind: "capture".to_owned(),
        amount: reply::decimal(record.settles),
        related_id: Some(row.id.clone()),
        created_at: record.captured_at.unwrap_or(row.created_at),
        ..row.clone()
    })
}
