//! The end of an organization: its rows, its keys, and the memory that it is gone.

use kontor_domain::ids::OrganizationId;
use kontor_store::{open, organizations::delete};
use serde_json::json;

use crate::{Actor, Engine, Error};

impl Engine {
    /// Deletes an organization with everything of it but its audit trail, and destroys its keys for good. Refused
    /// while payments are open: their outcome would be known to nobody.
    pub async fn delete_organization(
        &self,
        organization: OrganizationId,
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let open = open::of_organization(&mut tx, organization).await?;
        if open > 0 {
            return Err(Error::OrganizationInUse(open));
        }
        // Before the rows go: killed in between, it is on the list and is deleted by the next try.
        self.credentials
            .keks()
            .destroyed()
            .add(&organization.to_string())
            .map_err(|error| Error::Vault(error.to_string()))?;
        let subject = organization.to_string();
        self.audit(&mut tx, Some(organization), actor, "organization.deleted", &subject, &json!({})).await?;
        delete::everything(&mut tx, organization).await?;
        tx.commit().await?;
        self.forget_destroyed_keys().await
    }
}
