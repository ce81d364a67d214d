//! The requests that move money (worldpay-express.md §3.5 to §3.12).

use kontor_domain::Money;

use super::{Built, Presence, address, amount, market, terminal, transaction_id};
use crate::{
    CaptureOrder, CardRef, CardUse, ChargeOrder, Connection, MerchantReason, ProviderError, RefundOrder,
    Source, VoidOrder, Voided,
    error::Fault,
    worldpay::{
        Host,
        document::{Document, limited},
        wire::MAX_ID,
    },
};

/// Takes the amount (§3.5).
pub(in crate::worldpay) fn sale(connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Built {
    charge("CreditCardSale", connection, order)
}

/// Holds the amount (§3.6): the same request under another name.
pub(in crate::worldpay) fn authorization(connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Built {
    charge("CreditCardAuthorization", connection, order)
}

fn charge(method: &'static str, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Built {
    let Source::Saved(card) = order.source else {
        let words = "Worldpay Express takes no card from a script: open its page";
        return Err(ProviderError::refused(Fault::Ours, None, words));
    };
    let alone = matches!(order.card_use, CardUse::Merchant { .. } | CardUse::First { recurring: true });
    let mut it = Document::begin(Host::Transaction, method, connection)?;
    terminal(&mut it, connection, if alone { Presence::Nobody } else { Presence::Customer })?;
    token(&mut it, card)?;
    if let Some(billing) = order.billing {
        address(&mut it, billing, false);
    }
    it.open("Transaction");
    it.element("TransactionAmount", &positive(order.amount)?);
    // What the merchant charges by itself is direct marketing (§2.2).
    it.element("MarketCode", &market(connection, alone.then_some("DirectMarketing"))?);
    numbers(&mut it, order.reference, order.ticket)?;
    it.element("PartialApprovedFlag", if order.allow_partial { "1" } else { "0" });
    // Express would take a customer's second invoice of the same amount for the first once more (§6).
    it.elements(&[("DuplicateCheckDisableFlag", "1"), ("DuplicateOverrideFlag", "0")]);
    card_use(&mut it, order.card_use)?;
    it.close("Transaction");
    Ok(it.finish())
}

/// Takes what is held (§3.7).
pub(in crate::worldpay) fn completion(connection: &Connection<'_>, order: &CaptureOrder<'_>) -> Built {
    linked("CreditCardAuthorizationCompletion", connection, order)
}

/// Gives back (§3.8).
pub(in crate::worldpay) fn refund(connection: &Connection<'_>, order: &RefundOrder<'_>) -> Built {
    let RefundOrder { transaction_id, amount, reference, ticket, .. } = *order;
    linked("CreditCardReturn", connection, &CaptureOrder { transaction_id, amount, reference, ticket })
}

fn linked(method: &'static str, connection: &Connection<'_>, order: &CaptureOrder<'_>) -> Built {
    let mut it = Document::begin(Host::Transaction, method, connection)?;
    terminal(&mut it, connection, Presence::Customer)?;
    it.open("Transaction");
    it.element("TransactionID", transaction_id(order.transaction_id)?);
    it.element("TransactionAmount", &positive(order.amount)?);
    it.element("MarketCode", &market(connection, None)?);
    numbers(&mut it, order.reference, order.ticket)?;
    it.close("Transaction");
    Ok(it.finish())
}

/// Undoes (§3.10, §3.11): a hold is reversed, so that the card holder has it back; what lies in the open batch is
/// taken out of it (§7).
pub(in crate::worldpay) fn void(connection: &Connection<'_>, order: &VoidOrder<'_>) -> Built {
    let hold = order.of == Voided::Hold;
    let method = if hold { "CreditCardReversal" } else { "CreditCardVoid" };
    let mut it = Document::begin(Host::Transaction, method, connection)?;
    terminal(&mut it, connection, Presence::Customer)?;
    it.open("Transaction");
    if hold {
        it.element("ReversalType", "1");
    }
    it.element("TransactionID", transaction_id(order.transaction_id)?);
    if hold {
        it.element("TransactionAmount", &positive(order.amount)?);
    }
    it.element("MarketCode", &market(connection, None)?);
    numbers(&mut it, order.reference, order.ticket)?;
    it.close("Transaction");
    Ok(it.finish())
}

/// Is the card good (§3.12)?
pub(in crate::worldpay) fn avs_only(
    connection: &Connection<'_>,
    card: &CardRef,
    reference: &str,
    ticket: &str,
) -> Built {
    let mut it = Document::begin(Host::Transaction, "CreditCardAVSOnly", connection)?;
    terminal(&mut it, connection, Presence::Customer)?;
    token(&mut it, card)?;
    it.open("Transaction");
    it.element("TransactionAmount", "0.00");
    it.element("MarketCode", &market(connection, None)?);
    numbers(&mut it, reference, ticket)?;
    it.close("Transaction");
    Ok(it.finish())
}

/// The token beside the transaction (§2.4).
fn token(it: &mut Document, card: &CardRef) -> Result<(), ProviderError> {
    it.open("PaymentAccount");
    it.element("PaymentAccountID", limited("PaymentAccountID", &card.id, MAX_ID)?);
    it.close("PaymentAccount");
    Ok(())
}

fn numbers(it: &mut Document, reference: &str, ticket: &str) -> Result<(), ProviderError> {
    it.element("ReferenceNumber", limited("ReferenceNumber", reference, MAX_ID)?);
    it.element("TicketNumber", limited("TicketNumber", ticket, MAX_ID)?);
    Ok(())
}

/// Nothing is not charged, captured or given back.
fn positive(money: Money) -> Result<String, ProviderError> {
    if money.minor() <= 0 {
        return Err(ProviderError::refused(Fault::Ours, None, "the amount must be more than zero"));
    }
    amount(money)
}

/// Who uses a card that is kept, and whether for the first time (§2.3).
pub(super) fn card_use(it: &mut Document, card_use: CardUse<'_>) -> Result<(), ProviderError> {
    let (payment, submission) = match card_use {
        CardUse::Once => return Ok(()),
        CardUse::First { recurring: true } => ("1", "1"),
        CardUse::First { recurring: false } => ("3", "1"),
        CardUse::Customer => ("3", "2"),
        CardUse::Merchant { recurring, reason, .. } => {
            let submission = match reason {
                None => "2",
                Some(MerchantReason::Resubmission) => "3",
                Some(MerchantReason::Reauthorization) => "4",
                Some(MerchantReason::DelayedCharge) => "5",
                Some(MerchantReason::NoShow) => "6",
            };
            (if recurring { "1" } else { "4" }, submission)
        }
    };
    it.elements(&[("PaymentType", payment), ("SubmissionType", submission)]);
    if let CardUse::Merchant { network_transaction_id: Some(id), .. } = card_use {
        it.element("NetworkTransactionID", limited("NetworkTransactionID", id, MAX_ID)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
