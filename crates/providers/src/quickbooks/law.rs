//! What the books would not take, told before it is sent (§3). Pure.
//!
//! Spaces are put in order by themselves, since nobody sees them. Everything else that does not fit is told in words
//! and left to a person: a name or a number that was cut would be silently different.

mod sales;

use crate::{
    BooksError,
    books::{Action, Address, CustomerDraft, Draft, ItemDraft, Kind},
};

use super::verdict::{self, Asked};

/// The longest document number, and a payment's (§3.7, §3.9).
pub(super) const NUMBER: usize = 21;
/// The longest private note (§3.7).
pub(super) const NOTE: usize = 4_000;
/// The longest e-mail address (§3.3).
pub(super) const EMAIL: usize = 100;
/// The longest description (§3.4, §3.7).
pub(super) const DESCRIPTION: usize = 4_000;
/// The largest price (§3.4).
const MAX_PRICE: i64 = 99_999_999_999;

/// What is wrong with which field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) field: &'static str,
    pub(super) why: String,
}

pub(super) fn unfit(field: &'static str, why: impl Into<String>) -> Unfit {
    Unfit { field, why: why.into() }
}

/// What can be told without asking.
pub(super) fn check(action: &Action) -> Result<(), BooksError> {
    let asked = asked(action);
    let fits = match action {
        Action::Create(draft) => draft_fits(draft, true),
        Action::Update { id, token, draft } => stamp(id, token).and_then(|()| draft_fits(draft, false)),
        Action::Void { kind: Kind::Invoice | Kind::Payment, id, token } => stamp(id, token),
        Action::Void { .. } => {
            return Err(verdict::unsupported(asked, "only invoices and payments can be voided there"));
        }
        Action::Delete { kind, .. } if kind.is_list_entry() => {
            return Err(verdict::unsupported(asked, "it can be put out of use there, and not deleted"));
        }
        Action::Delete { id, token, .. } => stamp(id, token),
    };
    fits.map_err(|it| verdict::unfit(asked, it.field, &it.why))
}

/// What it is for the words.
pub(super) fn asked(action: &Action) -> Asked {
    match action {
        Action::Create(draft) => Asked::Create(draft.kind()),
        Action::Update { draft, .. } => Asked::Change(draft.kind()),
        Action::Void { kind, .. } | Action::Delete { kind, .. } => Asked::Change(*kind),
    }
}

fn draft_fits(draft: &Draft, new: bool) -> Result<(), Unfit> {
    match draft {
        Draft::Customer(it) => customer(it, new),
        Draft::Item(it) => item(it, new),
        Draft::Sale(kind, it) => sales::sale(*kind, it, new),
        Draft::Payment(it) => sales::payment(it, new),
    }
}

fn stamp(own: &str, token: &str) -> Result<(), Unfit> {
    id("Id", own)?;
    let digits = (1..=20).contains(&token.len()) && token.bytes().all(|it| it.is_ascii_digit());
    if digits { Ok(()) } else { Err(unfit("SyncToken", "its version is not known")) }
}

/// Whether it can be the books' id of an object: digits.
pub(super) fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

/// The id of an object.
fn id(field: &'static str, text: &str) -> Result<(), Unfit> {
    if is_id(text) { Ok(()) } else { Err(unfit(field, format!("\"{text}\" is no id of the books"))) }
}

/// What refers to something: digits, or one of the words that stand for some tax codes (§3.6).
fn reference(field: &'static str, text: Option<&str>) -> Result<(), Unfit> {
    let Some(text) = text.filter(|it| !it.is_empty()) else { return Ok(()) };
    let fits = text.len() <= 40 && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    if fits { Ok(()) } else { Err(unfit(field, format!("\"{text}\" is no id of the books"))) }
}

fn needed<T>(field: &'static str, new: bool, value: Option<&T>, what: &str) -> Result<(), Unfit> {
    if new && value.is_none() { Err(unfit(field, format!("{what} is missing"))) } else { Ok(()) }
}

/// Names with their spaces in order: no tab and no line break can stand in one, and nobody sees two blanks.
pub(super) fn tidy(name: &str) -> String {
    name.split(|it: char| it.is_whitespace() || it.is_control())
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A part of a name: no colon, which stands between a customer and its parent (§3.3).
fn name(field: &'static str, text: Option<&str>, most: usize) -> Result<(), Unfit> {
    let Some(text) = text.map(tidy) else { return Ok(()) };
    if text.contains(':') {
        return Err(unfit(field, format!("a colon cannot stand in a name there: \"{text}\"")));
    }
    length(field, Some(&text), most)
}

/// A name that must be one.
fn own_name(field: &'static str, text: Option<&String>, most: usize) -> Result<(), Unfit> {
    if text.is_some_and(|it| tidy(it).is_empty()) {
        return Err(unfit(field, "a name is needed"));
    }
    name(field, text.map(String::as_str), most)
}

pub(super) fn length(field: &'static str, text: Option<&str>, most: usize) -> Result<(), Unfit> {
    let letters = text.map_or(0, |it| it.chars().count());
    if letters <= most {
        return Ok(());
    }
    Err(unfit(field, format!("it has {letters} characters, and at most {most} are taken there")))
}

/// An address for mail: at least an `@` and a point (§3.3).
pub(super) fn email(field: &'static str, text: Option<&str>) -> Result<(), Unfit> {
    let Some(text) = text.filter(|it| !it.is_empty()) else { return Ok(()) };
    let (user, host) = text.split_once('@').unwrap_or_default();
    if user.is_empty() || !host.contains('.') || text.contains(char::is_whitespace) {
        return Err(unfit(field, format!("\"{text}\" is no e-mail address")));
    }
    length(field, Some(text), EMAIL)
}

pub(super) fn address(field: &'static str, address: Option<&Address>) -> Result<(), Unfit> {
    let Some(it) = address else { return Ok(()) };
    if it.lines.len() > 5 {
        return Err(unfit(field, "it has more than five lines"));
    }
    for line in &it.lines {
        length(field, Some(line), 500)?;
    }
    let together: usize = it.lines.iter().map(|it| it.chars().count()).sum();
    if together > 2_000 {
        return Err(unfit(field, "its lines have more than 2000 characters"));
    }
    length(field, it.city.as_deref(), 255)?;
    length(field, it.region.as_deref(), 255)?;
    length(field, it.postal_code.as_deref(), 30)?;
    length(field, it.country.as_deref(), 255)
}

fn customer(it: &CustomerDraft, new: bool) -> Result<(), Unfit> {
    needed("DisplayName", new, it.name.as_ref(), "a name")?;
    own_name("DisplayName", it.name.as_ref(), 500)?;
    name("GivenName", it.given_name.as_deref(), 100)?;
    name("FamilyName", it.family_name.as_deref(), 100)?;
    length("CompanyName", it.company_name.as_deref(), 100)?;
    email("PrimaryEmailAddr", it.email.as_deref())?;
    length("PrimaryPhone", it.phone.as_deref(), 30)?;
    length("Notes", it.notes.as_deref(), 2_000)?;
    address("BillAddr", it.bill_to.as_ref())?;
    address("ShipAddr", it.ship_to.as_ref())?;
    match it.currency {
        Some(_) if !new => Err(unfit("CurrencyRef", "a customer keeps its currency for good")),
        _ => Ok(()),
    }
}

fn item(it: &ItemDraft, new: bool) -> Result<(), Unfit> {
    needed("Name", new, it.name.as_ref(), "a name")?;
    needed("IncomeAccountRef", new, it.income_account.as_ref(), "the account for its sales")?;
    own_name("Name", it.name.as_ref(), 100)?;
    length("Sku", it.sku.as_deref(), 100)?;
    length("Description", it.description.as_deref(), DESCRIPTION)?;
    reference("IncomeAccountRef", it.income_account.as_deref())?;
    let largest = crate::books::Decimal::new(MAX_PRICE, 0);
    match it.unit_price {
        Some(price) if largest.is_ok_and(|largest| price.is_more_than(largest)) => {
            Err(unfit("UnitPrice", "the price is too large"))
        }
        Some(price) if price.is_negative() => Err(unfit("UnitPrice", "the price is below zero")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
