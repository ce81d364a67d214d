//! Saving a card: at the provider first, then here. A card whose saving was cut off is saved again by the same
//! request: the provider names the one that it has, and that one is taken over.

use kontor_domain::{
    Id, Money,
    customers::Customer,
    ids::{IntegrationId, OrganizationId},
    payment_methods::{BillingAddress, PaymentMethod, card_type},
};
use kontor_providers::{Card, Expiry, Nonce, Provider, Save, SaveOrder, SavedCard, VaultError};
use kontor_store::{
    Conn, crash, customers, idempotency,
    integrations::{self, Integration},
    payment_methods,
};

use crate::{Actor, Engine, Error};

/// A card that is to be saved. No Debug: the card is in it.
pub struct NewCard {
    /// Whose it is.
    pub customer: Customer,
    /// The card.
    pub what: Typed,
    /// The customer's e-mail.
    pub email: Option<String>,
    /// The card holder's address.
    pub billing: Option<BillingAddress>,
    /// Whether it becomes the default.
    pub is_default: bool,
}

/// How a card comes in.
pub enum Typed {
    /// By its digits.
    Card(Card),
    /// As what the provider's script made of it in the browser.
    Nonce(Nonce),
}

/// Whose a saved card is, and what is known of it beyond what the provider says.
pub(crate) struct Owner<'a> {
    pub(crate) customer: (kontor_domain::ids::CustomerId, &'a str),
    pub(crate) integration: IntegrationId,
    pub(crate) provider: &'a str,
    pub(crate) is_default: bool,
    /// The first use, where it was one.
    pub(crate) first_use: Option<(Money, Option<String>)>,
}

impl Engine {
    /// Saves a card at the integration's provider. With `key`, the answer that `answer` makes of it is kept with it
    /// in the last transaction.
    pub async fn save_card(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        new: NewCard,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&PaymentMethod) -> idempotency::Answer + Send,
    ) -> Result<PaymentMethod, Error> {
        let known = {
            let mut conn = self.db.read().await?;
            let customer = new.customer.id;
            let there = payment_methods::list(&mut conn, organization, customer).await?.len();
            if i64::try_from(there).unwrap_or(i64::MAX) >= payment_methods::MAX_METHODS {
                return Err(Error::TooMany("saved cards of this customer"));
            }
            payment_methods::customer_profile(&mut conn, organization, customer, integration.id).await?
        };
        let saved = self.call_vault(organization, actor, integration, &new, known.as_deref()).await?;
        let owner = Owner {
            customer: (new.customer.id, &new.customer.customer_number),
            integration: integration.id,
            provider: &integration.provider,
            is_default: new.is_default,
            first_use: None,
        };
        let mut tx = self.db.write().await?;
        let method = self.keep_method(&mut tx, organization, actor, &owner, saved).await?;
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&method)).await?;
        }
        tx.commit_at("card.saved").await?;
        Ok(method)
    }

    /// Call: no transaction is open.
    async fn call_vault(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        new: &NewCard,
        known: Option<&str>,
    ) -> Result<SavedCard, Error> {
        let provider = self.registry.get(&integration.provider);
        let vault = provider.as_deref().and_then(Provider::vaulting).ok_or(Error::NoIntegration(SAVING))?;
        let opened = self.open_credentials(organization, integration, actor, "save card").await?;
        let order = SaveOrder {
            what: match &new.what {
                Typed::Card(card) => Save::Card(card),
                Typed::Nonce(nonce) => Save::Nonce(nonce),
            },
            customer_number: &new.customer.customer_number,
            customer: known,
            email: new.email.as_deref(),
            billing: new.billing.as_ref(),
            is_default: new.is_default,
        };
        let saved = crash::call("card.save", vault.save(&opened.connection(), &order)).await;
        saved.map_err(|error| match error.without(&opened.all()) {
            VaultError::Declined(refusal) => Error::CardDeclined(Box::new(refusal)),
            VaultError::Failed(error) => Error::Provider { error, payment: None },
        })
    }

    /// Record: the card is the customer's, in the caller's transaction.
    pub(crate) async fn keep_method(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        owner: &Owner<'_>,
        saved: SavedCard,
    ) -> Result<PaymentMethod, Error> {
        let (customer, number) = owner.customer;
        if !customers::hold(conn, organization, customer).await? {
            return Err(Error::CustomerNotFound);
        }
        // Gone meanwhile: nobody could charge the card any more, or take it out again.
        if integrations::get(conn, organization, owner.integration).await?.is_none() {
            return Err(Error::IntegrationNotFound);
        }
        let now = self.ambient.now();
        let (first_amount, first_network) = owner.first_use.clone().unzip();
        let method = PaymentMethod {
            id: Id::new(&self.ambient),
            customer_id: customer,
            customer_number: number.to_owned(),
            integration_id: owner.integration,
            provider: owner.provider.to_owned(),
            customer_profile_id: saved.card.customer,
            payment_profile_id: saved.card.id,
            last_four: saved.last_four,
            card_type: saved.brand.as_deref().map(card_type),
            expiration_month: saved.expiry.map(Expiry::month),
            expiration_year: saved.expiry.map(Expiry::year),
            billing_address: saved.billing,
            is_default: false,
            is_active: true,
            removal: None,
            network_transaction_id: first_network.flatten().or(saved.network_transaction_id),
            original_amount: first_amount,
            version: 0,
            created_at: now,
            updated_at: now,
        };
        let kept = match payment_methods::adopt(conn, organization, &method).await {
            Err(kontor_store::Error::Conflict) => return Err(Error::CardLeaving),
            other => other?,
        };
        if owner.is_default {
            payment_methods::set_default(conn, organization, customer, kept.id, now).await?;
        }
        let kept = payment_methods::get(conn, organization, kept.id).await?.ok_or(Error::MethodNotFound)?;
        self.tell_method(conn, organization, actor, "payment_method.saved", &kept).await?;
        Ok(kept)
    }
}

/// What an integration is looked for.
pub const SAVING: &str = "saved cards";
