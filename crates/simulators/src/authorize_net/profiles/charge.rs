//! What a charge needs of a profile, and profiles that are made of a charge (authorizenet.md §2.3.6, §2.3.7, §2.15).

use super::{Payment, Profile, Shipping, customers, find, id_list, not_found, payments, save, twin};
use crate::{
    authorize_net::{
        desk::Desk,
        record::{Address, Record},
        reply::{Answer, Members, Value, messages},
        transact::Refusal,
        webhooks::Event,
    },
    xml::Element,
};

/// What a charge is made with.
pub(in crate::authorize_net) struct Found {
    pub(in crate::authorize_net) payment: Payment,
    pub(in crate::authorize_net) ship_to: Address,
    pub(in crate::authorize_net) customer: String,
    pub(in crate::authorize_net) email: String,
}

const UNKNOWN: Refusal = Refusal("E00040", "Customer Profile ID or Customer Payment Profile ID not found.");

pub(in crate::authorize_net) fn for_charge(
    desk: &mut Desk<'_>,
    id: &str,
    payment: &str,
    shipping: &str,
) -> Result<Found, Refusal> {
    let mut profile = find(desk, id).ok_or(UNKNOWN)?;
    if payments::is_missed(desk, &mut profile, payment) {
        return Err(UNKNOWN);
    }
    let chosen = profile.chosen(payment).cloned();
    let none = if payment.is_empty() {
        Refusal("E00121", "No default payment/shipping profile found.")
    } else {
        UNKNOWN
    };
    let payment = chosen.ok_or(none)?;
    let ship_to = profile.addresses.iter().find(|it| it.id == shipping).map(|it| it.address.clone());
    if !shipping.is_empty() && ship_to.is_none() {
        return Err(Refusal("E00098", "Customer Profile ID or Shipping Profile ID not found."));
    }
    Ok(Found {
        payment,
        ship_to: ship_to.unwrap_or_default(),
        customer: profile.customer,
        email: profile.email,
    })
}

/// The network's id of a first transaction stays with the card (§2.3.7).
pub(in crate::authorize_net) fn remember(desk: &mut Desk<'_>, record: &Record) {
    let Some(mut profile) = find(desk, &record.profile) else { return };
    let Some(payment) = profile.payments.iter_mut().find(|it| it.id == record.payment_profile) else {
        return;
    };
    payment.network.clone_from(&record.network);
    payment.network_amount = record.authorized;
    save(desk.state, &profile);
}

/// A profile that was made of a transaction, or that was there.
pub(in crate::authorize_net) enum Made {
    New(Profile),
    Twin(String),
}

impl Made {
    fn members(&self) -> Members {
        let (id, payments, addresses): (&str, Vec<String>, Vec<String>) = match self {
            Self::New(it) => (
                &it.id,
                it.payments.iter().map(|one| one.id.clone()).collect(),
                it.addresses.iter().map(|one| one.id.clone()).collect(),
            ),
            Self::Twin(_) => ("", Vec::new(), Vec::new()),
        };
        let mut members: Members = Vec::new();
        if !id.is_empty() {
            members.push(("customerProfileId", Value::text(id)));
        }
        members.push(("customerPaymentProfileIdList", id_list(&payments)));
        members.push(("customerShippingAddressIdList", id_list(&addresses)));
        members
    }

    /// `profileResponse` beside the transaction's (§2.3.6).
    pub(in crate::authorize_net) fn response(self) -> Value {
        let said = match &self {
            Self::New(_) => messages("Ok", "I00001", "Successful."),
            Self::Twin(id) => {
                messages("Error", "E00039", &format!("A duplicate record with ID {id} already exists."))
            }
        };
        let mut members: Members = vec![("messages", said)];
        members.extend(self.members());
        Value::Members(members)
    }
}

/// Makes a profile of a transaction; `customer` names its id, description and email.
pub(in crate::authorize_net) fn of_transaction(
    desk: &mut Desk<'_>,
    record: &Record,
    customer: Option<[String; 3]>,
) -> Made {
    let [id, description, email] =
        customer.unwrap_or_else(|| [record.customer_id.clone(), String::new(), record.email.clone()]);
    let mut profile = Profile {
        merchant: desk.merchant,
        customer: id,
        description,
        email,
        created_at: desk.now(),
        ..Profile::default()
    };
    if let Some(id) = twin(desk, &profile) {
        return Made::Twin(id);
    }
    profile.id = desk.profile_id(900_000_000);
    profile.misses = desk.choices.new_profile_misses;
    profile.payments.push(payment_of(desk, record));
    if !record.ship_to.is_empty() {
        let id = desk.profile_id(1_800_000_000);
        profile.addresses.push(Shipping { id, address: record.ship_to.clone(), is_default: false });
    }
    customers::keep(desk, &profile);
    Made::New(profile)
}

fn payment_of(desk: &mut Desk<'_>, record: &Record) -> Payment {
    Payment {
        id: desk.profile_id(1_900_000_000),
        face: record.face.clone(),
        bill_to: record.bill_to.clone(),
        network: record.network.clone(),
        network_amount: record.authorized,
        ..Payment::default()
    }
}

/// createCustomerProfileFromTransactionRequest.
pub(in crate::authorize_net) fn from_transaction(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let get = |path: &[&str]| root.get(path).to_owned();
    let empty = || Made::Twin(String::new()).members();
    let lists = |mut members: Members| {
        members.push(("validationDirectResponseList", Value::List("string", Vec::new())));
        members
    };
    let Some(record) = Record::find(desk.state, desk.merchant, &get(&["transId"])) else {
        let text = "Customer profile creation failed. This transaction ID is invalid.";
        return Answer::failed(lists(empty()), "E00099", text);
    };
    if record.is_refund() || record.state == "declined" {
        let text =
            "Customer profile creation failed. This transaction type does not support profile creation.";
        return Answer::failed(lists(empty()), "E00100", text);
    }
    let existing = get(&["customerProfileId"]);
    if !existing.is_empty() {
        let Some(mut profile) = find(desk, &existing) else { return not_found() };
        let payment = payment_of(desk, &record);
        let members = vec![
            ("customerProfileId", Value::text(&profile.id)),
            ("customerPaymentProfileIdList", id_list(std::slice::from_ref(&payment.id))),
            ("customerShippingAddressIdList", id_list(&[])),
        ];
        profile.payments.push(payment);
        save(desk.state, &profile);
        return Answer::ok(lists(members));
    }
    let sent = ["merchantCustomerId", "description", "email"].map(|it| get(&["customer", it]));
    let customer = root.child("customer").map(|_| sent);
    let has_any = customer.as_ref().is_some_and(|it| it.iter().any(|one| !one.is_empty()))
        || !(record.customer_id.is_empty() && record.email.is_empty());
    if !has_any {
        return Answer::failed(lists(empty()), "E00102", "Customer Info is missing.");
    }
    match of_transaction(desk, &record, customer) {
        Made::Twin(id) => super::duplicate(&id, lists(empty())),
        made @ Made::New(_) => Answer::ok(lists(made.members())),
    }
}

/// Whether a customer is there, for a page that is to keep its card.
pub(in crate::authorize_net) fn is_there(desk: &mut Desk<'_>, id: &str) -> bool {
    find(desk, id).is_some()
}

/// Keeps the card of a charge with a customer. None where the customer has gone, or has it already, or has too many.
pub(in crate::authorize_net) fn add_card(desk: &mut Desk<'_>, id: &str, record: &Record) -> Option<String> {
    let mut profile = find(desk, id)?;
    let payment = payment_of(desk, record);
    if let Some(twin) = payments::twin(&profile, &payment) {
        return Some(twin.id.clone());
    }
    if profile.payments.len() >= super::MOST {
        return None;
    }
    let id = payment.id.clone();
    desk.events.push(Event::payment_profile("created", &profile, &payment));
    profile.payments.push(payment);
    save(desk.state, &profile);
    Some(id)
}
