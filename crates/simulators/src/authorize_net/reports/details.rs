//! getTransactionDetailsRequest: everything about one transaction, in the schema's order (authorizenet.md §2.14).

use super::{batches, local, profile, settles, utc};
use crate::{
    authorize_net::{
        desk::Desk,
        processor,
        profiles::{address, means, name_and_address},
        record::{Address, Record},
        reply::{Answer, Members, Value},
        settle,
    },
    xml::Element,
};

pub(in crate::authorize_net) fn details(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let reference = root.get(&["transrefId"]);
    let (id, record) = if reference.is_empty() {
        let id = root.get(&["transId"]).to_owned();
        let Some(record) = Record::find(desk.state, desk.merchant, &id) else {
            return Answer::error("E00040", "The record cannot be found.");
        };
        (id, record)
    } else {
        // The newest of that reference (XSD of 2026; not described anywhere).
        match super::mine(desk, |it| it.ref_id == reference).pop() {
            Some(found) => found,
            None => return Answer::error("E00140", "Reference Id not found"),
        }
    };
    Answer::ok(vec![("transaction", Value::Members(transaction(desk, &id, &record)))])
}

fn transaction(desk: &Desk<'_>, id: &str, record: &Record) -> Members {
    let now = desk.now();
    let mut members: Members = vec![("transId", Value::text(id))];
    text(&mut members, "refTransId", &record.refers_to);
    text(&mut members, "splitTenderId", &record.split_tender);
    members.extend([
        ("submitTimeUTC", utc(record.submitted_at)),
        ("submitTimeLocal", local(record.submitted_at)),
        ("transactionType", Value::text(&record.kind)),
        ("transactionStatus", Value::text(settle::state(record, now))),
        ("responseCode", Value::Number(i64::from(record.response))),
        ("responseReasonCode", Value::Number(i64::from(record.reason))),
        ("responseReasonDescription", Value::text(description(record.reason))),
    ]);
    text(&mut members, "authCode", &record.auth_code);
    text(&mut members, "AVSResponse", &record.avs);
    text(&mut members, "cardCodeResponse", &record.cvv);
    if matches!(record.reason, 252 | 253) {
        members.push(("FDSFilterAction", Value::text("hold")));
        let filter = vec![("name", Value::text("Amount Filter")), ("action", Value::text("hold"))];
        members.push(("FDSFilters", Value::List("FDSFilter", vec![Value::Members(filter)])));
    }
    if let Some(closed) = settle::closes_at(record).filter(|it| *it <= now) {
        members.push(("batch", batches::shown(desk.merchant, closed, None)));
    }
    order(&mut members, record);
    amounts(&mut members, record);
    members.push(("payment", means(&record.face, false, false)));
    parties(&mut members, record);
    members
}

/// The report's words differ from the answer's for an approval (§2.14).
fn description(reason: u16) -> &'static str {
    if reason == 1 { "Approval" } else { processor::text(reason) }
}

fn text(members: &mut Members, name: &'static str, value: &str) {
    if !value.is_empty() {
        members.push((name, Value::text(value)));
    }
}

fn order(members: &mut Members, record: &Record) {
    let mut order: Members = Vec::new();
    text(&mut order, "invoiceNumber", &record.invoice);
    text(&mut order, "description", &record.description);
    let mut more: Members = Vec::new();
    text(&mut more, "purchaseOrderNumber", &record.purchase_order);
    if !order.is_empty() || !more.is_empty() {
        members.push(("order", Value::Derived { base: order, own: more }));
    }
}

fn amounts(members: &mut Members, record: &Record) {
    if record.balance.is_some() {
        members.push(("requestedAmount", Value::Amount(record.requested)));
    }
    members.push(("authAmount", Value::Amount(record.authorized)));
    members.push(("settleAmount", Value::Amount(settles(record))));
    if !record.lines.is_empty() {
        members.push(("lineItems", Value::List("lineItem", record.lines.iter().map(line).collect())));
    }
    if let Some(left) = record.balance {
        members.push(("prepaidBalanceRemaining", Value::Amount(left)));
    }
    members.push(("taxExempt", Value::Flag(false)));
}

/// A line as it was sent; numbers are numbers in JSON.
fn line(it: &Address) -> Value {
    let names = ["itemId", "name", "description", "quantity", "unitPrice", "taxable"];
    let mut members: Members = Vec::new();
    for name in names {
        let value = it.get(name);
        match name {
            _ if value.is_empty() => {}
            "quantity" | "unitPrice" => members.push((name, Value::Plain(value.to_owned()))),
            "taxable" => members.push((name, Value::Flag(matches!(value, "true" | "1")))),
            _ => members.push((name, Value::text(value))),
        }
    }
    Value::Members(members)
}

fn parties(members: &mut Members, record: &Record) {
    let mut customer: Members = Vec::new();
    text(&mut customer, "id", &record.customer_id);
    text(&mut customer, "email", &record.email);
    if !customer.is_empty() {
        members.push(("customer", Value::Members(customer)));
    }
    if !record.bill_to.is_empty() {
        members.push(("billTo", address(&record.bill_to)));
    }
    if !record.ship_to.is_empty() {
        members.push(("shipTo", name_and_address(&record.ship_to)));
    }
    members.push(("recurringBilling", Value::Flag(record.is_recurring)));
    text(members, "customerIP", &record.ip);
    members.push(("product", Value::text("Card Not Present")));
    members.push(("marketType", Value::text("eCommerce")));
    if let Some(profile) = profile(record) {
        members.push(("profile", profile));
    }
    text(members, "networkTransId", &record.network);
    text(members, "originalNetworkTransId", &record.original_network);
    if let Some(amount) = record.original_amount {
        members.push(("originalAuthAmount", Value::Amount(amount)));
    }
    text(members, "authorizationIndicator", &record.indicator);
}
