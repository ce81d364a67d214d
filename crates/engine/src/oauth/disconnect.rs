//! The end of a connection: the tokens are forgotten here at once, and taken back at the provider by a job.

use kontor_domain::{ids::OrganizationId, integrations::ConnectionStatus};
use kontor_store::{Conn, integrations, integrations::Integration, jobs, oauth::consents, oauth::grants};
use serde_json::json;

use super::UPKEEP;
use crate::{Actor, Engine, Error, credentials::Purpose};

impl Engine {
    /// Ends a connection, in the caller's transaction. One that is not connected stays so. Says whether there is
    /// something to tell the provider.
    pub async fn disconnect(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
    ) -> Result<(Integration, bool), Error> {
        if integration.connection_status == ConnectionStatus::NotRequired {
            return Err(Error::NoOAuth);
        }
        let revoking = self.forget(conn, organization, integration, actor).await?;
        grants::end(conn, organization, integration.id, None).await?;
        let (id, status) = (integration.id, ConnectionStatus::NotConnected);
        integrations::set_connection(conn, organization, id, status, self.ambient.now()).await?;
        let subject = id.to_string();
        let data = json!({ "provider": integration.provider, "revoking": revoking });
        self.audit(conn, Some(organization), actor, "integration.disconnected", &subject, &data).await?;
        self.tell(conn, organization, "integration.disconnected", &subject, &data).await?;
        let ended = integrations::get(conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?;
        Ok((ended, revoking))
    }

    /// Forgets tokens and open ways to a consent, and has the provider told. Says whether there is something to tell.
    pub(crate) async fn forget(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
    ) -> Result<bool, Error> {
        let revoking = self.begin_revocation(conn, organization, integration, actor).await?;
        consents::keep_newest(conn, organization, integration.id, 0).await?;
        for purpose in [Purpose::OAuthToken, Purpose::OAuthVerifier] {
            self.destroy_secrets(conn, organization, integration.id, purpose, None).await?;
        }
        jobs::remove(conn, organization, UPKEEP, &integration.id.to_string()).await?;
        Ok(revoking)
    }
}
