//! getMerchantDetailsRequest: who the merchant is (authorizenet.md §2.2).

use super::{
    alphanumeric,
    desk::Desk,
    reply::{Answer, Value},
};
use crate::{state::mix, xml::Element};

/// The key that a page may show, of letters and digits.
pub(super) fn public_key(merchant: usize) -> String {
    let place = u64::try_from(merchant).unwrap_or_default();
    (0..8).map(|at| alphanumeric(mix(place.wrapping_mul(64).wrapping_add(at)), 8)).collect()
}

/// The merchant's name, as pages show it.
pub(super) fn name(merchant: usize) -> &'static str {
    if merchant == 0 { "Pier Nine Trading (simulated)" } else { "Harbour Lights (simulated)" }
}

pub(super) fn details(desk: &mut Desk<'_>, _: &Element) -> Answer {
    let merchant = desk.merchant;
    let name = name(merchant);
    let (first, last, city, state, zip) = if merchant == 0 {
        ("Ada", "Holm", "Portland", "ME", "04101")
    } else {
        ("Jon", "Berg", "Astoria", "OR", "97103")
    };
    let place = u64::try_from(merchant).unwrap_or_default();
    let texts = |item: &'static str, texts: &[&str]| {
        Value::List(item, texts.iter().map(|it| Value::text(it)).collect())
    };
    Answer::ok(vec![
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
        ("publicClientKey", Value::Text(public_key(merchant))),
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
    ])
}
