//! Reconciliation: our payments and refunds against the provider's own record, day by day.
//!
//! Reads at the provider and writes down what it found. Refuses to record money, to call a day agreed of which the
//! provider could not tell, and to run twice at a time for one integration.

mod compare;
mod gather;
mod one;
mod record;
mod settle;

pub use settle::{Ending, Settled};

use std::time::Duration;

use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId},
    reconciliation::{Days, MAX_DAYS, day_of},
};
use kontor_providers::ProviderError;
use kontor_store::{integrations, integrations::Integration, jobs, jobs::Job, reconciliation};

use crate::{Actor, Engine, Error, hosted::schedule};

/// The job that reconciles an integration.
pub(crate) const RECONCILE: &str = "reconcile";
/// How many days before the last one that was reconciled are looked at again: what settles late, or is found out late.
const AGAIN: i32 = 3;
/// How long a run is taken to be alive that does not say so.
const LEASE: Duration = Duration::from_secs(30);
/// How often a run says so.
const BEAT: Duration = Duration::from_secs(10);
/// Integrations that get a job in one sweep.
const BATCH: i64 = 64;

/// How a run ended.
#[derive(Debug)]
pub enum Ran {
    /// Somebody else is at it.
    Busy,
    /// The provider could not tell; the days say so.
    NotReconciled(ProviderError),
    /// It is written down; so many differences are open in these days.
    Done {
        /// How many.
        open: usize,
    },
}

impl Engine {
    /// Reconciles some days of an integration now.
    pub async fn reconcile(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        days: Days,
        actor: &Actor,
    ) -> Result<Ran, Error> {
        let found = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, integration).await?
        };
        let integration = found.ok_or(Error::IntegrationNotFound)?;
        let owner = Id::<kontor_domain::ids::Job>::new(&self.ambient).to_string();
        if !self.hold_run(organization, integration.id, &owner).await? {
            return Ok(Ran::Busy);
        }
        // Beside the work and not between its steps: one of them may take as long as the provider likes.
        let alive = async {
            let mut beat = tokio::time::interval(BEAT);
            loop {
                beat.tick().await;
                if let Err(error) = self.hold_run(organization, integration.id, &owner).await {
                    tracing::warn!(%error, "a run of reconciliation could not say that it is alive");
                }
            }
        };
        let ran = tokio::select! {
            ran = self.run_days(organization, &integration, days, actor) => ran,
            never = alive => never,
        };
        let through = matches!(ran, Ok(Ran::Done { .. })).then(|| days.to());
        let mut tx = self.db.write().await?;
        let now = self.ambient.now();
        reconciliation::release(&mut tx, organization, integration.id, &owner, through, now).await?;
        tx.commit_at("reconcile.release").await?;
        ran
    }

    async fn hold_run(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        owner: &str,
    ) -> Result<bool, Error> {
        let now = self.ambient.now();
        let until = schedule::after(now, LEASE);
        let mut tx = self.db.write().await?;
        let held = reconciliation::take(&mut tx, organization, integration, owner, now, until).await?;
        tx.commit_at("reconcile.hold").await?;
        Ok(held)
    }

    async fn run_days(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        days: Days,
        actor: &Actor,
    ) -> Result<Ran, Error> {
        match self.look(organization, integration, days, actor).await? {
            Ok(seen) => {
                let open = self.record_days(organization, integration, days, seen).await?;
                Ok(Ran::Done { open })
            }
            Err(error) => {
                self.record_not_reconciled(organization, integration, days, &error).await?;
                Ok(Ran::NotReconciled(error))
            }
        }
    }

    /// The daily run: from some days before the last one that was done, to today.
    pub(crate) async fn run_reconcile(&self, job: &Job, id: IntegrationId) -> Result<(), Error> {
        let found = {
            let mut conn = self.db.read().await?;
            let integration = integrations::get(&mut conn, job.organization, id).await?;
            let through = reconciliation::through(&mut conn, job.organization, id).await?;
            integration.filter(|it| it.is_enabled).map(|it| (it, through))
        };
        // Gone or switched off; the sweep gives it a job again when that ends.
        let Some((integration, through)) = found else { return self.reconcile_no_more(job).await };
        let able = self.registry.get(&integration.provider).is_some_and(|it| it.reports().is_some());
        let now = self.ambient.now();
        let missed = through.map_or(AGAIN, |it| missed(it, day_of(now)).saturating_add(AGAIN));
        let days = Days::before(now, missed.min(MAX_DAYS));
        let pause = if able {
            match self.reconcile(job.organization, id, days, &Actor::system()).await? {
                Ran::Done { .. } => self.settings.reconcile,
                Ran::Busy => LEASE.min(self.settings.reconcile),
                Ran::NotReconciled(error) => {
                    tracing::warn!(integration = %id, %error, "an integration could not be reconciled");
                    schedule::retry(job.attempts, &self.settings).min(self.settings.reconcile)
                }
            }
        } else {
            self.settings.reconcile
        };
        let mut tx = self.db.write().await?;
        let due = schedule::after(self.ambient.now(), pause);
        self.schedule(&mut tx, job.organization, RECONCILE, id, due).await?;
        Ok(tx.commit_at("reconcile.next").await?)
    }

    async fn reconcile_no_more(&self, job: &Job) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        jobs::finish(&mut tx, job).await?;
        Ok(tx.commit_at("reconcile.no_more").await?)
    }

    /// Gives a job to integrations that nobody reconciles. The first run is as far away as any two are apart.
    pub(crate) async fn schedule_reconciliation(&self) -> Result<(), Error> {
        let found = {
            let mut conn = self.db.read().await?;
            reconciliation::unscheduled(&mut conn, RECONCILE, BATCH).await?
        };
        if found.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        let due = schedule::after(self.ambient.now(), self.settings.reconcile);
        for (organization, integration) in found {
            self.schedule(&mut tx, organization, RECONCILE, integration, due).await?;
        }
        Ok(tx.commit_at("reconcile.scheduled").await?)
    }
}

/// How many days lie between the last one that was done and today.
fn missed(through: jiff::civil::Date, today: jiff::civil::Date) -> i32 {
    through.until(today).map_or(MAX_DAYS, |it| it.get_days()).max(0)
}
