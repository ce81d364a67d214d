//! Keeping a connection alive that nobody uses, and saying in time that it will end.

use std::sync::Arc;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    integrations::ConnectionStatus,
};
use kontor_store::{integrations::Integration, jobs, jobs::Job, oauth::grants, oauth::grants::Grant};
use serde_json::json;

use super::{UPKEEP, decide, decide::stored};
use crate::{Actor, Engine, Error, hosted::schedule};

/// How long to wait after an attempt that failed, at least: whoever needs the token in between tries sooner.
const PAUSE: std::time::Duration = std::time::Duration::from_mins(15);

impl Engine {
    /// Looks after a connection: warns, renews, or ends what cannot be renewed.
    pub(crate) async fn run_upkeep(self: &Arc<Self>, job: &Job, id: IntegrationId) -> Result<(), Error> {
        let organization = job.organization;
        let standing = match self.standing(organization, id).await {
            Err(Error::IntegrationNotFound | Error::NoOAuth) => None,
            other => Some(other?),
        };
        let standing = standing.filter(|(it, _)| it.connection_status == ConnectionStatus::Connected);
        let Some((integration, Some(grant))) = standing else {
            let mut tx = self.db.write().await?;
            jobs::finish(&mut tx, job).await?;
            return Ok(tx.commit().await?);
        };
        let now = self.ambient.now();
        let warned = self.warn_of_end(organization, &integration, &grant, now).await?;
        let due = decide::upkeep_at(&stored(&grant), warned);
        if now < due {
            return self.look_again(organization, id, due).await;
        }
        let actor = Actor::system();
        // The version that is here is as good as refused: what is wanted is another one.
        let renewed = self
            .access_token_instead(organization, id, grant.token_version, &actor, "upkeep of the connection")
            .await;
        match renewed {
            // Whoever recorded the new token has set the next time too.
            Ok(_) | Err(Error::NotConnected | Error::NeedsReauthorization) => Ok(()),
            Err(Error::Provider { error, .. }) => {
                tracing::info!(integration = %id, %error, "a connection was not renewed");
                self.look_again(organization, id, schedule::after(now, PAUSE)).await
            }
            Err(Error::TokenBusy { .. }) => {
                self.look_again(organization, id, schedule::after(now, PAUSE)).await
            }
            Err(other) => Err(other),
        }
    }

    /// Tells once that a grant will end. Says whether somebody was told, now or before.
    async fn warn_of_end(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let due = decide::warn_at(&stored(grant)).is_some_and(|at| at <= now);
        if grant.warned_at.is_some() || !due {
            return Ok(grant.warned_at.is_some());
        }
        let ends = [grant.ends_at, grant.refresh_expires_at].into_iter().flatten().min();
        let ends = if grant.can_refresh { ends } else { Some(grant.access_expires_at) };
        let subject = integration.id.to_string();
        let data = json!({
            "provider": integration.provider,
            "endsAt": ends.map(|it| it.to_string()),
            "account": grant.account,
        });
        let mut tx = self.db.write().await?;
        if grants::warned(&mut tx, organization, integration.id, now).await? {
            self.tell(&mut tx, organization, "integration.reauthorization_due", &subject, &data).await?;
            self.alert(&mut tx, organization, "oauth_grant_ends", &subject, &data).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn look_again(
        &self,
        organization: OrganizationId,
        id: IntegrationId,
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        self.schedule(&mut tx, organization, UPKEEP, id, at).await?;
        Ok(tx.commit().await?)
    }
}
