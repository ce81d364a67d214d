//! What Express is sent: one XML document for each method (worldpay-express.md §1.1, §3).
//!
//! Pure. A field that is too long for Express is an error before anything is sent, except texts that are only
//! shown to people, which are cut.

pub(super) mod account;
pub(super) mod payment;

use jiff::Timestamp;
use kontor_domain::{Currency, Money, Secret};

use super::{
    Host,
    document::{Document, Message, cut, limited},
    reply::central,
};
use crate::{BillingAddress, CardUse, Connection, HostedOrder, ProviderError, Window, error::Fault};

/// The longest of each: reference, ticket and setup id (§2.3).
pub(super) const MAX_ID: usize = 50;
/// The longest id of a transaction (§2.3).
const MAX_TRANSACTION: usize = 10;
/// The longest of a terminal's id (§2.3).
const MAX_TERMINAL: usize = 40;
/// How much of a text for people is sent; the branding texts' own limits are not published (§9).
const MAX_SHOWN: usize = 100;
/// The largest amount's text: `9999999.99` (§2.3).
const MAX_AMOUNT: usize = 10;

/// The markets, in the order of their numbers (§2.3).
const MARKETS: [&str; 9] = [
    "Default",
    "AutoRental",
    "DirectMarketing",
    "ECommerce",
    "FoodRestaurant",
    "HotelLodging",
    "Petroleum",
    "Retail",
    "QSR",
];

type Built = Result<Message, ProviderError>;

/// What a report is asked about (§3.14).
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// A page.
    Setup(&'a str),
    /// Our reference, within a time.
    Reference(&'a str, Window),
    /// A transaction.
    Id(&'a str),
    /// Everything within a time.
    Within(Window),
    /// A batch, within a time.
    Batch(&'a str, Window),
}

/// Is the account there (§3.1)?
pub(super) fn health_check(connection: &Connection<'_>) -> Built {
    Ok(Document::begin(Host::Transaction, "HealthCheck", connection)?.finish())
}

/// A new account token, please (§3.2).
pub(super) fn token_create(connection: &Connection<'_>) -> Built {
    Ok(Document::begin(Host::Transaction, "AccountTokenCreate", connection)?.finish())
}

/// The new token from now on (§3.2).
pub(super) fn token_activate(connection: &Connection<'_>, new: &Secret) -> Built {
    Ok(Document::begin_with(Host::Transaction, "AccountTokenActivate", connection, Some(new))?.finish())
}

/// A hosted page for one sale, or, for an amount of zero, for a card that is kept (§3.3).
pub(super) fn transaction_setup(connection: &Connection<'_>, order: &HostedOrder<'_>) -> Built {
    let saves = order.amount.is_zero();
    let mut it = Document::begin(Host::Transaction, "TransactionSetup", connection)?;
    it.open("TransactionSetup");
    // Method 1: a sale; 7: a card is kept. Embedded 0: the whole window. AutoReturn 1: the browser comes back by itself.
    it.element("TransactionSetupMethod", if saves { "7" } else { "1" });
    it.elements(&[("DeviceInputCode", "0"), ("Device", "0")]);
    it.elements(&[("Embedded", "0"), ("CVVRequired", "1"), ("AutoReturn", "1")]);
    if let Some(company) = order.company_name {
        it.element("CompanyName", shown(company));
        it.element("ReturnURLTitle", &format!("Return to {}", shown(company)));
    }
    it.element("ReturnURL", order.return_url);
    if let Some(description) = order.description {
        it.element("OrderDetails", shown(description));
    }
    if saves {
        it.element("ProcessTransactionTitle", "Save card");
    }
    it.close("TransactionSetup");
    it.open("PaymentAccount");
    it.element("PaymentAccountType", "0");
    it.element("PaymentAccountReferenceNumber", cut(order.customer_number, MAX_ID));
    it.close("PaymentAccount");
    // Absent where nothing is known, so that the page asks for nothing.
    if let Some(billing) = &order.billing {
        address(&mut it, billing, true);
    }
    // A card that is kept is no transaction (§3.3).
    if !saves {
        it.open("Transaction");
        it.element("TransactionAmount", &amount(order.amount)?);
        it.element("MarketCode", &market(connection, order.market_code)?);
        it.element("ReferenceNumber", limited("ReferenceNumber", order.reference, MAX_ID)?);
        it.element("TicketNumber", limited("TicketNumber", order.ticket, MAX_ID)?);
        // Express would take a customer's second invoice of the same amount for the first once more (§6).
        it.elements(&[("DuplicateCheckDisableFlag", "1"), ("PartialApprovedFlag", "0")]);
        if order.keeps_card {
            payment::card_use(&mut it, CardUse::First { recurring: false })?;
        }
        it.close("Transaction");
    }
    terminal(&mut it, connection, Presence::Page)?;
    Ok(it.finish())
}

/// Closes a page early (§3.4).
pub(super) fn expire(connection: &Connection<'_>, setup_id: &str) -> Built {
    let mut it = Document::begin(Host::Transaction, "TransactionSetupExpire", connection)?;
    it.open("TransactionSetup");
    it.element("TransactionSetupID", limited("TransactionSetupID", setup_id, MAX_ID)?);
    it.close("TransactionSetup");
    Ok(it.finish())
}

/// What has happened (§3.14).
pub(super) fn query(connection: &Connection<'_>, asked: &Asked<'_>) -> Built {
    let mut it = Document::begin(Host::Reporting, "TransactionQuery", connection)?;
    it.open("Parameters");
    match asked {
        // Alone: Express ignores every other filter beside it.
        Asked::Setup(id) => {
            it.element("TransactionSetupID", limited("TransactionSetupID", id, MAX_ID)?);
        }
        Asked::Id(id) => it.element("TransactionID", transaction_id(id)?),
        Asked::Reference(reference, window) => {
            within(&mut it, *window)?;
            it.element("ReferenceNumber", limited("ReferenceNumber", reference, MAX_ID)?);
        }
        Asked::Within(window) => within(&mut it, *window)?,
        Asked::Batch(id, window) => {
            within(&mut it, *window)?;
            it.element("HostBatchID", limited("HostBatchID", id, MAX_ID)?);
        }
    }
    it.close("Parameters");
    Ok(it.finish())
}

fn within(it: &mut Document, window: Window) -> Result<(), ProviderError> {
    it.element("TransactionDateTimeBegin", &moment(window.from)?);
    it.element("TransactionDateTimeEnd", &moment(window.to)?);
    Ok(())
}

/// The card holder's address (§2.3).
fn address(it: &mut Document, billing: &BillingAddress, editable: bool) {
    it.open("Address");
    let name = billing.name();
    for (field, value, length) in [
        ("BillingName", &name, 100),
        ("BillingAddress1", &billing.address1, 50),
        ("BillingAddress2", &billing.address2, 50),
        ("BillingCity", &billing.city, 40),
        ("BillingState", &billing.state, 30),
        ("BillingZipcode", &billing.postal_code, 20),
    ] {
        if let Some(value) = value {
            it.element(field, cut(value, length));
        }
    }
    if editable {
        it.element("AddressEditAllowed", "1");
    }
    it.close("Address");
}

/// Dollars with two decimals (§2.3).
fn amount(amount: Money) -> Result<String, ProviderError> {
    // Express prints no currency: its amounts are dollars.
    if amount.currency() != Currency::USD {
        return Err(ProviderError::misconfigured("Worldpay Express takes US dollars only"));
    }
    let text = amount.to_string();
    if text.len() > MAX_AMOUNT {
        let words = "Worldpay Express takes at most 9999999.99 in one payment";
        return Err(ProviderError::refused(Fault::Ours, None, words));
    }
    Ok(text)
}

/// The market's number: the order's, else the integration's, else what the merchant account says (§2.3).
fn market(connection: &Connection<'_>, asked: Option<&str>) -> Result<String, ProviderError> {
    let own = connection.configuration.get("MarketCode").map(String::as_str);
    let market = asked.or(own).unwrap_or("Default");
    let market = MARKETS.iter().position(|it| it.eq_ignore_ascii_case(market));
    market
        .map(|it| it.to_string())
        .ok_or_else(|| ProviderError::misconfigured("the market code is none of Worldpay's"))
}

/// Who is there when it is paid (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// The customer, at the provider's page, with the card's code.
    Page,
    /// The customer, with a card that is kept.
    Customer,
    /// Nobody: the merchant charges by itself.
    Nobody,
}

/// The e-commerce profile, and what differs of it where nobody is there (§2.2).
fn terminal(it: &mut Document, connection: &Connection<'_>, who: Presence) -> Result<(), ProviderError> {
    let id = connection.configuration.get("TerminalId").map_or("0001", String::as_str);
    let (kind, holder, eci) = match who {
        Presence::Page | Presence::Customer => ("2", "7", "7"),
        Presence::Nobody => ("3", "6", "3"),
    };
    it.open("Terminal");
    it.element("TerminalID", limited("TerminalID", id, MAX_TERMINAL)?);
    it.elements(&[
        ("TerminalType", kind),
        ("TerminalCapabilityCode", "5"),
        ("TerminalEnvironmentCode", "6"),
        ("CardPresentCode", "3"),
        ("CardholderPresentCode", holder),
        ("CardInputCode", "4"),
        // A card that is kept has no code with it.
        ("CVVPresenceCode", if who == Presence::Page { "2" } else { "1" }),
        ("MotoECICode", eci),
    ]);
    it.close("Terminal");
    Ok(())
}

fn shown(text: &str) -> &str {
    cut(text, MAX_SHOWN)
}

fn transaction_id(id: &str) -> Result<&str, ProviderError> {
    limited("TransactionID", id, MAX_TRANSACTION)
}

/// As the report's filters want it, in Central time (§3.14, §7).
fn moment(at: Timestamp) -> Result<String, ProviderError> {
    Ok(at.to_zoned(central()?).strftime("%Y-%m-%d %H:%M:%S.000").to_string())
}

#[cfg(test)]
mod tests;
