//! Taking a token back at its provider, on a best effort, after it was forgotten here.
//!
//! What that one call needs is sealed in a row of its own: the token, and of the integration's secrets only those
//! that its client is made of. The row is destroyed when the provider took the token back, says that it knows none,
//! or cannot be told.

use std::{collections::BTreeMap, time::Duration};

use kontor_domain::{
    Secret,
    ids::{OrganizationId, RevocationId},
    templates::{Authentication, Place, Template, Text},
};
use kontor_providers::{Connection, ProviderError, oauth::Class};
use kontor_store::{Conn, integrations::Integration, jobs, jobs::Job, oauth::revocations};
use serde_json::{Value, json};

use super::{ACCESS, REFRESH, REVOKE};
use crate::{Actor, Engine, Error, credentials::Purpose, hosted::schedule};

/// How often a provider is told, and for how long.
const TRIES: i64 = 12;
const FOR: Duration = Duration::from_hours(3 * 24);
/// The first pause after a failure; it doubles.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const MOST: Duration = Duration::from_hours(6);

impl Engine {
    /// Puts an integration's token on its way out, in the caller's transaction. Says whether there is one.
    pub(super) async fn begin_revocation(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
    ) -> Result<bool, Error> {
        let provider = self.registry.get(&integration.provider);
        let Some(provider) = provider.filter(|it| it.oauth().is_some()) else { return Ok(false) };
        let id = integration.id;
        let why = "revocation";
        let mut tokens =
            self.open_in(conn, organization, id, Purpose::OAuthToken, &[REFRESH, ACCESS], actor, why).await?;
        // Either takes the whole grant back; the refresh token lives longer.
        let Some(token) = tokens.remove(REFRESH).or_else(|| tokens.remove(ACCESS)) else { return Ok(false) };
        let needed = client_secrets(provider.template());
        let mut secrets = BTreeMap::new();
        if !needed.is_empty() {
            let fields: Vec<&str> = needed.iter().map(String::as_str).collect();
            secrets = self.open_in(conn, organization, id, Purpose::Credential, &fields, actor, why).await?;
        }
        let it = RevocationId::new(&self.ambient);
        let sealed = self.seal_apart(conn, organization, &it.to_string(), &bundle(&token, &secrets)).await?;
        let row = revocations::Revocation {
            id: it,
            integration: id,
            provider: integration.provider.clone(),
            configuration: integration.configuration.clone(),
            record: sealed,
            created_at: self.ambient.now(),
        };
        revocations::insert(conn, organization, &row).await?;
        self.schedule(conn, organization, REVOKE, it, row.created_at).await?;
        Ok(true)
    }

    /// Tells a provider that a token is to be good no more.
    pub(crate) async fn run_revoke(&self, job: &Job, id: RevocationId) -> Result<(), Error> {
        let row = {
            let mut conn = self.db.read().await?;
            revocations::get(&mut conn, job.organization, id).await?
        };
        let Some(row) = row else {
            let mut tx = self.db.write().await?;
            jobs::remove(&mut tx, job.organization, REVOKE, &job.subject).await?;
            return Ok(tx.commit().await?);
        };
        let now = self.ambient.now();
        let outcome = match self.revoke(job.organization, &row).await? {
            Ok(()) => Some(("taken back", None)),
            Err((Class::Permanent, error)) => Some(("not known there", Some(error))),
            Err((_, error)) if job.attempts >= TRIES || schedule::after(row.created_at, FOR) <= now => {
                Some(("given up", Some(error)))
            }
            Err((_, error)) => {
                tracing::info!(%error, integration = %row.integration, "a token was not taken back yet");
                None
            }
        };
        let mut tx = self.db.write().await?;
        let Some((outcome, error)) = outcome else {
            let doublings = u32::try_from(job.attempts.clamp(1, 16)).unwrap_or(1).saturating_sub(1);
            let pause = PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(MOST);
            self.schedule(&mut tx, job.organization, REVOKE, id, schedule::after(now, pause)).await?;
            return Ok(tx.commit().await?);
        };
        revocations::delete(&mut tx, job.organization, id).await?;
        jobs::remove(&mut tx, job.organization, REVOKE, &job.subject).await?;
        let detail = json!({
            "provider": row.provider,
            "outcome": outcome,
            "code": error.and_then(|it| it.code),
        });
        let subject = row.integration.to_string();
        let actor = Actor::system();
        self.audit(&mut tx, Some(job.organization), &actor, "oauth.revoked", &subject, &detail).await?;
        Ok(tx.commit().await?)
    }

    /// The outer error is ours, the inner one says what the provider's means.
    async fn revoke(
        &self,
        organization: OrganizationId,
        row: &revocations::Revocation,
    ) -> Result<Result<(), (Class, ProviderError)>, Error> {
        let misconfigured = |words: &str| (Class::Misconfigured, ProviderError::misconfigured(words));
        let Some(provider) = self.registry.get(&row.provider) else {
            return Ok(Err(misconfigured("the provider is not there any more")));
        };
        let Some(oauth) = provider.oauth() else {
            return Ok(Err(misconfigured("the provider has no OAuth any more")));
        };
        let opened = self.open_apart(organization, row).await?;
        let Some((token, secrets)) = unbundle(&opened) else {
            return Ok(Err((Class::Permanent, ProviderError::misconfigured("nothing is kept of the token"))));
        };
        let server = match oauth.server(&Connection::plain(&row.configuration, &secrets)) {
            Ok(server) => server,
            Err(error) => return Ok(Err((Class::Misconfigured, error))),
        };
        let answer = server.revoke(oauth.http(), &token).await;
        Ok(answer.map_err(|refusal| (refusal.class, refusal.error)))
    }
}

/// The integration's own secrets that its client is made of.
fn client_secrets(template: &Template) -> Vec<String> {
    let Authentication::AuthorizationCode(says) = &template.authentication else { return Vec::new() };
    let texts = [Some(&says.client_id), says.client_secret.as_ref(), says.revocation_url.as_ref()];
    let more = [Some(&says.authorization_url), Some(&says.token_url), says.issuer.as_ref()];
    let parameters = says.authorize_parameters.iter().map(|(_, text)| text);
    let places = texts.into_iter().chain(more).flatten().chain(parameters).flat_map(Text::places);
    let mut keys: Vec<String> = places
        .filter_map(|it| match it {
            Place::Secret(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn bundle(token: &Secret, secrets: &BTreeMap<String, Secret>) -> Secret {
    let secrets: BTreeMap<&str, &str> =
        secrets.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
    Secret::new(json!({ "token": token.expose(), "secrets": secrets }).to_string())
}

fn unbundle(opened: &Secret) -> Option<(Secret, BTreeMap<String, Secret>)> {
    let mut read: Value = serde_json::from_str(opened.expose()).ok()?;
    let take = |value: &mut Value| match value.take() {
        Value::String(text) => Some(Secret::new(text)),
        _ => None,
    };
    let token = take(read.get_mut("token")?)?;
    let secrets = read.get_mut("secrets")?.as_object_mut()?;
    let secrets = secrets.iter_mut().filter_map(|(key, value)| Some((key.clone(), take(value)?))).collect();
    Some((token, secrets))
}

#[cfg(test)]
mod tests;
