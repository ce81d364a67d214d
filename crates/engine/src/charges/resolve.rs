//! What became of a charge whose answer got lost, and of a hold while it lasts: the provider is asked, and its word is
//! written down. Nothing is sent again to find out.

use kontor_domain::{
    ids::OrganizationId,
    payments::{Payment, Status},
};
use kontor_providers::{Outcome, ProviderError, ProviderTransaction, TransactionState, error::Fault};
use kontor_store::{actions, jobs, payments};
use serde_json::json;

use super::verdict::judge;
use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    resolve::{RESOLVE, Resolved, facts, failure, record::Taken},
    standing::{Found, Standing, approval_of},
    teller::Teller,
};

impl Engine {
    /// Asks the provider about a charge or a hold and records what it says.
    pub(crate) async fn resolve_charge(
        &self,
        organization: OrganizationId,
        payment: Payment,
        actor: &Actor,
    ) -> Result<Resolved, Error> {
        if !payment.status.is_open() && payment.status != Status::Authorized {
            return self.looked_after(organization, payment).await;
        }
        let open = {
            let mut conn = self.db.read().await?;
            actions::open_of_payment(&mut conn, organization, payment.id).await?
        };
        if let Some(action) = open {
            // What is being done with it is asked about first: its end is the payment's.
            let acted = self.drive_action(organization, action.id, actor).await?;
            return self.looked_after(organization, acted.whole.payment).await;
        }
        let teller = match self.teller(organization, &payment, actor, "resolve").await {
            Ok(teller) => teller,
            Err(Error::NoIntegration(_)) => {
                let error = ProviderError::misconfigured("the integration of this payment was deleted");
                return self.charge_unanswered(organization, payment, error).await;
            }
            Err(error) => return Err(error),
        };
        let sent = payment.created_at;
        if payment.status == Status::Authorized {
            let standing = teller.standing(&payment).await;
            let row = standing.as_ref().map(|it| it.row.as_slice());
            self.noted(organization, &payment, row).await?;
            return match standing {
                Ok(standing) => self.record_hold(organization, payment, &standing).await,
                Err(error) => self.charge_unanswered(organization, payment, error).await,
            };
        }
        let found = teller.find(&payment.provider_reference, sent, self.ambient.now()).await;
        self.noted(organization, &payment, found.as_deref()).await?;
        let found = match found {
            Ok(rows) => judge(&payment, &rows),
            Err(error) => return self.charge_unanswered(organization, payment, error).await,
        };
        match found {
            Found::Ended(outcome) => self.record_found(organization, &teller, payment, *outcome).await,
            Found::Mismatch(reason) => self.record_mismatch(organization, payment, reason).await,
            Found::Pending => self.charge_pending(organization, payment).await,
            Found::Nothing => self.believe_not_charged(organization, payment).await,
        }
    }

    /// Writes down that the provider was asked, and what it said.
    async fn noted(
        &self,
        organization: OrganizationId,
        payment: &Payment,
        answer: Result<&[ProviderTransaction], &ProviderError>,
    ) -> Result<(), Error> {
        let (outcome, facts) = match answer {
            Ok(found) => ("answered", json!({ "transactions": found.iter().map(facts).collect::<Vec<_>>() })),
            Err(error) => ("unanswered", json!({ "error": error.to_string() })),
        };
        let mut tx = self.db.write().await?;
        self.attempted(&mut tx, organization, payment, "query transactions", outcome, &facts).await?;
        Ok(tx.commit_at("charge.asked").await?)
    }

    async fn record_found(
        &self,
        organization: OrganizationId,
        teller: &Teller,
        payment: Payment,
        outcome: Outcome,
    ) -> Result<Resolved, Error> {
        let recorded = self.record_charge(organization, &payment, outcome, None).await?;
        let Some(undo) = recorded.undo else { return Ok(Resolved::plain(recorded.whole.payment)) };
        let outcome = self.call_action(teller, &recorded.whole.payment, &undo).await;
        let acted = self.record_action(organization, &undo, outcome, None).await?;
        Ok(Resolved::plain(acted.whole.payment))
    }

    /// What the provider says of a hold while nothing is being done with it here.
    async fn record_hold(
        &self,
        organization: OrganizationId,
        payment: Payment,
        standing: &Standing,
    ) -> Result<Resolved, Error> {
        let ended = match standing.state() {
            Some(TransactionState::Expired) => Some(Status::Expired),
            Some(TransactionState::Voided | TransactionState::Reversed) => Some(Status::Voided),
            _ => None,
        };
        if let Some(to) = ended {
            return self.hold_ended(organization, &payment, to).await.map(Resolved::plain);
        }
        match &standing.row {
            Some(row) if matches!(row.state, TransactionState::Approved | TransactionState::Settled) => {
                self.captured_elsewhere(organization, payment, row).await
            }
            _ => self.looked_after(organization, payment).await,
        }
    }

    /// Somebody at the merchant's captured it at the provider: that is money taken.
    async fn captured_elsewhere(
        &self,
        organization: OrganizationId,
        seen: Payment,
        row: &ProviderTransaction,
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, invoice) = self.hold(organization, &seen).await?;
        let busy = actions::open_of_payment(&mut tx, organization, payment.id).await?.is_some();
        let approval = approval_of(row, payment.amount);
        let fits = approval.amount.minus(payment.amount).is_ok_and(|it| it.minor() <= 0);
        if payment.status != Status::Authorized || busy || !fits || approval.amount.is_zero() {
            tx.rollback().await?;
            return self.looked_after(organization, payment).await;
        }
        payment.amount = approval.amount;
        let from = payment.status;
        let taken = Taken::from(approval);
        self.money_taken(&mut tx, organization, &mut payment, from, invoice.as_ref(), taken).await?;
        let subject = payment.id.to_string();
        self.alert(&mut tx, organization, "payment_captured_elsewhere", &subject, &json!({})).await?;
        tx.commit_at("charge.captured").await?;
        Ok(Resolved::plain(payment))
    }

    /// Later again, where there is a later.
    async fn looked_after(&self, organization: OrganizationId, seen: Payment) -> Result<Resolved, Error> {
        let mut tx = self.db.write().await?;
        let payment = payments::lock(&mut tx, organization, seen.id).await?.ok_or(Error::PaymentNotFound)?;
        let subject = payment.id.to_string();
        let now = self.ambient.now();
        if payment.status == Status::Authorized {
            let due = schedule::after(now, self.hold_watch());
            self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        } else if payment.status.is_open() {
            let tries = jobs::attempts(&mut tx, organization, RESOLVE, &subject).await?;
            let due = schedule::after(now, schedule::retry(tries, &self.settings));
            self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        } else {
            jobs::remove(&mut tx, organization, RESOLVE, &subject).await?;
        }
        tx.commit_at("charge.later").await?;
        Ok(Resolved::plain(payment))
    }

    /// The provider could not be asked.
    async fn charge_unanswered(
        &self,
        organization: OrganizationId,
        seen: Payment,
        error: ProviderError,
    ) -> Result<Resolved, Error> {
        if seen.status == Status::Submitted {
            self.now_unknown(organization, &seen, Some(&error)).await?;
        }
        let resolved = self.looked_after(organization, seen).await?;
        Ok(Resolved { unanswered: Some(error), ..resolved })
    }

    /// The provider is still at it.
    async fn charge_pending(&self, organization: OrganizationId, seen: Payment) -> Result<Resolved, Error> {
        if seen.status == Status::Submitted {
            self.now_unknown(organization, &seen, None).await?;
        }
        self.looked_after(organization, seen).await
    }

    /// A charge that was sent and of which nobody heard, unless its own call is still under way.
    async fn now_unknown(
        &self,
        organization: OrganizationId,
        seen: &Payment,
        error: Option<&ProviderError>,
    ) -> Result<(), Error> {
        let (mut tx, mut payment, _) = self.hold(organization, seen).await?;
        let now = self.ambient.now();
        if payment.status != Status::Submitted || self.may_be_under_way(&payment) {
            return Ok(tx.rollback().await?);
        }
        payment.status = Status::Unknown;
        payment.failure = error.map(failure);
        payments::update(&mut tx, organization, &mut payment, Status::Submitted, now).await?;
        let more = json!({ "reason": error.map(ToString::to_string) });
        self.tell_payment(&mut tx, organization, "payment.unknown", &payment, more).await?;
        Ok(tx.commit_at("charge.unknown").await?)
    }

    fn may_be_under_way(&self, payment: &Payment) -> bool {
        self.ambient.now() < schedule::after(payment.created_at, self.call_deadline())
    }

    /// The provider knows of no such charge: believed the second time, `not_found_after` apart, and counted only once
    /// the provider's own time is over.
    async fn believe_not_charged(
        &self,
        organization: OrganizationId,
        seen: Payment,
    ) -> Result<Resolved, Error> {
        let now = self.ambient.now();
        if schedule::believes(seen.nothing_since, now, self.settings.not_found_after) {
            let words = "the provider knows of no such charge";
            let outcome = Outcome::Failed(ProviderError::refused(Fault::Theirs, None, words));
            let recorded = self.record_charge(organization, &seen, outcome, None).await?;
            return Ok(Resolved::plain(recorded.whole.payment));
        }
        let (mut tx, mut payment, _) = self.hold(organization, &seen).await?;
        if !payment.status.is_open() {
            tx.rollback().await?;
            return Ok(Resolved::plain(payment));
        }
        if !self.may_be_under_way(&payment) {
            let from = payment.status;
            payment.status = Status::Unknown;
            payment.nothing_since = payment.nothing_since.or(Some(now));
            payments::update(&mut tx, organization, &mut payment, from, now).await?;
            if from == Status::Submitted {
                self.tell_payment(&mut tx, organization, "payment.unknown", &payment, json!({})).await?;
            }
        }
        let due = schedule::after(now, self.settings.not_found_after);
        self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        tx.commit_at("charge.nothing").await?;
        Ok(Resolved::plain(payment))
    }
}
