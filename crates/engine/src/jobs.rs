//! The sweep: takes due jobs up, and forgets what is old.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use kontor_domain::{Id, ids::OrganizationId};
use kontor_store::{
    actions, card_pages, idempotency, jobs, jobs::Job, oauth::consents, payments, refunds, secrets,
};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Actor, Engine, Error,
    actions::ACTION,
    auto_pay::{AUTO_PAY, AUTO_PLAN},
    hosted::schedule,
    integrations::REMAKE,
    oauth::{REVOKE, UPKEEP},
    payment_methods::{keep::KEEP, page::PAGE, remove::REMOVE},
    reconcile::RECONCILE,
    refunds::provider::REFUND,
    resolve::{EXPIRE, RESOLVE, Why},
    webhooks::notice::NOTICE,
};

/// Jobs taken up in one go, and how many of them run side by side.
const BATCH: i64 = 64;
const SIDE_BY_SIDE: usize = 8;
/// Longer than a job's calls and transactions take.
const LEASE_MARGIN: Duration = Duration::from_mins(1);
/// How long answers are kept for repeated requests (API.md §1: 24 h at least).
const KEEP_ANSWERS: Duration = Duration::from_hours(48);
/// How long a way to a consent is kept after its end; what comes back then is late by its own words.
const KEEP_CONSENTS: Duration = Duration::from_hours(24);

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

    /// One sweep: every job that is due, then the clean-up. Returns how many jobs ran.
    pub async fn sweep(self: &Arc<Self>, owner: &str) -> Result<usize, Error> {
        self.reload_templates().await;
        self.adopt_orphans().await?;
        self.schedule_reconciliation().await?;
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
        let mut tx = self.db.write().await?;
        idempotency::purge(&mut tx, schedule::before(self.ambient.now(), KEEP_ANSWERS)).await?;
        secrets::delete_expired(&mut tx, self.ambient.now()).await?;
        consents::purge(&mut tx, schedule::before(self.ambient.now(), KEEP_CONSENTS)).await?;
        tx.commit_at("sweep.purge").await?;
        self.forget_destroyed_keys().await?;
        Ok(ran)
    }

    async fn claim_jobs(&self, owner: &str) -> Result<Vec<Job>, Error> {
        let now = self.ambient.now();
        let lease = schedule::after(now, self.settings.provider_timeout.saturating_add(LEASE_MARGIN));
        let mut tx = self.db.write().await?;
        let batch = jobs::claim(&mut tx, owner, now, lease, BATCH).await?;
        if batch.is_empty() {
            tx.rollback().await?;
        } else {
            tx.commit_at("jobs.claim").await?;
        }
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

    /// A kind of job is its noun's: here is only who does what.
    async fn run_job(self: &Arc<Self>, job: &Job) -> Result<(), Error> {
        match job.kind.as_str() {
            RESOLVE => {
                let payment = subject(job)?;
                self.resolve(job.organization, payment, Why::Sweep, &Actor::system()).await.map(|_| ())
            }
            EXPIRE => self.close_page(job, subject(job)?).await,
            REFUND => self.drive_refund(job.organization, subject(job)?, &Actor::system()).await.map(|_| ()),
            ACTION => self.drive_action(job.organization, subject(job)?, &Actor::system()).await.map(|_| ()),
            RECONCILE => self.run_reconcile(job, subject(job)?).await,
            REMAKE => self.run_remake(job, subject(job)?).await,
            NOTICE => self.run_notice(job).await,
            AUTO_PAY => self.run_auto_pay(job, subject(job)?).await,
            AUTO_PLAN => self.run_auto_plan(job, subject(job)?).await,
            PAGE => {
                let page = subject(job)?;
                self.resolve_card_page(job.organization, page, Why::Sweep, &Actor::system()).await.map(|_| ())
            }
            KEEP => self.keep_card(job, subject(job)?).await,
            REMOVE => self.remove_card(job, subject(job)?).await,
            UPKEEP => self.run_upkeep(job, subject(job)?).await,
            REVOKE => self.run_revoke(job, subject(job)?).await,
            _ => Err(kontor_store::Error::Corrupt("kind").into()),
        }
    }

    /// Gives a job to open payments that have none.
    async fn adopt_orphans(&self) -> Result<(), Error> {
        let (orphans, refunds, actions, pages) = {
            let mut conn = self.db.read().await?;
            let payments = payments::orphans(&mut conn, BATCH).await?;
            let refunds = refunds::orphans(&mut conn, BATCH).await?;
            let actions = actions::orphans(&mut conn, BATCH).await?;
            (payments, refunds, actions, card_pages::orphans(&mut conn, BATCH).await?)
        };
        for (organization, page) in pages {
            tracing::warn!(%page, "an open page for a card had no job");
            let mut tx = self.db.write().await?;
            self.schedule(&mut tx, organization, PAGE, page, self.ambient.now()).await?;
            tx.commit_at("jobs.adopted").await?;
        }
        for (organization, action) in actions {
            tracing::warn!(%action, "an open capture or void had no job");
            let mut tx = self.db.write().await?;
            self.schedule(&mut tx, organization, ACTION, action, self.ambient.now()).await?;
            tx.commit_at("jobs.adopted").await?;
        }
        for (organization, refund) in refunds {
            tracing::warn!(%refund, "an open refund had no job");
            let mut tx = self.db.write().await?;
            self.schedule(&mut tx, organization, REFUND, refund, self.ambient.now()).await?;
            tx.commit_at("jobs.adopted").await?;
        }
        for (organization, payment) in orphans {
            tracing::warn!(%payment, "an open payment had no job");
            let mut tx = self.db.write().await?;
            self.schedule(&mut tx, organization, RESOLVE, payment, self.ambient.now()).await?;
            tx.commit_at("jobs.adopted").await?;
        }
        Ok(())
    }

    /// Adds a job about something, or moves it.
    pub(crate) async fn schedule(
        &self,
        conn: &mut kontor_store::Conn,
        organization: OrganizationId,
        kind: &str,
        subject: impl fmt::Display,
        due: jiff::Timestamp,
    ) -> Result<(), Error> {
        let id = Id::new(&self.ambient);
        Ok(jobs::schedule(conn, organization, id, kind, &subject.to_string(), due).await?)
    }
}

/// What a job is about.
fn subject<T: FromStr>(job: &Job) -> Result<T, Error> {
    job.subject.parse().map_err(|_| kontor_store::Error::Corrupt("subject").into())
}
