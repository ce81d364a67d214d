//! Express' record of transactions, by page, reference, id or time (worldpay-express.md §3.14).
//!
//! A time is asked about day by day, so that no answer grows without an end. Batches are put together from their
//! transactions: Express has no list of them.

use std::collections::BTreeMap;

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
/// The most days that may be asked about at once.
const MAX_DAYS: usize = 93;

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
        let mut all: Vec<ProviderTransaction> = Vec::new();
        for day in days(within)? {
            let found = self.ask(connection, &Asked::Within(day)).await?;
            // The moment between two days is in both.
            let new = found.into_iter().filter(|it| !all.iter().rev().any(|known| known.id == it.id));
            let new: Vec<_> = new.collect();
            all.extend(new);
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
        let mut all = Vec::new();
        for day in days(batch.within)? {
            all.extend(self.ask(connection, &Asked::Batch(&batch.id, day)).await?);
        }
        all.dedup_by(|one, two| one.id == two.id);
        Ok(all)
    }
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
    let nothing = Money::zero(Currency::USD);
    let summed = |sum: Option<Money>, more: Option<Money>| {
        let sum = sum.unwrap_or(nothing).plus(more.unwrap_or(nothing));
        sum.map(Some).map_err(|_| ProviderError::nonsense("a batch's sum is too large"))
    };
    for it in found {
        let Some(id) = it.batch_id.as_deref() else { continue };
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
    Ok(order.into_iter().filter_map(|id| batches.remove(id)).filter(settled).collect())
}

#[cfg(test)]
mod tests;
