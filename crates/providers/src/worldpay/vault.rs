//! Cards that are kept at Express: payment accounts (worldpay-express.md §3.13).
//!
//! An account is found by its id, by the page that made it, or by our reference. Creating is not compared with what is
//! there. A card's digits are sent once, by whoever has them; a card of a transaction is kept under the transaction's
//! own reference and looked for under it before, so that asking again does not keep it twice.

use async_trait::async_trait;
use kontor_domain::{Currency, Money};

use super::{
    Worldpay, map,
    reply::account::{created, kept},
    wire::{
        account::{self, Kept},
        payment,
    },
};
use crate::{
    CardChange, CardRef, Connection, Outcome, ProviderError, Save, SaveOrder, SavedCard, TransactionState,
    VaultError, Vaulting, error::Fault,
};

impl Worldpay {
    async fn kept(
        &self,
        connection: &Connection<'_>,
        which: Kept<'_>,
    ) -> Result<Vec<SavedCard>, ProviderError> {
        let reply = self.send(connection, account::query(connection, which)?).await?;
        if map::nothing_kept(&reply) {
            return Ok(Vec::new());
        }
        map::accepted(&reply)?;
        kept(&reply)
    }

    /// As it was kept, with what the answer to creating leaves out read back.
    async fn read_back(&self, connection: &Connection<'_>, created: SavedCard) -> SavedCard {
        // The card is kept, whether or not its end can be read at this moment.
        match Vaulting::get(self, connection, &created.card).await {
            Ok(Some(whole)) => whole,
            Ok(None) | Err(_) => created,
        }
    }
}

#[async_trait]
impl Vaulting for Worldpay {
    fn prefers_page(&self) -> bool {
        true
    }

    async fn save(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
    ) -> Result<SavedCard, VaultError> {
        if let Save::Transaction { reference, .. } = order.what
            && let Some(kept) = self.kept(connection, Kept::Reference(reference)).await?.into_iter().next()
        {
            return Ok(kept);
        }
        let number = order.customer_number;
        let message = match order.what {
            Save::Card(card) => account::create(connection, number, card, order.billing),
            Save::Transaction { id, reference } => {
                account::create_with_transaction(connection, reference, id, order.billing)
            }
            Save::Nonce(_) => {
                let words = "Worldpay Express takes no card from a script: open its page";
                Err(ProviderError::refused(Fault::Ours, None, words))
            }
        };
        let reply = self.send(connection, message?).await?;
        map::accepted(&reply)?;
        let mut saved = created(&reply)?;
        if let Save::Card(card) = order.what {
            saved.last_four = Some(card.last_four().to_owned());
            saved.expiry = Some(card.expiry());
            return Ok(saved);
        }
        Ok(self.read_back(connection, saved).await)
    }

    async fn saved_on_page(
        &self,
        connection: &Connection<'_>,
        setup_id: &str,
    ) -> Result<Vec<SavedCard>, ProviderError> {
        self.kept(connection, Kept::Setup(setup_id)).await
    }

    async fn get(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
    ) -> Result<Option<SavedCard>, ProviderError> {
        let mut found = self.kept(connection, Kept::Id(&card.id)).await?;
        if found.len() > 1 || found.iter().any(|it| !it.card.id.eq_ignore_ascii_case(&card.id)) {
            return Err(ProviderError::nonsense("the answer is about another card than was asked for"));
        }
        Ok(found.pop())
    }

    async fn update(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
        change: &CardChange<'_>,
    ) -> Result<(), VaultError> {
        // The customer's number goes with it: whether leaving it out clears it is not published.
        let Some(now) = Vaulting::get(self, connection, card).await? else {
            return Err(
                ProviderError::refused(Fault::Ours, Some("101"), "the card is not kept any more").into()
            );
        };
        let number = now.customer_number.as_deref();
        let reply = self.send(connection, account::update(connection, &card.id, number, change)?).await?;
        Ok(map::accepted(&reply)?)
    }

    async fn delete(&self, connection: &Connection<'_>, card: &CardRef) -> Result<(), ProviderError> {
        let reply = self.send(connection, account::delete(connection, &card.id)?).await?;
        match map::accepted(&reply) {
            // 101 is "Invalid Data" for an id that is not there; only the query tells that from anything else.
            Err(error) if error.code.as_deref() == Some("101") => {
                let left = Vaulting::get(self, connection, card).await?;
                if left.is_none() { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    /// Express keeps no customers.
    async fn delete_customer(&self, _: &Connection<'_>, _: &str) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn validate(
        &self,
        connection: &Connection<'_>,
        card: &CardRef,
        reference: &str,
        ticket: &str,
    ) -> Outcome {
        let asked = (Money::zero(Currency::USD), reference, TransactionState::Approved);
        self.pay(connection, payment::avs_only(connection, card, reference, ticket), asked).await
    }
}

#[cfg(test)]
mod tests;
