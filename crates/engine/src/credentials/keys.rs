//! The organizations' keys: made, wrapped, unwrapped, held in memory.

use std::sync::Arc;

use kontor_domain::ids::OrganizationId;
use kontor_store::{Conn, keys, keys::WrappedDek};
use kontor_vault::Dek;

use super::{Credentials, vault};
use crate::{Engine, Error};

/// The number of an organization's first key.
const FIRST: u32 = 1;
/// How often the newest key is looked for: it may be destroyed by the end of a rotation, once a newer one is there.
const TRIES: usize = 3;

impl Credentials {
    fn unwrapped(&self, organization: OrganizationId, dek: &WrappedDek) -> Result<Dek, Error> {
        if dek.kek_fingerprint != self.kek.fingerprint() {
            return Err(Error::Vault(format!(
                "key {} of {organization} is wrapped under another key",
                dek.id
            )));
        }
        let id = number(dek.id)?;
        Dek::unwrap(self.kek.as_ref(), &organization.to_string(), id, &dek.wrapped).map_err(vault)
    }
}

impl Engine {
    /// Whether the database is sealed under the key that is here.
    pub async fn check_keys(&self) -> Result<(), Error> {
        let mut conn = self.db.read().await?;
        let stored = keys::fingerprint(&mut conn).await?;
        kontor_vault::check_fingerprint(stored.as_deref(), self.credentials.kek.as_ref()).map_err(vault)
    }

    /// The organization's newest key, held against destruction until the transaction ends; its first one is made
    /// here. Not cached: the transaction may yet be undone.
    pub(super) async fn newest_dek(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
    ) -> Result<Dek, Error> {
        for _ in 0..TRIES {
            if let Some(row) = keys::hold_newest(conn, organization).await? {
                return self.credentials.unwrapped(organization, &row);
            }
            let dek = Dek::generate(FIRST, self.ambient.entropy());
            let wrapped = dek
                .wrap(self.credentials.kek.as_ref(), &organization.to_string(), self.ambient.entropy())
                .map_err(vault)?;
            let kek_fingerprint = self.credentials.kek.fingerprint();
            let row = WrappedDek { id: i64::from(FIRST), kek_fingerprint, wrapped };
            // Another process may have been faster; then its key is the one that is read next.
            keys::insert(conn, organization, &row, self.ambient.now()).await?;
        }
        Err(Error::Vault(format!("{organization} has no key")))
    }

    /// The key that a record names, from the cache or unwrapped. Cached only when `settled`: a key that was read in a
    /// transaction may have been made in it, and undone with it.
    pub(super) async fn dek_of(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        record: &[u8],
        settled: bool,
    ) -> Result<Arc<Dek>, Error> {
        let id = kontor_vault::dek_id(record).map_err(vault)?;
        let name = organization.to_string();
        if let Some(dek) = self.credentials.keyring().get(&name, id) {
            return Ok(dek);
        }
        let row = keys::get(conn, organization, i64::from(id)).await?;
        let row = row.ok_or(Error::KeyGone { organization, id })?;
        let dek = Arc::new(self.credentials.unwrapped(organization, &row)?);
        if settled {
            self.credentials.keyring().put(&name, Arc::clone(&dek));
        }
        Ok(dek)
    }
}

pub(super) fn number(stored: i64) -> Result<u32, Error> {
    u32::try_from(stored).map_err(|_| Error::Vault("a key's or a record's number is out of range".to_owned()))
}
