//! What happened in the books: notices, changes since the last time, and now and then the whole.
//!
//! Owns how changes are found. What they mean here is [`one`]'s. Refuses to believe a notice, which is a reason to look
//! and no more, and to call something gone before it was asked for by its id.

mod compare;
mod money;
mod one;

use std::time::Duration;

use kontor_providers::books::{Class, Kind, Object};
use kontor_store::{
    crash,
    sync::{self, inbox},
};

use super::{
    push::STAGES,
    turn::{Halt, Turn},
};
use crate::hosted::schedule;

/// Notices that are gone through in one go.
const BATCH: i64 = 50;
/// How soon something is looked at again that could not be looked at yet.
const SOON: Duration = Duration::from_secs(30);
/// The longest pause until then.
const MOST: Duration = Duration::from_hours(1);

impl Turn<'_> {
    /// Looks at what happened there. False where there is more than a turn has time for.
    pub(super) async fn pull(&mut self) -> Result<bool, Halt> {
        let state = self.state().await?;
        let now = self.now();
        if self.engine.polls_at(&state) <= now {
            self.poll(&state).await?;
        }
        // A poll may have found that the whole has to be compared.
        let comparing = self.state().await?.comparing;
        if comparing.is_some() || self.engine.compares_at(&state) <= now {
            let done = self.compare(comparing.as_deref().unwrap_or("{}")).await?;
            if !done {
                return Ok(false);
            }
        }
        self.look_at_notices().await
    }

    pub(super) async fn state(&self) -> Result<sync::Sync, Halt> {
        let mut conn = self.engine.db.read().await?;
        let state = sync::get(&mut conn, self.organization, self.integration.id).await?;
        state.ok_or(Halt::Lost)
    }

    /// Changes since the last time, by the books' own clock.
    async fn poll(&mut self, state: &sync::Sync) -> Result<(), Halt> {
        let connection = self.connection();
        let books = self.books(&connection);
        let call = self.accounting.changes(&books, &STAGES, state.changes_since, self.now());
        let changes = match crash::call("sync.changes", call).await {
            Ok(changes) => changes,
            Err(error) if error.class == Class::TooOld => return self.compare_all(state).await,
            Err(error) => return Err(Halt::of(self.hidden(error))),
        };
        if changes.cut {
            // There may be more than came: nothing is passed over, the whole is compared.
            return self.compare_all(state).await;
        }
        // Payments first: what is open of an invoice is compared with what they are here.
        let is_payment = |it: &&Object| it.kind() == Kind::Payment;
        let (payments, others): (Vec<_>, Vec<_>) = changes.objects.iter().partition(is_payment);
        for object in payments.into_iter().chain(others) {
            self.see_or_later(object).await?;
        }
        for removed in &changes.removed {
            self.notice(removed.kind, &removed.id).await?;
        }
        for unreadable in &changes.unreadable {
            if let Some(id) = &unreadable.id {
                self.notice(unreadable.kind, id).await?;
            }
        }
        let mut tx = self.engine.db.write().await?;
        sync::polled(&mut tx, self.sync, changes.until, self.now()).await?;
        Ok(tx.commit_at("sync.polled").await?)
    }

    /// Begins to compare the whole; changes are asked for from now on.
    async fn compare_all(&self, state: &sync::Sync) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        let now = self.now();
        if state.comparing.is_none() {
            sync::compare(&mut tx, self.organization, self.integration.id, Some("{}"), None).await?;
        }
        sync::polled(&mut tx, self.sync, now, now).await?;
        Ok(tx.commit_at("sync.polled").await?)
    }

    /// Looks at something now, or has it looked at by its id where that is too early.
    async fn see_or_later(&mut self, object: &Object) -> Result<(), Halt> {
        let stretch = self.engine.traffic.stretch();
        if !self.see(object).await? {
            self.look_later(object.kind(), &object.stamp().id).await?;
        }
        stretch.rest().await;
        Ok(())
    }

    /// Has something looked at by its id, where it is one of ours.
    async fn notice(&self, kind: Kind, id: &str) -> Result<(), Halt> {
        if self.pair(kind, id).await?.is_some() {
            self.look_later(kind, id).await?;
        }
        Ok(())
    }

    /// Has something looked at by its id.
    pub(super) async fn look_later(&self, kind: Kind, id: &str) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        inbox::notice(&mut tx, organization, integration, (kind.as_str(), id, None), self.now()).await?;
        Ok(tx.commit_at("sync.noticed").await?)
    }

    /// What somebody said has changed.
    async fn look_at_notices(&mut self) -> Result<bool, Halt> {
        loop {
            if self.is_over().await? {
                return Ok(false);
            }
            let mut due = {
                let mut conn = self.engine.db.read().await?;
                let (organization, integration) = (self.organization, self.integration.id);
                inbox::due(&mut conn, organization, integration, self.now(), BATCH).await?
            };
            if due.is_empty() {
                return Ok(true);
            }
            // As above: payments first.
            due.sort_by_key(|it| it.kind != Kind::Payment.as_str());
            for entry in due {
                self.look_at(&entry).await?;
            }
        }
    }

    async fn look_at(&mut self, entry: &inbox::Entry) -> Result<(), Halt> {
        let (organization, integration) = (self.organization, self.integration.id);
        let looked = match entry.kind.parse::<Kind>() {
            Ok(kind) => self.ask(kind, entry).await?,
            // A kind that an older version followed.
            Err(_) => true,
        };
        let mut tx = self.engine.db.write().await?;
        if looked {
            inbox::done(&mut tx, organization, integration, entry).await?;
        } else {
            let tries = u32::try_from(entry.attempts.clamp(0, 16)).unwrap_or(0);
            let pause = SOON.saturating_mul(2_u32.saturating_pow(tries)).min(MOST);
            inbox::later(&mut tx, organization, integration, entry, schedule::after(self.now(), pause))
                .await?;
        }
        Ok(tx.commit_at("sync.looked").await?)
    }

    /// Whether it was looked at, or there is nothing to look at.
    async fn ask(&mut self, kind: Kind, entry: &inbox::Entry) -> Result<bool, Halt> {
        if let Some(merged) = &entry.merged {
            self.merged(kind, merged, &entry.remote_id).await?;
        }
        let connection = self.connection();
        let books = self.books(&connection);
        let call = self.accounting.read(&books, kind, &entry.remote_id);
        match crash::call("sync.read", call).await {
            Ok(object) => self.see(&object).await,
            Err(error) if error.class == Class::Missing => self.removed(kind, &entry.remote_id).await,
            Err(error) => {
                let error = self.hidden(error);
                if error.class.halts() {
                    return Err(Halt::of(error));
                }
                // What can never be asked for is not asked for again; changes and comparisons find what is there.
                let never = matches!(error.class, Class::Validation | Class::Unsupported);
                if never {
                    tracing::info!(kind = %kind, %error, "what was noticed cannot be looked at");
                }
                Ok(never)
            }
        }
    }
}
