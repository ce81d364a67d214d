//! What is written down of how a charge ended. Every function here is one transaction, or a part of one.

use kontor_domain::{
    Money,
    actions::{Action, Kind},
    ids::OrganizationId,
    invoices::Invoice,
    payments::{Application, Failure, Payment, Status},
};
use kontor_providers::{Approval, Outcome, Refusal, Unsure};
use kontor_store::{Conn, idempotency, jobs, payment_methods, payments};
use serde_json::json;

use crate::{
    Engine, Error,
    hosted::schedule,
    keep::Keep,
    payments::Whole,
    refunds::provider::{declined, outcome_facts},
    resolve::{
        RESOLVE, failure,
        record::{HOUR, NOT_OURS, Taken},
    },
};

/// A charge as it is written down now.
pub(crate) struct Recorded {
    pub(crate) whole: Whole,
    /// Less was approved than was asked for: this is to be called, which lets go of it.
    pub(crate) undo: Option<Action>,
}

/// What came of a turn beside the payment itself.
#[derive(Default)]
struct Turned {
    /// To be called, which lets go of what was approved.
    undo: Option<Action>,
    /// Where the money lies now.
    application: Option<Application>,
}

impl Engine {
    /// Record: one transition of the payment, and the money on its invoice. One that has ended meanwhile is left as it
    /// is: whoever was faster asked the provider too.
    pub(crate) async fn record_charge(
        &self,
        organization: OrganizationId,
        seen: &Payment,
        outcome: Outcome,
        keep: Option<&Keep<'_, Whole>>,
    ) -> Result<Recorded, Error> {
        let (mut tx, mut payment, invoice) = self.hold(organization, seen).await?;
        let (whole, undo) = if payment.status.is_open() {
            let (word, facts) = outcome_facts(&outcome);
            let operation = if payment.authorized.is_some() { "authorize" } else { "sale" };
            self.attempted(&mut tx, organization, &payment, operation, word, &facts).await?;
            let turned =
                self.turn_charge(&mut tx, organization, &mut payment, invoice.as_ref(), outcome).await;
            let Turned { undo, application } = match turned {
                Ok(it) => it,
                Err(Error::Store(kontor_store::Error::Conflict)) => {
                    tx.rollback().await?;
                    let resolved = self.record_mismatch(organization, payment, NOT_OURS).await?;
                    let mut conn = self.db.read().await?;
                    let whole = self.whole(&mut conn, organization, resolved.payment.id).await?;
                    return Ok(Recorded { whole, undo: None });
                }
                Err(error) => return Err(error),
            };
            // Nothing lay anywhere of what nobody had taken yet, and nothing went back of it.
            let applications = application.into_iter().collect();
            (Whole { payment, applications, refunds: Vec::new() }, undo)
        } else {
            (self.whole(&mut tx, organization, seen.id).await?, None)
        };
        if let Some(keep) = keep.filter(|_| !whole.payment.status.is_open()) {
            idempotency::complete(&mut tx, keep.key, &(keep.answer)(&whole)).await?;
        }
        tx.commit_at("charge.record").await?;
        Ok(Recorded { whole, undo })
    }

    async fn turn_charge(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        invoice: Option<&Invoice>,
        outcome: Outcome,
    ) -> Result<Turned, Error> {
        match outcome {
            Outcome::Approved(it) if it.amount == payment.amount => {
                let application = self.approved(conn, organization, payment, invoice, it).await?;
                return Ok(Turned { application, undo: None });
            }
            Outcome::Approved(it) | Outcome::Partial(it) if it.amount.minor() < payment.amount.minor() => {
                let undo = self.less_approved(conn, organization, payment, it).await?;
                return Ok(Turned { undo: Some(undo), application: None });
            }
            Outcome::Approved(_) | Outcome::Partial(_) => {
                self.more_approved(conn, organization, payment).await?;
            }
            Outcome::Declined(refusal) => {
                self.not_taken(conn, organization, payment, Status::Declined, refusal).await?;
            }
            Outcome::Failed(error) => {
                payment.failure = Some(failure(&error));
                self.ended(conn, organization, payment, Status::Failed, "payment.failed").await?;
            }
            Outcome::Unknown(unsure) => {
                self.unsure(conn, organization, payment, &unsure).await?;
            }
        }
        Ok(Turned::default())
    }

    /// The whole was approved: it is taken, or held.
    async fn approved(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        invoice: Option<&Invoice>,
        it: Approval,
    ) -> Result<Option<Application>, Error> {
        let from = payment.status;
        if let Some(method) = payment.payment_method_id {
            let network = it.network_transaction_id.as_deref();
            payment_methods::first_used(conn, organization, method, network, payment.amount).await?;
        }
        let taken = Taken::from(it);
        if payment.authorized.is_none() {
            return self.money_taken(conn, organization, payment, from, invoice, taken).await;
        }
        taken.write(payment);
        payment.status = Status::Authorized;
        payment.failure = None;
        let now = self.ambient.now();
        payments::update(conn, organization, payment, from, now).await?;
        let due = schedule::after(now, self.hold_watch());
        self.schedule(conn, organization, RESOLVE, payment.id, due).await?;
        self.tell_payment(conn, organization, "payment.authorized", payment, json!({})).await?;
        Ok(None)
    }

    /// How often the provider is asked whether a hold still stands: some last for days, others for weeks.
    pub(super) fn hold_watch(&self) -> std::time::Duration {
        self.settings.settlement_poll.saturating_mul(4)
    }

    /// Less was approved than was asked for. Nobody asked for a part, so it is let go of; until that is done, the
    /// payment is Unknown and its amount reserved.
    async fn less_approved(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        it: Approval,
    ) -> Result<Action, Error> {
        let from = payment.status;
        let now = self.ambient.now();
        let action = self.new_action(payment.id, Kind::Void, it.amount);
        let known = payment.failure.as_ref().is_some_and(|it| it.code == PARTIAL);
        payment.status = Status::Unknown;
        payment.failure = Some(Failure {
            code: PARTIAL.to_owned(),
            message: format!(
                "The card covers {} of {} {}, and nobody asked for a part: that is let go of.",
                it.amount,
                payment.amount,
                payment.amount.currency()
            ),
            provider_code: Some(it.code.clone()).filter(|it| !it.is_empty()),
            provider_message: Some(it.message.clone()).filter(|it| !it.is_empty()),
        });
        let amount = it.amount;
        Taken::from(it).write(payment);
        payments::update(conn, organization, payment, from, now).await?;
        self.begin_action(conn, organization, payment, &action).await?;
        self.schedule(conn, organization, RESOLVE, payment.id, schedule::after(now, HOUR)).await?;
        if !known {
            let data = json!({ "approved": amount.to_string(), "asked": payment.amount.to_string() });
            let subject = payment.id.to_string();
            self.alert(conn, organization, "payment_partially_approved", &subject, &data).await?;
        }
        Ok(action)
    }

    /// More was approved than was asked for: a person decides; the amount stays reserved.
    async fn more_approved(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
    ) -> Result<(), Error> {
        self.mismatch(conn, organization, payment, "the provider approved another amount").await
    }

    async fn not_taken(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        to: Status,
        refusal: Refusal,
    ) -> Result<(), Error> {
        payment.failure = Some(declined(&refusal));
        payment.avs_result = refusal.avs_result.or_else(|| payment.avs_result.take());
        payment.cvv_result = refusal.cvv_result.or_else(|| payment.cvv_result.take());
        self.ended(conn, organization, payment, to, "payment.declined").await
    }

    /// Nothing was taken, surely: nothing is reserved any more.
    pub(super) async fn ended(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        to: Status,
        kind: &str,
    ) -> Result<(), Error> {
        let from = payment.status;
        payment.status = to;
        payment.reserved = Money::zero(payment.amount.currency());
        payments::update(conn, organization, payment, from, self.ambient.now()).await?;
        jobs::remove(conn, organization, RESOLVE, &payment.id.to_string()).await?;
        let more = json!({ "failure": payment.failure });
        self.tell_payment(conn, organization, kind, payment, more).await
    }

    /// Nobody knows yet: the provider is asked by our reference.
    async fn unsure(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        unsure: &Unsure,
    ) -> Result<(), Error> {
        let from = payment.status;
        let now = self.ambient.now();
        let mut why = failure(&unsure.error);
        if unsure.held {
            "held_for_review".clone_into(&mut why.code);
        }
        payment.status = Status::Unknown;
        payment.failure = Some(why);
        payments::update(conn, organization, payment, from, now).await?;
        let due = schedule::after(now, self.settings.resolve_after);
        self.schedule(conn, organization, RESOLVE, payment.id, due).await?;
        if unsure.held {
            let subject = payment.id.to_string();
            self.alert(conn, organization, "payment_held_for_review", &subject, &json!({})).await?;
        }
        let more = json!({ "reason": unsure.error.to_string() });
        self.tell_payment(conn, organization, "payment.unknown", payment, more).await
    }
}

/// Our word for an approval of less than was asked for.
pub(super) const PARTIAL: &str = "partially_approved";
