//! Closing a page at the provider, so that nobody pays on one that another took the place of.

use kontor_domain::ids::PaymentId;
use kontor_store::{crash, hosted, integrations, jobs, jobs::Job};

use super::schedule;
use crate::{Actor, Engine, Error, resolve::EXPIRE};

/// How often a page is closed at the provider before that is given up: the page ends by itself anyway.
const TRIES: i64 = 5;

impl Engine {
    /// Closes a page at the provider, on a best effort.
    pub(crate) async fn close_page(&self, job: &Job, payment: PaymentId) -> Result<(), Error> {
        let (setup, integration) = {
            let mut conn = self.db.read().await?;
            let setup = hosted::of_payment(&mut conn, job.organization, payment).await?;
            let integration = match &setup {
                Some(setup) => integrations::get(&mut conn, job.organization, setup.integration).await?,
                None => None,
            };
            (setup, integration)
        };
        let mut closed = true;
        if let (Some(setup), Some(integration)) = (setup, integration)
            && let Some(setup_id) = &setup.setup_id
            && let Some(provider) = self.registry.get(&setup.provider)
            && let Some(pages) = provider.hosted()
        {
            let actor = Actor::system();
            let opened = self.open_credentials(job.organization, &integration, &actor, "close page").await?;
            let connection = opened.connection();
            if let Err(error) = crash::call("hosted.expire", pages.expire(&connection, setup_id))
                .await
                .map_err(|it| opened.without(it))
            {
                tracing::info!(%payment, %error, "the provider did not close a page");
                closed = error.outcome_known && !error.retry_safe || job.attempts >= TRIES;
            }
        }
        let mut tx = self.db.write().await?;
        if closed {
            jobs::finish(&mut tx, job).await?;
        } else {
            let due = schedule::after(self.ambient.now(), schedule::retry(job.attempts, &self.settings));
            self.schedule(&mut tx, job.organization, EXPIRE, payment, due).await?;
        }
        Ok(tx.commit_at("hosted.close").await?)
    }
}
