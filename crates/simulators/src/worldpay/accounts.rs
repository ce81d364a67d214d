//! Payment accounts: tokens of cards on the services host (worldpay-express.md §3.13).
//!
//! A token keeps what may be shown of its card, and neither number nor CVV.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    cards::Face,
    fields, means,
    methods::guid,
    record,
    reply::{dates, group, outcome, reply, tag},
    schema::SERVICES,
};
use crate::{ledger::text, state::State, xml::Element};

const KIND: &str = "paymentAccount";
/// The most items of one query.
const MAX_ITEMS: usize = 1_000;

/// A token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Account {
    #[serde(skip)]
    pub(super) id: String,
    owner: String,
    pub(super) reference: String,
    kind: String,
    pub(super) face: Face,
    /// Billing fields as they were sent.
    address: Vec<(String, String)>,
    setup: String,
    created_at: Timestamp,
}

const ADDRESS: [&str; 9] = [
    "BillingName",
    "BillingAddress1",
    "BillingAddress2",
    "BillingCity",
    "BillingState",
    "BillingZipcode",
    "BillingEmail",
    "BillingPhone",
    "ShippingName",
];

fn address(root: &Element) -> Vec<(String, String)> {
    let sent = ADDRESS.iter().map(|it| ((*it).to_owned(), root.get(&["Address", it]).to_owned()));
    sent.filter(|it| !it.1.is_empty()).collect()
}

/// An account's token; ids are the same in either case of letters (§7).
pub(super) fn find(state: &State, owner: &str, id: &str) -> Option<Account> {
    let id = id.to_uppercase();
    let mut found: Account = state.own(KIND, &id)?;
    found.id = id;
    (found.owner == owner).then_some(found)
}

/// What a new token is made of.
pub(super) struct New<'a> {
    pub(super) owner: &'a str,
    pub(super) reference: &'a str,
    pub(super) kind: &'a str,
    pub(super) face: Face,
    pub(super) address: Vec<(String, String)>,
    pub(super) setup: &'a str,
}

pub(super) fn add(state: &mut State, new: New<'_>) -> Account {
    let account = Account {
        id: guid(state),
        owner: new.owner.to_owned(),
        reference: new.reference.to_owned(),
        kind: if new.kind.is_empty() { "0" } else { new.kind }.to_owned(),
        face: new.face,
        address: new.address,
        setup: new.setup.to_owned(),
        created_at: state.now(),
    };
    state.set_own(KIND, &account.id, &account);
    account
}

/// Puts another card behind a token, where it is there.
pub(super) fn replace(state: &mut State, owner: &str, id: &str, face: Face, setup: &str) -> Option<Account> {
    let mut account = find(state, owner, id)?;
    account.face = face;
    setup.clone_into(&mut account.setup);
    state.set_own(KIND, &account.id, &account);
    Some(account)
}

/// The number of a call, higher with each.
pub(super) fn number(state: &mut State) -> String {
    state.draw();
    state.numbered(45_776_237, 1, 0)
}

fn is_guid(id: &str) -> bool {
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && id.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit())
}

/// A reply with times and the call's number.
fn said(state: &mut State, method: &str, code: &str, message: &str, more: &str) -> String {
    let number = tag("ServicesID", &number(state));
    reply(SERVICES, method, &(outcome(code, message) + &dates(state.now()) + &number + more))
}

/// The second layer: neither time nor number.
fn early(root: &Element, method: &str, message: &str) -> String {
    reply(SERVICES, method, &(outcome("101", message) + &echo(root)))
}

/// Id and reference come back as they were sent.
fn echo(root: &Element) -> String {
    let get = |name: &str| root.get(&["PaymentAccount", name]);
    let inner = tag("PaymentAccountID", get("PaymentAccountID"))
        + &tag("PaymentAccountReferenceNumber", get("PaymentAccountReferenceNumber"));
    group("PaymentAccount", &inner)
}

fn shown(account: &Account) -> String {
    let inner = tag("PaymentAccountID", &account.id)
        + &tag("PaymentAccountReferenceNumber", &account.reference)
        + &tag("PaymentBrand", &account.face.brand);
    group("PaymentAccount", &inner)
}

pub(super) fn create(state: &mut State, root: &Element, owner: &str) -> String {
    let method = "PaymentAccountCreate";
    if let Some(wrong) = fields::wrong(root) {
        return early(root, method, &wrong);
    }
    if !state.has_place(KIND) {
        return said(state, method, "1009", "Error: the simulator is full, POST /_sim/reset", "");
    }
    let get = |name: &str| root.get(&["PaymentAccount", name]);
    // A card is not verified here: only its form counts.
    let face = match means::card(root) {
        Ok(Some(face)) => face,
        Ok(None) => return said(state, method, "101", "CardNumber required", &echo(root)),
        Err(wrong) => return said(state, method, "101", &wrong, &echo(root)),
    };
    let new = New {
        owner,
        reference: get("PaymentAccountReferenceNumber"),
        kind: get("PaymentAccountType"),
        face,
        address: address(root),
        setup: "",
    };
    let account = add(state, new);
    said(state, method, "0", "PaymentAccount created", &shown(&account))
}

pub(super) fn create_of_transaction(state: &mut State, root: &Element, owner: &str) -> String {
    let method = "PaymentAccountCreateWithTransID";
    let id = root.get(&["Transaction", "TransactionID"]);
    if id.is_empty() {
        return early(root, method, "TransactionID required");
    }
    let Some(row) = record::find(state, owner, id) else {
        return said(state, method, "103", "Transaction Not Found", &echo(root));
    };
    if !matches!(row.kind.as_str(), "sale" | "authorization" | "capture") {
        return said(state, method, "103", "Invalid Transaction Type", &echo(root));
    }
    if matches!(row.status.as_str(), "declined" | "error") || !state.has_place(KIND) {
        return said(state, method, "103", "Invalid Transaction Status", &echo(root));
    }
    let sent = address(root);
    let kept = [("BillingName", "name"), ("BillingAddress1", "address"), ("BillingZipcode", "zip")];
    let of_row = kept.iter().map(|(name, key)| ((*name).to_owned(), text(&row.detail, key).to_owned()));
    let of_row: Vec<_> = of_row.filter(|it| !it.1.is_empty()).collect();
    let get = |name: &str| root.get(&["PaymentAccount", name]);
    let new = New {
        owner,
        reference: get("PaymentAccountReferenceNumber"),
        kind: get("PaymentAccountType"),
        face: record::face(&row),
        address: if sent.is_empty() { of_row } else { sent },
        setup: row.setup_id.as_deref().unwrap_or_default(),
    };
    let account = add(state, new);
    let card = tag("ExpirationMonth", &account.face.month) + &tag("ExpirationYear", &account.face.year);
    let more = group("Card", &card) + &shown(&account);
    said(state, method, "0", "PaymentAccount created", &more)
}

pub(super) fn update(state: &mut State, root: &Element, owner: &str) -> String {
    let method = "PaymentAccountUpdate";
    let get = |name: &str| root.get(&["PaymentAccount", name]).to_owned();
    let id = get("PaymentAccountID");
    if !is_guid(&id) {
        return early(root, method, "Invalid PaymentAccountID");
    }
    if let Some(wrong) = fields::wrong(root) {
        return early(root, method, &wrong);
    }
    let Some(mut account) = find(state, owner, &id) else {
        return said(state, method, "101", "Invalid Data", &echo(root));
    };
    match means::card(root) {
        Ok(Some(face)) => account.face = face,
        // The expiry alone can be renewed.
        Ok(None) => {
            let (month, year) =
                (root.get(&["Card", "ExpirationMonth"]), root.get(&["Card", "ExpirationYear"]));
            if !month.is_empty() && !year.is_empty() {
                (account.face.month, account.face.year) = (format!("{month:0>2}"), year.to_owned());
            }
        }
        Err(wrong) => return said(state, method, "101", &wrong, &echo(root)),
    }
    if !get("PaymentAccountReferenceNumber").is_empty() {
        account.reference = get("PaymentAccountReferenceNumber");
    }
    let sent = address(root);
    if !sent.is_empty() {
        account.address = sent;
    }
    state.set_own(KIND, &account.id, &account);
    let inner = tag("PaymentAccountID", &id) + &tag("PaymentAccountReferenceNumber", &account.reference);
    said(state, method, "0", "PaymentAccount updated", &group("PaymentAccount", &inner))
}

pub(super) fn delete(state: &mut State, root: &Element, owner: &str) -> String {
    let method = "PaymentAccountDelete";
    let id = root.get(&["PaymentAccount", "PaymentAccountID"]);
    let Some(account) = find(state, owner, id) else {
        return said(state, method, "101", "Invalid Data", &echo(root));
    };
    state.remove_own(KIND, &account.id);
    let more = group("PaymentAccount", &tag("PaymentAccountID", id));
    said(state, method, "0", "PaymentAccount deleted", &more)
}

pub(super) fn query(state: &mut State, root: &Element, owner: &str) -> String {
    let method = "PaymentAccountQuery";
    let get = |name: &str| root.get(&["PaymentAccountParameters", name]).to_owned();
    let id = get("PaymentAccountID");
    let echo = group("PaymentAccount", &tag("PaymentAccountID", &id));
    if !id.is_empty() && !is_guid(&id) {
        return reply(SERVICES, method, &(outcome("101", "Invalid PaymentAccountID") + &echo));
    }
    let names = ["PaymentAccountReferenceNumber", "PaymentAccountType", "PaymentBrand", "TransactionSetupID"];
    let wanted = names.map(get);
    let expiry = [
        get("ExpirationYearBegin") + &get("ExpirationMonthBegin"),
        get("ExpirationYearEnd") + &get("ExpirationMonthEnd"),
    ];
    if id.is_empty() && wanted.iter().chain(&expiry).all(String::is_empty) {
        return reply(SERVICES, method, &outcome("101", "PaymentAccountID required"));
    }
    let fits = |it: &Account| {
        let is = [&it.reference, &it.kind, &it.face.brand, &it.setup];
        let same =
            wanted.iter().zip(is).all(|(asked, is)| asked.is_empty() || asked.eq_ignore_ascii_case(is));
        let ends = format!("{}{}", it.face.year, it.face.month);
        same && (id.is_empty() || id.eq_ignore_ascii_case(&it.id))
            && (expiry[0].is_empty() || ends >= expiry[0])
            && (expiry[1].is_empty() || ends <= expiry[1])
    };
    let mut found: Vec<Account> = state
        .all_own::<Account>(KIND)
        .into_iter()
        .map(|(id, it)| Account { id, ..it })
        .filter(|it| it.owner == owner && fits(it))
        .collect();
    found.sort_by_key(|it| it.created_at);
    if found.is_empty() {
        return said(state, method, "101", "PaymentAccount record(s) not found", &echo);
    }
    let items: String = found.iter().take(MAX_ITEMS).map(|it| group("Item", &item(it))).collect();
    let number = tag("ServicesID", &number(state));
    let data = group("QueryData", &group("Items", &items));
    reply(SERVICES, method, &(outcome("0", "Success") + &dates(state.now()) + &data + &number + &echo))
}

/// A token in a query: its id in small letters, unlike everywhere else.
fn item(it: &Account) -> String {
    let address: String = it.address.iter().map(|(name, value)| tag(name, value)).collect();
    tag("PaymentAccountID", &it.id.to_lowercase())
        + &tag("PaymentAccountType", &it.kind)
        + &tag("TruncatedCardNumber", &format!("xxxxxxxxxxxx{}", it.face.tail()))
        + &tag("ExpirationMonth", &it.face.month)
        + &tag("ExpirationYear", &it.face.year)
        + &tag("PaymentAccountReferenceNumber", &it.reference)
        + &address
        + &tag("PaymentBrand", &it.face.brand)
        + "<PASSUpdaterBatchStatus>0</PASSUpdaterBatchStatus><PASSUpdaterStatus>14</PASSUpdaterStatus><TokenProviderID>0</TokenProviderID>"
}

/// All tokens, for the ledger.
pub(super) fn listed(state: &State) -> Vec<Value> {
    let all = state.all_own::<Account>(KIND).into_iter();
    all.map(|(id, it)| {
        json!({
            "id": id, "reference": it.reference, "brand": it.face.brand, "masked": it.face.masked,
            "expires": format!("20{}-{}", it.face.year, it.face.month), "status": "active", "setupId": it.setup,
        })
    })
    .collect()
}
