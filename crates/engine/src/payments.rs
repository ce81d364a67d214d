//! Payments: claiming an invoice's balance, and laying money on it.

pub mod apply;

use jiff::Timestamp;
use kontor_domain::{
    Id, Money,
    ids::{CustomerId, InvoiceId, OrganizationId, PaymentId},
    invoices::Invoice,
    payments::{Application, Method, Payment, Status},
    refunds::Refund,
};
use kontor_store::{Conn, invoices, payments, refunds};
use serde_json::{Value, json};

use crate::{Engine, Error};

/// Money that came in outside any provider.
#[derive(Debug, Clone)]
pub struct Offline {
    /// How much.
    pub amount: Money,
    /// How; one of [`Method::OFFLINE`].
    pub method: Method,
    /// The payer's reference, such as a cheque number.
    pub reference: Option<String>,
    /// When it came in; now where it was not said.
    pub received_at: Option<Timestamp>,
}

/// A payment with all that belongs to it, as it stands at one moment.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The payment.
    pub payment: Payment,
    /// Where it lies.
    pub applications: Vec<Application>,
    /// What went back of it.
    pub refunds: Vec<Refund>,
}

impl Whole {
    /// Reads it.
    pub async fn read(
        conn: &mut Conn,
        organization: OrganizationId,
        id: PaymentId,
    ) -> Result<Option<Self>, kontor_store::Error> {
        let Some(payment) = payments::get(conn, organization, id).await? else { return Ok(None) };
        let applications = payments::applications(conn, organization, &payment).await?;
        let refunds = refunds::of_payment(conn, organization, id).await?;
        Ok(Some(Self { payment, applications, refunds }))
    }
}

/// Who pays, and for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payer<'a> {
    pub(crate) customer_id: CustomerId,
    pub(crate) customer_number: &'a str,
    pub(crate) invoice_id: Option<InvoiceId>,
}

impl<'a> Payer<'a> {
    /// The invoice's customer, for that invoice.
    pub(crate) fn of(invoice: &'a Invoice) -> Self {
        Self {
            customer_id: invoice.customer_id,
            customer_number: &invoice.customer_number,
            invoice_id: Some(invoice.id),
        }
    }
}

impl Engine {
    /// Records money that came in outside any provider: born Succeeded, applied to the invoice in the same transaction.
    pub async fn record_offline(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        invoice: InvoiceId,
        offline: Offline,
    ) -> Result<Whole, Error> {
        let invoice = invoices::lock(conn, organization, invoice).await?.ok_or(Error::InvoiceNotFound)?;
        self.check_payable(conn, organization, &invoice, offline.amount).await?;
        let payer = Payer::of(&invoice);
        let mut payment = self.new_payment(payer, offline.amount, offline.method);
        payment.status = Status::Succeeded;
        payment.applied = offline.amount;
        payment.reference = offline.reference;
        payment.received_at = Some(offline.received_at.unwrap_or(payment.created_at));
        payments::insert(conn, organization, &payment).await?;
        let application = self.lay_on(conn, organization, &payment, &invoice, offline.amount).await?;
        self.tell_payment(conn, organization, "payment.succeeded", &payment, json!({})).await?;
        Ok(Whole { payment, applications: vec![application], refunds: Vec::new() })
    }

    /// Whether `amount` may be taken for a locked invoice: its state, its balance, and what others hold back of it.
    pub(crate) async fn check_payable(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        invoice: &Invoice,
        amount: Money,
    ) -> Result<(), Error> {
        if !invoice.status.is_payable() {
            return Err(Error::NotPayable(invoice.status));
        }
        let balance = invoice.standing().balance()?;
        if amount.minor() > balance.minor() {
            return Err(Error::ExceedsBalance { balance });
        }
        let reserved = payments::reserved(conn, organization, invoice.id).await?;
        if amount.minor() > balance.minor().saturating_sub(reserved) {
            return Err(Error::InFlight);
        }
        Ok(())
    }

    /// A new payment, Created, with everything that is always there.
    pub(crate) fn new_payment(&self, payer: Payer<'_>, amount: Money, method: Method) -> Payment {
        let zero = Money::zero(amount.currency());
        let now = self.ambient.now();
        Payment {
            id: Id::new(&self.ambient),
            status: Status::Created,
            customer_id: payer.customer_id,
            customer_number: payer.customer_number.to_owned(),
            invoice_id: payer.invoice_id,
            amount,
            authorized: None,
            reserved: zero,
            method,
            provider: None,
            integration_id: None,
            provider_transaction_id: None,
            provider_reference: self.ambient.reference(),
            reference: None,
            received_at: None,
            transaction_setup_id: None,
            payment_method_id: None,
            applied: zero,
            refunded: zero,
            refunded_credit: zero,
            authorization_code: None,
            avs_result: None,
            cvv_result: None,
            failure: None,
            nothing_since: None,
            batch_id: None,
            settled_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Adds an application and what it pays on the locked invoice.
    pub(crate) async fn lay_on(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        locked: &Invoice,
        amount: Money,
    ) -> Result<Application, Error> {
        let application = Application {
            id: Id::new(&self.ambient),
            payment_id: payment.id,
            invoice_id: locked.id,
            amount,
            created_at: self.ambient.now(),
        };
        payments::apply(conn, organization, &application).await?;
        self.add_paid(conn, organization, locked, amount).await?;
        Ok(application)
    }

    /// The payment with all that belongs to it.
    pub(crate) async fn whole(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: PaymentId,
    ) -> Result<Whole, Error> {
        Whole::read(conn, organization, id).await?.ok_or(Error::PaymentNotFound)
    }

    /// Writes a payment's event: its standing facts, and `more`.
    pub(crate) async fn tell_payment(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &str,
        payment: &Payment,
        more: Value,
    ) -> Result<(), Error> {
        let mut data = payment_facts(payment);
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        self.tell(conn, organization, kind, &payment.id.to_string(), &data).await
    }
}

/// What every event of a payment says.
pub(crate) fn payment_facts(payment: &Payment) -> Value {
    json!({
        "status": payment.status.as_str(),
        "customerNumber": payment.customer_number,
        "invoiceId": payment.invoice_id,
        "amount": payment.amount.to_string(),
        "amountApplied": payment.applied.to_string(),
        "currency": payment.amount.currency().code(),
        "method": payment.method.as_str(),
        "provider": payment.provider,
        "providerReference": payment.provider_reference,
        "providerTransactionId": payment.provider_transaction_id,
        "transactionSetupId": payment.transaction_setup_id,
    })
}
