//! Cards that are kept at the provider, so that they need not be kept here.
//!
//! Owns what is asked of a provider's vault. Moves no money, except that a check may hold an amount of nothing for a
//! moment. Facts: authorizenet.md §2.5 to §2.11 and §2.15; worldpay-express.md §3.12 and §3.13.

use async_trait::async_trait;
use kontor_domain::Secret;

use crate::{BillingAddress, Card, Connection, Expiry, Nonce, Outcome, ProviderError, Refusal};

/// Saved cards. Nothing here is a charge: a call whose answer was lost may be repeated.
#[async_trait]
pub trait Vaulting: Send + Sync {
    /// Whether a card is to be typed on the provider's page, which a [`crate::HostedOrder`] with an amount of zero
    /// opens: its digits then never come here.
    fn prefers_page(&self) -> bool;

    /// Keeps a card. Where the provider compares cards, one that is there already is taken over with what is new of
    /// it, never doubled.
    async fn save(&self, connection: &Connection<'_>, order: &SaveOrder<'_>)
    -> Result<SavedCard, VaultError>;

    /// What the page with this id kept; nothing yet is an empty list.
    async fn saved_on_page(
        &self,
        connection: &Connection<'_>,
        setup_id: &str,
    ) -> Result<Vec<SavedCard>, ProviderError>;

    /// The card as it is kept; none where the provider does not have it.
    async fn get(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
    ) -> Result<Option<SavedCard>, ProviderError>;

    /// Changes what is given and keeps the rest.
    async fn update(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
        change: &CardChange<'_>,
    ) -> Result<(), VaultError>;

    /// Forgets a card. One that is gone already is no error.
    async fn delete(&self, connection: &Connection<'_>, card: &CardRef) -> Result<(), ProviderError>;

    /// Forgets the customer whom the provider keeps cards under, with all of them, where it keeps customers.
    async fn delete_customer(&self, connection: &Connection<'_>, customer: &str)
    -> Result<(), ProviderError>;

    /// Asks the issuer whether the card is good, for an amount of zero.
    async fn validate(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
        reference: &str,
        ticket: &str,
    ) -> Outcome;
}

/// A saved card's name at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRef {
    /// The customer that it is kept under, where the provider has such.
    pub customer: Option<String>,
    /// The card.
    pub id: String,
}

/// A card that is to be kept. No Debug: the card is in it.
pub struct SaveOrder<'a> {
    /// What is kept.
    pub what: Save<'a>,
    /// The customer's number at the merchant.
    pub customer_number: &'a str,
    /// The customer at the provider, where one is known from an earlier card.
    pub customer: Option<&'a str>,
    /// The customer's e-mail.
    pub email: Option<&'a str>,
    /// The card holder's address.
    pub billing: Option<&'a BillingAddress>,
    /// Whether it is the customer's default at the provider too.
    pub is_default: bool,
}

/// What is kept.
#[derive(Clone, Copy)]
pub enum Save<'a> {
    /// A card's own digits.
    Card(&'a Card),
    /// A card that the provider's script took in the browser.
    Nonce(&'a Nonce),
    /// The card that a transaction was made with: saving while paying. Asked twice, it is kept once.
    Transaction {
        /// The provider's id of the transaction.
        id: &'a str,
        /// Our reference of it, which tells a card that was kept by an earlier try.
        reference: &'a str,
    },
}

/// What is new about a card. No Debug: the card is in it.
#[derive(Clone, Copy, Default)]
pub struct CardChange<'a> {
    /// Another card in its place.
    pub card: Option<&'a Card>,
    /// The same card with another end.
    pub expiry: Option<Expiry>,
    /// The card holder's address, whole.
    pub billing: Option<&'a BillingAddress>,
}

/// A card as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedCard {
    /// Its name at the provider.
    pub card: CardRef,
    /// The last four digits.
    pub last_four: Option<String>,
    /// The brand, in the provider's spelling.
    pub brand: Option<String>,
    /// The last month in which it is good.
    pub expiry: Option<Expiry>,
    /// The merchant's number of the customer, as the provider keeps it.
    pub customer_number: Option<String>,
    /// The card holder's address, as the provider keeps it.
    pub billing: Option<BillingAddress>,
    /// The network's id of the check that saving made.
    pub network_transaction_id: Option<String>,
    /// The address check's letter.
    pub avs_result: Option<String>,
    /// The card code check's letter.
    pub cvv_result: Option<String>,
}

/// Why a card is not kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum VaultError {
    /// The card was checked, and the issuer or the provider said no.
    #[error("the card was declined: {}", .0.message)]
    Declined(Refusal),
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] ProviderError),
}

impl VaultError {
    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        match self {
            Self::Declined(it) => Self::Declined(it.without(secrets)),
            Self::Failed(error) => Self::Failed(error.without(secrets)),
        }
    }
}
