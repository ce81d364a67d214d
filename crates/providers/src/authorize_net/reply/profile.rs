//! What an answer about customers and their cards says (authorizenet.md §2.5 to §2.10).

use serde::Deserialize;

use super::{
    Reply,
    direct::{self, Direct},
    scalar::{Scalar, id, last_four, text},
};
use crate::{BillingAddress, CardRef, Expiry, ProviderError, SavedCard, error::clean};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    customer_profile_id: Option<Scalar>,
    customer_payment_profile_id: Option<Scalar>,
    customer_payment_profile_id_list: Option<Vec<Scalar>>,
    validation_direct_response: Option<Scalar>,
    direct_response: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GotCustomer {
    profile: Option<Whole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    payment_profiles: Option<Vec<Card>>,
    customer_profile_id: Option<Scalar>,
    merchant_customer_id: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GotCard {
    payment_profile: Option<Card>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    customer_profile_id: Option<Scalar>,
    customer_payment_profile_id: Option<Scalar>,
    default_payment_profile: Option<Scalar>,
    payment: Option<Payment>,
    original_network_trans_id: Option<Scalar>,
    bill_to: Option<Billing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    credit_card: Option<Masked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Masked {
    card_number: Option<Scalar>,
    expiration_date: Option<Scalar>,
    card_type: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Billing {
    phone_number: Option<Scalar>,
    first_name: Option<Scalar>,
    last_name: Option<Scalar>,
    company: Option<Scalar>,
    address: Option<Scalar>,
    city: Option<Scalar>,
    state: Option<Scalar>,
    zip: Option<Scalar>,
    country: Option<Scalar>,
}

/// What a request that keeps something names, in good answers and in some bad ones (§2.7).
#[derive(Debug)]
pub(in crate::authorize_net) struct Names {
    pub(in crate::authorize_net) customer: Option<String>,
    pub(in crate::authorize_net) card: Option<String>,
    /// How checking the card went, where it was checked.
    pub(in crate::authorize_net) checked: Option<Direct>,
}

/// A customer as it is kept.
#[derive(Debug)]
pub(in crate::authorize_net) struct KeptCustomer {
    pub(in crate::authorize_net) customer_number: Option<String>,
    pub(in crate::authorize_net) cards: Vec<KeptCard>,
}

/// A card as it is kept.
#[derive(Debug)]
pub(in crate::authorize_net) struct KeptCard {
    pub(in crate::authorize_net) card: SavedCard,
    pub(in crate::authorize_net) is_default: bool,
}

/// The names in an answer.
pub(in crate::authorize_net) fn names(reply: &Reply) -> Result<Names, ProviderError> {
    let made: Made = reply.typed()?;
    let listed = made.customer_payment_profile_id_list.unwrap_or_default();
    let card = made.customer_payment_profile_id.or_else(|| listed.into_iter().next());
    let checked = made.validation_direct_response.or(made.direct_response);
    Ok(Names {
        customer: id(made.customer_profile_id.as_ref())?,
        card: id(card.as_ref())?,
        checked: text(checked.as_ref()).and_then(direct::read),
    })
}

/// The customer that is there already: its id stands in the words alone (§2.5, §6 8).
pub(in crate::authorize_net) fn duplicate_customer(reply: &Reply) -> Option<String> {
    let (_, rest) = reply.text().split_once("with ID ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    ((1..=20).contains(&digits.len()) && rest.get(digits.len()..)?.starts_with(' ')).then_some(digits)
}

/// A customer.
pub(in crate::authorize_net) fn customer(reply: &Reply) -> Result<KeptCustomer, ProviderError> {
    let got: GotCustomer = reply.typed()?;
    let it = got.profile.ok_or_else(|| ProviderError::nonsense("it has no customer"))?;
    let own = id(it.customer_profile_id.as_ref())?;
    let cards = it.payment_profiles.unwrap_or_default().into_iter();
    let number = text(it.merchant_customer_id.as_ref()).map(str::to_owned);
    let cards = cards.map(|card| saved(card, own.as_deref(), number.as_deref()));
    Ok(KeptCustomer { cards: cards.collect::<Result<_, _>>()?, customer_number: number })
}

/// A card.
pub(in crate::authorize_net) fn card(reply: &Reply, customer: &str) -> Result<KeptCard, ProviderError> {
    let got: GotCard = reply.typed()?;
    let it = got.payment_profile.ok_or_else(|| ProviderError::nonsense("it has no card"))?;
    saved(it, Some(customer), None)
}

fn saved(it: Card, customer: Option<&str>, number: Option<&str>) -> Result<KeptCard, ProviderError> {
    let card_id = id(it.customer_payment_profile_id.as_ref())?;
    let card_id = card_id.ok_or_else(|| ProviderError::nonsense("a card has no id"))?;
    let owner = id(it.customer_profile_id.as_ref())?.or_else(|| customer.map(str::to_owned));
    let masked = it.payment.and_then(|it| it.credit_card);
    let masked = masked.as_ref();
    Ok(KeptCard {
        is_default: text(it.default_payment_profile.as_ref()) == Some("true"),
        card: SavedCard {
            card: CardRef { customer: owner, id: card_id },
            last_four: last_four(masked.and_then(|it| text(it.card_number.as_ref()))),
            brand: masked.and_then(|it| text(it.card_type.as_ref())).map(clean),
            expiry: masked.and_then(|it| text(it.expiration_date.as_ref())).and_then(expiry),
            customer_number: number.map(clean),
            billing: it.bill_to.map(billing).filter(|it| *it != BillingAddress::default()),
            network_transaction_id: text(it.original_network_trans_id.as_ref()).map(str::to_owned),
            avs_result: None,
            cvv_result: None,
        },
    })
}

/// `YYYY-MM`; a masked one is none.
fn expiry(text: &str) -> Option<Expiry> {
    let (year, month) = text.split_once('-')?;
    Expiry::new(month.parse().ok()?, year.parse().ok()?).ok()
}

fn billing(it: Billing) -> BillingAddress {
    // As it is there, since it is sent back: not masked, however many digits a telephone has.
    let own = |value: Option<Scalar>| text(value.as_ref()).map(|it| it.replace(char::is_control, " "));
    BillingAddress {
        first_name: own(it.first_name),
        last_name: own(it.last_name),
        company: own(it.company),
        address1: own(it.address),
        address2: None,
        city: own(it.city),
        state: own(it.state),
        postal_code: own(it.zip),
        country: own(it.country),
        phone: own(it.phone_number),
    }
}

#[cfg(test)]
mod tests;
