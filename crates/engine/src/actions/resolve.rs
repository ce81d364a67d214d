//! What became of an action whose answer got lost. It is looked for at the provider, and never sent again to find out.

use kontor_domain::{
    actions::{Action, Kind, Status},
    ids::{ActionId, OrganizationId},
    payments::Payment,
};
use kontor_providers::{
    Outcome, ProviderError, ProviderTransaction, TransactionKind, TransactionState, error::Fault,
};
use kontor_store::{actions, jobs, payments};

use super::{ACTION, Acted};
use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    resolve::{OTHER_AMOUNT, failure},
    standing::{Found, Settlement, Standing, approval_of, refusal_of, undone},
    teller::Teller,
};

impl Engine {
    /// Asks the provider about an action that was sent. One that has ended is left as it is.
    pub async fn drive_action(
        &self,
        organization: OrganizationId,
        id: ActionId,
        actor: &Actor,
    ) -> Result<Acted, Error> {
        let (action, payment) = {
            let mut conn = self.db.read().await?;
            let action = actions::get(&mut conn, organization, id).await?.ok_or(Error::PaymentNotFound)?;
            let payment = payments::get(&mut conn, organization, action.payment_id).await?;
            (action, payment.ok_or(Error::PaymentNotFound)?)
        };
        if !action.status.is_open() {
            let mut tx = self.db.write().await?;
            jobs::remove(&mut tx, organization, ACTION, &id.to_string()).await?;
            let whole = self.whole(&mut tx, organization, payment.id).await?;
            tx.commit_at("action.no_more").await?;
            return Ok(Acted { action, whole });
        }
        let teller = match self.teller(organization, &payment, actor, "resolve").await {
            Ok(teller) => teller,
            Err(Error::NoIntegration(_)) => {
                let error = ProviderError::misconfigured("the integration of this payment was deleted");
                return self.ask_action_again(organization, action, Some(&error)).await;
            }
            Err(error) => return Err(error),
        };
        match self.look_for_action(&teller, &payment, &action).await {
            Ok(Found::Ended(outcome)) => self.record_action(organization, &action, *outcome, None).await,
            Ok(Found::Mismatch(_)) => {
                let mut tx = self.db.write().await?;
                let held = self.hold_with_invoices(&mut tx, organization, action.payment_id).await?;
                let locked = actions::lock(&mut tx, organization, id).await?;
                let mut action = locked.ok_or(Error::PaymentNotFound)?;
                if action.status.is_open() {
                    self.action_mismatch(&mut tx, organization, &held.payment, &mut action).await?;
                }
                let whole = self.whole(&mut tx, organization, action.payment_id).await?;
                tx.commit_at("action.mismatch").await?;
                Ok(Acted { action, whole })
            }
            Ok(Found::Pending) => self.ask_action_again(organization, action, None).await,
            Ok(Found::Nothing) => self.believe_not_acted(organization, action).await,
            Err(error) => self.ask_action_again(organization, action, Some(&error)).await,
        }
    }

    /// Asks the provider what became of it. Reads alone.
    async fn look_for_action(
        &self,
        teller: &Teller,
        payment: &Payment,
        action: &Action,
    ) -> Result<Found, ProviderError> {
        let standing = teller.standing(payment).await?;
        if action.kind == Kind::Void {
            return Ok(judge_void(payment, &standing));
        }
        match judge_captured(action, &standing) {
            Found::Nothing => {}
            found => return Ok(found),
        }
        // Some providers make a transaction of its own of a capture.
        let rows = teller.find(&action.provider_reference, action.created_at, self.ambient.now()).await?;
        Ok(judge_capture(action, &rows))
    }

    /// Later again, ever less often.
    async fn ask_action_again(
        &self,
        organization: OrganizationId,
        seen: Action,
        error: Option<&ProviderError>,
    ) -> Result<Acted, Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, seen.payment_id).await?;
        let locked = actions::lock(&mut tx, organization, seen.id).await?;
        let mut action = locked.ok_or(Error::PaymentNotFound)?;
        if action.status.is_open() {
            let now = self.ambient.now();
            if action.status == Status::Submitted {
                action.status = Status::Unknown;
                action.failure = error.map(failure);
                actions::update(&mut tx, organization, &mut action, Status::Submitted, now).await?;
                self.tell_action(&mut tx, organization, "unknown", &held.payment, &action).await?;
            }
            let tries = jobs::attempts(&mut tx, organization, ACTION, &action.id.to_string()).await?;
            let due = schedule::after(now, schedule::retry(tries, &self.settings));
            self.schedule(&mut tx, organization, ACTION, action.id, due).await?;
        }
        let whole = self.whole(&mut tx, organization, action.payment_id).await?;
        tx.commit_at("action.later").await?;
        Ok(Acted { action, whole })
    }

    /// The provider says that nothing was done: believed the second time, `not_found_after` apart, and not while the
    /// call may be under way.
    async fn believe_not_acted(&self, organization: OrganizationId, seen: Action) -> Result<Acted, Error> {
        let now = self.ambient.now();
        if schedule::believes(seen.nothing_since, now, self.settings.not_found_after) {
            let words = "the provider has done nothing of this";
            let outcome = Outcome::Failed(ProviderError::refused(Fault::Theirs, None, words));
            return self.record_action(organization, &seen, outcome, None).await;
        }
        let mut tx = self.db.write().await?;
        payments::lock(&mut tx, organization, seen.payment_id).await?;
        let locked = actions::lock(&mut tx, organization, seen.id).await?;
        let mut action = locked.ok_or(Error::PaymentNotFound)?;
        if action.status.is_open() {
            let from = action.status;
            let may_be_under_way = now < schedule::after(action.created_at, self.call_deadline());
            if !may_be_under_way {
                action.status = Status::Unknown;
                action.nothing_since = action.nothing_since.or(Some(now));
                actions::update(&mut tx, organization, &mut action, from, now).await?;
            }
            let due = schedule::after(now, self.settings.not_found_after);
            self.schedule(&mut tx, organization, ACTION, action.id, due).await?;
        }
        let whole = self.whole(&mut tx, organization, action.payment_id).await?;
        tx.commit_at("action.nothing").await?;
        Ok(Acted { action, whole })
    }
}

fn ended(outcome: Outcome) -> Found {
    Found::Ended(Box::new(outcome))
}

fn refused(words: &str) -> Found {
    ended(Outcome::Failed(ProviderError::refused(Fault::Theirs, None, words)))
}

/// Whether the payment is undone.
fn judge_void(payment: &Payment, standing: &Standing) -> Found {
    match standing.settlement {
        Settlement::Gone => ended(Outcome::Approved(undone(payment))),
        Settlement::Unsettled => Found::Nothing,
        Settlement::Settled => refused("the payment has settled"),
        Settlement::Unclear if standing.state() == Some(&TransactionState::Expired) => {
            refused("what was held ran out")
        }
        Settlement::Unclear => Found::Pending,
    }
}

/// A row of money that was taken: as much as was asked for, or a person decides.
fn taken(action: &Action, row: &ProviderTransaction) -> Found {
    let approval = approval_of(row, action.amount);
    if approval.amount == action.amount {
        ended(Outcome::Approved(approval))
    } else {
        Found::Mismatch(OTHER_AMOUNT)
    }
}

/// What the hold's own row says of its capture.
fn judge_captured(action: &Action, standing: &Standing) -> Found {
    let Some(row) = &standing.row else { return Found::Pending };
    match &row.state {
        TransactionState::Approved | TransactionState::Settled | TransactionState::Returned => {
            taken(action, row)
        }
        TransactionState::Expired => refused("what was held ran out"),
        TransactionState::Voided | TransactionState::Reversed => refused("what was held was let go of"),
        _ => Found::Nothing,
    }
}

/// What the rows of a capture's reference say.
fn judge_capture(action: &Action, rows: &[ProviderTransaction]) -> Found {
    let own = |it: &&ProviderTransaction| {
        it.kind == TransactionKind::Capture
            && it.reference.as_deref() == Some(action.provider_reference.as_str())
    };
    let Some(row) = rows.iter().rfind(own) else { return Found::Nothing };
    match &row.state {
        TransactionState::Approved | TransactionState::Settled | TransactionState::Returned => {
            taken(action, row)
        }
        TransactionState::Declined | TransactionState::Error | TransactionState::Duplicate => {
            ended(Outcome::Declined(refusal_of(row)))
        }
        TransactionState::Voided | TransactionState::Reversed => refused("it was undone at the provider"),
        _ => Found::Pending,
    }
}

#[cfg(test)]
mod tests;
