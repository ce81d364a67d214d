//! Payment profiles: create, get, update, delete (authorizenet.md §2.7, §2.8, §2.10, §2.11).

use super::{
    MOST, Payment, Profile, customers, find, not_found, save, show,
    validate::{self, Mode},
};
use crate::{
    authorize_net::{
        card::{Face, code_letter},
        desk::Desk,
        nonces,
        record::Address,
        reply::{Answer, Members, Value},
        transact::Refusal,
        webhooks::Event,
    },
    xml::Element,
};

/// A payment profile as it was sent, and its card code's letter. The number goes no further than this.
pub(super) fn read(desk: &mut Desk<'_>, sent: &Element) -> Result<(Payment, String), Refusal> {
    let empty = Element::default();
    let means = sent.child("payment").unwrap_or(&empty);
    let number = means.get(&["creditCard", "cardNumber"]);
    if means.child("creditCard").is_some() && !(13..=16).contains(&number.len()) {
        return Err(Refusal("E00015", "The field length is invalid for Card Number."));
    }
    let (face, code) = if let Some(opaque) = means.child("opaqueData") {
        let nonce = nonces::take(desk, opaque)?;
        (nonce.face, nonce.code)
    } else {
        let face = Face::of(means).ok_or(Refusal("E00029", "Payment information is required."))?;
        let code = means.get(&["creditCard", "cardCode"]);
        (face, if code.is_empty() { String::new() } else { code_letter(code).to_owned() })
    };
    if !face.is_bank() {
        if face.issuer.is_empty() {
            return Err(Refusal("E00013", "Card Number is invalid."));
        }
        if face.expires.is_empty() {
            return Err(Refusal("E00013", "Expiration Date is invalid."));
        }
    }
    let payment = Payment {
        face,
        bill_to: Address::of(sent.child("billTo")),
        customer_type: sent.get(&["customerType"]).to_owned(),
        is_default: matches!(sent.get(&["defaultPaymentProfile"]), "true" | "1"),
        ..Payment::default()
    };
    Ok((payment, code))
}

/// The same means under the same name and address; the expiry plays no part (§2.7).
pub(super) fn twin<'a>(profile: &'a Profile, payment: &Payment) -> Option<&'a Payment> {
    let names = ["firstName", "lastName", "address", "zip"];
    let same = |it: &&Payment| {
        it.face.is_same(&payment.face)
            && it.id != payment.id
            && names.iter().all(|name| it.bill_to.get(name) == payment.bill_to.get(name))
    };
    profile.payments.iter().find(same)
}

fn ids(profile: &Profile, payment: &str) -> Members {
    vec![("customerProfileId", Value::text(&profile.id)), ("customerPaymentProfileId", Value::text(payment))]
}

pub(in crate::authorize_net) fn create(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let (mut payment, code) = match read(desk, root.child("paymentProfile").unwrap_or(&empty)) {
        Ok(read) => read,
        Err(Refusal(code, text)) => return Answer::error(code, text),
    };
    if let Some(twin) = twin(&profile, &payment) {
        let text = "A duplicate customer payment profile already exists.";
        return Answer::failed(ids(&profile, &twin.id), "E00039", text);
    }
    if profile.payments.len() >= MOST {
        return Answer::error("E00042", &format!("You cannot add more than {MOST} payment profiles."));
    }
    let mode = Mode::of(root.get(&["validationMode"]));
    let direct = match validate::check(desk, mode, &profile, &payment, &code) {
        Ok(direct) => direct,
        Err((text, direct)) => {
            let own = vec![("validationDirectResponse", Value::Text(direct))];
            return Answer::failed(own, "E00027", text);
        }
    };
    payment.id = desk.profile_id(1_900_000_000);
    payment.misses = desk.choices.new_profile_misses;
    let (id, is_default) = (payment.id.clone(), payment.is_default);
    desk.events.push(Event::payment_profile("created", &profile, &payment));
    profile.payments.push(payment);
    if is_default {
        profile.make_default(&id);
    }
    save(desk.state, &profile);
    let mut own = ids(&profile, &id);
    if let Some(direct) = direct {
        own.push(("validationDirectResponse", Value::Text(direct)));
    }
    Answer::ok(own)
}

pub(in crate::authorize_net) fn get(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let id = root.get(&["customerPaymentProfileId"]);
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    if is_missed(desk, &mut profile, id) {
        return not_found();
    }
    match profile.chosen(id) {
        Some(payment) => {
            let shown = show::payment(Some(&profile.id), payment, customers::shown(root));
            Answer::ok(vec![("paymentProfile", shown)])
        }
        None if id.is_empty() => Answer::error("E00121", "No default payment/shipping profile found."),
        None => not_found(),
    }
}

/// Whether a new one is still unknown to this call.
pub(super) fn is_missed(desk: &mut Desk<'_>, profile: &mut Profile, id: &str) -> bool {
    let Some(payment) = profile.payments.iter_mut().find(|it| it.id == id && it.misses > 0) else {
        return false;
    };
    payment.misses = payment.misses.saturating_sub(1);
    save(desk.state, profile);
    true
}

pub(in crate::authorize_net) fn update(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let sent = root.child("paymentProfile").unwrap_or(&empty);
    let id = sent.get(&["customerPaymentProfileId"]);
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let Some(old) = profile.payment(id).cloned() else { return not_found() };
    let (mut payment, code) = match changed(desk, sent, &old) {
        Ok(read) => read,
        Err(Refusal(code, text)) => return Answer::error(code, text),
    };
    payment.id.clone_from(&old.id);
    (payment.network, payment.network_amount) = (old.network, old.network_amount);
    if twin(&profile, &payment).is_some() {
        return Answer::error("E00039", "A duplicate customer payment profile already exists.");
    }
    let mode = Mode::of(root.get(&["validationMode"]));
    let direct = match validate::check(desk, mode, &profile, &payment, &code) {
        Ok(direct) => direct,
        Err((text, direct)) => {
            let own = vec![("validationDirectResponse", Value::Text(direct))];
            return Answer::failed(own, "E00027", text);
        }
    };
    desk.events.push(Event::payment_profile("updated", &profile, &payment));
    let is_default = payment.is_default;
    if let Some(place) = profile.payments.iter_mut().find(|it| it.id == payment.id) {
        *place = payment;
    }
    if is_default {
        profile.make_default(&old.id);
    }
    save(desk.state, &profile);
    Answer::ok(direct.map(|it| ("validationDirectResponse", Value::Text(it))).into_iter().collect())
}

/// What was sent, with the old card where its mask came back: everything else is replaced (§2.8).
fn changed(desk: &mut Desk<'_>, sent: &Element, old: &Payment) -> Result<(Payment, String), Refusal> {
    let number = sent.get(&["payment", "creditCard", "cardNumber"]);
    let account = sent.get(&["payment", "bankAccount", "accountNumber"]);
    if number != old.face.masked && account != old.face.masked {
        return read(desk, sent);
    }
    let mut face = old.face.clone();
    let expiration = sent.get(&["payment", "creditCard", "expirationDate"]);
    if !expiration.starts_with("XX") && !face.is_bank() {
        face.expires = Face::card(number, expiration).expires;
        if face.expires.is_empty() {
            return Err(Refusal("E00013", "Expiration Date is invalid."));
        }
    }
    let payment = Payment {
        face,
        bill_to: Address::of(sent.child("billTo")),
        customer_type: sent.get(&["customerType"]).to_owned(),
        is_default: matches!(sent.get(&["defaultPaymentProfile"]), "true" | "1"),
        ..Payment::default()
    };
    let code = sent.get(&["payment", "creditCard", "cardCode"]);
    Ok((payment, if code.is_empty() { String::new() } else { code_letter(code).to_owned() }))
}

pub(in crate::authorize_net) fn delete(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let id = root.get(&["customerPaymentProfileId"]);
    let Some(payment) = profile.payment(id).cloned() else { return not_found() };
    profile.payments.retain(|it| it.id != id);
    save(desk.state, &profile);
    desk.events.push(Event::payment_profile("deleted", &profile, &payment));
    Answer::ok(Vec::new())
}
