//! What Express is sent: one XML document for each method (worldpay-express.md §1.1, §3).
//!
//! Pure. A field that is too long for Express is an error before anything is sent, except texts that are only
//! shown to people, which are cut.

use std::fmt::Write as _;

use jiff::Timestamp;
use kontor_domain::{Currency, Secret};

use super::{Host, reply::central};
use crate::{Connection, HostedOrder, Lookup, ProviderError, error::Fault};

/// The longest of each: reference, ticket and setup id (§2.3).
const MAX_ID: usize = 50;
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

/// A document that is ready to be sent.
pub(super) struct Message {
    /// Whose namespace it has.
    pub(super) host: Host,
    /// The method, which is the root's name.
    pub(super) method: &'static str,
    /// The document: it holds the account's token.
    pub(super) text: Secret,
}

type Built = Result<Message, ProviderError>;

/// Is the account there (§3.1)?
pub(super) fn health_check(connection: &Connection<'_>) -> Built {
    message(Host::Transaction, "HealthCheck", connection, "")
}

/// A hosted page for one sale (§3.3).
pub(super) fn transaction_setup(connection: &Connection<'_>, order: &HostedOrder<'_>) -> Built {
    let mut setup = String::new();
    // Method 1: a sale. Embedded 0: the whole window. AutoReturn 1: the browser comes back by itself.
    for (name, value) in [("TransactionSetupMethod", "1"), ("DeviceInputCode", "0"), ("Device", "0")] {
        element(&mut setup, name, value);
    }
    for (name, value) in [("Embedded", "0"), ("CVVRequired", "1"), ("AutoReturn", "1")] {
        element(&mut setup, name, value);
    }
    if let Some(company) = order.company_name {
        element(&mut setup, "CompanyName", shown(company));
        element(&mut setup, "ReturnURLTitle", &format!("Return to {}", shown(company)));
    }
    element(&mut setup, "ReturnURL", order.return_url);
    if let Some(description) = order.description {
        element(&mut setup, "OrderDetails", shown(description));
    }
    let mut body = wrapped("TransactionSetup", &setup);
    body.push_str(&payment_account(order));
    body.push_str(&address(order));
    body.push_str(&transaction(connection, order)?);
    body.push_str(&terminal(connection)?);
    message(Host::Transaction, "TransactionSetup", connection, &body)
}

/// Closes a page early (§3.4).
pub(super) fn expire(connection: &Connection<'_>, setup_id: &str) -> Built {
    let mut setup = String::new();
    element(&mut setup, "TransactionSetupID", limited("TransactionSetupID", setup_id, MAX_ID)?);
    message(Host::Transaction, "TransactionSetupExpire", connection, &wrapped("TransactionSetup", &setup))
}

/// What became of a page or a reference (§3.14).
pub(super) fn query(connection: &Connection<'_>, by: &Lookup<'_>) -> Built {
    let mut parameters = String::new();
    match by {
        // Alone: Express ignores every other filter beside it.
        Lookup::Setup(id) => {
            element(&mut parameters, "TransactionSetupID", limited("TransactionSetupID", id, MAX_ID)?);
        }
        Lookup::Reference { reference, from, to } => {
            element(&mut parameters, "TransactionDateTimeBegin", &moment(*from)?);
            element(&mut parameters, "TransactionDateTimeEnd", &moment(*to)?);
            element(&mut parameters, "ReferenceNumber", limited("ReferenceNumber", reference, MAX_ID)?);
        }
    }
    message(Host::Reporting, "TransactionQuery", connection, &wrapped("Parameters", &parameters))
}

fn payment_account(order: &HostedOrder<'_>) -> String {
    let mut account = String::new();
    element(&mut account, "PaymentAccountType", "0");
    element(&mut account, "PaymentAccountReferenceNumber", cut(order.customer_number, MAX_ID));
    wrapped("PaymentAccount", &account)
}

/// Absent where nothing is known, so that the page asks for nothing.
fn address(order: &HostedOrder<'_>) -> String {
    let Some(billing) = &order.billing else { return String::new() };
    let mut address = String::new();
    for (name, value, length) in [
        ("BillingName", &billing.name, 100),
        ("BillingAddress1", &billing.address1, 50),
        ("BillingAddress2", &billing.address2, 50),
        ("BillingCity", &billing.city, 40),
        ("BillingState", &billing.state, 30),
        ("BillingZipcode", &billing.postal_code, 20),
    ] {
        if let Some(value) = value {
            element(&mut address, name, cut(value, length));
        }
    }
    element(&mut address, "AddressEditAllowed", "1");
    wrapped("Address", &address)
}

fn transaction(connection: &Connection<'_>, order: &HostedOrder<'_>) -> Result<String, ProviderError> {
    // Express prints no currency: its amounts are dollars (§2.3).
    if order.amount.currency() != Currency::USD {
        return Err(ProviderError::misconfigured("Worldpay Express takes US dollars only"));
    }
    let own = connection.configuration.get("MarketCode").map(String::as_str);
    let market = order.market_code.or(own).unwrap_or("Default");
    let market = MARKETS.iter().position(|it| it.eq_ignore_ascii_case(market));
    let market =
        market.ok_or_else(|| ProviderError::misconfigured("the market code is none of Worldpay's"))?;
    let mut transaction = String::new();
    let amount = order.amount.to_string();
    if amount.len() > MAX_AMOUNT {
        let words = "Worldpay Express takes at most 9999999.99 in one payment";
        return Err(ProviderError::refused(Fault::Ours, None, words));
    }
    element(&mut transaction, "TransactionAmount", &amount);
    element(&mut transaction, "MarketCode", &market.to_string());
    element(&mut transaction, "ReferenceNumber", limited("ReferenceNumber", order.reference, MAX_ID)?);
    element(&mut transaction, "TicketNumber", limited("TicketNumber", order.ticket, MAX_ID)?);
    // Express would take a customer's second invoice of the same amount for the first once more (§6).
    element(&mut transaction, "DuplicateCheckDisableFlag", "1");
    element(&mut transaction, "PartialApprovedFlag", "0");
    Ok(wrapped("Transaction", &transaction))
}

/// The e-commerce profile (§2.2).
fn terminal(connection: &Connection<'_>) -> Result<String, ProviderError> {
    let id = connection.configuration.get("TerminalId").map_or("0001", String::as_str);
    let mut terminal = String::new();
    element(&mut terminal, "TerminalID", limited("TerminalID", id, MAX_TERMINAL)?);
    for (name, value) in [
        ("TerminalType", "2"),
        ("TerminalCapabilityCode", "5"),
        ("TerminalEnvironmentCode", "6"),
        ("CardPresentCode", "3"),
        ("CardholderPresentCode", "7"),
        ("CardInputCode", "4"),
        ("CVVPresenceCode", "2"),
        ("MotoECICode", "7"),
    ] {
        element(&mut terminal, name, value);
    }
    Ok(wrapped("Terminal", &terminal))
}

/// Root, credentials and application around a body (§2.1).
fn message(host: Host, method: &'static str, connection: &Connection<'_>, body: &str) -> Built {
    let secret = |key: &str| {
        let found = connection.secrets.get(key);
        found.ok_or_else(|| ProviderError::misconfigured(&format!("{key} is not set")))
    };
    let application = connection.configuration.get("ApplicationId");
    let application = application.ok_or_else(|| ProviderError::misconfigured("ApplicationId is not set"))?;
    // Room for everything, so that no half-grown copy of the token stays behind in memory.
    let mut text = String::with_capacity(body.len().saturating_add(8 * 1024));
    let _ = write!(text, "<{method} xmlns=\"{}\"><Credentials>", host.namespace());
    element(&mut text, "AccountID", secret("AccountId")?.expose());
    element(&mut text, "AccountToken", secret("AccountToken")?.expose());
    element(&mut text, "AcceptorID", secret("AcceptorId")?.expose());
    text.push_str("</Credentials><Application>");
    element(&mut text, "ApplicationID", application);
    element(&mut text, "ApplicationName", "Kontor");
    element(&mut text, "ApplicationVersion", env!("CARGO_PKG_VERSION"));
    let _ = write!(text, "</Application>{body}</{method}>");
    Ok(Message { host, method, text: Secret::new(text) })
}

fn wrapped(name: &str, children: &str) -> String {
    format!("<{name}>{children}</{name}>")
}

fn element(into: &mut String, name: &str, value: &str) {
    let _ = write!(into, "<{name}>");
    for letter in value.chars() {
        match letter {
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&apos;"),
            // XML has no way to write these.
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => into.push(' '),
            _ => into.push(letter),
        }
    }
    let _ = write!(into, "</{name}>");
}

fn shown(text: &str) -> &str {
    cut(text, MAX_SHOWN)
}

fn cut(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

fn limited<'a>(name: &str, text: &'a str, letters: usize) -> Result<&'a str, ProviderError> {
    if text.is_empty() || text.chars().count() > letters {
        return Err(ProviderError::misconfigured(&format!("{name} must have 1 to {letters} characters")));
    }
    Ok(text)
}

/// As the report's filters want it, in Central time (§3.14, §7).
fn moment(at: Timestamp) -> Result<String, ProviderError> {
    Ok(at.to_zoned(central()?).strftime("%Y-%m-%d %H:%M:%S.000").to_string())
}

#[cfg(test)]
mod tests;
