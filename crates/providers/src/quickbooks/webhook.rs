//! Intuit's notifications: the signature, then what to ask about, in both formats (§4.4).
//!
//! The token belongs to the operator's app and not to a company: one delivery may speak of several. Refuses whatever
//! is not signed with it, also where none is set. Nothing about money is read.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use jiff::Timestamp;
use kontor_domain::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    books::{Kind, Notice, What},
    webhook::{Call, Unproven},
};

/// The header.
const HEADER: &str = "intuit-signature";
/// The digest's length, in bytes.
const LENGTH: usize = 32;
/// The longest name or id.
const MAX_TEXT: usize = 120;
/// The most notices of one delivery.
const MAX_NOTICES: usize = 10_000;

/// The digest that is claimed; none where the header is not there once and of its form.
pub(super) fn signature(call: &Call<'_>) -> Option<Vec<u8>> {
    let sent = (call.header)(HEADER)?;
    BASE64.decode(sent.trim().as_bytes()).ok().filter(|it| it.len() == LENGTH)
}

/// What one company's events stand in, in the old format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfCompany {
    realm_id: String,
    data_change_event: Events,
}

#[derive(Deserialize)]
struct Events {
    entities: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    name: String,
    id: String,
    operation: String,
    last_updated: Option<String>,
    deleted_id: Option<String>,
}

/// The newer format, `CloudEvents`.
#[derive(Deserialize)]
struct Cloud {
    id: Option<String>,
    r#type: String,
    time: Option<String>,
    #[serde(rename = "intuitentityid")]
    entity_id: String,
    #[serde(rename = "intuitaccountid")]
    account_id: String,
    data: Option<Value>,
}

/// Verifies the signature over the body as it came, in constant time, and reads what to ask about.
pub(super) fn notices(verifier: Option<&Secret>, call: &Call<'_>) -> Result<Vec<Notice>, Unproven> {
    let digest = signature(call).ok_or(Unproven::Unsigned)?;
    let key = verifier.map(|it| it.expose().trim()).filter(|it| !it.is_empty()).ok_or(Unproven::NoSecret)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::verify(&key, call.body, &digest).map_err(|_| Unproven::Wrong)?;
    let body: Value = serde_json::from_slice(call.body).map_err(|_| Unproven::Unreadable)?;
    // One event of a kind that is not known hides no other.
    let notices: Vec<Notice> = match (&body, body.get("eventNotifications").and_then(Value::as_array)) {
        (Value::Array(events), _) => events.iter().filter_map(|it| cloud(&read(it)?)).collect(),
        (_, Some(companies)) => companies.iter().filter_map(read).flat_map(classic).collect(),
        _ => return Err(Unproven::Unreadable),
    };
    if notices.len() > MAX_NOTICES { Err(Unproven::Unreadable) } else { Ok(notices) }
}

/// A name or an id as it is, without what no name has. Ids are long runs of digits, and no card numbers.
fn plain(text: impl AsRef<str>) -> String {
    text.as_ref().chars().filter(char::is_ascii_graphic).take(MAX_TEXT).collect()
}

fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Option<T> {
    let read = T::deserialize(value).ok();
    if read.is_none() {
        tracing::info!("a part of a notification was not understood");
    }
    read
}

fn classic(of: OfCompany) -> Vec<Notice> {
    let events = of.data_change_event.entities;
    let notice = |it: Event| Notice {
        company: plain(&of.realm_id),
        kind: kind(&it.name),
        entity: plain(&it.name),
        id: plain(&it.id),
        what: what(&it.operation),
        merged: it.deleted_id.as_deref().map(plain),
        at: it.last_updated.as_deref().and_then(moment),
        notice_id: None,
    };
    events.iter().filter_map(read).map(notice).collect()
}

/// A type such as `qbo.invoice.updated.v1`; none where it is no such.
fn cloud(it: &Cloud) -> Option<Notice> {
    let mut parts = it.r#type.split('.');
    let (Some(_), Some(entity), Some(operation)) = (parts.next(), parts.next(), parts.next()) else {
        tracing::info!("a notification of an unknown type was left alone");
        return None;
    };
    let merged = it.data.as_ref().and_then(|data| match data.get("deletedid")? {
        Value::String(id) => Some(plain(id)),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    Some(Notice {
        company: plain(&it.account_id),
        kind: kind(entity),
        entity: plain(entity),
        id: plain(&it.entity_id),
        what: what(operation),
        merged,
        at: it.time.as_deref().and_then(moment),
        notice_id: it.id.as_deref().map(plain),
    })
}

fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.iter().find(|it| it.as_str().eq_ignore_ascii_case(name)).copied()
}

/// Either format's word, in any case of letters.
fn what(operation: &str) -> What {
    match operation.to_ascii_lowercase().as_str() {
        "create" | "created" => What::Created,
        "update" | "updated" => What::Updated,
        "delete" | "deleted" => What::Deleted,
        "merge" | "merged" => What::Merged,
        "void" | "voided" => What::Voided,
        "emailed" => What::Emailed,
        _ => What::Other,
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests;
