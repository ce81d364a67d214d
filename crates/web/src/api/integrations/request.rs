//! What a caller sends to make or change an integration.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kontor_domain::{
    Secret,
    integrations::IntegrationType,
    templates::{FieldError, MAX_SECRET, MAX_VALUE, Needed, Template},
};
use kontor_engine::integrations::{Change, Rotation, check, check_rotation, choices::Offered};
use kontor_providers::{Provider, Registry};
use utoipa::ToSchema;

use crate::{
    api::templates::IntegrationTypeWord,
    body::{Fields, Request},
};

/// The most keys of a free map.
const MAX_KEYS: usize = 100;
/// The most providers that an error names.
const MAX_NAMED: usize = 20;

/// A new integration.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewIntegration,
    example = json!({ "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Main payment gateway", "isEnabled": true,
    "configuration": { "IsSandbox": "true" },
    "secrets": { "ApiLoginId": "your-api-login-id", "TransactionKey": "your-key-16-char" },
}))]
pub(crate) struct Create {
    /// Number or name.
    #[expect(dead_code, reason = "the provider's own is used; it was compared with this one")]
    #[schema(value_type = IntegrationTypeWord)]
    integration_type: IntegrationType,
    /// The template's provider.
    #[schema(value_type = String, example = "WorldPay")]
    pub(super) provider: Arc<dyn Provider>,
    /// What the merchant calls it.
    #[schema(example = "Main payment gateway")]
    pub(super) display_name: String,
    /// Whether it is used; true where it is not said.
    #[schema(required = false)]
    pub(super) is_enabled: bool,
    /// The template's settings; texts, numbers or booleans.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub(super) configuration: BTreeMap<String, String>,
    /// The template's secrets.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl Create {
    /// Reads the body and checks it against the template that it names; everything that is wrong is told at once.
    pub(super) fn read(fields: &mut Fields, registry: &Registry) -> Option<Self> {
        let integration_type = fields.required("integrationType").numbered();
        let name = fields.required("provider").text(1..=100);
        let display_name = fields.required("displayName").text(1..=200);
        let is_enabled = fields.optional("isEnabled").boolean();
        let given = fields.optional("configuration").map(MAX_KEYS, MAX_VALUE).unwrap_or_default();
        let secrets = secrets(fields, "secrets").unwrap_or_default();
        let provider = provider(fields, registry, integration_type, &name?)?;
        let template = provider.template();
        let configuration = template.check_configuration(&given, None).unwrap_or_else(|faults| {
            tell(fields, faults);
            template.supposed_configuration(&given, None)
        });
        let offered = Offered::unread(provider.as_ref());
        tell(fields, offered.check(given.iter().map(|(key, value)| (key, value.as_deref()))));
        tell(fields, template.check_secrets(&secrets, &configuration, Needed::All).err().unwrap_or_default());
        Some(Self {
            integration_type: integration_type?,
            display_name: display_name?,
            is_enabled: is_enabled.unwrap_or(true),
            configuration,
            secrets,
            provider,
        })
    }
}

/// The provider of that name. Where it is one of another type, its fields are checked all the same.
fn provider(
    fields: &mut Fields,
    registry: &Registry,
    wanted: Option<IntegrationType>,
    name: &str,
) -> Option<Arc<dyn Provider>> {
    let found = registry.get(name);
    let fits = |it: &Arc<dyn Provider>| wanted.is_none_or(|wanted| it.template().integration_type == wanted);
    if !found.as_ref().is_some_and(fits) {
        let all = registry.all();
        let names: Vec<&str> = all
            .iter()
            .filter(|it| fits(it))
            .map(|it| it.template().provider.as_str())
            .take(MAX_NAMED)
            .collect();
        let message = match (names.as_slice(), wanted) {
            ([], _) => "there is no provider of this type".to_owned(),
            (names, Some(_)) => format!("must be a provider of this type, such as {}", names.join(", ")),
            (names, None) => format!("must be a provider, such as {}", names.join(", ")),
        };
        fields.wrong("provider", message);
    }
    found
}

/// Records what a template says of a body, unless the body's own form was wrong there already.
fn tell(fields: &mut Fields, faults: Vec<FieldError>) {
    for FieldError { field, message } in faults {
        let map = field.split('.').next().unwrap_or_default();
        if !fields.is_wrong_at(map) && !fields.is_wrong_at(&field) {
            fields.wrong_at(field, message);
        }
    }
}

/// Changes of an integration; what is absent stays.
#[expect(dead_code, reason = "written down for the document; it is read into the use case's own type")]
#[derive(ToSchema)]
#[schema(as = IntegrationChange, rename_all = "camelCase", example = json!({
    "displayName": "Till", "isEnabled": true, "configuration": { "IsSandbox": "true" },
}))]
pub(crate) struct UpdateShape {
    /// What the merchant calls it.
    display_name: Option<String>,
    /// Whether it is used.
    is_enabled: Option<bool>,
    /// Merged into what is there; null removes a key.
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false)]
    configuration: BTreeMap<String, Option<String>>,
    /// Overwrites the given keys only.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    secrets: BTreeMap<String, String>,
}

/// Reads changes and checks them against the template, the settings and the keys of the secrets that are there;
/// everything that is wrong is told at once.
pub(super) fn read_update(
    fields: &mut Fields,
    template: Option<&Template>,
    old: &BTreeMap<String, String>,
    kept: &BTreeSet<String>,
    offered: &Offered,
) -> Change {
    let display_name = fields.optional("displayName").text(1..=200);
    let is_enabled = fields.optional("isEnabled").boolean();
    let configuration = fields.optional("configuration").map(MAX_KEYS, MAX_VALUE).unwrap_or_default();
    let secrets = secrets(fields, "secrets").unwrap_or_default();
    let change = Change { display_name, is_enabled, configuration, secrets };
    tell(fields, check(template, old, kept, &change).err().unwrap_or_default());
    tell(fields, offered.check(change.configuration.iter().map(|(key, value)| (key, value.as_deref()))));
    change
}

/// New secrets in the place of old ones.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = Rotation, example = json!({
    "newSecrets": { "TransactionKey": "your-new-16-char" }, "testConnectionAfterRotation": true,
    "rollbackOnFailure": false,
}))]
pub(crate) struct Rotate {
    /// The new values; keys that are absent stay as they are. A key alone with null asks the provider to make the new
    /// value itself and puts it into use, where the provider does that: Worldpay's `AccountToken`.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    new_secrets: BTreeMap<String, Secret>,
    /// Whether the provider is to make the new value.
    #[schema(ignore)]
    remade: bool,
    /// Whether the provider is asked about them; true where it is not said.
    #[schema(required = false)]
    test_connection_after_rotation: bool,
    /// Whether they come into use only if the provider takes them; false where it is not said.
    #[schema(required = false)]
    rollback_on_failure: bool,
}

impl Rotate {
    pub(super) fn read(
        fields: &mut Fields,
        template: Option<&Template>,
        configuration: &BTreeMap<String, String>,
        remade: Option<&str>,
    ) -> Option<Self> {
        let asked = |fields: &mut Fields| remade.is_some_and(|key| fields.is_only_null("newSecrets", key));
        if asked(fields) {
            let test = fields.optional("testConnectionAfterRotation").boolean();
            let rollback = fields.optional("rollbackOnFailure").boolean();
            fields.ignore("newSecrets");
            return Some(Self {
                test_connection_after_rotation: test.unwrap_or(true),
                rollback_on_failure: rollback.unwrap_or(false),
                new_secrets: BTreeMap::new(),
                remade: true,
            });
        }
        let new_secrets = if fields.has("newSecrets") && !fields.is_null("newSecrets") {
            secrets(fields, "newSecrets")
        } else {
            // Says that it is required.
            fields.required("newSecrets").secret_map(MAX_KEYS, MAX_SECRET).map(|_| BTreeMap::new())
        };
        let test = fields.optional("testConnectionAfterRotation").boolean();
        let rollback = fields.optional("rollbackOnFailure").boolean();
        let new_secrets = new_secrets?;
        tell(fields, check_rotation(template, &new_secrets, configuration));
        Some(Self {
            test_connection_after_rotation: test.unwrap_or(true),
            rollback_on_failure: rollback.unwrap_or(false),
            new_secrets,
            remade: false,
        })
    }
}

impl Rotate {
    /// What the provider is asked for: a new value of its own making, with a test after it or without, or else the
    /// new values.
    pub(super) fn asked(self) -> Result<Rotation, bool> {
        let Self { new_secrets, remade, test_connection_after_rotation: test, rollback_on_failure: rollback } =
            self;
        if remade { Err(test) } else { Ok(Rotation { secrets: new_secrets, test, rollback }) }
    }
}

/// A way back before the last rotation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "testConnectionAfterRollback": true }))]
pub(crate) struct RollBack {
    /// Whether the provider is asked about the former values; true where it is not said.
    #[schema(required = false)]
    pub(super) test_connection_after_rollback: bool,
}

impl Default for RollBack {
    fn default() -> Self {
        Self { test_connection_after_rollback: true }
    }
}

impl Request for RollBack {
    fn read(fields: &mut Fields) -> Option<Self> {
        let test = fields.optional("testConnectionAfterRollback").boolean();
        Some(Self { test_connection_after_rollback: test.unwrap_or(true) })
    }
}

/// Secrets are overwritten, never removed one by one: a null is an error, as is an empty text.
fn secrets(fields: &mut Fields, map: &'static str) -> Option<BTreeMap<String, Secret>> {
    let given = fields.optional(map).secret_map(MAX_KEYS, MAX_SECRET)?;
    let mut kept = BTreeMap::new();
    for (key, value) in given {
        match value {
            Some(secret) if !secret.expose().trim().is_empty() => {
                kept.insert(key, secret);
            }
            _ => fields.wrong(&format!("{map}.{key}"), "must not be empty"),
        }
    }
    Some(kept)
}
