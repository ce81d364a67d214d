//! Whom a customer is reached by: the same fields on both sides, and what of a change goes which way.
//!
//! Pure. Owns the three-way merge: what both sides had when they agreed last decides who has changed a field. Refuses to
//! let one side win where both have changed it: that is a difference for a person.

use std::collections::BTreeMap;

use kontor_domain::{
    customers::{Address as Ours, Customer},
    sync::Difference,
};
use kontor_providers::books::{Address, Client, CustomerDraft};

/// Fields by name; what is empty is not there.
pub(super) type Fields = BTreeMap<String, String>;

/// E-mail address.
pub(super) const EMAIL: &str = "email";
/// Telephone number.
pub(super) const PHONE: &str = "phone";
/// Where invoices go.
pub(super) const BILLING: &str = "billing";
/// Where goods go.
pub(super) const SHIPPING: &str = "shipping";
const ALL: [&str; 4] = [EMAIL, PHONE, BILLING, SHIPPING];

/// The name under which it was written last, beside the fields.
pub(super) const NAME: &str = "name";
/// What makes a name another one than that of somebody else who has it.
pub(super) const SUFFIX: &str = "suffix";

/// As it is kept.
pub(super) fn read(text: Option<&str>) -> Option<Fields> {
    serde_json::from_str(text?).ok()
}

/// What becomes of the fields.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merge {
    /// Changed here alone: to be written there.
    pub(super) out: Vec<&'static str>,
    /// Changed there alone: to be taken in.
    pub(super) inward: Vec<&'static str>,
    /// Changed on both sides, and not alike.
    pub(super) conflicts: Vec<&'static str>,
}

/// Who has changed what since both agreed. Before they ever did, a field that one side lacks is the other's to give.
pub(super) fn merge(agreed: Option<&Fields>, ours: &Fields, theirs: &Fields) -> Merge {
    let mut merge = Merge::default();
    for field in ALL {
        let (here, there) = (ours.get(field), theirs.get(field));
        if here == there {
            continue;
        }
        let before = agreed.map(|it| it.get(field));
        match before {
            Some(before) if before == here => merge.inward.push(field),
            Some(before) if before == there => merge.out.push(field),
            None if here.is_none() => merge.inward.push(field),
            None if there.is_none() => merge.out.push(field),
            _ => merge.conflicts.push(field),
        }
    }
    merge
}

/// What both sides have by now: where they differ, what they had before.
pub(super) fn agreed(before: Option<&Fields>, ours: &Fields, theirs: &Fields) -> Fields {
    let mut agreed = Fields::new();
    for name in [NAME, SUFFIX] {
        if let Some(value) = before.and_then(|it| it.get(name)) {
            agreed.insert(name.to_owned(), value.clone());
        }
    }
    for field in ALL {
        let (here, there) = (ours.get(field), theirs.get(field));
        let value = if here == there { here } else { before.and_then(|it| it.get(field)) };
        if let Some(value) = value {
            agreed.insert(field.to_owned(), value.clone());
        }
    }
    agreed
}

/// As it is here.
pub(super) fn ours(customer: &Customer) -> Fields {
    fields(
        customer.company_email.as_deref(),
        customer.company_phone.as_deref(),
        address(customer, "Billing").as_ref(),
        address(customer, "Shipping").as_ref(),
    )
}

/// As it is there.
pub(super) fn theirs(client: &Client) -> Fields {
    fields(client.email.as_deref(), client.phone.as_deref(), client.bill_to.as_ref(), client.ship_to.as_ref())
}

fn fields(
    email: Option<&str>,
    phone: Option<&str>,
    bill_to: Option<&Address>,
    ship_to: Option<&Address>,
) -> Fields {
    let mut fields = Fields::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            fields.insert(name.to_owned(), value);
        }
    };
    put(EMAIL, tidy(email.unwrap_or_default()).to_lowercase());
    put(PHONE, tidy(phone.unwrap_or_default()));
    put(BILLING, bill_to.map(line).unwrap_or_default());
    put(SHIPPING, ship_to.map(line).unwrap_or_default());
    fields
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An address as one text, its parts apart: equal ones are equal texts.
fn line(it: &Address) -> String {
    let lines = tidy(&it.lines.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    let parts = [&it.city, &it.region, &it.postal_code, &it.country];
    let parts = parts.map(|it| tidy(it.as_deref().unwrap_or_default()));
    if lines.is_empty() && parts.iter().all(String::is_empty) {
        return String::new();
    }
    [&[lines][..], &parts[..]].concat().join("\u{1e}")
}

/// The address to use among a type, as the books take it.
pub(super) fn address(customer: &Customer, kind: &str) -> Option<Address> {
    let of = |it: &&Ours| it.address_type.eq_ignore_ascii_case(kind);
    let all = || customer.addresses.iter().filter(of);
    let it = all().find(|it| it.default).or_else(|| all().next())?;
    let lines = [&it.address1, &it.address2].into_iter().flatten();
    let lines = lines.map(|it| tidy(it)).filter(|it| !it.is_empty()).collect();
    let text = |it: &Option<String>| it.as_deref().map(tidy).filter(|it| !it.is_empty());
    let address = Address {
        lines,
        city: text(&it.city),
        region: text(&it.state_province),
        postal_code: text(&it.zip_postal_code),
        country: text(&it.country),
    };
    Some(address).filter(|it| !line(it).is_empty())
}

/// Of a customer what there is of it, to be written.
pub(super) fn whole(customer: &Customer) -> CustomerDraft {
    let text = |it: Option<&String>| it.map(|it| tidy(it)).filter(|it| !it.is_empty());
    CustomerDraft {
        email: text(customer.company_email.as_ref()),
        phone: text(customer.company_phone.as_ref()),
        bill_to: address(customer, "Billing"),
        ship_to: address(customer, "Shipping"),
        ..CustomerDraft::default()
    }
}

/// As it is written: the fields of a draft.
pub(super) fn sent(draft: &CustomerDraft) -> Fields {
    fields(draft.email.as_deref(), draft.phone.as_deref(), draft.bill_to.as_ref(), draft.ship_to.as_ref())
}

/// Of a draft these fields alone; one that it lacks is to be taken away there.
pub(super) fn only(draft: &CustomerDraft, wanted: &[&str]) -> CustomerDraft {
    let has = |field: &str| wanted.contains(&field);
    CustomerDraft {
        email: has(EMAIL).then(|| draft.email.clone().unwrap_or_default()),
        phone: has(PHONE).then(|| draft.phone.clone().unwrap_or_default()),
        bill_to: has(BILLING).then(|| draft.bill_to.clone().unwrap_or_default()),
        ship_to: has(SHIPPING).then(|| draft.ship_to.clone().unwrap_or_default()),
        ..CustomerDraft::default()
    }
}

/// What both sides have changed, for a person.
pub(super) fn difference(merge: &Merge, ours: &Fields, theirs: &Fields) -> Option<Difference> {
    let first = merge.conflicts.first()?;
    let show = |it: &Fields| {
        let text = |field: &&str| it.get(*field).map(|it| it.replace(['\u{1e}', '\u{1f}'], ", "));
        merge.conflicts.iter().filter_map(text).collect::<Vec<_>>().join("; ")
    };
    let what = match *first {
        EMAIL => "e-mail address",
        PHONE => "telephone number",
        BILLING => "billing address",
        _ => "shipping address",
    };
    Some(Difference {
        code: "contact".to_owned(),
        message: format!("The {what} is not the same on both sides, and it is not known which one is right."),
        local: show(ours),
        remote: show(theirs),
    })
}

/// Takes fields of theirs into a customer of ours.
pub(super) fn take_in(customer: &mut Customer, client: &Client, wanted: &[&str]) {
    for field in wanted {
        match *field {
            EMAIL => customer.company_email.clone_from(&client.email),
            PHONE => customer.company_phone.clone_from(&client.phone),
            BILLING => put_address(customer, "Billing", client.bill_to.as_ref()),
            SHIPPING => put_address(customer, "Shipping", client.ship_to.as_ref()),
            _ => {}
        }
    }
}

fn put_address(customer: &mut Customer, kind: &str, theirs: Option<&Address>) {
    let place =
        customer.addresses.iter().position(|it| it.address_type.eq_ignore_ascii_case(kind) && it.default);
    let place =
        place.or_else(|| customer.addresses.iter().position(|it| it.address_type.eq_ignore_ascii_case(kind)));
    let Some(theirs) = theirs.filter(|it| !line(it).is_empty()) else {
        if let Some(place) = place {
            customer.addresses.remove(place);
        }
        return;
    };
    let mut lines = theirs.lines.iter();
    let first = lines.next().cloned();
    let rest: Vec<&str> = lines.map(String::as_str).collect();
    let next = Ours {
        address1: first,
        address2: (!rest.is_empty()).then(|| rest.join(", ")),
        city: theirs.city.clone(),
        state_province: theirs.region.clone(),
        zip_postal_code: theirs.postal_code.clone(),
        country: theirs.country.clone(),
        address_type: kind.to_owned(),
        code: place.and_then(|it| customer.addresses.get(it)).and_then(|it| it.code.clone()),
        default: true,
    };
    match place.and_then(|it| customer.addresses.get_mut(it)) {
        Some(address) => *address = next,
        None => customer.addresses.push(next),
    }
}

#[cfg(test)]
mod tests;
