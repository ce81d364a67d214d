//! Laying money that a customer has to its credit on one of its invoices.

use kontor_domain::{
    Money,
    ids::{InvoiceId, OrganizationId, PaymentId},
    payments::Payment,
};
use kontor_store::{Conn, actions, invoices, payments, refunds};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// The most invoices, or parts of one, that one payment lies on.
pub const MAX_APPLICATIONS: usize = 200;

impl Engine {
    /// Lays money of a payment that lies on no invoice on one. Without an amount: as much as there is and as fits.
    pub async fn apply_payment(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        (payment, invoice): (PaymentId, InvoiceId),
        amount: Option<Money>,
    ) -> Result<Payment, Error> {
        let invoice = invoices::lock(conn, organization, invoice).await?.ok_or(Error::InvoiceNotFound)?;
        let mut payment = payments::lock(conn, organization, payment).await?.ok_or(Error::PaymentNotFound)?;
        if invoice.customer_number != payment.customer_number {
            return Err(Error::InvoiceNotFound);
        }
        if invoice.totals.total.currency() != payment.amount.currency() {
            return Err(Error::field("invoiceId", "is an invoice in another currency than the payment"));
        }
        if !payment.status.holds_money() {
            return Err(Error::PaymentState(payment.status));
        }
        if actions::open_of_payment(conn, organization, payment.id).await?.is_some() {
            return Err(Error::PaymentBusy);
        }
        if payments::applications(conn, organization, &payment).await?.len() >= MAX_APPLICATIONS {
            return Err(Error::TooMany("applications of one payment"));
        }
        let free = self.free_credit(conn, organization, &payment).await?;
        let balance = invoice.standing().balance()?;
        let room = if balance.minor() < free.minor() { balance } else { free };
        let amount = amount.unwrap_or(room);
        if amount.minor() > free.minor() || free.is_zero() {
            return Err(Error::ExceedsUnapplied { unapplied: free });
        }
        self.check_payable(conn, organization, &invoice, amount).await?;
        let from = payment.status;
        payment.applied = payment.applied.plus(amount)?;
        payments::update(conn, organization, &mut payment, from, self.ambient.now()).await?;
        self.lay_on(conn, organization, &payment, &invoice, amount).await?;
        let more = json!({ "appliedNow": amount.to_string(), "appliedTo": invoice.id });
        self.tell_payment(conn, organization, "payment.applied", &payment, more).await?;
        let detail = json!({ "invoiceId": invoice.id });
        self.audit(conn, Some(organization), actor, "payment.applied", &payment.id.to_string(), &detail)
            .await?;
        Ok(payment)
    }

    /// What of a locked payment lies on no invoice and is not on its way back.
    pub(crate) async fn free_credit(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
    ) -> Result<Money, Error> {
        let taken = refunds::taken(conn, organization, payment.id).await?;
        let credit: i64 = taken.iter().filter(|(from, _)| from.is_none()).map(|(_, minor)| *minor).sum();
        let currency = payment.amount.currency();
        Ok(payment.amount.minus(payment.applied)?.minus(Money::from_minor(credit, currency))?)
    }
}
