//! What is written down of a run: days, differences, batches. Each function is one transaction, or a part of one.

use std::collections::BTreeSet;

use jiff::civil::Date;
use kontor_domain::{
    Id,
    ids::OrganizationId,
    reconciliation::{DayStatus, Days, Status},
};
use kontor_providers::{ProviderError, ProviderTransaction, TransactionState};
use kontor_store::{
    Conn,
    integrations::Integration,
    reconciliation::{
        self, Day, batches,
        differences::{self, Difference, Facts},
    },
};
use serde_json::{Value, json};

use super::{
    compare::{Compared, Whose},
    gather::{Seen, Theirs, day_of_batch},
};
use crate::{Actor, Engine, Error};

/// The most alerts of one run that name their difference; one more counts the rest.
const MAX_ALERTS: usize = 20;
/// How a difference ends that is not there any more.
const AGREES: &str = "Both sides agree now.";
const ALERT: &str = "reconciliation.difference";

impl Engine {
    /// Writes down what a run saw. Returns how many differences of its days are open.
    pub(super) async fn record_days(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        days: Days,
        seen: Seen,
    ) -> Result<usize, Error> {
        let Seen { theirs, compared } = seen;
        let mut tx = self.db.write().await?;
        let before = differences::open_of(&mut tx, organization, integration.id, days).await?;
        let mut news = Vec::new();
        for facts in &compared.differences {
            let (it, is_new) = self.note(&mut tx, organization, integration, facts).await?;
            if is_new {
                news.push(it);
            }
        }
        let there: BTreeSet<&str> = compared.differences.iter().map(|it| it.subject.as_str()).collect();
        for it in before.into_iter().filter(|it| !there.contains(it.facts.subject.as_str())) {
            self.end_difference(&mut tx, organization, it, Status::Resolved, &Actor::system(), AGREES)
                .await?;
        }
        self.tell_differences(&mut tx, organization, &news).await?;
        let open = differences::open_of(&mut tx, organization, integration.id, days).await?;
        let differing: BTreeSet<Date> = open.iter().map(|it| it.facts.day).collect();
        for day in days.all() {
            let status = if differing.contains(&day) { DayStatus::Differs } else { DayStatus::Reconciled };
            let row = self.day(integration, day, status, &compared);
            reconciliation::put_day(&mut tx, organization, &row).await?;
        }
        self.record_batches(&mut tx, organization, integration, &theirs, &compared).await?;
        let data = json!({
            "provider": integration.provider, "from": days.from(), "to": days.to(), "openDifferences": open.len(),
        });
        self.tell(&mut tx, organization, "reconciliation.ran", &integration.id.to_string(), &data).await?;
        tx.commit_at("reconcile.days").await?;
        Ok(open.len())
    }

    fn day(&self, integration: &Integration, day: Date, status: DayStatus, compared: &Compared) -> Day {
        let figures = compared.days.get(&day);
        Day {
            integration: integration.id,
            provider: integration.provider.clone(),
            day,
            status,
            reason: None,
            sums: figures.map(|it| it.sums.values().cloned().collect()).unwrap_or_default(),
            unfinished: figures.map_or(0, |it| it.unfinished),
            checked_at: self.ambient.now(),
        }
    }

    /// A provider that could not tell: no day of them is agreed.
    pub(super) async fn record_not_reconciled(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        days: Days,
        error: &ProviderError,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        for day in days.all() {
            let row = self.day(integration, day, DayStatus::NotReconciled, &Compared::default());
            let row = Day { reason: Some(error.to_string()), ..row };
            reconciliation::put_day(&mut tx, organization, &row).await?;
        }
        let data = json!({
            "provider": integration.provider, "from": days.from(), "to": days.to(), "reason": error.to_string(),
        });
        let subject = integration.id.to_string();
        self.tell(&mut tx, organization, "reconciliation.failed", &subject, &data).await?;
        Ok(tx.commit_at("reconcile.failed").await?)
    }

    /// Writes a difference down, in the caller's transaction. Whether somebody has to be told of it: one that is new, or
    /// that was over, or accepted as something else.
    pub(super) async fn note(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        facts: &Facts,
    ) -> Result<(Difference, bool), Error> {
        let now = self.ambient.now();
        let known = differences::about(conn, organization, integration.id, &facts.subject).await?;
        let mut it = known.clone().unwrap_or_else(|| Difference {
            id: Id::new(&self.ambient),
            integration: integration.id,
            provider: integration.provider.clone(),
            facts: facts.clone(),
            status: Status::Open,
            first_seen_at: now,
            last_seen_at: now,
            ended_at: None,
            ended_by: None,
            ended_how: None,
            version: 1,
        });
        let stays = match known.as_ref().map(|it| it.status) {
            None | Some(Status::Resolved) => false,
            Some(Status::Open) => true,
            Some(Status::Accepted) => same(&it.facts, facts),
        };
        if !stays {
            it.status = Status::Open;
            (it.ended_at, it.ended_by, it.ended_how) = (None, None, None);
        }
        it.facts = facts.clone();
        it.last_seen_at = now;
        differences::put(conn, organization, &it).await?;
        Ok((it, !stays))
    }

    /// Tells of new differences, in the caller's transaction.
    pub(super) async fn tell_differences(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        news: &[Difference],
    ) -> Result<(), Error> {
        for it in news.iter().take(MAX_ALERTS) {
            self.alert(conn, organization, ALERT, &it.id.to_string(), &facts_of(it)).await?;
        }
        if let Some(more) = news.len().checked_sub(MAX_ALERTS).filter(|more| *more > 0)
            && let Some(last) = news.last()
        {
            let data = json!({ "more": more, "provider": last.provider });
            self.alert(conn, organization, ALERT, &last.integration.to_string(), &data).await?;
        }
        Ok(())
    }

    /// Ends a difference, in the caller's transaction.
    pub(super) async fn end_difference(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        mut it: Difference,
        status: Status,
        actor: &Actor,
        how: &str,
    ) -> Result<Difference, Error> {
        it.status = status;
        it.ended_at = Some(self.ambient.now());
        it.ended_by = Some(actor.name.clone());
        it.ended_how = Some(how.to_owned());
        differences::put(conn, organization, &it).await?;
        it.version = it.version.saturating_add(1);
        let kind =
            if status == Status::Accepted { "reconciliation.accepted" } else { "reconciliation.resolved" };
        let mut data = facts_of(&it);
        if let Value::Object(data) = &mut data {
            data.insert("how".to_owned(), Value::from(how));
        }
        self.tell(conn, organization, kind, &it.id.to_string(), &data).await?;
        Ok(it)
    }

    async fn record_batches(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        theirs: &Theirs,
        compared: &Compared,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        for it in &theirs.batches {
            let row = batches::Batch {
                integration: integration.id,
                provider: integration.provider.clone(),
                id: it.id.clone(),
                day: day_of_batch(it),
                settled_at: it.settled_at,
                charged: it.charged,
                refunded: it.refunded,
                complete: it.complete,
            };
            batches::put(conn, organization, &row, now).await?;
        }
        let settled = |it: &ProviderTransaction| {
            let batch = it.batch_id.clone().filter(|_| it.state == TransactionState::Settled)?;
            let at = theirs.batches.iter().find(|known| known.id == batch).and_then(|it| it.settled_at);
            Some((batch, at))
        };
        for (it, whose) in theirs.transactions.iter().zip(&compared.owners) {
            let (Some((batch, at)), Some(whose)) = (settled(it), whose) else { continue };
            match whose {
                Whose::Payment(id) => batches::settle_payment(conn, organization, *id, &batch, at).await?,
                Whose::Refund(id, _) => batches::settle_refund(conn, organization, *id, &batch, at).await?,
            }
        }
        Ok(())
    }
}

/// Whether a difference is still the one that somebody accepted.
fn same(one: &Facts, other: &Facts) -> bool {
    let what = |it: &Facts| (it.kind, it.amount_here, it.amount_there, it.transaction.clone(), it.payment);
    what(one) == what(other)
}

/// What every event of a difference says.
fn facts_of(it: &Difference) -> Value {
    json!({
        "differenceId": it.id,
        "kind": it.facts.kind.as_str(),
        "day": it.facts.day,
        "provider": it.provider,
        "integrationId": it.integration,
        "paymentId": it.facts.payment,
        "refundId": it.facts.refund,
        "providerTransactionId": it.facts.transaction,
        "amountHere": it.facts.amount_here.map(|it| it.to_string()),
        "amountThere": it.facts.amount_there.map(|it| it.to_string()),
        "stateHere": it.facts.state_here,
        "stateThere": it.facts.state_there,
    })
}
