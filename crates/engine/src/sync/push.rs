//! Writing to the books: what is due, in the order in which one refers to another, many at a time.
//!
//! Each write is written down before it is sent, and what came of it after. What may have been done is never sent again
//! before it was looked for ([`super::lost`]).

use std::time::Duration;

use kontor_domain::{Id, sync::State};
use kontor_providers::{
    BooksError,
    books::{Action, Class, Company, Draft, Kind, RequestId, Written},
};
use kontor_store::{
    crash,
    sync::links::{self, Link},
};
use sha2::{Digest, Sha256};

use super::{
    desired::{self, Desired},
    turn::{Halt, Turn},
};

/// What refers to something stands after it.
pub(super) const STAGES: [Kind; 7] = [
    Kind::Customer,
    Kind::Item,
    Kind::Estimate,
    Kind::Invoice,
    Kind::Payment,
    Kind::RefundReceipt,
    Kind::CreditMemo,
];
/// How often all stages are gone through in a turn: each time, what waited for another one may go on.
const PASSES: usize = 16;
/// How long a record waits for another one that nobody finishes.
const WAIT: Duration = Duration::from_hours(6);

/// In the place of what was written: it began there, and is not written before it changes here.
pub(super) const ADOPTED: &str = "theirs";

/// A write that is about to be made.
pub(super) struct Step {
    pub(super) link: Link,
    pub(super) action: Action,
    /// What it is to be in the end, where the write is a part of that.
    pub(super) whole: Draft,
    pub(super) hash: String,
}

/// What is to be done about a record.
pub(super) enum Next {
    /// Send this.
    Send(Box<Step>),
    /// It stands so.
    Put(Box<Link>),
    /// There never was anything.
    Forget(Box<Link>),
}

/// What a draft is known by.
pub(super) fn hash(draft: &Draft) -> String {
    let digest = Sha256::digest(format!("v1 {draft:?}").as_bytes());
    data_encoding::HEXLOWER.encode(&digest)
}

impl Turn<'_> {
    /// Writes what is due. False where there is more than a turn has time for.
    pub(super) async fn push(&mut self) -> Result<bool, Halt> {
        for _ in 0..PASSES {
            let mut any = false;
            for kind in STAGES {
                loop {
                    let due = self.due(kind, State::Waiting).await?;
                    if due.is_empty() {
                        break;
                    }
                    if self.is_over().await? {
                        return Ok(false);
                    }
                    any = true;
                    self.stage(kind, due).await?;
                }
            }
            if !any {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn due(&self, kind: Kind, state: State) -> Result<Vec<Link>, Halt> {
        let most = i64::try_from(self.accounting.batch_size()).unwrap_or(1);
        let mut conn = self.engine.db.read().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        let what = (kind.as_str(), state);
        Ok(links::due(&mut conn, organization, integration, what, self.now(), most).await?)
    }

    /// One kind's records: worked out, written down, sent, written down.
    async fn stage(&mut self, kind: Kind, due: Vec<Link>) -> Result<(), Halt> {
        let company = self.company().await?;
        let (mut steps, mut settled, mut none) = (Vec::new(), Vec::new(), Vec::new());
        let mut wants = std::collections::BTreeSet::new();
        for link in due {
            let before = (link.failure.clone(), link.difference.clone());
            let stretch = self.engine.traffic.stretch();
            let desired = {
                let mut conn = self.engine.db.read().await?;
                let mut maker = self.maker(&company);
                let desired = maker.make(&mut conn, kind, &link).await?;
                wants.append(&mut desired::wants(maker));
                desired
            };
            stretch.rest().await;
            match self.next(&company, kind, link, desired).await? {
                Next::Send(step) => steps.push(*step),
                Next::Put(link) => settled.push((*link, before)),
                Next::Forget(link) => none.push(*link),
            }
        }
        let mut tx = self.engine.db.write().await?;
        self.write_wants(&mut tx, &wants).await?;
        for link in &none {
            links::forget(&mut tx, self.organization, link).await?;
        }
        for (link, before) in &settled {
            self.put(&mut tx, link, before).await?;
        }
        tx.commit_at("sync.settle").await?;
        if settled.iter().any(|(it, _)| it.state == State::Synced) {
            self.release().await?;
        }
        if steps.is_empty() { Ok(()) } else { self.send(kind, steps).await }
    }

    /// What follows from what a record is to be.
    async fn next(
        &self,
        company: &Company,
        kind: Kind,
        mut link: Link,
        desired: Desired,
    ) -> Result<Next, Halt> {
        Ok(match desired {
            Desired::Nothing if link.remote_id.is_none() => Next::Forget(Box::new(link)),
            Desired::Nothing => {
                in_step(&mut link);
                Next::Put(Box::new(link))
            }
            Desired::Waits(failure) => {
                self.later(&mut link, failure, WAIT);
                Next::Put(Box::new(link))
            }
            Desired::Unfit(failure) => {
                link.state = State::Failed;
                link.failure = Some(failure);
                Next::Put(Box::new(link))
            }
            Desired::Void => self.voiding(kind, link).await?,
            Desired::Is(draft) => {
                let hash = hash(&draft);
                match (link.remote_id.clone(), kind) {
                    (Some(id), Kind::Customer) => self.changed_customer(link, *draft, hash, &id).await?,
                    (Some(_), _)
                        if link.pushed_hash.as_deref().is_some_and(|it| it == hash || it == ADOPTED) =>
                    {
                        link.pushed_hash = Some(hash);
                        in_step(&mut link);
                        Next::Put(Box::new(link))
                    }
                    (Some(id), _) => self.changed(kind, link, *draft, hash, &id).await?,
                    (None, Kind::Item) => self.new_item(company, link, *draft, hash).await?,
                    (None, _) => self.made(company, link, *draft, hash),
                }
            }
        })
    }

    /// Something new, when it would be taken as far as anybody knows.
    pub(super) fn made(&self, company: &Company, mut link: Link, draft: Draft, hash: String) -> Next {
        if let Some(failure) = super::settle::closed(company, &draft) {
            link.state = State::Failed;
            link.failure = Some(failure);
            return Next::Put(Box::new(link));
        }
        self.checked(link, Action::Create(draft.clone()), draft, hash)
    }

    /// The intent, the call, and what came of it.
    pub(super) async fn send(&mut self, kind: Kind, steps: Vec<Step>) -> Result<(), Halt> {
        let now = self.now();
        let stretch = self.engine.traffic.stretch();
        let mut sent = Vec::with_capacity(steps.len());
        let mut tx = self.engine.db.write().await?;
        self.hold(&mut tx).await?;
        for mut step in steps {
            step.link.state = State::Sent;
            step.link.generation = step.link.generation.saturating_add(1);
            step.link.sent_at = Some(now);
            step.link.due_at = now;
            match links::put(&mut tx, self.organization, &step.link, now).await {
                Ok(()) => {
                    step.link.version = step.link.version.saturating_add(1);
                    sent.push(step);
                }
                // It was changed meanwhile, and is looked at again as it is now.
                Err(kontor_store::Error::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        tx.commit_at("sync.send").await?;
        stretch.rest().await;
        let Some(first) = sent.first() else { return Ok(()) };
        let request = request(&first.link)?;
        let actions: Vec<Action> = sent.iter().map(|it| it.action.clone()).collect();
        let connection = self.connection();
        let books = self.books(&connection);
        let results = match actions.as_slice() {
            [one] => {
                let call = self.accounting.write(&books, &request, one);
                vec![crash::call("sync.write", call).await]
            }
            many => {
                let call = self.accounting.batch(&books, &request, many);
                match crash::call("sync.write", call).await {
                    Ok(results) => results,
                    Err(error) => many.iter().map(|_| Err(error.clone())).collect(),
                }
            }
        };
        let results: Vec<Result<Written, BooksError>> =
            results.into_iter().map(|it| it.map_err(|error| self.hidden(error))).collect();
        self.record(kind, sent, results).await
    }

    async fn record(
        &mut self,
        kind: Kind,
        sent: Vec<Step>,
        results: Vec<Result<Written, BooksError>>,
    ) -> Result<(), Halt> {
        let (mut taken, mut done, mut halt) = (Vec::new(), Vec::new(), None);
        for (mut step, result) in sent.into_iter().zip(results) {
            let before = (step.link.failure.clone(), step.link.difference.clone());
            match result {
                Ok(written) => Self::written(&mut step, written.object()),
                Err(error) if matches!(error.class, Class::DuplicateName | Class::DuplicateNumber) => {
                    taken.push((step, error));
                    continue;
                }
                Err(error) => {
                    self.refused(&mut step.link, &error);
                    if error.class.halts() {
                        halt = Some(Halt::of(error));
                    }
                }
            }
            done.push((step.link, before));
        }
        let progress = done.iter().any(|(it, _)| it.state == State::Synced);
        let stretch = self.engine.traffic.stretch();
        let mut tx = self.engine.db.write().await?;
        for (link, before) in &done {
            self.put(&mut tx, link, before).await?;
        }
        tx.commit_at("sync.record").await?;
        stretch.rest().await;
        for (step, error) in taken {
            self.taken(kind, step, &error).await?;
        }
        if progress {
            self.release().await?;
        }
        halt.map_or(Ok(()), Err)
    }

    /// Lets those go on that waited for what is there now.
    pub(super) async fn release(&self) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        links::release(&mut tx, self.organization, self.integration.id, self.now()).await?;
        Ok(tx.commit_at("sync.release").await?)
    }
}

/// Nothing is to be done.
pub(super) fn in_step(link: &mut Link) {
    link.state = State::Synced;
    link.failure = None;
    link.attempts = 0;
}

/// What makes this write the same write, whoever sends it: the record and how often it was written.
fn request(link: &Link) -> Result<RequestId, Halt> {
    let id = data_encoding::HEXLOWER.encode(&Id::bytes(link.id));
    // Within 36 characters (quickbooks-online.md §2.7); so many writes of one record are no sync any more.
    let text = format!("{id}-{}", link.generation % 1_000);
    RequestId::new(&text).map_err(|_| kontor_store::Error::Corrupt("generation").into())
}
