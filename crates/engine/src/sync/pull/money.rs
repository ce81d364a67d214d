//! A payment that somebody entered in the books, for invoices of ours: money that came in outside any provider.
//!
//! Recorded once, in the transaction that writes down what it is there. Refuses to record more than is open: what does not
//! fit is shown on the invoice.

use jiff::tz::TimeZone;
use kontor_domain::{
    Id, Money,
    ids::InvoiceId,
    payments::{Method, Payment, Status},
    sync::{Difference, State},
};
use kontor_providers::books::{Kind, Receipt};
use kontor_store::{
    Conn, invoices, payments,
    sync::{
        inbox,
        links::{self, Link},
    },
};
use serde_json::json;

use super::one::is_ours;
use crate::{
    Actor, Error,
    payments::Payer,
    sync::{
        push::ADOPTED,
        settle::seen,
        turn::{Halt, Turn},
    },
};

impl Turn<'_> {
    /// A payment that is no pair yet. False where it is to be looked at again later.
    pub(super) async fn entered(&mut self, it: &Receipt) -> Result<bool, Halt> {
        if is_ours(it.private_note.as_deref()) {
            // Written by us, and not written down yet that it was: that is found out first.
            return Ok(true);
        }
        let mut lines = Vec::new();
        let mut tx = self.engine.db.write().await?;
        for part in it.applied.iter().filter(|it| it.to.kind.eq_ignore_ascii_case("Invoice")) {
            let (organization, integration) = (self.organization, self.integration.id);
            let kind = Kind::Invoice.as_str();
            let link = links::of_remote(&mut tx, organization, integration, kind, &part.to.id).await?;
            let Some(link) = link else { continue };
            if let Some(invoice) = self.invoice_of(&mut tx, &link).await?
                && !part.amount.is_zero()
            {
                lines.push((invoice, part.amount, link));
            }
        }
        // Somebody else's business.
        if lines.is_empty() {
            tx.rollback().await?;
            return Ok(true);
        }
        if uses_credit(it) {
            tx.rollback().await?;
            self.does_not_fit(it, &lines, "a credit pays for it there, and no money came in").await?;
            return Ok(true);
        }
        // Invoices are held in the order of their ids, everywhere.
        lines.sort_by_key(|(id, _, _)| *id);
        match self.record_entered(&mut tx, it, &lines).await {
            Ok(()) => {
                // What is open of them is another amount by now.
                let (organization, integration) = (self.organization, self.integration.id);
                for id in lines.iter().filter_map(|(_, _, link)| link.remote_id.as_deref()) {
                    let what = (Kind::Invoice.as_str(), id, None);
                    inbox::notice(&mut tx, organization, integration, what, self.now()).await?;
                }
                tx.commit_at("sync.entered").await?;
            }
            Err(Halt::Engine(Error::InFlight)) => {
                tx.rollback().await?;
                return Ok(false);
            }
            Err(Halt::Engine(error @ (Error::NotPayable(_) | Error::ExceedsBalance { .. }))) => {
                tx.rollback().await?;
                self.does_not_fit(it, &lines, error.to_string().trim_end_matches('.')).await?;
            }
            Err(halt) => return Err(halt),
        }
        Ok(true)
    }

    /// Our invoice of a document there: an order's document is its invoice's.
    async fn invoice_of(&self, conn: &mut Conn, link: &Link) -> Result<Option<InvoiceId>, Halt> {
        if let Ok(id) = link.local_id.parse() {
            return Ok(Some(id));
        }
        let Ok(order) = link.local_id.parse() else { return Ok(None) };
        Ok(kontor_store::orders::get(conn, self.organization, order).await?.and_then(|it| it.invoice_id))
    }

    async fn record_entered(
        &self,
        conn: &mut Conn,
        it: &Receipt,
        lines: &[(InvoiceId, Money, Link)],
    ) -> Result<(), Halt> {
        let organization = self.organization;
        let mut held = Vec::with_capacity(lines.len());
        let mut sum = Money::zero(it.total.currency());
        for (id, amount, _) in lines {
            let invoice = invoices::lock(conn, organization, *id).await?.ok_or(Error::InvoiceNotFound)?;
            self.engine.check_payable(conn, organization, &invoice, *amount).await?;
            sum = sum.plus(*amount).map_err(Error::from)?;
            held.push((invoice, *amount));
        }
        let Some((first, _)) = held.first() else { return Ok(()) };
        let mut payment = self.engine.new_payment(Payer::of(first), sum, Method::Other);
        payment.status = Status::Succeeded;
        payment.applied = sum;
        payment.reference.clone_from(&it.reference);
        payment.received_at = Some(self.received(it).unwrap_or(payment.created_at));
        payments::insert(conn, organization, &payment).await?;
        for (invoice, amount) in &held {
            self.engine.lay_on(conn, organization, &payment, invoice, *amount).await?;
        }
        let more = json!({ "enteredIn": self.integration.provider });
        self.engine.tell_payment(conn, organization, "payment.succeeded", &payment, more).await?;
        let detail = json!({ "integrationId": self.integration.id, "remoteId": it.stamp.id });
        let (actor, subject) = (Actor::system(), payment.id.to_string());
        self.engine.audit(conn, Some(organization), &actor, "payment.taken_in", &subject, &detail).await?;
        // Whoever was first has the pair, and this transaction is undone with its money.
        let pair = self.new_pair(&payment, it);
        if links::adopt(conn, organization, &pair).await? { Ok(()) } else { Err(Error::InFlight.into()) }
    }

    fn new_pair(&self, payment: &Payment, it: &Receipt) -> Link {
        let now = self.now();
        let mut link = Link {
            id: Id::new(&self.engine.ambient),
            integration: self.integration.id,
            kind: Kind::Payment.as_str().to_owned(),
            local_id: payment.id.to_string(),
            label: it.reference.clone().unwrap_or_else(|| format!("Entered there as {}", it.stamp.id)),
            state: State::Synced,
            wanted: 1,
            due_at: now,
            attempts: 0,
            generation: 0,
            sent_at: None,
            remote_id: None,
            remote_number: None,
            sync_token: None,
            remote_updated_at: None,
            pushed_hash: Some(ADOPTED.to_owned()),
            agreed: None,
            standing: None,
            failure: None,
            difference: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        seen(&mut link, &kontor_providers::books::Object::Payment(Box::new(it.clone())));
        link
    }

    /// The beginning of its day, where the company is.
    fn received(&self, it: &Receipt) -> Option<jiff::Timestamp> {
        let zone = self.company.as_ref().and_then(|it| it.time_zone.as_deref());
        let zone = zone.and_then(|it| TimeZone::get(it).ok()).unwrap_or(TimeZone::UTC);
        Some(it.date?.to_zoned(zone).ok()?.timestamp())
    }

    async fn does_not_fit(
        &self,
        it: &Receipt,
        lines: &[(InvoiceId, Money, Link)],
        why: &str,
    ) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        for (id, amount, link) in lines {
            let before = (link.failure.clone(), link.difference.clone());
            let invoice = invoices::get(&mut tx, self.organization, *id).await?;
            let local = match invoice {
                Some(invoice) => invoice.standing().balance().map_err(Error::from)?.to_string(),
                None => String::new(),
            };
            let mut link = link.clone();
            link.difference = Some(Difference {
                code: "payment".to_owned(),
                message: format!(
                    "A payment was entered there ({}) that cannot be recorded here: {why}.",
                    it.stamp.id
                ),
                local,
                remote: amount.to_string(),
            });
            // It is seen again with each question until it is some time ago.
            if link.difference != before.1 {
                self.put(&mut tx, &link, &before).await?;
            }
        }
        Ok(tx.commit_at("sync.seen").await?)
    }
}

/// Whether invoices are paid with more than the money that came in (quickbooks-online.md §3.9).
fn uses_credit(it: &Receipt) -> bool {
    let to_invoices = it.applied.iter().filter(|it| it.to.kind.eq_ignore_ascii_case("Invoice"));
    let sum = to_invoices.map(|it| it.amount).try_fold(Money::zero(it.total.currency()), Money::plus);
    sum.map_or(true, |sum| sum.minor() > it.total.minor())
}

#[cfg(test)]
mod tests;
