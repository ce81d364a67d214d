//! What Authorize.Net is sent: JSON that is turned into XML there (authorizenet.md §1.2).
//!
//! Pure. The order of the keys is the schema's, so every object is a struct. Credentials that the schema does not
//! take are an error before anything is sent. Texts for people are cut, and freed of the letters that the turning
//! into XML stumbles over (§6, 16); ids and amounts never are.

pub(super) mod hosted;
pub(super) mod profile;
pub(super) mod report;
pub(super) mod transaction;

use kontor_domain::{Currency, Money};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{BillingAddress, Connection, ProviderError, error::Fault, wiped::Wiped};

/// The longest login (§1.4).
const MAX_LOGIN: usize = 25;
/// The longest key (§1.4).
const MAX_KEY: usize = 16;
/// The longest of each: invoice number, our reference beside the request, a customer's number (§1.4).
pub(super) const MAX_NUMBER: usize = 20;

/// A request that is ready to be sent: it holds the credentials.
pub(super) type Message = Wiped;
pub(super) type Built = Result<Message, ProviderError>;

/// Who asks.
pub(super) struct Credentials<'a> {
    login: &'a str,
    key: &'a str,
}

impl<'a> Credentials<'a> {
    /// The connection's, without the white space that comes along when they are pasted.
    pub(super) fn of(connection: &'a Connection<'_>) -> Result<Self, ProviderError> {
        let secret =
            |name: &str| connection.secrets.get(name).map(|it| it.expose().trim()).unwrap_or_default();
        let it = Self { login: secret("ApiLoginId"), key: secret("TransactionKey") };
        let lengths = [("ApiLoginId", it.login, MAX_LOGIN), ("TransactionKey", it.key, MAX_KEY)];
        for (name, text, most) in lengths {
            match text.chars().count() {
                0 => return Err(ProviderError::misconfigured(&format!("{name} is empty"))),
                length if length > most => {
                    let words =
                        format!("{name} has {length} characters, and no such one has more than {most}");
                    return Err(ProviderError::misconfigured(&words));
                }
                _ => {}
            }
        }
        Ok(it)
    }

    /// Whether a text repeats any of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        [self.login, self.key].iter().any(|it| text.contains(it))
    }
}

/// §1.5: the name before the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    name: &'a str,
    transaction_key: &'a str,
}

/// Who asks, our reference, then what the operation is about. No `clientId`: it has made approved charges look like
/// errors (§6, 2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, T: Serialize> {
    merchant_authentication: Authentication<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ref_id: Option<&'a str>,
    #[serde(flatten)]
    rest: &'a T,
}

/// The operation is the root's one key.
struct Request<'a, T: Serialize> {
    operation: &'static str,
    body: Body<'a, T>,
}

impl<T: Serialize> Serialize for Request<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.operation, &self.body)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Nothing {}

/// Do the credentials hold (§2.1)?
pub(super) fn authenticate_test(credentials: &Credentials<'_>) -> Built {
    message("authenticateTestRequest", credentials, None, &Nothing {})
}

/// Whose are they (§2.2)?
pub(super) fn merchant_details(credentials: &Credentials<'_>) -> Built {
    message("getMerchantDetailsRequest", credentials, None, &Nothing {})
}

/// Writes the request down, once, into memory that is wiped.
fn message<T: Serialize>(
    operation: &'static str,
    credentials: &Credentials<'_>,
    ref_id: Option<&str>,
    rest: &T,
) -> Built {
    let merchant_authentication =
        Authentication { name: credentials.login, transaction_key: credentials.key };
    let mut text = Wiped::new();
    let request = Request { operation, body: Body { merchant_authentication, ref_id, rest } };
    serde_json::to_writer(&mut text, &request)
        .map_err(|_| ProviderError::misconfigured("the request cannot be written down"))?;
    Ok(text)
}

/// A list in a request keeps its items' name (§1.2).
#[derive(Serialize)]
struct Listed<T> {
    setting: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Setting {
    setting_name: &'static str,
    setting_value: String,
}

/// §2.3: `billTo` up to the telephone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BillTo {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
}

impl BillTo {
    /// None where nothing is known. The second line of an address joins the first: there is one field for both.
    fn of(billing: &BillingAddress) -> Option<Self> {
        if *billing == BillingAddress::default() {
            return None;
        }
        let text = |text: &Option<String>, most| text.as_deref().and_then(|it| plain(it, most));
        let lines = [&billing.address1, &billing.address2];
        let lines: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
        Some(Self {
            first_name: text(&billing.first_name, 50),
            last_name: text(&billing.last_name, 50),
            company: text(&billing.company, 50),
            address: plain(&lines.join(" "), 60),
            city: text(&billing.city, 40),
            state: text(&billing.state, 40),
            zip: text(&billing.postal_code, 20),
            country: text(&billing.country, 60),
            phone_number: text(&billing.phone, 25),
        })
    }
}

/// A text for people, cut; none where nothing is left.
fn plain(text: &str, most: usize) -> Option<String> {
    let mut kept = String::new();
    for letter in text.trim().chars() {
        match letter {
            '&' => kept.push('+'),
            '<' | '>' => kept.push(' '),
            _ if letter.is_control() => kept.push(' '),
            _ => kept.push(letter),
        }
    }
    let kept: String = kept.chars().take(most).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// More than nothing, in dollars with two decimals. Reports name no currency (§2.14), so that a charge in another
/// one could not be told from one in dollars.
fn positive(money: Money) -> Result<String, ProviderError> {
    if money.currency() != Currency::USD {
        return Err(ProviderError::misconfigured("payments with Authorize.Net are in US dollars only"));
    }
    if money.minor() <= 0 {
        return Err(ProviderError::refused(Fault::Ours, None, "the amount must be more than zero"));
    }
    Ok(money.to_string())
}

/// Our reference: it has to come back whole.
fn reference(text: &str) -> Result<&str, ProviderError> {
    let fits = (1..=MAX_NUMBER).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric());
    fits.then_some(text)
        .ok_or_else(|| ProviderError::misconfigured("the reference must have 1 to 20 letters"))
}

/// An id of the provider's: digits (§1.4).
fn id(text: &str) -> Result<&str, ProviderError> {
    let fits = (1..=MAX_NUMBER).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    fits.then_some(text).ok_or_else(|| ProviderError::misconfigured("the provider's id must be digits"))
}

#[cfg(test)]
mod tests;
