//! What a caller sends to make or change an integration.

use std::collections::BTreeMap;

use kontor_domain::{
    Secret,
    integrations::IntegrationType,
    templates::{MAX_SECRET, MAX_VALUE},
};
use kontor_engine::integrations::Change;
use utoipa::ToSchema;

use crate::body::{Fields, Request};

/// The most keys of a free map.
const MAX_KEYS: usize = 100;

/// A new integration.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Create {
    /// Number or name.
    #[schema(value_type = u8, example = 1)]
    pub(super) integration_type: IntegrationType,
    /// The template's provider.
    #[schema(example = "WorldPay")]
    pub(super) provider: String,
    /// What the merchant calls it.
    pub(super) display_name: String,
    /// Whether it is used; true where it is not said.
    #[schema(required = false)]
    pub(super) is_enabled: bool,
    /// The template's settings.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub(super) configuration: BTreeMap<String, Option<String>>,
    /// The template's secrets.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let integration_type = fields.required("integrationType").numbered();
        let provider = fields.required("provider").text(1..=100);
        let display_name = fields.required("displayName").text(1..=200);
        let is_enabled = if fields.has("isEnabled") { fields.optional("isEnabled").boolean() } else { None };
        let configuration = fields.optional("configuration").map(MAX_KEYS, MAX_VALUE);
        let secrets = secrets(fields);
        Some(Self {
            integration_type: integration_type?,
            provider: provider?,
            display_name: display_name?,
            is_enabled: is_enabled.unwrap_or(true),
            configuration: configuration.unwrap_or_default(),
            secrets,
        })
    }
}

/// Changes of an integration; what is absent stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Update {
    /// What the merchant calls it.
    display_name: Option<String>,
    /// Whether it is used.
    is_enabled: Option<bool>,
    /// Merged into what is there; null removes a key.
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false)]
    configuration: BTreeMap<String, Option<String>>,
    /// Overwrites the given keys only.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    secrets: BTreeMap<String, Secret>,
}

impl Request for Update {
    fn read(fields: &mut Fields) -> Option<Self> {
        let display_name = fields.optional("displayName").text(1..=200);
        let is_enabled = fields.optional("isEnabled").boolean();
        let configuration = fields.optional("configuration").map(MAX_KEYS, MAX_VALUE).unwrap_or_default();
        let secrets = secrets(fields);
        Some(Self { display_name, is_enabled, configuration, secrets })
    }
}

impl From<Update> for Change {
    fn from(update: Update) -> Self {
        let Update { display_name, is_enabled, configuration, secrets } = update;
        Self { display_name, is_enabled, configuration, secrets }
    }
}

/// Secrets are overwritten, never removed one by one: a null is an error, as is an empty text.
fn secrets(fields: &mut Fields) -> BTreeMap<String, Secret> {
    let given = fields.optional("secrets").secret_map(MAX_KEYS, MAX_SECRET).unwrap_or_default();
    let mut kept = BTreeMap::new();
    for (key, value) in given {
        match value {
            Some(secret) if !secret.expose().trim().is_empty() => {
                kept.insert(key, secret);
            }
            _ => fields.wrong(&format!("secrets.{key}"), "must not be empty"),
        }
    }
    kept
}
