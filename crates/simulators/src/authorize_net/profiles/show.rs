//! Profiles as answers show them: masked (authorizenet.md §2.9, §2.10).

use super::{Payment, Profile};
use crate::authorize_net::{
    card::Face,
    record::Address,
    reply::{Members, Value},
};

/// How much of a card is shown.
#[derive(Clone, Copy, Default)]
pub(super) struct Shown {
    pub(super) expiration: bool,
    pub(super) issuer: bool,
}

/// A means of payment without its number.
pub(in crate::authorize_net) fn means(face: &Face, expiration: bool, issuer: bool) -> Value {
    if face.is_bank() {
        let mut bank: Members = Vec::new();
        if !face.account_type.is_empty() {
            bank.push(("accountType", Value::text(&face.account_type)));
        }
        bank.push(("routingNumber", Value::text(&face.routing)));
        bank.push(("accountNumber", Value::text(&face.masked)));
        bank.push(("nameOnAccount", Value::text(&face.holder)));
        if !face.echeck_type.is_empty() {
            bank.push(("echeckType", Value::text(&face.echeck_type)));
        }
        return Value::Members(vec![("bankAccount", Value::Members(bank))]);
    }
    let mut card: Members = vec![
        ("cardNumber", Value::text(&face.masked)),
        ("expirationDate", Value::text(if expiration { &face.expires } else { "XXXX" })),
    ];
    if !face.brand.is_empty() {
        card.push(("cardType", Value::text(&face.brand)));
    }
    if issuer {
        card.push(("issuerNumber", Value::text(&face.issuer)));
    }
    Value::Members(vec![("creditCard", Value::Members(card))])
}

const NAMES: [&str; 8] = ["firstName", "lastName", "company", "address", "city", "state", "zip", "country"];
const MORE: [&str; 3] = ["phoneNumber", "faxNumber", "email"];

fn some(address: &Address, names: &[&'static str]) -> Members {
    let filled = names.iter().filter(|it| !address.get(it).is_empty());
    filled.map(|it| (*it, Value::text(address.get(it)))).collect()
}

/// An address with telephone and mail.
pub(in crate::authorize_net) fn address(it: &Address) -> Value {
    Value::Derived { base: some(it, &NAMES), own: some(it, &MORE) }
}

/// An address without.
pub(in crate::authorize_net) fn name_and_address(it: &Address) -> Value {
    Value::Members(some(it, &NAMES))
}

/// An address with its id.
pub(super) fn shipping(id: &str, it: &Address) -> Value {
    Value::Levels(vec![some(it, &NAMES), some(it, &MORE), vec![("customerAddressId", Value::text(id))]])
}

/// A payment profile; its customer's id only where it stands alone.
pub(super) fn payment(customer: Option<&str>, it: &Payment, shown: Shown) -> Value {
    let mut base: Members = Vec::new();
    if !it.customer_type.is_empty() {
        base.push(("customerType", Value::text(&it.customer_type)));
    }
    if !it.bill_to.is_empty() {
        base.push(("billTo", address(&it.bill_to)));
    }
    let mut own: Members = Vec::new();
    if let Some(customer) = customer {
        own.push(("customerProfileId", Value::text(customer)));
    }
    own.push(("customerPaymentProfileId", Value::text(&it.id)));
    if it.is_default {
        own.push(("defaultPaymentProfile", Value::Flag(true)));
    }
    own.push(("payment", means(&it.face, shown.expiration, shown.issuer)));
    if !it.network.is_empty() {
        own.push(("originalNetworkTransId", Value::text(&it.network)));
        own.push(("originalAuthAmount", Value::Amount(it.network_amount)));
    }
    Value::Derived { base, own }
}

/// A whole profile.
pub(super) fn profile(it: &Profile, shown: Shown) -> Value {
    let mut inner: Members = Vec::new();
    let texts =
        [("merchantCustomerId", &it.customer), ("description", &it.description), ("email", &it.email)];
    for (name, text) in texts {
        if !text.is_empty() {
            inner.push((name, Value::text(text)));
        }
    }
    let mut own: Members = Vec::new();
    let known: Vec<Value> = it.payments.iter().map(|one| payment(None, one, shown)).collect();
    if !known.is_empty() {
        own.push(("paymentProfiles", Value::Each(known)));
    }
    let addresses: Vec<Value> = it.addresses.iter().map(|one| shipping(&one.id, &one.address)).collect();
    if !addresses.is_empty() {
        own.push(("shipToList", Value::Each(addresses)));
    }
    own.push(("profileType", Value::text(if it.kind.is_empty() { "regular" } else { &it.kind })));
    Value::Levels(vec![inner, vec![("customerProfileId", Value::text(&it.id))], own])
}
