//! The connection test: a real authenticated call, and what is recorded of it.
//!
//! Refuses to keep a transaction open while the provider is called. A result is recorded unless the integration was
//! changed while the call ran: then it says nothing about what is there now.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::TestStatus,
    templates::Template,
};
use kontor_providers::{
    TestReport,
    books::{Errand, Gate as _, Patient},
    error::Kind,
    pace::{HeldBack, Leave},
};
use kontor_store::{idempotency, integrations, integrations::Integration};
use serde_json::json;

use crate::{Actor, Engine, Error, oauth};

/// How long whoever asked for a test waits for the lists that are read with it.
const LISTS: Duration = Duration::from_secs(10);

/// How long a test waits for room at a company's books, before each of its calls.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How a connection test ended.
#[derive(Debug, Clone)]
pub struct Tested {
    /// What the provider said.
    pub report: TestReport,
    /// When.
    pub at: Timestamp,
}

impl Engine {
    /// Makes a real authenticated call to the provider and records how it ended.
    pub async fn test_integration(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
    ) -> Result<TestReport, Error> {
        let nothing =
            |_: &Tested| idempotency::Answer { status: 200, headers: String::new(), body: Vec::new() };
        Ok(self.test_once(organization, actor, id, None, nothing).await?.report)
    }

    /// The same; with `key`, the answer that `answer` makes of it is kept in the recording transaction.
    pub async fn test_once(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&Tested) -> idempotency::Answer + Send,
    ) -> Result<Tested, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?
        };
        let nothing = BTreeMap::new();
        let report = self.try_out(organization, &integration, &nothing, actor, "connection test").await?;
        let mut tx = self.db.write().await?;
        let tested = self.record_test(&mut tx, organization, actor, &integration, report).await?;
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&tested)).await?;
        }
        tx.commit().await?;
        if tested.report.success {
            // What settings choose from is as new as the test. A test says whether the connection works, so that it
            // stands whatever becomes of this.
            let read = self.read_choices(organization, &integration, actor);
            match tokio::time::timeout(LISTS, read).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::info!(integration = %id, %error, "the lists to choose from were not read");
                }
                Err(_) => tracing::info!(integration = %id, "the lists to choose from took too long"),
            }
        }
        Ok(tested)
    }

    /// Call: whether the provider takes what is there, with `staged` in the place of the secrets of its names. No
    /// transaction is open. A token that the provider does not take is renewed once and tried again.
    pub(super) async fn try_out(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        staged: &BTreeMap<String, Secret>,
        actor: &Actor,
        why: &str,
    ) -> Result<TestReport, Error> {
        let Some(provider) = self.registry.get(&integration.provider) else { return Ok(gone()) };
        let (mut opened, version) = match self.open_connection(organization, integration, actor, why).await {
            Ok(opened) => opened,
            Err(error) => return oauth::unconnected(error),
        };
        for (field, value) in staged {
            opened.secrets.insert(field.clone(), value.clone());
        }
        let template = provider.template();
        let gate = self.books_gate(provider.as_ref(), &opened.connection()).map(|it| it.patient(PATIENCE));
        let leave = self.enter_for_test(integration, template, gate.as_ref()).await?;
        let report = provider.test(&opened.connection()).await.without(&opened.all());
        drop(leave);
        let refused = report.error.as_ref().is_some_and(|it| it.kind == Kind::TokenRefused);
        let Some(version) = version.filter(|_| refused) else { return Ok(report) };
        match self.access_token_instead(organization, integration.id, version, actor, why).await {
            Ok(access) => opened.access_token = Some(access.token),
            Err(error) => return oauth::unconnected(error),
        }
        let _leave = self.enter_for_test(integration, template, gate.as_ref()).await?;
        Ok(provider.test(&opened.connection()).await.without(&opened.all()))
    }

    /// Waits a little for room at a company's books: a person stands there, and others ask as well.
    async fn enter_for_test(
        &self,
        integration: &Integration,
        template: &Template,
        gate: Option<&Patient>,
    ) -> Result<Leave, HeldBack> {
        let company = match gate {
            Some(gate) => Some(gate.enter(Errand::Read).await?),
            None => None,
        };
        Ok(Leave { company, ..self.enter(integration, template, template.test_requests())? })
    }

    /// Record: how a test of what is there ended.
    pub(super) async fn record_test(
        &self,
        conn: &mut kontor_store::Conn,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        report: TestReport,
    ) -> Result<Tested, Error> {
        let at = self.ambient.now();
        let status = if report.success { TestStatus::Success } else { TestStatus::Failed };
        let recorded = integrations::record_test(conn, organization, integration, status, at).await?;
        let detail = json!({ "success": report.success, "recorded": recorded });
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, "integration.tested", &subject, &detail).await?;
        Ok(Tested { report, at })
    }
}

fn gone() -> TestReport {
    TestReport {
        success: false,
        message: "The provider's template is gone".to_owned(),
        details:
            "The file that describes this provider was removed or is wrong, so nobody was called. Whoever \
                  operates Kontor can put it back (kontor templates check); or delete this integration."
                .to_owned(),
        error: None,
    }
}
