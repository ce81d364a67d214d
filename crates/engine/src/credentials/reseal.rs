//! Rotation of the organizations' keys while others serve: a new key each, every record sealed anew under it, and
//! the older key destroyed once no record names it.
//!
//! A rotation is one row that says since when it runs; an organization is done when it has no key from before. So it
//! may be killed between any two steps and goes on where it was. A record that somebody writes meanwhile wins.

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;
use kontor_store::{keys, sealed, sealed::Record};
use kontor_vault::{Context, Dek};
use serde_json::json;

use super::{Watch, keys::number, vault};
use crate::{Actor, Engine, Error};

/// Organizations that are looked up in one go.
const PAGE: i64 = 100;
/// How often a batch may change nothing, because others wrote the same records first, before that is an error.
const FRUITLESS: u32 = 100;

/// What a rotation did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    /// Organizations that have a new key.
    pub organizations: u64,
    /// Records that were sealed anew.
    pub records: u64,
    /// Keys that were destroyed.
    pub destroyed: u64,
    /// Whether it went on with one that had begun before.
    pub resumed: bool,
}

impl Engine {
    /// Gives one organization, or all, a new key, and brings every record under it.
    pub async fn rotate_deks(
        &self,
        actor: &Actor,
        only: Option<OrganizationId>,
        batch: i64,
        watch: &mut dyn Watch,
    ) -> Result<Resealed, Error> {
        let mut tx = self.db.write().await?;
        let (since, resumed) = keys::begin_rotation(&mut tx, only, self.ambient.now()).await?;
        tx.commit().await?;
        let mut done = Resealed { resumed, ..Resealed::default() };
        let mut after = String::new();
        loop {
            let page = {
                let mut conn = self.db.read().await?;
                keys::with_older(&mut conn, since, only, &after, PAGE).await?
            };
            let Some(last) = page.last() else { break };
            after = last.to_string();
            for organization in page {
                self.rotate_one(actor, organization, since, batch, &mut done, watch).await?;
            }
        }
        let mut tx = self.db.write().await?;
        keys::end_rotation(&mut tx, only).await?;
        watch.at(done.records, done.records);
        tx.commit().await?;
        Ok(done)
    }

    async fn rotate_one(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        since: Timestamp,
        batch: i64,
        done: &mut Resealed,
        watch: &mut dyn Watch,
    ) -> Result<(), Error> {
        let all = self.deks_now(organization).await?;
        let Some(newest) = all.last() else { return Ok(()) };
        if newest.created_at < since {
            self.add_dek(organization, number(newest.id)?.saturating_add(1)).await?;
            watch.at(done.records, done.records);
        }
        let all = self.deks_now(organization).await?;
        let Some((newest, older)) = all.split_last() else { return Ok(()) };
        let newest = number(newest.id)?;
        let mut tx = self.db.write().await?;
        let detail = json!({ "key": newest, "why": "key rotation" });
        self.audit(&mut tx, Some(organization), actor, "secret.resealed", &organization.to_string(), &detail)
            .await?;
        tx.commit().await?;
        loop {
            done.records += self.reseal_all(organization, newest, batch, done.records, watch).await?;
            let mut left = false;
            for dek in older {
                match self.destroy_unused(organization, number(dek.id)?, watch).await? {
                    Some(gone) => done.destroyed += u64::from(gone),
                    None => left = true,
                }
            }
            if !left {
                break;
            }
        }
        done.organizations += 1;
        Ok(())
    }

    async fn deks_now(&self, organization: OrganizationId) -> Result<Vec<keys::WrappedDek>, Error> {
        let mut conn = self.db.read().await?;
        Ok(keys::list(&mut conn, organization).await?)
    }

    /// Seals every record of the organization anew that is not under this key. Returns how many.
    async fn reseal_all(
        &self,
        organization: OrganizationId,
        dek: u32,
        batch: i64,
        before: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64, Error> {
        let newest = self.dek(organization, dek).await?;
        let mut done = 0_u64;
        for column in &sealed::COLUMNS {
            let mut fruitless = 0_u32;
            loop {
                let records = {
                    let mut conn = self.db.read().await?;
                    sealed::outdated(&mut conn, column, organization, dek, batch).await?
                };
                if records.is_empty() {
                    break;
                }
                let mut anew = Vec::new();
                for record in records {
                    let sealed = self.reseal(organization, &newest, &record).await?;
                    anew.push((record, sealed));
                }
                let mut changed = 0_u64;
                let mut tx = self.db.write().await?;
                for (record, sealed) in anew {
                    let replaced = sealed::replace(&mut tx, column, organization, &record, sealed).await?;
                    changed += u64::from(replaced);
                }
                watch.at(before.saturating_add(done), 0);
                tx.commit().await?;
                done += changed;
                watch.at(before.saturating_add(done), 0);
                fruitless = if changed == 0 { fruitless + 1 } else { 0 };
                if fruitless > FRUITLESS {
                    let table = column.table;
                    return Err(Error::Vault(format!("{table} is written to all the time: try again later")));
                }
            }
        }
        Ok(done)
    }

    /// Opens one record and seals it anew in its place; the value does not leave this function.
    async fn reseal(
        &self,
        organization: OrganizationId,
        newest: &Dek,
        record: &Record,
    ) -> Result<Vec<u8>, Error> {
        let place = Context {
            organization: organization.to_string(),
            integration: record.integration.clone(),
            field: record.field.clone(),
            version: number(record.version)?,
            purpose: record.purpose.clone(),
        };
        let here = |error: &dyn std::fmt::Display| {
            Error::Vault(format!(
                "{} ({}) of {} in {organization}: {error}. Set it anew or delete its integration, then go on",
                record.field, record.purpose, record.integration
            ))
        };
        let id = kontor_vault::dek_id(&record.record).map_err(|error| here(&error))?;
        let older = self.dek(organization, id).await?;
        let value = kontor_vault::open(&older, &place, &record.record).map_err(|error| here(&error))?;
        kontor_vault::seal(newest, &place, &value, self.ambient.entropy()).map_err(vault)
    }

    /// Destroys a key that no record names. None when a record does; false when it was gone already.
    async fn destroy_unused(
        &self,
        organization: OrganizationId,
        id: u32,
        watch: &mut dyn Watch,
    ) -> Result<Option<bool>, Error> {
        let mut tx = self.db.write().await?;
        // Whoever seals under it holds it until what was sealed can be seen below.
        if !keys::lock(&mut tx, organization, i64::from(id)).await? {
            return Ok(Some(false));
        }
        if sealed::under(&mut tx, organization, id).await? > 0 {
            return Ok(None);
        }
        keys::delete(&mut tx, organization, i64::from(id)).await?;
        watch.at(0, 0);
        tx.commit().await?;
        watch.at(0, 0);
        self.credentials.keyring().remove(&organization.to_string(), id);
        Ok(Some(true))
    }
}
