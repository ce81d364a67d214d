//! Auto-pay: who agreed to it, which invoices it will charge, and calling one of them off.
//!
//! Owns the plan of each invoice. The charge itself is [`crate::charges`], tried by `charge`; nothing here moves money.
//! The invoice is held before its plan, and a customer's agreement before either changes.

mod charge;

use kontor_domain::{
    Id,
    auto_pay::{self, AutoPay, Charge, Consent, Reason, Status},
    customers::Customer,
    ids::{AutoPayChargeId, CustomerId, InvoiceId, OrganizationId},
    invoices::Invoice,
};
use kontor_store::{Conn, auto_pay as store, invoices, jobs, jobs::Job, payment_methods};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// The job that charges one invoice.
pub(crate) const AUTO_PAY: &str = "auto-pay";
/// The job that brings a customer's plans in line with whether auto-pay is on.
pub(crate) const AUTO_PLAN: &str = "auto-pay-plan";
/// Plans that are changed in one transaction.
const BATCH: i64 = 100;

/// What somebody agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Who agreed, by name.
    pub accepted_by: String,
    /// The words.
    pub text: String,
}

impl Engine {
    /// Switches auto-pay on or off for a customer. On needs an agreement and a default method; off calls off what waits.
    pub async fn set_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        customer: &Customer,
        before: Option<AutoPay>,
        (is_enabled, agreement): (bool, Option<Agreement>),
    ) -> Result<AutoPay, Error> {
        let now = self.ambient.now();
        let was = before.as_ref().is_some_and(|it| it.is_enabled);
        if is_enabled && !was {
            if agreement.is_none() {
                return Err(Error::field("consent", "is required: say who agreed, and to which words"));
            }
            if payment_methods::default_of(conn, organization, customer.id).await?.is_none() {
                return Err(Error::NoDefaultMethod);
            }
        }
        let consent = agreement.map(|it| Consent {
            accepted_by: it.accepted_by,
            text: it.text,
            at: now,
            recorded_by: actor.name.clone(),
        });
        let version = before.as_ref().map_or(0, |it| it.version);
        let created_at = before.as_ref().map_or(now, |it| it.created_at);
        let wanted = AutoPay {
            customer_id: customer.id,
            customer_number: customer.customer_number.clone(),
            is_enabled,
            consent: consent.or_else(|| before.and_then(|it| it.consent)),
            version,
            created_at,
            updated_at: now,
        };
        let written = store::put(conn, organization, &wanted).await?;
        self.schedule(conn, organization, AUTO_PLAN, customer.id, now).await?;
        let action = if is_enabled { "auto_pay.enabled" } else { "auto_pay.disabled" };
        let data = json!({ "customerNumber": customer.customer_number, "consent": written.consent.as_ref().map(shown) });
        let subject = customer.id.to_string();
        self.tell(conn, organization, action, &subject, &data).await?;
        self.audit(conn, Some(organization), actor, action, &subject, &data).await?;
        Ok(written)
    }

    /// Plans the charge of an invoice that was just sent out, where its customer agreed to it.
    pub(crate) async fn plan_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        invoice: &Invoice,
    ) -> Result<(), Error> {
        let setting = store::get(conn, organization, invoice.customer_id).await?;
        if setting.is_some_and(|it| it.is_enabled) {
            self.plan(conn, organization, invoice).await
        } else {
            Ok(())
        }
    }

    /// Plans the charge of an invoice whose customer agreed to it.
    async fn plan(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        invoice: &Invoice,
    ) -> Result<(), Error> {
        if !invoice.status.is_payable() {
            return Ok(());
        }
        let now = self.ambient.now();
        let plan = Charge {
            id: Id::new(&self.ambient),
            customer_id: invoice.customer_id,
            customer_number: invoice.customer_number.clone(),
            invoice_id: invoice.id,
            status: Status::Scheduled,
            due_at: auto_pay::due_at(invoice.due_date, now),
            tries: 0,
            payment_id: None,
            reason: None,
            version: 0,
            created_at: now,
            updated_at: now,
        };
        let Some(planned) = store::plan(conn, organization, &plan).await? else { return Ok(()) };
        self.schedule(conn, organization, AUTO_PAY, planned.id, planned.due_at).await?;
        self.tell_auto_pay(conn, organization, "auto_pay.scheduled", &planned).await
    }

    /// Brings a customer's plans in line, a batch at a time, so that however many invoices are open nobody waits long.
    pub(crate) async fn run_auto_plan(&self, job: &Job, customer: CustomerId) -> Result<(), Error> {
        loop {
            let mut tx = self.db.write().await?;
            let setting = store::get(&mut tx, job.organization, customer).await?;
            let on = setting.is_some_and(|it| it.is_enabled);
            let changed = if on {
                self.plan_open(&mut tx, job.organization, customer).await?
            } else {
                self.call_all_off(&mut tx, job.organization, customer).await?
            };
            let done = changed < usize::try_from(BATCH).unwrap_or(usize::MAX);
            if done {
                jobs::finish(&mut tx, job).await?;
            }
            tx.commit_at("auto_pay.plan").await?;
            if done {
                return Ok(());
            }
        }
    }

    async fn plan_open(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        customer: CustomerId,
    ) -> Result<usize, Error> {
        let open: Vec<InvoiceId> = store::unplanned(conn, organization, customer, BATCH).await?;
        for id in &open {
            if let Some(invoice) = invoices::lock(conn, organization, *id).await? {
                self.plan(conn, organization, &invoice).await?;
            }
        }
        Ok(open.len())
    }

    async fn call_all_off(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        customer: CustomerId,
    ) -> Result<usize, Error> {
        let waiting = store::waiting(conn, organization, customer, BATCH).await?;
        for it in &waiting {
            self.end_auto_pay(conn, organization, it.clone(), (Status::Cancelled, Reason::SwitchedOff))
                .await?;
        }
        Ok(waiting.len())
    }

    /// Calls the charge of one invoice off. One that is not waiting any more cannot be.
    pub async fn cancel_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        id: AutoPayChargeId,
    ) -> Result<Charge, Error> {
        let held = store::lock_charge(conn, organization, id).await?.ok_or(Error::AutoPayChargeNotFound)?;
        if !held.status.is_waiting() {
            return Err(Error::AutoPayState(held.status));
        }
        let ended =
            self.end_auto_pay(conn, organization, held, (Status::Cancelled, Reason::CalledOff)).await?;
        let detail = json!({ "invoiceId": ended.invoice_id });
        self.audit(conn, Some(organization), actor, "auto_pay.cancelled", &id.to_string(), &detail).await?;
        Ok(ended)
    }

    /// Ends a plan for good.
    async fn end_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Charge,
        (status, reason): (Status, Reason),
    ) -> Result<Charge, Error> {
        let ended = Charge { status, reason: Some(reason), ..held };
        let ended = store::update(conn, organization, &ended, self.ambient.now()).await?;
        jobs::remove(conn, organization, AUTO_PAY, &ended.id.to_string()).await?;
        let kind = if status == Status::Failed { "auto_pay.failed" } else { "auto_pay.cancelled" };
        self.tell_auto_pay(conn, organization, kind, &ended).await?;
        Ok(ended)
    }

    async fn tell_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &str,
        it: &Charge,
    ) -> Result<(), Error> {
        let data = json!({
            "invoiceId": it.invoice_id, "customerNumber": it.customer_number, "status": it.status,
            "dueAt": it.due_at.to_string(), "tries": it.tries, "paymentId": it.payment_id, "reason": it.reason,
        });
        self.tell(conn, organization, kind, &it.id.to_string(), &data).await
    }
}

fn shown(it: &Consent) -> serde_json::Value {
    json!({ "acceptedBy": it.accepted_by, "text": it.text, "at": it.at.to_string(), "recordedBy": it.recorded_by })
}
