//! The audit trail, and the linking of chains.
//!
//! A row says who, what, to what, from where, in which request and when. Its detail holds `fields`, the names of
//! what was changed or opened, and words, flags, counts and ids of Kontor's own. It refuses values: what a caller
//! or a provider sent is in no row, nor are the settings and secrets of an integration.

use std::{sync::Arc, time::Duration};

use kontor_domain::{Ambient, Id, ids::OrganizationId};
use kontor_store::{Conn, audit, chain, events};
use serde_json::Value;
use tokio::sync::watch;

use crate::{Actor, Engine, Error};

/// The tables whose rows are chained, with a word for the logs.
const CHAINS: [(&str, &chain::Chained); 2] = [("events", &events::CHAIN), ("audit", &audit::CHAIN)];
/// Chains that are looked for in one go.
const AT_ONCE: usize = 100;
/// Rows that are linked in one transaction: whoever commits meanwhile waits until they are on the disk.
const ROWS: i64 = 200;
/// Transactions of one chain in one go: the other chains wait for it.
const BATCHES: usize = 250;
/// Transactions in one go that make room for whoever is served. Where more wait than that, they would be more and more.
const ROOMY: usize = 10;
/// How long what was written waits for its place at most, unless more is written than can be linked.
const LINK: Duration = Duration::from_secs(1);

/// Writes an audit row in the caller's transaction.
pub async fn write(
    conn: &mut Conn,
    ambient: &Ambient,
    organization: Option<OrganizationId>,
    actor: &Actor,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), Error> {
    let detail = detail.to_string();
    let entry = audit::Entry {
        id: Id::new(ambient),
        organization,
        actor: &actor.name,
        action,
        subject,
        detail: &detail,
        address: actor.address.as_deref(),
        request: actor.request.as_deref(),
        at: ambient.now(),
    };
    Ok(audit::insert(conn, &entry).await?)
}

impl Engine {
    /// Writes an audit row in the caller's transaction.
    pub async fn audit(
        &self,
        conn: &mut Conn,
        organization: Option<OrganizationId>,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<(), Error> {
        write(conn, &self.ambient, organization, actor, action, subject, detail).await
    }

    /// Links until `stop` says true.
    pub async fn link_forever(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(self.settings.sweep.min(LINK));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if let Err(error) = self.link_chains().await {
                tracing::warn!(%error, "not everything was linked; the next time goes on");
            }
        }
    }

    /// Links what was written since the last time into each chain. Returns how many rows. What is written meanwhile
    /// waits for the next time: going on for as long as there is something would go on for as long as somebody pays.
    pub async fn link_chains(&self) -> Result<usize, Error> {
        let (mut linked, mut roomy) = (0, ROOMY);
        for (word, table) in CHAINS {
            loop {
                let (chains, rows) = self.link_some(word, table, &mut roomy).await?;
                linked += rows;
                if chains < AT_ONCE || rows == 0 {
                    break;
                }
            }
        }
        Ok(linked)
    }

    /// The same of some chains of a table. Returns how many of them had something to link, and how many rows were.
    async fn link_some(
        &self,
        word: &str,
        table: &chain::Chained,
        roomy: &mut usize,
    ) -> Result<(usize, usize), Error> {
        let waiting = {
            let mut conn = self.db.read().await?;
            let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
            chain::waiting(&mut conn, table, limit).await?
        };
        let mut linked = 0;
        for name in &waiting {
            match self.link(table, name, roomy).await {
                Ok(rows) => linked += rows,
                // One chain that was tampered with must not keep the others from being linked.
                Err(error) => {
                    tracing::error!(chain = word, organization = name, %error, "not linked: run `kontor doctor`");
                }
            }
        }
        Ok((waiting.len(), linked))
    }

    async fn link(&self, table: &chain::Chained, name: &str, roomy: &mut usize) -> Result<usize, Error> {
        let mut linked = 0;
        while *roomy > 0 {
            *roomy -= 1;
            let stretch = self.traffic.stretch();
            let rows = chain::link(&self.db, table, name, ROWS, 1).await?;
            stretch.rest().await;
            linked += rows;
            if i64::try_from(rows).unwrap_or(i64::MAX) < ROWS {
                return Ok(linked);
            }
        }
        Ok(linked + chain::link(&self.db, table, name, ROWS, BATCHES).await?)
    }
}
