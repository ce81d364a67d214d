//! Authorize.Net's record of transactions (authorizenet.md §2.14, §6 3).
//!
//! A reference cannot be asked about: it is looked for in the list of what has not settled, then in the batches of the
//! time, and what is found is confirmed by its id. Every list is read to its end, or is an error.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{
    AuthorizeNet, map,
    reply::report as read,
    wire::{Built, Credentials, report as ask},
};
use crate::{
    Batch, Connection, Lookup, ProviderError, ProviderTransaction, Reports, TransactionState, Window,
    authorize_net::reply::Reply, error::Fault,
};

/// The most pages of one list: a hundred thousand transactions.
const MAX_PAGES: usize = 100;
/// The most pieces of a time that are asked about at once.
const MAX_PIECES: usize = 12;
/// The most batches that a reference is looked for in.
const MAX_BATCHES: usize = 400;
/// The time that one question about batches may be about: 31 days, less what days differ by.
const PIECE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which list.
#[derive(Debug, Clone, Copy)]
enum List<'a> {
    Unsettled,
    Batch(&'a str),
}

impl AuthorizeNet {
    /// Sends a question; the answer is one, and not a refusal.
    pub(super) async fn question(
        &self,
        connection: &Connection<'_>,
        build: impl FnOnce(&Credentials<'_>) -> Built + Send,
    ) -> Result<Reply, ProviderError> {
        let credentials = Credentials::of(connection)?;
        let message = build(&credentials)?;
        let reply = self.send(connection, message).await?;
        map::accepted(&reply, &credentials)?;
        Ok(reply)
    }

    /// A list, the newest first, down to what was submitted before `until`.
    async fn whole(
        &self,
        connection: &Connection<'_>,
        list: List<'_>,
        until: Option<Timestamp>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut all: Vec<ProviderTransaction> = Vec::new();
        for page in 1..=MAX_PAGES {
            let reply = self
                .question(connection, |it| match list {
                    List::Unsettled => ask::unsettled(it, page),
                    List::Batch(id) => ask::batch(it, id, page),
                })
                .await?;
            let found = read::list(&reply)?;
            let full = found.len() >= ask::PAGE;
            let older =
                |it: &ProviderTransaction| until.zip(it.happened_at).is_some_and(|(end, at)| at < end);
            let passed = found.last().is_some_and(older);
            // What comes in meanwhile moves the rest by one: the last of a page is the first of the next.
            let new: Vec<_> = found
                .into_iter()
                .filter(|it| !all.iter().rev().take(ask::PAGE).any(|known| known.id == it.id))
                .collect();
            all.extend(new);
            if !full || passed {
                return Ok(all);
            }
        }
        Err(ProviderError::nonsense("the list has no end"))
    }

    /// The transactions of a list with our reference, each confirmed.
    async fn with_reference(
        &self,
        connection: &Connection<'_>,
        list: List<'_>,
        reference: &str,
        until: Option<Timestamp>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut found = Vec::new();
        let all = self.whole(connection, list, until).await?;
        for it in all.iter().filter(|it| it.reference.as_deref() == Some(reference)) {
            let whole = self.transaction(connection, &it.id).await?;
            let whole =
                whole.ok_or_else(|| ProviderError::nonsense("a transaction is listed, and is not there"))?;
            if whole.reference.as_deref().is_some_and(|its| its != reference) {
                return Err(ProviderError::nonsense("a transaction has two references"));
            }
            found.push(ProviderTransaction { reference: Some(reference.to_owned()), ..whole });
        }
        Ok(found)
    }

    async fn batches_of(
        &self,
        connection: &Connection<'_>,
        within: Option<Window>,
    ) -> Result<Vec<Batch>, ProviderError> {
        let reply = self.question(connection, |it| ask::batches(it, within)).await?;
        let unknown = Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH };
        read::batches(&reply, within.unwrap_or(unknown))
    }

    /// In what has not settled, then in what has: a decline stays in the first list when the payment has left it.
    async fn look_for(
        &self,
        connection: &Connection<'_>,
        reference: &str,
        within: Option<Window>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let until = within.map(|it| it.from);
        let mut found = self.with_reference(connection, List::Unsettled, reference, until).await?;
        let taken = |it: &ProviderTransaction| {
            matches!(
                it.state,
                TransactionState::Approved | TransactionState::Authorized | TransactionState::Settled
            )
        };
        if !found.iter().any(taken) {
            let batches = match within {
                Some(within) => Reports::batches(self, connection, within).await?,
                // The provider's own default: the last 24 hours.
                None => self.batches_of(connection, None).await?,
            };
            if batches.len() > MAX_BATCHES {
                return Err(ProviderError::refused(Fault::Ours, None, "too many batches lie in this time"));
            }
            for batch in batches {
                let list = List::Batch(&batch.id);
                found.extend(self.with_reference(connection, list, reference, None).await?);
            }
        }
        found.sort_by_key(|it| it.happened_at);
        found.dedup_by(|one, two| one.id == two.id);
        Ok(found)
    }
}

#[async_trait]
impl Reports for AuthorizeNet {
    async fn find(
        &self,
        connection: &Connection<'_>,
        by: &Lookup<'_>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        match by {
            // A page's id is our reference; a page lives for minutes, so that a day holds what was paid on it.
            Lookup::Setup(id) => {
                let mut found = self.look_for(connection, id, None).await?;
                for it in &mut found {
                    it.setup_id = Some((*id).to_owned());
                }
                Ok(found)
            }
            Lookup::Reference { reference, from, to } => {
                self.look_for(connection, reference, Some(Window { from: *from, to: *to })).await
            }
        }
    }

    async fn transaction(
        &self,
        connection: &Connection<'_>,
        id: &str,
    ) -> Result<Option<ProviderTransaction>, ProviderError> {
        let reply = match self.question(connection, |it| ask::details(it, id)).await {
            Ok(reply) => reply,
            Err(error) if map::is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = read::details(&reply)?;
        if found.id != id {
            return Err(ProviderError::nonsense(
                "the report is about another transaction than was asked for",
            ));
        }
        Ok(Some(found))
    }

    async fn unsettled(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut found = self.whole(connection, List::Unsettled, Some(within.from)).await?;
        found.retain(|it| it.happened_at.is_none_or(|at| within.from <= at && at <= within.to));
        Ok(found)
    }

    async fn batches(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<Batch>, ProviderError> {
        let mut all: Vec<Batch> = Vec::new();
        for piece in pieces(within)? {
            let found = self.batches_of(connection, Some(piece)).await?;
            // The moment between two pieces is in both.
            let new: Vec<_> =
                found.into_iter().filter(|it| !all.iter().any(|known| known.id == it.id)).collect();
            all.extend(new);
        }
        all.sort_by_key(|it| it.settled_at);
        Ok(all)
    }

    async fn batch(
        &self,
        connection: &Connection<'_>,
        batch: &Batch,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let mut found = self.whole(connection, List::Batch(&batch.id), None).await?;
        for it in &mut found {
            it.batch_id = Some(batch.id.clone());
        }
        Ok(found)
    }
}

/// A time in pieces that may be asked about.
fn pieces(within: Window) -> Result<Vec<Window>, ProviderError> {
    let mut all = Vec::new();
    let mut from = within.from;
    loop {
        let to = from.checked_add(PIECE).unwrap_or(Timestamp::MAX).min(within.to);
        all.push(Window { from, to });
        if to >= within.to {
            return Ok(all);
        }
        if all.len() >= MAX_PIECES {
            return Err(ProviderError::refused(
                Fault::Ours,
                None,
                "at most 360 days are asked about at once",
            ));
        }
        from = to;
    }
}

#[cfg(test)]
mod tests;
