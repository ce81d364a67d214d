//! What is written down of the provider's word. Every function here is one transaction.

use kontor_domain::{
    Money,
    ids::OrganizationId,
    payments::{Failure, Payment, Status},
};
use kontor_providers::{ProviderError, ProviderTransaction};
use kontor_store::{Conn, Tx, hosted, invoices, jobs, payments};
use serde_json::json;

use super::{EXPIRE, RESOLVE, Resolved, Why, failure};
use crate::{
    Engine, Error,
    hosted::schedule::{self, Asked, Next},
};

/// How long a payment that needs a person waits before the provider is asked again.
const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

impl Engine {
    /// The payment as it stands under its lock; none when it ended meanwhile (the other caller's record stands).
    /// The invoice is locked first, as everywhere, so that two of us never wait for each other.
    async fn hold(
        &self,
        organization: OrganizationId,
        seen: &Payment,
    ) -> Result<(Tx, Payment, Option<kontor_domain::invoices::Invoice>), Error> {
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
        let room = match &invoice {
            Some(invoice) if invoice.status.is_payable() => invoice.standing().balance()?.minor(),
            _ => 0,
        };
        let applied = Money::from_minor(room.min(payment.amount.minor()), payment.amount.currency());
        payment.status = Status::Succeeded;
        payment.reserved = Money::zero(payment.amount.currency());
        payment.applied = applied;
        payment.provider_transaction_id = Some(by.id.clone());
        payment.authorization_code.clone_from(&by.authorization_code);
        payment.avs_result.clone_from(&by.avs_result);
        payment.cvv_result.clone_from(&by.cvv_result);
        payment.failure = None;
        match payments::update(&mut tx, organization, &payment, from, self.ambient.now()).await {
            Err(kontor_store::Error::Conflict) => {
                tx.rollback().await?;
                let reason = "the provider's transaction is another payment's already";
                return self.record_mismatch(organization, seen.clone(), reason).await;
            }
            other => other?,
        }
        if let (Some(invoice), false) = (&invoice, applied.is_zero()) {
            self.lay_on(&mut tx, organization, &payment, invoice, applied).await?;
        }
        jobs::remove(&mut tx, organization, RESOLVE, &payment.id.to_string()).await?;
        self.tell_payment(&mut tx, organization, "payment.succeeded", &payment, json!({})).await?;
        self.alert_oddities(&mut tx, organization, &payment, extra).await?;
        tx.commit().await?;
        self.reload(organization, payment).await.map(Resolved::plain)
    }

    /// Money that lies on no invoice though it was meant for one, and money that was taken twice.
    async fn alert_oddities(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        extra: &[&str],
    ) -> Result<(), Error> {
        let subject = payment.id.to_string();
        if payment.invoice_id.is_some() && payment.applied != payment.amount {
            let rest = payment.amount.minus(payment.applied)?;
            let data = json!({ "unapplied": rest.to_string(), "invoiceId": payment.invoice_id });
            self.alert(conn, organization, "payment_unapplied", &subject, &data).await?;
        }
        if !extra.is_empty() {
            let data = json!({ "transactions": extra, "propose": "reversal" });
            self.alert(conn, organization, "payment_approved_twice", &subject, &data).await?;
        }
        Ok(())
    }

    /// Something is approved that was not asked for: a person decides; the amount stays reserved.
    pub(super) async fn record_mismatch(
        &self,
        organization: OrganizationId,
        seen: Payment,
        reason: &'static str,
    ) -> Result<Resolved, Error> {
        let (mut tx, mut payment, _) = self.hold(organization, &seen).await?;
        let now = self.ambient.now();
        let from = payment.status;
        if from.is_open() {
            let known = payment.failure.as_ref().is_some_and(|it| it.code == "provider_mismatch");
            payment.status = Status::Unknown;
            payment.reserved = payment.amount;
            payment.failure = Some(Failure {
                code: "provider_mismatch".to_owned(),
                message: format!("A person has to look at this: {reason}."),
                provider_code: None,
                provider_message: None,
            });
            payments::update(&mut tx, organization, &payment, from, now).await?;
            let due = schedule::after(now, HOUR);
            let subject = payment.id.to_string();
            self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
            if !known {
                let data = json!({ "reason": reason });
                self.alert(&mut tx, organization, "payment_mismatch", &subject, &data).await?;
            }
        }
        tx.commit().await?;
        let payment = self.reload(organization, payment).await?;
        Ok(Resolved { payment, unanswered: None, mismatch: Some(reason) })
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
                payments::update(&mut tx, organization, &payment, from, now).await?;
                self.schedule(&mut tx, organization, RESOLVE, payment.id, then).await?;
            }
            Next::Believe => {
                if payment.status == Status::Created {
                    payment.status = Status::Unknown;
                    payments::update(&mut tx, organization, &payment, from, now).await?;
                    payment.version = payment.version.saturating_add(1);
                }
                let from = payment.status;
                payment.status = Status::Abandoned;
                payment.reserved = Money::zero(payment.amount.currency());
                payments::update(&mut tx, organization, &payment, from, now).await?;
                jobs::remove(&mut tx, organization, RESOLVE, &subject).await?;
                if setup.setup_id.is_some() {
                    self.schedule(&mut tx, organization, EXPIRE, payment.id, now).await?;
                }
                self.tell_payment(&mut tx, organization, "payment.abandoned", &payment, json!({})).await?;
            }
        }
        tx.commit().await?;
        self.reload(organization, payment).await.map(Resolved::plain)
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
        payments::update(&mut tx, organization, &payment, from, now).await?;
        let tries = jobs::attempts(&mut tx, organization, RESOLVE, &subject).await?;
        let due = schedule::after(now, schedule::retry(tries, &self.settings));
        self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        tx.commit().await?;
        let payment = self.reload(organization, payment).await?;
        Ok(Resolved { payment, unanswered: Some(error), mismatch: None })
    }

    /// The payment as it is stored now.
    async fn reload(&self, organization: OrganizationId, payment: Payment) -> Result<Payment, Error> {
        let mut conn = self.db.read().await?;
        payments::get(&mut conn, organization, payment.id).await?.ok_or(Error::PaymentNotFound)
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
