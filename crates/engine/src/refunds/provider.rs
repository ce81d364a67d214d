//! Giving money back at the provider that took it: claim, call, record.
//!
//! What has not settled is undone whole, or waits; what has settled is given back, in parts too (money.md, Refunds).

use kontor_domain::{
    ids::{OrganizationId, PaymentId},
    payments::{Failure, Payment},
    refunds::{Operation, Part, Refund, Status},
};
use kontor_providers::{Approval, Outcome, ProviderError, RefundOrder, VoidOrder, Voided};
use kontor_store::{Conn, actions, crash, idempotency, jobs, payments, refunds};
use serde_json::{Value, json};

use super::{Ask, Held};
use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    keep::Keep,
    resolve::{OTHER_AMOUNT, failure, is_mismatch, mismatch},
    standing::{Settlement, Standing},
    teller::Teller,
};

/// The job that sends a waiting refund out and asks about one whose outcome is not known.
pub(crate) const REFUND: &str = "refund";

/// What is done for a refund of that size, given how the payment stands.
pub(super) fn way(settlement: Settlement, payment: &Payment, refund: &Refund) -> (Status, Operation) {
    let whole = refund.amount == payment.amount;
    match settlement {
        Settlement::Settled => (Status::Submitted, Operation::Refund),
        Settlement::Unsettled if whole => (Status::Submitted, Operation::Void),
        _ => (Status::AwaitingSettlement, Operation::Refund),
    }
}

impl Engine {
    /// Gives money back at the provider. With `keep`, the answer is kept with it.
    pub async fn refund_at_provider(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        ask: &Ask,
        keep: Option<&Keep<'_, Refund>>,
    ) -> Result<Refund, Error> {
        let (seen, busy) = {
            let mut conn = self.db.read().await?;
            let seen = payments::get(&mut conn, organization, payment).await?;
            (seen, actions::open_of_payment(&mut conn, organization, payment).await?.is_some())
        };
        let seen = seen.ok_or(Error::PaymentNotFound)?;
        if busy {
            return Err(Error::PaymentBusy);
        }
        if !seen.status.holds_money() {
            return Err(Error::PaymentState(seen.status));
        }
        let teller = self.teller(organization, &seen, actor, "refund").await?;
        let unanswered = |error| Error::Provider { error, payment: Some(payment) };
        let standing = teller.standing(&seen).await.map_err(unanswered)?;
        if matches!(standing.settlement, Settlement::Gone | Settlement::Unclear) {
            let words = "the provider does not report this payment as money that could go back";
            return Err(unanswered(ProviderError::refused(
                kontor_providers::error::Fault::Theirs,
                None,
                words,
            )));
        }
        let (refund, payment) =
            self.claim_refund(organization, actor, payment, ask, standing.settlement, keep).await?;
        if refund.status == Status::AwaitingSettlement {
            return Ok(refund);
        }
        let outcome = self.call_refund(&teller, &payment, &refund, &standing).await;
        self.record_refund(organization, &refund, outcome, keep).await
    }

    /// Claim: the refund, its parts, the job that looks after it, and what the key stands for, before anybody is called.
    async fn claim_refund(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        ask: &Ask,
        settlement: Settlement,
        keep: Option<&Keep<'_, Refund>>,
    ) -> Result<(Refund, Payment), Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, payment).await?;
        let (mut refund, parts) = self.plan_refund(&mut tx, organization, &held, ask).await?;
        let (status, operation) = way(settlement, &held.payment, &refund);
        refund.status = status;
        refund.operation = Some(operation);
        refunds::insert(&mut tx, organization, &refund, &parts).await?;
        let now = self.ambient.now();
        let due = if status == Status::AwaitingSettlement {
            schedule::after(now, self.settings.settlement_poll)
        } else {
            schedule::after(now, self.call_deadline())
        };
        self.schedule(&mut tx, organization, REFUND, refund.id, due).await?;
        let waits = status == Status::AwaitingSettlement;
        let kind = if waits { "refund.waiting" } else { "refund.submitted" };
        self.tell_refund(&mut tx, organization, kind, &held.payment, &refund).await?;
        let detail = json!({ "refundId": refund.id, "amount": refund.amount.to_string() });
        let subject = payment.to_string();
        self.audit(&mut tx, Some(organization), actor, "payment.refund_asked", &subject, &detail).await?;
        if let Some(keep) = keep {
            idempotency::bind(&mut tx, keep.key, &refund.id.to_string()).await?;
            if waits {
                idempotency::complete(&mut tx, keep.key, &(keep.answer)(&refund)).await?;
            }
        }
        tx.commit_at("refund.claim").await?;
        Ok((refund, held.payment))
    }

    /// After when a call that was not answered is asked about: not while it may be under way.
    pub(crate) fn call_deadline(&self) -> std::time::Duration {
        let call = self.settings.provider_timeout.saturating_add(std::time::Duration::from_secs(1));
        self.settings.resolve_after.max(call)
    }

    /// Call. No transaction is open.
    pub(super) async fn call_refund(
        &self,
        teller: &Teller,
        payment: &Payment,
        refund: &Refund,
        standing: &Standing,
    ) -> Outcome {
        let charges = match teller.charges() {
            Ok(charges) => charges,
            Err(error) => return error.into(),
        };
        let connection = teller.connection();
        let transaction_id = payment.provider_transaction_id.as_deref().unwrap_or_default();
        let reference = refund.provider_reference.as_str();
        let ticket = reference.get(10..).unwrap_or_default();
        if refund.operation == Some(Operation::Void) {
            let order =
                VoidOrder { transaction_id, of: Voided::Sale, amount: payment.amount, reference, ticket };
            let call = teller.timed("void", charges.void(&connection, &order));
            teller.hidden(crash::call("refund.void", call).await)
        } else {
            let order = RefundOrder {
                transaction_id,
                amount: refund.amount,
                reference,
                ticket,
                last_four: standing.last_four(),
            };
            let call = teller.timed("refund", charges.refund(&connection, &order));
            teller.hidden(crash::call("refund.return", call).await)
        }
    }

    /// Record: one transition of the refund, and of its payment and invoices where the money went back.
    pub(super) async fn record_refund(
        &self,
        organization: OrganizationId,
        seen: &Refund,
        outcome: Outcome,
        keep: Option<&Keep<'_, Refund>>,
    ) -> Result<Refund, Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, seen.payment_id).await?;
        let mut refund =
            refunds::lock(&mut tx, organization, seen.id).await?.ok_or(Error::PaymentNotFound)?;
        if !matches!(refund.status, Status::Submitted | Status::Unknown) {
            // The sweep was faster: what it recorded stands.
            tx.rollback().await?;
            return Ok(refund);
        }
        self.attempted_refund(&mut tx, organization, &held.payment, &refund, &outcome).await?;
        let parts = refunds::parts(&mut tx, organization, &refund).await?;
        self.turn_refund(&mut tx, organization, held, &mut refund, &parts, outcome).await?;
        if let Some(keep) = keep.filter(|_| !refund.status.is_open()) {
            idempotency::complete(&mut tx, keep.key, &(keep.answer)(&refund)).await?;
        }
        tx.commit_at("refund.record").await?;
        Ok(refund)
    }

    async fn turn_refund(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Held,
        refund: &mut Refund,
        parts: &[Part],
        outcome: Outcome,
    ) -> Result<(), Error> {
        let from = refund.status;
        let now = self.ambient.now();
        let subject = refund.id.to_string();
        let kind = match outcome {
            Outcome::Approved(approval) if approval.amount == refund.amount => {
                refund.status = given_back(refund);
                refund.provider_transaction_id = Some(approval.transaction_id);
                refund.failure = None;
                None
            }
            // Another amount went back than was asked for: a person decides; the whole stays held.
            Outcome::Approved(_) | Outcome::Partial(_) => {
                return self.refund_mismatch(conn, organization, held, refund).await;
            }
            Outcome::Declined(refusal) => {
                refund.status = Status::Declined;
                refund.failure = Some(declined(&refusal));
                Some("refund.declined")
            }
            Outcome::Failed(error) => {
                refund.status = Status::Failed;
                refund.failure = Some(failure(&error));
                Some("refund.failed")
            }
            Outcome::Unknown(unsure) => {
                let due = schedule::after(now, self.settings.resolve_after);
                refund.status = Status::Unknown;
                refund.failure = Some(failure(&unsure.error));
                refunds::update(conn, organization, refund, from, now).await?;
                self.schedule(conn, organization, REFUND, refund.id, due).await?;
                return self.tell_refund(conn, organization, "refund.unknown", &held.payment, refund).await;
            }
        };
        refunds::update(conn, organization, refund, from, now).await?;
        jobs::remove(conn, organization, REFUND, &subject).await?;
        match kind {
            None => self.give_back(conn, organization, held, refund, parts).await,
            Some(kind) => self.tell_refund(conn, organization, kind, &held.payment, refund).await,
        }
    }

    pub(super) async fn refund_mismatch(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: Held,
        refund: &mut Refund,
    ) -> Result<(), Error> {
        let from = refund.status;
        let now = self.ambient.now();
        let known = is_mismatch(refund.failure.as_ref());
        refund.status = Status::Unknown;
        refund.failure = Some(mismatch(OTHER_AMOUNT));
        refunds::update(conn, organization, refund, from, now).await?;
        let due = schedule::after(now, std::time::Duration::from_hours(1));
        self.schedule(conn, organization, REFUND, refund.id, due).await?;
        if !known {
            let data = json!({ "refundId": refund.id });
            let subject = held.payment.id.to_string();
            self.alert(conn, organization, "refund_mismatch", &subject, &data).await?;
        }
        Ok(())
    }

    async fn attempted_refund(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        refund: &Refund,
        outcome: &Outcome,
    ) -> Result<(), Error> {
        let operation = match refund.operation {
            Some(Operation::Void) => "void",
            _ => "refund",
        };
        let (word, facts) = outcome_facts(outcome);
        let facts = json!({ "refundId": refund.id, "answer": facts });
        self.attempted(conn, organization, payment, operation, word, &facts).await
    }
}

/// The state of a refund whose money went back.
fn given_back(refund: &Refund) -> Status {
    if refund.operation == Some(Operation::Void) { Status::Voided } else { Status::Succeeded }
}

/// A decline as it is kept.
pub(crate) fn declined(refusal: &kontor_providers::Refusal) -> Failure {
    Failure {
        code: "payment_declined".to_owned(),
        message: "The provider declined.".to_owned(),
        provider_code: Some(refusal.code.clone()),
        provider_message: Some(refusal.message.clone()),
    }
}

/// What is kept of how a call ended: nothing of the card but its brand and last four digits.
pub(crate) fn outcome_facts(outcome: &Outcome) -> (&'static str, Value) {
    let approved = |it: &Approval| json!({ "id": it.transaction_id, "amount": it.amount.to_string(), "code": it.code, "message": it.message });
    match outcome {
        Outcome::Approved(it) => ("approved", approved(it)),
        Outcome::Partial(it) => ("partial", approved(it)),
        Outcome::Declined(it) => (
            "declined",
            json!({ "id": it.transaction_id, "code": it.code, "message": it.message, "hard": it.hard }),
        ),
        Outcome::Failed(error) => ("refused", json!({ "error": error.to_string() })),
        Outcome::Unknown(it) => {
            ("unknown", json!({ "error": it.error.to_string(), "id": it.transaction_id }))
        }
    }
}
