//! What is written down of how an action ended. Every function here is one transaction, or a part of one.

use std::collections::BTreeMap;

use kontor_domain::{
    Money,
    actions::{Action, Kind, Status},
    ids::{InvoiceId, OrganizationId},
    payments::{self as domain, Payment},
};
use kontor_providers::Outcome;
use kontor_store::{Conn, actions, idempotency, jobs, payments};
use serde_json::json;

use super::{ACTION, Acted};
use crate::{
    Engine, Error,
    hosted::schedule,
    keep::Keep,
    refunds::{
        Held,
        provider::{declined, outcome_facts},
    },
    resolve::{OTHER_AMOUNT, RESOLVE, failure, is_mismatch, mismatch, record::HOUR},
};

impl Engine {
    /// Record: one transition of the action, and of its payment where something was done.
    pub(crate) async fn record_action(
        &self,
        organization: OrganizationId,
        seen: &Action,
        outcome: Outcome,
        keep: Option<&Keep<'_, Acted>>,
    ) -> Result<Acted, Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, seen.payment_id).await?;
        let locked = actions::lock(&mut tx, organization, seen.id).await?;
        let mut action = locked.ok_or(Error::PaymentNotFound)?;
        if action.status.is_open() {
            let (word, facts) = outcome_facts(&outcome);
            let facts = json!({ "actionId": action.id, "answer": facts });
            let operation = action.kind.verb();
            self.attempted(&mut tx, organization, &held.payment, operation, word, &facts).await?;
            self.turn_action(&mut tx, organization, held, &mut action, outcome).await?;
        }
        let whole = self.whole(&mut tx, organization, seen.payment_id).await?;
        let acted = Acted { action, whole };
        if let Some(keep) = keep.filter(|_| !acted.action.status.is_open()) {
            idempotency::complete(&mut tx, keep.key, &(keep.answer)(&acted)).await?;
        }
        tx.commit_at("action.record").await?;
        Ok(acted)
    }

    async fn turn_action(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Held,
        action: &mut Action,
        outcome: Outcome,
    ) -> Result<(), Error> {
        let from = action.status;
        let now = self.ambient.now();
        let kind = match outcome {
            Outcome::Approved(approval) if action.kind == Kind::Void || approval.amount == action.amount => {
                action.status = Status::Succeeded;
                action.provider_transaction_id = Some(approval.transaction_id.clone());
                action.failure = None;
                actions::update(conn, organization, action, from, now).await?;
                jobs::remove(conn, organization, ACTION, &action.id.to_string()).await?;
                return match action.kind {
                    Kind::Capture => self.captured(conn, organization, held, action, approval.into()).await,
                    Kind::Void => self.voided(conn, organization, held).await,
                };
            }
            Outcome::Approved(_) | Outcome::Partial(_) => {
                return self.action_mismatch(conn, organization, &held.payment, action).await;
            }
            Outcome::Declined(refusal) => {
                action.status = Status::Declined;
                action.failure = Some(declined(&refusal));
                "declined"
            }
            Outcome::Failed(error) => {
                action.status = Status::Failed;
                action.failure = Some(failure(&error));
                "failed"
            }
            Outcome::Unknown(unsure) => {
                action.status = Status::Unknown;
                action.failure = Some(failure(&unsure.error));
                actions::update(conn, organization, action, from, now).await?;
                let due = schedule::after(now, self.settings.resolve_after);
                self.schedule(conn, organization, ACTION, action.id, due).await?;
                return self.tell_action(conn, organization, "unknown", &held.payment, action).await;
            }
        };
        actions::update(conn, organization, action, from, now).await?;
        jobs::remove(conn, organization, ACTION, &action.id.to_string()).await?;
        if held.payment.status == domain::Status::Authorized {
            // Perhaps there is nothing held any more: the provider says what is.
            self.schedule(conn, organization, RESOLVE, action.payment_id, now).await?;
        }
        self.tell_action(conn, organization, kind, &held.payment, action).await
    }

    /// What was held, or a part of it, is taken.
    async fn captured(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Held,
        action: &Action,
        taken: crate::resolve::record::Taken,
    ) -> Result<(), Error> {
        let Held { mut payment, invoices, .. } = held;
        let from = payment.status;
        payment.amount = action.amount;
        let invoice = payment.invoice_id.and_then(|id| invoices.get(&id));
        self.money_taken(conn, organization, &mut payment, from, invoice, taken).await.map(drop)
    }

    /// The whole is undone at the provider.
    async fn voided(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        mut held: Held,
    ) -> Result<(), Error> {
        if !held.payment.status.is_open() {
            return self.take_out(conn, organization, &mut held).await;
        }
        // Less was approved than was asked for, and that is let go of: nothing was taken.
        let payment = &mut held.payment;
        let from = payment.status;
        payment.status = domain::Status::Declined;
        payment.reserved = Money::zero(payment.amount.currency());
        payments::update(conn, organization, payment, from, self.ambient.now()).await?;
        jobs::remove(conn, organization, RESOLVE, &payment.id.to_string()).await?;
        self.tell_payment(conn, organization, "payment.declined", payment, json!({})).await
    }

    /// Turns a held payment Voided and takes it out of its invoices: rows are added, none is taken away.
    pub(super) async fn take_out(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: &mut Held,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let zero = Money::zero(held.payment.amount.currency());
        let mut by_invoice: BTreeMap<InvoiceId, Money> = BTreeMap::new();
        for it in &held.applications {
            actions::take_out(conn, organization, it, now).await?;
            let sum = by_invoice.entry(it.invoice_id).or_insert(zero);
            *sum = sum.plus(it.amount)?;
        }
        for (id, amount) in by_invoice {
            let invoice = held.invoices.get(&id).ok_or(Error::InvoiceNotFound)?;
            self.take_paid_out(conn, organization, invoice, amount).await?;
        }
        let payment = &mut held.payment;
        let from = payment.status;
        payment.status = domain::Status::Voided;
        payment.reserved = zero;
        payment.applied = zero;
        payments::update(conn, organization, payment, from, now).await?;
        jobs::remove(conn, organization, RESOLVE, &payment.id.to_string()).await?;
        self.tell_payment(conn, organization, "payment.voided", payment, json!({})).await
    }

    /// A hold has ended at the provider without anybody here: nothing is held of the invoice any more.
    pub(crate) async fn hold_ended(
        &self,
        organization: OrganizationId,
        seen: &Payment,
        to: domain::Status,
    ) -> Result<Payment, Error> {
        let (mut tx, mut payment, _) = self.hold(organization, seen).await?;
        let busy = actions::open_of_payment(&mut tx, organization, payment.id).await?.is_some();
        if payment.status != domain::Status::Authorized || busy {
            tx.rollback().await?;
            return Ok(payment);
        }
        payment.status = to;
        payment.reserved = Money::zero(payment.amount.currency());
        let now = self.ambient.now();
        payments::update(&mut tx, organization, &mut payment, domain::Status::Authorized, now).await?;
        jobs::remove(&mut tx, organization, RESOLVE, &payment.id.to_string()).await?;
        let kind = if to == domain::Status::Expired { "payment.expired" } else { "payment.voided" };
        self.tell_payment(&mut tx, organization, kind, &payment, json!({})).await?;
        tx.commit_at("hold.ended").await?;
        Ok(payment)
    }

    /// The provider reports another amount than was asked for: a person decides, nothing else is done meanwhile.
    pub(super) async fn action_mismatch(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        action: &mut Action,
    ) -> Result<(), Error> {
        let from = action.status;
        let now = self.ambient.now();
        let known = is_mismatch(action.failure.as_ref());
        action.status = Status::Unknown;
        action.failure = Some(mismatch(OTHER_AMOUNT));
        actions::update(conn, organization, action, from, now).await?;
        self.schedule(conn, organization, ACTION, action.id, schedule::after(now, HOUR)).await?;
        if !known {
            let data = json!({ "actionId": action.id, "kind": action.kind.as_str() });
            self.alert(conn, organization, "payment_mismatch", &payment.id.to_string(), &data).await?;
        }
        Ok(())
    }

    /// Writes an action's event, in its payment's timeline.
    pub(super) async fn tell_action(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        how: &str,
        payment: &Payment,
        action: &Action,
    ) -> Result<(), Error> {
        let what = action.kind.verb();
        let more = json!({ "action": {
            "id": action.id,
            "status": action.status.as_str(),
            "amount": action.amount.to_string(),
            "providerReference": action.provider_reference,
            "failure": action.failure,
        }});
        self.tell_payment(conn, organization, &format!("payment.{what}_{how}"), payment, more).await
    }
}
