//! Renewing a token: claim (with the attempt written down), call (no transaction open), record.
//!
//! A renewal whose answer was lost may have replaced the refresh token at the provider. It is asked again with the
//! one that is here, which works within the provider's reuse window; after that only a new consent helps, and the
//! words say why.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use kontor_domain::{Secret, ids::OrganizationId, integrations::ConnectionStatus};
use kontor_providers::{
    ProviderError,
    oauth::{Class, Refusal, Server, Tokens},
};
use kontor_store::{
    Conn, integrations, integrations::Integration, jobs, oauth::grants, oauth::grants::Grant,
};
use serde_json::json;

use super::{ACCESS, REFRESH, UPKEEP, decide};
use crate::{Actor, Engine, Error, credentials::Purpose, hosted::schedule};

/// How much longer than the call a claim lasts: the time to record what came of it.
const MARGIN: Duration = Duration::from_secs(30);

/// What came of an attempt.
pub(super) enum Attempt {
    /// The grant is not as it was: look again.
    Moved,
    /// It failed, and the grant is as it was.
    Failed {
        /// As it is kept now.
        grant: Box<Grant>,
        /// Why.
        error: ProviderError,
    },
}

impl Engine {
    /// Renews a token, unless somebody else does.
    pub(super) async fn renew(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        seen: &Grant,
    ) -> Result<Attempt, Error> {
        let actor = Actor::system();
        let provider = self.registry.get(&integration.provider).ok_or(Error::IntegrationNotFound)?;
        let oauth = provider.oauth().ok_or(Error::NoOAuth)?;
        let server = self.oauth_server(organization, integration, &actor, "token renewal").await?;
        // Before the provider is asked: an answer that cannot be sealed would be lost.
        self.ready_to_seal(organization).await?;
        let now = self.ambient.now();
        let lease = schedule::after(now, server.timeout.saturating_add(MARGIN));
        let mut tx = self.db.write().await?;
        let claimed = grants::claim(&mut tx, organization, integration.id, seen.epoch, now, lease).await?;
        tx.commit().await?;
        let Some(held) = claimed else { return Ok(Attempt::Moved) };
        let purposes = [Purpose::OAuthToken];
        let mut values = self
            .open_secrets(organization, integration.id, &purposes, &[REFRESH], &actor, "token renewal")
            .await?;
        let Some(refresh) = values.remove(&(Purpose::OAuthToken, REFRESH.to_owned())) else {
            let why = "the refresh token is not there any more";
            self.end_grant(organization, integration, Some(held.epoch), why).await?;
            return Ok(Attempt::Moved);
        };
        metrics::counter!("kontor_oauth_renewals_total", "provider" => integration.provider.clone())
            .increment(1);
        match server.refresh(oauth.http(), &refresh).await {
            Ok(tokens) => self.record_tokens(organization, integration, &held, &server, tokens).await,
            Err(refusal) if refusal.class == Class::Permanent => {
                self.record_end(organization, integration, seen, &held, &refusal).await
            }
            Err(refusal) => self.record_failure(organization, integration, seen, held, refusal).await,
        }
    }

    /// Stores new tokens, if the attempt still holds the grant.
    async fn record_tokens(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        held: &Grant,
        server: &Server,
        tokens: Tokens,
    ) -> Result<Attempt, Error> {
        let renewed = decide::renewed(&tokens, &server.facts, Some(held), self.ambient.now());
        // Once more: a rotation may have brought a newer key while the provider answered.
        self.ready_to_seal(organization).await?;
        let mut tx = self.db.write().await?;
        if grants::store(&mut tx, organization, integration.id, held.epoch, &renewed).await? {
            self.seal_tokens(&mut tx, organization, integration, tokens).await?;
            let due = decide::upkeep_at(&renewed, held.warned_at.is_some());
            self.schedule(&mut tx, organization, UPKEEP, integration.id, due).await?;
            tx.commit().await?;
        } else {
            tx.rollback().await?;
            tracing::warn!(integration = %integration.id, "a renewed token came too late and was dropped");
        }
        Ok(Attempt::Moved)
    }

    /// Seals what a provider gave.
    pub(super) async fn seal_tokens(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        tokens: Tokens,
    ) -> Result<(), Error> {
        let mut values: BTreeMap<String, Secret> = BTreeMap::from([(ACCESS.to_owned(), tokens.access)]);
        values.extend(tokens.refresh.map(|it| (REFRESH.to_owned(), it)));
        self.seal_all(conn, organization, integration.id, Purpose::OAuthToken, &values).await
    }

    /// The provider says that the grant is dead. Believed after one more look at what is kept here: another process
    /// may have stored a newer token meanwhile.
    async fn record_end(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        seen: &Grant,
        held: &Grant,
        refusal: &Refusal,
    ) -> Result<Attempt, Error> {
        let lost = seen.attempted_at;
        let why = match lost {
            Some(at) => format!(
                "the answer to a renewal of {at:.0} was lost, and the provider has replaced the refresh token since. {}",
                refusal.error
            ),
            None => refusal.error.to_string(),
        };
        self.end_grant(organization, integration, Some(held.epoch), &why).await?;
        Ok(Attempt::Moved)
    }

    /// The provider could not be asked, or does not take the client: nothing is said about the grant.
    async fn record_failure(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        seen: &Grant,
        held: Grant,
        refusal: Refusal,
    ) -> Result<Attempt, Error> {
        let pause = decide::pause(&refusal, held.failures);
        let now = self.ambient.now();
        let retry_at = schedule::after(now, pause);
        // An older attempt whose answer is not known stays one.
        let attempted = if refusal.error.outcome_known { seen.attempted_at } else { held.attempted_at };
        let mut tx = self.db.write().await?;
        let kept =
            grants::fail(&mut tx, organization, integration.id, held.epoch, retry_at, attempted).await?;
        if kept && held.failures == 0 && refusal.class == Class::Misconfigured {
            let data = json!({ "provider": integration.provider, "reason": refusal.error.to_string() });
            self.alert(&mut tx, organization, "oauth_client_refused", &integration.id.to_string(), &data)
                .await?;
        }
        tx.commit().await?;
        tracing::info!(integration = %integration.id, error = %refusal.error, "a token was not renewed");
        if !kept {
            return Ok(Attempt::Moved);
        }
        let grant = Grant { lease_until: Timestamp::UNIX_EPOCH, retry_at, attempted_at: attempted, ..held };
        Ok(Attempt::Failed { grant: Box::new(grant), error: refusal.error })
    }

    /// Ends a grant: the tokens are destroyed, and somebody is told. With an epoch only for its holder.
    pub(super) async fn end_grant(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        epoch: Option<i64>,
        why: &str,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let subject = integration.id.to_string();
        let mut tx = self.db.write().await?;
        if !grants::end(&mut tx, organization, integration.id, epoch).await? {
            tx.rollback().await?;
            return Ok(());
        }
        let status = ConnectionStatus::NeedsReauthorization;
        integrations::set_connection(&mut tx, organization, integration.id, status, now).await?;
        self.destroy_secrets(&mut tx, organization, integration.id, Purpose::OAuthToken, None).await?;
        jobs::remove(&mut tx, organization, UPKEEP, &subject).await?;
        let data = json!({ "provider": integration.provider, "reason": why });
        self.tell(&mut tx, organization, "integration.reauthorization_required", &subject, &data).await?;
        // The event says why; the trail holds no words of a provider's.
        let (actor, action) = (Actor::system(), "integration.reauthorization_required");
        let detail = json!({ "provider": integration.provider });
        self.audit(&mut tx, Some(organization), &actor, action, &subject, &detail).await?;
        tx.commit().await?;
        tracing::warn!(integration = subject, why, "a connection has to be made anew");
        Ok(())
    }
}
