//! Resolve: ask the provider what happened, then record that. One function for the callback, the browser's
//! return, the sweep, the job after a crash, and a person's button.
//!
//! A late, repeated, forged or missing callback can change nothing but the moment at which the truth is asked for.

pub(crate) mod record;

use kontor_domain::{
    Id,
    ids::{OrganizationId, PaymentId},
    payments::{Failure, Payment, Status},
};
use kontor_providers::{Lookup, ProviderError, ProviderTransaction};
use kontor_store::{Conn, attempts, crash, hosted, integrations, jobs, payments};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Actor, Engine, Error,
    hosted::{
        schedule,
        verdict::{Verdict, judge},
    },
};

/// The job that asks about an open payment.
pub(crate) const RESOLVE: &str = "resolve";
/// The job that closes a superseded page at the provider.
pub(crate) const EXPIRE: &str = "expire";
/// The provider's operation, as attempts and events name it.
const OPERATION: &str = "query transactions";

/// Who wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The browser came back with the right code: something is there to be found.
    Returned,
    /// The browser came back and said that nothing was paid, which anybody can say.
    Left,
    /// The sweep.
    Sweep,
    /// Somebody asked for it.
    Asked,
}

/// How asking ended.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The payment as it stands now.
    pub payment: Payment,
    /// Why the provider could not be asked, where it could not.
    pub unanswered: Option<ProviderError>,
    /// What does not match, where something does not.
    pub mismatch: Option<&'static str>,
}

impl Resolved {
    pub(crate) fn plain(payment: Payment) -> Self {
        Self { payment, unanswered: None, mismatch: None }
    }
}

impl Engine {
    /// Asks the provider about a payment and records what it says. A payment that has ended is left as it is.
    pub async fn resolve(
        &self,
        organization: OrganizationId,
        id: PaymentId,
        why: Why,
        actor: &Actor,
    ) -> Result<Resolved, Error> {
        let (payment, setup) = {
            let mut conn = self.db.read().await?;
            let payment = payments::get(&mut conn, organization, id).await?.ok_or(Error::PaymentNotFound)?;
            let setup = hosted::of_payment(&mut conn, organization, id).await?;
            (payment, setup)
        };
        if setup.is_none() && payment.provider.is_some() {
            // Boxed: its futures are large, and a callback of a page goes the other way.
            return Box::pin(self.resolve_charge(organization, payment, actor)).await;
        }
        let late = payment.status == Status::Abandoned && why != Why::Sweep;
        let (Some(setup), true) = (setup, payment.status.is_open() || late) else {
            self.no_more_asking(organization, &payment).await?;
            return Ok(Resolved::plain(payment));
        };
        match self.ask(organization, &payment, &setup, actor).await? {
            Ok(found) => match judge(&payment, &found) {
                Verdict::Paid { by, extra } => self.record_paid(organization, &payment, by, &extra).await,
                Verdict::Mismatch(reason) => self.record_mismatch(organization, payment, reason).await,
                Verdict::Pending => self.record_nothing(organization, payment, &setup, None, true).await,
                Verdict::Nothing { declined } => {
                    self.record_nothing(organization, payment, &setup, declined, false).await
                }
            },
            Err(error) => self.record_unanswered(organization, payment, &setup, why, error).await,
        }
    }

    /// Asks the provider. The outer error is ours, the inner one the provider's.
    async fn ask(
        &self,
        organization: OrganizationId,
        payment: &Payment,
        setup: &hosted::Setup,
        actor: &Actor,
    ) -> Result<Result<Vec<ProviderTransaction>, ProviderError>, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, setup.integration).await?
        };
        let Some(integration) = integration else {
            return Ok(Err(ProviderError::misconfigured("the integration of this payment was deleted")));
        };
        let teller = match self.teller_of(organization, &integration, actor, "resolve").await {
            Err(Error::NoIntegration(_)) => {
                return Ok(Err(ProviderError::misconfigured("this provider is not known here any more")));
            }
            other => other?,
        };
        let connection = teller.connection();
        let by = match &setup.setup_id {
            Some(setup_id) => Lookup::Setup(setup_id),
            None => Lookup::Reference {
                reference: &payment.provider_reference,
                from: schedule::before(setup.created_at, std::time::Duration::from_hours(24)),
                to: schedule::after(self.ambient.now(), std::time::Duration::from_hours(24)),
            },
        };
        let answer = match teller.reports() {
            Ok(reports) => {
                let call = teller.timed("find", reports.find(&connection, &by));
                crash::call("hosted.find", call).await
            }
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|it| teller.without(it));
        let (outcome, facts) = match &answer {
            Ok(found) => ("answered", json!({ "transactions": found.iter().map(facts).collect::<Vec<_>>() })),
            Err(error) => ("unanswered", json!({ "error": error.to_string() })),
        };
        let mut tx = self.db.write().await?;
        self.attempted(&mut tx, organization, payment, OPERATION, outcome, &facts).await?;
        tx.commit_at("resolve.asked").await?;
        Ok(answer)
    }

    /// Writes down a call that was made for a payment, and how it ended.
    pub(crate) async fn attempted(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        payment: &Payment,
        operation: &str,
        outcome: &str,
        facts: &Value,
    ) -> Result<(), Error> {
        let attempt = attempts::Attempt {
            id: Id::new(&self.ambient),
            payment: payment.id,
            operation,
            reference: &payment.provider_reference,
            at: self.ambient.now(),
        };
        Ok(attempts::insert(conn, organization, &attempt, outcome, &facts.to_string()).await?)
    }

    /// A payment that has ended needs no job.
    async fn no_more_asking(&self, organization: OrganizationId, payment: &Payment) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        jobs::remove(&mut tx, organization, RESOLVE, &payment.id.to_string()).await?;
        Ok(tx.commit_at("resolve.no_more").await?)
    }
}

/// What of a provider's transaction is kept: nothing of the card but its brand and last four digits.
pub(crate) fn facts(it: &ProviderTransaction) -> Value {
    json!({
        "id": it.id,
        "state": format!("{:?}", it.state),
        "amount": it.approved.or(it.requested).map(|amount| amount.to_string()),
        "reference": it.reference,
        "code": it.response_code,
        "message": it.response_message,
    })
}

/// A provider's error as it is kept with the payment.
pub(crate) fn failure(error: &ProviderError) -> Failure {
    Failure {
        code: "provider_error".to_owned(),
        message: error.to_string(),
        provider_code: error.code.clone(),
        provider_message: Some(error.message.clone()).filter(|it| !it.is_empty()),
    }
}

/// What a person is told most often.
pub(crate) const OTHER_AMOUNT: &str = "the provider reports another amount";
/// The word of a failure that a person has to end.
const MISMATCH: &str = "provider_mismatch";

/// What is kept where the provider reports something else than was asked for.
pub(crate) fn mismatch(reason: &str) -> Failure {
    Failure {
        code: MISMATCH.to_owned(),
        message: format!("A person has to look at this: {reason}."),
        provider_code: None,
        provider_message: None,
    }
}

/// Whether a person was told already.
pub(crate) fn is_mismatch(failure: Option<&Failure>) -> bool {
    failure.is_some_and(|it| it.code == MISMATCH)
}

/// SHA-256 of a text, hex.
pub(crate) fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
