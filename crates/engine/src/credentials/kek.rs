//! Rotation of the key-encryption key while others serve: stage the new one, wrap every organization's key anew under
//! it, retire the older.
//!
//! Everything that it needs to know to go on is in the database, so that it may be killed between any two steps.
//! Refuses to retire a key that anything is still under.

use kontor_store::{keks, keks::State, keys};
use serde_json::json;

use super::{Watch, keys::unreached};
use crate::{Actor, Engine, Error};

/// How often a batch may change nothing, because others changed the same keys first, before that is an error.
const FRUITLESS: u32 = 100;

impl Engine {
    /// Stages a key that is at hand.
    pub async fn stage_kek(&self, actor: &Actor, fingerprint: &str) -> Result<(), Error> {
        self.credentials.keks.get(fingerprint).await.map_err(unreached)?;
        let mut tx = self.db.write().await?;
        match keks::stage(&mut tx, fingerprint, self.ambient.now()).await {
            Err(kontor_store::Error::Conflict) => {
                return Err(Error::Vault(format!(
                    "{fingerprint} was in use here before, or another key is staged: `kontor keys status` tells"
                )));
            }
            other => other?,
        }
        self.audit(&mut tx, None, actor, "key.staged", fingerprint, &json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Brings the rotation to the staged key to its end. Returns how many keys were wrapped anew.
    pub async fn finish_kek_rotation(
        &self,
        actor: &Actor,
        batch: i64,
        watch: &mut dyn Watch,
    ) -> Result<u64, Error> {
        let staged = {
            let mut conn = self.db.read().await?;
            keks::all(&mut conn).await?.into_iter().find(|it| it.state == State::Staged)
        };
        let staged = staged.ok_or_else(|| Error::Vault("no key is staged".to_owned()))?.fingerprint;
        self.credentials.keks.get(&staged).await.map_err(unreached)?;
        let mut done = 0;
        loop {
            done += self.rewrap_all(&staged, batch, done, watch).await?;
            if self.retire_older(actor, &staged, done, watch).await? {
                return Ok(done);
            }
        }
    }

    async fn rewrap_all(
        &self,
        staged: &str,
        batch: i64,
        before: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64, Error> {
        let mut done = 0_u64;
        let mut fruitless = 0_u32;
        loop {
            let (rows, left) = {
                let mut conn = self.db.read().await?;
                let rows = keys::not_under(&mut conn, staged, batch).await?;
                let all = keys::under_each(&mut conn).await?;
                (rows, all.into_iter().filter(|(it, _)| it != staged).map(|(_, total)| total).sum::<i64>())
            };
            if rows.is_empty() {
                return Ok(done);
            }
            let total = before.saturating_add(done).saturating_add(u64::try_from(left).unwrap_or(0));
            let mut wrapped = Vec::new();
            for (organization, row) in rows {
                let dek = self.unwrapped(organization, &row).await?;
                let name = organization.to_string();
                let keks = &self.credentials.keks;
                let anew = keks.wrap(staged, &name, &dek, self.ambient.entropy()).await.map_err(unreached)?;
                wrapped.push((organization, row, anew));
            }
            let mut changed = 0_u64;
            let mut tx = self.db.write().await?;
            for (organization, row, anew) in wrapped {
                changed += u64::from(keys::rewrap(&mut tx, organization, &row, staged, &anew).await?);
            }
            watch.at(before.saturating_add(done), total);
            tx.commit().await?;
            done += changed;
            watch.at(before.saturating_add(done), total);
            fruitless = if changed == 0 { fruitless + 1 } else { 0 };
            if fruitless > FRUITLESS {
                return Err(Error::Vault("the keys are changed by something else all the time".to_owned()));
            }
        }
    }

    /// Retires the older key. False when a key was added under it meanwhile.
    async fn retire_older(
        &self,
        actor: &Actor,
        staged: &str,
        done: u64,
        watch: &mut dyn Watch,
    ) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        let known = keks::lock(&mut tx).await?;
        if !known.iter().any(|it| it.fingerprint == staged && it.state == State::Staged) {
            // Another process brought it to its end.
            return Ok(true);
        }
        if !keys::not_under(&mut tx, staged, 1).await?.is_empty() {
            return Ok(false);
        }
        keks::promote(&mut tx).await?;
        let retired: Vec<_> = known.iter().filter(|it| it.state == State::Active).collect();
        let detail = json!({ "retired": retired.first().map(|it| &it.fingerprint), "keys": done });
        self.audit(&mut tx, None, actor, "key.promoted", staged, &detail).await?;
        watch.at(done, done);
        tx.commit().await?;
        watch.at(done, done);
        Ok(true)
    }
}
