//! What a person sees of sync, and has done: run it, have it wait, try a record again, leave one as it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId, SyncLinkId},
    sync::State,
};
use kontor_providers::books::Mapping;
use kontor_store::{
    Conn, integrations,
    integrations::Integration,
    invoices, orders,
    sync::{
        self, Sync, inbox,
        links::{self, Counts, Link},
    },
};
use serde_json::json;

use super::{
    plan::{Found, slice},
    turn::Halt,
};
use crate::{Actor, Engine, Error};

/// The most orders and invoices that are looked at again at a person's word.
const MAX_AGAIN: usize = 100_000;

/// How an integration's books stand.
#[derive(Debug)]
pub struct Overview {
    /// The integration.
    pub integration: Integration,
    /// Where it stands; none before its first turn.
    pub sync: Option<Sync>,
    /// How many records stand how.
    pub counts: Counts,
    /// How much of theirs is to be looked at.
    pub noticed: i64,
    /// How many events are to be planned.
    pub unplanned: i64,
}

/// What is to be gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What changed.
    Changes,
    /// Everything there is of theirs, and of ours what is in the books or was made since then.
    Everything {
        /// Since when.
        since: Option<Timestamp>,
    },
}

impl Engine {
    /// How the books of an integration stand.
    pub async fn sync_overview(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
    ) -> Result<Overview, Error> {
        let mut conn = self.db.read().await?;
        let integration = self.kept_in_step(&mut conn, organization, integration).await?;
        let sync = sync::get(&mut conn, organization, integration.id).await?;
        let counts = links::counts(&mut conn, organization, integration.id).await?;
        let (noticed, _) = inbox::waiting(&mut conn, organization, integration.id).await?;
        let unplanned = match &sync {
            Some(it) => sync::unplanned(&mut conn, it).await?,
            None => 0,
        };
        Ok(Overview { integration, sync, counts, noticed, unplanned })
    }

    /// The integration, where it is one whose books are kept in step.
    pub async fn kept_in_step(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
    ) -> Result<Integration, Error> {
        let found = integrations::get(conn, organization, integration).await?;
        let integration = found.ok_or(Error::IntegrationNotFound)?;
        let keeps = self.registry.get(&integration.provider).is_some_and(|it| it.accounting().is_some());
        if keeps { Ok(integration) } else { Err(Error::NoBooks) }
    }

    /// Has it run now.
    pub async fn sync_run(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        scope: Scope,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let integration = self.kept_in_step(&mut tx, organization, integration).await?;
        let now = self.ambient.now();
        if !sync::ask(&mut tx, organization, integration.id, now).await? {
            return Err(Error::NotConnected);
        }
        let detail = match scope {
            Scope::Changes => json!({ "full": false }),
            Scope::Everything { since } => {
                sync::compare(&mut tx, organization, integration.id, Some("{}"), None).await?;
                self.want_again(&mut tx, organization, &integration, since).await?;
                json!({ "full": true, "since": since.map(|it| it.to_string()) })
            }
        };
        let subject = integration.id.to_string();
        self.audit(&mut tx, Some(organization), actor, "sync.run", &subject, &detail).await?;
        Ok(tx.commit_at("sync.asked").await?)
    }

    /// Everything of ours that is in the books, and what was made since.
    async fn want_again(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        since: Option<Timestamp>,
    ) -> Result<(), Error> {
        links::want_all(conn, organization, integration.id, self.ambient.now()).await?;
        let (Some(since), Some(mapping)) = (since, self.mapping_of(integration)) else { return Ok(()) };
        let wants = BTreeSet::new();
        let mut found = Found { organization, integration: integration.id, mapping: &mapping, wants };
        let edge = || Some((since, String::new()));
        let (mut after, mut seen) = (edge(), 0_usize);
        loop {
            let page = orders::list(conn, organization, &orders::Filter::default(), &slice(after)).await?;
            let Some(last) = page.rows.last() else { break };
            after = Some((last.created_at, last.id.to_string()));
            for order in &page.rows {
                found.order(conn, order.id).await.map_err(ours)?;
            }
            seen = seen.saturating_add(page.rows.len());
            if seen > MAX_AGAIN {
                return Err(Error::TooMuch(MAX_AGAIN));
            }
        }
        (after, seen) = (edge(), 0);
        loop {
            let page =
                invoices::list(conn, organization, &invoices::Filter::default(), &slice(after)).await?;
            let Some(last) = page.rows.last() else { break };
            after = Some((last.created_at, last.id.to_string()));
            for invoice in &page.rows {
                found.invoice(conn, invoice.id).await.map_err(ours)?;
            }
            seen = seen.saturating_add(page.rows.len());
            if seen > MAX_AGAIN {
                return Err(Error::TooMuch(MAX_AGAIN));
            }
        }
        let now = self.ambient.now();
        for want in &found.wants {
            links::want(conn, organization, integration.id, Id::new(&self.ambient), want, now).await?;
        }
        Ok(())
    }

    fn mapping_of(&self, integration: &Integration) -> Option<Mapping> {
        let provider = self.registry.get(&integration.provider)?;
        Some(provider.accounting()?.mapping(&integration.configuration))
    }

    /// Has it wait, or go on.
    pub async fn sync_pause(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        pause: bool,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let integration = self.kept_in_step(&mut tx, organization, integration).await?;
        let now = self.ambient.now();
        if !sync::pause(&mut tx, organization, integration.id, pause.then_some(now), now).await? {
            return Err(Error::NotConnected);
        }
        let action = if pause { "sync.paused" } else { "sync.unpaused" };
        let subject = integration.id.to_string();
        self.audit(&mut tx, Some(organization), actor, action, &subject, &json!({})).await?;
        Ok(tx.commit_at("sync.paused").await?)
    }

    /// Has a record tried again now. What is gone there is written anew.
    pub async fn sync_retry(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        record: SyncLinkId,
    ) -> Result<Link, Error> {
        self.decide(organization, integration, actor, record, "sync.retried").await
    }

    /// Leaves a record as it is: it is not written any more, and no difference of it is shown.
    pub async fn sync_dismiss(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        record: SyncLinkId,
    ) -> Result<Link, Error> {
        self.decide(organization, integration, actor, record, "sync.dismissed").await
    }

    async fn decide(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        record: SyncLinkId,
        action: &str,
    ) -> Result<Link, Error> {
        let mut tx = self.db.write().await?;
        let integration = self.kept_in_step(&mut tx, organization, integration).await?;
        let found = links::get(&mut tx, organization, integration.id, record).await?;
        let mut link = found.ok_or(Error::RecordNotFound)?;
        if !link.state.is_retryable() {
            return Err(Error::RecordState(link.state));
        }
        let now = self.ambient.now();
        if action == "sync.dismissed" {
            link.state = State::Dismissed;
            link.difference = None;
        } else {
            if link.state == State::Gone {
                (link.remote_id, link.sync_token, link.remote_number) = (None, None, None);
                (link.agreed, link.standing) = (None, None);
            }
            // Ours is written, whatever was written before.
            link.pushed_hash = None;
            link.standing = None;
            (link.state, link.due_at, link.attempts) = (State::Waiting, now, 0);
            link.difference = None;
            sync::ask(&mut tx, organization, integration.id, now).await?;
        }
        link.failure = None;
        links::put(&mut tx, organization, &link, now).await?;
        let detail = json!({ "kind": link.kind, "localId": link.local_id });
        self.audit(&mut tx, Some(organization), actor, action, &link.id.to_string(), &detail).await?;
        let link = links::get(&mut tx, organization, integration.id, record).await?;
        tx.commit_at("sync.decided").await?;
        link.ok_or(Error::RecordNotFound)
    }
}

/// Planning asks nobody but the database.
fn ours(halt: Halt) -> Error {
    match halt {
        Halt::Engine(error) => error,
        Halt::Books(_) | Halt::Pace(_) | Halt::Lost => kontor_store::Error::Corrupt("plan").into(),
    }
}
