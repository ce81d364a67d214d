//! Sealed values of integrations: sealed when they come in, opened for one call to a provider.
//!
//! The only place that opens a secret. Each opening leaves an audit row: who, which integration, which
//! fields, why.

mod apart;
mod kek;
mod keys;
mod previous;
mod reseal;
mod status;

pub use keys::needed;
pub use reseal::Resealed;
pub use status::{KekStatus, OldDek, Status};

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
};
use kontor_providers::{Connection, ProviderError};
use kontor_store::{Conn, integrations::Integration, secrets, secrets::Sealed};
use kontor_vault::{Context, Dek, Keks, Keyring};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// How often values are read again when their key was destroyed in between: a rotation ended meanwhile.
const TRIES: usize = 3;

/// What a sealed value is for; part of what the seal binds, so that none opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// What the operator typed in: keys, passwords.
    Credential,
    /// What a credential was before it was replaced, kept for a while to go back to.
    PreviousCredential,
    /// What a provider made on request and has perhaps not put into force yet.
    PendingCredential,
    /// Tokens of an OAuth connection.
    OAuthToken,
    /// What proves, at the end of a consent, that we began it.
    OAuthVerifier,
    /// What opens a provider's page that a browser has to post to.
    HostedForm,
}

kontor_domain::words!(Purpose {
    Credential = "integration-credential",
    PreviousCredential = "previous-credential",
    PendingCredential = "pending-credential",
    OAuthToken = "oauth-token",
    OAuthVerifier = "oauth-verifier",
    HostedForm = "hosted-form",
});

/// The keys that wrap, and the opened keys of the organizations.
pub struct Credentials {
    keks: Keks,
    keyring: Mutex<Keyring>,
}

/// An integration's settings and opened secrets, for one call.
pub struct Opened {
    /// The settings that are no secrets.
    pub configuration: BTreeMap<String, String>,
    /// The secrets by the template's key.
    pub secrets: BTreeMap<String, Secret>,
    /// What the provider said of the account; no secrets.
    pub account: BTreeMap<String, String>,
    /// The access token, where somebody consented.
    pub access_token: Option<Secret>,
}

/// An integration's settings and sealed secrets, with the keys that open them. No Debug.
pub(crate) struct Unopened {
    integration: IntegrationId,
    configuration: BTreeMap<String, String>,
    sealed: Vec<(Purpose, Sealed)>,
    deks: BTreeMap<u32, Arc<Dek>>,
}

impl Unopened {
    fn open(self, organization: OrganizationId) -> Result<Opened, Error> {
        let opened = unseal(organization, self.integration, self.sealed, &self.deks)?;
        Ok(Opened {
            configuration: self.configuration,
            secrets: opened.into_iter().map(|((_, field), value)| (field, value)).collect(),
            account: BTreeMap::new(),
            access_token: None,
        })
    }
}

impl Opened {
    /// A provider's failure without what it repeats of these secrets.
    pub(crate) fn without(&self, error: ProviderError) -> ProviderError {
        error.without(&self.all())
    }

    /// Every secret of it.
    pub(crate) fn all(&self) -> Vec<&Secret> {
        self.secrets.values().chain(&self.access_token).collect()
    }

    /// As a provider takes it.
    pub fn connection(&self) -> Connection<'_> {
        Connection {
            configuration: &self.configuration,
            secrets: &self.secrets,
            account: &self.account,
            access_token: self.access_token.as_ref(),
        }
    }
}

/// Told of each step of a long work, before and after it is written down.
pub trait Watch: Send {
    /// So much is done of so much.
    fn at(&mut self, done: u64, total: u64);
}

/// Opened values by purpose and field.
pub type Values = BTreeMap<(Purpose, String), Secret>;

impl Credentials {
    /// Over the keys that wrap. The caller has checked them against the database.
    pub fn new(keks: Keks) -> Self {
        Self { keks, keyring: Mutex::new(Keyring::new()) }
    }

    /// The keys that wrap.
    pub fn keks(&self) -> &Keks {
        &self.keks
    }

    fn keyring(&self) -> std::sync::MutexGuard<'_, Keyring> {
        self.keyring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Seals new values of an integration in the caller's transaction; each replaces the older of its purpose and
    /// field, and has a version that no value of this integration had before.
    pub async fn seal_all(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        purpose: Purpose,
        values: &BTreeMap<String, Secret>,
    ) -> Result<(), Error> {
        self.seal_until(conn, organization, integration, purpose, values, None).await
    }

    /// The same, for values whose time is over some day: they are then opened no more, and destroyed by the sweep.
    pub async fn seal_until(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        purpose: Purpose,
        values: &BTreeMap<String, Secret>,
        expires_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        let dek = self.newest_dek(conn, organization).await?;
        for (field, value) in values {
            let version = secrets::next_version(conn, organization, integration).await?;
            let place = place(organization, integration, purpose, field, version)?;
            let record = kontor_vault::seal(&dek, &place, value, self.ambient.entropy()).map_err(vault)?;
            let sealed = Sealed {
                purpose: purpose.as_str().to_owned(),
                field: field.clone(),
                version,
                record,
                updated_at: self.ambient.now(),
                expires_at,
            };
            secrets::put(conn, organization, integration, &sealed).await?;
        }
        Ok(())
    }

    /// Opens the credentials of an integration for one call. Leaves an audit row before anything is opened, and none
    /// where there is nothing to open.
    pub(crate) async fn open_credentials(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: &str,
    ) -> Result<Opened, Error> {
        let unopened = self.unopened(organization, integration.id).await?;
        self.open_at_once(organization, unopened, actor, why).await
    }

    /// Opens them in a transaction of its own.
    pub(crate) async fn open_at_once(
        &self,
        organization: OrganizationId,
        unopened: Unopened,
        actor: &Actor,
        why: &str,
    ) -> Result<Opened, Error> {
        if unopened.sealed.is_empty() {
            return unopened.open(organization);
        }
        let mut tx = self.db.write().await?;
        let opened = self.note_and_open(&mut tx, organization, unopened, actor, why).await?;
        tx.commit_at("credentials.opened").await?;
        Ok(opened)
    }

    /// The credentials of an integration as they lie in the database, and the keys that open them at hand, so that no
    /// key service has to be asked inside of a transaction. Settings and secrets are of one moment: a sandbox's secrets
    /// never go to production because both were changed at once.
    pub(crate) async fn unopened(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
    ) -> Result<Unopened, Error> {
        let purpose = Purpose::Credential;
        let mut tried = 0;
        loop {
            let found = {
                let mut conn = self.db.read().await?;
                secrets::with_settings(&mut conn, organization, integration, purpose.as_str()).await?
            };
            let (configuration, sealed) = found.ok_or(Error::IntegrationNotFound)?;
            let sealed: Vec<_> = sealed.into_iter().map(|it| (purpose, it)).collect();
            tried += 1;
            match self.deks_of(organization, &sealed).await {
                // Sealed anew under a newer key, and the older one destroyed, after the values were read.
                Err(Error::KeyGone { .. }) if tried < TRIES => {}
                Err(error) => return Err(error),
                Ok(deks) => return Ok(Unopened { integration, configuration, sealed, deks }),
            }
        }
    }

    /// Opens them in the caller's transaction, which leaves the audit row as well: whoever uses them commits it before.
    pub(crate) async fn note_and_open(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        unopened: Unopened,
        actor: &Actor,
        why: &str,
    ) -> Result<Opened, Error> {
        if !unopened.sealed.is_empty() {
            let Unopened { integration, sealed, .. } = &unopened;
            self.note_opening(conn, organization, *integration, sealed, actor, why).await?;
        }
        unopened.open(organization)
    }

    /// Opens an integration's values of these purposes for one call: the fields that are named, or all where none
    /// is. What is not there, or has expired, is not in the answer. Leaves an audit row before anything is opened.
    pub(crate) async fn open_secrets(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        purposes: &[Purpose],
        fields: &[&str],
        actor: &Actor,
        why: &str,
    ) -> Result<Values, Error> {
        let mut tried = 0;
        let mut noted = false;
        loop {
            let sealed = {
                let mut conn = self.db.read().await?;
                self.sealed(&mut conn, organization, integration, purposes, fields).await?
            };
            if !noted && !sealed.is_empty() {
                let mut tx = self.db.write().await?;
                self.note_opening(&mut tx, organization, integration, &sealed, actor, why).await?;
                tx.commit().await?;
                noted = true;
            }
            tried += 1;
            match self.deks_of(organization, &sealed).await {
                // Sealed anew under a newer key, and the older one destroyed, after the values were read.
                Err(Error::KeyGone { .. }) if tried < TRIES => {}
                Err(error) => return Err(error),
                Ok(deks) => return unseal(organization, integration, sealed, &deks),
            }
        }
    }

    /// Destroys an integration's values of one purpose in the caller's transaction; of one field alone where it is
    /// named. Returns how many there were.
    pub async fn destroy_secrets(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        purpose: Purpose,
        field: Option<&str>,
    ) -> Result<u64, Error> {
        Ok(secrets::delete(conn, organization, integration, purpose.as_str(), field).await?)
    }

    async fn sealed(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        purposes: &[Purpose],
        fields: &[&str],
    ) -> Result<Vec<(Purpose, Sealed)>, Error> {
        let now = self.ambient.now();
        let mut found = Vec::new();
        for purpose in purposes {
            let of_purpose = secrets::list(conn, organization, integration, purpose.as_str()).await?;
            let wanted = of_purpose.into_iter().filter(|it| {
                it.expires_at.is_none_or(|end| now < end)
                    && (fields.is_empty() || fields.contains(&it.field.as_str()))
            });
            found.extend(wanted.map(|it| (*purpose, it)));
        }
        Ok(found)
    }

    async fn note_opening(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        sealed: &[(Purpose, Sealed)],
        actor: &Actor,
        why: &str,
    ) -> Result<(), Error> {
        let fields: Vec<String> = sealed.iter().map(|(_, it)| format!("secrets.{}", it.field)).collect();
        let mut purposes: Vec<&str> = sealed.iter().map(|(purpose, _)| purpose.as_str()).collect();
        purposes.dedup();
        let detail = json!({ "fields": fields, "purposes": purposes, "why": why });
        self.audit(conn, Some(organization), actor, "secret.opened", &integration.to_string(), &detail).await
    }
}

fn unseal(
    organization: OrganizationId,
    integration: IntegrationId,
    sealed: Vec<(Purpose, Sealed)>,
    deks: &BTreeMap<u32, Arc<Dek>>,
) -> Result<Values, Error> {
    let mut opened = BTreeMap::new();
    for (purpose, it) in sealed {
        let id = kontor_vault::dek_id(&it.record).map_err(vault)?;
        let dek = deks.get(&id).ok_or(Error::KeyGone { organization, id })?;
        let place = place(organization, integration, purpose, &it.field, it.version)?;
        let secret = kontor_vault::open(dek, &place, &it.record)
            .map_err(|error| Error::Vault(format!("{} of {integration}: {error}", it.field)))?;
        opened.insert((purpose, it.field), secret);
    }
    Ok(opened)
}

fn place(
    organization: OrganizationId,
    integration: IntegrationId,
    purpose: Purpose,
    field: &str,
    version: i64,
) -> Result<Context, Error> {
    Ok(Context {
        organization: organization.to_string(),
        integration: integration.to_string(),
        field: field.to_owned(),
        version: keys::number(version)?,
        purpose: purpose.as_str().to_owned(),
    })
}

fn vault(error: impl std::fmt::Display) -> Error {
    Error::Vault(error.to_string())
}
