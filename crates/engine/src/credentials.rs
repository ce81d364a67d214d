//! Credentials of integrations: sealed when they come in, opened for one call to a provider.
//!
//! The only place that opens a secret. Each opening leaves an audit row: who, which integration, which
//! fields, why.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
};
use kontor_providers::Connection;
use kontor_store::{Conn, integrations::Integration, keys, keys::WrappedDek, secrets};
use kontor_vault::{Context, Dek, Kek, Keyring};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// What the sealed value is for; part of what the seal binds.
const PURPOSE: &str = "integration-credential";

/// The number of an organization's first key.
const FIRST: u32 = 1;

/// The key that wraps, and the opened keys of the organizations.
pub struct Credentials {
    kek: Box<dyn Kek>,
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

impl Opened {
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

impl Credentials {
    /// Over the key that wraps. The caller has checked it against the database.
    pub fn new(kek: Box<dyn Kek>) -> Self {
        Self { kek, keyring: Mutex::new(Keyring::new()) }
    }

    fn wrapped(&self, organization: OrganizationId, dek: &WrappedDek) -> Result<Dek, Error> {
        if dek.kek_fingerprint != self.kek.fingerprint() {
            return Err(Error::Vault(format!(
                "key {} of {organization} is wrapped under another key",
                dek.id
            )));
        }
        let id = number(dek.id)?;
        Dek::unwrap(self.kek.as_ref(), &organization.to_string(), id, &dek.wrapped)
            .map_err(|error| Error::Vault(error.to_string()))
    }
}

impl Engine {
    /// Whether the database is sealed under the key that is here.
    pub async fn check_keys(&self) -> Result<(), Error> {
        let mut conn = self.db.read().await?;
        let stored = keys::fingerprint(&mut conn).await?;
        kontor_vault::check_fingerprint(stored.as_deref(), self.credentials.kek.as_ref())
            .map_err(|error| Error::Vault(error.to_string()))
    }

    /// Seals new values of an integration in the caller's transaction; each gets the next version of its field.
    pub(crate) async fn seal_all(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        values: &BTreeMap<String, Secret>,
    ) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        let now = self.ambient.now();
        let dek = self.newest_dek(conn, organization).await?;
        let before = secrets::list(conn, organization, integration).await?;
        for (field, value) in values {
            let version =
                before.iter().find(|it| it.field == *field).map_or(1, |it| it.version.saturating_add(1));
            let place = place(organization, integration, field, version)?;
            let record = kontor_vault::seal(&dek, &place, value, self.ambient.entropy())
                .map_err(|error| Error::Vault(error.to_string()))?;
            let sealed = secrets::Sealed { field: field.clone(), version, record, updated_at: now };
            secrets::put(conn, organization, integration, &sealed).await?;
        }
        Ok(())
    }

    /// The organization's newest key; its first one is made here. Not cached: the transaction may yet be undone.
    async fn newest_dek(&self, conn: &mut Conn, organization: OrganizationId) -> Result<Dek, Error> {
        if keys::newest(conn, organization).await?.is_none() {
            let dek = Dek::generate(FIRST, self.ambient.entropy());
            let wrapped = dek
                .wrap(self.credentials.kek.as_ref(), &organization.to_string(), self.ambient.entropy())
                .map_err(|error| Error::Vault(error.to_string()))?;
            let kek_fingerprint = self.credentials.kek.fingerprint();
            let row = WrappedDek { id: i64::from(FIRST), kek_fingerprint, wrapped };
            // Another process may have been faster; then its key is the one that is read below.
            keys::insert(conn, organization, &row, self.ambient.now()).await?;
        }
        let newest = keys::newest(conn, organization).await?;
        let id = newest.ok_or_else(|| Error::Vault(format!("{organization} has no key")))?;
        let row = keys::get(conn, organization, id).await?;
        let row = row.ok_or_else(|| Error::Vault(format!("{organization} has no key {id}")))?;
        self.credentials.wrapped(organization, &row)
    }

    /// Opens the secrets of an integration for one call. Leaves an audit row before anything is opened.
    pub(crate) async fn open_credentials(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: &str,
    ) -> Result<Opened, Error> {
        let sealed = {
            let mut conn = self.db.read().await?;
            secrets::list(&mut conn, organization, integration.id).await?
        };
        let fields: Vec<String> = sealed.iter().map(|it| format!("secrets.{}", it.field)).collect();
        let mut tx = self.db.write().await?;
        let detail = json!({ "fields": fields, "why": why });
        let subject = integration.id.to_string();
        self.audit(&mut tx, Some(organization), actor, "secret.opened", &subject, &detail).await?;
        tx.commit().await?;
        let mut opened = BTreeMap::new();
        for it in sealed {
            let place = place(organization, integration.id, &it.field, it.version)?;
            let dek = self.dek_of(organization, &it.record).await?;
            let secret = kontor_vault::open(&dek, &place, &it.record)
                .map_err(|error| Error::Vault(format!("{} of {subject}: {error}", it.field)))?;
            opened.insert(it.field, secret);
        }
        Ok(Opened {
            configuration: integration.configuration.clone(),
            secrets: opened,
            account: BTreeMap::new(),
            access_token: None,
        })
    }

    /// The key that a record names, from the cache or unwrapped.
    async fn dek_of(&self, organization: OrganizationId, record: &[u8]) -> Result<Arc<Dek>, Error> {
        let id = kontor_vault::dek_id(record).map_err(|error| Error::Vault(error.to_string()))?;
        let name = organization.to_string();
        let cached = self.credentials.keyring.lock().unwrap_or_else(PoisonError::into_inner).get(&name, id);
        if let Some(dek) = cached {
            return Ok(dek);
        }
        let row = {
            let mut conn = self.db.read().await?;
            keys::get(&mut conn, organization, i64::from(id)).await?
        };
        let row = row.ok_or_else(|| Error::Vault(format!("{organization} has no key {id}")))?;
        let dek = Arc::new(self.credentials.wrapped(organization, &row)?);
        self.credentials.keyring.lock().unwrap_or_else(PoisonError::into_inner).put(&name, Arc::clone(&dek));
        Ok(dek)
    }
}

fn place(
    organization: OrganizationId,
    integration: IntegrationId,
    field: &str,
    version: i64,
) -> Result<Context, Error> {
    Ok(Context {
        organization: organization.to_string(),
        integration: integration.to_string(),
        field: field.to_owned(),
        version: number(version)?,
        purpose: PURPOSE.to_owned(),
    })
}

fn number(stored: i64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(|_| Error::Vault("a key's or a record's number is out of range".to_owned()))
}
