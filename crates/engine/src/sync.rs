//! Two-way sync with a company's books.
//!
//! What is to be written follows from the chain of events, and is worked out anew from our own rows each time: a record
//! says what of ours is what of theirs, not what is to be done. Owns whose turn it is: one process works for a company at
//! a time, for a while, and then the next one is served. Refuses to change money here for anything that happened there,
//! and to send again what may have been done before it was looked for.

mod contact;
mod control;
mod desired;
mod lost;
mod paper;
mod plan;
mod pull;
mod push;
mod settle;
mod turn;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kontor_domain::{Currency, ids::IntegrationId, sync::Failure};
use kontor_store::{
    integrations::{self, Integration},
    sync::{self, Sync},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

pub use control::{Again, Decision, Overview, Scope};
pub use turn::Halt;

use crate::{Engine, Error, hosted::schedule};

/// Turns that run side by side.
const SIDE_BY_SIDE: usize = 8;
/// How long a turn holds its company without saying so: longer than any call takes.
const LEASE: Duration = Duration::from_mins(5);
/// How often it looks whether somebody asked for a turn: a notice is to be seen soon.
const LOOK: Duration = Duration::from_secs(1);
/// How long it waits before a turn's end that could not be written down is written down again.
const END_AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];
/// The longest pause after turns that failed.
const MOST_PAUSE: Duration = Duration::from_hours(1);

/// How sync goes about its work; the operator's.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How often the books are asked what changed there.
    pub poll: Duration,
    /// How long a company is left to the process that served it last, when another one would.
    pub handover: Duration,
    /// How long the books may take to do what they were sent: only then is it believed that they did not.
    pub believe: Duration,
    /// How often the whole is compared.
    pub compare: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_mins(5),
            handover: Duration::from_secs(61),
            believe: Duration::from_secs(150),
            compare: Duration::from_hours(24),
        }
    }
}

/// What is known of companies in this process.
#[derive(Default)]
pub struct Companies {
    homes: Mutex<HashMap<IntegrationId, Currency>>,
    /// Told when something is due at once.
    woken: Notify,
}

impl Companies {
    /// The most that are remembered.
    const MOST: usize = 10_000;

    fn home(&self, integration: IntegrationId) -> Option<Currency> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner).get(&integration).copied()
    }

    /// Somebody asked for a turn, and need not wait for the clock. Another process takes it up with its own.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    fn remember(&self, integration: IntegrationId, home: Currency) {
        let mut known = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.insert(integration, home);
    }
}

impl Engine {
    /// Keeps the books in step until `stop` says true; lets the turns that run end.
    pub async fn sync_forever(self: Arc<Self>, owner: String, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(self.settings.sweep.min(LOOK));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut planned = Timestamp::UNIX_EPOCH;
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.companies.woken.notified() => {}
                // Another one's may begin in its place.
                Some(_) = running.join_next() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            let now = self.ambient.now();
            let plan = schedule::after(planned, self.settings.sweep) <= now;
            if plan {
                planned = now;
            }
            if let Err(error) = self.sync_if_due(&owner, plan, &mut running).await {
                tracing::warn!(%error, "sync did not go through; the next one goes on");
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Reads first: most of the time there is nothing to do, and then nothing is written.
    async fn sync_if_due(
        self: &Arc<Self>,
        owner: &str,
        plan: bool,
        running: &mut JoinSet<()>,
    ) -> Result<(), Error> {
        let presses = plan || sync::presses(&mut *self.db.read().await?, self.ambient.now()).await?;
        if presses {
            self.begin_sync().await?;
            self.begin_turns(owner, running).await?;
        }
        Ok(())
    }

    /// Lets every integration have its turn that is due. Returns how many had one.
    pub async fn sync_due(
        self: &Arc<Self>,
        owner: &str,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, Error> {
        self.begin_sync().await?;
        let (mut ran, mut running) = (0, JoinSet::new());
        while !*stop.borrow() {
            ran += self.begin_turns(owner, &mut running).await?;
            if running.len() < SIDE_BY_SIDE {
                break;
            }
            running.join_next().await;
        }
        while running.join_next().await.is_some() {}
        Ok(ran)
    }

    /// Begins as many of the turns that are due as there is room for. Returns how many.
    async fn begin_turns(self: &Arc<Self>, owner: &str, running: &mut JoinSet<()>) -> Result<usize, Error> {
        while running.try_join_next().is_some() {}
        let mut begun = 0;
        while running.len() < SIDE_BY_SIDE {
            let Some(taken) = self.take_turn(owner).await? else { break };
            begun += 1;
            let (engine, owner) = (Arc::clone(self), owner.to_owned());
            running.spawn(async move {
                let integration = taken.integration;
                if let Err(error) = engine.run_turn(taken, &owner).await {
                    // The lease runs out and somebody takes it up again.
                    tracing::warn!(%integration, %error, "a turn of sync did not end");
                }
            });
        }
        Ok(begun)
    }

    async fn begin_sync(&self) -> Result<(), Error> {
        let now = self.ambient.now();
        let mut tx = self.db.write().await?;
        let mut changed = 0;
        for provider in self.registry.all().iter().filter(|it| it.accounting().is_some()) {
            changed += sync::begin(&mut tx, &provider.template().provider, now).await?;
        }
        changed += sync::wake(&mut tx, now).await?;
        if changed == 0 {
            return Ok(tx.rollback().await?);
        }
        Ok(tx.commit_at("sync.begin").await?)
    }

    async fn take_turn(&self, owner: &str) -> Result<Option<Sync>, Error> {
        let now = self.ambient.now();
        let claim = sync::Claim {
            owner,
            now,
            until: schedule::after(now, LEASE),
            others_before: schedule::before(now, self.settings.sync.handover),
        };
        let mut tx = self.db.write().await?;
        let taken = sync::take(&mut tx, claim).await?;
        if taken.is_some() {
            tx.commit_at("sync.turn").await?;
        } else {
            tx.rollback().await?;
        }
        Ok(taken)
    }

    async fn run_turn(self: &Arc<Self>, mut taken: Sync, owner: &str) -> Result<(), Error> {
        let since = self.ambient.now();
        let _working = self.traffic.work();
        let found = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, taken.organization, taken.integration).await?
        };
        // Deleted meanwhile, and the state with it.
        let Some(integration) = found else { return Ok(()) };
        let ended = self.sync_turn(&mut taken, &integration, owner).await;
        let result = if ended.is_ok() { "ok" } else { "halted" };
        metrics::counter!("kontor_sync_turns_total", "result" => result).increment(1);
        match ended {
            Ok(next) => {
                (taken.held, taken.attempts) = (None, 0);
                taken.due_at = next;
            }
            Err(halt) => self.halted(&mut taken, halt)?,
        }
        for pause in END_AGAIN {
            match self.end_turn(&taken, &integration, owner, since).await {
                // Nobody waits out a lease for what passes in a moment.
                Err(error) if !matches!(error, Error::Store(kontor_store::Error::Stale)) => {
                    tracing::warn!(integration = %taken.integration, %error, "a turn's end is written down again");
                    tokio::time::sleep(pause).await;
                }
                ended => return ended,
            }
        }
        self.end_turn(&taken, &integration, owner, since).await
    }

    async fn end_turn(
        &self,
        taken: &Sync,
        integration: &Integration,
        owner: &str,
        since: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        // Held before its state is, as by whoever chooses something: what they choose is seen here, or the next turn's.
        let by_now = integrations::lock(&mut tx, taken.organization, taken.integration).await?;
        sync::end(&mut tx, taken, owner, since, self.ambient.now()).await?;
        // What was chosen meanwhile this turn did not know of: what it planned without it is planned again, and what it did
        // not write for want of it is tried again.
        if by_now.is_some_and(|it| it.configuration != integration.configuration) {
            sync::plan_again(&mut tx, taken, taken.planned).await?;
            self.sync_failed_again(&mut tx, taken.organization, taken.integration).await?;
        }
        Ok(tx.commit_at("sync.end").await?)
    }

    /// What becomes of a turn that did not come to its end.
    fn halted(&self, taken: &mut Sync, halt: Halt) -> Result<(), Error> {
        let now = self.ambient.now();
        taken.attempts = taken.attempts.saturating_add(1);
        let pause = schedule::retry(taken.attempts, &self.settings).min(MOST_PAUSE);
        taken.due_at = schedule::after(now, pause);
        match halt {
            // Told by whoever keeps the connection: it is no turn's any more until it is made anew.
            Halt::Engine(Error::NotConnected | Error::NeedsReauthorization) => {}
            Halt::Engine(Error::Store(error)) => return Err(error.into()),
            Halt::Engine(error) => {
                tracing::info!(integration = %taken.integration, %error, "sync waits");
            }
            Halt::Lost => return Err(kontor_store::Error::Stale.into()),
            Halt::Pace(wait) => {
                // Nobody is at fault: so it is not counted as a failure.
                taken.attempts = 0;
                taken.due_at = schedule::after(now, wait);
            }
            Halt::Books(error) => {
                tracing::info!(integration = %taken.integration, %error, "the books have sync wait");
                if let Some(wait) = error.retry_after {
                    taken.due_at = schedule::after(now, wait);
                }
                if error.class.stops_the_connection() {
                    taken.held = Some(Failure { field: None, ..settle::failure(&error) });
                }
            }
        }
        Ok(())
    }
}
