//! What both sides know of some days: the provider's lists, our rows, and single questions about what only one side has.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kontor_domain::{
    ids::{OrganizationId, PaymentId},
    payments::Payment,
    reconciliation::{Days, Kind, day_of},
    refunds::Refund,
};
use kontor_providers::{
    Batch, Connection, Lookup, Provider, ProviderError, ProviderTransaction, Reports, TransactionKind,
    Window, error::Fault,
};
use kontor_store::{
    Conn, actions, at_provider, crash, integrations::Integration, reconciliation::differences::Facts, refunds,
};

use super::compare::{Compared, Ours, compare};
use crate::{Actor, Engine, Error, hosted::schedule};

/// How far around the days is looked: clocks and days of the provider's own differ.
const MARGIN: std::time::Duration = std::time::Duration::from_hours(24);
/// How long after its day a transaction settles, at the most.
const SETTLES: std::time::Duration = std::time::Duration::from_hours(5 * 24);
/// The most batches of one run.
const MAX_BATCHES: usize = 400;
/// The most rows of ours in one run.
const MAX_ROWS: i64 = 100_000;
/// The most transactions that are asked about one by one.
const MAX_SINGLE: usize = 200;
/// How often is compared again after single questions.
const ROUNDS: usize = 3;

/// What a provider told of some days.
pub(super) struct Theirs {
    pub(super) transactions: Vec<ProviderTransaction>,
    pub(super) batches: Vec<Batch>,
}

/// Both sides, compared.
pub(super) struct Seen {
    pub(super) theirs: Theirs,
    pub(super) compared: Compared,
}

impl Engine {
    /// Looks at both sides. The outer error is ours, the inner one the provider's.
    pub(super) async fn look(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        days: Days,
        actor: &Actor,
    ) -> Result<Result<Seen, ProviderError>, Error> {
        let provider = self.registry.get(&integration.provider);
        let Some(reports) = provider.as_deref().and_then(Provider::reports) else {
            return Ok(Err(ProviderError::misconfigured("this provider's transactions cannot be read")));
        };
        let opened = self.open_credentials(organization, integration, actor, "reconciliation").await?;
        let connection = opened.connection();
        let mut theirs = match crash::call("reconcile.list", listed(reports, &connection, days)).await {
            Ok(theirs) => theirs,
            Err(error) => return Ok(Err(opened.without(error))),
        };
        let Some(mut ours) = self.rows(organization, integration, days).await? else {
            return Ok(Err(too_many("payments and refunds are kept here for these days")));
        };
        let recent = self.recent();
        let mut asked = Asked::default();
        for _ in 0..ROUNDS {
            let compared = compare(&ours, &theirs.transactions, recent).within(days);
            let more = match asked.single(reports, &connection, &compared.differences, &mut theirs).await {
                Ok(more) => more,
                Err(error) => return Ok(Err(opened.without(error))),
            };
            let known = self.known(organization, integration, &compared.differences, &mut ours).await?;
            if !more && !known {
                break;
            }
        }
        let mut compared = compare(&ours, &theirs.transactions, recent).within(days);
        for it in &mut compared.differences {
            self.name_payment(organization, integration, &theirs.transactions, it).await?;
        }
        Ok(Ok(Seen { theirs, compared }))
    }

    /// Before when whoever is at it should have ended what is open here.
    pub(super) fn recent(&self) -> Timestamp {
        let ends = self.settings.provider_timeout.saturating_add(self.settings.resolve_after);
        schedule::before(self.ambient.now(), ends)
    }

    /// What of ours was made around the days; none where it is more than one run looks at.
    async fn rows(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        days: Days,
    ) -> Result<Option<Vec<Ours>>, Error> {
        let within = (schedule::before(days.begin(), MARGIN), schedule::after(days.end(), MARGIN));
        let mut conn = self.db.read().await?;
        let limit = MAX_ROWS.saturating_add(1);
        let payments = at_provider::payments(&mut conn, organization, integration.id, within, limit).await?;
        let refunds = at_provider::refunds(&mut conn, organization, integration.id, within, limit).await?;
        let rows = payments.len().max(refunds.len());
        if rows > usize::try_from(MAX_ROWS).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        let mut ours: Vec<Ours> = refunds.iter().filter_map(Ours::refund).collect();
        let mut of: BTreeMap<PaymentId, Vec<Refund>> = BTreeMap::new();
        for it in refunds {
            of.entry(it.payment_id).or_default().push(it);
        }
        let own = |id| of.get(&id).map(Vec::as_slice).unwrap_or_default();
        let busy = at_provider::busy(&mut conn, organization, integration.id).await?;
        ours.extend(payments.iter().map(|it| Ours::payment(it, own(it.id), busy.contains(&it.id))));
        Ok(Some(ours))
    }

    /// Looks for what seems to be missing here among all that is here: it may be of another day. Whether any was found.
    async fn known(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        differences: &[Facts],
        ours: &mut Vec<Ours>,
    ) -> Result<bool, Error> {
        let have: BTreeSet<_> = ours.iter().map(|it| it.whose).collect();
        let mut conn = self.db.read().await?;
        let mut any = false;
        for it in differences.iter().filter(|it| it.kind == Kind::MissingHere && it.payment.is_none()) {
            let (id, reference) = (it.transaction.as_deref(), it.reference.as_deref());
            let mut found = Vec::new();
            if let Some(payment) =
                at_provider::payment(&mut conn, organization, integration.id, id, reference).await?
            {
                found.push(whole(&mut conn, organization, &payment).await?);
            }
            let refund = at_provider::refund(&mut conn, organization, integration.id, id, reference).await?;
            found.extend(refund.as_ref().and_then(Ours::refund));
            for it in found {
                if !have.contains(&it.whose) && !ours.iter().any(|known| known.whose == it.whose) {
                    ours.push(it);
                    any = true;
                }
            }
        }
        Ok(any)
    }

    /// Whose payment a transaction follows on that nothing here stands for, where the provider says so.
    pub(super) async fn name_payment(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        theirs: &[ProviderTransaction],
        it: &mut Facts,
    ) -> Result<(), Error> {
        if it.kind != Kind::MissingHere || it.payment.is_some() {
            return Ok(());
        }
        let row = theirs.iter().find(|row| Some(&row.id) == it.transaction.as_ref());
        let related = row.and_then(|row| row.related_id.as_deref());
        // A refund may carry the reference of what it gives back.
        let reference = row.filter(|row| row.kind == TransactionKind::Refund).and(it.reference.as_deref());
        if related.is_none() && reference.is_none() {
            return Ok(());
        }
        let mut conn = self.db.read().await?;
        let found = at_provider::payment(&mut conn, organization, integration.id, related, reference).await?;
        it.payment = found.map(|it| it.id);
        Ok(())
    }
}

/// A payment with what was done with it.
pub(super) async fn whole(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: &Payment,
) -> Result<Ours, Error> {
    let own = refunds::of_payment(conn, organization, payment.id).await?;
    let is_busy = actions::open_of_payment(conn, organization, payment.id).await?.is_some();
    Ok(Ours::payment(payment, &own, is_busy))
}

/// What was asked about one by one.
#[derive(Default)]
struct Asked {
    done: BTreeSet<String>,
}

impl Asked {
    /// Asks about what seems to be missing on one side: a list may leave it out, or tell less than the provider knows.
    /// Whether anything came of it.
    async fn single(
        &mut self,
        reports: &dyn Reports,
        connection: &Connection<'_>,
        differences: &[Facts],
        theirs: &mut Theirs,
    ) -> Result<bool, ProviderError> {
        let mut any = false;
        for it in differences.iter().filter(|it| matches!(it.kind, Kind::MissingHere | Kind::MissingThere)) {
            if !self.done.insert(it.subject.clone()) {
                continue;
            }
            if self.done.len() > MAX_SINGLE {
                return Err(too_many("transactions are known to one side alone"));
            }
            let found = match (&it.transaction, &it.reference) {
                (Some(id), _) => reports.transaction(connection, id).await?.into_iter().collect(),
                (None, Some(reference)) => {
                    let (from, to) = around(it);
                    reports.find(connection, &Lookup::Reference { reference, from, to }).await?
                }
                (None, None) => Vec::new(),
            };
            for row in found {
                any |= theirs.learn(row);
            }
        }
        Ok(any)
    }
}

/// The days around a difference's own.
fn around(it: &Facts) -> (Timestamp, Timestamp) {
    Days::new(it.day, it.day).map_or((Timestamp::MIN, Timestamp::MAX), |day| {
        (schedule::before(day.begin(), MARGIN), schedule::after(day.end(), MARGIN))
    })
}

impl Theirs {
    /// Takes a row in, or what it tells beyond the list's. Whether that is anything new.
    fn learn(&mut self, row: ProviderTransaction) -> bool {
        let Some(known) = self.transactions.iter_mut().find(|it| it.id == row.id) else {
            self.transactions.push(row);
            return true;
        };
        // A page, and the batch of a list, are not in every answer.
        let whole = ProviderTransaction {
            batch_id: row.batch_id.clone().or_else(|| known.batch_id.clone()),
            setup_id: row.setup_id.clone().or_else(|| known.setup_id.clone()),
            ..row
        };
        let is_new = *known != whole;
        *known = whole;
        is_new
    }
}

fn too_many(what: &str) -> ProviderError {
    let words = format!("more {what} than one run looks at; reconcile fewer days at once");
    ProviderError::refused(Fault::Ours, None, &words)
}

/// The provider's own lists of some days: what has not settled, and the batches with what lies in them.
async fn listed(
    reports: &dyn Reports,
    connection: &Connection<'_>,
    days: Days,
) -> Result<Theirs, ProviderError> {
    let from = schedule::before(days.begin(), MARGIN);
    let within = Window { from, to: schedule::after(days.end(), MARGIN) };
    let settled = Window { from, to: schedule::after(days.end(), SETTLES) };
    let mut theirs =
        Theirs { transactions: Vec::new(), batches: reports.batches(connection, settled).await? };
    if theirs.batches.len() > MAX_BATCHES {
        return Err(too_many("batches settled in these days"));
    }
    // A transaction that settles meanwhile is in a batch by then: the open list first would miss it, and batches that
    // are read first would too. Both are read again where a batch closed in between.
    let mut open = reports.unsettled(connection, within).await?;
    let again = reports.batches(connection, settled).await?;
    if again.len() != theirs.batches.len() {
        theirs.batches = again;
        open = reports.unsettled(connection, within).await?;
    }
    let mut ids = BTreeSet::new();
    let mut rows = Vec::new();
    for batch in &theirs.batches {
        for it in reports.batch(connection, batch).await? {
            let batch_id = it.batch_id.clone().or_else(|| Some(batch.id.clone()));
            rows.push(ProviderTransaction { batch_id, ..it });
        }
    }
    rows.extend(open);
    rows.retain(|it| {
        let is_near = it.happened_at.is_none_or(|at| within.from <= at && at <= within.to);
        is_near && ids.insert(it.id.clone())
    });
    theirs.transactions = rows;
    Ok(theirs)
}

/// The day that a batch belongs to.
pub(super) fn day_of_batch(batch: &Batch) -> jiff::civil::Date {
    day_of(batch.settled_at.unwrap_or(batch.within.from))
}
