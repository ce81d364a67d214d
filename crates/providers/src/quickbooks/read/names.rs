//! Customers and items, as they are read (§3.3, §3.4).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ref, Word, parse, reference, text};
use crate::books::{self, Article, Client, Decimal, Stamp};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Address {
    line1: Option<Word>,
    line2: Option<Word>,
    line3: Option<Word>,
    line4: Option<Word>,
    line5: Option<Word>,
    city: Option<Word>,
    country_sub_division_code: Option<Word>,
    postal_code: Option<Word>,
    country: Option<Word>,
}

/// An address; none where nothing is in it.
pub(super) fn address(it: Option<Address>) -> Option<books::Address> {
    let it = it?;
    let mut lines: Vec<String> = [it.line1, it.line2, it.line3, it.line4, it.line5]
        .into_iter()
        .map(|it| text(it).unwrap_or_default())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let read = books::Address {
        lines,
        city: text(it.city),
        region: text(it.country_sub_division_code),
        postal_code: text(it.postal_code),
        country: text(it.country),
    };
    Some(read).filter(|it| *it != books::Address::default())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Email {
    address: Option<Word>,
}

pub(super) fn email(it: Option<Email>) -> Option<String> {
    text(it?.address)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Phone {
    free_form_number: Option<Word>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Customer {
    display_name: Option<Word>,
    fully_qualified_name: Option<Word>,
    active: Option<bool>,
    company_name: Option<Word>,
    given_name: Option<Word>,
    family_name: Option<Word>,
    primary_email_addr: Option<Email>,
    primary_phone: Option<Phone>,
    bill_addr: Option<Address>,
    ship_addr: Option<Address>,
    currency_ref: Option<Ref>,
    taxable: Option<bool>,
    notes: Option<Word>,
    parent_ref: Option<Ref>,
    balance: Option<Decimal>,
}

pub(super) fn client(raw: &RawValue, stamp: Stamp) -> Result<Client, String> {
    let it: Customer = parse(raw)?;
    let name = text(it.display_name).or_else(|| text(it.fully_qualified_name.clone()));
    Ok(Client {
        stamp,
        name: name.ok_or("it has no name")?,
        full_name: text(it.fully_qualified_name),
        active: it.active.unwrap_or(true),
        company_name: text(it.company_name),
        given_name: text(it.given_name),
        family_name: text(it.family_name),
        email: email(it.primary_email_addr),
        phone: it.primary_phone.and_then(|it| text(it.free_form_number)),
        bill_to: address(it.bill_addr),
        ship_to: address(it.ship_addr),
        currency: reference(it.currency_ref).and_then(|it| it.parse().ok()),
        taxable: it.taxable,
        notes: text(it.notes),
        parent: reference(it.parent_ref),
        balance: it.balance,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    name: Option<Word>,
    fully_qualified_name: Option<Word>,
    active: Option<bool>,
    sku: Option<Word>,
    r#type: Option<Word>,
    description: Option<Word>,
    unit_price: Option<Decimal>,
    income_account_ref: Option<Ref>,
    taxable: Option<bool>,
}

pub(super) fn article(raw: &RawValue, stamp: Stamp) -> Result<Article, String> {
    let it: Item = parse(raw)?;
    Ok(Article {
        stamp,
        name: text(it.name).ok_or("it has no name")?,
        full_name: text(it.fully_qualified_name),
        active: it.active.unwrap_or(true),
        sku: text(it.sku),
        sort: text(it.r#type).unwrap_or_default(),
        description: text(it.description),
        unit_price: it.unit_price,
        income_account: reference(it.income_account_ref),
        taxable: it.taxable,
    })
}
