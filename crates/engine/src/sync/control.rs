//! What a person sees of sync, and has done: run it, have it wait, try a record again, leave one as it is.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId, SyncLinkId},
    integrations::ConnectionStatus,
    sync::{Stand, State},
};
use kontor_providers::books::Mapping;
use kontor_store::{
    Conn, integrations,
    integrations::Integration,
    invoices, orders,
    sync::{
        self, Sync, inbox,
        links::{self, Counts, Link, Want},
    },
};
use serde_json::json;

use super::{
    plan::{Found, slice},
    turn::Halt,
};
use crate::{Actor, Engine, Error};

/// The most orders, and the most invoices, that are looked at again at a person's word.
const MAX_AGAIN: usize = 10_000;

/// How an integration's books stand.
#[derive(Debug)]
pub struct Overview {
    /// The integration.
    pub integration: Integration,
    /// The whole in a word.
    pub stand: Stand,
    /// Where it stands; none before its first turn.
    pub sync: Option<Sync>,
    /// How many records stand how.
    pub counts: Counts,
    /// How much of theirs is to be looked at.
    pub noticed: i64,
    /// How many events are to be planned.
    pub unplanned: i64,
    /// How long what happened here first, and is not there yet, has waited.
    pub lag: SignedDuration,
}

/// What is to be gone through.
#[derive(Debug, Clone)]
pub enum Scope {
    /// What changed.
    Changes,
    /// Everything there is of theirs, and of ours what is in the books or is named here.
    Everything(Again),
}

/// What a person decides about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again now. What is gone there is written anew.
    Retry,
    /// It is left as it is: it is not written any more, and no difference of it is shown.
    Dismiss,
}

/// What of ours is to be gone through that may not be in the books: what was made since.
#[derive(Debug, Clone, Default)]
pub struct Again {
    since: Option<Timestamp>,
    wants: BTreeSet<Want>,
}

impl Engine {
    /// How the books of an integration stand.
    pub async fn sync_overview(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
    ) -> Result<Overview, Error> {
        let integration = self.kept_in_step(conn, organization, integration).await?;
        let sync = sync::get(conn, organization, integration.id).await?;
        let counts = links::counts(conn, organization, integration.id).await?;
        let (noticed, _) = inbox::waiting(conn, organization, integration.id).await?;
        let (unplanned, first) = match &sync {
            Some(it) => sync::unplanned(conn, it).await?,
            None => (0, None),
        };
        let now = self.ambient.now();
        let waiting = [counts.oldest, first].into_iter().flatten().min();
        let lag = waiting.map_or(SignedDuration::ZERO, |it| now.duration_since(it).max(SignedDuration::ZERO));
        let open = counts.of(State::Waiting) + counts.of(State::Sent) + noticed + unplanned;
        let stand = stand(&integration, sync.as_ref(), open, now);
        Ok(Overview { integration, stand, sync, counts, noticed, unplanned, lag })
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
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        scope: Scope,
    ) -> Result<(), Error> {
        let integration = self.kept_in_step(conn, organization, integration).await?;
        let state = self.begun(conn, organization, &integration).await?;
        match integration.connection_status {
            ConnectionStatus::Connected => {}
            ConnectionStatus::NeedsReauthorization => return Err(Error::NeedsReauthorization),
            ConnectionStatus::NotConnected | ConnectionStatus::NotRequired => {
                return Err(Error::NotConnected);
            }
        }
        if !integration.is_enabled {
            return Err(Error::IntegrationDisabled);
        }
        if state.paused_at.is_some() {
            return Err(Error::SyncPaused);
        }
        let now = self.ambient.now();
        sync::ask(conn, organization, integration.id, now).await?;
        let detail = match scope {
            Scope::Changes => json!({ "full": false }),
            Scope::Everything(again) => {
                sync::compare(conn, organization, integration.id, Some("{}"), None).await?;
                links::want_all(conn, organization, integration.id, now).await?;
                for want in &again.wants {
                    let id = Id::new(&self.ambient);
                    links::want(conn, organization, integration.id, id, want, now).await?;
                }
                match again.since {
                    Some(since) => json!({ "full": true, "since": since.to_string() }),
                    None => json!({ "full": true }),
                }
            }
        };
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, "sync.run", &subject, &detail).await
    }

    /// Its state; it begins here where nobody had time for it yet.
    async fn begun(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
    ) -> Result<Sync, Error> {
        if let Some(state) = sync::get(conn, organization, integration.id).await? {
            return Ok(state);
        }
        sync::begin(conn, &integration.provider, self.ambient.now()).await?;
        sync::get(conn, organization, integration.id).await?.ok_or(Error::NotConnected)
    }

    /// Finds what of ours was made since, to be gone through again; read before anything is written, for it may be much.
    pub async fn sync_again(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        since: Option<Timestamp>,
    ) -> Result<Again, Error> {
        let integration = self.kept_in_step(conn, organization, integration).await?;
        let (Some(since), Some(mapping)) = (since, self.mapping_of(&integration)) else {
            return Ok(Again::default());
        };
        let mut found = Found::new(organization, integration.id, &mapping);
        let edge = || Some((since, String::new()));
        let (mut after, mut seen) = (edge(), 0_usize);
        loop {
            let page = orders::list(conn, organization, &orders::Filter::default(), &slice(after)).await?;
            let Some(last) = page.rows.last() else { break };
            after = Some((last.created_at, last.id.to_string()));
            for order in &page.rows {
                found.order(conn, order.id).await.map_err(ours)?;
            }
            seen = few(seen, page.rows.len())?;
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
            seen = few(seen, page.rows.len())?;
        }
        Ok(Again { since: Some(since), wants: found.wants })
    }

    fn mapping_of(&self, integration: &Integration) -> Option<Mapping> {
        let provider = self.registry.get(&integration.provider)?;
        Some(provider.accounting()?.mapping(&integration.configuration))
    }

    /// Has it wait, or go on. Said again, it stays as it is.
    pub async fn sync_pause(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        pause: bool,
    ) -> Result<(), Error> {
        let integration = self.kept_in_step(conn, organization, integration).await?;
        let state = self.begun(conn, organization, &integration).await?;
        if state.paused_at.is_some() == pause {
            return Ok(());
        }
        let now = self.ambient.now();
        sync::pause(conn, organization, integration.id, pause.then_some(now), now).await?;
        let action = if pause { "sync.paused" } else { "sync.unpaused" };
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, action, &subject, &json!({})).await
    }

    /// Tries again what was not taken: something else was chosen, which may be what it wanted for. A turn that runs holds
    /// what was chosen before, and looks at its end whether that still stands: so its row is held here before the records
    /// are.
    pub(crate) async fn sync_failed_again(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        if sync::ask(conn, organization, integration, now).await? {
            links::failed_again(conn, organization, integration, now).await?;
        }
        Ok(())
    }

    /// Does with a record what a person decided.
    pub async fn sync_decide(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        record: SyncLinkId,
        decision: Decision,
    ) -> Result<Link, Error> {
        let integration = self.kept_in_step(conn, organization, integration).await?;
        let found = links::get(conn, organization, integration.id, record).await?;
        let mut link = found.ok_or(Error::RecordNotFound)?;
        if !link.state.is_retryable() {
            return Err(Error::RecordState(link.state));
        }
        let now = self.ambient.now();
        link.difference = None;
        let action = match decision {
            Decision::Dismiss => {
                link.state = State::Dismissed;
                "sync.dismissed"
            }
            Decision::Retry => {
                if link.state == State::Gone {
                    (link.remote_id, link.sync_token, link.remote_number) = (None, None, None);
                    link.agreed = None;
                }
                // Ours is written, whatever was written before.
                (link.pushed_hash, link.standing) = (None, None);
                (link.state, link.due_at, link.attempts) = (State::Waiting, now, 0);
                sync::ask(conn, organization, integration.id, now).await?;
                "sync.retried"
            }
        };
        link.failure = None;
        links::put(conn, organization, &link, now).await?;
        let detail = json!({ "kind": link.kind, "localId": link.local_id });
        self.audit(conn, Some(organization), actor, action, &link.id.to_string(), &detail).await?;
        let link = links::get(conn, organization, integration.id, record).await?;
        link.ok_or(Error::RecordNotFound)
    }
}

/// The whole in a word: what stands in the way first.
fn stand(integration: &Integration, sync: Option<&Sync>, open: i64, now: Timestamp) -> Stand {
    if integration.connection_status != ConnectionStatus::Connected {
        return Stand::NotConnected;
    }
    if !integration.is_enabled {
        return Stand::Disabled;
    }
    match sync {
        Some(it) if it.paused_at.is_some() => Stand::Paused,
        Some(it) if it.lease_until > now => Stand::Running,
        Some(it) if it.held.is_some() => Stand::Held,
        Some(it) if open == 0 && it.comparing.is_none() && it.last_run_at.is_some() => Stand::InStep,
        _ => Stand::Waiting,
    }
}

/// How many were seen by now, where that is not too many for one request.
fn few(seen: usize, more: usize) -> Result<usize, Error> {
    let seen = seen.saturating_add(more);
    if seen > MAX_AGAIN { Err(Error::TooMuch(MAX_AGAIN)) } else { Ok(seen) }
}

/// Planning asks nobody but the database.
fn ours(halt: Halt) -> Error {
    match halt {
        Halt::Engine(error) => error,
        Halt::Books(_) | Halt::Pace(_) | Halt::Lost => kontor_store::Error::Corrupt("plan").into(),
    }
}
