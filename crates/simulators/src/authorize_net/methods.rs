//! The operations: authenticateTest, getMerchantDetails, isAlive (authorizenet.md §2.1, §2.2).

use super::{
    alphanumeric,
    reply::{Members, Value},
    schema::Type,
};
use crate::state::mix;

/// An operation: what it takes, what it is answered with.
pub(super) struct Operation {
    /// The request's root.
    pub(super) name: &'static str,
    /// The answer's root in XML.
    pub(super) reply: &'static str,
    /// Whether it carries credentials.
    pub(super) signed: bool,
    pub(super) content: &'static Type,
    /// The answer's own members, for the merchant in that place.
    pub(super) answer: fn(usize) -> Members,
}

/// Nothing but the common messages.
pub(super) fn nothing(_merchant: usize) -> Members {
    Vec::new()
}

pub(super) fn merchant_details(merchant: usize) -> Members {
    let (name, first, last, city, state, zip) = if merchant == 0 {
        ("Pier Nine Trading (simulated)", "Ada", "Holm", "Portland", "ME", "04101")
    } else {
        ("Harbour Lights (simulated)", "Jon", "Berg", "Astoria", "OR", "97103")
    };
    let place = u64::try_from(merchant).unwrap_or_default();
    let texts = |item: &'static str, texts: &[&str]| {
        Value::List(item, texts.iter().map(|it| Value::text(it)).collect())
    };
    let key: String =
        (0..8).map(|at| alphanumeric(mix(place.wrapping_mul(64).wrapping_add(at)), 8)).collect();
    vec![
        ("isTestMode", Value::Flag(false)),
        (
            "processors",
            Value::List(
                "processor",
                vec![Value::Members(vec![
                    ("name", Value::text("First Data Nashville")),
                    ("id", Value::Number(2)),
                    ("cardTypes", texts("cardType", &["A", "D", "M", "V"])),
                ])],
            ),
        ),
        ("merchantName", Value::text(name)),
        ("gatewayId", Value::Text(565_697_u64.saturating_add(place).to_string())),
        ("marketTypes", texts("marketType", &["eCommerce"])),
        ("productCodes", texts("productCode", &["CNP"])),
        ("paymentMethods", texts("paymentMethod", &["AmericanExpress", "Discover", "MasterCard", "Visa"])),
        ("currencies", texts("currency", &["USD"])),
        ("publicClientKey", Value::Text(key)),
        (
            "businessInformation",
            Value::Derived {
                base: vec![
                    ("company", Value::text(name)),
                    ("address", Value::text("12 Harbour Street")),
                    ("city", Value::text(city)),
                    ("state", Value::text(state)),
                    ("zip", Value::text(zip)),
                    ("country", Value::text("US")),
                ],
                own: vec![("phoneNumber", Value::text("555-0100"))],
            },
        ),
        ("merchantTimeZone", Value::text("America/Los_Angeles")),
        (
            "contactDetails",
            Value::List(
                "contactDetail",
                vec![Value::Members(vec![
                    ("email", Value::text("office@merchant.example")),
                    ("firstName", Value::text(first)),
                    ("lastName", Value::text(last)),
                ])],
            ),
        ),
    ]
}
