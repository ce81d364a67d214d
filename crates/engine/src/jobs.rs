//! The sweep: takes due jobs up, links events into their chains, and forgets what is old.

use std::{sync::Arc, time::Duration};

use kontor_domain::{Id, ids::OrganizationId, ids::PaymentId};
use kontor_store::{hosted, idempotency, integrations, jobs, jobs::Job, payments};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    resolve::{EXPIRE, RESOLVE, Why},
};

/// Jobs taken up in one go, and how many of them run side by side.
const BATCH: i64 = 64;
const SIDE_BY_SIDE: usize = 8;
/// Longer than a job's calls and transactions take.
const LEASE_MARGIN: Duration = Duration::from_mins(1);
/// How often a page is closed at the provider before that is given up: the page ends by itself anyway.
const EXPIRE_TRIES: i64 = 5;
/// How long answers are kept for repeated requests (API.md §1: 24 h at least).
const KEEP_ANSWERS: Duration = Duration::from_hours(48);

impl Engine {
    /// Sweeps until `stop` says true; lets the running jobs end.
    pub async fn sweep_forever(self: Arc<Self>, owner: String, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(self.settings.sweep);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if let Err(error) = self.sweep(&owner).await {
                tracing::warn!(%error, "the sweep did not end; the next one goes on");
            }
        }
    }

    /// One sweep: every job that is due, then the chains, then the clean-up. Returns how many jobs ran.
    pub async fn sweep(self: &Arc<Self>, owner: &str) -> Result<usize, Error> {
        self.adopt_orphans().await?;
        let mut ran = 0;
        loop {
            let batch = self.claim_jobs(owner).await?;
            let full = batch.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
            ran += batch.len();
            self.run_jobs(batch).await;
            if !full {
                break;
            }
        }
        while self.link_events().await? > 0 {}
        let mut tx = self.db.write().await?;
        idempotency::purge(&mut tx, schedule::before(self.ambient.now(), KEEP_ANSWERS)).await?;
        tx.commit().await?;
        Ok(ran)
    }

    async fn claim_jobs(&self, owner: &str) -> Result<Vec<Job>, Error> {
        let now = self.ambient.now();
        let lease = schedule::after(now, self.settings.provider_timeout.saturating_add(LEASE_MARGIN));
        let mut tx = self.db.write().await?;
        let batch = jobs::claim(&mut tx, owner, now, lease, BATCH).await?;
        tx.commit().await?;
        Ok(batch)
    }

    async fn run_jobs(self: &Arc<Self>, batch: Vec<Job>) {
        let mut running = JoinSet::new();
        for job in batch {
            if running.len() >= SIDE_BY_SIDE {
                running.join_next().await;
            }
            let engine = Arc::clone(self);
            running.spawn(async move {
                let outcome = engine.run_job(&job).await;
                let result = if outcome.is_ok() { "ok" } else { "failed" };
                metrics::counter!("kontor_jobs_total", "kind" => job.kind.clone(), "result" => result).increment(1);
                if let Err(error) = outcome {
                    // The lease runs out and the job is taken up again.
                    tracing::warn!(job = %job.id, kind = job.kind, subject = job.subject, %error, "a job failed");
                }
            });
        }
        while running.join_next().await.is_some() {}
    }

    async fn run_job(&self, job: &Job) -> Result<(), Error> {
        let payment: PaymentId = job.subject.parse().map_err(|_| kontor_store::Error::Corrupt("subject"))?;
        match job.kind.as_str() {
            RESOLVE => {
                self.resolve(job.organization, payment, Why::Sweep, &Actor::system()).await.map(|_| ())
            }
            EXPIRE => self.close_page(job, payment).await,
            _ => Err(kontor_store::Error::Corrupt("kind").into()),
        }
    }

    /// Closes a page at the provider, on a best effort.
    async fn close_page(&self, job: &Job, payment: PaymentId) -> Result<(), Error> {
        let (setup, integration) = {
            let mut conn = self.db.read().await?;
            let setup = hosted::of_payment(&mut conn, job.organization, payment).await?;
            let integration = match &setup {
                Some(setup) => integrations::get(&mut conn, job.organization, setup.integration).await?,
                None => None,
            };
            (setup, integration)
        };
        let mut closed = true;
        if let (Some(setup), Some(integration)) = (setup, integration)
            && let Some(setup_id) = &setup.setup_id
            && let Some(provider) = self.registry.get(&setup.provider)
            && let Some(pages) = provider.hosted()
        {
            let actor = Actor::system();
            let opened = self.open_credentials(job.organization, &integration, &actor, "close page").await?;
            let connection = opened.connection();
            if let Err(error) = pages.expire(&connection, setup_id).await {
                tracing::info!(%payment, %error, "the provider did not close a page");
                closed = error.outcome_known && !error.retry_safe || job.attempts >= EXPIRE_TRIES;
            }
        }
        let mut tx = self.db.write().await?;
        if closed {
            jobs::remove(&mut tx, job.organization, EXPIRE, &job.subject).await?;
        } else {
            let due = schedule::after(self.ambient.now(), schedule::retry(job.attempts, &self.settings));
            self.schedule(&mut tx, job.organization, EXPIRE, payment, due).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives a job to open payments that have none.
    async fn adopt_orphans(&self) -> Result<(), Error> {
        let orphans = {
            let mut conn = self.db.read().await?;
            payments::orphans(&mut conn, BATCH).await?
        };
        for (organization, payment) in orphans {
            tracing::warn!(%payment, "an open payment had no job");
            let mut tx = self.db.write().await?;
            self.schedule(&mut tx, organization, RESOLVE, payment, self.ambient.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Adds or moves a payment's job.
    pub(crate) async fn schedule(
        &self,
        conn: &mut kontor_store::Conn,
        organization: OrganizationId,
        kind: &str,
        payment: PaymentId,
        due: jiff::Timestamp,
    ) -> Result<(), Error> {
        let id = Id::new(&self.ambient);
        Ok(jobs::schedule(conn, organization, id, kind, &payment.to_string(), due).await?)
    }
}
