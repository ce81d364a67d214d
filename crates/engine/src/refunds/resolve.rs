//! What becomes of a refund later: one that waits goes out once its payment has settled, and one whose outcome nobody
//! knows is looked for at the provider. It is never sent again to find out.

use kontor_domain::{
    ids::{OrganizationId, RefundId},
    payments::{Failure, Payment},
    refunds::{Operation, Refund, Status},
};
use kontor_providers::{Outcome, ProviderError, ProviderTransaction, TransactionKind, TransactionState};
use kontor_store::{jobs, payments, refunds};
use serde_json::json;

use super::provider::REFUND;
use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    resolve::failure,
    standing::{Found, Settlement, approval_of, refusal_of, undone},
    teller::Teller,
};

impl Engine {
    /// Sends a waiting refund out where its payment has settled; asks about one that was sent. One that has ended is
    /// left as it is.
    pub async fn drive_refund(
        &self,
        organization: OrganizationId,
        id: RefundId,
        actor: &Actor,
    ) -> Result<Refund, Error> {
        let (refund, payment) = {
            let mut conn = self.db.read().await?;
            let refund = refunds::get(&mut conn, organization, id).await?.ok_or(Error::PaymentNotFound)?;
            let payment = payments::get(&mut conn, organization, refund.payment_id).await?;
            (refund, payment.ok_or(Error::PaymentNotFound)?)
        };
        if !refund.status.is_open() {
            let mut tx = self.db.write().await?;
            jobs::remove(&mut tx, organization, REFUND, &id.to_string()).await?;
            tx.commit_at("refund.no_more").await?;
            return Ok(refund);
        }
        let teller = match self.teller(organization, &payment, actor, "refund").await {
            Ok(teller) => teller,
            Err(Error::NoIntegration(_)) => {
                let error = ProviderError::misconfigured("the integration of this payment was deleted");
                return self.ask_again(organization, refund, Some(&error), true).await;
            }
            Err(error) => return Err(error),
        };
        if refund.status == Status::AwaitingSettlement {
            return self.send_waiting(organization, &teller, &payment, refund).await;
        }
        match self.look_for_refund(&teller, &payment, &refund).await {
            Ok(Found::Ended(outcome)) => self.record_refund(organization, &refund, *outcome, None).await,
            // A refund of another amount is told where it is recorded.
            Ok(Found::Pending | Found::Mismatch(_)) => {
                self.ask_again(organization, refund, None, false).await
            }
            Ok(Found::Nothing) => self.believe_nothing(organization, refund).await,
            Err(error) => self.ask_again(organization, refund, Some(&error), true).await,
        }
    }

    async fn send_waiting(
        &self,
        organization: OrganizationId,
        teller: &Teller,
        payment: &Payment,
        refund: Refund,
    ) -> Result<Refund, Error> {
        let standing = match teller.standing(payment).await {
            Ok(standing) => standing,
            Err(error) => return self.ask_again(organization, refund, Some(&error), false).await,
        };
        match standing.settlement {
            Settlement::Settled => {}
            Settlement::Gone => return self.nothing_left(organization, refund).await,
            Settlement::Unsettled | Settlement::Unclear => {
                return self.ask_again(organization, refund, None, false).await;
            }
        }
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, refund.payment_id).await?;
        let locked = refunds::lock(&mut tx, organization, refund.id).await?;
        let mut refund = locked.ok_or(Error::PaymentNotFound)?;
        if refund.status != Status::AwaitingSettlement {
            tx.rollback().await?;
            return Ok(refund);
        }
        refund.status = Status::Submitted;
        let now = self.ambient.now();
        refunds::update(&mut tx, organization, &mut refund, Status::AwaitingSettlement, now).await?;
        let due = schedule::after(now, self.call_deadline());
        self.schedule(&mut tx, organization, REFUND, refund.id, due).await?;
        self.tell_refund(&mut tx, organization, "refund.submitted", &held.payment, &refund).await?;
        tx.commit_at("refund.send").await?;
        let outcome = self.call_refund(teller, payment, &refund, &standing).await;
        self.record_refund(organization, &refund, outcome, None).await
    }

    /// Asks the provider what became of a refund. Reads alone.
    async fn look_for_refund(
        &self,
        teller: &Teller,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<Found, ProviderError> {
        if refund.operation == Some(Operation::Void) {
            let standing = teller.standing(payment).await?;
            return Ok(match standing.settlement {
                Settlement::Gone => Found::Ended(Box::new(Outcome::Approved(undone(payment)))),
                Settlement::Unclear => Found::Pending,
                Settlement::Unsettled | Settlement::Settled => Found::Nothing,
            });
        }
        let rows = teller.find(&refund.provider_reference, refund.created_at, self.ambient.now()).await?;
        Ok(judge(refund, &rows))
    }

    /// Later again: the next poll for one that waits, ever less often for one that nobody answers for.
    async fn ask_again(
        &self,
        organization: OrganizationId,
        refund: Refund,
        error: Option<&ProviderError>,
        unknown: bool,
    ) -> Result<Refund, Error> {
        let mut tx = self.db.write().await?;
        let now = self.ambient.now();
        let held = self.hold_with_invoices(&mut tx, organization, refund.payment_id).await?;
        let locked = refunds::lock(&mut tx, organization, refund.id).await?;
        let mut refund = locked.ok_or(Error::PaymentNotFound)?;
        if !refund.status.is_open() {
            tx.rollback().await?;
            return Ok(refund);
        }
        if unknown && refund.status == Status::Submitted {
            refund.status = Status::Unknown;
            refund.failure = error.map(failure);
            refunds::update(&mut tx, organization, &mut refund, Status::Submitted, now).await?;
            self.tell_refund(&mut tx, organization, "refund.unknown", &held.payment, &refund).await?;
        }
        let tries = jobs::attempts(&mut tx, organization, REFUND, &refund.id.to_string()).await?;
        let due = if refund.status == Status::AwaitingSettlement && error.is_none() {
            schedule::after(now, self.settings.settlement_poll)
        } else {
            schedule::after(now, schedule::retry(tries, &self.settings))
        };
        self.schedule(&mut tx, organization, REFUND, refund.id, due).await?;
        tx.commit_at("refund.later").await?;
        Ok(refund)
    }

    /// The provider knows of no such refund: believed the second time, `not_found_after` apart.
    async fn believe_nothing(&self, organization: OrganizationId, seen: Refund) -> Result<Refund, Error> {
        let now = self.ambient.now();
        if schedule::believes(seen.nothing_since, now, self.settings.not_found_after) {
            let words = "the provider knows of no such refund";
            let outcome =
                Outcome::Failed(ProviderError::refused(kontor_providers::error::Fault::Theirs, None, words));
            return self.record_refund(organization, &seen, outcome, None).await;
        }
        let mut tx = self.db.write().await?;
        payments::lock(&mut tx, organization, seen.payment_id).await?;
        let locked = refunds::lock(&mut tx, organization, seen.id).await?;
        let mut refund = locked.ok_or(Error::PaymentNotFound)?;
        if matches!(refund.status, Status::Submitted | Status::Unknown) {
            let from = refund.status;
            refund.status = Status::Unknown;
            refund.nothing_since = refund.nothing_since.or(Some(now));
            refunds::update(&mut tx, organization, &mut refund, from, now).await?;
            let due = schedule::after(now, self.settings.not_found_after);
            self.schedule(&mut tx, organization, REFUND, refund.id, due).await?;
        }
        tx.commit_at("refund.nothing").await?;
        Ok(refund)
    }

    /// Somebody undid the payment at the provider while a refund of it waited: there is nothing to give back.
    async fn nothing_left(&self, organization: OrganizationId, seen: Refund) -> Result<Refund, Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, seen.payment_id).await?;
        let locked = refunds::lock(&mut tx, organization, seen.id).await?;
        let mut refund = locked.ok_or(Error::PaymentNotFound)?;
        if refund.status == Status::AwaitingSettlement {
            refund.status = Status::Failed;
            refund.failure = Some(Failure {
                code: "payment_gone_at_provider".to_owned(),
                message: "The payment was undone at the provider, by nobody here.".to_owned(),
                provider_code: None,
                provider_message: None,
            });
            let now = self.ambient.now();
            refunds::update(&mut tx, organization, &mut refund, Status::AwaitingSettlement, now).await?;
            jobs::remove(&mut tx, organization, REFUND, &refund.id.to_string()).await?;
            self.tell_refund(&mut tx, organization, "refund.failed", &held.payment, &refund).await?;
            let data = json!({ "refundId": refund.id });
            let subject = held.payment.id.to_string();
            self.alert(&mut tx, organization, "payment_gone_at_provider", &subject, &data).await?;
        }
        tx.commit_at("refund.gone").await?;
        Ok(refund)
    }
}

/// Reads the provider's rows of a refund's reference.
pub(super) fn judge(refund: &Refund, rows: &[ProviderTransaction]) -> Found {
    let own = |it: &&ProviderTransaction| {
        it.kind == TransactionKind::Refund
            && it.reference.as_deref() == Some(refund.provider_reference.as_str())
    };
    let done = |it: &ProviderTransaction| {
        matches!(
            it.state,
            TransactionState::Approved | TransactionState::Settled | TransactionState::Returned
        )
    };
    let refused = |it: &ProviderTransaction| {
        matches!(it.state, TransactionState::Declined | TransactionState::Error | TransactionState::Voided)
    };
    let all: Vec<_> = rows.iter().filter(own).collect();
    if let Some(it) = all.iter().find(|it| done(it)) {
        return Found::Ended(Box::new(Outcome::Approved(approval_of(it, refund.amount))));
    }
    if all.iter().any(|it| !refused(it)) {
        return Found::Pending;
    }
    all.last().map_or(Found::Nothing, |it| Found::Ended(Box::new(Outcome::Declined(refusal_of(it)))))
}

#[cfg(test)]
mod tests;
