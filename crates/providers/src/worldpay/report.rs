//! Express' record of transactions, by page, reference, id or time (worldpay-express.md §3.14).
//!
//! A time is asked about day by day, and in halves where an answer is full: it may not be all there is. Batches are put
//! together from their transactions: Express has no list of them.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kontor_domain::{Currency, Money};

use super::{
    Worldpay, map,
    wire::{self, Asked},
};
use crate::{
    Batch, Connection, Lookup, ProviderError, ProviderTransaction, Reports, TransactionKind,
    TransactionState, Window, error::Fault,
};

/// The time that one question is about, at the most.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How exactly a transaction says when it was.
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// The most days that may be asked about at once.
const MAX_DAYS: usize = 93;
/// An answer of so many transactions is asked for again in halves. How many one holds is not known.
const FULL: usize = 1_000;
/// The most pieces that a day falls into.
const MAX_PIECES: usize = 256;

impl Worldpay {
    async fn ask(
        &self,
        connection: &Connection<'_>,
        asked: &Asked<'_>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let reply = self.send(connection, wire::query(connection, asked)?).await?;
        // 90 says that there is nothing.
        if reply.code() != "90" {
            map::accepted(&reply)?;
        }
        let found = reply.transactions()?;
        map::belong(&found, asked)?;
        Ok(found)
    }

    async fn day_by_day(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        self.pieces(connection, within, Asked::Within).await
    }

    /// Everything of a time, by as many questions as that takes.
    async fn pieces<'a>(
        &self,
        connection: &Connection<'_>,
        within: Window,
        asked: impl Fn(Window) -> Asked<'a> + Send + Sync,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut all: Vec<ProviderTransaction> = Vec::new();
        // The moment between two pieces is in both.
        let mut ids: HashSet<String> = HashSet::new();
        for day in days(within)? {
            let mut left = vec![day];
            for _ in 0..MAX_PIECES {
                let Some(piece) = left.pop() else { break };
                let found = self.ask(connection, &asked(piece)).await?;
                if found.len() < FULL {
                    all.extend(found.into_iter().filter(|it| ids.insert(it.id.clone())));
                    continue;
                }
                let half = middle(piece).ok_or_else(too_many)?;
                left.push(Window { from: half, to: piece.to });
                left.push(Window { from: piece.from, to: half });
            }
            if !left.is_empty() {
                return Err(too_many());
            }
        }
        Ok(all)
    }
}

#[async_trait]
impl Reports for Worldpay {
    async fn find(
        &self,
        connection: &Connection<'_>,
        by: &Lookup<'_>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let asked = match by {
            Lookup::Setup(id) => Asked::Setup(id),
            Lookup::Reference { reference, from, to } => {
                Asked::Reference(reference, Window { from: *from, to: *to })
            }
        };
        self.ask(connection, &asked).await
    }

    async fn transaction(
        &self,
        connection: &Connection<'_>,
        id: &str,
    ) -> Result<Option<ProviderTransaction>, ProviderError> {
        let mut found = self.ask(connection, &Asked::Id(id)).await?;
        if found.len() > 1 {
            return Err(ProviderError::nonsense("two transactions have the same id"));
        }
        Ok(found.pop())
    }

    async fn unsettled(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut found = self.day_by_day(connection, within).await?;
        found.retain(|it| it.state != TransactionState::Settled);
        Ok(found)
    }

    async fn batches(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<Batch>, ProviderError> {
        gathered(&self.day_by_day(connection, within).await?, within)
    }

    async fn batch(
        &self,
        connection: &Connection<'_>,
        batch: &Batch,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        self.pieces(connection, batch.within, |day| Asked::Batch(&batch.id, day)).await
    }
}

fn too_many() -> ProviderError {
    ProviderError::refused(Fault::Ours, None, "more transactions lie in this time than can be asked about")
}

/// The moment between the halves of a time; none where it is too short to be halved.
fn middle(within: Window) -> Option<Timestamp> {
    let half = within.to.duration_since(within.from).checked_div(2)?;
    (half >= SignedDuration::from_millis(1)).then(|| within.from.checked_add(half).ok()).flatten()
}

/// A time in pieces of a day.
fn days(within: Window) -> Result<Vec<Window>, ProviderError> {
    let too_long = || {
        ProviderError::refused(Fault::Ours, None, &format!("at most {MAX_DAYS} days are asked about at once"))
    };
    let mut all = Vec::new();
    let mut from = within.from;
    loop {
        let to = from.checked_add(DAY).unwrap_or(Timestamp::MAX).min(within.to);
        all.push(Window { from, to });
        if to >= within.to {
            return Ok(all);
        }
        if all.len() >= MAX_DAYS {
            return Err(too_long());
        }
        from = to;
    }
}

/// The batches that transactions settled in, in the order of their first transaction.
fn gathered(found: &[ProviderTransaction], within: Window) -> Result<Vec<Batch>, ProviderError> {
    let mut batches: BTreeMap<&str, Batch> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut times: BTreeMap<&str, Option<Window>> = BTreeMap::new();
    let nothing = Money::zero(Currency::USD);
    let summed = |sum: Option<Money>, more: Option<Money>| {
        let sum = sum.unwrap_or(nothing).plus(more.unwrap_or(nothing));
        sum.map(Some).map_err(|_| ProviderError::nonsense("a batch's sum is too large"))
    };
    for it in found {
        let Some(id) = it.batch_id.as_deref() else { continue };
        let own = it.happened_at.map(|at| Window { from: at, to: at });
        let time = times.entry(id).or_insert(own);
        *time =
            time.zip(own).map(|(all, one)| Window { from: all.from.min(one.from), to: all.to.max(one.to) });
        let batch = batches.entry(id).or_insert_with(|| {
            order.push(id);
            Batch {
                id: id.to_owned(),
                settled_at: None,
                within,
                charged: Some(nothing),
                refunded: Some(nothing),
                complete: true,
            }
        });
        let amount = it.approved.or(it.requested);
        match (&it.state, &it.kind) {
            (TransactionState::Settled, TransactionKind::Refund) => {
                batch.refunded = summed(batch.refunded, amount)?;
            }
            (TransactionState::Settled, _) => batch.charged = summed(batch.charged, amount)?,
            (TransactionState::Approved | TransactionState::Pending, kind)
                if *kind != TransactionKind::Void =>
            {
                batch.complete = false;
            }
            _ => {}
        }
    }
    // A batch in which nothing has settled is open.
    let settled = |it: &Batch| it.charged != Some(nothing) || it.refunded != Some(nothing);
    let narrowed = |id: &str| {
        let batch = batches.remove(id)?;
        // No longer than its own transactions lie apart, where each says when it was; that is told in whole seconds, and
        // the last one may be later within its own.
        let told = times.get(id).copied().flatten();
        let whole = |it: Window| Window { to: it.to.saturating_add(SECOND).unwrap_or(it.to), ..it };
        let within = told.map_or(batch.within, whole);
        Some(Batch { within, ..batch })
    };
    Ok(order.into_iter().filter_map(narrowed).filter(settled).collect())
}

#[cfg(test)]
mod tests;
