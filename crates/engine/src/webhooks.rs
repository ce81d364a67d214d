//! Calls of providers to Kontor: taken where they are signed as the provider signs, and kept as an event, once.
//!
//! Refuses whatever cannot be proved before anything is written, and to act upon what a call says: it is a reason to
//! ask (`notice`), never the ground for recording money.

mod mask;
pub(crate) mod notice;

use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    templates::Webhook,
};
use kontor_providers::{
    Hint, Provider, WebhookIn,
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

/// How a provider's calls are proved.
enum Way<'a> {
    /// By its adapter.
    Adapter(&'a dyn WebhookIn),
    /// As its template describes.
    Described(&'a Webhook, Claimed),
}

impl<'a> Way<'a> {
    /// Nobody makes a secret be opened, and a row be written, with a call that has not even the form of a signed one.
    fn of(provider: &'a dyn Provider, call: &Call<'_>, now: Timestamp) -> Result<Self, Refused> {
        if let Some(adapter) = provider.webhooks() {
            return if adapter.is_signed(call) {
                Ok(Self::Adapter(adapter))
            } else {
                Err(Unproven::Unsigned.into())
            };
        }
        let how = provider.template().webhook.as_ref().ok_or(Refused::NotFound)?;
        Ok(Self::Described(how, webhook::claim(how, call, now)?))
    }
}

/// A call that is the provider's own.
struct Proved {
    /// What it is told from another by; the same when it is sent again.
    identity: Vec<u8>,
    /// What to ask about, where that is known.
    hint: Option<Hint>,
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
        let provider = self.registry.get(provider).ok_or(Refused::NotFound)?;
        if provider.webhooks().is_none() && provider.template().webhook.is_none() {
            return Err(Refused::NotFound);
        }
        let found = {
            let mut conn = self.db.read().await?;
            integrations::find(&mut conn, id).await?
        };
        let (organization, integration) = found.ok_or(Refused::NotFound)?;
        if !integration.is_enabled || integration.provider != provider.template().provider {
            return Err(Refused::NotFound);
        }
        let way = Way::of(provider.as_ref(), call, self.ambient.now())?;
        match self.prove(organization, &integration, provider.as_ref(), &way, actor, call).await {
            Ok(proved) => self.keep_call(organization, &integration, call, &proved).await,
            Err(refused) => {
                if let Refused::Unproven(why) = &refused {
                    self.note_refusal(organization, &integration, actor, *why).await?;
                }
                Err(refused)
            }
        }
    }

    async fn prove(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        provider: &dyn Provider,
        way: &Way<'_>,
        actor: &Actor,
        call: &Call<'_>,
    ) -> Result<Proved, Refused> {
        let opened = self.open_credentials(organization, integration, actor, "webhook").await?;
        match way {
            Way::Adapter(adapter) => {
                let hint = adapter.read(&opened.connection(), call)?;
                Ok(Proved { identity: hint.notification_id.clone().into_bytes(), hint: Some(hint) })
            }
            Way::Described(how, claimed) => {
                webhook::verify(provider.template(), how, &opened.connection(), call, claimed)?;
                Ok(Proved { identity: [claimed.signature(), call.body].concat(), hint: None })
            }
        }
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
        Ok(tx.commit_at("webhook.refused").await?)
    }

    /// Keeps a call as an event with the job that asks about it, unless the same one was kept: providers send again
    /// what they saw no answer to.
    async fn keep_call(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        call: &Call<'_>,
        proved: &Proved,
    ) -> Result<Taken, Refused> {
        let now = self.ambient.now();
        let hash = HEXLOWER.encode(digest::digest(&digest::SHA256, &proved.identity).as_ref());
        let key = idempotency::Key {
            organization,
            scope: format!("webhook {}", integration.id),
            body_hash: hash.clone(),
            key: hash,
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
        if let Some(hint) = &proved.hint {
            self.ask_about(&mut tx, organization, integration.id, hint).await?;
        }
        let nothing = idempotency::Answer { status: 200, headers: String::new(), body: Vec::new() };
        idempotency::complete(&mut tx, &key, &nothing).await?;
        tx.commit_at("webhook.kept").await?;
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
