//! Rotating secrets: new values take the place of old ones, and the old ones are kept sealed for a day.
//!
//! Owns two ways. At once: the new values are in use with the first transaction, then they are tested. With a
//! rollback on failure they are tested first, from memory, and come into use only when the provider took them:
//! no payment ever meets values that the provider refuses. Each change of what is in use is one transaction, and a
//! reader reads in one statement, so nobody gets one old and one new value.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::TestStatus,
    templates::{FieldError, Needed, Template},
};
use kontor_providers::TestReport;
use kontor_store::{Conn, idempotency, integrations, integrations::Integration};
use serde_json::json;

use crate::{Actor, Engine, Error, hosted::schedule};

/// How long what was replaced is kept to go back to.
const KEEP: Duration = Duration::from_hours(24);

/// The step that a repeated request does not do again.
const PROMOTED: &str = "promoted";

/// A rotation that is asked for.
pub struct Rotation {
    /// The new values; the keys that are absent stay as they are.
    pub secrets: BTreeMap<String, Secret>,
    /// Whether the provider is asked about the new values.
    pub test: bool,
    /// Whether they come into use only if it took them.
    pub rollback: bool,
}

/// How a rotation ended.
#[derive(Debug, Clone)]
pub struct Rotated {
    /// Which integration.
    pub id: IntegrationId,
    /// Whether the new values are in use.
    pub in_use: bool,
    /// Whether the provider made them.
    pub by_provider: bool,
    /// What the provider said of them, where it was asked.
    pub report: Option<TestReport>,
    /// The keys that were to be rotated.
    pub keys: Vec<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// Everything that is wrong with new values for an integration of these settings.
pub fn check(
    template: Option<&Template>,
    secrets: &BTreeMap<String, Secret>,
    configuration: &BTreeMap<String, String>,
) -> Vec<FieldError> {
    let wrong = |field: String, message: &str| FieldError { field, message: message.to_owned() };
    let Some(template) = template else {
        let message = "cannot be changed: the provider's template is gone";
        return secrets.keys().map(|key| wrong(format!("newSecrets.{key}"), message)).collect();
    };
    if secrets.is_empty() {
        return vec![wrong("newSecrets".to_owned(), "must have at least one secret")];
    }
    let faults = template.check_secrets(secrets, configuration, Needed::None).err().unwrap_or_default();
    faults.into_iter().map(|it| wrong(it.field.replacen("secrets.", "newSecrets.", 1), &it.message)).collect()
}

impl Engine {
    /// Rotates secrets. With `key`, the answer that `answer` makes of it is kept in the last transaction.
    pub async fn rotate_secrets(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        rotation: &Rotation,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&Rotated) -> idempotency::Answer + Send,
    ) -> Result<Rotated, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?
        };
        let provider = self.registry.get(&integration.provider);
        let template = provider.as_ref().map(|it| it.template());
        let wrong = check(template, &rotation.secrets, &integration.configuration);
        if !wrong.is_empty() {
            return Err(Error::Fields(wrong.into_iter().map(|it| (it.field, it.message)).collect()));
        }
        self.ready_to_seal(organization).await?;
        let (mut tx, rotated) = if rotation.test && rotation.rollback {
            self.tested_first(organization, actor, &integration, rotation).await?
        } else {
            self.at_once(organization, actor, id, rotation, key).await?
        };
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&rotated)).await?;
        }
        tx.commit().await?;
        Ok(rotated)
    }

    /// Stages in memory, asks the provider, and promotes only what it took.
    async fn tested_first(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        rotation: &Rotation,
    ) -> Result<(kontor_store::Tx, Rotated), Error> {
        let why = "test before rotation";
        let report = self.try_out(organization, integration, &rotation.secrets, actor, why).await?;
        let mut tx = self.db.write().await?;
        let held = integrations::lock(&mut tx, organization, integration.id).await?;
        let mut held = held.ok_or(Error::IntegrationNotFound)?;
        // What was tested is not what would come of it now.
        if held.version != integration.version {
            return Err(kontor_store::Error::Stale.into());
        }
        let at = self.ambient.now();
        if report.success {
            held.test_status = TestStatus::Success;
            held.last_tested_at = Some(at);
            self.promote(&mut tx, organization, actor, &held, rotation).await?;
        } else {
            let named: Vec<String> = rotation.secrets.keys().map(|it| format!("secrets.{it}")).collect();
            let detail = json!({ "provider": integration.provider, "fields": named });
            let subject = integration.id.to_string();
            let action = "integration.rotation_refused";
            self.audit(&mut tx, Some(organization), actor, action, &subject, &detail).await?;
        }
        let in_use = report.success;
        Ok((tx, rotated(integration.id, rotation, in_use, Some(report), at)))
    }

    /// Promotes, then asks the provider where that is wanted. Whoever takes over from one that died in between
    /// promotes nothing again: what was put aside is the older value and stays that.
    async fn at_once(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        rotation: &Rotation,
        key: Option<&idempotency::Key>,
    ) -> Result<(kontor_store::Tx, Rotated), Error> {
        let mut tx = self.db.write().await?;
        let held = integrations::lock(&mut tx, organization, id).await?;
        let mut held = held.ok_or(Error::IntegrationNotFound)?;
        let promoted_before = match key {
            Some(key) => idempotency::reached(&mut tx, key).await?.is_some(),
            None => false,
        };
        if !promoted_before {
            held.test_status = TestStatus::NotTested;
            self.promote(&mut tx, organization, actor, &held, rotation).await?;
            if let Some(key) = key {
                idempotency::reach(&mut tx, key, PROMOTED).await?;
            }
        }
        if !rotation.test {
            let at = self.ambient.now();
            return Ok((tx, rotated(id, rotation, true, None, at)));
        }
        let promoted =
            integrations::get(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        tx.commit().await?;
        let nothing = BTreeMap::new();
        let tried = self.try_out(organization, &promoted, &nothing, actor, "test after rotation").await;
        let report = match tried {
            // The new values are in use, and nobody could ask the provider about them yet.
            Err(Error::HeldBack(_)) => {
                let at = self.ambient.now();
                return Ok((self.db.write().await?, rotated(id, rotation, true, None, at)));
            }
            tried => tried?,
        };
        let mut tx = self.db.write().await?;
        let tested = self.record_test(&mut tx, organization, actor, &promoted, report).await?;
        Ok((tx, rotated(id, rotation, true, Some(tested.report), tested.at)))
    }

    /// Puts the new values into use and the old ones aside, in the caller's transaction, which holds the integration.
    async fn promote(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        held: &Integration,
        rotation: &Rotation,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let (new, until) = (&rotation.secrets, schedule::after(now, KEEP));
        let changed =
            self.replace_credentials(conn, organization, held.id, new, until, actor, "rotation").await?;
        integrations::update(conn, organization, held, now).await?;
        let subject = held.id.to_string();
        let named: Vec<String> = changed.iter().map(|it| format!("secrets.{it}")).collect();
        let detail = json!({ "provider": held.provider, "fields": named });
        self.audit(conn, Some(organization), actor, "integration.secrets_rotated", &subject, &detail).await?;
        self.tell(conn, organization, "integration.secrets_rotated", &subject, &detail).await
    }
}

fn rotated(
    id: IntegrationId,
    rotation: &Rotation,
    in_use: bool,
    report: Option<TestReport>,
    at: Timestamp,
) -> Rotated {
    Rotated { id, in_use, by_provider: false, report, keys: rotation.secrets.keys().cloned().collect(), at }
}
