//! What is done with a payment at its provider after it was made: a hold is captured, the whole is voided. Claim, call,
//! record, as for the payment itself; one thing at a time.

mod record;
mod resolve;

use kontor_domain::{
    Id, Money,
    actions::{Action, Kind, Status},
    ids::{OrganizationId, PaymentId},
    payments::{self as domain, Payment},
};
use kontor_providers::{
    CaptureOrder, Outcome, ProviderError, TransactionState, VoidOrder, Voided, error::Fault,
};
use kontor_store::{Conn, actions, crash, idempotency, payments, refunds};
use serde_json::json;

use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    keep::Keep,
    payments::Whole,
    refunds::Held,
    standing::{Settlement, undone},
    teller::Teller,
};

/// The job that asks about an action whose outcome is not known.
pub(crate) const ACTION: &str = "action";

/// An action, and its payment as that left it.
#[derive(Debug, Clone)]
pub struct Acted {
    /// The action.
    pub action: Action,
    /// The payment.
    pub whole: Whole,
}

impl Engine {
    /// Takes a payment back that came in outside any provider: nobody has to be asked.
    pub async fn void_offline(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
    ) -> Result<Whole, Error> {
        let mut held = self.hold_with_invoices(conn, organization, payment).await?;
        self.check_free(conn, organization, &held, Kind::Void).await?;
        self.take_out(conn, organization, &mut held).await?;
        self.audit(conn, Some(organization), actor, "payment.voided", &payment.to_string(), &json!({}))
            .await?;
        self.whole(conn, organization, payment).await
    }

    /// Undoes a payment that has not settled, or a hold, whole, at its provider. With `keep`, the answer is kept with it.
    pub async fn void_at_provider(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        keep: Option<&Keep<'_, Acted>>,
    ) -> Result<Acted, Error> {
        let seen = self.actable(organization, payment, Kind::Void).await?;
        let teller = self.teller(organization, &seen, actor, "void").await?;
        let unanswered = |error| Error::Provider { error, payment: Some(payment) };
        let standing = teller.standing(&seen).await.map_err(unanswered)?;
        match standing.settlement {
            Settlement::Unsettled | Settlement::Gone => {}
            Settlement::Settled => return Err(Error::PaymentSettled(seen.status)),
            Settlement::Unclear if standing.state() == Some(&TransactionState::Expired) => {
                let now = self.hold_ended(organization, &seen, domain::Status::Expired).await?;
                return Err(Error::PaymentState(now.status));
            }
            Settlement::Unclear => {
                let words = "the provider does not report this payment as money that could be undone";
                return Err(unanswered(ProviderError::refused(Fault::Theirs, None, words)));
            }
        }
        let what = (Kind::Void, Some(seen.amount));
        let (action, payment) = self.claim_action(organization, actor, payment, what, keep).await?;
        let outcome = match standing.settlement {
            // Undone there already, by somebody at the merchant's.
            Settlement::Gone => Outcome::Approved(undone(&payment)),
            _ => self.call_action(&teller, &payment, &action).await,
        };
        self.record_action(organization, &action, outcome, keep).await
    }

    /// Takes what is held, or a part of it. With `keep`, the answer is kept with it.
    pub async fn capture(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        amount: Option<Money>,
        keep: Option<&Keep<'_, Acted>>,
    ) -> Result<Acted, Error> {
        let seen = self.actable(organization, payment, Kind::Capture).await?;
        let teller = self.teller(organization, &seen, actor, "capture").await?;
        let what = (Kind::Capture, amount);
        let (action, payment) = self.claim_action(organization, actor, payment, what, keep).await?;
        let outcome = self.call_action(&teller, &payment, &action).await;
        self.record_action(organization, &action, outcome, keep).await
    }

    /// The payment, where its state allows that.
    async fn actable(
        &self,
        organization: OrganizationId,
        payment: PaymentId,
        kind: Kind,
    ) -> Result<Payment, Error> {
        let mut conn = self.db.read().await?;
        let seen = payments::get(&mut conn, organization, payment).await?.ok_or(Error::PaymentNotFound)?;
        if allows(seen.status, kind) { Ok(seen) } else { Err(Error::PaymentState(seen.status)) }
    }

    /// Whether a held payment's state allows that, and nothing else is being done with it.
    async fn check_free(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        held: &Held,
        kind: Kind,
    ) -> Result<(), Error> {
        let payment = &held.payment;
        if !allows(payment.status, kind) {
            return Err(Error::PaymentState(payment.status));
        }
        let refunds = refunds::of_payment(conn, organization, payment.id).await?;
        let busy = refunds.iter().any(|it| it.status.is_open())
            || actions::open_of_payment(conn, organization, payment.id).await?.is_some();
        if busy { Err(Error::PaymentBusy) } else { Ok(()) }
    }

    /// Claim: the action, the job that looks after it, and what the key stands for, before anybody is called.
    async fn claim_action(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        payment: PaymentId,
        (kind, amount): (Kind, Option<Money>),
        keep: Option<&Keep<'_, Acted>>,
    ) -> Result<(Action, Payment), Error> {
        let mut tx = self.db.write().await?;
        let held = self.hold_with_invoices(&mut tx, organization, payment).await?;
        self.check_free(&mut tx, organization, &held, kind).await?;
        let authorized = held.payment.amount;
        let amount = amount.unwrap_or(authorized);
        // Fails on another currency.
        if authorized.minus(amount)?.minor() < 0 {
            return Err(Error::ExceedsAuthorization { authorized });
        }
        let action = self.new_action(payment, kind, amount);
        self.begin_action(&mut tx, organization, &held.payment, &action).await?;
        let detail = json!({ "actionId": action.id, "amount": amount.to_string() });
        let word = format!("payment.{}_asked", kind.verb());
        self.audit(&mut tx, Some(organization), actor, &word, &payment.to_string(), &detail).await?;
        if let Some(keep) = keep {
            idempotency::bind(&mut tx, keep.key, &action.id.to_string()).await?;
        }
        tx.commit_at("action.claim").await?;
        Ok((action, held.payment))
    }

    /// A new action, Submitted.
    pub(crate) fn new_action(&self, payment_id: PaymentId, kind: Kind, amount: Money) -> Action {
        let now = self.ambient.now();
        Action {
            id: Id::new(&self.ambient),
            payment_id,
            kind,
            status: Status::Submitted,
            amount,
            provider_reference: self.ambient.reference(),
            provider_transaction_id: None,
            failure: None,
            nothing_since: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Writes an action down with the job that looks after it. The payment is held by the caller.
    pub(crate) async fn begin_action(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        action: &Action,
    ) -> Result<(), Error> {
        actions::insert(conn, organization, action).await?;
        let due = schedule::after(action.created_at, self.call_deadline());
        self.schedule(conn, organization, ACTION, action.id, due).await?;
        self.tell_action(conn, organization, "submitted", payment, action).await
    }

    /// Call. No transaction is open.
    pub(crate) async fn call_action(&self, teller: &Teller, payment: &Payment, action: &Action) -> Outcome {
        let charges = match teller.charges() {
            Ok(charges) => charges,
            Err(error) => return error.into(),
        };
        let connection = teller.connection();
        let transaction_id = payment.provider_transaction_id.as_deref().unwrap_or_default();
        let reference = action.provider_reference.as_str();
        let ticket = reference.get(10..).unwrap_or_default();
        let outcome = match action.kind {
            Kind::Capture => {
                let order = CaptureOrder { transaction_id, amount: action.amount, reference, ticket };
                let call = teller.timed("capture", charges.capture(&connection, &order));
                crash::call("action.capture", call).await
            }
            Kind::Void => {
                // What succeeded is a sale; a hold, and a part that nobody wants, is let go of.
                let of =
                    if payment.status == domain::Status::Succeeded { Voided::Sale } else { Voided::Hold };
                let order = VoidOrder { transaction_id, of, amount: action.amount, reference, ticket };
                crash::call("action.void", teller.timed("void", charges.void(&connection, &order))).await
            }
        };
        teller.hidden(outcome)
    }
}

/// What a payment in that state may be asked for.
fn allows(status: domain::Status, kind: Kind) -> bool {
    match kind {
        Kind::Capture => status == domain::Status::Authorized,
        Kind::Void => matches!(status, domain::Status::Succeeded | domain::Status::Authorized),
    }
}
