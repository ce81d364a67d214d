//! What the books answer, read exactly. Pure.
//!
//! Each object is read by itself: one that cannot be understood is told of and hides no other. Numbers are taken from
//! their digits; an amount that its currency cannot hold is not rounded but refused. What is not known is left alone.

mod changes;
mod company;
mod names;
mod sales;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use kontor_domain::{Currency, Money};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::books::{Decimal, Kind, Object, Removed, Stamp, Unreadable};

pub(super) use changes::changes;
pub(super) use company::{choice, company};

/// A text, a number or a truth, as text: ids and versions come as either (§3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map(Self).map_err(de::Error::custom),
            Some(b'{' | b'[') | None => Err(de::Error::custom("is not a single value")),
            Some(_) => Ok(Self(raw.to_owned())),
        }
    }
}

/// The text of a value that may be absent; an empty one says nothing either.
fn text(value: Option<Word>) -> Option<String> {
    value.map(|it| it.0.trim().to_owned()).filter(|it| !it.is_empty())
}

/// A reference to something.
#[derive(Deserialize)]
struct Ref {
    value: Option<Word>,
}

fn reference(value: Option<Ref>) -> Option<String> {
    text(value?.value)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetaData {
    create_time: Option<Word>,
    last_updated_time: Option<Word>,
}

/// What every object has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Head {
    id: Option<Word>,
    sync_token: Option<Word>,
    #[serde(rename = "status")]
    status: Option<Word>,
    meta_data: Option<MetaData>,
}

impl Head {
    fn is_deleted(&self) -> bool {
        self.status.as_ref().is_some_and(|it| it.0.eq_ignore_ascii_case("deleted"))
    }

    fn updated_at(&self) -> Option<Timestamp> {
        moment(self.meta_data.as_ref()?.last_updated_time.as_ref())
    }

    fn stamp(self) -> Result<Stamp, String> {
        let updated_at = self.updated_at();
        let created_at = self.meta_data.as_ref().and_then(|it| moment(it.create_time.as_ref()));
        let id = text(self.id).filter(|it| super::law::is_id(it)).ok_or("it has no id")?;
        let token = text(self.sync_token).filter(|it| super::law::is_id(it)).ok_or("it has no version")?;
        Ok(Stamp { id, token, created_at, updated_at })
    }
}

/// A moment; every one comes with an offset (§2.4).
fn moment(text: Option<&Word>) -> Option<Timestamp> {
    text?.0.parse().ok()
}

/// A day; what stands behind it is left away.
fn day(value: Option<Word>) -> Option<Date> {
    text(value)?.get(..10)?.parse().ok()
}

/// The currency of an object that names one, or the company's.
fn currency(value: Option<Ref>, home: Currency) -> Result<Currency, String> {
    match reference(value) {
        None => Ok(home),
        Some(code) => code.parse().map_err(|_| format!("\"{code}\" is no currency that is known here")),
    }
}

fn money(value: Option<Decimal>, currency: Currency, what: &str) -> Result<Option<Money>, String> {
    let Some(value) = value else { return Ok(None) };
    let money = value.money(currency);
    money.map(Some).ok_or_else(|| format!("{what} {value} is no amount in {currency}"))
}

/// What one entry of a list is.
pub(super) enum Entry {
    /// An object.
    Object(Object),
    /// A mark of one that was deleted (§2.4, §4.3).
    Removed(Removed),
    /// It cannot be understood.
    Unreadable(Unreadable),
}

/// Reads one object.
pub(super) fn entry(kind: Kind, raw: &RawValue, home: Currency) -> Entry {
    let head: Head = match serde_json::from_str(raw.get()) {
        Ok(head) => head,
        Err(error) => return unreadable(kind, None, &error.to_string()),
    };
    if head.is_deleted() {
        let at = head.updated_at();
        return match text(head.id) {
            Some(id) => Entry::Removed(Removed { kind, id, at }),
            None => unreadable(kind, None, "it was deleted, and nobody says which"),
        };
    }
    let id = text(head.id.clone());
    let read = head.stamp().and_then(|stamp| match kind {
        Kind::Customer => names::client(raw, stamp).map(|it| Object::Customer(Box::new(it))),
        Kind::Item => names::article(raw, stamp).map(|it| Object::Item(Box::new(it))),
        Kind::Payment => sales::receipt(raw, stamp, home).map(|it| Object::Payment(Box::new(it))),
        _ => sales::sale(kind, raw, stamp, home).map(|it| Object::Sale(Box::new(it))),
    });
    read.map_or_else(|why| unreadable(kind, id, &why), Entry::Object)
}

fn unreadable(kind: Kind, id: Option<String>, why: &str) -> Entry {
    Entry::Unreadable(Unreadable { kind, id, why: crate::error::clean(why) })
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|it| it.to_string())
}

/// The members of an answer by name; none where it is no object.
pub(super) fn members(body: &[u8]) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_slice(body).ok()
}

/// What a query brought (§2.4).
pub(super) struct Rows<'a> {
    /// The rows of the entity that was asked for.
    pub(super) rows: Vec<&'a RawValue>,
    /// How many there are in all, where that was asked.
    pub(super) total: Option<u64>,
}

/// Reads the answer to a query; none where it is no such answer.
pub(super) fn rows<'a>(body: &'a [u8], entity: &str) -> Option<Rows<'a>> {
    let members = members(body)?;
    rows_of(members.get("QueryResponse")?, entity)
}

fn rows_of<'a>(response: &'a RawValue, entity: &str) -> Option<Rows<'a>> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(response.get()).ok()?;
    let rows = match members.iter().find(|(key, _)| key.eq_ignore_ascii_case(entity)) {
        Some((_, rows)) => serde_json::from_str(rows.get()).ok()?,
        None => Vec::new(),
    };
    let total = members.get("totalCount").and_then(|it| it.get().trim_matches('"').parse().ok());
    Some(Rows { rows, total })
}

/// One entry's own id.
pub(super) fn id_of(raw: &RawValue) -> Option<String> {
    let head: Head = serde_json::from_str(raw.get()).ok()?;
    text(head.id)
}

/// Whether an entry of a list is in use; one that does not say so is.
pub(super) fn is_active(raw: &RawValue) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Active {
        active: Option<bool>,
    }
    serde_json::from_str(raw.get()).ok().and_then(|it: Active| it.active).unwrap_or(true)
}

/// One answer of a batch (§4.2).
pub(super) struct Item<'a> {
    /// The name that it was sent under.
    pub(super) id: String,
    /// What it says, by name.
    pub(super) members: BTreeMap<String, &'a RawValue>,
}

/// Reads the answer to a batch; none where it is no such answer. An item without a name belongs to nobody.
pub(super) fn batch(body: &[u8]) -> Option<Vec<Item<'_>>> {
    let members = members(body)?;
    let items: Vec<BTreeMap<String, &RawValue>> =
        serde_json::from_str(members.get("BatchItemResponse")?.get()).ok()?;
    let named = items.into_iter().filter_map(|members| {
        let id: Word = serde_json::from_str(members.get("bId")?.get()).ok()?;
        Some(Item { id: id.0, members })
    });
    Some(named.collect())
}

#[cfg(test)]
mod tests;
