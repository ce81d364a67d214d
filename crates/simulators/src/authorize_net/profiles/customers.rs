//! createCustomerProfile and what is done to one (authorizenet.md §2.5, §2.9, §2.11).

use super::{
    MOST, Profile, Shipping, duplicate, find, forget_index, id_list, index, not_found, payments, save,
    show::{self, Shown},
    twin,
    validate::{self, Mode},
};
use crate::{
    authorize_net::{
        desk::Desk,
        record::Address,
        reply::{Answer, Members, Value},
        transact::Refusal,
        webhooks::Event,
    },
    xml::Element,
};

const EMPTY: &str = "One or more fields in the profile must contain a value.";

/// The three lists of the answer; they are there on failures too.
fn lists(payments: &[String], addresses: &[String], direct: Vec<String>) -> Members {
    vec![
        ("customerPaymentProfileIdList", id_list(payments)),
        ("customerShippingAddressIdList", id_list(addresses)),
        (
            "validationDirectResponseList",
            Value::List("string", direct.into_iter().map(Value::Text).collect()),
        ),
    ]
}

fn refused(code: &'static str, text: &str) -> Answer {
    Answer::failed(lists(&[], &[], Vec::new()), code, text)
}

pub(in crate::authorize_net) fn create(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let sent = root.child("profile").unwrap_or(&empty);
    let get = |name: &str| sent.get(&[name]).to_owned();
    let mut profile = Profile {
        merchant: desk.merchant,
        customer: get("merchantCustomerId"),
        description: get("description"),
        email: get("email"),
        kind: get("profileType"),
        created_at: desk.now(),
        ..Profile::default()
    };
    if profile.customer.is_empty() && profile.description.is_empty() && profile.email.is_empty() {
        return refused("E00041", EMPTY);
    }
    if let Some(id) = twin(desk, &profile) {
        return duplicate(&id, lists(&[], &[], Vec::new()));
    }
    let sent_payments: Vec<&Element> =
        sent.children.iter().filter(|it| it.name == "paymentProfiles").collect();
    if sent_payments.len() > MOST {
        return refused("E00042", &format!("You cannot add more than {MOST} payment profiles."));
    }
    let mode = Mode::of(root.get(&["validationMode"]));
    let mut direct = Vec::new();
    for it in sent_payments {
        let (payment, code) = match payments::read(desk, it) {
            Ok(read) => read,
            Err(Refusal(code, text)) => return refused(code, text),
        };
        match validate::check(desk, mode, &profile, &payment, &code) {
            Ok(said) => direct.extend(said),
            Err((text, said)) => {
                direct.push(said);
                return Answer::failed(lists(&[], &[], direct), "E00027", text);
            }
        }
        profile.payments.push(payment);
    }
    finish(desk, profile, sent, direct)
}

/// Gives ids, and keeps it.
fn finish(desk: &mut Desk<'_>, mut profile: Profile, sent: &Element, direct: Vec<String>) -> Answer {
    profile.id = desk.profile_id(900_000_000);
    profile.misses = desk.choices.new_profile_misses;
    let mut default = None;
    for at in 0..profile.payments.len() {
        let id = desk.profile_id(1_900_000_000);
        if let Some(it) = profile.payments.get_mut(at) {
            it.id.clone_from(&id);
            if it.is_default {
                default = Some(id);
            }
        }
    }
    if let Some(default) = default {
        profile.make_default(&default);
    }
    for it in sent.children.iter().filter(|it| it.name == "shipToList") {
        let id = desk.profile_id(1_800_000_000);
        profile.addresses.push(Shipping { id, address: Address::of(Some(it)), is_default: false });
    }
    save(desk.state, &profile);
    index(desk, &profile);
    desk.events.push(Event::customer("created", &profile));
    let payments: Vec<String> = profile.payments.iter().map(|it| it.id.clone()).collect();
    let addresses: Vec<String> = profile.addresses.iter().map(|it| it.id.clone()).collect();
    let mut own: Members = vec![("customerProfileId", Value::text(&profile.id))];
    own.extend(lists(&payments, &addresses, direct));
    Answer::ok(own)
}

pub(in crate::authorize_net) fn get(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let get = |name: &str| root.get(&[name]).to_owned();
    let (id, customer, email) = (get("customerProfileId"), get("merchantCustomerId"), get("email"));
    let found = if id.is_empty() { search(desk, &customer, &email) } else { find(desk, &id) };
    match found {
        Some(profile) => Answer::ok(vec![("profile", show::profile(&profile, shown(root)))]),
        None => not_found(),
    }
}

pub(super) fn shown(root: &Element) -> Shown {
    let is = |name: &str| matches!(root.get(&[name]), "true" | "1");
    Shown { expiration: is("unmaskExpirationDate"), issuer: is("includeIssuerInfo") }
}

/// The first that has what is asked for.
fn search(desk: &mut Desk<'_>, customer: &str, email: &str) -> Option<Profile> {
    if customer.is_empty() && email.is_empty() {
        return None;
    }
    let same = |asked: &str, is: &str| asked.is_empty() || asked == is;
    let all = desk.state.all_own::<Profile>(super::KIND);
    let (id, _) = all.into_iter().find(|(_, it)| {
        it.merchant == desk.merchant && same(customer, &it.customer) && same(email, &it.email)
    })?;
    find(desk, &id)
}

pub(in crate::authorize_net) fn ids(desk: &mut Desk<'_>, _: &Element) -> Answer {
    let all = desk.state.all_own::<Profile>(super::KIND);
    let mine = all.into_iter().filter(|(_, it)| it.merchant == desk.merchant);
    let ids: Vec<String> = mine.map(|(id, _)| id).collect();
    Answer::ok(vec![("ids", id_list(&ids))])
}

pub(in crate::authorize_net) fn update(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let get = |name: &str| root.get(&["profile", name]).to_owned();
    let Some(old) = find(desk, &get("customerProfileId")) else { return not_found() };
    let mut new = old.clone();
    (new.customer, new.description, new.email) =
        (get("merchantCustomerId"), get("description"), get("email"));
    if !get("profileType").is_empty() {
        new.kind = get("profileType");
    }
    if new.customer.is_empty() && new.description.is_empty() && new.email.is_empty() {
        return Answer::error("E00041", EMPTY);
    }
    if let Some(id) = twin(desk, &new) {
        return duplicate(&id, Vec::new());
    }
    forget_index(desk, &old);
    save(desk.state, &new);
    index(desk, &new);
    desk.events.push(Event::customer("updated", &new));
    Answer::ok(Vec::new())
}

pub(in crate::authorize_net) fn delete(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    forget_index(desk, &profile);
    desk.state.remove_own(super::KIND, &profile.id);
    desk.events.push(Event::customer("deleted", &profile));
    Answer::ok(Vec::new())
}

/// Keeps a profile that was made of a transaction.
pub(super) fn keep(desk: &mut Desk<'_>, profile: &Profile) {
    save(desk.state, profile);
    index(desk, profile);
    desk.events.push(Event::customer("created", profile));
}
