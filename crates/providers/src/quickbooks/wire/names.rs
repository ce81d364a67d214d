//! Customers and items, as they are written (§3.3, §3.4).

use serde::Serialize;

use super::Ref;
use crate::{
    books::{self, CustomerDraft, Decimal, ItemDraft},
    quickbooks::law::tidy,
};

/// An address, whole: an empty text takes away what was there.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Address<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line4: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line5: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_sub_division_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub(super) fn of(it: Option<&'a books::Address>, new: bool) -> Option<Self> {
        let it = it?;
        let whole = |text: Option<&'a str>| if new { text } else { Some(text.unwrap_or_default()) };
        let line = |at: usize| whole(it.lines.get(at).map(String::as_str));
        Some(Self {
            line1: line(0),
            line2: line(1),
            line3: line(2),
            line4: line(3),
            line5: line(4),
            city: whole(it.city.as_deref()),
            country_sub_division_code: whole(it.region.as_deref()),
            postal_code: whole(it.postal_code.as_deref()),
            country: whole(it.country.as_deref()),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Email<'a> {
    address: &'a str,
}

impl<'a> Email<'a> {
    pub(super) fn of(text: Option<&'a String>) -> Option<Self> {
        text.map(|it| Self { address: it })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Phone<'a> {
    free_form_number: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Customer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_email_addr: Option<Email<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_phone: Option<Phone<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_addr: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_addr: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taxable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
}

impl<'a> Customer<'a> {
    pub(super) fn of(it: &'a CustomerDraft, new: bool) -> Self {
        Self {
            display_name: it.name.as_deref().map(tidy),
            active: it.active,
            company_name: it.company_name.as_deref().map(tidy),
            given_name: it.given_name.as_deref().map(tidy),
            family_name: it.family_name.as_deref().map(tidy),
            primary_email_addr: Email::of(it.email.as_ref()),
            primary_phone: it.phone.as_deref().map(|it| Phone { free_form_number: it }),
            bill_addr: Address::of(it.bill_to.as_ref(), new),
            ship_addr: Address::of(it.ship_to.as_ref(), new),
            currency_ref: it.currency.map(|it| Ref { value: it.code() }),
            taxable: it.taxable,
            notes: it.notes.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    income_account_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taxable: Option<bool>,
}

impl<'a> Item<'a> {
    pub(super) fn of(it: &'a ItemDraft, new: bool) -> Self {
        Self {
            name: it.name.as_deref().map(tidy),
            r#type: new.then_some(if it.goods { "NonInventory" } else { "Service" }),
            active: it.active,
            sku: it.sku.as_deref(),
            description: it.description.as_deref(),
            unit_price: it.unit_price,
            income_account_ref: Ref::of(it.income_account.as_ref()),
            taxable: it.taxable,
        }
    }
}
