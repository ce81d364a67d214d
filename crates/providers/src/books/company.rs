//! Who the company is and how it keeps its books, and the lists that settings choose from.

use jiff::civil::Date;
use kontor_domain::Currency;

/// A company and its preferences (§3.1, §3.2). What the books do not say is none: not the same as no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Its name.
    pub name: String,
    /// Its country, as two letters or three.
    pub country: Option<String>,
    /// Its time zone, by its IANA name: dates of documents are days there.
    pub time_zone: Option<String>,
    /// The currency of everything that names none.
    pub home_currency: Currency,
    /// Whether others are used besides.
    pub multicurrency: bool,
    /// How documents are taxed.
    pub sales_tax: SalesTax,
    /// Whether whoever makes a document gives it its number; where not, the books do.
    pub custom_numbers: bool,
    /// Up to which day the books are closed. None may also mean that nobody says so.
    pub closed_until: Option<Date>,
    /// Whether estimates are in use.
    pub estimates: Option<bool>,
    /// Whether documents may have a discount.
    pub discounts: Option<bool>,
    /// Whether documents may have shipping.
    pub shipping: Option<bool>,
    /// Whether payments are applied to invoices by the books themselves.
    pub applies_payments: Option<bool>,
    /// How the subscription stands, in the provider's word.
    pub subscription: Option<String>,
    /// What is subscribed to.
    pub product: Option<String>,
}

impl Company {
    /// Whether its sales tax is the United States' kind: taxable or not, instead of a code on each line (§3.6).
    pub fn is_us(&self) -> bool {
        self.country.as_deref().is_none_or(|it| matches!(it.to_ascii_uppercase().as_str(), "US" | "USA"))
    }
}

/// How documents are taxed (§3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SalesTax {
    /// Not at all: what is sent of it is ignored.
    Off,
    /// By the codes and rates that the company set up.
    Manual,
    /// By the books themselves, for the place that goods go to.
    Automated,
}

kontor_domain::words!(SalesTax { Off = "off", Manual = "manual", Automated = "automated" });

/// A list that a setting may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// The chart of accounts.
    Accounts,
    /// Products and services.
    Items,
    /// Sales tax codes.
    TaxCodes,
    /// Payment terms.
    Terms,
    /// Ways of payment.
    PaymentMethods,
}

kontor_domain::words!(List {
    Accounts = "Accounts",
    Items = "Items",
    TaxCodes = "TaxCodes",
    Terms = "Terms",
    PaymentMethods = "PaymentMethods",
});

/// An entry of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The books' id of it.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// What kind of one: `Bank` or `Income` for an account, `Service` for an item.
    pub kind: Option<String>,
    /// Its currency, for an account that has one.
    pub currency: Option<Currency>,
    /// In how many days, for terms.
    pub due_days: Option<u32>,
}
