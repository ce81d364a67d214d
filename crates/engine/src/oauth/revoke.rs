//! Taking a token back at its provider, on a best effort, after it was forgotten here.
//!
//! What that one call needs is sealed in a row of its own: the token, and of everything else that is known of the
//! integration only what the call is made of. The row is destroyed when the provider took the token back, says that it knows none,
//! or cannot be told.

use std::{collections::BTreeMap, time::Duration};

use kontor_domain::{
    Secret,
    ids::{OrganizationId, RevocationId},
    templates::{Authentication, Place, Template, Text},
};
use kontor_providers::{Connection, ProviderError, oauth::Class, oauth::OAuth};
use kontor_store::{Conn, integrations::Integration, jobs, jobs::Job, oauth::grants, oauth::revocations};
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
    /// Puts an integration's token on its way out, in the caller's transaction. Says whether there is one, and a
    /// provider that takes it back.
    pub(super) async fn begin_revocation(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
    ) -> Result<bool, Error> {
        let provider = self.registry.get(&integration.provider);
        let provider = provider.filter(|it| it.oauth().is_some_and(OAuth::can_revoke));
        let Some(provider) = provider else { return Ok(false) };
        let id = integration.id;
        let why = "revocation";
        let mut tokens =
            self.open_in(conn, organization, id, Purpose::OAuthToken, &[REFRESH, ACCESS], actor, why).await?;
        // Either takes the whole grant back; the refresh token lives longer.
        let access = tokens.remove(ACCESS);
        let Some(token) = tokens.remove(REFRESH).or_else(|| access.clone()) else { return Ok(false) };
        let needed = Needed::of(provider.template());
        let mut kept = Kept { token, access: access.filter(|_| needed.access), ..Kept::default() };
        if !needed.secrets.is_empty() {
            let fields: Vec<&str> = needed.secrets.iter().map(String::as_str).collect();
            kept.secrets =
                self.open_in(conn, organization, id, Purpose::Credential, &fields, actor, why).await?;
        }
        if needed.account {
            let grant = grants::get(conn, organization, id).await?;
            kept.account = grant.map(|it| it.account).unwrap_or_default();
        }
        let it = RevocationId::new(&self.ambient);
        let sealed = self.seal_apart(conn, organization, &it.to_string(), &kept.bundle()).await?;
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
            jobs::finish(&mut tx, job).await?;
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
        jobs::finish(&mut tx, job).await?;
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
        let Some(kept) = Kept::unbundle(&opened) else {
            return Ok(Err((Class::Permanent, ProviderError::misconfigured("nothing is kept of the token"))));
        };
        let connection = Connection {
            configuration: &row.configuration,
            secrets: &kept.secrets,
            account: &kept.account,
            access_token: kept.access.as_ref(),
        };
        let answer = oauth.revoke(&connection, &kept.token).await;
        Ok(answer.map_err(|refusal| (refusal.class, refusal.error.without(&kept.all()))))
    }
}

/// What the call that takes a token back is made of, beside the token.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needed {
    /// The integration's own secrets.
    secrets: Vec<String>,
    /// The access token, where another one is taken back.
    access: bool,
    /// What the provider said of the account.
    account: bool,
}

impl Needed {
    fn of(template: &Template) -> Self {
        let Authentication::AuthorizationCode(says) = &template.authentication else {
            return Self::default();
        };
        let mut texts: Vec<&Text> = vec![&says.client_id, &says.authorization_url, &says.token_url];
        texts.extend([&says.client_secret, &says.revocation_url, &says.issuer].into_iter().flatten());
        texts.extend(says.authorize_parameters.iter().map(|(_, text)| text));
        texts.extend(template.revocation.iter().flat_map(|it| it.request.texts()));
        let mut needed = Self::default();
        for place in texts.into_iter().flat_map(Text::places) {
            match place {
                Place::Secret(key) => needed.secrets.push(key.clone()),
                Place::AccessToken => needed.access = true,
                Place::Account(_) => needed.account = true,
                _ => {}
            }
        }
        // An environment's address may be made of the account.
        let mut addresses = template.environments.all.iter().flat_map(|it| it.urls.values());
        needed.account |= addresses.any(|it| it.places().any(|it| matches!(it, Place::Account(_))));
        needed.secrets.sort();
        needed.secrets.dedup();
        needed
    }
}

/// What is sealed until the provider was told.
struct Kept {
    token: Secret,
    access: Option<Secret>,
    secrets: BTreeMap<String, Secret>,
    account: BTreeMap<String, String>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            token: Secret::new(String::new()),
            access: None,
            secrets: BTreeMap::new(),
            account: BTreeMap::new(),
        }
    }
}

impl Kept {
    fn all(&self) -> Vec<&Secret> {
        self.secrets.values().chain([&self.token]).chain(&self.access).collect()
    }

    fn bundle(&self) -> Secret {
        let secrets: BTreeMap<&str, &str> =
            self.secrets.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
        let all = json!({
            "token": self.token.expose(),
            "access": self.access.as_ref().map(Secret::expose),
            "secrets": secrets,
            "account": self.account,
        });
        Secret::new(all.to_string())
    }

    /// Rows of an older version have neither an access token nor an account.
    fn unbundle(opened: &Secret) -> Option<Self> {
        let mut read: Value = serde_json::from_str(opened.expose()).ok()?;
        let take = |value: &mut Value| match value.take() {
            Value::String(text) => Some(Secret::new(text)),
            _ => None,
        };
        let token = take(read.get_mut("token")?)?;
        let access = read.get_mut("access").and_then(take);
        let account = read.get_mut("account").map(Value::take).unwrap_or_default();
        let secrets = read.get_mut("secrets")?.as_object_mut()?;
        let secrets =
            secrets.iter_mut().filter_map(|(key, value)| Some((key.clone(), take(value)?))).collect();
        Some(Self { token, access, secrets, account: serde_json::from_value(account).unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests;
