//! Customers of an organization: whom invoices are sent to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Currency, ids::CustomerId};

/// The most addresses or contacts of one customer.
pub const MAX_ENTRIES: usize = 50;

/// An address of a customer (API.md §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line.
    pub address1: Option<String>,
    /// Second line.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state_province: Option<String>,
    /// Postal code.
    pub zip_postal_code: Option<String>,
    /// Country, as the merchant writes it.
    pub country: Option<String>,
    /// `Billing` or `Shipping`.
    pub address_type: String,
    /// The merchant's code for the address.
    pub code: Option<String>,
    /// Whether it is the one to use among its type.
    pub default: bool,
}

/// A person at a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// A customer as it is kept.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The merchant's number, unique in the organization.
    pub customer_number: String,
    /// Company.
    pub company_name: String,
    /// E-mail.
    pub company_email: Option<String>,
    /// Telephone.
    pub company_phone: Option<String>,
    /// Whether the merchant still trades with it.
    pub active: bool,
    /// Terms in words.
    pub terms: Option<String>,
    /// Its currency; invoices take it unless they say otherwise.
    pub currency: Currency,
    /// The id in the merchant's own system.
    pub external_id: Option<String>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// People.
    pub contacts: Vec<Contact>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
