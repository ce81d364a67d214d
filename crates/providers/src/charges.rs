//! Taking money from a card and giving it back: what is asked for, and how asking ended.
//!
//! Owns the five endings of a call that may move money (money.md). Refuses to send anything twice: what ended Unknown
//! is looked up with [`crate::Reports`]. Amounts are in the order's currency; both providers' interfaces know US
//! dollars alone here, since their reports name no currency.

use async_trait::async_trait;
use kontor_domain::{Currency, Money, Secret};

use crate::{BillingAddress, CardRef, Connection, Nonce, ProviderError, hidden};

/// Money from cards that the provider knows: authorizenet.md §2.3 and §2.4, worldpay-express.md §3.5 to §3.11.
#[async_trait]
pub trait Charges: Send + Sync {
    /// Whether charges in that currency are taken. The providers' reports name none, so US dollars alone.
    fn takes_currency(&self, currency: Currency) -> bool {
        currency == Currency::USD
    }

    /// Whether a card is taken that a script of the provider's read in the browser.
    fn takes_nonces(&self) -> bool {
        false
    }

    /// Takes the amount.
    async fn sale(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome;

    /// Holds the amount, to be captured or voided later.
    async fn authorize(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome;

    /// Takes what is held, at most as much as is held. The transaction may get another id: the outcome names it.
    async fn capture(&self, connection: &Connection<'_>, order: &CaptureOrder<'_>) -> Outcome;

    /// Undoes the whole of what has not settled. One that is undone already is approved where the provider says so.
    async fn void(&self, connection: &Connection<'_>, order: &VoidOrder<'_>) -> Outcome;

    /// Gives back the whole or a part of what has settled.
    async fn refund(&self, connection: &Connection<'_>, order: &RefundOrder<'_>) -> Outcome;
}

/// A charge. No Debug: a nonce may be in it.
pub struct ChargeOrder<'a> {
    /// How much; more than zero.
    pub amount: Money,
    /// Our reference: 16 digits, one for each attempt. It is what a lookup finds the transaction by.
    pub reference: &'a str,
    /// A short number for the provider's reports.
    pub ticket: &'a str,
    /// From what.
    pub source: Source<'a>,
    /// What the card networks want to know about a stored card.
    pub card_use: CardUse<'a>,
    /// What is paid, for people.
    pub description: Option<&'a str>,
    /// The customer's number at the merchant.
    pub customer_number: &'a str,
    /// The card holder's address, for the address check. A saved card brings its own.
    pub billing: Option<&'a BillingAddress>,
    /// Whether less than the amount may be approved.
    pub allow_partial: bool,
}

/// Where the money comes from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A saved card.
    Saved(&'a CardRef),
    /// A card that the provider's script took in the browser.
    Nonce(&'a Nonce),
}

/// What the card networks want to know about a stored card (money.md, Cards on file; authorizenet.md §2.3.7;
/// worldpay-express.md §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardUse<'a> {
    /// The card is not stored.
    Once,
    /// The first charge of a stored card.
    First {
        /// Whether the merchant begins a series at fixed times with it, by itself.
        recurring: bool,
    },
    /// The customer pays with the stored card.
    Customer,
    /// The merchant charges the stored card by itself.
    Merchant {
        /// Whether at fixed times.
        recurring: bool,
        /// Why not as agreed; none where it is as agreed.
        reason: Option<MerchantReason>,
        /// The network's id of the first charge.
        network_transaction_id: Option<&'a str>,
        /// The first charge's amount.
        original_amount: Option<Money>,
    },
}

/// Why the merchant charges outside of what was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MerchantReason {
    /// Again after a decline.
    Resubmission,
    /// For what was delivered already.
    DelayedCharge,
    /// The authorization ran out.
    Reauthorization,
    /// The customer did not come.
    NoShow,
}

/// A capture.
#[derive(Debug, Clone, Copy)]
pub struct CaptureOrder<'a> {
    /// The authorization.
    pub transaction_id: &'a str,
    /// How much of it.
    pub amount: Money,
    /// Our reference of this attempt.
    pub reference: &'a str,
    /// A short number for the provider's reports.
    pub ticket: &'a str,
}

/// A void.
#[derive(Debug, Clone, Copy)]
pub struct VoidOrder<'a> {
    /// What is undone.
    pub transaction_id: &'a str,
    /// What it is.
    pub of: Voided,
    /// What it was approved for.
    pub amount: Money,
    /// Our reference of this attempt.
    pub reference: &'a str,
    /// A short number for the provider's reports.
    pub ticket: &'a str,
}

/// What can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// A sale or a capture that has not settled.
    Sale,
    /// An authorization, or a partial approval that nobody wants: the hold is released too.
    Hold,
    /// A refund that has not settled.
    Refund,
}

/// A refund.
#[derive(Debug, Clone, Copy)]
pub struct RefundOrder<'a> {
    /// The sale or the capture.
    pub transaction_id: &'a str,
    /// How much of it.
    pub amount: Money,
    /// Our reference of this attempt.
    pub reference: &'a str,
    /// A short number for the provider's reports.
    pub ticket: &'a str,
    /// The last four digits of the card that was charged.
    pub last_four: Option<&'a str>,
}

/// How a call that may move money ended. What is not clearly said is Unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done, as asked.
    Approved(Approval),
    /// Less than asked was approved, and that much is taken or held: keep it or undo it.
    Partial(Approval),
    /// The issuer or the provider's filters said no: no money moved.
    Declined(Refusal),
    /// The request was not done: surely no money moved.
    Failed(ProviderError),
    /// Money may have moved: look the reference up, and do not send it again.
    Unknown(Unsure),
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// The provider's id of the transaction.
    pub transaction_id: String,
    /// How much.
    pub amount: Money,
    /// The issuer's approval.
    pub authorization_code: Option<String>,
    /// The address check's letter.
    pub avs_result: Option<String>,
    /// The card code check's letter.
    pub cvv_result: Option<String>,
    /// The card's brand, in the provider's spelling.
    pub card_brand: Option<String>,
    /// The last four digits of the card.
    pub last_four: Option<String>,
    /// The network's id, which later charges of a stored card refer to.
    pub network_transaction_id: Option<String>,
    /// The provider's code.
    pub code: String,
    /// The provider's words, cleaned.
    pub message: String,
}

/// What was declined.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The provider's id of the attempt.
    pub transaction_id: Option<String>,
    /// The provider's code.
    pub code: String,
    /// The provider's words, cleaned.
    pub message: String,
    /// The address check's letter.
    pub avs_result: Option<String>,
    /// The card code check's letter.
    pub cvv_result: Option<String>,
    /// Whether the same card will not do better later: expired, picked up, not real.
    pub hard: bool,
}

/// What nobody knows yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsure {
    /// Why not.
    pub error: ProviderError,
    /// The provider's id of the transaction, where it gave one.
    pub transaction_id: Option<String>,
    /// Whether the provider holds it until somebody at the merchant's approves or declines it there.
    pub held: bool,
}

impl Outcome {
    /// Approved, in whole or in part.
    pub fn approval(&self) -> Option<&Approval> {
        match self {
            Self::Approved(it) | Self::Partial(it) => Some(it),
            Self::Declined(_) | Self::Failed(_) | Self::Unknown(_) => None,
        }
    }

    /// Whether it is certain that no money moved, so that another way of paying may be tried.
    pub fn surely_not_taken(&self) -> bool {
        matches!(self, Self::Declined(_) | Self::Failed(_))
    }

    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        let hide = |text: &str| hidden::hide(text, secrets).into_owned();
        let approval = |it: Approval| Approval { code: hide(&it.code), message: hide(&it.message), ..it };
        match self {
            Self::Approved(it) => Self::Approved(approval(it)),
            Self::Partial(it) => Self::Partial(approval(it)),
            Self::Declined(it) => Self::Declined(it.without(secrets)),
            Self::Failed(error) => Self::Failed(error.without(secrets)),
            Self::Unknown(it) => Self::Unknown(Unsure { error: it.error.without(secrets), ..it }),
        }
    }

    /// An answer that proves nothing about money that may have moved.
    pub(crate) fn unclear(message: &str, transaction_id: Option<String>) -> Self {
        Self::Unknown(Unsure { error: ProviderError::nonsense(message), transaction_id, held: false })
    }
}

impl Refusal {
    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        let hide = |text: &str| hidden::hide(text, secrets).into_owned();
        Self { code: hide(&self.code), message: hide(&self.message), ..self }
    }
}

/// A failure on the way says itself whether the provider did nothing.
impl From<ProviderError> for Outcome {
    fn from(error: ProviderError) -> Self {
        if error.outcome_known {
            Self::Failed(error)
        } else {
            Self::Unknown(Unsure { error, transaction_id: None, held: false })
        }
    }
}

#[cfg(test)]
mod tests;
