//! The requests about customers and their cards (authorizenet.md §2.5 to §2.11, §2.15).

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    BillTo, Built, Credentials, MAX_NUMBER, id, message,
    transaction::{CreditCard, OpaqueData, Payment},
};
use crate::{BillingAddress, Card, Nonce, ProviderError, error::Fault};

/// How a card is looked at when it is kept (§2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::authorize_net) enum Validation {
    /// The provider looks at its fields.
    TestMode,
    /// The issuer is asked about it, for nothing or a cent that is voided.
    LiveMode,
}

/// What is kept. The card's digits are borrowed until the request is written.
#[derive(Clone, Copy)]
pub(in crate::authorize_net) enum Kept<'a> {
    Card(&'a Card),
    Nonce(&'a Nonce),
    /// As it is at the provider: masked digits say "the same" (§2.8).
    Masked {
        last_four: &'a str,
        expiry: &'a str,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer<'a> {
    merchant_customer_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct WithProfile<'a> {
    profile: Customer<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateCard<'a> {
    customer_profile_id: &'a str,
    payment_profile: KeptAs<'a>,
    validation_mode: Validation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeptAs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_to: Option<BillTo>,
    payment: Payment<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_payment_profile: Option<bool>,
    /// The derived type's own field, so the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_payment_profile_id: Option<&'a str>,
}

/// A customer, a card of it, or both; and what a question about them says beyond.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Ids<'a> {
    customer_profile_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_payment_profile_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_mode: Option<Validation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmask_expiration_date: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FromTransaction<'a> {
    trans_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_profile_id: Option<&'a str>,
    default_payment_profile: bool,
}

/// A customer without cards. No description: it is part of what makes two customers the same (§2.5).
pub(in crate::authorize_net) fn create_customer(
    credentials: &Credentials<'_>,
    customer_number: &str,
    email: Option<&str>,
) -> Built {
    let body = WithProfile { profile: customer(customer_number, email) };
    message("createCustomerProfileRequest", credentials, None, &body)
}

/// A customer with its cards, whose ends are not masked.
pub(in crate::authorize_net) fn get_customer(credentials: &Credentials<'_>, customer: &str) -> Built {
    let body =
        Ids { customer_profile_id: id(customer)?, unmask_expiration_date: Some(true), ..Ids::default() };
    message("getCustomerProfileRequest", credentials, None, &body)
}

/// Forgets a customer and its cards.
pub(in crate::authorize_net) fn delete_customer(credentials: &Credentials<'_>, customer: &str) -> Built {
    let body = Ids { customer_profile_id: id(customer)?, ..Ids::default() };
    message("deleteCustomerProfileRequest", credentials, None, &body)
}

/// Keeps a card.
pub(in crate::authorize_net) fn create_card(
    credentials: &Credentials<'_>,
    customer: &str,
    kept: Kept<'_>,
    billing: Option<&BillingAddress>,
    is_default: bool,
    validation_mode: Validation,
) -> Built {
    with_payment(kept, |payment| {
        let body = CreateCard {
            customer_profile_id: id(customer)?,
            payment_profile: KeptAs {
                bill_to: billing.and_then(BillTo::of),
                payment,
                default_payment_profile: is_default.then_some(true),
                customer_payment_profile_id: None,
            },
            validation_mode,
        };
        message("createCustomerPaymentProfileRequest", credentials, None, &body)
    })
}

/// Puts this in the place of what is kept: a field that is left out is cleared (§2.8).
pub(in crate::authorize_net) fn update_card(
    credentials: &Credentials<'_>,
    (customer, card): (&str, &str),
    kept: Kept<'_>,
    billing: Option<&BillingAddress>,
    is_default: bool,
    validation_mode: Validation,
) -> Built {
    with_payment(kept, |payment| {
        let body = CreateCard {
            customer_profile_id: id(customer)?,
            payment_profile: KeptAs {
                bill_to: billing.and_then(BillTo::of),
                payment,
                default_payment_profile: Some(is_default),
                customer_payment_profile_id: Some(id(card)?),
            },
            validation_mode,
        };
        message("updateCustomerPaymentProfileRequest", credentials, None, &body)
    })
}

/// A card, whose end is not masked.
pub(in crate::authorize_net) fn get_card(credentials: &Credentials<'_>, customer: &str, card: &str) -> Built {
    let body = Ids { unmask_expiration_date: Some(true), ..ids(customer, card)? };
    message("getCustomerPaymentProfileRequest", credentials, None, &body)
}

/// Forgets a card.
pub(in crate::authorize_net) fn delete_card(
    credentials: &Credentials<'_>,
    customer: &str,
    card: &str,
) -> Built {
    message("deleteCustomerPaymentProfileRequest", credentials, None, &ids(customer, card)?)
}

/// Is the card good?
pub(in crate::authorize_net) fn validate_card(
    credentials: &Credentials<'_>,
    (customer, card): (&str, &str),
    validation_mode: Validation,
) -> Built {
    let body = Ids { validation_mode: Some(validation_mode), ..ids(customer, card)? };
    message("validateCustomerPaymentProfileRequest", credentials, None, &body)
}

/// Keeps the card of a transaction, for a customer that is known or not.
pub(in crate::authorize_net) fn create_from_transaction(
    credentials: &Credentials<'_>,
    transaction: &str,
    (customer_number, email): (&str, Option<&str>),
    known: Option<&str>,
    is_default: bool,
) -> Built {
    let body = FromTransaction {
        trans_id: id(transaction)?,
        customer: known.is_none().then(|| customer(customer_number, email)),
        customer_profile_id: known.map(id).transpose()?,
        default_payment_profile: is_default,
    };
    message("createCustomerProfileFromTransactionRequest", credentials, None, &body)
}

/// The merchant's number of a customer as the provider keeps it: itself where it fits, else what stands for it.
pub(in crate::authorize_net) fn customer_id(customer_number: &str) -> String {
    let fits = |it: &str| {
        let plain = |it: u8| it.is_ascii_graphic() && !matches!(it, b'&' | b'<' | b'>');
        (1..=MAX_NUMBER).contains(&it.len()) && it.bytes().all(plain)
    };
    if fits(customer_number) {
        return customer_number.to_owned();
    }
    let digest = HEXLOWER.encode(&Sha256::digest(customer_number.as_bytes()));
    digest.get(..MAX_NUMBER).unwrap_or(&digest).to_owned()
}

fn customer<'a>(customer_number: &str, email: Option<&'a str>) -> Customer<'a> {
    // One that the turning into XML could stumble over is left out (§6, 16).
    let plain = |it: &&str| it.len() <= 255 && !it.is_empty() && !it.contains(['&', '<', '>']);
    Customer { merchant_customer_id: customer_id(customer_number), email: email.filter(plain) }
}

fn ids<'a>(customer: &'a str, card: &'a str) -> Result<Ids<'a>, ProviderError> {
    let card = Some(id(card)?);
    Ok(Ids { customer_profile_id: id(customer)?, customer_payment_profile_id: card, ..Ids::default() })
}

/// Lends the card's digits to the one request that carries them.
fn with_payment(kept: Kept<'_>, write: impl FnOnce(Payment<'_>) -> Built) -> Built {
    match kept {
        Kept::Card(card) => {
            // The schema takes at most 16 digits (§1.4).
            if card.number().len() > 16 {
                let words = "Authorize.Net takes card numbers of at most 16 digits";
                return Err(ProviderError::refused(Fault::Cardholder, None, words));
            }
            let end = card.expiry();
            let end = Zeroizing::new(format!("{:04}-{:02}", end.year(), end.month()));
            write(Payment::CreditCard(CreditCard {
                card_number: card.number(),
                expiration_date: &end,
                card_code: card.code(),
            }))
        }
        Kept::Nonce(nonce) => write(Payment::OpaqueData(OpaqueData {
            data_descriptor: &nonce.descriptor,
            data_value: nonce.value.expose(),
        })),
        Kept::Masked { last_four, expiry } => {
            let masked = format!("XXXX{last_four}");
            write(Payment::CreditCard(CreditCard {
                card_number: &masked,
                expiration_date: expiry,
                card_code: None,
            }))
        }
    }
}

#[cfg(test)]
mod tests;
