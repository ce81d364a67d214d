//! What comes of a provider's proved notification: the provider is asked about what it names.
//!
//! One more caller of resolve. Refuses to believe anything of the notification but whom it is about: a duplicate, late
//! or reordered one changes nothing but the moment of asking.

use kontor_domain::{
    ids::{ActionId, IntegrationId, OrganizationId, PaymentId, RefundId},
    payments::Status,
};
use kontor_providers::Hint;
use kontor_store::{Conn, actions, at_provider, jobs, jobs::Job, refunds};

use crate::{Actor, Engine, Error, hosted::schedule, resolve::Why};

/// The job that asks about what a notification names.
pub(crate) const NOTICE: &str = "notice";
/// Between the parts of a job's subject. No id has it.
const MARK: char = ' ';
/// The longest id of a provider's that is asked about.
const MAX_ID: usize = 64;

/// What a notification is about.
#[derive(Debug, PartialEq, Eq)]
struct About {
    integration: IntegrationId,
    transaction: Option<String>,
    reference: Option<String>,
}

impl About {
    /// None where it names nothing that could be asked about.
    fn of(integration: IntegrationId, hint: &Hint) -> Option<Self> {
        let fit = |it: &Option<String>| {
            let fits =
                |it: &str| !it.is_empty() && it.len() <= MAX_ID && it.bytes().all(|it| it.is_ascii_graphic());
            it.clone().filter(|it| fits(it))
        };
        let (transaction, reference) = (fit(&hint.transaction_id), fit(&hint.reference));
        (transaction.is_some() || reference.is_some()).then_some(Self { integration, transaction, reference })
    }

    /// As a job's subject: one notification more about the same moves the job and adds none.
    fn subject(&self) -> String {
        let part = |it: &Option<String>| it.clone().unwrap_or_default();
        format!("{}{MARK}{}{MARK}{}", self.integration, part(&self.transaction), part(&self.reference))
    }

    fn read(subject: &str) -> Option<Self> {
        let mut parts = subject.splitn(3, MARK);
        let integration = parts.next()?.parse().ok()?;
        let mut part = || parts.next().map(str::to_owned).map(|it| Some(it).filter(|it| !it.is_empty()));
        Some(Self { integration, transaction: part()?, reference: part()? })
    }
}

/// What of ours it is.
enum Ours {
    Payment(PaymentId),
    Refund(RefundId),
    Action(ActionId),
}

impl Engine {
    /// Writes down that the provider is to be asked, in the caller's transaction.
    pub(super) async fn ask_about(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        hint: &Hint,
    ) -> Result<(), Error> {
        let Some(about) = About::of(integration, hint) else { return Ok(()) };
        self.schedule(conn, organization, NOTICE, about.subject(), self.ambient.now()).await
    }

    /// Asks the provider about what a notification named.
    pub(crate) async fn run_notice(&self, job: &Job) -> Result<(), Error> {
        let about = About::read(&job.subject).ok_or(kontor_store::Error::Corrupt("subject"))?;
        match self.ours(job.organization, &about).await? {
            Some(Ours::Payment(payment)) => {
                self.resolve(job.organization, payment, Why::Returned, &Actor::system()).await?;
            }
            Some(Ours::Refund(refund)) => {
                self.drive_refund(job.organization, refund, &Actor::system()).await?;
            }
            Some(Ours::Action(action)) => {
                self.drive_action(job.organization, action, &Actor::system()).await?;
            }
            // Done by nobody here, or known already: what differs is shown, and nothing is recorded.
            None => {
                if let Some(id) = &about.transaction
                    && let Some(error) =
                        self.look_at_transaction(job.organization, about.integration, id).await?
                {
                    tracing::info!(transaction = id, %error, "what a notification names was not looked at");
                    let due = schedule::retry(job.attempts, &self.settings);
                    let due = schedule::after(self.ambient.now(), due);
                    let mut tx = self.db.write().await?;
                    self.schedule(&mut tx, job.organization, NOTICE, &job.subject, due).await?;
                    return Ok(tx.commit_at("notice.later").await?);
                }
            }
        }
        let mut tx = self.db.write().await?;
        jobs::finish(&mut tx, job).await?;
        Ok(tx.commit_at("notice.done").await?)
    }

    /// What is still open of what a notification names.
    async fn ours(&self, organization: OrganizationId, about: &About) -> Result<Option<Ours>, Error> {
        let mut conn = self.db.read().await?;
        let (integration, transaction) = (about.integration, about.transaction.as_deref());
        let reference = about.reference.as_deref();
        let refund =
            at_provider::refund(&mut conn, organization, integration, transaction, reference).await?;
        if let Some(refund) = refund {
            return Ok(Some(Ours::Refund(refund.id)).filter(|_| refund.status.is_open()));
        }
        let payment =
            at_provider::payment(&mut conn, organization, integration, transaction, reference).await?;
        // What is done with a payment afterwards may have no transaction of its own: what is told is the payment's.
        let Some(payment) = payment else { return Ok(None) };
        if let Some(action) = actions::open_of_payment(&mut conn, organization, payment.id).await? {
            return Ok(Some(Ours::Action(action.id)));
        }
        let asks =
            |status: Status| status.is_open() || matches!(status, Status::Abandoned | Status::Authorized);
        if asks(payment.status) {
            return Ok(Some(Ours::Payment(payment.id)));
        }
        let all = refunds::of_payment(&mut conn, organization, payment.id).await?;
        Ok(all.iter().find(|it| it.status.is_open()).map(|it| Ours::Refund(it.id)))
    }
}

#[cfg(test)]
mod tests;
