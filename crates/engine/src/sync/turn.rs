//! One integration's turn: what it needs to work, and the order of the work.
//!
//! Owns the connection, the company's ways and the gate for as long as a turn lasts. Refuses to go on when somebody else
//! has taken the turn over.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::{
    Currency,
    ids::OrganizationId,
    sync::{Failure, State},
};
use kontor_providers::{
    Accounting, BooksError, Connection,
    books::{Books, Class, Company, Kind, Mapping, Patient},
};
use kontor_store::{
    Conn,
    integrations::Integration,
    sync::{self, Sync, inbox, links},
};
use serde_json::json;

use super::LEASE;
use crate::{Actor, Engine, Error, credentials::Opened, hosted::schedule};

/// How long one turn works before the next integration is served.
const TURN: Duration = Duration::from_secs(30);
/// The longest that a call waits at the gate; who waits longer ends the turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// What it is for, where the access token is opened.
const WHY: &str = "sync";

/// Why a turn did not come to its end.
#[derive(Debug)]
pub enum Halt {
    /// The books, for all that there is to do.
    Books(BooksError),
    /// The books may not be asked for so long.
    Pace(Duration),
    /// Somebody else has the turn by now.
    Lost,
    /// Ours.
    Engine(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<kontor_store::Error> for Halt {
    fn from(error: kontor_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Halt {
    /// A failure that holds for everything, or for nothing but the question that was asked.
    pub(super) fn of(error: BooksError) -> Self {
        match (error.class, error.retry_after) {
            (Class::Throttled, Some(wait)) => Self::Pace(wait),
            _ => Self::Books(error),
        }
    }
}

/// What a turn works with.
pub(super) struct Turn<'a> {
    pub(super) engine: &'a Arc<Engine>,
    pub(super) organization: OrganizationId,
    pub(super) integration: &'a Integration,
    pub(super) accounting: &'a dyn Accounting,
    pub(super) mapping: Mapping,
    /// How the company keeps its books; read when something is to be written.
    pub(super) company: Option<Company>,
    pub(super) home: Currency,
    pub(super) sync: &'a Sync,
    opened: Opened,
    gate: Patient,
    owner: &'a str,
    ends_at: Timestamp,
}

impl Turn<'_> {
    pub(super) fn connection(&self) -> Connection<'_> {
        self.opened.connection()
    }

    pub(super) fn books<'b>(&'b self, connection: &'b Connection<'b>) -> Books<'b> {
        Books { connection, home: self.home, gate: &self.gate }
    }

    /// Without what the books repeat of our secrets.
    pub(super) fn hidden(&self, error: BooksError) -> BooksError {
        error.without(&self.opened.all())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.ambient.now()
    }

    /// Whether it is the next one's turn, or a person has everything wait by now.
    pub(super) async fn is_over(&self) -> Result<bool, Halt> {
        Ok(self.now() >= self.ends_at || self.state().await?.paused_at.is_some())
    }

    /// Says that the turn goes on, in a transaction that writes down what is sent next.
    pub(super) async fn hold(&self, conn: &mut Conn) -> Result<(), Halt> {
        let now = self.now();
        let until = schedule::after(now, LEASE);
        if sync::hold(conn, self.sync, self.owner, now, until).await? { Ok(()) } else { Err(Halt::Lost) }
    }

    /// What something there is of ours.
    pub(super) async fn pair(&self, kind: Kind, id: &str) -> Result<Option<links::Link>, Halt> {
        let mut conn = self.engine.db.read().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        Ok(links::of_remote(&mut conn, organization, integration, kind.as_str(), id).await?)
    }

    /// How the company keeps its books, read once a turn.
    pub(super) async fn company(&mut self) -> Result<Company, Halt> {
        if let Some(company) = &self.company {
            return Ok(company.clone());
        }
        let connection = self.opened.connection();
        let read = self.accounting.company(&connection, &self.gate).await;
        let company = read.map_err(|error| Halt::of(self.hidden(error)))?;
        self.home = company.home_currency;
        self.engine.companies.remember(self.integration.id, company.home_currency);
        self.company = Some(company.clone());
        Ok(company)
    }
}

impl Engine {
    /// Works for an integration. Returns when it is its turn again.
    pub(super) async fn sync_turn(
        self: &Arc<Self>,
        sync: &mut Sync,
        integration: &Integration,
        owner: &str,
    ) -> Result<Timestamp, Halt> {
        let was_held = sync.held.clone();
        let refused = was_held.as_ref().is_some_and(|it| it.code == Class::Unauthorized.as_str());
        let worked = match self.work(sync, integration, owner, None).await {
            // A token that is not taken: another one, once.
            Err((Halt::Books(error), Some(version))) if error.class == Class::Unauthorized && !refused => {
                self.work(sync, integration, owner, Some(version)).await
            }
            worked => worked,
        };
        let worked = worked.map_err(|(halt, _)| halt);
        self.tell_held(sync.organization, integration, was_held.as_ref(), worked.as_ref().err()).await?;
        worked
    }

    async fn work(
        self: &Arc<Self>,
        sync: &mut Sync,
        integration: &Integration,
        owner: &str,
        refused: Option<i64>,
    ) -> Result<Timestamp, (Halt, Option<i64>)> {
        let organization = sync.organization;
        let none = |halt: Halt| (halt, None);
        let provider = self.registry.get(&integration.provider);
        let accounting = provider.as_ref().and_then(|it| it.accounting());
        let accounting = accounting.ok_or_else(|| none(Error::NotConnected.into()))?;
        let mapping = accounting.mapping(&integration.configuration);
        let ends_at = schedule::after(self.ambient.now(), TURN);
        let planned = self.plan_sync(sync, &mapping).await.map_err(none)?;
        if planned && let Some(next) = self.idle_until(sync).await.map_err(none)? {
            // Nobody is asked, and no secret opened, for nothing.
            return Ok(next);
        }
        let actor = Actor::system();
        let opened = self.open_connection(organization, integration, &actor, WHY).await;
        let (mut opened, mut version) = opened.map_err(|error| none(error.into()))?;
        if let Some(refused) = refused {
            let instead = self.access_token_instead(organization, integration.id, refused, &actor, WHY).await;
            let access = instead.map_err(|error| none(error.into()))?;
            (opened.access_token, version) = (Some(access.token), Some(access.version));
        }
        let company = accounting.company_id(&opened.connection());
        let company = company.ok_or_else(|| none(Error::NotConnected.into()))?;
        if company != sync.company {
            self.meet_company(sync, &company).await.map_err(none)?;
        }
        let gate = self.registry.books_pace().gate(&company, accounting.limits());
        let home = self.companies.home(integration.id);
        let mut turn = Turn {
            engine: self,
            organization,
            integration,
            accounting,
            mapping,
            company: None,
            home: home.unwrap_or(Currency::USD),
            sync,
            opened,
            gate: gate.patient(PATIENCE),
            owner,
            ends_at,
        };
        turn.go(home.is_none(), planned).await.map_err(|halt| (halt, version))
    }

    /// When there is something to do for an integration next; none where that is now.
    async fn idle_until(&self, it: &Sync) -> Result<Option<Timestamp>, Halt> {
        let (organization, integration) = (it.organization, it.integration);
        let mut conn = self.db.read().await?;
        let state = sync::get(&mut conn, organization, integration).await?.ok_or(Halt::Lost)?;
        let open = links::next_due(&mut conn, organization, integration).await?;
        let (_, noticed) = inbox::waiting(&mut conn, organization, integration).await?;
        let all = [
            Some(self.polls_at(&state)),
            Some(self.compares_at(&state)),
            state.comparing.map(|_| Timestamp::UNIX_EPOCH),
            open,
            noticed,
        ];
        let next = all.into_iter().flatten().min();
        Ok(next.filter(|it| *it > self.ambient.now() && !state.company.is_empty()))
    }

    /// When the books are asked for changes next.
    pub(super) fn polls_at(&self, state: &Sync) -> Timestamp {
        schedule::after(state.polled_at, self.settings.sync.poll)
    }

    /// When the whole is compared next.
    pub(super) fn compares_at(&self, state: &Sync) -> Timestamp {
        schedule::after(state.compared_at.unwrap_or(state.created_at), self.settings.sync.compare)
    }

    async fn meet_company(&self, sync: &mut Sync, company: &str) -> Result<(), Halt> {
        let mut tx = self.db.write().await?;
        sync::meet(&mut tx, sync, company, self.ambient.now()).await?;
        tx.commit_at("sync.meet").await?;
        let mut conn = self.db.read().await?;
        let met = sync::get(&mut conn, sync.organization, sync.integration).await?;
        *sync = met.ok_or(Halt::Lost)?;
        Ok(())
    }

    /// Tells that everything waits, or does not any more.
    async fn tell_held(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        before: Option<&Failure>,
        halt: Option<&Halt>,
    ) -> Result<(), Halt> {
        let subject = integration.id.to_string();
        let stopped = match halt {
            Some(Halt::Books(error)) if error.class.stops_the_connection() => Some(error),
            _ => None,
        };
        let resumed = before.is_some() && halt.is_none();
        // Most turns have nothing to tell, and nobody is kept from writing for that.
        let Some(error) = stopped.filter(|_| before.is_none()) else {
            if resumed {
                let mut tx = self.db.write().await?;
                let data = json!({ "provider": integration.provider });
                self.tell(&mut tx, organization, "sync.resumed", &subject, &data).await?;
                tx.commit_at("sync.told").await?;
            }
            return Ok(());
        };
        let data = json!({
            "provider": integration.provider, "code": error.class.as_str(),
            "message": error.what, "advice": error.advice,
        });
        let mut tx = self.db.write().await?;
        self.alert(&mut tx, organization, "sync_held", &subject, &data).await?;
        Ok(tx.commit_at("sync.told").await?)
    }
}

impl Turn<'_> {
    /// The work, in its order: what happened here, what was sent and not answered, what is to be written, and then what
    /// happened there.
    async fn go(&mut self, is_new: bool, planned: bool) -> Result<Timestamp, Halt> {
        if is_new {
            self.company().await?;
        }
        self.find_lost().await?;
        let pushed = self.push().await?;
        let pulled = self.pull().await?;
        let now = self.now();
        if !(planned && pushed && pulled) {
            return Ok(now);
        }
        Ok(self.engine.idle_until(self.sync).await?.unwrap_or(now))
    }

    /// A record as somebody left it, for a state that is waited in.
    pub(super) fn later(&self, it: &mut links::Link, failure: Failure, pause: Duration) {
        it.state = State::Waiting;
        it.failure = Some(failure);
        it.due_at = schedule::after(self.now(), pause);
    }
}
