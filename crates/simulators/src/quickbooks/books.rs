//! A company's books: what is kept of each object, its numbers and times, and the switches of the company.
//!
//! Whoever changes an object does so through here, so that its token and time move, and its webhook is written down.

pub(super) mod decimal;
pub(super) mod fault;
mod lines;
mod links;
mod merge;
mod names;
mod payments;
pub(super) mod query;
mod sales;
pub(super) mod schema;
mod seed;
mod settings;
mod tax;
pub(super) mod taxes;
pub(super) mod write;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{companies::Company, events};
use crate::state::State;

/// What is kept of a type of object.
pub(super) struct Entity {
    /// As answers name it.
    pub(super) name: &'static str,
    /// The type in the schema, where something can be written.
    pub(super) schema: Option<&'static str>,
    pub(super) is_transaction: bool,
    /// Change data capture knows it (§4.3).
    pub(super) in_cdc: bool,
}

const fn list(name: &'static str, schema: Option<&'static str>, in_cdc: bool) -> Entity {
    Entity { name, schema, is_transaction: false, in_cdc }
}

const fn transaction(name: &'static str) -> Entity {
    Entity { name, schema: Some(name), is_transaction: true, in_cdc: true }
}

/// All types.
pub(super) static ENTITIES: [Entity; 17] = [
    list("Customer", Some("Customer"), true),
    list("Vendor", Some("NameBase"), true),
    list("Employee", Some("NameBase"), true),
    list("Item", Some("Item"), true),
    list("Account", Some("Account"), true),
    list("Term", Some("Term"), true),
    list("PaymentMethod", Some("PaymentMethod"), true),
    list("TaxCode", None, false),
    list("TaxRate", None, false),
    list("TaxAgency", None, false),
    transaction("Estimate"),
    transaction("Invoice"),
    transaction("Payment"),
    transaction("CreditMemo"),
    transaction("RefundReceipt"),
    transaction("SalesReceipt"),
    transaction("Deposit"),
];

/// The type of that name, in any case of letters (§2.1).
pub(super) fn entity(name: &str) -> Option<&'static Entity> {
    ENTITIES.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

/// The switches of a company.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Switches {
    /// Nothing dated on or before it can be written through the interface.
    pub(super) book_close_date: Option<Date>,
    pub(super) subscription_ended: bool,
    /// Whoever connected may read and not write.
    pub(super) read_only: bool,
    /// Whoever connected is no administrator any more.
    pub(super) lost_access: bool,
    pub(super) using_sales_tax: bool,
    /// Automated sales tax.
    pub(super) partner_tax: bool,
    pub(super) custom_txn_numbers: bool,
    pub(super) warn_duplicate_numbers: bool,
    pub(super) multi_currency: bool,
    pub(super) country: String,
    pub(super) home_currency: String,
    /// A name that is taken is told in the older words, without the other's number.
    pub(super) old_name_wording: bool,
    /// A batch that is sent again fails instead of being answered again (§2.7).
    pub(super) repeated_batch_fails: bool,
    /// So many items of a batch are done, and the others refused as too many (§5).
    pub(super) batch_throttled_after: Option<usize>,
    /// The most rows of an answer to a query: 1000, or fewer.
    pub(super) most_rows: usize,
    /// Faults come with status 200 (§2.4).
    pub(super) faults_are_ok: bool,
    /// Who works in QuickBooks.
    pub(super) user: String,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            book_close_date: None,
            subscription_ended: false,
            read_only: false,
            lost_access: false,
            using_sales_tax: true,
            partner_tax: false,
            custom_txn_numbers: false,
            warn_duplicate_numbers: true,
            multi_currency: false,
            country: "US".to_owned(),
            home_currency: "USD".to_owned(),
            old_name_wording: false,
            repeated_batch_fails: false,
            batch_throttled_after: None,
            most_rows: 1_000,
            faults_are_ok: false,
            user: "Ada Holm".to_owned(),
        }
    }
}

impl Switches {
    pub(super) fn is_us(&self) -> bool {
        self.country == "US"
    }
}

/// Where the switches and the counters of a company are kept.
const SWITCHES: &str = "books.switches";
/// The largest id that is one (§2.1).
const MAX_ID: u64 = 2_147_483_647;

/// A company's books, open.
pub(super) struct Books<'a> {
    pub(super) state: &'a mut State,
    pub(super) company: &'static Company,
    pub(super) switches: Switches,
    /// Somebody works in QuickBooks itself.
    pub(super) by_hand: bool,
}

/// An object as it is kept.
pub(super) type Object = Map<String, Value>;

impl<'a> Books<'a> {
    /// Opens a company's books; the first time they are filled.
    pub(super) fn open(state: &'a mut State, company: &'static Company, by_hand: bool) -> Self {
        let kept: Option<Switches> = state.own(SWITCHES, company.realm_id);
        let is_new = kept.is_none();
        let switches =
            kept.unwrap_or_else(|| Switches { partner_tax: company.partner_tax, ..Switches::default() });
        let mut books = Self { state, company, switches, by_hand };
        if is_new {
            books.set_switches(books.switches.clone());
            seed::fill(&mut books);
        }
        books
    }

    pub(super) fn set_switches(&mut self, switches: Switches) {
        self.state.set_own(SWITCHES, self.company.realm_id, &switches);
        self.switches = switches;
    }

    fn kind(&self, entity: &str) -> String {
        format!("books.{}.{entity}", self.company.realm_id)
    }

    /// An object, and whether it is deleted.
    pub(super) fn find(&self, entity: &str, id: &str) -> Option<(&Object, bool)> {
        let row = self.state.row(&self.kind(entity), &key(id))?;
        Some((row["object"].as_object()?, row["deleted"] == true))
    }

    /// An object that is not deleted.
    pub(super) fn get(&self, entity: &str, id: &str) -> Option<&Object> {
        self.find(entity, id).filter(|(_, deleted)| !deleted).map(|(object, _)| object)
    }

    /// All objects of a type that are not deleted, by their numbers.
    pub(super) fn all<'s>(&'s self, entity: &str) -> impl DoubleEndedIterator<Item = &'s Object> + use<'s> {
        self.rows(entity).filter(|row| row["deleted"] != true).filter_map(|row| row["object"].as_object())
    }

    /// All rows of a type as they are kept.
    pub(super) fn rows<'s>(&'s self, entity: &str) -> impl DoubleEndedIterator<Item = &'s Value> + use<'s> {
        self.state.rows(&self.kind(entity))
    }

    /// The next number of a row of numbers.
    pub(super) fn next(&mut self, row: &str, first: u64) -> u64 {
        let id = format!("{}.{row}", self.company.realm_id);
        let next = self.state.own::<u64>("books.counter", &id).map_or(first, |it| it + 1);
        self.state.set_own("books.counter", &id, &next);
        next
    }

    /// Keeps a new object, or a changed one with its token and time moved on, and tells whoever listens.
    pub(super) fn put(&mut self, entity: &'static str, mut object: Object, what: events::What) -> Object {
        let now = self.state.now();
        let time = moment(now);
        let created = object
            .get("MetaData")
            .and_then(|it| it.get("CreateTime"))
            .and_then(Value::as_str)
            .unwrap_or(&time)
            .to_owned();
        object.insert("MetaData".into(), json!({ "CreateTime": created, "LastUpdatedTime": time }));
        let token = match object.get("SyncToken").and_then(Value::as_str).map(str::parse::<u64>) {
            Some(Ok(token)) => token + 1,
            _ => 0,
        };
        object.insert("SyncToken".into(), Value::from(token.to_string()));
        object.insert("domain".into(), Value::from("QBO"));
        object.insert("sparse".into(), Value::from(false));
        object.retain(|_, value| !value.is_null());
        self.keep(entity, &object, what == events::What::Deleted);
        events::note(self.state, self.company.realm_id, entity, &text(&object, "Id"), what);
        object
    }

    /// Writes an object as it is.
    pub(super) fn keep(&mut self, entity: &str, object: &Object, deleted: bool) {
        let at = self.state.now().as_millisecond();
        let row = json!({ "object": object, "deleted": deleted, "at": at });
        self.state.set_own(&self.kind(entity), &key(&text(object, "Id")), &row);
    }

    /// Writes an object that only follows another one: that is no change of its own (what the service does is not known).
    pub(super) fn follow(&mut self, entity: &str, object: &Object) {
        let (kind, key) = (self.kind(entity), key(&text(object, "Id")));
        let at = self.state.row(&kind, &key).map(|it| it["at"].clone());
        self.state.set_own(&kind, &key, &json!({ "object": object, "deleted": false, "at": at }));
    }

    /// The company's own day.
    pub(super) fn today(&self) -> Date {
        self.state.now().to_zoned(zone()).date()
    }

    /// A reference with the name that belongs to it.
    pub(super) fn named(&self, entity: &str, id: &str) -> Value {
        let object = self.get(entity, id);
        let name = ["FullyQualifiedName", "DisplayName", "Name"];
        let name = name.iter().find_map(|it| object?.get(*it)?.as_str());
        json!({ "value": id, "name": name })
    }

    /// Whether a reference leads to something in use; what there is of it.
    pub(super) fn referred(&self, entity: &str, id: &str) -> Result<&Object, fault::Fault> {
        let list = match entity {
            "Customer" | "Vendor" | "Employee" => "Names",
            "Account" => "Accounts",
            "Item" => "Items",
            other => other,
        };
        let found = self.get(entity, id).ok_or_else(|| fault::reference(list, id))?;
        // The deposit and payment of an object that was put out of use meanwhile is not the caller's to repair.
        if found.get("Active") == Some(&Value::Bool(false)) { Err(fault::inactive()) } else { Ok(found) }
    }
}

/// The company's own zone (§2.4).
pub(super) fn zone() -> TimeZone {
    TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

/// A moment as `MetaData` has it.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The order of keys is the order of numbers.
fn key(id: &str) -> String {
    format!("{id:0>12}")
}

/// Whether an id is one.
pub(super) fn checked_id(id: &str) -> Result<(), fault::Fault> {
    id.parse::<u64>().ok().filter(|it| *it <= MAX_ID).map(drop).ok_or_else(|| fault::invalid_id(id, "Id"))
}

/// A text of an object; empty where there is none.
pub(super) fn text(object: &Object, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The value of a reference; empty where there is none.
pub(super) fn target(object: &Object, key: &str) -> String {
    object.get(key).and_then(|it| it.get("value")).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An amount of an object, in cents.
pub(super) fn amount(object: &Object, key: &str) -> i128 {
    object.get(key).map_or(0, decimal::cents)
}
