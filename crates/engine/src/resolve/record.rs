//! What is written down of the provider's word. Every function here is one transaction.

use kontor_domain::{
    Money,
    ids::OrganizationId,
    invoices::Invoice,
    payments::{Application, Failure, Payment, Status},
};
use kontor_providers::{Approval, ProviderError, ProviderTransaction};
use kontor_store::{Conn, Tx, hosted, invoices, jobs, payments};
use serde_json::json;

use super::{EXPIRE, RESOLVE, Resolved, Why, failure, is_mismatch, mismatch};
use crate::{
    Engine, Error,
    hosted::schedule::{self, Asked, Next},
};

/// Said where two payments would be one transaction.
pub(crate) const NOT_OURS: &str = "the provider's transaction is another payment's already";

/// What the provider says of an approval.
pub(crate) struct Taken {
    transaction_id: String,
    authorization_code: Option<String>,
    avs_result: Option<String>,
    cvv_result: Option<String>,
}

impl Taken {
    fn of(it: &ProviderTransaction) -> Self {
        Self {
            transaction_id: it.id.clone(),
            authorization_code: it.authorization_code.clone(),
            avs_result: it.avs_result.clone(),
            cvv_result: it.cvv_result.clone(),
        }
    }

    /// Writes it into a payment. What is not said now stays as it was said before.
    pub(crate) fn write(self, payment: &mut Payment) {
        payment.provider_transaction_id = Some(self.transaction_id);
        payment.authorization_code = self.authorization_code.or_else(|| payment.authorization_code.take());
        payment.avs_result = self.avs_result.or_else(|| payment.avs_result.take());
        payment.cvv_result = self.cvv_result.or_else(|| payment.cvv_result.take());
    }
}

impl From<Approval> for Taken {
    fn from(it: Approval) -> Self {
        Self {
            transaction_id: it.transaction_id,
            authorization_code: it.authorization_code,
            avs_result: it.avs_result,
            cvv_result: it.cvv_result,
        }
    }
}

/// How long a payment that needs a person waits before the provider is asked again.
pub(crate) const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

impl Engine {
    /// The payment as it stands under its lock; none when it ended meanwhile (the other caller's record stands).
    /// The invoice is locked first, as everywhere, so that two of us never wait for each other.
    pub(crate) async fn hold(
        &self,
        organization: OrganizationId,
        seen: &Payment,
    ) -> Result<(Tx, Payment, Option<Invoice>), Error> {
        let mut tx = self.db.write().await?;
        let invoice = match seen.invoice_id {
            Some(id) => invoices::lock(&mut tx, organization, id).await?,
            None => None,
        };
        let held = payments::lock(&mut tx, organization, seen.id).await?.ok_or(Error::PaymentNotFound)?;
        Ok((tx, held, invoice))
    }

    /// Money was taken: the payment has succeeded, and lies on its invoice as far as the balance goes.
    pub(super) async fn record_paid(
        &self,
        organization: OrganizationId,
        seen: &Payment,
        by: &ProviderTransaction,
        extra: &[&str],
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, invoice) = self.hold(organization, seen).await?;
        if !payment.status.may_become(Status::Succeeded) {
            tx.rollback().await?;
            return Ok(Resolved::plain(payment));
        }
        let from = payment.status;
        let taken = Taken::of(by);
        match self.money_taken(&mut tx, organization, &mut payment, from, invoice.as_ref(), taken).await {
            Err(Error::Store(kontor_store::Error::Conflict)) => {
                tx.rollback().await?;
                return self.record_mismatch(organization, seen.clone(), NOT_OURS).await;
            }
            other => other.map(drop)?,
        }
        self.keep_later(&mut tx, organization, &payment, by.network_transaction_id.as_deref()).await?;
        self.alert_twice(&mut tx, organization, &payment, extra).await?;
        tx.commit_at("resolve.paid").await?;
        Ok(Resolved::plain(payment))
    }

    /// Money of a locked payment was taken: it has succeeded, and lies on its locked invoice as far as the balance goes.
    /// Returns what lies there.
    /// `Conflict` where the provider's transaction is another payment's.
    pub(crate) async fn money_taken(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        from: Status,
        invoice: Option<&Invoice>,
        taken: Taken,
    ) -> Result<Option<Application>, Error> {
        let room = match invoice {
            Some(invoice) if invoice.status.is_payable() => invoice.standing().balance()?.minor(),
            _ => 0,
        };
        let applied = Money::from_minor(room.min(payment.amount.minor()), payment.amount.currency());
        payment.status = Status::Succeeded;
        payment.reserved = Money::zero(payment.amount.currency());
        payment.applied = applied;
        taken.write(payment);
        payment.failure = None;
        payments::update(conn, organization, payment, from, self.ambient.now()).await?;
        let application = match invoice {
            Some(invoice) if !applied.is_zero() => {
                Some(self.lay_on(conn, organization, payment, invoice, applied).await?)
            }
            _ => None,
        };
        jobs::remove(conn, organization, RESOLVE, &payment.id.to_string()).await?;
        self.tell_payment(conn, organization, "payment.succeeded", payment, json!({})).await?;
        self.alert_unapplied(conn, organization, payment).await?;
        Ok(application)
    }

    /// Money that lies on no invoice though it was meant for one.
    async fn alert_unapplied(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
    ) -> Result<(), Error> {
        let subject = payment.id.to_string();
        if payment.invoice_id.is_some() && payment.applied != payment.amount {
            let rest = payment.amount.minus(payment.applied)?;
            let data = json!({ "unapplied": rest.to_string(), "invoiceId": payment.invoice_id });
            self.alert(conn, organization, "payment_unapplied", &subject, &data).await?;
        }
        Ok(())
    }

    /// Money that was taken twice.
    async fn alert_twice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        extra: &[&str],
    ) -> Result<(), Error> {
        if !extra.is_empty() {
            let data = json!({ "transactions": extra, "propose": "reversal" });
            let subject = payment.id.to_string();
            self.alert(conn, organization, "payment_approved_twice", &subject, &data).await?;
        }
        Ok(())
    }

    /// Something is approved that was not asked for: a person decides; the amount stays reserved.
    pub(crate) async fn record_mismatch(
        &self,
        organization: OrganizationId,
        seen: Payment,
        reason: &'static str,
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, _) = self.hold(organization, &seen).await?;
        if payment.status.is_open() {
            self.mismatch(&mut tx, organization, &mut payment, reason).await?;
        }
        tx.commit_at("resolve.mismatch").await?;
        Ok(Resolved { payment, unanswered: None, mismatch: Some(reason) })
    }

    /// The same of a payment that is locked and open.
    pub(crate) async fn mismatch(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &mut Payment,
        reason: &'static str,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let from = payment.status;
        let known = is_mismatch(payment.failure.as_ref());
        payment.status = Status::Unknown;
        payment.reserved = payment.amount;
        payment.failure = Some(mismatch(reason));
        payments::update(conn, organization, payment, from, now).await?;
        self.schedule(conn, organization, RESOLVE, payment.id, schedule::after(now, HOUR)).await?;
        if !known {
            let data = json!({ "reason": reason });
            self.alert(conn, organization, "payment_mismatch", &payment.id.to_string(), &data).await?;
        }
        Ok(())
    }

    /// Nothing approved so far: ask again, or believe it.
    pub(super) async fn record_nothing(
        &self,
        organization: OrganizationId,
        seen: Payment,
        setup: &hosted::Setup,
        declined: Option<&ProviderTransaction>,
        pending: bool,
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, _) = self.hold(organization, &seen).await?;
        if !payment.status.is_open() {
            tx.rollback().await?;
            return Ok(Resolved::plain(payment));
        }
        let now = self.ambient.now();
        let from = payment.status;
        let subject = payment.id.to_string();
        let asked = Asked {
            created_at: setup.created_at,
            expires_at: setup.expires_at,
            nothing_since: if pending { None } else { setup.nothing_since },
        };
        if now >= setup.expires_at && !pending {
            hosted::nothing_found(&mut tx, organization, payment.id, now).await?;
        }
        if let Some(declined) = declined {
            payment.failure = Some(decline(declined));
        }
        match schedule::next(asked, now, &self.settings) {
            Next::Ask(then) => {
                // A page that was never answered for stays Unknown; an open page stays Submitted.
                if payment.status == Status::Created {
                    payment.status = Status::Unknown;
                }
                payments::update(&mut tx, organization, &mut payment, from, now).await?;
                self.schedule(&mut tx, organization, RESOLVE, payment.id, then).await?;
            }
            Next::Believe => {
                if payment.status == Status::Created {
                    payment.status = Status::Unknown;
                    payments::update(&mut tx, organization, &mut payment, from, now).await?;
                }
                let from = payment.status;
                payment.status = Status::Abandoned;
                payment.reserved = Money::zero(payment.amount.currency());
                payments::update(&mut tx, organization, &mut payment, from, now).await?;
                jobs::remove(&mut tx, organization, RESOLVE, &subject).await?;
                if setup.setup_id.is_some() {
                    self.schedule(&mut tx, organization, EXPIRE, payment.id, now).await?;
                }
                self.tell_payment(&mut tx, organization, "payment.abandoned", &payment, json!({})).await?;
            }
        }
        tx.commit_at("resolve.nothing").await?;
        Ok(Resolved::plain(payment))
    }

    /// The provider could not be asked. Where money may have been taken, the payment is Unknown and its amount reserved.
    pub(super) async fn record_unanswered(
        &self,
        organization: OrganizationId,
        seen: Payment,
        setup: &hosted::Setup,
        why: Why,
        error: ProviderError,
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, _) = self.hold(organization, &seen).await?;
        if !payment.status.is_open() {
            tx.rollback().await?;
            return Ok(Resolved::plain(payment));
        }
        let now = self.ambient.now();
        let from = payment.status;
        let subject = payment.id.to_string();
        let may_be_paid = why == Why::Returned || now >= setup.expires_at;
        if may_be_paid && setup.setup_id.is_some() {
            payment.reserved = payment.amount;
        }
        if (may_be_paid || payment.status == Status::Created) && payment.status != Status::Unknown {
            payment.status = Status::Unknown;
            payment.failure = Some(failure(&error));
            self.tell_payment(
                &mut tx,
                organization,
                "payment.unknown",
                &payment,
                json!({ "reason": error.to_string() }),
            )
            .await?;
        }
        payments::update(&mut tx, organization, &mut payment, from, now).await?;
        let tries = jobs::attempts(&mut tx, organization, RESOLVE, &subject).await?;
        let due = schedule::after(now, schedule::retry(tries, &self.settings));
        self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        tx.commit_at("resolve.unanswered").await?;
        Ok(Resolved { payment, unanswered: Some(error), mismatch: None })
    }
}

/// A decline on the page, as it is kept with a payment that nothing else came of.
fn decline(it: &ProviderTransaction) -> Failure {
    Failure {
        code: "payment_declined".to_owned(),
        message: "The last try on the provider's page was declined.".to_owned(),
        provider_code: it.response_code.clone(),
        provider_message: it.response_message.clone(),
    }
}
