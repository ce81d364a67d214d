//! One transaction, looked at again: for a difference that somebody wants to end, and for a notification.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    reconciliation::{Days, Status, day_of},
};
use kontor_providers::{Lookup, Provider, ProviderError, ProviderTransaction};
use kontor_store::{
    at_provider, crash,
    integrations::{self, Integration},
    payments,
    reconciliation::differences::{self, Facts},
    refunds,
};

use super::{
    compare::{Ours, compare},
    gather::whole,
    settle::{Looked, One},
};
use crate::{Actor, Engine, Error, hosted::schedule};

/// How far around its day something is looked for by its reference.
const AROUND: std::time::Duration = std::time::Duration::from_hours(7 * 24);

impl Engine {
    /// Asks the provider about what a difference names, and compares again.
    pub(super) async fn ask_about_one(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        facts: &Facts,
        actor: &Actor,
    ) -> Result<Looked, Error> {
        let facts = &self.as_it_is_now(organization, facts).await?;
        let rows = match self.rows_of(organization, integration, facts, actor).await? {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error)),
        };
        // A person asks: nothing is too recent to be told.
        self.compare_rows(organization, integration, rows, Some(facts), Timestamp::MAX).await.map(Ok)
    }

    /// The same, with the transaction and the reference that its payment or refund has by now.
    async fn as_it_is_now(&self, organization: OrganizationId, facts: &Facts) -> Result<Facts, Error> {
        let mut now = facts.clone();
        let mut conn = self.db.read().await?;
        let refund = match facts.refund {
            Some(id) => refunds::get(&mut conn, organization, id).await?,
            None => None,
        };
        let payment = match facts.payment.filter(|id| facts.subject == id.to_string()) {
            Some(id) => payments::get(&mut conn, organization, id).await?,
            None => None,
        };
        if let Some(it) = refund {
            (now.transaction, now.reference) = (it.provider_transaction_id, Some(it.provider_reference));
        } else if let Some(it) = payment {
            (now.transaction, now.reference) = (it.provider_transaction_id, Some(it.provider_reference));
        }
        // What was seen there, where ours has none.
        now.transaction = now.transaction.or_else(|| facts.transaction.clone());
        Ok(now)
    }

    /// The provider's rows of what a difference names.
    async fn rows_of(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        facts: &Facts,
        actor: &Actor,
    ) -> Result<Result<Vec<ProviderTransaction>, ProviderError>, Error> {
        let provider = self.registry.get(&integration.provider);
        let Some(reports) = provider.as_deref().and_then(Provider::reports) else {
            return Ok(Err(ProviderError::misconfigured("this provider's transactions cannot be read")));
        };
        let opened = self.open_credentials(organization, integration, actor, "reconciliation").await?;
        let connection = opened.connection();
        let mut rows = Vec::new();
        if let Some(id) = &facts.transaction {
            match crash::call("reconcile.ask", reports.transaction(&connection, id)).await {
                Ok(found) => rows.extend(found),
                Err(error) => return Ok(Err(opened.without(error))),
            }
        }
        if let (true, Some(reference)) = (rows.is_empty(), &facts.reference) {
            let day = Days::new(facts.day, facts.day).map_err(|_| kontor_store::Error::Corrupt("day"))?;
            let (from, to) = (schedule::before(day.begin(), AROUND), schedule::after(day.end(), AROUND));
            match reports.find(&connection, &Lookup::Reference { reference, from, to }).await {
                Ok(found) => rows.extend(found),
                Err(error) => return Ok(Err(opened.without(error))),
            }
        }
        // The row that speaks for ours has to be there too, or another of its reference would be taken for it.
        for id in self.own_rows(organization, integration, &rows).await? {
            match reports.transaction(&connection, &id).await {
                Ok(found) => rows.extend(found),
                Err(error) => return Ok(Err(opened.without(error))),
            }
        }
        Ok(Ok(rows))
    }

    /// The transactions that ours name, of the references of these rows, and that are not among them.
    async fn own_rows(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        rows: &[ProviderTransaction],
    ) -> Result<BTreeSet<String>, Error> {
        let mut own = BTreeSet::new();
        let mut conn = self.db.read().await?;
        for row in rows {
            let (of, reference) = (integration.id, row.reference.as_deref());
            let payment = at_provider::payment(&mut conn, organization, of, None, reference).await?;
            own.extend(payment.and_then(|it| it.provider_transaction_id));
            let refund = at_provider::refund(&mut conn, organization, of, None, reference).await?;
            own.extend(refund.and_then(|it| it.provider_transaction_id));
        }
        own.retain(|id| !rows.iter().any(|row| row.id == *id));
        Ok(own)
    }

    /// Compares rows with what of ours they are, and with what a difference names beside.
    async fn compare_rows(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        rows: Vec<ProviderTransaction>,
        facts: Option<&Facts>,
        recent: Timestamp,
    ) -> Result<One, Error> {
        let mut ours: Vec<Ours> = Vec::new();
        let mut add = |it: Ours| {
            if !ours.iter().any(|known| known.whose == it.whose) {
                ours.push(it);
            }
        };
        let mut conn = self.db.read().await?;
        for row in &rows {
            let (id, reference) = (Some(row.id.as_str()), row.reference.as_deref());
            let of = integration.id;
            if let Some(it) = at_provider::payment(&mut conn, organization, of, id, None).await? {
                add(whole(&mut conn, organization, &it).await?);
            }
            if let Some(it) = at_provider::payment(&mut conn, organization, of, None, reference).await? {
                add(whole(&mut conn, organization, &it).await?);
            }
            if let Some(it) = at_provider::refund(&mut conn, organization, of, id, reference).await?
                && let Some(it) = Ours::refund(&it)
            {
                add(it);
            }
        }
        if let Some(id) = facts.and_then(|it| it.refund)
            && let Some(it) = refunds::get(&mut conn, organization, id).await?.as_ref().and_then(Ours::refund)
        {
            add(it);
        } else if let Some(facts) = facts
            && let Some(id) = facts.payment.filter(|id| facts.subject == id.to_string())
            && let Some(it) = payments::get(&mut conn, organization, id).await?
        {
            add(whole(&mut conn, organization, &it).await?);
        }
        drop(conn);
        let mut differences = compare(&ours, &rows, recent).differences;
        for it in &mut differences {
            self.name_payment(organization, integration, &rows, it).await?;
        }
        Ok(One { rows, differences })
    }

    /// What a notification named, at the provider: what differs is written down at once. Nothing is recorded by it.
    pub(crate) async fn look_at_transaction(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        transaction: &str,
    ) -> Result<Option<ProviderError>, Error> {
        let found = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, integration).await?
        };
        let Some(integration) = found else { return Ok(None) };
        let asked = Facts {
            day: day_of(self.ambient.now()),
            kind: kontor_domain::reconciliation::Kind::StateDiffers,
            subject: String::new(),
            payment: None,
            refund: None,
            transaction: Some(transaction.to_owned()),
            reference: None,
            amount_here: None,
            amount_there: None,
            state_here: None,
            state_there: None,
        };
        let rows = match self.rows_of(organization, &integration, &asked, &Actor::system()).await? {
            Ok(rows) => rows,
            Err(error) => return Ok(Some(error)),
        };
        let one = self.compare_rows(organization, &integration, rows, None, self.recent()).await?;
        let mut tx = self.db.write().await?;
        let mut news = Vec::new();
        for facts in &one.differences {
            let (it, is_new) = self.note(&mut tx, organization, &integration, facts).await?;
            if is_new {
                news.push(it);
            }
        }
        // What it had differed in, and does not any more.
        if one.differences.is_empty() {
            let subject = format!("transaction {transaction}");
            let known = differences::about(&mut tx, organization, integration.id, &subject).await?;
            if let Some(known) = known.filter(|it| it.status == Status::Open) {
                let how = "Both sides agree now.";
                self.end_difference(&mut tx, organization, known, Status::Resolved, &Actor::system(), how)
                    .await?;
            }
        }
        self.tell_differences(&mut tx, organization, &news).await?;
        tx.commit_at("reconcile.looked").await?;
        Ok(None)
    }
}
