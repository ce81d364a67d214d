//! Who the company is, its preferences, and the lists that settings choose from (§3.1, §3.2, §3.5, §3.6).

use kontor_domain::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ref, Word, day, id_of, members, parse, reference, text};
use crate::books::{Choice, Company, List, SalesTax};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<Word>,
    value: Option<Word>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    company_name: Option<Word>,
    legal_name: Option<Word>,
    country: Option<Word>,
    default_time_zone: Option<Word>,
    name_value: Option<Vec<Named>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Sales {
    custom_txn_numbers: Option<bool>,
    allow_discount: Option<bool>,
    allow_shipping: Option<bool>,
    allow_estimates: Option<bool>,
    auto_apply_payments: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Taxes {
    using_sales_tax: Option<bool>,
    partner_tax_enabled: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Currencies {
    multi_currency_enabled: Option<bool>,
    home_currency: Option<Ref>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Accounting {
    book_close_date: Option<Word>,
}

#[derive(Deserialize)]
struct Preferences {
    #[serde(rename = "SalesFormsPrefs")]
    sales: Option<Sales>,
    #[serde(rename = "TaxPrefs")]
    taxes: Option<Taxes>,
    #[serde(rename = "CurrencyPrefs")]
    currencies: Option<Currencies>,
    #[serde(rename = "AccountingInfoPrefs")]
    accounting: Option<Accounting>,
}

/// Reads both answers. What is wrong is said in words.
pub(in crate::quickbooks) fn company(info: &[u8], preferences: &[u8]) -> Result<Company, String> {
    let member = |body: &'static str, of: Option<&&RawValue>| of.map(|it| (*it).to_owned()).ok_or(body);
    let info = members(info).unwrap_or_default();
    let info = member("no company is in it", info.get("CompanyInfo"))?;
    let it: Info = parse(&info)?;
    let preferences = members(preferences).unwrap_or_default();
    let preferences = member("no preferences are in it", preferences.get("Preferences"))?;
    let prefs: Preferences = parse(&preferences)?;
    let (sales, taxes) = (prefs.sales.unwrap_or_default(), prefs.taxes.unwrap_or_default());
    let currencies = prefs.currencies.unwrap_or_default();
    let country = text(it.country);
    let home = match (reference(currencies.home_currency), country.as_deref()) {
        (Some(code), _) => {
            code.parse().map_err(|_| format!("\"{code}\" is no currency that is known here"))?
        }
        (None, None | Some("US" | "USA")) => Currency::USD,
        // Every amount that names none would be read wrong.
        (None, Some(_)) => return Err("the company does not say what its currency is".to_owned()),
    };
    let mut facts = it.name_value.unwrap_or_default();
    let mut fact = |name: &str| {
        let at = facts.iter().position(|it| it.name.as_ref().is_some_and(|it| it.0 == name))?;
        text(facts.swap_remove(at).value)
    };
    let sales_tax = match (taxes.using_sales_tax, taxes.partner_tax_enabled) {
        (Some(false), _) | (None, None | Some(false)) => SalesTax::Off,
        (_, Some(true)) => SalesTax::Automated,
        (Some(true), _) => SalesTax::Manual,
    };
    Ok(Company {
        name: text(it.company_name).or_else(|| text(it.legal_name)).ok_or("the company has no name")?,
        country,
        time_zone: text(it.default_time_zone),
        home_currency: home,
        multicurrency: currencies.multi_currency_enabled.unwrap_or(false),
        sales_tax,
        custom_numbers: sales.custom_txn_numbers.unwrap_or(false),
        closed_until: prefs.accounting.and_then(|it| day(it.book_close_date)),
        estimates: sales.allow_estimates,
        discounts: sales.allow_discount,
        shipping: sales.allow_shipping,
        applies_payments: sales.auto_apply_payments,
        subscription: fact("SubscriptionStatus"),
        product: fact("OfferingSku"),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: Option<Word>,
    fully_qualified_name: Option<Word>,
    account_type: Option<Word>,
    r#type: Option<Word>,
    currency_ref: Option<Ref>,
    due_days: Option<Word>,
}

/// An entry of a list; none where it has no id or no name.
pub(in crate::quickbooks) fn choice(list: List, raw: &RawValue) -> Option<Choice> {
    let it: Listed = parse(raw).ok()?;
    let kind = match list {
        List::Accounts => it.account_type,
        _ => it.r#type,
    };
    Some(Choice {
        id: id_of(raw)?,
        name: text(it.fully_qualified_name).or_else(|| text(it.name))?,
        kind: text(kind),
        currency: reference(it.currency_ref).and_then(|it| it.parse().ok()),
        due_days: text(it.due_days).and_then(|it| it.parse().ok()),
    })
}
