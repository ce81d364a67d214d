//! What is shown of an integration. No type here has room for a secret's value.

use std::collections::BTreeMap;

use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    integrations::IntegrationType,
    templates::Template,
};
use kontor_engine::{
    credentials::Purpose,
    integrations::{
        Tested,
        choices::{self, Offered},
    },
};
use kontor_providers::Provider;
use kontor_store::{Conn, integrations::Integration, secrets, secrets::Sealed};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::{
    amount::Time,
    api::templates::{IntegrationTypeWord, SecretSetting, Setting, secret_settings, settings},
    enums::{Form, Shown},
    problem::Problem,
};

/// An integration in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[schema(example = "int_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    integration_id: String,
    organization_id: String,
    /// 1 Payment, 2 Accounting, …
    #[schema(value_type = IntegrationTypeWord)]
    integration_type: Shown<IntegrationType>,
    #[schema(example = "WorldPay")]
    provider: String,
    display_name: String,
    is_enabled: bool,
    /// `NotTested`, `Success` or `Failed`.
    test_status: &'static str,
    last_tested_at: Option<Time>,
    /// `NotRequired`, `NotConnected`, `Connected` or `NeedsReauthorization`.
    connection_status: &'static str,
    created_at: Time,
    updated_at: Time,
    created_by: String,
}

impl Summary {
    pub(super) fn of(it: &Integration, organization: OrganizationId, form: Form) -> Self {
        Self {
            id: it.id.to_string(),
            integration_id: it.id.to_string(),
            organization_id: organization.to_string(),
            integration_type: form.show(it.integration_type),
            provider: it.provider.clone(),
            display_name: it.display_name.clone(),
            is_enabled: it.is_enabled,
            test_status: it.test_status.as_str(),
            last_tested_at: it.last_tested_at.map(Time),
            connection_status: it.connection_status.as_str(),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
            created_by: it.created_by.clone(),
        }
    }
}

/// All integrations of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summaries {
    pub(super) integrations: Vec<Summary>,
}

/// A new integration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    #[serde(flatten)]
    summary: Summary,
    configuration: BTreeMap<String, String>,
    /// For a provider whose people consent: where to send somebody; good for 15 minutes, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_url: Option<String>,
}

impl Created {
    pub(super) fn of(it: &Integration, organization: OrganizationId, form: Form) -> Self {
        Self {
            summary: Summary::of(it, organization, form),
            configuration: it.configuration.clone(),
            authorization_url: None,
        }
    }

    pub(super) fn connected_at(self, url: Option<Url>) -> Self {
        Self { authorization_url: url.map(Into::into), ..self }
    }
}

/// What the integration's template has room for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailableFields {
    configuration_fields: Vec<Setting>,
    secret_fields: Vec<SecretSetting>,
    #[serde(rename = "requiresOAuth")]
    requires_oauth: bool,
    documentation_url: String,
    supported_features: Vec<String>,
}

impl AvailableFields {
    /// Of a template; of one that is gone there is nothing to fill in.
    fn of(template: Option<&Template>, offered: &Offered, form: Form) -> Self {
        Self {
            configuration_fields: template.map(|it| settings(it, Some(offered), form)).unwrap_or_default(),
            secret_fields: template.map(secret_settings).unwrap_or_default(),
            requires_oauth: template.is_some_and(Template::requires_oauth),
            documentation_url: template.map(|it| it.documentation_url.clone()).unwrap_or_default(),
            supported_features: template.map(|it| it.supported_features.clone()).unwrap_or_default(),
        }
    }
}

/// A secret that is set: its name and age.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretKey {
    key: String,
    updated_at: Time,
}

/// One integration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    #[serde(flatten)]
    created: Created,
    available_fields: AvailableFields,
    /// Which secrets are set.
    secret_keys: Vec<SecretKey>,
}

impl Detail {
    /// Of an integration, with the names of its secrets.
    pub(super) async fn read(
        conn: &mut Conn,
        it: &Integration,
        organization: OrganizationId,
        provider: Option<&dyn Provider>,
        form: Form,
    ) -> Result<Self, Problem> {
        let offered = choices::offered(conn, organization, it.id, provider).await?;
        let sealed = secrets::list(conn, organization, it.id, Purpose::Credential.as_str()).await?;
        let key = |it: &Sealed| SecretKey { key: it.field.clone(), updated_at: it.updated_at.into() };
        Ok(Self {
            created: Created::of(it, organization, form),
            available_fields: AvailableFields::of(provider.map(Provider::template), &offered, form),
            secret_keys: sealed.iter().map(key).collect(),
        })
    }
}

/// A changed integration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Updated {
    #[serde(flatten)]
    pub(super) detail: Detail,
    /// Whether a secret or a critical setting changed, so that a new test is due.
    pub(super) test_connection_required: bool,
}

/// How a connection test ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    integration_id: String,
    is_successful: bool,
    success: bool,
    /// `Success` or `Failed`.
    test_status: &'static str,
    /// One line.
    message: String,
    /// What it means, and what to do.
    details: String,
    tested_at: Time,
}

impl Outcome {
    pub(super) fn of(id: IntegrationId, tested: &Tested) -> Self {
        let Tested { report, at } = tested;
        Self {
            integration_id: id.to_string(),
            is_successful: report.success,
            success: report.success,
            test_status: if report.success { "Success" } else { "Failed" },
            message: report.message.clone(),
            details: report.details.clone(),
            tested_at: (*at).into(),
        }
    }
}
