//! Customer profiles and what they hold: payment profiles and addresses (authorizenet.md §2.5 to 2.11).
//!
//! A profile is one row. No card number is in it: two cards are the same where all that may be shown of them is.

mod charge;
mod customers;
mod payments;
mod shipping;
mod show;
mod validate;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use charge::{Made, add_card, for_charge, from_transaction, is_there, of_transaction, remember};
pub(super) use customers::{create, delete, get, ids, update};
pub(super) use payments::{
    create as create_payment, delete as delete_payment, get as get_payment, update as update_payment,
};
pub(super) use shipping::{
    create as create_address, delete as delete_address, get as get_address, update as update_address,
};
pub(super) use show::{address, means, name_and_address};
pub(super) use validate::validate as validate_payment;

use super::{
    card::Face,
    desk::Desk,
    record::Address,
    reply::{Answer, Members, Value},
};
use crate::state::State;

const KIND: &str = "profile";
/// What makes a profile a duplicate, and whose id it is.
const KEYS: &str = "profileKey";
/// The most payment profiles of a customer (§2.7), and the most addresses.
const MOST: usize = 10;
const MOST_ADDRESSES: usize = 100;

/// A customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Profile {
    #[serde(skip)]
    pub(super) id: String,
    pub(super) merchant: usize,
    pub(super) customer: String,
    pub(super) description: String,
    pub(super) email: String,
    pub(super) kind: String,
    pub(super) payments: Vec<Payment>,
    pub(super) addresses: Vec<Shipping>,
    /// How many calls it stays unknown to.
    pub(super) misses: u32,
    pub(super) created_at: Timestamp,
}

/// A means of payment of a customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Payment {
    pub(super) id: String,
    pub(super) face: Face,
    pub(super) bill_to: Address,
    pub(super) customer_type: String,
    pub(super) is_default: bool,
    /// The network's id of the first transaction, and its amount in hundredths (§2.3.7).
    pub(super) network: String,
    pub(super) network_amount: i64,
    pub(super) misses: u32,
}

/// An address of a customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Shipping {
    pub(super) id: String,
    pub(super) address: Address,
    pub(super) is_default: bool,
}

/// E00040 in its usual words.
fn not_found() -> Answer {
    Answer::error("E00040", "The record cannot be found.")
}

/// A merchant's profile. One that is new may be unknown for a few calls.
fn find(desk: &mut Desk<'_>, id: &str) -> Option<Profile> {
    let mut profile: Profile = desk.state.own(KIND, id)?;
    if profile.merchant != desk.merchant {
        return None;
    }
    id.clone_into(&mut profile.id);
    if profile.misses > 0 {
        profile.misses = profile.misses.saturating_sub(1);
        save(desk.state, &profile);
        return None;
    }
    Some(profile)
}

fn save(state: &mut State, profile: &Profile) {
    state.set_own(KIND, &profile.id, profile);
}

/// What no two profiles of a merchant have in common.
fn key(desk: &Desk<'_>, profile: &Profile) -> String {
    let email = if desk.choices.duplicate_email { profile.email.as_str() } else { "" };
    [&profile.merchant.to_string(), &profile.customer, &profile.description, email].join("\u{1f}")
}

/// The profile that has the same key already.
fn twin(desk: &Desk<'_>, profile: &Profile) -> Option<String> {
    let id: String = desk.state.own(KEYS, &key(desk, profile))?;
    (id != profile.id).then_some(id)
}

fn index(desk: &mut Desk<'_>, profile: &Profile) {
    let key = key(desk, profile);
    desk.state.set_own(KEYS, &key, &profile.id);
}

fn forget_index(desk: &mut Desk<'_>, profile: &Profile) {
    let key = key(desk, profile);
    desk.state.remove_own(KEYS, &key);
}

/// E00039 as it is said of customers: the id stands in the text alone (§2.5).
fn duplicate(id: &str, own: Members) -> Answer {
    Answer::failed(own, "E00039", &format!("A duplicate record with ID {id} already exists."))
}

impl Profile {
    fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.iter().find(|it| it.id == id)
    }

    /// The one that is meant; the default where none is named.
    fn chosen(&self, id: &str) -> Option<&Payment> {
        if id.is_empty() { self.payments.iter().find(|it| it.is_default) } else { self.payment(id) }
    }

    /// Only one is the default.
    fn make_default(&mut self, id: &str) {
        for it in &mut self.payments {
            it.is_default = it.id == id;
        }
    }
}

/// All payment profiles, for the ledger.
pub(super) fn tokens(state: &State) -> Vec<serde_json::Value> {
    let mut tokens = Vec::new();
    for (id, profile) in state.all_own::<Profile>(KIND) {
        for it in &profile.payments {
            tokens.push(serde_json::json!({
                "id": it.id, "customerProfileId": id, "reference": profile.customer, "brand": it.face.brand,
                "masked": it.face.masked, "expires": it.face.expires,
                "status": if it.is_default { "default" } else { "active" },
            }));
        }
    }
    tokens
}

/// All customer profiles, for the ledger.
pub(super) fn objects(state: &State) -> Vec<serde_json::Value> {
    let all = state.all_own::<Profile>(KIND).into_iter();
    all.map(|(id, it)| {
        serde_json::json!({
            "id": id, "merchantCustomerId": it.customer, "description": it.description, "email": it.email,
            "paymentProfiles": it.payments.len(), "createdAt": it.created_at,
        })
    })
    .collect()
}

/// A list of ids.
fn id_list(ids: &[String]) -> Value {
    Value::List("numericString", ids.iter().map(|it| Value::text(it)).collect())
}
