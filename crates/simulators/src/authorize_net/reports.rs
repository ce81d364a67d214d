//! Reporting: one transaction, those that wait, those of a batch (authorizenet.md §2.14).

mod batches;
mod details;

pub(super) use batches::{list as batches, statistics};
pub(super) use details::details;

use jiff::Timestamp;

use super::{
    desk::Desk,
    record::Record,
    reply::{Answer, Members, Value},
    settle,
};
use crate::xml::Element;

/// The most of one answer where no paging is asked for.
const MOST: usize = 1_000;

/// A fraction only where there is one.
fn form(at: Timestamp) -> &'static str {
    if at.subsec_millisecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" }
}

/// UTC as it is written.
fn utc(at: Timestamp) -> Value {
    Value::Text(format!("{}Z", trimmed(at.strftime(form(at)).to_string())))
}

/// The merchant's own time, without a zone.
fn local(at: Timestamp) -> Value {
    Value::Text(trimmed(at.to_zoned(settle::pacific()).strftime(form(at)).to_string()))
}

/// Zeros at the end of a fraction are left out.
fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').to_owned() } else { text }
}

/// What a transaction settles for: nothing where it never will.
fn settles(record: &Record) -> i64 {
    if matches!(record.state.as_str(), "voided" | "declined") { 0 } else { record.settles }
}

/// A merchant's transactions that fit, oldest first, with what they are.
fn mine(desk: &Desk<'_>, fits: impl Fn(&Record) -> bool) -> Vec<(String, Record)> {
    let merchant = serde_json::Value::from(desk.merchant);
    let rows = desk.state.transactions.iter();
    let rows = rows.filter(|it| it.detail.get("merchant") == Some(&merchant));
    rows.map(|it| (it.id.clone(), Record::of(it))).filter(|(_, it)| fits(it)).collect()
}

/// A transaction in a list.
fn summary(id: &str, record: &Record, now: Timestamp) -> Value {
    let mut members: Members = vec![
        ("transId", Value::text(id)),
        ("submitTimeUTC", utc(record.submitted_at)),
        ("submitTimeLocal", local(record.submitted_at)),
        ("transactionStatus", Value::text(settle::state(record, now))),
    ];
    let texts = [
        ("invoiceNumber", record.invoice.as_str()),
        ("firstName", record.bill_to.get("firstName")),
        ("lastName", record.bill_to.get("lastName")),
    ];
    for (name, text) in texts {
        if !text.is_empty() {
            members.push((name, Value::text(text)));
        }
    }
    members.push(("accountType", Value::text(&record.face.brand)));
    members.push(("accountNumber", Value::text(&record.face.masked)));
    members.push(("settleAmount", Value::Amount(settles(record))));
    members.push(("marketType", Value::text("eCommerce")));
    members.push(("product", Value::text("Card Not Present")));
    if record.state.starts_with("FDS") {
        let filters = Value::List("fraudFilter", vec![Value::text("Amount Filter")]);
        let fraud = vec![("fraudFilterList", filters), ("fraudAction", Value::text("Review"))];
        members.push(("fraudInformation", Value::Members(fraud)));
    }
    if let Some(profile) = profile(record) {
        members.push(("profile", profile));
    }
    Value::Members(members)
}

fn profile(record: &Record) -> Option<Value> {
    if record.profile.is_empty() {
        return None;
    }
    let mut ids: Members = vec![("customerProfileId", Value::text(&record.profile))];
    if !record.payment_profile.is_empty() {
        ids.push(("customerPaymentProfileId", Value::text(&record.payment_profile)));
    }
    Some(Value::Members(ids))
}

/// Sorts, cuts to the page that was asked for, and writes it.
fn list(desk: &Desk<'_>, root: &Element, mut found: Vec<(String, Record)>) -> Answer {
    let total = found.len();
    let descending = root.child("sorting").map(|it| matches!(it.get(&["orderDescending"]), "true" | "1"));
    if root.get(&["sorting", "orderBy"]) == "submitTimeUTC" {
        found.sort_by_key(|it| it.1.submitted_at);
    } else {
        found.sort_by_key(|it| it.0.parse::<u64>().unwrap_or(0));
    }
    // The most recent first, where nobody says otherwise.
    if descending.unwrap_or(true) {
        found.reverse();
    }
    let number = |name: &str| root.get(&["paging", name]).parse::<usize>().ok();
    let limit = number("limit").unwrap_or(MOST).clamp(1, MOST);
    let page = number("offset").unwrap_or(1).max(1);
    let skipped = page.saturating_sub(1).saturating_mul(limit);
    let now = desk.now();
    let shown: Vec<Value> =
        found.iter().skip(skipped).take(limit).map(|(id, it)| summary(id, it, now)).collect();
    if shown.is_empty() {
        return Answer::no_records();
    }
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    Answer::ok(vec![
        ("transactions", Value::List("transaction", shown)),
        ("totalNumInResultSet", Value::Number(total)),
    ])
}

/// getUnsettledTransactionListRequest.
pub(super) fn unsettled(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let now = desk.now();
    let pending = root.get(&["status"]) == "pendingApproval";
    let found = mine(desk, |it| {
        let closed = settle::closes_at(it).is_some_and(|at| at <= now);
        let state = settle::state(it, now);
        !closed && state != "expired" && (!pending || state.starts_with("FDS"))
    });
    list(desk, root, found)
}

/// getTransactionListRequest: a batch's transactions.
pub(super) fn of_batch(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let id = root.get(&["batchId"]);
    let found = batches::members(desk, id);
    list(desk, root, found)
}

/// getTransactionListForCustomerRequest.
pub(super) fn of_customer(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let (customer, payment) = (root.get(&["customerProfileId"]), root.get(&["customerPaymentProfileId"]));
    let found =
        mine(desk, |it| it.profile == customer && (payment.is_empty() || it.payment_profile == payment));
    list(desk, root, found)
}
