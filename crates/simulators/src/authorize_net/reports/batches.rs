//! Batches: what was closed at the same moment (authorizenet.md §2.14).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{local, mine, settles, utc};
use crate::{
    authorize_net::{
        desk::Desk,
        record::Record,
        reply::{Answer, Members, Value},
        schema, settle,
    },
    xml::Element,
};

/// The longest range (§2.14), and what is shown where none is asked for.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
const USUAL: SignedDuration = SignedDuration::from_hours(24);

type Batch = Vec<(String, Record)>;

/// Closed batches by when they were closed. One without anything that settled is none.
fn all(desk: &Desk<'_>) -> BTreeMap<Timestamp, Batch> {
    let now = desk.now();
    let mut batches: BTreeMap<Timestamp, Batch> = BTreeMap::new();
    for (id, record) in mine(desk, |it| settle::closes_at(it).is_some_and(|at| at <= now)) {
        if let Some(closed) = settle::closes_at(&record) {
            batches.entry(closed).or_default().push((id, record));
        }
    }
    batches.retain(|_, batch| batch.iter().any(|(_, it)| it.state.ends_with("PendingSettlement")));
    batches
}

/// The transactions of a batch; none where there is no such batch.
pub(super) fn members(desk: &Desk<'_>, id: &str) -> Batch {
    let all = all(desk).into_iter();
    let mut found = all.filter(|(closed, _)| settle::batch_id(desk.merchant, *closed) == id);
    found.next().map(|it| it.1).unwrap_or_default()
}

/// A batch as it is shown, with its statistics where they are asked for.
pub(super) fn shown(merchant: usize, closed: Timestamp, batch: Option<&Batch>) -> Value {
    let mut members: Members = vec![
        ("batchId", Value::Text(settle::batch_id(merchant, closed))),
        ("settlementTimeUTC", utc(closed)),
        ("settlementTimeLocal", local(closed)),
        ("settlementState", Value::text("settledSuccessfully")),
    ];
    if let Some(batch) = batch {
        members.push(("paymentMethod", Value::text("creditCard")));
        members.push(("marketType", Value::text("eCommerce")));
        members.push(("product", Value::text("Card Not Present")));
        if !batch.is_empty() {
            members.push(("statistics", Value::List("statistic", counted(batch))));
        }
    }
    Value::Members(members)
}

#[derive(Default)]
struct Counts {
    charged: i64,
    charges: i64,
    refunded: i64,
    refunds: i64,
    voids: i64,
    declines: i64,
}

/// Per kind of account: how many, and how much.
fn counted(batch: &Batch) -> Vec<Value> {
    let mut kinds: BTreeMap<&str, Counts> = BTreeMap::new();
    for (_, it) in batch {
        let counts = kinds.entry(&it.face.brand).or_default();
        let (count, amount) = match it.state.as_str() {
            "capturedPendingSettlement" => (&mut counts.charges, Some(&mut counts.charged)),
            "refundPendingSettlement" => (&mut counts.refunds, Some(&mut counts.refunded)),
            "voided" => (&mut counts.voids, None),
            _ => (&mut counts.declines, None),
        };
        *count = count.saturating_add(1);
        if let Some(amount) = amount {
            *amount = amount.saturating_add(settles(it));
        }
    }
    let one = |(kind, it): (&str, Counts)| {
        Value::Members(vec![
            ("accountType", Value::text(kind)),
            ("chargeAmount", Value::Amount(it.charged)),
            ("chargeCount", Value::Number(it.charges)),
            ("refundAmount", Value::Amount(it.refunded)),
            ("refundCount", Value::Number(it.refunds)),
            ("voidCount", Value::Number(it.voids)),
            ("declineCount", Value::Number(it.declines)),
            ("errorCount", Value::Number(0)),
        ])
    };
    kinds.into_iter().map(one).collect()
}

/// getSettledBatchListRequest.
pub(in crate::authorize_net) fn list(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let date = |name: &str| schema::time(root.get(&[name]));
    let now = desk.now();
    let (first, last) = match (date("firstSettlementDate"), date("lastSettlementDate")) {
        (None, None) => (now.saturating_sub(USUAL).unwrap_or(now), now),
        (Some(first), Some(last)) => (first, last),
        // One alone is refused; with which code is not known.
        _ => return Answer::error("E00014", "A required field is not present."),
    };
    if last < first || last.duration_since(first) > LONGEST {
        return Answer::error("E00013", "The settlement date range is invalid.");
    }
    let with_statistics = matches!(root.get(&["includeStatistics"]), "true" | "1");
    let empty = Vec::new();
    let batches = all(desk);
    let found: Vec<Value> = batches
        .iter()
        .filter(|(closed, _)| **closed >= first && **closed <= last)
        .map(|(closed, batch)| {
            shown(desk.merchant, *closed, Some(if with_statistics { batch } else { &empty }))
        })
        .collect();
    if found.is_empty() {
        return Answer::no_records();
    }
    Answer::ok(vec![("batchList", Value::List("batch", found))])
}

/// getBatchStatisticsRequest.
pub(in crate::authorize_net) fn statistics(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let id = root.get(&["batchId"]);
    let batches = all(desk);
    let mut found = batches.iter().filter(|(closed, _)| settle::batch_id(desk.merchant, **closed) == id);
    match found.next() {
        Some((closed, batch)) => Answer::ok(vec![("batch", shown(desk.merchant, *closed, Some(batch)))]),
        None => Answer::no_records(),
    }
}
