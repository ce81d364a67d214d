//! The requests about cards that are kept (worldpay-express.md §3.13).

use super::{Built, address, transaction_id};
use crate::{
    BillingAddress, Card, CardChange, Connection, Expiry, ProviderError,
    worldpay::{
        Host,
        document::{Document, cut, limited},
        wire::MAX_ID,
    },
};

/// Which cards are asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::worldpay) enum Kept<'a> {
    /// One.
    Id(&'a str),
    /// Those that a page kept.
    Setup(&'a str),
    /// Those with our reference.
    Reference(&'a str),
}

/// Keeps a card. Its code is not kept, so it is not sent.
pub(in crate::worldpay) fn create(
    connection: &Connection<'_>,
    customer_number: &str,
    card: &Card,
    billing: Option<&BillingAddress>,
) -> Built {
    let mut it = Document::begin(Host::Services, "PaymentAccountCreate", connection)?;
    account(&mut it, None, Some(customer_number))?;
    whole_card(&mut it, card);
    if let Some(billing) = billing {
        address(&mut it, billing, false);
    }
    Ok(it.finish())
}

/// Keeps the card of a transaction.
pub(in crate::worldpay) fn create_with_transaction(
    connection: &Connection<'_>,
    reference: &str,
    transaction: &str,
    billing: Option<&BillingAddress>,
) -> Built {
    let mut it = Document::begin(Host::Services, "PaymentAccountCreateWithTransID", connection)?;
    account(&mut it, None, Some(reference))?;
    it.open("Transaction");
    it.element("TransactionID", transaction_id(transaction)?);
    it.close("Transaction");
    if let Some(billing) = billing {
        address(&mut it, billing, false);
    }
    Ok(it.finish())
}

/// Changes a card that is kept.
pub(in crate::worldpay) fn update(
    connection: &Connection<'_>,
    id: &str,
    customer_number: Option<&str>,
    change: &CardChange<'_>,
) -> Built {
    let mut it = Document::begin(Host::Services, "PaymentAccountUpdate", connection)?;
    account(&mut it, Some(id), customer_number)?;
    match (change.card, change.expiry) {
        (Some(card), _) => whole_card(&mut it, card),
        (None, Some(end)) => {
            it.open("Card");
            expiry(&mut it, end);
            it.close("Card");
        }
        (None, None) => {}
    }
    if let Some(billing) = change.billing {
        address(&mut it, billing, false);
    }
    Ok(it.finish())
}

/// Forgets a card.
pub(in crate::worldpay) fn delete(connection: &Connection<'_>, id: &str) -> Built {
    let mut it = Document::begin(Host::Services, "PaymentAccountDelete", connection)?;
    it.open("PaymentAccount");
    it.element("PaymentAccountID", limited("PaymentAccountID", id, MAX_ID)?);
    it.close("PaymentAccount");
    Ok(it.finish())
}

/// What is kept. The parameters have a class of their own.
pub(in crate::worldpay) fn query(connection: &Connection<'_>, kept: Kept<'_>) -> Built {
    let mut it = Document::begin(Host::Services, "PaymentAccountQuery", connection)?;
    it.open("PaymentAccountParameters");
    match kept {
        Kept::Id(id) => it.element("PaymentAccountID", limited("PaymentAccountID", id, MAX_ID)?),
        Kept::Setup(id) => it.element("TransactionSetupID", limited("TransactionSetupID", id, MAX_ID)?),
        Kept::Reference(ours) => {
            it.element(
                "PaymentAccountReferenceNumber",
                limited("PaymentAccountReferenceNumber", ours, MAX_ID)?,
            );
        }
    }
    it.close("PaymentAccountParameters");
    Ok(it.finish())
}

fn account(it: &mut Document, id: Option<&str>, customer_number: Option<&str>) -> Result<(), ProviderError> {
    it.open("PaymentAccount");
    if let Some(id) = id {
        it.element("PaymentAccountID", limited("PaymentAccountID", id, MAX_ID)?);
    }
    it.element("PaymentAccountType", "0");
    if let Some(number) = customer_number {
        it.element("PaymentAccountReferenceNumber", cut(number, MAX_ID));
    }
    it.close("PaymentAccount");
    Ok(())
}

fn whole_card(it: &mut Document, card: &Card) {
    it.open("Card");
    it.element("CardNumber", card.number());
    expiry(it, card.expiry());
    it.close("Card");
}

/// Two digits each (§2.3).
fn expiry(it: &mut Document, end: Expiry) {
    it.element("ExpirationMonth", &format!("{:02}", end.month()));
    it.element("ExpirationYear", &format!("{:02}", end.year() % 100));
}

#[cfg(test)]
mod tests;
