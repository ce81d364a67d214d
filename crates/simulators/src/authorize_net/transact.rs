//! createTransactionRequest: charges here, what follows on them in `follow` (authorizenet.md §2.3).

mod charge;
mod follow;
mod order;
mod said;

pub(super) use charge::{Charged, charge};
pub(super) use follow::held;
pub(super) use order::{Order, Refusal};
pub(super) use said::Said;

use super::{
    desk::Desk,
    profiles,
    reply::{Answer, Members, Value},
};
use crate::{ledger::MAX_ROWS, xml::Element};

/// The operation.
pub(super) fn create_transaction(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let request = root.child("transactionRequest").unwrap_or(&empty);
    if desk.state.transactions.len() >= MAX_ROWS {
        return stub(&Refusal("E00053", "Server too busy: the simulator is full, POST /_sim/reset"));
    }
    let ref_id = root.get(&["refId"]);
    let (said, profile) = match request.get(&["transactionType"]) {
        "authCaptureTransaction" | "authOnlyTransaction" | "captureOnlyTransaction" => {
            match pay(desk, request, ref_id) {
                Ok(answered) => answered,
                Err(refusal) => return stub(&refusal),
            }
        }
        "priorAuthCaptureTransaction" => (follow::capture(desk, request), None),
        "voidTransaction" => (follow::void(desk, request), None),
        "refundTransaction" => match follow::refund(desk, request, ref_id) {
            Ok(said) => (said, None),
            Err(refusal) => return stub(&refusal),
        },
        _ => return stub(&Refusal("E00060", "The transaction type is invalid.")),
    };
    let quirk = desk.choices.client_id_is_refused && root.child("clientId").is_some();
    answer(desk, said, profile, quirk)
}

/// A payment by card, account, nonce or profile; and the profile that was made of it.
fn pay(desk: &mut Desk<'_>, request: &Element, ref_id: &str) -> Result<(Said, Option<Value>), Refusal> {
    let order = Order::read(desk, request, ref_id)?;
    let keeps = order.keeps_profile;
    let charged = charge(desk, order);
    let approved = charged.said.response == 1;
    let profile = (keeps && approved).then(|| profiles::of_transaction(desk, &charged.record, None));
    Ok((charged.said, profile.map(profiles::Made::response)))
}

/// The outer answer: an error of the gateway is one of the call, a decline is not (§2.3.1).
fn answer(desk: &Desk<'_>, said: Said, profile: Option<Value>, quirk: bool) -> Answer {
    let is_error = said.response == 3 || (said.response == 2 && desk.choices.decline_is_error);
    let is_approved = said.response == 1;
    let mut own: Members = vec![("transactionResponse", Value::Members(said.members(&desk.choices)))];
    if let Some(profile) = profile {
        own.push(("profileResponse", profile));
    }
    if is_error {
        Answer::failed(own, "E00027", "The transaction was unsuccessful.")
    } else if quirk && is_approved {
        Answer::failed(own, "E00013", "The field is invalid.")
    } else {
        Answer::ok(own)
    }
}

/// A refusal before there was a transaction has a stub where the response would stand (§1.2).
fn stub(refusal: &Refusal) -> Answer {
    let stub = Value::Members(vec![("SupplementalDataQualificationIndicator", Value::JsonOnly(0))]);
    Answer::failed(vec![("transactionResponse", stub)], refusal.0, refusal.1)
}
