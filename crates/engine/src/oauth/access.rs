//! An access token for one call: the one that is there, or a new one that exactly one caller asks for.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::ConnectionStatus,
};
use kontor_store::{integrations, integrations::Integration, oauth::grants, oauth::grants::Grant};

use super::{ACCESS, decide, decide::Next, renew::Attempt};
use crate::{
    Actor, Engine, Error,
    credentials::{Opened, Purpose},
};

/// How often to look whether another process has renewed a token, and how long to wait in between.
const POLLS: u32 = 600;
const POLL: Duration = Duration::from_millis(100);
/// How often a decision is made anew because the grant moved on meanwhile.
const ROUNDS: u32 = 8;

/// An access token, for one call.
pub struct Access {
    /// The token.
    pub token: Secret,
    /// What the provider said of the account; no secrets.
    pub account: BTreeMap<String, String>,
    /// Which token it is, to name it when the provider does not take it.
    pub version: i64,
}

impl Engine {
    /// An access token of a connected integration. Leaves an audit row of the opening.
    pub async fn access_token(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        why: &str,
    ) -> Result<Access, Error> {
        self.access(organization, integration, None, actor, why).await
    }

    /// The same, after the provider refused the token of that version: another one, renewed if need be.
    pub async fn access_token_instead(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: IntegrationId,
        refused: i64,
        actor: &Actor,
        why: &str,
    ) -> Result<Access, Error> {
        self.access(organization, integration, Some(refused), actor, why).await
    }

    /// An integration's secrets for one call, with an access token where somebody has to consent. The number names
    /// the token, for [`Engine::access_token_instead`].
    pub async fn open_connection(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: &str,
    ) -> Result<(Opened, Option<i64>), Error> {
        let with_consent = self.registry.get(&integration.provider).is_some_and(|it| it.oauth().is_some());
        if !with_consent {
            return Ok((self.open_credentials(organization, integration, actor, why).await?, None));
        }
        let access = self.access_token(organization, integration.id, actor, why).await?;
        let mut opened = self.open_credentials(organization, integration, actor, why).await?;
        opened.account = access.account;
        opened.access_token = Some(access.token);
        Ok((opened, Some(access.version)))
    }

    async fn access(
        self: &Arc<Self>,
        organization: OrganizationId,
        id: IntegrationId,
        refused: Option<i64>,
        actor: &Actor,
        why: &str,
    ) -> Result<Access, Error> {
        let (mut rounds, mut polls) = (0, 0);
        loop {
            let (integration, grant) = self.standing(organization, id).await?;
            let status = integration.connection_status;
            let margin = self.margin(&integration);
            match decide::next(status, grant.as_ref(), margin, refused, self.ambient.now()) {
                Next::Use => {
                    let grant = grant.ok_or(Error::NotConnected)?;
                    return self.open_access(organization, &grant, actor, why).await;
                }
                Next::Renew => {
                    let grant = grant.ok_or(Error::NotConnected)?;
                    match self.renew_in_turn(organization, integration, grant).await? {
                        Attempt::Moved => {}
                        Attempt::Failed { grant, error } => {
                            let good = refused != Some(grant.token_version)
                                && self.ambient.now() < grant.access_expires_at;
                            return if good {
                                self.open_access(organization, &grant, actor, why).await
                            } else {
                                Err(Error::Provider { error, payment: None })
                            };
                        }
                    }
                    rounds += 1;
                    if rounds >= ROUNDS {
                        return Err(Error::TokenBusy { seconds: 1 });
                    }
                }
                Next::Wait => {
                    polls += 1;
                    if polls >= POLLS {
                        return Err(Error::TokenBusy { seconds: 5 });
                    }
                    tokio::time::sleep(POLL).await;
                }
                Next::Later(at) => {
                    let wait = at.duration_since(self.ambient.now()).as_secs();
                    return Err(Error::TokenBusy { seconds: u64::try_from(wait).unwrap_or(0).max(1) });
                }
                Next::End => {
                    let epoch = grant.map(|it| it.epoch);
                    let why = "the token ended and nothing renews it";
                    self.end_grant(organization, &integration, epoch, why).await?;
                    return Err(Error::NeedsReauthorization);
                }
                Next::NotConnected => return Err(Error::NotConnected),
                Next::NeedsReauthorization => return Err(Error::NeedsReauthorization),
            }
        }
    }

    /// Renews where nobody did while this caller waited for its turn. The attempt runs to its end also when the
    /// caller goes away: an answer that nobody hears would cost the grant.
    async fn renew_in_turn(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: Integration,
        seen: Grant,
    ) -> Result<Attempt, Error> {
        let turn = self.oauth.turn(integration.id).await;
        let now = {
            let mut conn = self.db.read().await?;
            grants::get(&mut conn, organization, integration.id).await?
        };
        if now.is_none_or(|it| it.epoch != seen.epoch) {
            return Ok(Attempt::Moved);
        }
        let engine = Arc::clone(self);
        let task = tokio::spawn(async move {
            let attempt = engine.renew(organization, &integration, &seen).await;
            drop(turn);
            attempt
        });
        // A task that fell over left its attempt written down; it is taken up again when its lease is over.
        task.await.unwrap_or(Ok(Attempt::Moved))
    }

    pub(super) async fn standing(
        &self,
        organization: OrganizationId,
        id: IntegrationId,
    ) -> Result<(Integration, Option<Grant>), Error> {
        let mut conn = self.db.read().await?;
        let integration =
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        if integration.connection_status == ConnectionStatus::NotRequired {
            return Err(Error::NoOAuth);
        }
        let grant = grants::get(&mut conn, organization, id).await?;
        Ok((integration, grant))
    }

    /// How long before its end a token is renewed.
    fn margin(&self, integration: &Integration) -> Duration {
        let provider = self.registry.get(&integration.provider);
        let seconds = provider.map_or(0, |it| it.template().tokens.refresh_margin_seconds);
        Duration::from_secs(seconds)
    }

    async fn open_access(
        &self,
        organization: OrganizationId,
        grant: &Grant,
        actor: &Actor,
        why: &str,
    ) -> Result<Access, Error> {
        let purposes = [Purpose::OAuthToken];
        let mut values =
            self.open_secrets(organization, grant.integration, &purposes, &[ACCESS], actor, why).await?;
        let token = values.remove(&(Purpose::OAuthToken, ACCESS.to_owned())).ok_or(Error::NotConnected)?;
        Ok(Access { token, account: grant.account.clone(), version: grant.token_version })
    }
}
