//! Refunds: how much of a payment may go back, out of which places it comes, and what that does to its invoices.

pub(crate) mod provider;
mod resolve;

use std::collections::BTreeMap;

use kontor_domain::{
    Id, Money,
    ids::{InvoiceId, OrganizationId, PaymentId},
    invoices::{Invoice, Standing},
    payments::{Application, Payment},
    refunds::{Part, Place, Refund, Source, Status, payment_status, split},
};
use kontor_store::{Conn, actions, invoices, payments, refunds};
use serde_json::{Value, json};

use crate::{Actor, Engine, Error};

/// A refund that is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// How much; all that may still go back where it is not said.
    pub amount: Option<Money>,
    /// Why, in the merchant's words.
    pub reason: Option<String>,
    /// Whether what it takes off invoices is to be paid again.
    pub reopen_invoice: bool,
}

/// A payment and every invoice that it lies on, all held until the transaction ends.
pub(crate) struct Held {
    pub(crate) payment: Payment,
    pub(crate) applications: Vec<Application>,
    pub(crate) invoices: BTreeMap<InvoiceId, Invoice>,
}

impl Engine {
    /// Gives money back that came in outside any provider: it is gone as soon as it is written down.
    pub async fn refund_offline(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        ask: &Ask,
    ) -> Result<Refund, Error> {
        let held = self.hold_with_invoices(conn, organization, payment).await?;
        let (mut refund, parts) = self.plan_refund(conn, organization, &held, ask).await?;
        refund.status = Status::Succeeded;
        refunds::insert(conn, organization, &refund, &parts).await?;
        self.give_back(conn, organization, held, &refund, &parts).await?;
        let detail = json!({ "refundId": refund.id, "amount": refund.amount.to_string() });
        self.audit(conn, Some(organization), actor, "payment.refunded", &payment.to_string(), &detail)
            .await?;
        Ok(refund)
    }

    /// Holds the invoices, in the order of their ids, and then the payment. One that holds no money yet may come to lie
    /// on the invoice that it is meant for.
    pub(crate) async fn hold_with_invoices(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: PaymentId,
    ) -> Result<Held, Error> {
        let seen = payments::get(conn, organization, id).await?.ok_or(Error::PaymentNotFound)?;
        let mut ids: Vec<InvoiceId> =
            payments::applications(conn, organization, &seen).await?.iter().map(|it| it.invoice_id).collect();
        if !seen.status.holds_money() {
            ids.extend(seen.invoice_id);
        }
        ids.sort_unstable();
        ids.dedup();
        let mut held = BTreeMap::new();
        for id in ids {
            let invoice = invoices::lock(conn, organization, id).await?.ok_or(Error::InvoiceNotFound)?;
            held.insert(id, invoice);
        }
        let payment = payments::lock(conn, organization, id).await?.ok_or(Error::PaymentNotFound)?;
        let applications = payments::applications(conn, organization, &payment).await?;
        // Laid on one more invoice between the two looks: that one is not held.
        if applications.iter().any(|it| !held.contains_key(&it.invoice_id)) {
            return Err(kontor_store::Error::Stale.into());
        }
        Ok(Held { payment, applications, invoices: held })
    }

    /// Checks how much may go back, and decides out of which places it comes.
    pub(crate) async fn plan_refund(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: &Held,
        ask: &Ask,
    ) -> Result<(Refund, Vec<Part>), Error> {
        let payment = &held.payment;
        if !payment.status.holds_money() {
            return Err(Error::PaymentState(payment.status));
        }
        if actions::open_of_payment(conn, organization, payment.id).await?.is_some() {
            return Err(Error::PaymentBusy);
        }
        let places = self.places(conn, organization, held).await?;
        let mut refundable = Money::zero(payment.amount.currency());
        for place in &places {
            refundable = refundable.plus(place.left)?;
        }
        let amount = ask.amount.unwrap_or(refundable);
        let parts = if amount.is_zero() { None } else { split(amount, &places)? };
        let Some(parts) = parts else { return Err(Error::ExceedsRefundable { refundable }) };
        let part = |(source, amount)| Part { id: Id::new(&self.ambient), source, amount };
        let now = self.ambient.now();
        let refund = Refund {
            id: Id::new(&self.ambient),
            payment_id: payment.id,
            status: Status::Submitted,
            amount,
            reason: ask.reason.clone(),
            reopen_invoice: ask.reopen_invoice,
            operation: None,
            provider_reference: self.ambient.reference(),
            provider_transaction_id: None,
            failure: None,
            nothing_since: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok((refund, parts.into_iter().map(part).collect()))
    }

    /// Where the payment's money lies and what earlier refunds have left there: credit, then the youngest application.
    async fn places(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: &Held,
    ) -> Result<Vec<Place>, Error> {
        let taken = refunds::taken(conn, organization, held.payment.id).await?;
        let currency = held.payment.amount.currency();
        let taken = |from| {
            let minor = taken.iter().find(|(it, _)| *it == from).map_or(0, |(_, minor)| *minor);
            Money::from_minor(minor, currency)
        };
        let credit = held.payment.amount.minus(held.payment.applied)?.minus(taken(None))?;
        let mut places = vec![Place { source: Source::Credit, left: credit }];
        for it in held.applications.iter().rev() {
            let source = Source::Applied { application: it.id, invoice: it.invoice_id };
            places.push(Place { source, left: it.amount.minus(taken(Some(it.id)))? });
        }
        Ok(places)
    }

    /// Writes down that a refund's money went back: on the payment, and on each invoice that it came out of.
    pub(crate) async fn give_back(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Held,
        refund: &Refund,
        parts: &[Part],
    ) -> Result<(), Error> {
        let Held { mut payment, invoices, .. } = held;
        let mut by_invoice: BTreeMap<InvoiceId, Money> = BTreeMap::new();
        for part in parts {
            match part.source {
                Source::Credit => payment.refunded_credit = payment.refunded_credit.plus(part.amount)?,
                Source::Applied { invoice, .. } => {
                    let zero = Money::zero(part.amount.currency());
                    let sum = by_invoice.entry(invoice).or_insert(zero);
                    *sum = sum.plus(part.amount)?;
                }
            }
        }
        for (id, amount) in by_invoice {
            let invoice = invoices.get(&id).ok_or(Error::InvoiceNotFound)?;
            self.refund_invoice(conn, organization, invoice, amount, refund.reopen_invoice).await?;
        }
        let from = payment.status;
        payment.refunded = payment.refunded.plus(refund.amount)?;
        payment.status = payment_status(payment.amount, payment.refunded);
        payments::update(conn, organization, &mut payment, from, self.ambient.now()).await?;
        self.tell_refund(conn, organization, "refund.succeeded", &payment, refund).await
    }

    async fn refund_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        locked: &Invoice,
        amount: Money,
        reopen: bool,
    ) -> Result<(), Error> {
        let reopened = if reopen { amount } else { Money::zero(amount.currency()) };
        let standing = Standing { reopened: locked.reopened.plus(reopened)?, ..locked.standing() };
        let status = standing.status()?;
        let now = self.ambient.now();
        invoices::add_refunded(conn, organization, locked, (amount, reopened), status, now).await?;
        let data = json!({
            "invoiceNumber": locked.invoice_number,
            "status": status.as_str(),
            "refunded": amount.to_string(),
            "balance": standing.balance()?.to_string(),
            "currency": amount.currency().code(),
        });
        self.tell(conn, organization, "invoice.refunded", &locked.id.to_string(), &data).await
    }

    /// Writes a refund's event, in its payment's timeline.
    pub(crate) async fn tell_refund(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &str,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<(), Error> {
        self.tell_payment(conn, organization, kind, payment, refund_facts(refund)).await
    }
}

/// What every event of a refund says beside its payment's facts.
fn refund_facts(refund: &Refund) -> Value {
    json!({ "refund": {
        "id": refund.id,
        "status": refund.status.as_str(),
        "amount": refund.amount.to_string(),
        "reopenInvoice": refund.reopen_invoice,
        "providerReference": refund.provider_reference,
        "providerTransactionId": refund.provider_transaction_id,
    }})
}
