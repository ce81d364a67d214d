//! The whole, compared: every object there is looked at, and what is a pair here and did not turn up there is asked for.
//!
//! Goes on from turn to turn. Pages are asked for by the last id, so that none is passed over, and how many came is held
//! against the books' own count (quickbooks-online.md §6 row 23).

use kontor_providers::books::{Kind, Which};
use kontor_store::{
    crash,
    sync::{self, inbox, links},
};
use serde::{Deserialize, Serialize};

use crate::sync::{
    push::STAGES,
    turn::{Halt, Turn},
};

/// Pairs that are asked for in one go.
const BATCH: i64 = 200;
/// What of a page is written down in one transaction: others want to write as well.
const SEEN: usize = 50;

/// Where it stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// When it began, microseconds since 1970; what was looked at since is there.
    began: i64,
    /// How many kinds are done.
    kinds: usize,
    /// The last id of the kind that is under way.
    after: Option<String>,
    /// How many of it came.
    came: u64,
    /// Whether it is gone through for the second time.
    again: bool,
}

impl Turn<'_> {
    /// Compares on. False where there is more than a turn has time for.
    pub(super) async fn compare(&mut self, place: &str) -> Result<bool, Halt> {
        let mut place: Place = serde_json::from_str(place).unwrap_or_default();
        if place.began == 0 {
            place.began = self.now().as_microsecond();
        }
        while let Some(kind) = STAGES.get(place.kinds).copied() {
            if self.is_over().await? {
                return Ok(false);
            }
            let page = {
                let connection = self.connection();
                let books = self.books(&connection);
                let call = self.accounting.page(&books, kind, Which::All, place.after.as_deref());
                crash::call("sync.page", call).await.map_err(|error| Halt::of(self.hidden(error)))?
            };
            let rows = page.objects.len().saturating_add(page.unreadable.len());
            place.came = place.came.saturating_add(u64::try_from(rows).unwrap_or(0));
            for object in &page.objects {
                self.see_or_later(object).await?;
            }
            let seen = page.objects.iter().map(|it| it.stamp().id.as_str());
            let seen = seen.chain(page.unreadable.iter().filter_map(|it| it.id.as_deref()));
            for ids in seen.collect::<Vec<_>>().chunks(SEEN) {
                self.looked_at(kind, ids).await?;
            }
            place.after = page.next;
            if place.after.is_none() && self.fell_short(kind, &place).await? {
                place = Place { came: 0, again: true, ..place };
            } else if place.after.is_none() {
                self.missing(kind, &place).await?;
                place = Place { kinds: place.kinds.saturating_add(1), came: 0, again: false, ..place };
            }
            self.keep(&place).await?;
        }
        let mut tx = self.engine.db.write().await?;
        sync::compare(&mut tx, self.organization, self.integration.id, None, Some(self.now())).await?;
        tx.commit_at("sync.compared").await?;
        Ok(true)
    }

    /// Whether fewer came than there are. Then all of them are asked for once more; what was added meanwhile is no more
    /// than told, since it is found among the changes.
    async fn fell_short(&self, kind: Kind, place: &Place) -> Result<bool, Halt> {
        let connection = self.connection();
        let books = self.books(&connection);
        let call = self.accounting.count(&books, kind, Which::All);
        let count = crash::call("sync.count", call).await.map_err(|error| Halt::of(self.hidden(error)))?;
        if place.came >= count {
            return Ok(false);
        }
        tracing::info!(%kind, count, came = place.came, again = place.again, "not everything there is came");
        Ok(!place.again)
    }

    async fn keep(&self, place: &Place) -> Result<(), Halt> {
        let text = serde_json::to_string(place).map_err(|_| kontor_store::Error::Corrupt("comparing"))?;
        let mut tx = self.engine.db.write().await?;
        self.hold(&mut tx).await?;
        sync::compare(&mut tx, self.organization, self.integration.id, Some(&text), None).await?;
        Ok(tx.commit_at("sync.comparing").await?)
    }

    /// So many were looked at: written down at once, for most of what stands there is nothing of ours.
    async fn looked_at(&self, kind: Kind, ids: &[&str]) -> Result<(), Halt> {
        let stretch = self.engine.traffic.stretch();
        let mut tx = self.engine.db.write().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        let mut any = false;
        for id in ids {
            any |=
                links::looked_at(&mut tx, organization, integration, (kind.as_str(), id), self.now()).await?;
        }
        if any {
            tx.commit_at("sync.seen").await?;
        } else {
            tx.rollback().await?;
        }
        stretch.rest().await;
        Ok(())
    }

    /// Pairs that did not turn up: each is asked for by its id before it is called gone.
    async fn missing(&self, kind: Kind, place: &Place) -> Result<(), Halt> {
        let (organization, integration) = (self.organization, self.integration.id);
        loop {
            let mut tx = self.engine.db.write().await?;
            let what = (kind.as_str(), place.began);
            let unseen = links::unseen(&mut tx, organization, integration, what, BATCH).await?;
            if unseen.is_empty() {
                return Ok(tx.rollback().await?);
            }
            for id in &unseen {
                inbox::notice(&mut tx, organization, integration, (kind.as_str(), id, None), self.now())
                    .await?;
                links::looked_at(&mut tx, organization, integration, (kind.as_str(), id), self.now()).await?;
            }
            tx.commit_at("sync.noticed").await?;
        }
    }
}
