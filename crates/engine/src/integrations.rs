//! Integrations: making, changing and destroying connections to providers.
//!
//! Owns what is checked against the template, and what is written together. A template that is gone (its file was
//! removed) leaves its integrations readable, nameable and deletable, and nothing else.

pub mod choices;
mod remake;
mod rollback;
mod rotate;
mod test;

pub(crate) use remake::REMAKE;
pub use rollback::RolledBack;
pub use rotate::{Rotated, Rotation, check as check_rotation};
pub use test::Tested;

use std::collections::{BTreeMap, BTreeSet};

use kontor_domain::{
    Secret,
    ids::OrganizationId,
    integrations::TestStatus,
    templates::{FieldError, Needed, Template},
};
use kontor_store::{Conn, integrations, integrations::Integration, open, payment_methods, secrets};
use serde_json::json;

use crate::{Actor, Engine, Error, credentials::Purpose};

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
        if !integrations::insert(conn, organization, integration).await? {
            return Err(Error::TooMany("integrations"));
        }
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

    /// Changes an integration that the caller's transaction holds. Wrong fields are told all at once.
    pub async fn change_integration(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        mut integration: Integration,
        template: Option<&Template>,
        change: Change,
    ) -> Result<Changed, Error> {
        let old = integration.configuration.clone();
        let kept = secret_keys(conn, organization, &integration).await?;
        let told = |wrong: Vec<FieldError>| {
            Error::Fields(wrong.into_iter().map(|it| (it.field, it.message)).collect())
        };
        let provider = self.registry.get(&integration.provider);
        let offered = choices::offered(conn, organization, integration.id, provider.as_deref()).await?;
        let wrong = offered.check(change.configuration.iter().map(|(key, value)| (key, value.as_deref())));
        if !wrong.is_empty() {
            return Err(told(wrong));
        }
        integration.configuration = check(template, &old, &kept, &change).map_err(told)?;
        let mut fields = fields(change.configuration.keys(), change.secrets.keys());
        let named =
            [("displayName", change.display_name.is_some()), ("isEnabled", change.is_enabled.is_some())];
        fields.extend(named.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()));
        let critical = template.is_some_and(|it| it.critical_changed(&old, &integration.configuration));
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
        if integration.configuration != old && provider.is_some_and(|it| it.accounting().is_some()) {
            self.sync_failed_again(conn, organization, integration.id).await?;
        }
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
        let open = open::of_integration(conn, organization, integration.id).await?;
        if integration.is_enabled && open > 0 {
            return Err(Error::IntegrationInUse);
        }
        let revoking = self.forget(conn, organization, integration, actor).await?;
        secrets::delete_all(conn, organization, integration.id).await?;
        let saved_cards =
            payment_methods::leave_behind(conn, organization, integration.id, self.ambient.now()).await?;
        if !integrations::delete(conn, organization, integration.id).await? {
            return Err(Error::IntegrationNotFound);
        }
        let subject = integration.id.to_string();
        let detail = json!({ "provider": integration.provider, "openPayments": open, "savedCards": saved_cards, "revoking": revoking });
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
}

/// The keys of the secrets that an integration has.
pub async fn secret_keys(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: &Integration,
) -> Result<BTreeSet<String>, Error> {
    let purpose = Purpose::Credential.as_str();
    let kept = secrets::list(conn, organization, integration.id, purpose).await?;
    Ok(kept.into_iter().map(|it| it.field).collect())
}

/// The settings that follow from a change, or everything that is wrong with it. `kept` are the keys of the secrets
/// that are there.
pub fn check(
    template: Option<&Template>,
    old: &BTreeMap<String, String>,
    kept: &BTreeSet<String>,
    change: &Change,
) -> Result<BTreeMap<String, String>, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let Some(template) = template else {
        let message = "cannot be changed: the provider's template is gone".to_owned();
        let fields = fields(change.configuration.keys(), change.secrets.keys());
        wrong.extend(fields.into_iter().map(|field| FieldError { field, message: message.clone() }));
        return if wrong.is_empty() { Ok(old.clone()) } else { Err(wrong) };
    };
    // A change of a name alone is no reason to look at settings that an older template let pass.
    let settings = if change.configuration.is_empty() {
        old.clone()
    } else {
        template.check_configuration(&change.configuration, Some(old)).unwrap_or_else(|faults| {
            wrong.extend(faults);
            template.supposed_configuration(&change.configuration, Some(old))
        })
    };
    let needed = Needed::Revealed { before: old, kept };
    wrong.extend(template.check_secrets(&change.secrets, &settings, needed).err().unwrap_or_default());
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}
