//! Cards that are kept at Authorize.Net: customers and their payment profiles (authorizenet.md §2.5 to §2.11).
//!
//! A customer or a card that is there already is taken over: E00039 says so, and a repeated call ends there. What was
//! made just now may not be found for some seconds (E00040): it is asked for again.

mod keep;

use async_trait::async_trait;
use kontor_domain::{Currency, Money};

use super::{
    AuthorizeNet, is_sandbox,
    map::{self, outcome::checked},
    reply::profile::{self as read, KeptCard},
    wire::{
        Credentials,
        profile::{self as ask, Kept, Validation},
    },
};
use crate::{
    BillingAddress, CardChange, CardRef, Connection, Outcome, ProviderError, Save, SaveOrder, SavedCard,
    VaultError, Vaulting, error::Fault,
};

impl AuthorizeNet {
    /// A card; none where it is not there, or not yet.
    async fn kept_card(
        &self,
        connection: &Connection<'_>,
        customer: &str,
        card: &str,
    ) -> Result<Option<KeptCard>, ProviderError> {
        let reply = match self.question(connection, |it| ask::get_card(it, customer, card)).await {
            Ok(reply) => reply,
            Err(error) if map::is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = read::card(&reply, customer)?;
        let named = &found.card.card;
        if named.id != card || named.customer.as_deref() != Some(customer) {
            return Err(ProviderError::nonsense("the answer is about another card than was asked for"));
        }
        Ok(Some(found))
    }

    /// As [`Self::kept_card`], waiting for one that was made just now.
    async fn new_card(
        &self,
        connection: &Connection<'_>,
        customer: &str,
        card: &str,
    ) -> Result<Option<KeptCard>, ProviderError> {
        for pause in self.pauses {
            let found = self.kept_card(connection, customer, card).await?;
            if found.is_some() {
                return Ok(found);
            }
            tokio::time::sleep(pause).await;
        }
        self.kept_card(connection, customer, card).await
    }

    /// Sends a request that forgets something; what is gone already is forgotten.
    async fn forget(
        &self,
        connection: &Connection<'_>,
        build: impl FnOnce(&Credentials<'_>) -> super::wire::Built + Send,
    ) -> Result<(), ProviderError> {
        match self.question(connection, build).await {
            Ok(_) => Ok(()),
            Err(error) if map::is_missing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Vaulting for AuthorizeNet {
    fn prefers_page(&self) -> bool {
        false
    }

    async fn save(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
    ) -> Result<SavedCard, VaultError> {
        let kept = match order.what {
            Save::Card(card) => Kept::Card(card),
            Save::Nonce(nonce) => Kept::Nonce(nonce),
            Save::Transaction { id, .. } => return self.keep_of_transaction(connection, order, id).await,
        };
        let Some(known) = order.customer else {
            let customer = self.customer(connection, order).await?;
            return self.keep(connection, order, &customer, kept, true).await;
        };
        match self.keep(connection, order, known, kept, false).await {
            // Somebody deleted the customer there: it is made again.
            Err(VaultError::Failed(error)) if map::is_missing(&error) => {
                let customer = self.customer(connection, order).await?;
                self.keep(connection, order, &customer, kept, true).await
            }
            other => other,
        }
    }

    /// Cards are kept without a page.
    async fn saved_on_page(&self, _: &Connection<'_>, _: &str) -> Result<Vec<SavedCard>, ProviderError> {
        Ok(Vec::new())
    }

    async fn get(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
    ) -> Result<Option<SavedCard>, ProviderError> {
        let found = self.kept_card(connection, customer_of(card)?, &card.id).await?;
        Ok(found.map(|it| it.card))
    }

    async fn update(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
        change: &CardChange<'_>,
    ) -> Result<(), VaultError> {
        let customer = customer_of(card)?;
        let gone = || ProviderError::refused(Fault::Ours, Some("E00040"), "the card is not kept any more");
        let now = self.kept_card(connection, customer, &card.id).await?.ok_or_else(gone)?;
        // What is left out is cleared: everything goes back, the card masked (§2.8).
        let billing = change.billing.or(now.card.billing.as_ref());
        let expiry = change
            .expiry
            .map_or_else(|| "XXXX".to_owned(), |it| format!("{:04}-{:02}", it.year(), it.month()));
        let kept = match (change.card, now.card.last_four.as_deref()) {
            (Some(card), _) => Kept::Card(card),
            (None, Some(last_four)) => Kept::Masked { last_four, expiry: &expiry },
            (None, None) => return Err(ProviderError::nonsense("the kept card has no number").into()),
        };
        let mode = validation(connection, billing);
        let names = (customer, card.id.as_str());
        self.replace(connection, names, kept, billing, now.is_default, mode).await
    }

    async fn delete(&self, connection: &Connection<'_>, card: &CardRef) -> Result<(), ProviderError> {
        let customer = customer_of(card)?;
        self.forget(connection, |it| ask::delete_card(it, customer, &card.id)).await
    }

    async fn delete_customer(
        &self,
        connection: &Connection<'_>,
        customer: &str,
    ) -> Result<(), ProviderError> {
        self.forget(connection, |it| ask::delete_customer(it, customer)).await
    }

    /// Carries no reference: what it makes is nobody's payment.
    async fn validate(&self, connection: &Connection<'_>, card: &CardRef, _: &str, _: &str) -> Outcome {
        let checked = async {
            let credentials = Credentials::of(connection)?;
            let names = (customer_of(card)?, card.id.as_str());
            let billing = self.kept_card(connection, names.0, names.1).await?.and_then(|it| it.card.billing);
            let mode = validation(connection, billing.as_ref());
            let reply = self.send(connection, ask::validate_card(&credentials, names, mode)?).await?;
            match (map::accepted(&reply, &credentials), read::names(&reply)?.checked) {
                // A decline comes as an error, with the line that says which (§2.6).
                (_, Some(direct)) => Ok(checked(&direct, Money::zero(Currency::USD))),
                (Err(error), None) => Err(error),
                (Ok(()), None) => Err(ProviderError::nonsense("the check has no answer")),
            }
        };
        checked.await.unwrap_or_else(Outcome::from)
    }
}

/// The customer that a card is kept under.
fn customer_of(card: &CardRef) -> Result<&str, ProviderError> {
    let words = || ProviderError::refused(Fault::Ours, None, "the saved card has no customer");
    card.customer.as_deref().ok_or_else(words)
}

/// In the sandbox and without an address only the fields are looked at: issuers refuse a check without one (§2.6).
fn validation(connection: &Connection<'_>, billing: Option<&BillingAddress>) -> Validation {
    let addressed = billing.is_some_and(|it| it.address1.is_some() && it.postal_code.is_some());
    if is_sandbox(connection) || !addressed { Validation::TestMode } else { Validation::LiveMode }
}

#[cfg(test)]
mod tests;
