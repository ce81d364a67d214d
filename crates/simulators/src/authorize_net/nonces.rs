//! Nonces that stand for a card once (authorizenet.md §2.4): securePaymentContainerRequest makes them, a payment takes them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    card::{Face, code_letter},
    desk::Desk,
    reply::{Answer, Value},
    transact::Refusal,
};
use crate::xml::Element;

/// What a nonce's payment is described by.
pub(super) const DESCRIPTOR: &str = "COMMON.ACCEPT.INAPP.PAYMENT";
const KIND: &str = "nonce";

/// A card behind a nonce, without its number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Nonce {
    merchant: usize,
    pub(super) face: Face,
    /// The card code's letter; empty where none was sent.
    pub(super) code: String,
    pub(super) zip: String,
    issued_at: Timestamp,
    is_used: bool,
}

/// securePaymentContainerRequest: what Accept.js posts with the public key.
pub(super) fn issue(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let token = |name: &str| root.get(&["data", "token", name]);
    if root.child("data").and_then(|it| it.child("token")).is_none() || !desk.state.has_place(KIND) {
        return Answer::error("E00113", "Invalid OTS Token Data.");
    }
    let face = Face::card(token("cardNumber"), token("expirationDate"));
    if !face.is_valid || face.expires.is_empty() {
        return Answer::error("E00113", "Invalid OTS Token Data.");
    }
    let code = token("cardCode");
    let nonce = Nonce {
        merchant: desk.merchant,
        face,
        code: if code.is_empty() { String::new() } else { code_letter(code).to_owned() },
        zip: token("zip").to_owned(),
        issued_at: desk.now(),
        is_used: false,
    };
    let value = format!("eyJ{}", desk.letters(60));
    desk.state.set_own(KIND, &value, &nonce);
    let members = vec![("dataDescriptor", Value::text(DESCRIPTOR)), ("dataValue", Value::Text(value))];
    Answer::ok(vec![("opaqueData", Value::Members(members))])
}

/// Takes a nonce; it is good once.
pub(super) fn take(desk: &mut Desk<'_>, opaque: &Element) -> Result<Nonce, Refusal> {
    if opaque.get(&["dataDescriptor"]) != DESCRIPTOR {
        return Err(Refusal("E00113", "Invalid OTS Token Data."));
    }
    let value = opaque.get(&["dataValue"]);
    let Some(mut nonce) = desk.state.own::<Nonce>(KIND, value).filter(|it| !it.is_used) else {
        return Err(Refusal("E00114", "Invalid OTS Token."));
    };
    if nonce.merchant != desk.merchant {
        return Err(Refusal("E00116", "OTS Token access violation"));
    }
    let life = SignedDuration::from_secs(desk.choices.nonce_seconds);
    if nonce.issued_at.checked_add(life).is_ok_and(|it| it <= desk.now()) {
        return Err(Refusal("E00115", "Expired OTS Token."));
    }
    nonce.is_used = true;
    desk.state.set_own(KIND, value, &nonce);
    Ok(nonce)
}
