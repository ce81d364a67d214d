//! Opens the key-encryption keys that the settings name, and makes sure that they are the database's.
//!
//! Refuses a database that they do not open, before anything is served; makes a key for a new database alone.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use kontor_domain::{Ambient, ambient::Entropy};
use kontor_engine::credentials::needed;
use kontor_store::{Db, keks};
use kontor_vault::{Destroyed, Kek, Keks, LocalKek, Pkcs11Kek, check_fingerprints, kek, keks::Source};

use crate::config::{Config, Reload, vault, vault::Backend, vault::Vault};

/// The settings as they are when they are asked, so that a key that is staged later is found without a restart.
struct Settings {
    vault: Vault,
    /// How to read them anew; none where the program made them.
    reload: Option<Reload>,
}

impl Settings {
    fn now(&self) -> Vault {
        let Some(reload) = &self.reload else { return self.vault.clone() };
        match reload.read() {
            Ok(config) => config.vault().clone(),
            Err(error) => {
                tracing::warn!(%error, "the settings cannot be read anew; the vault's are left as they were");
                self.vault.clone()
            }
        }
    }
}

#[async_trait]
impl Source for Settings {
    async fn open(&self) -> Vec<Arc<dyn Kek>> {
        let vault = self.now();
        let mut wanted = vec![vault.here.clone()];
        wanted.extend(vault.next.clone());
        if let Backend::Local { key_file } = &vault.here {
            let staged = Vault::staged_file(key_file);
            if staged.exists() {
                wanted.push(Backend::Local { key_file: staged });
            }
        }
        let mut found = Vec::new();
        for backend in wanted {
            match open(&backend, None).await {
                Ok(kek) => found.push(kek),
                Err(error) => tracing::warn!(key = backend.describe(), %error, "a key cannot be opened"),
            }
        }
        found
    }
}

/// Opens a key; makes it where there is none and `make` has what to draw it from.
pub(crate) async fn open(backend: &Backend, make: Option<&dyn Entropy>) -> anyhow::Result<Arc<dyn Kek>> {
    Ok(match backend {
        Backend::Local { key_file } => Arc::new(match make {
            Some(entropy) => LocalKek::load_or_create(key_file, entropy),
            None => LocalKek::load(key_file),
        }?),
        Backend::Pkcs11 { module, token, key, pin_file } => {
            let place = kek::pkcs11::Place {
                module: module.clone(),
                token: token.clone(),
                key: key.clone(),
                pin: vault::pin(pin_file)?,
            };
            Arc::new(Pkcs11Kek::open(place, make.is_some()).await?)
        }
        Backend::AwsKms { .. } => service(backend).await?,
    })
}

/// A key in a key service; who administers the service makes it.
#[cfg(feature = "aws-kms")]
async fn service(backend: &Backend) -> anyhow::Result<Arc<dyn Kek>> {
    let Backend::AwsKms { key, region, endpoint, timeout_ms } = backend else {
        anyhow::bail!("not a key service: {}", backend.describe())
    };
    let place = kek::aws_kms::Place {
        key: key.clone(),
        region: region.clone(),
        endpoint: endpoint.as_ref().map(ToString::to_string),
        timeout: std::time::Duration::from_millis(*timeout_ms),
    };
    Ok(Arc::new(kek::aws_kms::AwsKmsKek::open(place).await?))
}

#[cfg(not(feature = "aws-kms"))]
#[expect(clippy::unused_async, reason = "as the one that asks the service")]
async fn service(backend: &Backend) -> anyhow::Result<Arc<dyn Kek>> {
    anyhow::bail!("{}: this program was built without the feature aws-kms", backend.describe())
}

/// The keys, checked against the database. `make` makes one for a database that has none.
pub(crate) async fn keks(config: &Config, db: &Db, make: Option<&Ambient>) -> anyhow::Result<Keks> {
    let vault = config.vault();
    let wanted = needed(&mut *db.read().await?).await?;
    let source = Settings { vault: vault.clone(), reload: config.reload().cloned() };
    let keys = Keks::new(Box::new(source), Destroyed::at(vault.destroyed_file.clone()));
    let fresh = if wanted.is_empty() { make } else { None };
    let here = match open(&vault.here, fresh.map(Ambient::entropy)).await {
        Ok(kek) => {
            keys.put(Arc::clone(&kek));
            Ok(kek)
        }
        Err(error) => Err(error),
    };
    if wanted.is_empty() {
        let Some(ambient) = make else { return Ok(keys) };
        let kek = here.with_context(|| format!("the key file or token: {}", vault.here.describe()))?;
        adopt(db, &kek.fingerprint(), ambient).await?;
        return Ok(keys);
    }
    if !wanted.iter().all(|it| keys.fingerprints().contains(it)) {
        keys.look().await;
    }
    if let Err(wrong) = check_fingerprints(&wanted, &keys.fingerprints()) {
        return Err(match here {
            Ok(_) => wrong.into(),
            Err(error) => error.context(refusal(&vault.here, &wrong.wanted)),
        });
    }
    if let Ok(kek) = here
        && !wanted.contains(&kek.fingerprint())
    {
        tracing::warn!(
            "the key at `vault` is retired; the one in force is found beside it. `kontor keys rotate kek` finishes a \
             rotation of files; elsewhere move the settings from `vault.next` to `vault`"
        );
    }
    Ok(keys)
}

fn refusal(here: &Backend, wanted: &str) -> String {
    let place = here.describe();
    if let Backend::Local { key_file } = here
        && key_file.exists()
    {
        return format!("the key file {place} is not taken");
    }
    format!(
        "the database is sealed under a key that is not at {place}; put that key ({wanted}) there, nothing else opens \
         its secrets"
    )
}

async fn adopt(db: &Db, fingerprint: &str, ambient: &Ambient) -> anyhow::Result<()> {
    let mut tx = db.write().await?;
    match keks::adopt(&mut tx, fingerprint, ambient.now()).await {
        Err(kontor_store::Error::Conflict) => anyhow::bail!(
            "another process sealed this new database under another key at the same moment: start again with that key"
        ),
        other => other?,
    }
    Ok(tx.commit().await?)
}
