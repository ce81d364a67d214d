//! Rotating a secret that the provider makes itself: create, keep, activate, use.
//!
//! The new value is sealed as pending before it is activated. Where the answer to that is lost, one of the two works,
//! and the connection test tells which; a value that the provider may yet put into force is never thrown away. A job
//! that is written with the first step leads on from whatever step a process died in.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::TestStatus,
};
use kontor_providers::{KeyRotation, Provider, ProviderError, TestReport};
use kontor_store::{
    Conn, Tx, idempotency, integrations, integrations::Integration, jobs, jobs::Job, secrets,
};
use serde_json::json;

use super::rotate::Rotated;
use crate::{Actor, Engine, Error, credentials::Purpose, hosted::schedule};

/// The job that ends what a dead process began.
pub(crate) const REMAKE: &str = "remake-secret";
/// What it is for, where secrets are opened.
const WHY: &str = "rotation at the provider";
/// The most calls of one rotation.
const CALLS: u32 = 6;
const PENDING: Purpose = Purpose::PendingCredential;

/// How a rotation at the provider stands.
enum Stands {
    /// The new value is in force, and was perhaps tested.
    New(Option<TestReport>),
    /// The old value stays in force: the provider said no.
    Old(ProviderError),
    /// Nobody knows yet.
    Unclear(ProviderError),
}

/// Who asks for what, and how it is answered.
struct Asked<'a> {
    organization: OrganizationId,
    integration: Integration,
    actor: &'a Actor,
    field: &'static str,
    provider: Arc<dyn Provider>,
}

impl Asked<'_> {
    fn rotation(&self) -> Result<&dyn KeyRotation, Error> {
        self.provider.rotation().ok_or_else(cannot)
    }
}

fn cannot() -> Error {
    let error = ProviderError::misconfigured("this provider makes no new secrets by itself");
    Error::Provider { error, payment: None }
}

impl Engine {
    /// Has the provider make a new secret and puts it into use. With `key`, the answer that `answer` makes of it is
    /// kept in the last transaction.
    pub async fn remake_secret(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        test: bool,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&Rotated) -> idempotency::Answer + Send,
    ) -> Result<Rotated, Error> {
        let asked = self.asked(organization, actor, id).await?;
        self.ready_to_seal(organization).await?;
        let begun = self.begin(&asked, key).await?;
        let stands = match begun {
            Some(ended) => ended,
            None => self.create_and_activate(&asked, key).await?,
        };
        let (mut tx, rotated) = self.end(&asked, stands, test).await?;
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&rotated)).await?;
        }
        tx.commit().await?;
        Ok(rotated)
    }

    /// Goes on with what a dead process left.
    pub(crate) async fn run_remake(self: &Arc<Self>, job: &Job, id: IntegrationId) -> Result<(), Error> {
        let actor = Actor::system();
        let asked = match self.asked(job.organization, &actor, id).await {
            Err(Error::IntegrationNotFound | Error::Provider { .. }) => return self.no_more(job).await,
            asked => asked?,
        };
        if self.pending(&asked).await?.is_none() {
            return self.no_more(job).await;
        }
        self.ready_to_seal(job.organization).await?;
        match self.find_out(&asked).await? {
            Stands::Unclear(error) => {
                tracing::warn!(integration = %id, %error, "a rotation at the provider has not ended yet");
                let due = schedule::after(self.ambient.now(), schedule::retry(job.attempts, &self.settings));
                let mut tx = self.db.write().await?;
                self.schedule(&mut tx, job.organization, REMAKE, id, due).await?;
                Ok(tx.commit().await?)
            }
            stands => {
                let (tx, _) = self.end(&asked, stands, true).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    async fn no_more(&self, job: &Job) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        jobs::finish(&mut tx, job).await?;
        Ok(tx.commit().await?)
    }

    async fn asked<'a>(
        &self,
        organization: OrganizationId,
        actor: &'a Actor,
        id: IntegrationId,
    ) -> Result<Asked<'a>, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?
        };
        let provider = self.registry.get(&integration.provider).ok_or_else(cannot)?;
        let field = provider.rotation().ok_or_else(cannot)?.secret();
        Ok(Asked { organization, integration, actor, field, provider })
    }

    /// Longer than all calls of one rotation.
    fn remake_deadline(&self) -> Duration {
        self.settings.provider_timeout.saturating_add(Duration::from_secs(1)).saturating_mul(CALLS)
    }

    /// Takes the right to rotate: one at a time. Some where the same request, or one that died, had come further.
    async fn begin(
        self: &Arc<Self>,
        asked: &Asked<'_>,
        key: Option<&idempotency::Key>,
    ) -> Result<Option<Stands>, Error> {
        let (organization, id) = (asked.organization, asked.integration.id);
        let mut tx = self.db.write().await?;
        integrations::lock(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        let now = self.ambient.now();
        if let Some(due) = jobs::due(&mut tx, organization, REMAKE, &id.to_string()).await?
            && due > now
        {
            return Err(under_way(now, due));
        }
        let due = schedule::after(now, self.remake_deadline());
        self.schedule(&mut tx, organization, REMAKE, id, due).await?;
        let reached = match key {
            Some(key) => idempotency::reached(&mut tx, key).await?,
            None => None,
        };
        tx.commit().await?;
        if self.pending(asked).await?.is_some() {
            return match self.find_out(asked).await? {
                // Another request's, which came to nothing: this one begins anew.
                Stands::Old(_) if reached.is_none() => {
                    self.drop_pending(asked).await?;
                    Ok(None)
                }
                stands => Ok(Some(stands)),
            };
        }
        let Some(version) = reached.and_then(|it| it.parse::<i64>().ok()) else { return Ok(None) };
        // The same request had kept a value, and the job has ended it meanwhile.
        let mut conn = self.db.read().await?;
        let all = secrets::list(&mut conn, organization, id, Purpose::Credential.as_str()).await?;
        let is_newer = all.iter().any(|it| it.field == asked.field && it.version > version);
        let refused = || ProviderError::misconfigured("the provider did not put its new secret into force");
        Ok(Some(if is_newer { Stands::New(None) } else { Stands::Old(refused()) }))
    }

    /// Create, keep, activate.
    async fn create_and_activate(
        self: &Arc<Self>,
        asked: &Asked<'_>,
        key: Option<&idempotency::Key>,
    ) -> Result<Stands, Error> {
        let (organization, id) = (asked.organization, asked.integration.id);
        let opened = self.open_credentials(organization, &asked.integration, asked.actor, WHY).await?;
        let rotation = asked.rotation()?;
        let new = match rotation.create(&opened.connection()).await {
            Ok(new) => new,
            Err(error) => {
                // The old value is in force, and nobody knows another.
                let mut tx = self.db.write().await?;
                jobs::remove(&mut tx, organization, REMAKE, &id.to_string()).await?;
                tx.commit().await?;
                return Err(Error::Provider { error: opened.without(error), payment: None });
            }
        };
        let values = BTreeMap::from([(asked.field.to_owned(), new.clone())]);
        let mut tx = self.db.write().await?;
        integrations::lock(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        self.seal_all(&mut tx, organization, id, PENDING, &values).await?;
        if let Some(key) = key {
            let kept = secrets::list(&mut tx, organization, id, PENDING.as_str()).await?;
            let version = kept.iter().find(|it| it.field == asked.field).map_or(0, |it| it.version);
            idempotency::reach(&mut tx, key, &version.to_string()).await?;
        }
        tx.commit().await?;
        match rotation.activate(&opened.connection(), &new).await {
            Ok(()) => Ok(Stands::New(None)),
            Err(error) => {
                let error = opened.without(error).without(&[&new]);
                tracing::info!(integration = %id, %error, "a new secret was perhaps not activated");
                self.find_out(asked).await
            }
        }
    }

    /// What is kept and perhaps not in force yet.
    async fn pending(&self, asked: &Asked<'_>) -> Result<Option<Secret>, Error> {
        let (organization, id) = (asked.organization, asked.integration.id);
        let fields = [asked.field];
        let found = self.open_secrets(organization, id, &[PENDING], &fields, asked.actor, WHY).await?;
        Ok(found.into_values().next())
    }

    /// Which of the two works. A new value that does not is activated once more, since the provider may not have heard
    /// of it; only its own no ends it.
    async fn find_out(self: &Arc<Self>, asked: &Asked<'_>) -> Result<Stands, Error> {
        let (organization, integration, actor) = (asked.organization, &asked.integration, asked.actor);
        let Some(new) = self.pending(asked).await? else {
            let error = ProviderError::misconfigured("the new secret is not there any more");
            return Ok(Stands::Old(error));
        };
        let staged = BTreeMap::from([(asked.field.to_owned(), new.clone())]);
        let report = self.try_out(organization, integration, &staged, actor, WHY).await?;
        if report.success {
            return Ok(Stands::New(Some(report)));
        }
        let opened = self.open_credentials(organization, integration, actor, WHY).await?;
        let Err(error) = asked.rotation()?.activate(&opened.connection(), &new).await else {
            return Ok(Stands::New(None));
        };
        let error = opened.without(error).without(&[&new]);
        if !error.outcome_known {
            return Ok(Stands::Unclear(error));
        }
        let nothing = BTreeMap::new();
        let old = self.try_out(organization, integration, &nothing, actor, WHY).await?;
        Ok(if old.success { Stands::Old(error) } else { Stands::Unclear(error) })
    }

    async fn drop_pending(&self, asked: &Asked<'_>) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let (organization, id) = (asked.organization, asked.integration.id);
        self.destroy_secrets(&mut tx, organization, id, PENDING, Some(asked.field)).await?;
        Ok(tx.commit().await?)
    }

    /// Record: which of the two is in use from now on. The transaction is the caller's to end.
    async fn end(
        self: &Arc<Self>,
        asked: &Asked<'_>,
        stands: Stands,
        test: bool,
    ) -> Result<(Tx, Rotated), Error> {
        let (organization, id) = (asked.organization, asked.integration.id);
        let (report, in_use) = match stands {
            // The job asks on; whoever asked is told that nobody knows.
            Stands::Unclear(error) => return Err(Error::Provider { error, payment: None }),
            Stands::New(report) => (report, true),
            Stands::Old(error) => (Some(no(error)), false),
        };
        let mut tx = self.db.write().await?;
        let held = integrations::lock(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        if in_use {
            self.put_to_use(&mut tx, asked, held, report.is_some()).await?;
        } else {
            let subject = id.to_string();
            let detail = json!({ "provider": held.provider, "fields": [format!("secrets.{}", asked.field)] });
            let action = "integration.rotation_refused";
            self.audit(&mut tx, Some(organization), asked.actor, action, &subject, &detail).await?;
        }
        self.destroy_secrets(&mut tx, organization, id, PENDING, Some(asked.field)).await?;
        jobs::remove(&mut tx, organization, REMAKE, &id.to_string()).await?;
        let at = self.ambient.now();
        if !in_use || !test || report.is_some() {
            return Ok((tx, rotated(asked, in_use, report, at)));
        }
        let now = integrations::get(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        tx.commit().await?;
        let nothing = BTreeMap::new();
        let report = self.try_out(organization, &now, &nothing, asked.actor, "test after rotation").await?;
        let mut tx = self.db.write().await?;
        let tested = self.record_test(&mut tx, organization, asked.actor, &now, report).await?;
        Ok((tx, rotated(asked, true, Some(tested.report), tested.at)))
    }

    /// The new value takes the old one's place. The old one is dead, and nobody goes back to it.
    async fn put_to_use(
        &self,
        conn: &mut Conn,
        asked: &Asked<'_>,
        mut held: Integration,
        tested: bool,
    ) -> Result<(), Error> {
        let (organization, id) = (asked.organization, held.id);
        let values = self.open_in(conn, organization, id, PENDING, &[asked.field], asked.actor, WHY).await?;
        // Somebody else has ended this rotation meanwhile.
        if values.is_empty() {
            return Ok(());
        }
        self.seal_all(conn, organization, id, Purpose::Credential, &values).await?;
        self.destroy_secrets(conn, organization, id, Purpose::PreviousCredential, None).await?;
        let now = self.ambient.now();
        held.test_status = if tested { TestStatus::Success } else { TestStatus::NotTested };
        held.last_tested_at = if tested { Some(now) } else { held.last_tested_at };
        integrations::update(conn, organization, &held, now).await?;
        let subject = id.to_string();
        let fields = [format!("secrets.{}", asked.field)];
        let detail = json!({ "provider": held.provider, "fields": fields, "madeBy": "provider" });
        let action = "integration.secrets_rotated";
        self.audit(conn, Some(organization), asked.actor, action, &subject, &detail).await?;
        self.tell(conn, organization, action, &subject, &detail).await
    }
}

fn under_way(now: Timestamp, due: Timestamp) -> Error {
    let seconds = due.duration_since(now).as_secs();
    Error::RotationUnderWay { seconds: u64::try_from(seconds).unwrap_or(0).saturating_add(1) }
}

/// The provider's no, as a test would have told it.
fn no(error: ProviderError) -> TestReport {
    TestReport {
        success: false,
        message: "The provider did not put its new secret into force".to_owned(),
        details: error.to_string(),
        error: Some(error),
    }
}

fn rotated(asked: &Asked<'_>, in_use: bool, report: Option<TestReport>, at: Timestamp) -> Rotated {
    let keys = vec![asked.field.to_owned()];
    Rotated { id: asked.integration.id, in_use, by_provider: true, report, keys, at }
}
