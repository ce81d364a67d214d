//! Integrations: making, changing, testing and destroying connections to providers.

use std::{collections::BTreeMap, sync::Arc};

use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::TestStatus,
    templates::Template,
};
use kontor_providers::{TestReport, error::Kind};
use kontor_store::{Conn, integrations, integrations::Integration, payments, secrets};
use serde_json::json;

use crate::{Actor, Engine, Error, credentials::Purpose, oauth};

/// What changes of an integration.
#[derive(Default)]
pub struct Change {
    /// A new name.
    pub display_name: Option<String>,
    /// Whether it is used.
    pub is_enabled: Option<bool>,
    /// Keys to set, or to remove where the value is none; merged into what is there.
    pub configuration: BTreeMap<String, Option<String>>,
    /// Secrets to overwrite.
    pub secrets: BTreeMap<String, Secret>,
}

/// A changed integration.
pub struct Changed {
    /// As it is now.
    pub integration: Integration,
    /// Whether secrets or a critical key changed, so that a test is due.
    pub test_required: bool,
}

/// The names of what was given, as the API's errors name them.
fn fields<'a>(
    configuration: impl Iterator<Item = &'a String>,
    secrets: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    let configuration = configuration.map(|key| format!("configuration.{key}"));
    configuration.chain(secrets.map(|key| format!("secrets.{key}"))).collect()
}

impl Engine {
    /// Adds an integration with its secrets sealed. The fields were checked against the template.
    pub async fn create_integration(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<(), Error> {
        if integrations::count(conn, organization).await? >= integrations::MAX_INTEGRATIONS {
            return Err(Error::TooMany("integrations"));
        }
        integrations::insert(conn, organization, integration).await?;
        self.seal_all(conn, organization, integration.id, Purpose::Credential, secrets).await?;
        let mut fields = fields(integration.configuration.keys(), secrets.keys());
        fields.extend(["displayName", "isEnabled"].map(str::to_owned));
        let detail = json!({ "provider": integration.provider, "fields": fields });
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, "integration.created", &subject, &detail).await?;
        self.tell(
            conn,
            organization,
            "integration.created",
            &subject,
            &json!({ "provider": integration.provider }),
        )
        .await
    }

    /// Changes an integration. Wrong fields are told all at once.
    pub async fn change_integration(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        mut integration: Integration,
        template: &Template,
        change: Change,
    ) -> Result<Changed, Error> {
        let mut wrong = Vec::new();
        let old = integration.configuration.clone();
        match template.check_configuration(&change.configuration, Some(&old)) {
            Ok(configuration) => integration.configuration = configuration,
            Err(errors) => wrong.extend(errors),
        }
        if let Err(errors) = template.check_secrets(&change.secrets, &integration.configuration, false) {
            wrong.extend(errors);
        }
        if !wrong.is_empty() {
            return Err(Error::Fields(wrong.into_iter().map(|it| (it.field, it.message)).collect()));
        }
        let mut fields = fields(change.configuration.keys(), change.secrets.keys());
        let named =
            [("displayName", change.display_name.is_some()), ("isEnabled", change.is_enabled.is_some())];
        fields.extend(named.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()));
        let critical = template.critical_changed(&old, &integration.configuration);
        let test_required = critical || !change.secrets.is_empty();
        if test_required {
            integration.test_status = TestStatus::NotTested;
        }
        if let Some(name) = change.display_name {
            integration.display_name = name;
        }
        if let Some(is_enabled) = change.is_enabled {
            integration.is_enabled = is_enabled;
        }
        let now = self.ambient.now();
        match integrations::update(conn, organization, &integration, now).await {
            Err(kontor_store::Error::Stale) => return Err(Error::Changed),
            other => other?,
        }
        self.seal_all(conn, organization, integration.id, Purpose::Credential, &change.secrets).await?;
        let detail = json!({ "provider": integration.provider, "fields": fields });
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, "integration.updated", &subject, &detail).await?;
        let integration =
            integrations::get(conn, organization, integration.id).await?.ok_or(Error::IntegrationNotFound)?;
        Ok(Changed { integration, test_required })
    }

    /// Destroys an integration and its secrets, unless it is enabled and payments of it are open.
    pub async fn delete_integration(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
    ) -> Result<(), Error> {
        let open = payments::open_of_integration(conn, organization, integration.id).await?;
        if integration.is_enabled && open > 0 {
            return Err(Error::IntegrationInUse);
        }
        let revoking = self.forget(conn, organization, integration, actor).await?;
        secrets::delete_all(conn, organization, integration.id).await?;
        if !integrations::delete(conn, organization, integration.id).await? {
            return Err(Error::IntegrationNotFound);
        }
        let subject = integration.id.to_string();
        let detail = json!({ "provider": integration.provider, "openPayments": open, "revoking": revoking });
        self.audit(conn, Some(organization), actor, "integration.deleted", &subject, &detail).await?;
        self.tell(
            conn,
            organization,
            "integration.deleted",
            &subject,
            &json!({ "provider": integration.provider }),
        )
        .await
    }

    /// Makes a real authenticated call to the provider and records how it ended.
    pub async fn test_integration(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
    ) -> Result<TestReport, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?
        };
        let report = self.report(organization, &integration, actor).await?;
        let status = if report.success { TestStatus::Success } else { TestStatus::Failed };
        let mut tx = self.db.write().await?;
        integrations::record_test(&mut tx, organization, &integration, status, self.ambient.now()).await?;
        let detail = json!({ "success": report.success });
        self.audit(&mut tx, Some(organization), actor, "integration.tested", &id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Asks the provider. A token that it does not take is renewed once and tried again.
    async fn report(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
    ) -> Result<TestReport, Error> {
        let provider = self.registry.get(&integration.provider).ok_or(Error::IntegrationNotFound)?;
        let why = "connection test";
        let (mut opened, version) = match self.open_connection(organization, integration, actor, why).await {
            Ok(opened) => opened,
            Err(error) => return oauth::unconnected(error),
        };
        let report = provider.test(&opened.connection()).await;
        let refused = report.error.as_ref().is_some_and(|it| it.kind == Kind::TokenRefused);
        let Some(version) = version.filter(|_| refused) else { return Ok(report) };
        match self.access_token_instead(organization, integration.id, version, actor, why).await {
            Ok(access) => opened.access_token = Some(access.token),
            Err(error) => return oauth::unconnected(error),
        }
        Ok(provider.test(&opened.connection()).await)
    }
}
