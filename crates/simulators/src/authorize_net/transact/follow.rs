//! What follows on a transaction: capture, void, refund, and the decision on one that is held (authorizenet.md §2.3.3 to 2.3.5).

use jiff::SignedDuration;

use super::{Order, Refusal, Said, charge};
use crate::{
    authorize_net::{
        card::Face,
        desk::Desk,
        money::cents,
        profiles,
        record::Record,
        reply::{Answer, Value},
        settle,
        webhooks::Event,
    },
    xml::Element,
};

/// The answer about a transaction that is there: its own id twice.
fn about(record: &Record, id: &str, reason: u16) -> Said {
    Said {
        response: 1,
        reason,
        auth_code: record.auth_code.clone(),
        avs: "P".to_owned(),
        id: id.to_owned(),
        refers_to: id.to_owned(),
        masked: record.face.masked.clone(),
        brand: record.face.brand.clone(),
        network: record.network.clone(),
        ..Said::default()
    }
}

/// An error about a transaction, found or not.
fn wrong(record: Option<&Record>, id: &str, reason: u16) -> Said {
    let face = record.map(|it| it.face.clone()).unwrap_or_default();
    Said { refers_to: id.to_owned(), masked: face.masked, brand: face.brand, ..Said::error(reason) }
}

/// The transaction that a request refers to, or the error.
fn found(desk: &Desk<'_>, request: &Element) -> Result<(String, Record), Box<Said>> {
    let id = request.get(&["refTransId"]).to_owned();
    if id.is_empty() {
        return Err(Box::new(wrong(None, "", 15)));
    }
    match Record::find(desk.state, desk.merchant, &id) {
        Some(record) => Ok((id, record)),
        None => Err(Box::new(wrong(None, &id, 16))),
    }
}

pub(super) fn capture(desk: &mut Desk<'_>, request: &Element) -> Said {
    let (id, mut record) = match found(desk, request) {
        Ok(found) => found,
        Err(said) => return *said,
    };
    let amount = match request.get(&["amount"]) {
        "" => Some(record.authorized),
        sent => cents(sent).filter(|it| *it > 0),
    };
    let now = desk.now();
    match settle::state(&record, now) {
        "authorizedPendingCapture" => {}
        "capturedPendingSettlement" | "settledSuccessfully" if !record.is_refund() => {
            return about(&record, &id, 311);
        }
        _ => return wrong(Some(&record), &id, 16),
    }
    let Some(amount) = amount else { return wrong(Some(&record), &id, 5) };
    if amount > record.authorized {
        return wrong(Some(&record), &id, 47);
    }
    "capturedPendingSettlement".clone_into(&mut record.state);
    (record.captured_at, record.settles) = (Some(now), amount);
    record.change(desk.state, &id);
    desk.events.push(Event::follow("priorAuthCapture", &record, &id, amount));
    about(&record, &id, 1)
}

pub(super) fn void(desk: &mut Desk<'_>, request: &Element) -> Said {
    let (id, mut record) = match found(desk, request) {
        Ok(found) => found,
        Err(said) => return *said,
    };
    match settle::state(&record, desk.now()) {
        "voided" => return Said { id: "0".to_owned(), ..about(&record, &id, 310) },
        "settledSuccessfully" | "refundSettledSuccessfully" => {
            let reason = if desk.choices.void_settled_is_327 { 327 } else { 16 };
            return wrong(Some(&record), &id, reason);
        }
        "declined" | "expired" => return wrong(Some(&record), &id, 16),
        _ => {}
    }
    if record.is_refund() {
        give_back(desk, &record);
    }
    "voided".clone_into(&mut record.state);
    record.closed_at = Some(desk.now());
    record.change(desk.state, &id);
    let amount = record.settles;
    desk.events.push(Event::follow("void", &record, &id, amount));
    about(&record, &id, 1)
}

/// A refund that does not happen is no longer taken from what it refers to.
fn give_back(desk: &mut Desk<'_>, refund: &Record) {
    if let Some(mut original) = Record::find(desk.state, desk.merchant, &refund.refers_to) {
        original.refunded = original.refunded.saturating_sub(refund.settles);
        original.change(desk.state, &refund.refers_to);
    }
}

pub(super) fn refund(desk: &mut Desk<'_>, request: &Element, ref_id: &str) -> Result<Said, Refusal> {
    let mut order = Order::plain(desk, request, ref_id);
    let id = request.get(&["refTransId"]).to_owned();
    order.record.face = match request.child("payment").and_then(Face::of) {
        Some(face) => face,
        None => match request.child("profile") {
            Some(profile) => {
                let payment = profile.get(&["paymentProfile", "paymentProfileId"]);
                profiles::for_charge(desk, profile.get(&["customerProfileId"]), payment, "")?.payment.face
            }
            None => Face::default(),
        },
    };
    order.record.refers_to.clone_from(&id);
    let Some(amount) = order.amount.filter(|it| *it > 0) else { return Ok(wrong(None, &id, 5)) };
    if let Some(reason) = order.wrong {
        return Ok(wrong(None, &id, reason));
    }
    let original = if id.is_empty() { None } else { Record::find(desk.state, desk.merchant, &id) };
    if let Some(reason) = refund_refused(desk, &order, &id, original.as_ref(), amount) {
        let mut said = wrong(None, &id, reason);
        (said.masked, said.brand) = (order.record.face.masked.clone(), order.record.face.brand.clone());
        return Ok(said);
    }
    let own = desk.transaction_id();
    if charge::is_repeated(desk, &order, &own) {
        return Ok(Said { masked: order.record.face.masked, ..wrong(None, &id, 11) });
    }
    if let Some(mut original) = original {
        original.refunded = original.refunded.saturating_add(amount);
        original.change(desk.state, &id);
        // A linked refund names the last four digits alone; the rest is known.
        order.record.face = original.face;
        (order.record.profile, order.record.payment_profile) = (original.profile, original.payment_profile);
    }
    let record = Record {
        state: "refundPendingSettlement".to_owned(),
        captured_at: Some(desk.now()),
        response: 1,
        reason: 1,
        avs: "P".to_owned(),
        requested: amount,
        authorized: amount,
        settles: amount,
        ..order.record
    };
    record.add(desk.state, &own);
    desk.events.push(Event::follow("refund", &record, &own, amount));
    Ok(Said { refers_to: id, auth_code: String::new(), network: String::new(), ..about(&record, &own, 1) })
}

/// Why a refund does not meet the criteria.
fn refund_refused(
    desk: &Desk<'_>,
    order: &Order,
    id: &str,
    original: Option<&Record>,
    amount: i64,
) -> Option<u16> {
    let face = &order.record.face;
    if id.is_empty() {
        // Without a reference it needs the whole card.
        let whole = face.is_valid && (face.is_bank() || !face.brand.is_empty());
        return if whole { None } else { Some(6) };
    }
    let Some(original) = original else { return Some(16) };
    let state = settle::state(original, desk.now());
    if state == "capturedPendingSettlement" && original.face.is_bank() {
        return Some(16);
    }
    if state == "capturedPendingSettlement" && desk.choices.refund_unsettled_is_50 {
        return Some(50);
    }
    let days = SignedDuration::from_hours(desk.choices.refund_days.saturating_mul(24));
    let closed = settle::closes_at(original).unwrap_or(original.submitted_at);
    let is_late = closed.checked_add(days).is_ok_and(|it| it < desk.now());
    let same = face.masked.is_empty() || tail(&face.masked) == tail(&original.face.masked);
    if state != "settledSuccessfully" || original.is_refund() || is_late || !same {
        return Some(54);
    }
    (original.refunded.saturating_add(amount) > original.settles).then_some(55)
}

fn tail(masked: &str) -> &str {
    masked.get(masked.len().saturating_sub(4)..).unwrap_or_default()
}

/// updateHeldTransactionRequest: the merchant lets it go on, or not (§2.14).
pub(in crate::authorize_net) fn held(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let request = root.child("heldTransactionRequest").unwrap_or(&empty);
    let said = match found(desk, request) {
        Err(said) => *said,
        Ok((id, record)) if !settle::state(&record, desk.now()).starts_with("FDS") => {
            wrong(Some(&record), &id, 16)
        }
        Ok((id, record)) => decide(desk, &id, record, request.get(&["action"]) == "approve"),
    };
    let is_error = said.response == 3;
    let own = vec![("transactionResponse", Value::Members(said.members(&desk.choices)))];
    if is_error {
        Answer::failed(own, "E00027", "The transaction was unsuccessful.")
    } else {
        Answer::ok(own)
    }
}

fn decide(desk: &mut Desk<'_>, id: &str, mut record: Record, approve: bool) -> Said {
    let now = desk.now();
    let is_authorization = record.kind == "authOnlyTransaction";
    if approve {
        let state = if is_authorization { "authorizedPendingCapture" } else { "capturedPendingSettlement" };
        state.clone_into(&mut record.state);
        record.captured_at = (!is_authorization).then_some(now);
        (record.response, record.reason) = (1, 1);
        if record.auth_code.is_empty() {
            record.auth_code = desk.letters(6);
        }
    } else {
        // What the issuer approved is let go, what was never asked is declined.
        let state = if record.state == "FDSAuthorizedPendingReview" { "voided" } else { "declined" };
        state.clone_into(&mut record.state);
        record.closed_at = Some(now);
    }
    record.change(desk.state, id);
    let name = if approve { "fraud.approved" } else { "fraud.declined" };
    desk.events.push(Event::named(name, &record, id));
    about(&record, id, 1)
}
