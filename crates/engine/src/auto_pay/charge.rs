//! One try of an invoice's charge, and what follows from how it ended.
//!
//! A try is tied to its payment in the transaction that writes the payment down: whoever comes after a crash follows
//! that payment, and charges nothing again.

use std::time::Duration;

use kontor_domain::{
    auto_pay::{Charge, Reason, Status, next_try},
    ids::{AutoPayChargeId, OrganizationId, PaymentId},
    invoices::Invoice,
    payments::{self as states, Payment},
};
use kontor_providers::MerchantReason;
use kontor_store::{Conn, attempts, auto_pay as store, invoices, jobs, jobs::Job, payments};

use super::AUTO_PAY;
use crate::{
    Actor, Engine, Error,
    charges::{From, Order, Usage},
    hosted::schedule,
};

/// When an invoice that other money is under way to is looked at again.
const BUSY: Duration = Duration::from_hours(1);

impl Engine {
    /// Does what is due: a try, or a look at how the last one ended.
    pub(crate) async fn run_auto_pay(&self, job: &Job, id: AutoPayChargeId) -> Result<(), Error> {
        let organization = job.organization;
        let (charge, invoice) = {
            let mut conn = self.db.read().await?;
            let charge = store::get_charge(&mut conn, organization, id).await?;
            let invoice = match &charge {
                Some(it) => invoices::get(&mut conn, organization, it.invoice_id).await?,
                None => None,
            };
            (charge, invoice)
        };
        let (Some(charge), Some(invoice)) = (charge, invoice) else {
            return self.forget_auto_pay(organization, id).await;
        };
        match charge.status {
            Status::Charging => self.follow_auto_pay(organization, id).await,
            it if it.is_waiting() => self.try_auto_pay(organization, &charge, &invoice).await,
            _ => self.forget_auto_pay(organization, id).await,
        }
    }

    async fn forget_auto_pay(&self, organization: OrganizationId, id: AutoPayChargeId) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        jobs::remove(&mut tx, organization, AUTO_PAY, &id.to_string()).await?;
        Ok(tx.commit_at("auto_pay.over").await?)
    }

    async fn try_auto_pay(
        &self,
        organization: OrganizationId,
        charge: &Charge,
        invoice: &Invoice,
    ) -> Result<(), Error> {
        let order = Order {
            invoice: invoice.id,
            customer: invoice.customer_id,
            amount: invoice.standing().balance()?,
            from: From::Default,
            provider: None,
            capture: true,
            usage: Usage::Merchant {
                recurring: true,
                reason: (charge.tries > 0).then_some(MerchantReason::Resubmission),
            },
            reference: None,
            auto_pay: Some(charge.id),
        };
        if !invoice.status.is_payable() || order.amount.is_zero() {
            return self
                .turn(organization, charge.id, Turn::End(Status::Cancelled, Reason::NotPayable))
                .await;
        }
        let turn = match self.charge(organization, &Actor::system(), &order, None).await {
            Ok(_) => return self.follow_auto_pay(organization, charge.id).await,
            Err(Error::NotPayable(_)) => Turn::End(Status::Cancelled, Reason::NotPayable),
            // Paid in part or called off a moment ago: the next look sees it.
            Err(Error::ExceedsBalance { .. } | Error::AutoPayState(_)) => Turn::Look(Duration::ZERO, None),
            Err(Error::InFlight) => Turn::Look(BUSY, Some(Reason::InFlight)),
            Err(Error::MethodNotFound | Error::NoIntegration(_) | Error::Fields(_)) => {
                Turn::Missed(Reason::NoMethod)
            }
            Err(Error::CurrencyNotTaken(_)) => Turn::End(Status::Failed, Reason::NotDone),
            Err(error) => return Err(error),
        };
        self.turn(organization, charge.id, turn).await
    }

    /// Ties a try to its payment, in the transaction that writes the payment down. `before` is the payment that this
    /// one is tried instead of.
    pub(crate) async fn begin_auto_pay(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: AutoPayChargeId,
        payment: &Payment,
        before: Option<PaymentId>,
    ) -> Result<(), Error> {
        let setting = store::hold(conn, organization, payment.customer_id).await?;
        let held = store::lock_charge(conn, organization, id).await?.ok_or(Error::AutoPayChargeNotFound)?;
        let again = held.status == Status::Charging && before.is_some() && held.payment_id == before;
        let first = held.status.is_waiting() && before.is_none() && setting.is_some_and(|it| it.is_enabled);
        if !again && !first {
            return Err(Error::AutoPayState(held.status));
        }
        let tries = if again { held.tries } else { held.tries.saturating_add(1) };
        let begun =
            Charge { status: Status::Charging, tries, payment_id: Some(payment.id), reason: None, ..held };
        store::update(conn, organization, &begun, self.ambient.now()).await?;
        let due = schedule::after(self.ambient.now(), self.call_deadline());
        self.schedule(conn, organization, AUTO_PAY, id, due).await?;
        self.tell_auto_pay(conn, organization, "auto_pay.charging", &begun).await
    }

    /// Looks at how the payment of the latest try stands, and goes on from there.
    async fn follow_auto_pay(&self, organization: OrganizationId, id: AutoPayChargeId) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let Some(held) = store::lock_charge(&mut tx, organization, id).await? else { return Ok(()) };
        let payment = match held.payment_id {
            Some(payment) => payments::get(&mut tx, organization, payment).await?,
            None => None,
        };
        let (Status::Charging, Some(payment)) = (held.status, payment) else { return Ok(()) };
        let turn = match payment.status {
            status if status.is_open() => Turn::Look(self.settings.resolve_after, None),
            states::Status::Declined if was_hard(&mut tx, organization, payment.id).await? => {
                Turn::End(Status::Failed, Reason::CardRefused)
            }
            states::Status::Declined => Turn::Missed(Reason::Declined),
            states::Status::Failed | states::Status::Abandoned | states::Status::Expired => {
                Turn::Missed(Reason::NotDone)
            }
            _ => Turn::Paid,
        };
        self.apply(&mut tx, organization, held, turn).await?;
        Ok(tx.commit_at("auto_pay.follow").await?)
    }

    async fn turn(&self, organization: OrganizationId, id: AutoPayChargeId, turn: Turn) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let Some(held) = store::lock_charge(&mut tx, organization, id).await? else { return Ok(()) };
        if held.status.is_waiting() {
            // No payment was written down: this counts as a try all the same, so that it comes to an end.
            let missed = matches!(turn, Turn::Missed(_));
            let tries = held.tries.saturating_add(u32::from(missed));
            self.apply(&mut tx, organization, Charge { tries, ..held }, turn).await?;
        }
        Ok(tx.commit_at("auto_pay.turn").await?)
    }

    async fn apply(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Charge,
        turn: Turn,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        match turn {
            Turn::End(status, reason) => {
                self.end_auto_pay(conn, organization, held, (status, reason)).await?;
            }
            Turn::Look(pause, reason) => {
                let id = held.id;
                if held.reason != reason && held.status.is_waiting() {
                    store::update(conn, organization, &Charge { reason, ..held }, now).await?;
                }
                self.schedule(conn, organization, AUTO_PAY, id, schedule::after(now, pause)).await?;
            }
            Turn::Paid => {
                let paid = Charge { status: Status::Paid, reason: None, ..held };
                let paid = store::update(conn, organization, &paid, now).await?;
                jobs::remove(conn, organization, AUTO_PAY, &paid.id.to_string()).await?;
                self.tell_auto_pay(conn, organization, "auto_pay.paid", &paid).await?;
            }
            Turn::Missed(reason) => {
                let Some(due_at) = next_try(held.tries, now) else {
                    self.end_auto_pay(conn, organization, held, (Status::Failed, reason)).await?;
                    return Ok(());
                };
                let again = Charge { status: Status::Retrying, due_at, reason: Some(reason), ..held };
                let again = store::update(conn, organization, &again, now).await?;
                self.schedule(conn, organization, AUTO_PAY, again.id, due_at).await?;
                self.tell_auto_pay(conn, organization, "auto_pay.retrying", &again).await?;
            }
        }
        Ok(())
    }
}

/// Whether the card was refused for good. Where the answer was lost and looked up, nobody said so.
async fn was_hard(conn: &mut Conn, organization: OrganizationId, payment: PaymentId) -> Result<bool, Error> {
    let latest = attempts::latest(conn, organization, payment).await?;
    let facts = latest.and_then(|(_, facts)| serde_json::from_str::<serde_json::Value>(&facts).ok());
    Ok(facts.and_then(|it| it.get("hard").and_then(serde_json::Value::as_bool)).unwrap_or(false))
}

/// What follows for a plan.
enum Turn {
    /// It ends.
    End(Status, Reason),
    /// It is looked at again after this.
    Look(Duration, Option<Reason>),
    /// The invoice is paid by it.
    Paid,
    /// This try took nothing: another follows on its day, or it ends.
    Missed(Reason),
}
