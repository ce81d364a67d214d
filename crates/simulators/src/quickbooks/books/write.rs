//! Creates, changes, deletes and voids an object: who may, on which version, and what of it is the server's to say
//! (quickbooks-online.md §3.11, §3.12).

use serde_json::{Map, Value, json};

use super::{
    Books, Entity, Object, amount, checked_id, decimal, fault, fault::Fault, links, names, payments, sales,
    schema, text,
};
use crate::quickbooks::events::What;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::quickbooks) enum Operation {
    /// Created without an id, changed with one.
    Save,
    Delete,
    Void,
}

/// What is the server's alone; what is sent of it is passed over without a word (§2.2).
const OWN: [&str; 19] = [
    "Id",
    "SyncToken",
    "MetaData",
    "Balance",
    "BalanceWithJobs",
    "HomeBalance",
    "HomeTotalAmt",
    "RemainingCredit",
    "UnappliedAmt",
    "FullyQualifiedName",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "Level",
    "V4IDPseudonym",
    "InvoiceLink",
    "invoiceStatus",
    "DeliveryInfo",
    "IsProject",
    "Classification",
];
/// What a full update that leaves it out does not take away.
const STAYS: [&str; 12] = [
    "Active",
    "CurrencyRef",
    "PrintStatus",
    "EmailStatus",
    "ApplyTaxAfterDiscount",
    "CustomField",
    "Type",
    "AccountType",
    "AccountSubType",
    "PreferredDeliveryMethod",
    "PrintOnCheckName",
    "LinkedTxn",
];

/// What was asked beside the object.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::quickbooks) struct Asked {
    pub(in crate::quickbooks) duplicate_numbers: bool,
}

/// Does it; the object as it is then, or what is left of it.
pub(in crate::quickbooks) fn write(
    books: &mut Books<'_>,
    entity: &'static Entity,
    operation: Operation,
    sent: &Map<String, Value>,
    asked: Asked,
) -> Result<Object, Fault> {
    if !books.by_hand && books.switches.subscription_ended {
        return Err(fault::lapsed());
    }
    if !books.by_hand && books.switches.read_only {
        return Err(fault::not_allowed());
    }
    let Some(kind) = entity.schema else {
        let what = "No resource method found for POST, return 405 with Allow header";
        return Err(fault::unsupported(what));
    };
    let read = schema::read(kind, sent)?;
    let id = text(&read, "Id");
    if id.is_empty() {
        return match operation {
            Operation::Save => create(books, entity, &read, asked),
            Operation::Delete | Operation::Void => Err(fault::missing("Id")),
        };
    }
    let current = current(books, entity, &read)?;
    match operation {
        Operation::Save => {
            let sparse = books.by_hand || sent.get("sparse").is_some_and(|it| it == true || it == "true");
            update(books, entity, &current, &read, sparse, asked)
        }
        Operation::Delete if !entity.is_transaction => Err(fault::unsupported("delete")),
        Operation::Delete => delete(books, entity, current),
        Operation::Void => void(books, entity, current),
    }
}

/// The object as it is, if the sent version is its last.
fn current(books: &Books<'_>, entity: &Entity, read: &Object) -> Result<Object, Fault> {
    let id = text(read, "Id");
    checked_id(&id)?;
    let (object, deleted) = books.find(entity.name, &id).ok_or_else(fault::not_found)?;
    if deleted {
        return Err(fault::deleted());
    }
    let token = text(read, "SyncToken");
    if books.by_hand && token.is_empty() {
        return Ok(object.clone());
    }
    if token.is_empty() {
        return Err(fault::missing("SyncToken"));
    }
    if token != text(object, "SyncToken") {
        return Err(fault::stale(&books.switches.user));
    }
    Ok(object.clone())
}

fn create(
    books: &mut Books<'_>,
    entity: &'static Entity,
    read: &Object,
    asked: Asked,
) -> Result<Object, Fault> {
    if !books.state.has_place(&books.kind(entity.name)) {
        return Err(fault::business("The simulator is full: POST /_sim/reset."));
    }
    let mut new = read.clone();
    let keeps = |key: &str, value: &Value| !value.is_null() && !OWN.contains(&key);
    new.retain(|key, value| keeps(key, value));
    let settled = settle(books, entity, None, new, read, asked)?;
    Ok(books.put(entity.name, settled, What::Created))
}

fn update(
    books: &mut Books<'_>,
    entity: &'static Entity,
    old: &Object,
    read: &Object,
    sparse: bool,
    asked: Asked,
) -> Result<Object, Fault> {
    let mut new = old.clone();
    if !sparse {
        new.retain(|key, _| OWN.contains(&key.as_str()) || STAYS.contains(&key.as_str()));
    }
    for (key, value) in read {
        if OWN.contains(&key.as_str()) {
            continue;
        }
        if value.is_null() {
            new.remove(key);
        } else {
            new.insert(key.clone(), value.clone());
        }
    }
    let settled = settle(books, entity, Some(old), new, read, asked)?;
    Ok(books.put(entity.name, settled, What::Updated))
}

/// Checks an object, fills in what the server says of it, and carries out what follows for others.
fn settle(
    books: &mut Books<'_>,
    entity: &'static Entity,
    old: Option<&Object>,
    new: Object,
    read: &Object,
    asked: Asked,
) -> Result<Object, Fault> {
    match entity.name {
        "Payment" => payments::settle(books, old, new),
        "Deposit" => payments::deposit(books, old, new),
        name if entity.is_transaction => sales::settle(books, name, old, new, read, asked),
        name => names::settle(books, name, old, new),
    }
}

/// What a delete leaves: `{"domain", "status", "Id"}` (§2.4).
fn delete(books: &mut Books<'_>, entity: &'static Entity, mut old: Object) -> Result<Object, Fault> {
    open_period(books, &old)?;
    links::undo(books, entity.name, &mut old)?;
    let id = text(&old, "Id");
    books.put(entity.name, old, What::Deleted);
    let gone = json!({ "domain": "QBO", "status": "Deleted", "Id": id });
    Ok(gone.as_object().cloned().unwrap_or_default())
}

/// Everything in it becomes nothing (§3.12).
fn void(books: &mut Books<'_>, entity: &'static Entity, mut old: Object) -> Result<Object, Fault> {
    if !matches!(entity.name, "Invoice" | "Payment" | "SalesReceipt") {
        return Err(fault::unsupported("void"));
    }
    open_period(books, &old)?;
    links::void(books, entity.name, &mut old)?;
    let note = text(&old, "PrivateNote");
    let note = if note.is_empty() { "Voided".to_owned() } else { format!("Voided - {note}") };
    old.insert("PrivateNote".into(), Value::from(note));
    for key in ["TotalAmt", "Balance", "UnappliedAmt", "HomeTotalAmt", "HomeBalance"] {
        if old.contains_key(key) {
            old.insert(key.into(), json!(0));
        }
    }
    if entity.name == "Payment" {
        old.insert("Line".into(), json!([]));
    }
    if let Some(Value::Array(lines)) = old.get_mut("Line") {
        for line in lines {
            line["Amount"] = json!(0);
            if let Some(detail) = line.get_mut("SalesItemLineDetail").and_then(Value::as_object_mut) {
                detail.remove("UnitPrice");
                detail.insert("Qty".into(), json!(0));
            }
        }
    }
    if old.contains_key("TxnTaxDetail") {
        old.insert("TxnTaxDetail".into(), json!({ "TotalTax": 0 }));
    }
    Ok(books.put(entity.name, old, What::Voided))
}

/// Nothing is written in a period whose books are closed (6210), but by whoever closed them.
pub(super) fn open_period(books: &Books<'_>, object: &Object) -> Result<(), Fault> {
    let date = text(object, "TxnDate").parse::<jiff::civil::Date>().ok();
    let closed = books.switches.book_close_date.zip(date).is_some_and(|(end, date)| date <= end);
    if closed && !books.by_hand { Err(fault::closed()) } else { Ok(()) }
}

/// An invoice goes out by mail (§3.7).
pub(in crate::quickbooks) fn send(
    books: &mut Books<'_>,
    entity: &'static Entity,
    id: &str,
    to: &str,
) -> Result<Object, Fault> {
    checked_id(id)?;
    let mut object = books.get(entity.name, id).ok_or_else(fault::not_found)?.clone();
    let known = object.get("BillEmail").and_then(|it| it.get("Address")).and_then(Value::as_str);
    let to = if to.is_empty() { known.unwrap_or_default().to_owned() } else { to.to_owned() };
    if to.is_empty() {
        return Err(fault::missing("BillEmail"));
    }
    if !names::is_email(&to) {
        return Err(fault::email("BillEmail.Address"));
    }
    object.insert("BillEmail".into(), json!({ "Address": to }));
    object.insert("EmailStatus".into(), json!("EmailSent"));
    let time = super::moment(books.state.now());
    object.insert("DeliveryInfo".into(), json!({ "DeliveryType": "Email", "DeliveryTime": time }));
    Ok(books.put(entity.name, object, What::Emailed))
}

/// Changes what a customer owes, and what all above it owe with it.
pub(super) fn owes(books: &mut Books<'_>, customer: &str, cents: i128) {
    let (mut at, mut own) = (customer.to_owned(), true);
    // Five levels at most.
    for _ in 0..5 {
        let Some(mut object) = books.get("Customer", &at).cloned().filter(|_| cents != 0) else { return };
        for key in ["Balance", "BalanceWithJobs"] {
            if own || key == "BalanceWithJobs" {
                let sum = amount(&object, key) + cents;
                object.insert(key.into(), decimal::number(sum));
            }
        }
        books.follow("Customer", &object);
        (at, own) = (super::target(&object, "ParentRef"), false);
    }
}
