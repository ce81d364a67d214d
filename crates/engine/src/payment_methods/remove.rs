//! Taking a card out of the provider's vault after it was given up here: a job that asks until it is done.

use kontor_domain::{
    ids::PaymentMethodId,
    payment_methods::{PaymentMethod, Removal},
};
use kontor_providers::{CardRef, Provider, ProviderError};
use kontor_store::{crash, integrations, jobs, jobs::Job, payment_methods};
use serde_json::json;

use crate::{Actor, Engine, Error, hosted::schedule};

/// The job.
pub(crate) const REMOVE: &str = "remove_card";
/// After so many tries a person is told. It goes on all the same.
const ALERT_AFTER: i64 = 5;

impl Engine {
    /// Asks the provider to forget a card.
    pub(crate) async fn remove_card(&self, job: &Job, id: PaymentMethodId) -> Result<(), Error> {
        let organization = job.organization;
        let Some(method) = self.begin_removal(job, id).await? else { return Ok(()) };
        let asked = self.ask_to_forget(job, &method).await?;
        let now = self.ambient.now();
        let mut tx = self.db.write().await?;
        match asked {
            Ok(()) => {
                payment_methods::removing(&mut tx, organization, id, Removal::Done, now).await?;
                jobs::finish(&mut tx, job).await?;
                let data = json!({ "provider": method.provider });
                self.tell(&mut tx, organization, "payment_method.removed", &job.subject, &data).await?;
            }
            Err(error) => {
                tracing::info!(method = %id, %error, "the provider did not forget a card yet");
                if job.attempts == ALERT_AFTER {
                    let data = json!({ "provider": method.provider, "reason": error.to_string() });
                    self.alert(&mut tx, organization, "card_not_removed", &job.subject, &data).await?;
                }
                let due = schedule::after(now, schedule::retry(job.attempts, &self.settings));
                self.schedule(&mut tx, organization, REMOVE, id, due).await?;
            }
        }
        Ok(tx.commit_at("card.left").await?)
    }

    /// Writes down that the provider is asked from here on: who saves the same card now must not take this one over.
    /// None where there is nothing to do any more; the job is then gone.
    async fn begin_removal(&self, job: &Job, id: PaymentMethodId) -> Result<Option<PaymentMethod>, Error> {
        let mut tx = self.db.write().await?;
        let method = payment_methods::lock(&mut tx, job.organization, id).await?;
        let waiting = method.filter(|it| matches!(it.removal, Some(Removal::Waiting | Removal::Asked)));
        if waiting.is_some() {
            let now = self.ambient.now();
            payment_methods::removing(&mut tx, job.organization, id, Removal::Asked, now).await?;
        } else {
            jobs::finish(&mut tx, job).await?;
        }
        tx.commit_at("card.leaving").await?;
        Ok(waiting)
    }

    /// Call. The outer error is ours, the inner one the provider's.
    async fn ask_to_forget(
        &self,
        job: &Job,
        method: &PaymentMethod,
    ) -> Result<Result<(), ProviderError>, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, job.organization, method.integration_id).await?
        };
        let Some(integration) = integration else {
            return Ok(Err(ProviderError::misconfigured("the integration of this card was deleted")));
        };
        let provider = self.registry.get(&method.provider);
        let Some(vault) = provider.as_deref().and_then(Provider::vaulting) else {
            return Ok(Err(ProviderError::misconfigured("this provider keeps no cards")));
        };
        let actor = Actor::system();
        let opened = self.open_credentials(job.organization, &integration, &actor, "remove card").await?;
        let card =
            CardRef { customer: method.customer_profile_id.clone(), id: method.payment_profile_id.clone() };
        let gone = crash::call("card.delete", vault.delete(&opened.connection(), &card)).await;
        Ok(gone.map_err(|it| opened.without(it)))
    }
}
