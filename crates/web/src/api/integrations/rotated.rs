//! What is shown of a rotation, and of the way back. No type here has room for a secret's value.

use kontor_domain::ids::OrganizationId;
use kontor_engine::integrations::{RolledBack, Rotated};
use serde::Serialize;
use utoipa::ToSchema;

use crate::amount::Time;

/// How a rotation ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotatedView {
    integration_id: String,
    organization_id: String,
    /// Whether the new secrets are in use.
    rotation_successful: bool,
    /// Whether the provider took them; of use only where it was asked.
    test_connection_successful: bool,
    /// Whether the old ones are in use because the provider refused the new.
    rolled_back: bool,
    /// What happened, and what to do.
    message: String,
    /// Null where the old ones are in use.
    rotated_at: Option<Time>,
    /// The keys whose new values are in use.
    rotated_secret_keys: Vec<String>,
}

impl RotatedView {
    pub(super) fn of(rotated: &Rotated, organization: OrganizationId) -> Self {
        let passed = rotated.report.as_ref().is_some_and(|it| it.success);
        let details = rotated.report.as_ref().map(|it| it.details.as_str()).unwrap_or_default();
        let message = match (rotated.in_use, &rotated.report) {
            (true, Some(_)) if passed => {
                "The secrets were rotated and the connection test passed.".to_owned()
            }
            (true, Some(_)) => format!(
                "The secrets were rotated and the new ones are in use, but the connection test failed. {details}"
            ),
            (true, None) => {
                "The secrets were rotated. Whether the provider takes them was not tested.".to_owned()
            }
            (false, _) if rotated.by_provider => {
                format!(
                    "The provider did not put its new secret into force, so the old one stays in use. {details}"
                )
            }
            (false, _) => format!(
                "The connection test failed with the new secrets, so the rotation was rolled back: the old ones \
                 are in use. {details}"
            ),
        };
        Self {
            integration_id: rotated.id.to_string(),
            organization_id: organization.to_string(),
            rotation_successful: rotated.in_use,
            test_connection_successful: passed,
            rolled_back: !rotated.in_use,
            message,
            rotated_at: rotated.in_use.then(|| rotated.at.into()),
            rotated_secret_keys: if rotated.in_use { rotated.keys.clone() } else { Vec::new() },
        }
    }
}

/// How a rollback ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolledBackView {
    #[schema(example = "int_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    integration_id: String,
    organization_id: String,
    /// Whether the former secrets are in use again.
    rolled_back: bool,
    /// Whether the provider took them; of use only where it was asked.
    test_connection_successful: bool,
    /// What happened, and what to do.
    #[schema(
        example = "The secrets from before the rotation are in use again and the connection test passed."
    )]
    message: String,
    rolled_back_at: Time,
    /// The keys whose former values are in use again.
    #[schema(example = json!(["AccountToken"]))]
    rolled_back_secret_keys: Vec<String>,
}

impl RolledBackView {
    pub(super) fn of(ended: &RolledBack, organization: OrganizationId) -> Self {
        let passed = ended.report.as_ref().is_some_and(|it| it.success);
        let again = "The secrets from before the rotation are in use again";
        let message = match &ended.report {
            Some(_) if passed => format!("{again} and the connection test passed."),
            Some(report) => format!("{again}, but the connection test failed. {}", report.details),
            None => format!("{again}. Whether the provider takes them was not tested."),
        };
        Self {
            integration_id: ended.id.to_string(),
            organization_id: organization.to_string(),
            rolled_back: true,
            test_connection_successful: passed,
            message,
            rolled_back_at: ended.at.into(),
            rolled_back_secret_keys: ended.keys.clone(),
        }
    }
}
