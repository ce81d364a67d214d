//! What is written, as the books read it (§3). Pure. What went through [`super::law`] alone comes here.
//!
//! Changes are always sparse: what is not said stays. A list of lines is always whole, and so is an address, since
//! nobody says what becomes of its parts. Numbers are written digit for digit.

mod names;
mod sales;

pub(super) use sales::SHIPPING;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::books::{Action, Draft, Kind};

/// A reference.
#[derive(Serialize)]
pub(super) struct Ref<'a> {
    value: &'a str,
}

impl<'a> Ref<'a> {
    fn of(id: Option<&'a String>) -> Option<Self> {
        id.map(|it| Self { value: it })
    }
}

/// Which object, for changes.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Which<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_token: Option<&'a str>,
    #[serde(rename = "sparse", skip_serializing_if = "Option::is_none")]
    sparse: Option<bool>,
}

/// An object with what it is to be.
#[derive(Serialize)]
struct Body<'a, T> {
    #[serde(flatten)]
    which: Which<'a>,
    #[serde(flatten)]
    what: T,
}

/// Nothing beside which object.
#[derive(Serialize)]
struct Nothing {}

/// One write.
pub(super) struct Written {
    /// What it is about.
    pub(super) kind: Kind,
    /// `create`, `update` or `delete`; `void` for an invoice (§3.12).
    pub(super) operation: &'static str,
    /// What stands beside the operation.
    pub(super) include: Option<&'static str>,
    /// The object.
    pub(super) object: Box<RawValue>,
}

impl Written {
    /// What stands in the query of a single write (§2.1).
    pub(super) fn query(&self) -> Vec<(&'static str, &'static str)> {
        match (self.operation, self.include) {
            ("create", _) | ("update", None) => Vec::new(),
            (operation, None) => vec![("operation", operation)],
            (operation, Some(include)) => vec![("operation", operation), ("include", include)],
        }
    }

    /// Whether it may stand in a batch: an invoice's void is not among a batch's operations (§4.2).
    pub(super) fn fits_batch(&self) -> bool {
        self.operation != "void"
    }
}

/// A kind's place in addresses, in small letters (§2.1).
pub(super) fn segment(kind: Kind) -> &'static str {
    match kind {
        Kind::Customer => "customer",
        Kind::Item => "item",
        Kind::Estimate => "estimate",
        Kind::Invoice => "invoice",
        Kind::Payment => "payment",
        Kind::CreditMemo => "creditmemo",
        Kind::RefundReceipt => "refundreceipt",
    }
}

/// What is sent for it.
pub(super) fn write(action: &Action) -> Result<Written, serde_json::Error> {
    let kind = action.kind();
    Ok(match action {
        Action::Create(draft) => Written {
            kind,
            operation: "create",
            include: None,
            object: object(Which::default(), draft, true)?,
        },
        Action::Update { id, token, draft } => {
            let which = Which { id: Some(id), sync_token: Some(token), sparse: Some(true) };
            Written { kind, operation: "update", include: None, object: object(which, draft, false)? }
        }
        Action::Void { kind: Kind::Payment, id, token } => {
            let which = Which { id: Some(id), sync_token: Some(token), sparse: Some(true) };
            Written { kind, operation: "update", include: Some("void"), object: bare(which)? }
        }
        Action::Void { id, token, .. } => {
            let which = Which { id: Some(id), sync_token: Some(token), sparse: None };
            Written { kind, operation: "void", include: None, object: bare(which)? }
        }
        Action::Delete { id, token, .. } => {
            let which = Which { id: Some(id), sync_token: Some(token), sparse: None };
            Written { kind, operation: "delete", include: None, object: bare(which)? }
        }
    })
}

fn bare(which: Which<'_>) -> Result<Box<RawValue>, serde_json::Error> {
    raw(&Body { which, what: Nothing {} })
}

fn object(which: Which<'_>, draft: &Draft, new: bool) -> Result<Box<RawValue>, serde_json::Error> {
    match draft {
        Draft::Customer(it) => raw(&Body { which, what: names::Customer::of(it, new) }),
        Draft::Item(it) => raw(&Body { which, what: names::Item::of(it, new) }),
        Draft::Sale(_, it) => raw(&Body { which, what: sales::Sale::of(it, new) }),
        Draft::Payment(it) => raw(&Body { which, what: sales::Received::of(it) }),
    }
}

fn raw<T: Serialize>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::value::to_raw_value(value)
}

/// Many writes (§4.2).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<'a> {
    batch_item_request: Vec<BatchItem<'a>>,
}

#[derive(Serialize)]
struct BatchItem<'a> {
    #[serde(rename = "bId")]
    id: String,
    operation: &'static str,
    #[serde(rename = "optionsData", skip_serializing_if = "Option::is_none")]
    options: Option<&'static str>,
    #[serde(flatten)]
    object: std::collections::BTreeMap<&'static str, &'a RawValue>,
}

/// A batch of writes, each with the name that its answer carries.
pub(super) fn batch<'a>(
    writes: impl IntoIterator<Item = (String, &'a Written)>,
) -> Result<Vec<u8>, serde_json::Error> {
    let items = writes.into_iter().map(|(id, it)| BatchItem {
        id,
        operation: it.operation,
        options: it.include.map(|_| "include=void"),
        object: std::iter::once((it.kind.as_str(), it.object.as_ref())).collect(),
    });
    serde_json::to_vec(&Batch { batch_item_request: items.collect() })
}

#[cfg(test)]
mod tests;
