//! A customer's shipping addresses (authorizenet.md §2.15).

use super::{MOST_ADDRESSES, Shipping, find, not_found, save, show};
use crate::{
    authorize_net::{
        desk::Desk,
        record::Address,
        reply::{Answer, Value},
    },
    xml::Element,
};

fn is_default(root: &Element) -> bool {
    matches!(root.get(&["defaultShippingAddress"]), "true" | "1")
}

pub(in crate::authorize_net) fn create(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    if profile.addresses.len() >= MOST_ADDRESSES {
        let text = format!("You cannot add more than {MOST_ADDRESSES} shipping addresses.");
        return Answer::error("E00043", &text);
    }
    let address = Address::of(root.child("address"));
    if let Some(twin) = profile.addresses.iter().find(|it| it.address == address) {
        let own = vec![
            ("customerProfileId", Value::text(&profile.id)),
            ("customerAddressId", Value::text(&twin.id)),
        ];
        let text = "A duplicate customer shipping address already exists.";
        return Answer::failed(own, "E00039", text);
    }
    let id = desk.profile_id(1_800_000_000);
    if is_default(root) {
        profile.addresses.iter_mut().for_each(|it| it.is_default = false);
    }
    profile.addresses.push(Shipping { id: id.clone(), address, is_default: is_default(root) });
    save(desk.state, &profile);
    Answer::ok(vec![("customerProfileId", Value::text(&profile.id)), ("customerAddressId", Value::Text(id))])
}

pub(in crate::authorize_net) fn get(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let id = root.get(&["customerAddressId"]);
    let mut all = profile.addresses.iter();
    let found = if id.is_empty() { all.find(|it| it.is_default) } else { all.find(|it| it.id == id) };
    match found {
        Some(it) => Answer::ok(vec![
            ("defaultShippingAddress", Value::Flag(it.is_default)),
            ("address", show::shipping(&it.id, &it.address)),
        ]),
        None if id.is_empty() => Answer::error("E00121", "No default payment/shipping profile found."),
        None => not_found(),
    }
}

pub(in crate::authorize_net) fn update(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let id = root.get(&["address", "customerAddressId"]).to_owned();
    if !profile.addresses.iter().any(|it| it.id == id) {
        return Answer::error("E00040", "Cannot find the specified shipping address.");
    }
    let mut address = Address::of(root.child("address"));
    address.0.retain(|it| it.0 != "customerAddressId");
    for it in &mut profile.addresses {
        if it.id == id {
            it.address.clone_from(&address);
            it.is_default = is_default(root);
        } else if is_default(root) {
            it.is_default = false;
        }
    }
    save(desk.state, &profile);
    Answer::ok(Vec::new())
}

pub(in crate::authorize_net) fn delete(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(mut profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let id = root.get(&["customerAddressId"]);
    if !profile.addresses.iter().any(|it| it.id == id) {
        return not_found();
    }
    profile.addresses.retain(|it| it.id != id);
    save(desk.state, &profile);
    Answer::ok(Vec::new())
}
