//! Going back before the last rotation, for as long as what it replaced is kept.
//!
//! One transaction puts every replaced value back into use and destroys what had replaced it; then the provider is
//! asked, where that is wanted. Refuses to go back twice: what was rolled back is kept nowhere.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    integrations::TestStatus,
};
use kontor_providers::TestReport;
use kontor_store::{idempotency, integrations};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// How a rollback ended.
#[derive(Debug, Clone)]
pub struct RolledBack {
    /// Which integration.
    pub id: IntegrationId,
    /// What the provider said of the values that are in use again, where it was asked.
    pub report: Option<TestReport>,
    /// The keys whose former values are in use again.
    pub keys: Vec<String>,
    /// When it ended.
    pub at: Timestamp,
}

impl Engine {
    /// Goes back before the last rotation. With `key`, the answer that `answer` makes of it is kept in the last
    /// transaction.
    pub async fn roll_back_secrets(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        test: bool,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&RolledBack) -> idempotency::Answer + Send,
    ) -> Result<RolledBack, Error> {
        self.ready_to_seal(organization).await?;
        let (mut tx, keys) = self.go_back(organization, actor, id, key).await?;
        let mut ended = RolledBack { id, report: None, keys, at: self.ambient.now() };
        if test {
            let now =
                integrations::get(&mut tx, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
            tx.commit().await?;
            let nothing = BTreeMap::new();
            let report = self.try_out(organization, &now, &nothing, actor, "test after rollback").await?;
            tx = self.db.write().await?;
            let tested = self.record_test(&mut tx, organization, actor, &now, report).await?;
            (ended.report, ended.at) = (Some(tested.report), tested.at);
        }
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&ended)).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Puts the former values back. The names of one that died after this are read back, and nothing is done again.
    async fn go_back(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        key: Option<&idempotency::Key>,
    ) -> Result<(kontor_store::Tx, Vec<String>), Error> {
        let mut tx = self.db.write().await?;
        let held = integrations::lock(&mut tx, organization, id).await?;
        let mut held = held.ok_or(Error::IntegrationNotFound)?;
        let before = match key {
            Some(key) => idempotency::reached(&mut tx, key).await?,
            None => None,
        };
        if let Some(before) = before {
            let keys = serde_json::from_str(&before).map_err(|_| kontor_store::Error::Corrupt("step"))?;
            return Ok((tx, keys));
        }
        let keys = self.restore_credentials(&mut tx, organization, id, actor, "rollback").await?;
        if keys.is_empty() {
            return Err(Error::NothingKept);
        }
        held.test_status = TestStatus::NotTested;
        integrations::update(&mut tx, organization, &held, self.ambient.now()).await?;
        let subject = id.to_string();
        let named: Vec<String> = keys.iter().map(|it| format!("secrets.{it}")).collect();
        let detail = json!({ "provider": held.provider, "fields": named });
        let action = "integration.secrets_rolled_back";
        self.audit(&mut tx, Some(organization), actor, action, &subject, &detail).await?;
        self.tell(&mut tx, organization, action, &subject, &detail).await?;
        if let Some(key) = key {
            idempotency::reach(&mut tx, key, &json!(keys).to_string()).await?;
        }
        Ok((tx, keys))
    }
}
