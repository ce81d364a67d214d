//! Invoices: making, issuing, taking back.

use kontor_domain::{
    Id, Money,
    ids::{InvoiceId, OrganizationId},
    invoices::{Invoice, Standing, Status},
};
use kontor_store::{Conn, invoices, organizations, payments};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// How an invoice is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It was a mistake.
    Void,
    /// The sale was called off.
    Cancel,
}

impl Engine {
    /// Adds a draft. Without a number it takes the organization's next one.
    pub async fn create_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        mut invoice: Invoice,
        number: Option<String>,
    ) -> Result<Invoice, Error> {
        invoice.invoice_number = match number {
            Some(number) => {
                if invoices::by_number(conn, organization, &number).await?.is_some() {
                    return Err(Error::InvoiceNumberTaken);
                }
                number
            }
            None => self.free_number(conn, organization).await?,
        };
        match invoices::insert(conn, organization, &invoice).await {
            Err(kontor_store::Error::Conflict) => return Err(Error::InvoiceNumberTaken),
            other => other?,
        }
        self.tell_invoice(conn, organization, "invoice.created", &invoice).await?;
        Ok(invoice)
    }

    /// Writes a draft anew that the caller's transaction holds. Its number stays where it is given no other.
    pub async fn rewrite_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: &Invoice,
        next: Invoice,
        number: Option<String>,
    ) -> Result<Invoice, Error> {
        if held.status != Status::Draft {
            return Err(Error::WrongState(held.status));
        }
        let number = number.unwrap_or_else(|| held.invoice_number.clone());
        if number != held.invoice_number && invoices::by_number(conn, organization, &number).await?.is_some()
        {
            return Err(Error::InvoiceNumberTaken);
        }
        let next = Invoice {
            invoice_number: number,
            version: held.version.saturating_add(1),
            created_at: held.created_at,
            ..next
        };
        match invoices::rewrite(conn, organization, &next).await {
            Err(kontor_store::Error::Conflict) => return Err(Error::InvoiceNumberTaken),
            other => other?,
        }
        self.tell_invoice(conn, organization, "invoice.updated", &next).await?;
        Ok(next)
    }

    /// The next number that nobody gave by hand before.
    async fn free_number(&self, conn: &mut Conn, organization: OrganizationId) -> Result<String, Error> {
        const TRIES: usize = 100;
        for _ in 0..TRIES {
            let number = format!("INV-{:06}", organizations::next_invoice(conn, organization).await?);
            if invoices::by_number(conn, organization, &number).await?.is_none() {
                return Ok(number);
            }
        }
        Err(Error::InvoiceNumberTaken)
    }

    /// Sends a draft out: it can be paid from now on. One over nothing is Paid at once.
    pub async fn issue_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: InvoiceId,
    ) -> Result<Invoice, Error> {
        let invoice = invoices::lock(conn, organization, id).await?.ok_or(Error::InvoiceNotFound)?;
        if invoice.status != Status::Draft {
            return Err(Error::WrongState(invoice.status));
        }
        let to = invoice.standing().status()?;
        let issued = self.move_invoice(conn, organization, &invoice, to, "invoice.issued").await?;
        self.plan_auto_pay(conn, organization, &issued).await?;
        Ok(issued)
    }

    /// Takes a draft or an unpaid invoice back, unless money is under way to it.
    pub async fn revoke_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: InvoiceId,
        how: Revocation,
    ) -> Result<Invoice, Error> {
        let invoice = invoices::lock(conn, organization, id).await?.ok_or(Error::InvoiceNotFound)?;
        if !invoice.status.is_revocable() {
            return Err(Error::WrongState(invoice.status));
        }
        if payments::reserved(conn, organization, id).await? > 0 {
            return Err(Error::InFlight);
        }
        let (to, kind) = match how {
            Revocation::Void => (Status::Voided, "invoice.voided"),
            Revocation::Cancel => (Status::Cancelled, "invoice.cancelled"),
        };
        self.move_invoice(conn, organization, &invoice, to, kind).await
    }

    async fn move_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        invoice: &Invoice,
        to: Status,
        kind: &str,
    ) -> Result<Invoice, Error> {
        invoices::set_status(conn, organization, invoice.id, invoice.status, to, self.ambient.now()).await?;
        let moved = invoices::get(conn, organization, invoice.id).await?.ok_or(Error::InvoiceNotFound)?;
        self.tell_invoice(conn, organization, kind, &moved).await?;
        Ok(moved)
    }

    async fn tell_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &str,
        invoice: &Invoice,
    ) -> Result<(), Error> {
        let total = invoice.totals.total;
        let data = json!({
            "invoiceNumber": invoice.invoice_number,
            "customerNumber": invoice.customer_number,
            "status": invoice.status.as_str(),
            "total": total.to_string(),
            "currency": total.currency().code(),
        });
        self.tell(conn, organization, kind, &invoice.id.to_string(), &data).await
    }

    /// Adds `amount` to what was paid on a locked invoice, with the status that follows.
    pub(crate) async fn add_paid(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        locked: &Invoice,
        amount: Money,
    ) -> Result<Status, Error> {
        let standing = Standing { paid: locked.paid.plus(amount)?, ..locked.standing() };
        let status = standing.status()?;
        invoices::add_paid(conn, organization, locked, amount, status, self.ambient.now()).await?;
        if status == Status::Paid {
            let data = json!({ "invoiceNumber": locked.invoice_number, "status": status.as_str() });
            self.tell(conn, organization, "invoice.paid", &locked.id.to_string(), &data).await?;
        }
        Ok(status)
    }

    /// Takes `amount` out of what was paid on a locked invoice, with the status that follows.
    pub(crate) async fn take_paid_out(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        locked: &Invoice,
        amount: Money,
    ) -> Result<(), Error> {
        let standing = Standing { paid: locked.paid.minus(amount)?, ..locked.standing() };
        let status = standing.status()?;
        let less = Money::zero(amount.currency()).minus(amount)?;
        invoices::add_paid(conn, organization, locked, less, status, self.ambient.now()).await?;
        let data = json!({
            "invoiceNumber": locked.invoice_number,
            "status": status.as_str(),
            "takenOut": amount.to_string(),
            "balance": standing.balance()?.to_string(),
            "currency": amount.currency().code(),
        });
        self.tell(conn, organization, "invoice.payment_voided", &locked.id.to_string(), &data).await
    }

    /// A fresh draft's id and times; the number follows in [`Engine::create_invoice`].
    pub fn new_invoice_id(&self) -> InvoiceId {
        Id::new(&self.ambient)
    }

    /// Writes who changed an invoice into the audit trail.
    pub async fn audit_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        action: &str,
        invoice: InvoiceId,
    ) -> Result<(), Error> {
        self.audit(conn, Some(organization), actor, action, &invoice.to_string(), &json!({})).await
    }
}
