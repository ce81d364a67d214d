//! What an answer about cards that are kept says (worldpay-express.md §3.13).

use super::{Reply, last_four};
use crate::{BillingAddress, CardRef, Expiry, ProviderError, SavedCard, error::clean, worldpay::xml};

/// The card that was kept just now.
pub(in crate::worldpay) fn created(reply: &Reply) -> Result<SavedCard, ProviderError> {
    let account = reply.response.child("PaymentAccount")?;
    let account = account.ok_or_else(|| ProviderError::nonsense("the answer has no PaymentAccount"))?;
    let empty = xml::Element::default();
    let card = reply.response.child("Card")?.unwrap_or(&empty);
    saved(account, card)
}

/// The cards of a query. None is said with a code of its own (see [`super::super::map::nothing_kept`]).
pub(in crate::worldpay) fn kept(reply: &Reply) -> Result<Vec<SavedCard>, ProviderError> {
    let data = reply.response.child("QueryData")?;
    let items = data.map(|it| it.child("Items")).transpose()?.flatten();
    let items = items.ok_or_else(|| ProviderError::nonsense("the answer has no items"))?;
    let items = items.children.iter().filter(|it| it.name.eq_ignore_ascii_case("Item"));
    items.map(|it| saved(it, it)).collect()
}

/// One account. Ids come back in either case of letters (§7): they are kept in capitals.
fn saved(account: &xml::Element, card: &xml::Element) -> Result<SavedCard, ProviderError> {
    let text = |name: &str| Ok::<_, ProviderError>(account.value(name)?.map(clean));
    let id = account.value("PaymentAccountID")?;
    let id = id.ok_or_else(|| ProviderError::nonsense("the answer has no PaymentAccountID"))?;
    if id.len() > 50 || !id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
        return Err(ProviderError::nonsense("the kept card's id is none"));
    }
    let number = account.value("TruncatedCardNumber")?.or(card.value("CardNumberMasked")?);
    let own =
        |name: &str| Ok::<_, ProviderError>(account.value(name)?.map(|it| it.replace(char::is_control, " ")));
    let billing = BillingAddress {
        last_name: own("BillingName")?,
        address1: own("BillingAddress1")?,
        address2: own("BillingAddress2")?,
        city: own("BillingCity")?,
        state: own("BillingState")?,
        postal_code: own("BillingZipcode")?,
        ..BillingAddress::default()
    };
    Ok(SavedCard {
        card: CardRef { customer: None, id: id.to_ascii_uppercase() },
        last_four: last_four(number),
        brand: text("PaymentBrand")?,
        expiry: expiry(card)?,
        customer_number: text("PaymentAccountReferenceNumber")?,
        billing: (billing != BillingAddress::default()).then_some(billing),
        network_transaction_id: None,
        avs_result: None,
        cvv_result: None,
    })
}

/// Two digits each. An end that cannot be read is left out: a card is charged without it too.
fn expiry(card: &xml::Element) -> Result<Option<Expiry>, ProviderError> {
    let (month, year) = (card.value("ExpirationMonth")?, card.value("ExpirationYear")?);
    let read = |month: &str, year: &str| Expiry::new(month.parse().ok()?, year.parse().ok()?).ok();
    Ok(month.zip(year).and_then(|(month, year)| read(month, year)))
}

#[cfg(test)]
mod tests;
