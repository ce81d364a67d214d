//! Calls of providers to Kontor: taken where they are signed as the template says, and kept as an event, once.
//!
//! Refuses whatever cannot be proved before anything is written, and to act upon what a call says: it is a reason to
//! look, never the ground for recording money.

mod mask;

use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    templates::Webhook,
};
use kontor_providers::{
    Provider,
    webhook::{self, Call, Claimed, Unproven},
};
use kontor_store::{
    idempotency::{self, Claim},
    integrations,
    integrations::Integration,
};
use serde_json::{Value, json};

use crate::{Actor, Engine, Error, hosted::schedule};

/// A claim inside one transaction is seen by nobody before it is complete; the lease is never waited for.
const LEASE: std::time::Duration = std::time::Duration::from_mins(1);

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept.
    New,
    /// It was kept before.
    Again,
}

/// Why a call is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No enabled integration of that provider is there, or its template says nothing of calls.
    #[error("nobody is called that way")]
    NotFound,
    /// It cannot be proved to be the provider's.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// Anything else.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<kontor_store::Error> for Refused {
    fn from(error: kontor_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Engine {
    /// Takes a provider's call to an integration.
    pub async fn take_webhook(
        self: &Arc<Self>,
        provider: &str,
        id: IntegrationId,
        actor: &Actor,
        call: &Call<'_>,
    ) -> Result<Taken, Refused> {
        let described = self.registry.get(provider).ok_or(Refused::NotFound)?;
        let how = described.template().webhook.as_ref().ok_or(Refused::NotFound)?;
        let found = {
            let mut conn = self.db.read().await?;
            integrations::find(&mut conn, id).await?
        };
        let (organization, integration) = found.ok_or(Refused::NotFound)?;
        if !integration.is_enabled || integration.provider != described.template().provider {
            return Err(Refused::NotFound);
        }
        // Nobody makes a secret be opened, and a row be written, with a call that has not even the form of a signed one.
        let claimed = webhook::claim(how, call, self.ambient.now())?;
        let proved = self.prove(organization, &integration, described.as_ref(), how, actor, call, &claimed);
        if let Err(refused) = proved.await {
            if let Refused::Unproven(why) = &refused {
                self.note_refusal(organization, &integration, actor, *why).await?;
            }
            return Err(refused);
        }
        self.keep_call(organization, &integration, call, &claimed).await
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the function above, with all that it knows")]
    async fn prove(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        provider: &dyn Provider,
        how: &Webhook,
        actor: &Actor,
        call: &Call<'_>,
        claimed: &Claimed,
    ) -> Result<(), Refused> {
        let opened = self.open_credentials(organization, integration, actor, "webhook").await?;
        Ok(webhook::verify(provider.template(), how, &opened.connection(), call, claimed)?)
    }

    async fn note_refusal(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: Unproven,
    ) -> Result<(), Error> {
        metrics::counter!("kontor_webhooks_refused_total").increment(1);
        let mut tx = self.db.write().await?;
        let detail = json!({ "provider": integration.provider, "why": why.to_string() });
        let subject = integration.id.to_string();
        self.audit(&mut tx, Some(organization), actor, "webhook.refused", &subject, &detail).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps a call as an event, unless the same one was kept: providers send again what they saw no answer to.
    async fn keep_call(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        call: &Call<'_>,
        claimed: &Claimed,
    ) -> Result<Taken, Refused> {
        let now = self.ambient.now();
        let hash = |bytes: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref());
        let key = idempotency::Key {
            organization,
            scope: format!("webhook {}", integration.id),
            key: hash(claimed.signature()),
            body_hash: hash(call.body),
        };
        let mut tx = self.db.write().await?;
        match idempotency::claim(&mut tx, &key, now, schedule::after(now, LEASE)).await? {
            Claim::New => {}
            Claim::Done(_) => return Ok(Taken::Again),
            Claim::Running | Claim::Reused | Claim::Pending(_) => {
                return Err(kontor_store::Error::Stale.into());
            }
        }
        let data = json!({ "provider": integration.provider, "body": said(call.body) });
        self.tell(&mut tx, organization, "webhook.received", &integration.id.to_string(), &data).await?;
        let nothing = idempotency::Answer { status: 200, headers: String::new(), body: Vec::new() };
        idempotency::complete(&mut tx, &key, &nothing).await?;
        tx.commit().await?;
        metrics::counter!("kontor_webhooks_received_total").increment(1);
        Ok(Taken::New)
    }
}

/// What a call says: JSON, a form's fields, or its text. Card numbers are masked: none may reach a disk.
fn said(body: &[u8]) -> Value {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return mask::value(json);
    }
    mask::text(&String::from_utf8_lossy(body)).into()
}

#[cfg(test)]
mod tests;
