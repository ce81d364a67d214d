//! Keeping a card: the customer first, then the card, each taken over where it is there already (§2.5, §2.7, §6 8).

use kontor_domain::{Currency, Money};

use super::validation;
use crate::{
    BillingAddress, CardRef, Connection, Outcome, ProviderError, Save, SaveOrder, SavedCard, VaultError,
    authorize_net::{
        AuthorizeNet,
        map::{self, outcome::checked},
        reply::{
            Reply,
            direct::Direct,
            profile::{self as read, Names},
        },
        wire::{
            Credentials,
            profile::{self as ask, Kept, Validation},
        },
    },
    error::Fault,
};

impl AuthorizeNet {
    /// The customer's id, made now or there already.
    pub(super) async fn customer(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
    ) -> Result<String, ProviderError> {
        let credentials = Credentials::of(connection)?;
        let message = ask::create_customer(&credentials, order.customer_number, order.email)?;
        let reply = self.send(connection, message).await?;
        match map::accepted(&reply, &credentials) {
            Ok(()) => {
                read::names(&reply)?.customer.ok_or_else(|| ProviderError::nonsense("it has no customer"))
            }
            Err(error) if map::is_duplicate(&error) => {
                let id = read::duplicate_customer(&reply).ok_or(error)?;
                self.own_customer(connection, order, &id).await?;
                Ok(id)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the customer that is there already is this one: an id that stands in words alone is not trusted.
    async fn own_customer(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        id: &str,
    ) -> Result<(), ProviderError> {
        let mut pauses = self.pauses.iter();
        let found = loop {
            match self.question(connection, |it| ask::get_customer(it, id)).await {
                Ok(reply) => break read::customer(&reply)?,
                Err(error) if map::is_missing(&error) => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    tokio::time::sleep(*pause).await;
                }
                Err(error) => return Err(error),
            }
        };
        if found.customer_number.as_deref() == Some(ask::customer_id(order.customer_number).as_str()) {
            return Ok(());
        }
        let words = "the provider keeps another customer there";
        Err(ProviderError::refused(Fault::Theirs, Some("E00039"), words))
    }

    /// Keeps a card under a customer. One that was made just now may not be found yet.
    pub(super) async fn keep(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        customer: &str,
        kept: Kept<'_>,
        is_new: bool,
    ) -> Result<SavedCard, VaultError> {
        let credentials = Credentials::of(connection)?;
        let mode = validation(connection, order.billing);
        let mut pauses = self.pauses.iter().filter(|_| is_new);
        loop {
            let message =
                ask::create_card(&credentials, customer, kept, order.billing, order.is_default, mode)?;
            let reply = self.send(connection, message).await?;
            let names = read::names(&reply)?;
            match map::accepted(&reply, &credentials) {
                Ok(()) => {
                    let card = names.card.clone().ok_or_else(|| ProviderError::nonsense("it has no card"))?;
                    return Ok(self.read_back(connection, order, (customer, &card), names.checked).await);
                }
                Err(error) if map::is_missing(&error) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => return Err(error.into()),
                },
                Err(error) if map::is_duplicate(&error) => {
                    return self.take_over(connection, order, customer, kept, names, error).await;
                }
                Err(error) => return Err(declined(names.checked.as_ref(), error)),
            }
        }
    }

    /// The card is there already, perhaps with another end: what was given takes its place.
    async fn take_over(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        customer: &str,
        kept: Kept<'_>,
        names: Names,
        error: ProviderError,
    ) -> Result<SavedCard, VaultError> {
        let card = match names.card {
            Some(card) => card,
            None => self.same_card(connection, customer, kept).await?.ok_or(error)?,
        };
        let now = self.new_card(connection, customer, &card).await?;
        let is_default = order.is_default || now.as_ref().is_some_and(|it| it.is_default);
        // A nonce is good once, and was used for finding out.
        if let Kept::Card(_) = kept {
            let billing = order.billing.or(now.as_ref().and_then(|it| it.card.billing.as_ref()));
            let mode = validation(connection, billing);
            self.replace(connection, (customer, &card), kept, billing, is_default, mode).await?;
        }
        Ok(self.read_back(connection, order, (customer, &card), None).await)
    }

    /// The one card of the customer with the same last digits, where the answer leaves its id out (§6, 8).
    async fn same_card(
        &self,
        connection: &Connection<'_>,
        customer: &str,
        kept: Kept<'_>,
    ) -> Result<Option<String>, ProviderError> {
        let Kept::Card(card) = kept else { return Ok(None) };
        let reply = self.question(connection, |it| ask::get_customer(it, customer)).await?;
        let cards = read::customer(&reply)?.cards;
        let mut same = cards.into_iter().filter(|it| it.card.last_four.as_deref() == Some(card.last_four()));
        let first = same.next();
        // Two with the same digits: which of them it is cannot be told.
        Ok(first.filter(|_| same.next().is_none()).map(|it| it.card.card.id))
    }

    /// Puts a card in the place of one that is kept.
    pub(super) async fn replace(
        &self,
        connection: &Connection<'_>,
        names: (&str, &str),
        kept: Kept<'_>,
        billing: Option<&BillingAddress>,
        is_default: bool,
        mode: Validation,
    ) -> Result<(), VaultError> {
        let credentials = Credentials::of(connection)?;
        let message = ask::update_card(&credentials, names, kept, billing, is_default, mode)?;
        let reply = self.send(connection, message).await?;
        match map::accepted(&reply, &credentials) {
            Ok(()) => Ok(()),
            Err(error) => Err(declined(read::names(&reply)?.checked.as_ref(), error)),
        }
    }

    /// Keeps the card of a transaction (§2.15).
    pub(super) async fn keep_of_transaction(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        transaction: &str,
    ) -> Result<SavedCard, VaultError> {
        let who = (order.customer_number, order.email);
        let mut known = order.customer.map(str::to_owned);
        // Twice at the most: once with the customer that turned out to be there already.
        for _ in 0..2 {
            let credentials = Credentials::of(connection)?;
            let message = ask::create_from_transaction(
                &credentials,
                transaction,
                who,
                known.as_deref(),
                order.is_default,
            )?;
            let reply = self.send(connection, message).await?;
            let names = read::names(&reply)?;
            let error = match map::accepted(&reply, &credentials) {
                Ok(()) => None,
                Err(error) if map::is_duplicate(&error) => Some(error),
                Err(error) => return Err(error.into()),
            };
            let (customer, card) = (names.customer.clone().or(known.clone()), names.card.clone());
            if let Some((customer, card)) = customer.zip(card) {
                return Ok(self.read_back(connection, order, (&customer, &card), names.checked).await);
            }
            let Some(error) = error else {
                return Err(ProviderError::nonsense("it has no card").into());
            };
            known = Some(self.other_customer(connection, order, &reply, known.as_deref(), error).await?);
        }
        Err(ProviderError::refused(Fault::Theirs, Some("E00039"), "the card is there already").into())
    }

    /// The customer that a duplicate names, where it is another one than was tried.
    async fn other_customer(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        reply: &Reply,
        tried: Option<&str>,
        error: ProviderError,
    ) -> Result<String, ProviderError> {
        match read::duplicate_customer(reply) {
            Some(id) if tried != Some(id.as_str()) => {
                self.own_customer(connection, order, &id).await?;
                Ok(id)
            }
            _ => Err(error),
        }
    }

    /// The card as it is kept now. It is kept, whether or not it can be read at this moment.
    async fn read_back(
        &self,
        connection: &Connection<'_>,
        order: &SaveOrder<'_>,
        (customer, card): (&str, &str),
        checked: Option<Direct>,
    ) -> SavedCard {
        let given = if let Save::Card(card) = order.what { Some(card) } else { None };
        let bare = || SavedCard {
            card: CardRef { customer: Some(customer.to_owned()), id: card.to_owned() },
            last_four: None,
            brand: None,
            expiry: None,
            customer_number: None,
            billing: order.billing.cloned(),
            network_transaction_id: None,
            avs_result: None,
            cvv_result: None,
        };
        let found = self.new_card(connection, customer, card).await;
        let mut it = found.ok().flatten().map_or_else(bare, |it| it.card);
        let checked = checked.as_ref();
        it.last_four = it.last_four.or_else(|| given.map(|it| it.last_four().to_owned()));
        it.expiry = it.expiry.or_else(|| given.map(crate::Card::expiry));
        it.customer_number = it.customer_number.or_else(|| Some(ask::customer_id(order.customer_number)));
        it.network_transaction_id =
            it.network_transaction_id.or_else(|| checked?.network_transaction_id.clone());
        it.avs_result = checked.and_then(|it| it.avs_result.clone());
        it.cvv_result = checked.and_then(|it| it.cvv_result.clone());
        it
    }
}

/// A card that was checked and refused is the card's; anything else the request's.
fn declined(line: Option<&Direct>, error: ProviderError) -> VaultError {
    match line.map(|it| checked(it, Money::zero(Currency::USD))) {
        Some(Outcome::Declined(refusal)) => VaultError::Declined(refusal),
        _ => VaultError::Failed(error),
    }
}
