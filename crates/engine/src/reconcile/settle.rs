//! Ending a difference: by asking again, by writing down what truly happened at the provider, or by accepting it.
//!
//! Whatever is written down stands on the provider's own word, asked for here and now. Refuses to guess whose money it
//! is, and to end what still differs without somebody's reason.

use kontor_domain::{
    Money,
    ids::{DifferenceId, OrganizationId, PaymentId},
    payments::{Payment, Status as Paid},
    reconciliation::{Kind, Status},
    refunds::{Operation, Status as Back},
};
use kontor_providers::{ProviderError, ProviderTransaction, TransactionState};
use kontor_store::{
    integrations, invoices, payments,
    reconciliation::differences::{self, Difference, Facts},
    refunds,
};
use serde_json::json;

use super::compare::{Did, did};
use crate::{Actor, Engine, Error, error::NotEnded, payments::Payer, refunds::Ask, resolve::Why};

/// How somebody wants a difference to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// By finding out what is true, and writing that down.
    Resolve,
    /// As it is, for this reason.
    Accept(String),
}

/// A difference that has ended.
#[derive(Debug, Clone)]
pub struct Settled {
    /// As it stands now.
    pub difference: Difference,
}

/// What to write down.
enum Adopt {
    /// Money that was taken and that no payment stands for.
    Payment(PaymentId, Money),
    /// Money that was given back.
    Refund(PaymentId, Money),
    /// A payment that was undone.
    Void(PaymentId),
}

impl Engine {
    /// Ends a difference as somebody wants it.
    pub async fn settle_difference(
        &self,
        organization: OrganizationId,
        id: DifferenceId,
        actor: &Actor,
        ending: &Ending,
    ) -> Result<Settled, Error> {
        let seen = {
            let mut conn = self.db.read().await?;
            differences::get(&mut conn, organization, id).await?.ok_or(NotEnded::NotFound)?
        };
        if seen.status != Status::Open {
            return Err(NotEnded::Over(seen.status).into());
        }
        match ending {
            Ending::Accept(reason) => {
                let end = (Status::Accepted, "reconciliation.accepted", reason.as_str());
                self.end_alone(organization, id, actor, end).await
            }
            Ending::Resolve => self.resolve_difference(organization, seen, actor).await,
        }
    }

    async fn resolve_difference(
        &self,
        organization: OrganizationId,
        seen: Difference,
        actor: &Actor,
    ) -> Result<Settled, Error> {
        self.ask_ours(organization, &seen.facts, actor).await?;
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, seen.integration).await?
        };
        let integration = integration.ok_or(Error::NoIntegration("this difference any more"))?;
        let looked = self.ask_about_one(organization, &integration, &seen.facts, actor).await?;
        let one = looked.map_err(|error| Error::Provider { error, payment: seen.facts.payment })?;
        let Some(facts) = one.differences.iter().find(|it| it.subject == seen.facts.subject) else {
            let end = (Status::Resolved, "reconciliation.resolved", "Both sides agree now.");
            return self.end_alone(organization, seen.id, actor, end).await;
        };
        let row = one.rows.iter().find(|it| Some(&it.id) == facts.transaction.as_ref());
        match row.and_then(|row| adoptable(facts, row).map(|adopt| (row, adopt))) {
            Some((_, Adopt::Void(payment))) => {
                // Undone there already: nothing is sent, and it is taken out of its invoices as a void of ours is.
                let acted = self.void_at_provider(organization, actor, payment, None).await?;
                let how = format!("Recorded as {}.", acted.action.id);
                let end = (Status::Resolved, "reconciliation.resolved", how.as_str());
                self.end_alone(organization, seen.id, actor, end).await
            }
            Some((row, adopt)) => self.adopt(organization, &seen, row, adopt, actor).await,
            None => Err(NotEnded::Stays(stays(facts)).into()),
        }
    }

    /// What is open here is resolved first: that is what resolve is for.
    async fn ask_ours(
        &self,
        organization: OrganizationId,
        facts: &Facts,
        actor: &Actor,
    ) -> Result<(), Error> {
        let (payment, refund) = {
            let mut conn = self.db.read().await?;
            let payment = match facts.payment {
                Some(id) => payments::get(&mut conn, organization, id).await?,
                None => None,
            };
            let refund = match facts.refund {
                Some(id) => refunds::get(&mut conn, organization, id).await?,
                None => None,
            };
            (payment, refund)
        };
        if let Some(refund) = refund.filter(|it| it.status.is_open()) {
            self.drive_refund(organization, refund.id, actor).await?;
        }
        let asks =
            |it: &Payment| it.status.is_open() || matches!(it.status, Paid::Abandoned | Paid::Authorized);
        if let Some(payment) = payment.filter(asks) {
            let resolved = self.resolve(organization, payment.id, Why::Asked, actor).await?;
            if let Some(error) = resolved.unanswered {
                return Err(Error::Provider { error, payment: Some(payment.id) });
            }
        }
        Ok(())
    }

    /// Ends a difference in a transaction of its own.
    async fn end_alone(
        &self,
        organization: OrganizationId,
        id: DifferenceId,
        actor: &Actor,
        (status, action, how): (Status, &str, &str),
    ) -> Result<Settled, Error> {
        let mut tx = self.db.write().await?;
        let held = differences::lock(&mut tx, organization, id).await?.ok_or(NotEnded::NotFound)?;
        if held.status != Status::Open {
            return Err(NotEnded::Over(held.status).into());
        }
        let difference = self.end_difference(&mut tx, organization, held, status, actor, how).await?;
        let detail = json!({ "kind": difference.facts.kind.as_str(), "how": how });
        self.audit(&mut tx, Some(organization), actor, action, &id.to_string(), &detail).await?;
        tx.commit_at("reconcile.ended").await?;
        Ok(Settled { difference })
    }

    /// Writes down what happened at the provider, and ends the difference, in one transaction.
    async fn adopt(
        &self,
        organization: OrganizationId,
        seen: &Difference,
        row: &ProviderTransaction,
        adopt: Adopt,
        actor: &Actor,
    ) -> Result<Settled, Error> {
        let mut tx = self.db.write().await?;
        let how = match adopt {
            Adopt::Payment(of, amount) => {
                let made = self.adopt_payment(&mut tx, organization, of, amount, row).await?;
                format!("Recorded as {made}.")
            }
            Adopt::Refund(of, amount) => {
                let made = self.adopt_refund(&mut tx, organization, of, amount, row).await?;
                format!("Recorded as {made}.")
            }
            Adopt::Void(_) => return Err(kontor_store::Error::Stale.into()),
        };
        let held = differences::lock(&mut tx, organization, seen.id).await?.ok_or(NotEnded::NotFound)?;
        if held.status != Status::Open {
            return Err(NotEnded::Over(held.status).into());
        }
        let difference =
            self.end_difference(&mut tx, organization, held, Status::Resolved, actor, &how).await?;
        let detail = json!({ "kind": seen.facts.kind.as_str(), "how": how, "providerTransactionId": row.id });
        let action = "reconciliation.resolved";
        self.audit(&mut tx, Some(organization), actor, action, &seen.id.to_string(), &detail).await?;
        tx.commit_at("reconcile.adopted").await?;
        Ok(Settled { difference })
    }

    /// A new payment for money that was taken under one of our references: the old row stays what it is.
    async fn adopt_payment(
        &self,
        conn: &mut kontor_store::Conn,
        organization: OrganizationId,
        of: PaymentId,
        amount: Money,
        row: &ProviderTransaction,
    ) -> Result<String, Error> {
        let first = payments::get(conn, organization, of).await?.ok_or(Error::PaymentNotFound)?;
        let invoice = match first.invoice_id {
            Some(id) => invoices::lock(conn, organization, id).await?,
            None => None,
        };
        let room = match &invoice {
            Some(it) if it.status.is_payable() && it.totals.total.currency() == amount.currency() => {
                it.standing().balance()?.minor()
            }
            _ => 0,
        };
        let applied = Money::from_minor(room.min(amount.minor()), amount.currency());
        let payer = Payer {
            customer_id: first.customer_id,
            customer_number: &first.customer_number,
            invoice_id: first.invoice_id,
        };
        let mut payment = self.new_payment(payer, amount, first.method);
        payment.status = Paid::Succeeded;
        payment.applied = applied;
        payment.provider.clone_from(&first.provider);
        payment.integration_id = first.integration_id;
        payments::insert(conn, organization, &payment).await?;
        payment.provider_transaction_id = Some(row.id.clone());
        payment.authorization_code.clone_from(&row.authorization_code);
        payment.avs_result.clone_from(&row.avs_result);
        payment.cvv_result.clone_from(&row.cvv_result);
        payments::update(conn, organization, &mut payment, Paid::Succeeded, self.ambient.now()).await?;
        if let (Some(invoice), false) = (&invoice, applied.is_zero()) {
            self.lay_on(conn, organization, &payment, invoice, applied).await?;
        }
        let more = json!({ "adopted": true, "follows": of });
        self.tell_payment(conn, organization, "payment.succeeded", &payment, more).await?;
        Ok(payment.id.to_string())
    }

    /// A refund that was made at the provider, by nobody here.
    async fn adopt_refund(
        &self,
        conn: &mut kontor_store::Conn,
        organization: OrganizationId,
        of: PaymentId,
        amount: Money,
        row: &ProviderTransaction,
    ) -> Result<String, Error> {
        let held = self.hold_with_invoices(conn, organization, of).await?;
        let ask = Ask {
            amount: Some(amount),
            reason: Some("Given back at the provider, by nobody here".to_owned()),
            reopen_invoice: true,
        };
        let (mut refund, parts) = self.plan_refund(conn, organization, &held, &ask).await?;
        refund.operation = Some(Operation::Refund);
        refund.status = Back::Succeeded;
        refunds::insert(conn, organization, &refund, &parts).await?;
        refund.provider_transaction_id = Some(row.id.clone());
        refunds::update(conn, organization, &mut refund, Back::Succeeded, self.ambient.now()).await?;
        self.give_back(conn, organization, held, &refund, &parts).await?;
        Ok(refund.id.to_string())
    }
}

/// What can be written down for a difference; none where only a person can tell what is right.
fn adoptable(facts: &Facts, row: &ProviderTransaction) -> Option<Adopt> {
    let payment = facts.payment?;
    match (facts.kind, did(row)) {
        (Kind::MissingHere, Did::Took(amount)) => Some(Adopt::Payment(payment, amount)),
        (Kind::MissingHere | Kind::StateDiffers, Did::Gave(amount)) => Some(Adopt::Refund(payment, amount)),
        // The attempt had ended here as if nothing had been taken.
        (Kind::StateDiffers, Did::Took(amount))
            if facts.refund.is_none() && ended_without(facts.state_here.as_deref()) =>
        {
            Some(Adopt::Payment(payment, amount))
        }
        (Kind::StateDiffers, Did::Nothing) if facts.refund.is_none() => {
            let undone = matches!(row.state, TransactionState::Voided | TransactionState::Reversed);
            (undone && facts.state_here.as_deref() == Some(Paid::Succeeded.as_str()))
                .then_some(Adopt::Void(payment))
        }
        _ => None,
    }
}

fn ended_without(state: Option<&str>) -> bool {
    [Paid::Declined, Paid::Failed, Paid::Abandoned].iter().any(|it| Some(it.as_str()) == state)
}

/// Why a difference cannot be resolved by itself, and what to do.
fn stays(facts: &Facts) -> String {
    match facts.kind {
        Kind::MissingHere => "The provider moved money that belongs to no payment here.",
        Kind::MissingThere => "The provider still knows nothing of it.",
        Kind::AmountDiffers => "The provider still reports another amount.",
        Kind::StateDiffers => "The provider still reports another state.",
    }
    .to_owned()
}

/// A provider's word on one transaction, compared.
pub(super) struct One {
    pub(super) rows: Vec<ProviderTransaction>,
    pub(super) differences: Vec<Facts>,
}

/// What a single look came to; the inner error is the provider's.
pub(super) type Looked = Result<One, ProviderError>;
