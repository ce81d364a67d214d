//! From what happened here to the records that are to be looked at.
//!
//! Owns which events concern the books, and which records an invoice brings with it. Refuses to decide what is written:
//! that is worked out from the rows as they are when it is written.

use std::{collections::BTreeSet, time::Duration};

use kontor_domain::{
    Id,
    ids::{CustomerId, IntegrationId, InvoiceId, OrderId, OrganizationId, PaymentId},
    invoices::{Invoice, Status},
    orders,
    payments::Payment,
    refunds,
    sync::Concern,
};
use kontor_providers::books::{InvoicesWhen, Kind, Mapping, OrdersAs};
use kontor_store::{
    Conn, Slice, events, invoices, orders as order_rows, payments, refunds as refund_rows, sync,
    sync::{
        Sync,
        links::{self, Link, Want},
    },
};

use super::turn::{Halt, Turn};
use crate::{Engine, hosted::schedule};

/// Events that are planned in one transaction.
const BATCH: i64 = 100;
/// How long a turn plans before it writes what it has planned, however much happens.
const PLANNING: Duration = Duration::from_secs(3);

/// Where an invoice stands in the books: under its order's id where the order itself became the document.
pub(super) fn invoice_key(invoice: &Invoice, mapping: &Mapping) -> String {
    match invoice.order_id {
        Some(order) if mapping.orders_as == OrdersAs::Invoice => order.to_string(),
        _ => invoice.id.to_string(),
    }
}

/// Whether an invoice is to stand in the books, whatever does already.
pub(super) fn is_due(invoice: &Invoice, mapping: &Mapping) -> bool {
    match invoice.status {
        Status::Paid => true,
        Status::Issued | Status::PartiallyPaid => {
            mapping.invoices_when == InvoicesWhen::Issued
                || (mapping.orders_as == OrdersAs::Invoice && invoice.order_id.is_some())
        }
        Status::Draft | Status::Voided | Status::Cancelled => false,
    }
}

/// What is found to be looked at, each once.
pub(super) struct Found<'a> {
    pub(super) organization: OrganizationId,
    pub(super) integration: IntegrationId,
    pub(super) mapping: &'a Mapping,
    pub(super) wants: BTreeSet<Want>,
    /// Invoices that were looked at: many payments of one are not many invoices.
    seen: BTreeSet<InvoiceId>,
}

impl<'a> Found<'a> {
    pub(super) fn new(
        organization: OrganizationId,
        integration: IntegrationId,
        mapping: &'a Mapping,
    ) -> Self {
        Self { organization, integration, mapping, wants: BTreeSet::new(), seen: BTreeSet::new() }
    }

    pub(super) fn want(&mut self, kind: Kind, local_id: impl Into<String>, label: impl Into<String>) {
        let (local_id, label) = (local_id.into(), label.into());
        self.wants.insert(Want { kind: kind.as_str().to_owned(), local_id, label });
    }

    /// The record of something of ours.
    pub(super) async fn link(&self, conn: &mut Conn, kind: Kind, key: &str) -> Result<Option<Link>, Halt> {
        let (organization, integration) = (self.organization, self.integration);
        Ok(links::of_local(conn, organization, integration, kind.as_str(), key).await?)
    }

    async fn is_linked(&self, conn: &mut Conn, kind: Kind, key: &str) -> Result<bool, Halt> {
        Ok(self.link(conn, kind, key).await?.is_some())
    }

    /// A customer that stands there already; one that does not comes with its first document.
    pub(super) async fn customer(&mut self, conn: &mut Conn, id: CustomerId) -> Result<(), Halt> {
        for link in links::of_customer(conn, self.organization, self.integration, id).await? {
            self.want(Kind::Customer, link.local_id, link.label);
        }
        Ok(())
    }

    pub(super) async fn order(&mut self, conn: &mut Conn, id: OrderId) -> Result<(), Halt> {
        let Some(order) = order_rows::get(conn, self.organization, id).await? else { return Ok(()) };
        let kind = match self.mapping.orders_as {
            OrdersAs::Estimate => Kind::Estimate,
            OrdersAs::Invoice => Kind::Invoice,
            OrdersAs::Nothing => return Ok(()),
        };
        let key = order.id.to_string();
        let wanted = order.status.is_agreed() || order.status == orders::Status::Cancelled;
        if order.status.is_agreed() || (wanted && self.is_linked(conn, kind, &key).await?) {
            self.want(kind, key, order.order_number);
        }
        Ok(())
    }

    pub(super) async fn invoice(&mut self, conn: &mut Conn, id: InvoiceId) -> Result<(), Halt> {
        if !self.seen.insert(id) {
            return Ok(());
        }
        let Some(invoice) = invoices::get(conn, self.organization, id).await? else { return Ok(()) };
        let key = invoice_key(&invoice, self.mapping);
        if !is_due(&invoice, self.mapping) && !self.is_linked(conn, Kind::Invoice, &key).await? {
            return Ok(());
        }
        self.want(Kind::Invoice, key, invoice.invoice_number.clone());
        for (payment, _) in payments::applied_to(conn, self.organization, id).await? {
            self.money(conn, &payment, &invoice.invoice_number).await?;
        }
        Ok(())
    }

    pub(super) async fn payment(&mut self, conn: &mut Conn, id: PaymentId) -> Result<(), Halt> {
        let Some(payment) = payments::get(conn, self.organization, id).await? else { return Ok(()) };
        let on = payments::applications(conn, self.organization, &payment).await?;
        for application in &on {
            self.invoice(conn, application.invoice_id).await?;
        }
        if self.is_linked(conn, Kind::Payment, &payment.id.to_string()).await? {
            self.money(conn, &payment, "").await?;
        }
        Ok(())
    }

    /// A payment, and what of it went back without its invoices being open again.
    async fn money(&mut self, conn: &mut Conn, payment: &Payment, number: &str) -> Result<(), Halt> {
        let own = payment.reference.as_deref().filter(|it| !it.is_empty());
        let label = own.map_or_else(|| format!("{} for {number}", payment.method), str::to_owned);
        self.want(Kind::Payment, payment.id.to_string(), label);
        for refund in refund_rows::of_payment(conn, self.organization, payment.id).await? {
            if refund.status != refunds::Status::Succeeded || refund.reopen_invoice {
                continue;
            }
            let key = refund.id.to_string();
            let account = self.mapping.refund_from.is_some() || self.mapping.deposit_to.is_some();
            // What it became once it stays, whatever is chosen later.
            let kind = if self.is_linked(conn, Kind::CreditMemo, &key).await? {
                Kind::CreditMemo
            } else if account || self.is_linked(conn, Kind::RefundReceipt, &key).await? {
                Kind::RefundReceipt
            } else {
                Kind::CreditMemo
            };
            self.want(kind, key, format!("Refund for {number}"));
        }
        Ok(())
    }
}

impl Engine {
    /// Goes through what happened since. False where there is more than this turn has time for.
    pub(super) async fn plan_sync(&self, it: &Sync, mapping: &Mapping) -> Result<bool, Halt> {
        let (organization, integration) = (it.organization, it.integration);
        let ends_at = schedule::after(self.ambient.now(), PLANNING);
        loop {
            let (planned, happened) = {
                let mut conn = self.db.read().await?;
                let planned =
                    sync::get(&mut conn, organization, integration).await?.map_or(0, |it| it.planned);
                (planned, events::after(&mut conn, organization, planned, BATCH).await?)
            };
            let Some((last, _)) = happened.last() else { return Ok(true) };
            let last = *last;
            let found = self.look_up(it, mapping, &happened).await?;
            let stretch = self.traffic.stretch();
            let now = self.ambient.now();
            let mut tx = self.db.write().await?;
            if sync::planned(&mut tx, it, planned, last).await? {
                for want in &found {
                    let id = Id::new(&self.ambient);
                    links::want(&mut tx, organization, integration, id, want, now).await?;
                }
                tx.commit_at("sync.plan").await?;
            } else {
                tx.rollback().await?;
            }
            stretch.rest().await;
            if now >= ends_at {
                return Ok(false);
            }
        }
    }

    /// What is to be looked at for what happened. Nobody is kept from writing meanwhile: what changes while it is read
    /// has an event of its own, which comes later.
    async fn look_up(
        &self,
        it: &Sync,
        mapping: &Mapping,
        happened: &[(i64, events::Event)],
    ) -> Result<BTreeSet<Want>, Halt> {
        let mut found = Found::new(it.organization, it.integration, mapping);
        let concerns =
            happened.iter().filter_map(|(_, event)| Some((Concern::of(&event.kind)?, &*event.subject)));
        // Of one thing much may have happened.
        for (concern, subject) in concerns.collect::<BTreeSet<_>>() {
            let stretch = self.traffic.stretch();
            let mut conn = self.db.read().await?;
            match concern {
                Concern::Customer => found.customer(&mut conn, id(subject)?).await?,
                Concern::Order => found.order(&mut conn, id(subject)?).await?,
                Concern::Invoice => found.invoice(&mut conn, id(subject)?).await?,
                Concern::Payment => found.payment(&mut conn, id(subject)?).await?,
            }
            drop(conn);
            stretch.rest().await;
        }
        Ok(found.wants)
    }
}

impl Turn<'_> {
    pub(super) async fn write_wants(&self, conn: &mut Conn, wants: &BTreeSet<Want>) -> Result<(), Halt> {
        let now = self.now();
        for want in wants {
            let id = Id::new(&self.engine.ambient);
            links::want(conn, self.organization, self.integration.id, id, want, now).await?;
        }
        Ok(())
    }
}

/// Whom an event is about.
fn id<T: std::str::FromStr>(subject: &str) -> Result<T, Halt> {
    subject.parse().map_err(|_| kontor_store::Error::Corrupt("subject").into())
}

/// A page of everything, oldest first.
pub(super) fn slice(after: Option<(jiff::Timestamp, String)>) -> Slice {
    Slice { limit: BATCH, offset: 0, after, descending: false }
}
