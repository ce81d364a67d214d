//! Keeping the card that a hosted payment was made with: a job that the record of the payment writes down, so that it
//! happens also when no browser ever came back. Asked again, the provider keeps the card once.

use kontor_domain::{
    ids::{OrganizationId, PaymentId},
    payments::Payment,
};
use kontor_providers::{Provider, ProviderError, Save, SaveOrder, SavedCard, VaultError};
use kontor_store::{
    Conn, crash, customers,
    hosted::{self, Setup},
    integrations, jobs,
    jobs::Job,
    payment_methods, payments,
};
use serde_json::json;

use super::save::Owner;
use crate::{Actor, Engine, Error, hosted::schedule};

/// The job.
pub(crate) const KEEP: &str = "keep_card";
/// How often the provider is asked before that is given up and told: a transaction can be too old for it.
const TRIES: i64 = 12;

impl Engine {
    /// Writes the job down, in the transaction that records the payment, where the card is to be kept.
    pub(crate) async fn keep_later(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        network_transaction_id: Option<&str>,
    ) -> Result<(), Error> {
        let setup = hosted::of_payment(conn, organization, payment.id).await?;
        if setup.is_some_and(|it| it.save_card) {
            hosted::paid(conn, organization, payment.id, network_transaction_id).await?;
            self.schedule(conn, organization, KEEP, payment.id, self.ambient.now()).await?;
        }
        Ok(())
    }

    /// Asks the provider to keep the card of a payment.
    pub(crate) async fn keep_card(&self, job: &Job, id: PaymentId) -> Result<(), Error> {
        let organization = job.organization;
        let (payment, setup) = {
            let mut conn = self.db.read().await?;
            let payment = payments::get(&mut conn, organization, id).await?;
            (payment, hosted::of_payment(&mut conn, organization, id).await?)
        };
        let payment = payment.filter(|it| it.payment_method_id.is_none());
        let (Some(payment), Some(setup)) = (payment, setup) else {
            return self.end_keeping(job, None).await;
        };
        match self.ask_to_keep(&payment, &setup, organization).await? {
            Ok(saved) => self.record_kept(job, &payment, &setup, saved).await,
            Err(error) => {
                tracing::info!(payment = %id, %error, "the provider did not keep a card yet");
                if job.attempts >= TRIES {
                    return self.end_keeping(job, Some(&error)).await;
                }
                let mut tx = self.db.write().await?;
                let due = schedule::after(self.ambient.now(), schedule::retry(job.attempts, &self.settings));
                self.schedule(&mut tx, organization, KEEP, id, due).await?;
                Ok(tx.commit_at("keep.later").await?)
            }
        }
    }

    /// Call. The outer error is ours, the inner one the provider's.
    async fn ask_to_keep(
        &self,
        payment: &Payment,
        setup: &Setup,
        organization: OrganizationId,
    ) -> Result<Result<SavedCard, VaultError>, Error> {
        let (integration, email, known) = {
            let mut conn = self.db.read().await?;
            let customer = payment.customer_id;
            let known =
                payment_methods::customer_profile(&mut conn, organization, customer, setup.integration)
                    .await?;
            let email = customers::get(&mut conn, organization, &payment.customer_number).await?;
            let integration = integrations::get(&mut conn, organization, setup.integration).await?;
            (integration, email.and_then(|it| it.company_email), known)
        };
        let Some(integration) = integration else {
            return Ok(Err(
                ProviderError::misconfigured("the integration of this payment was deleted").into()
            ));
        };
        let provider = self.registry.get(&setup.provider);
        let vault = provider.as_deref().and_then(Provider::vaulting);
        let (Some(vault), Some(transaction)) = (vault, &payment.provider_transaction_id) else {
            return Ok(Err(ProviderError::misconfigured("this provider keeps no cards").into()));
        };
        let opened = self.open_credentials(organization, &integration, &Actor::system(), "keep card").await?;
        let order = SaveOrder {
            what: Save::Transaction { id: transaction, reference: &payment.provider_reference },
            customer_number: &payment.customer_number,
            customer: known.as_deref(),
            email: email.as_deref(),
            billing: None,
            is_default: setup.is_default,
        };
        let saved = crash::call("card.keep", vault.save(&opened.connection(), &order)).await;
        Ok(saved.map_err(|it| it.without(&opened.all())))
    }

    /// Record: the card is the customer's, and the payment was its first use.
    async fn record_kept(
        &self,
        job: &Job,
        payment: &Payment,
        setup: &Setup,
        saved: SavedCard,
    ) -> Result<(), Error> {
        let organization = job.organization;
        let owner = Owner {
            customer: (payment.customer_id, &payment.customer_number),
            integration: setup.integration,
            provider: &setup.provider,
            is_default: setup.is_default,
            first_use: Some((payment.amount, setup.network_transaction_id.clone())),
        };
        let whole = saved.expiry.is_some() && saved.last_four.is_some() || job.attempts >= TRIES;
        let mut tx = self.db.write().await?;
        let locked = payments::lock(&mut tx, organization, payment.id).await?;
        let mut locked = locked.ok_or(Error::PaymentNotFound)?;
        let method = self.keep_method(&mut tx, organization, &Actor::system(), &owner, saved).await?;
        if !whole {
            // It is kept, and what it looks like is read later.
            let due = schedule::after(self.ambient.now(), schedule::retry(job.attempts, &self.settings));
            self.schedule(&mut tx, organization, KEEP, payment.id, due).await?;
            return Ok(tx.commit_at("keep.part").await?);
        }
        locked.payment_method_id = Some(method.id);
        let (status, now) = (locked.status, self.ambient.now());
        payments::update(&mut tx, organization, &mut locked, status, now).await?;
        jobs::finish(&mut tx, job).await?;
        let data = json!({ "paymentMethodId": method.id });
        self.tell(&mut tx, organization, "payment.card_saved", &job.subject, &data).await?;
        Ok(tx.commit_at("keep.done").await?)
    }

    /// There is nothing to keep, or nobody who would.
    async fn end_keeping(&self, job: &Job, error: Option<&VaultError>) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        jobs::finish(&mut tx, job).await?;
        if let Some(error) = error {
            let data = json!({ "reason": error.to_string() });
            self.alert(&mut tx, job.organization, "card_not_kept", &job.subject, &data).await?;
        }
        Ok(tx.commit_at("keep.over").await?)
    }
}
