//! A charge: asked of the processor, held against duplicates, remembered (authorizenet.md §2.3.1, §2.3.8).

use std::hash::BuildHasher as _;

use jiff::SignedDuration;

use super::{Order, Said};
use crate::authorize_net::{
    desk::Desk,
    processor::{self, Asked, Verdict},
    profiles,
    record::Record,
    webhooks::Event,
};

/// How far apart two alike must be where nothing is said, in seconds (§2.3.8).
const WINDOW: i64 = 120;
/// The longest window.
const LONGEST_WINDOW: i64 = 28_800;

/// What came of a charge.
pub(in crate::authorize_net) struct Charged {
    pub(in crate::authorize_net) said: Said,
    pub(in crate::authorize_net) record: Record,
}

pub(in crate::authorize_net) fn charge(desk: &mut Desk<'_>, order: Order) -> Charged {
    let verdict = verdict(desk, &order);
    let print = print(desk, &order);
    let window = order.window.unwrap_or(WINDOW).clamp(0, LONGEST_WINDOW);
    let mut said = base(&order, &verdict);
    if verdict.response != 3
        && !order.is_test
        && let Some(first) = seen(desk, print, window)
    {
        return duplicate(desk, order, said, first);
    }
    if verdict.response == 3 || order.is_test {
        if order.is_test {
            (said.is_test, said.auth_code, said.avs) = (true, "000000".to_owned(), "P".to_owned());
        }
        return Charged { said, record: order.record };
    }
    keep(desk, order, &verdict, print, said)
}

/// Refused, as it repeats another; what that one was answered may be told (§2.3.8).
fn duplicate(desk: &Desk<'_>, order: Order, said: Said, first: String) -> Charged {
    let mut said =
        Said { response: 3, reason: 11, avs: "P".to_owned(), cvv: String::new(), cavv: "", ..said };
    let original = Record::find(desk.state, desk.merchant, &first);
    let tells = desk.choices.duplicate_tells_original && order.window.is_some();
    if let Some(original) = original.filter(|_| tells) {
        (said.id, said.avs, said.cvv) = (first, original.avs, original.cvv);
        said.auth_code = original.auth_code;
    }
    Charged { said, record: order.record }
}

fn verdict(desk: &Desk<'_>, order: &Order) -> Verdict {
    let face = &order.record.face;
    let is_capture_only = order.record.kind == "captureOnlyTransaction";
    let asked = Asked {
        face,
        code: order.code,
        amount: order.amount,
        zip: order.record.bill_to.get("zip"),
        partial: order.partial,
        is_authorization: order.record.kind == "authOnlyTransaction",
        now: desk.now(),
    };
    let verdict = processor::judge(&asked, &desk.choices);
    let letters = order.auth_code.bytes().all(|it| it.is_ascii_alphanumeric());
    let wrong = match order.wrong {
        None if is_capture_only && order.auth_code.is_empty() => Some(12),
        None if is_capture_only && !(letters && order.auth_code.len() <= 6) => Some(72),
        wrong => wrong,
    };
    match wrong {
        Some(reason) => Verdict { response: 3, reason, avs: "P", cvv: String::new(), approved: 0, ..verdict },
        // The merchant says that the issuer was asked already.
        None if is_capture_only && verdict.response != 3 => {
            let approved = order.amount.unwrap_or(0);
            Verdict { response: 1, reason: 1, avs: "P", cvv: String::new(), approved, ..verdict }
        }
        None => verdict,
    }
}

/// The answer without what only a remembered transaction has.
fn base(order: &Order, verdict: &Verdict) -> Said {
    let record = &order.record;
    Said {
        response: verdict.response,
        reason: verdict.reason,
        avs: verdict.avs.to_owned(),
        cvv: verdict.cvv.clone(),
        cavv: if verdict.response == 3 || record.face.is_bank() { "" } else { "2" },
        id: "0".to_owned(),
        masked: record.face.masked.clone(),
        brand: record.face.brand.clone(),
        user_fields: order.user_fields.clone(),
        ..Said::default()
    }
}

fn keep(desk: &mut Desk<'_>, order: Order, verdict: &Verdict, print: u64, said: Said) -> Charged {
    let id = desk.transaction_id();
    let auth_code = match (&order.auth_code, verdict.has_code) {
        (sent, _) if !sent.is_empty() && verdict.response == 1 => sent.clone(),
        (_, true) => desk.letters(6),
        _ => String::new(),
    };
    let network = if order.record.face.is_bank() { String::new() } else { desk.letters(23) };
    let now = desk.now();
    let is_authorization = order.record.kind == "authOnlyTransaction";
    let (state, captured_at) = match (verdict.response, verdict.reason) {
        (2, _) => ("declined", None),
        (4, 252) => ("FDSPendingReview", None),
        (4, 295) => ("authorizedPendingRelease", None),
        (4, _) => ("FDSAuthorizedPendingReview", None),
        _ if is_authorization => ("authorizedPendingCapture", None),
        _ => ("capturedPendingSettlement", Some(now)),
    };
    let split = if verdict.reason == 295 { desk.profile_id(100_000) } else { String::new() };
    let record = Record {
        state: state.to_owned(),
        captured_at,
        closed_at: (state == "declined").then_some(now),
        response: verdict.response,
        reason: verdict.reason,
        auth_code,
        avs: verdict.avs.to_owned(),
        cvv: verdict.cvv.clone(),
        requested: order.amount.unwrap_or(0),
        authorized: verdict.approved,
        settles: verdict.approved,
        balance: verdict.balance,
        split_tender: split,
        network,
        ..order.record
    };
    record.add(desk.state, &id);
    desk.state.seen.insert(print, (now, id.clone()));
    if order.is_first && verdict.response == 1 {
        profiles::remember(desk, &record);
    }
    desk.events.push(Event::transaction(&record, &id));
    let said = Said {
        auth_code: record.auth_code.clone(),
        hash: desk.hash(&id, record.authorized),
        network: record.network.clone(),
        split_tender: record.split_tender.clone(),
        prepaid: record.balance.map(|left| [record.requested, record.authorized, left]),
        profile: (!record.profile.is_empty()).then(|| {
            [record.profile.clone(), record.payment_profile.clone(), record.address_profile.clone()]
        }),
        id,
        ..said
    };
    Charged { said, record }
}

/// What two alike have in common (§2.3.8), under a key of this process.
fn print(desk: &Desk<'_>, order: &Order) -> u64 {
    let record = &order.record;
    let names = ["firstName", "lastName", "company", "address", "city", "state", "zip", "country"];
    let address = names.map(|it| record.bill_to.get(it).to_owned());
    let card = (&record.face.issuer, &record.face.masked, &record.face.routing, &record.face.expires);
    desk.hasher.hash_one((
        desk.merchant,
        card,
        (&record.kind, &record.purchase_order, order.amount, &record.invoice, &record.customer_id),
        (address, order.window, &record.refers_to),
    ))
}

/// The first of its kind within the window.
fn seen(desk: &Desk<'_>, print: u64, window: i64) -> Option<String> {
    let (at, id) = desk.state.seen.get(&print)?;
    let until = at.checked_add(SignedDuration::from_secs(window)).ok()?;
    (desk.now() < until).then(|| id.clone())
}

/// Whether a refund is a duplicate; remembers it where it is none.
pub(super) fn is_repeated(desk: &mut Desk<'_>, order: &Order, id: &str) -> bool {
    let print = print(desk, order);
    let window = order.window.unwrap_or(WINDOW).clamp(0, LONGEST_WINDOW);
    if desk.choices.duplicate_refunds && seen(desk, print, window).is_some() {
        return true;
    }
    desk.state.seen.insert(print, (desk.now(), id.to_owned()));
    false
}
