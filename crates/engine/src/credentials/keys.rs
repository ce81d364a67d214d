//! The organizations' keys: made, wrapped, unwrapped, held in memory.

use std::{collections::BTreeMap, sync::Arc};

use kontor_domain::ids::OrganizationId;
use kontor_store::{Conn, keks, keks::State, keys, keys::WrappedDek, secrets::Sealed};
use kontor_vault::{Dek, KekError, check_fingerprints};

use super::{Purpose, vault};
use crate::{Engine, Error};

/// The number of an organization's first key.
const FIRST: u32 = 1;
/// How often something is looked for anew that another process can change at the same moment.
const TRIES: usize = 3;

impl Engine {
    /// Whether every key that the database needs is at hand; what is missing is looked for first.
    pub async fn check_keys(&self) -> Result<(), Error> {
        let wanted = {
            let mut conn = self.db.read().await?;
            needed(&mut conn).await?
        };
        for fingerprint in &wanted {
            // What is not found is told below.
            let _found = self.credentials.keks.get(fingerprint).await;
        }
        check_fingerprints(&wanted, &self.credentials.keks.fingerprints()).map_err(vault)
    }

    /// Makes sure that the organization has a key and that all of its keys are unwrapped, so that neither sealing nor
    /// opening asks a token or a key service while a transaction is open. Whoever begins a transaction to seal or to
    /// open in calls this before; without it such a key is refused there.
    pub async fn ready_to_seal(&self, organization: OrganizationId) -> Result<(), Error> {
        for _ in 0..TRIES {
            let all = {
                let mut conn = self.db.read().await?;
                keys::list(&mut conn, organization).await?
            };
            for row in &all {
                self.cached(organization, row).await?;
            }
            if !all.is_empty() {
                return Ok(());
            }
            self.add_dek(organization, FIRST).await?;
        }
        Err(Error::Vault(format!("{organization} has no key")))
    }

    /// The same before a transaction that forgets what an integration has. A token that is to be taken back needs the
    /// keys and is refused without them; where there is none, nothing is to be opened and a key that is out of reach
    /// must not keep an integration from being deleted.
    pub async fn ready_to_forget(&self, organization: OrganizationId) {
        if let Err(error) = self.ready_to_seal(organization).await {
            tracing::info!(%organization, %error, "keys are out of reach");
        }
    }

    /// Adds a key with this number, unless another process was first. No transaction is open while it is wrapped.
    pub(super) async fn add_dek(&self, organization: OrganizationId, id: u32) -> Result<(), Error> {
        for _ in 0..TRIES {
            let fingerprint = {
                let mut conn = self.db.read().await?;
                wrapping(&keks::all(&mut conn).await?)?
            };
            let row = self.new_dek(organization, id, &fingerprint).await?;
            let mut tx = self.db.write().await?;
            // Held: a rotation that is about to retire this one waits, and then sees the new key.
            if wrapping(&keks::hold(&mut tx).await?)? != fingerprint {
                continue;
            }
            keys::insert(&mut tx, organization, &row).await?;
            tx.commit().await?;
            return Ok(());
        }
        Err(Error::Vault("the key-encryption key was changed again and again".to_owned()))
    }

    async fn new_dek(
        &self,
        organization: OrganizationId,
        id: u32,
        fingerprint: &str,
    ) -> Result<WrappedDek, Error> {
        let dek = Dek::generate(id, self.ambient.entropy());
        let name = organization.to_string();
        let keks = &self.credentials.keks;
        let wrapped = keks.wrap(fingerprint, &name, &dek, self.ambient.entropy()).await.map_err(unreached)?;
        let kek_fingerprint = fingerprint.to_owned();
        Ok(WrappedDek { id: i64::from(id), kek_fingerprint, wrapped, created_at: self.ambient.now() })
    }

    /// The organization's newest key, held against destruction until the transaction ends; its first one is made
    /// here where `ready_to_seal` was not asked before, and the key that wraps it is in this process' memory.
    pub(super) async fn newest_dek(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
    ) -> Result<Arc<Dek>, Error> {
        for _ in 0..TRIES {
            // The newest may be destroyed by the end of a rotation, once a newer one is there.
            if let Some(row) = keys::hold_newest(conn, organization).await? {
                return self.held_or_near(organization, &row).await;
            }
            let fingerprint = wrapping(&keks::hold(conn).await?)?;
            self.near(&fingerprint)?;
            let row = self.new_dek(organization, FIRST, &fingerprint).await?;
            // Another process may have been faster; then its key is the one that is read next.
            keys::insert(conn, organization, &row).await?;
        }
        Err(Error::Vault(format!("{organization} has no key")))
    }

    /// The keys that the records name, unwrapped and held from now on. No connection is held while they are.
    pub(super) async fn deks_of(
        &self,
        organization: OrganizationId,
        sealed: &[(Purpose, Sealed)],
    ) -> Result<BTreeMap<u32, Arc<Dek>>, Error> {
        let mut deks = BTreeMap::new();
        for (_, it) in sealed {
            let id = kontor_vault::dek_id(&it.record).map_err(vault)?;
            if deks.contains_key(&id) {
                continue;
            }
            deks.insert(id, self.dek(organization, id).await?);
        }
        Ok(deks)
    }

    /// One key, unwrapped and held from now on.
    pub(super) async fn dek(&self, organization: OrganizationId, id: u32) -> Result<Arc<Dek>, Error> {
        if let Some(dek) = self.credentials.keyring().get(&organization.to_string(), id) {
            return Ok(dek);
        }
        let row = {
            let mut conn = self.db.read().await?;
            keys::get(&mut conn, organization, i64::from(id)).await?
        };
        self.cached(organization, &row.ok_or(Error::KeyGone { organization, id })?).await
    }

    /// The same inside of a transaction. What is not held yet is not held afterwards: a key that was made in this
    /// transaction may be undone with it.
    pub(super) async fn deks_in(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        sealed: &[(Purpose, Sealed)],
    ) -> Result<BTreeMap<u32, Arc<Dek>>, Error> {
        let mut deks = BTreeMap::new();
        for (_, it) in sealed {
            let id = kontor_vault::dek_id(&it.record).map_err(vault)?;
            if deks.contains_key(&id) {
                continue;
            }
            let row = keys::get(conn, organization, i64::from(id)).await?;
            let row = row.ok_or(Error::KeyGone { organization, id })?;
            deks.insert(id, self.held_or_near(organization, &row).await?);
        }
        Ok(deks)
    }

    fn held(&self, organization: OrganizationId, row: &WrappedDek) -> Result<Option<Arc<Dek>>, Error> {
        Ok(self.credentials.keyring().get(&organization.to_string(), number(row.id)?))
    }

    /// A key inside of a transaction: one that is unwrapped already, or that nobody has to be asked for.
    async fn held_or_near(&self, organization: OrganizationId, row: &WrappedDek) -> Result<Arc<Dek>, Error> {
        if let Some(dek) = self.held(organization, row)? {
            return Ok(dek);
        }
        self.near(&row.kek_fingerprint)?;
        Ok(Arc::new(self.unwrapped(organization, row).await?))
    }

    /// Refuses a key that a token or a key service keeps: nobody is asked while a transaction is open. A rotation
    /// that ended between `ready_to_seal` and the transaction leads here; the next try finds its key unwrapped.
    fn near(&self, fingerprint: &str) -> Result<(), Error> {
        if self.credentials.keks.is_near(fingerprint) {
            return Ok(());
        }
        Err(Error::KeyUnavailable("the keys were rotated at this moment".to_owned()))
    }

    async fn cached(&self, organization: OrganizationId, row: &WrappedDek) -> Result<Arc<Dek>, Error> {
        if let Some(dek) = self.held(organization, row)? {
            return Ok(dek);
        }
        let dek = Arc::new(self.unwrapped(organization, row).await?);
        self.credentials.keyring().put(&organization.to_string(), Arc::clone(&dek));
        Ok(dek)
    }

    pub(super) async fn unwrapped(
        &self,
        organization: OrganizationId,
        row: &WrappedDek,
    ) -> Result<Dek, Error> {
        let name = organization.to_string();
        let keks = &self.credentials.keks;
        keks.unwrap(&row.kek_fingerprint, &name, number(row.id)?, &row.wrapped).await.map_err(unreached)
    }

    /// Lets go of keys that are in the database no more: a rotation or a deletion destroyed them, here or elsewhere.
    pub(crate) async fn forget_destroyed_keys(&self) -> Result<(), Error> {
        let held = self.credentials.keyring().names();
        for (name, id) in held {
            let Ok(organization) = name.parse() else { continue };
            let mut conn = self.db.read().await?;
            if keys::get(&mut conn, organization, i64::from(id)).await?.is_none() {
                self.credentials.keyring().remove(&name, id);
            }
        }
        Ok(())
    }
}

/// The fingerprints of the keys without which something here does not open.
pub async fn needed(conn: &mut Conn) -> Result<Vec<String>, kontor_store::Error> {
    let known = keks::all(conn).await?.into_iter().filter(|it| it.state != State::Retired);
    let mut wanted: Vec<String> = known.map(|it| it.fingerprint).collect();
    wanted.extend(keys::under_each(conn).await?.into_iter().map(|(fingerprint, _)| fingerprint));
    wanted.sort();
    wanted.dedup();
    Ok(wanted)
}

/// Under which key new ones are wrapped: the staged one where there is one, so that a rotation comes to its end.
fn wrapping(known: &[keks::Known]) -> Result<String, Error> {
    let of = |state| known.iter().find(|it| it.state == state);
    let chosen = of(State::Staged).or_else(|| of(State::Active));
    chosen
        .map(|it| it.fingerprint.clone())
        .ok_or_else(|| Error::Vault("the database knows no key-encryption key".to_owned()))
}

/// Keys that are out of reach come back by themselves or by an operator's hand; anything else is wrong for good.
pub(super) fn unreached(error: KekError) -> Error {
    if error.is_outage() { Error::KeyUnavailable(error.to_string()) } else { vault(error) }
}

pub(super) fn number(stored: i64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(|_| Error::Vault("a key's or a record's number is out of range".to_owned()))
}
