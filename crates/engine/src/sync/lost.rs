//! Writes whose answer was lost: looked for in the books by our own key before anything is sent again.
//!
//! Owns when it is believed that nothing was done: not before the books' own time for a request is over, for what was sent
//! may still be on its way. Refuses to take "nothing found" for an answer earlier.

use kontor_domain::sync::State;
use kontor_providers::books::{Kind, Object, Which};
use kontor_store::{crash, sync::links::Link};

use super::{
    desired::Desired,
    paper::marked,
    push::{self, STAGES, Step},
    settle::seen,
    turn::{Halt, Turn},
};
use crate::hosted::schedule;

/// Pages that are looked through for what was lost; each has a thousand.
const MAX_PAGES: usize = 20;
/// How much earlier the books' clock may have been.
const BEFORE: std::time::Duration = std::time::Duration::from_mins(5);

impl Turn<'_> {
    /// Finds out about every write that was not answered.
    pub(super) async fn find_lost(&mut self) -> Result<(), Halt> {
        for kind in STAGES {
            let lost = self.due(kind, State::Sent).await?;
            if !lost.is_empty() {
                self.company().await?;
                self.find(kind, lost).await?;
            }
        }
        Ok(())
    }

    async fn find(&mut self, kind: Kind, lost: Vec<Link>) -> Result<(), Halt> {
        // What stands there is read again before it is changed, and names are taken once: both can be tried again.
        let (new, known): (Vec<Link>, Vec<Link>) =
            lost.into_iter().partition(|it| it.remote_id.is_none() && !kind.is_list_entry());
        let found = match new.iter().filter_map(|it| it.sent_at).min() {
            Some(since) => self.written_since(kind, schedule::before(since, BEFORE)).await?,
            None => Vec::new(),
        };
        let mut done = Vec::new();
        for link in known {
            done.push((again(link.clone(), self.now()), link));
        }
        for link in new {
            let is_it = |it: &&Object| note(it).is_some_and(|it| it == link.local_id);
            let next = match found.iter().find(is_it) {
                Some(object) => self.found(kind, link.clone(), object).await?,
                None => self.not_found(link.clone()),
            };
            done.push((next, link));
        }
        let mut tx = self.engine.db.write().await?;
        for (link, before) in &done {
            self.put(&mut tx, link, &(before.failure.clone(), before.difference.clone())).await?;
        }
        tx.commit_at("sync.found").await?;
        self.release().await
    }

    /// Everything of a kind that was written since.
    async fn written_since(&self, kind: Kind, since: jiff::Timestamp) -> Result<Vec<Object>, Halt> {
        let connection = self.connection();
        let books = self.books(&connection);
        let (mut all, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let call = self.accounting.page(&books, kind, Which::ChangedSince(since), after.as_deref());
            let page = crash::call("sync.look", call).await;
            let page = page.map_err(|error| Halt::of(self.hidden(error)))?;
            all.extend(page.objects);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
        // Half an answer would say that it is not there.
        Err(Halt::Pace(std::time::Duration::from_mins(1)))
    }

    /// It was done: as if it had been answered.
    async fn found(&self, kind: Kind, mut link: Link, object: &Object) -> Result<Link, Halt> {
        let company = self.company.clone().ok_or(Halt::Lost)?;
        let desired = {
            let mut conn = self.engine.db.read().await?;
            self.maker(&company).make(&mut conn, kind, &link).await?
        };
        let Desired::Is(whole) = desired else {
            // It is to be otherwise by now: looked at again, from what stands there.
            seen(&mut link, object);
            return Ok(again(link, self.now()));
        };
        let whole = *whole;
        let hash = push::hash(&whole);
        let action = kontor_providers::books::Action::Create(whole.clone());
        let mut step = Step { link, action, whole, hash };
        Self::written(&mut step, Some(object));
        if step.link.difference.take().is_some() {
            // What was sent is not what it is to be by now: it is read again, and changed.
            step.link.pushed_hash = None;
            return Ok(again(step.link, self.now()));
        }
        Ok(step.link)
    }

    /// It is not there: believed when nothing can be on its way any more.
    fn not_found(&self, mut link: Link) -> Link {
        let now = self.now();
        let sent = link.sent_at.unwrap_or(now);
        let believed = schedule::after(sent, self.engine.settings.sync.believe);
        if now >= believed {
            return again(link, now);
        }
        let pause = schedule::retry(link.attempts.saturating_add(1), &self.engine.settings);
        link.attempts = link.attempts.saturating_add(1);
        link.due_at = schedule::after(now, pause).min(believed);
        link
    }
}

/// Looked at again now, from the beginning.
fn again(mut link: Link, now: jiff::Timestamp) -> Link {
    link.state = State::Waiting;
    link.due_at = now;
    link
}

/// Our key in its note.
fn note(object: &Object) -> Option<&str> {
    match object {
        Object::Sale(it) => marked(it.private_note.as_deref()),
        Object::Payment(it) => marked(it.private_note.as_deref()),
        Object::Customer(_) | Object::Item(_) => None,
    }
}
