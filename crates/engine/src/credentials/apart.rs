//! Values that outlive their integration for a while: a token on its way to being taken back. Each is sealed for its
//! own row, so that it opens in no other.

use std::collections::BTreeMap;

use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
};
use kontor_store::{Conn, oauth::revocations::Revocation};
use kontor_vault::Context;
use serde_json::json;

use super::{Purpose, unseal, vault};
use crate::{Actor, Engine, Error};

/// The field's name in what the seal binds.
const FIELD: &str = "revocation";

impl Engine {
    /// Opens an integration's values in the caller's transaction. Leaves an audit row before anything is opened.
    #[expect(clippy::too_many_arguments, reason = "who opens what of whom, for what, and why")]
    pub(crate) async fn open_in(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        purpose: Purpose,
        fields: &[&str],
        actor: &Actor,
        why: &str,
    ) -> Result<BTreeMap<String, Secret>, Error> {
        let sealed = self.sealed(conn, organization, integration, &[purpose], fields).await?;
        if sealed.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.note_opening(conn, organization, integration, &sealed, actor, why).await?;
        let deks = self.deks_in(conn, organization, &sealed).await?;
        let opened = unseal(organization, integration, sealed, &deks)?;
        Ok(opened.into_iter().map(|((_, field), value)| (field, value)).collect())
    }

    /// Seals a value for a row of its own, in the caller's transaction.
    pub(crate) async fn seal_apart(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        row: &str,
        value: &Secret,
    ) -> Result<Vec<u8>, Error> {
        let dek = self.newest_dek(conn, organization).await?;
        kontor_vault::seal(&dek, &context(organization, row), value, self.ambient.entropy()).map_err(vault)
    }

    /// Opens such a value. Leaves an audit row before.
    pub(crate) async fn open_apart(
        &self,
        organization: OrganizationId,
        row: &Revocation,
    ) -> Result<Secret, Error> {
        let detail = json!({ "fields": [FIELD], "purposes": [Purpose::OAuthToken.as_str()], "why": FIELD });
        let subject = row.integration.to_string();
        let mut tx = self.db.write().await?;
        self.audit(&mut tx, Some(organization), &Actor::system(), "secret.opened", &subject, &detail).await?;
        tx.commit().await?;
        let dek = self.dek(organization, kontor_vault::dek_id(&row.record).map_err(vault)?).await?;
        kontor_vault::open(&dek, &context(organization, &row.id.to_string()), &row.record).map_err(vault)
    }
}

/// What such a value is bound to: its row stands in for the integration, which may be gone.
fn context(organization: OrganizationId, row: &str) -> Context {
    Context {
        organization: organization.to_string(),
        integration: row.to_owned(),
        field: FIELD.to_owned(),
        version: 1,
        purpose: Purpose::OAuthToken.as_str().to_owned(),
    }
}
