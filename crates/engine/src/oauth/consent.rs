//! The way to a consent: an address that is good once and for a while.

use std::{collections::BTreeMap, time::Duration};

use kontor_domain::{Id, Secret, ids::OrganizationId};
use kontor_providers::{
    Connection,
    oauth::{Consent, Server, Verifier},
};
use kontor_store::{Conn, integrations::Integration, oauth::consents};
use serde_json::json;
use url::Url;

use super::state::{self, Claims};
use crate::{Actor, Engine, Error, credentials::Purpose, hosted::schedule};

/// How long an address is good (API.md §2).
pub(super) const GOOD_FOR: Duration = Duration::from_mins(15);

impl Engine {
    /// Where a provider sends browsers back to.
    pub fn redirect_uri(&self, provider: &str) -> String {
        let base = self.settings.public_url.as_str().trim_end_matches('/');
        format!("{base}/api/integrations/{provider}/callback")
    }

    /// The provider's authorization server for an integration that is being made, with its secrets in hand. None for
    /// a provider without consent.
    pub fn oauth_server_of(
        &self,
        integration: &Integration,
        secrets: &BTreeMap<String, Secret>,
    ) -> Option<Result<Server, Error>> {
        let provider = self.registry.get(&integration.provider)?;
        let connection = Connection::plain(&integration.configuration, secrets);
        let server = provider.oauth()?.server(&connection);
        Some(server.map_err(|error| Error::OAuthNotConfigured(error.message)))
    }

    /// Makes an address to send somebody to, in the caller's transaction.
    pub async fn begin_consent(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        server: &Server,
        caller_state: Option<String>,
    ) -> Result<Url, Error> {
        let now = self.ambient.now();
        let it = consents::Consent {
            id: Id::new(&self.ambient),
            integration: integration.id,
            asked_by: actor.name.clone(),
            caller_state,
            redirect_uri: self.redirect_uri(&integration.provider),
            expires_at: schedule::after(now, GOOD_FOR),
            created_at: now,
        };
        consents::insert(conn, organization, &it).await?;
        let older = consents::keep_newest(conn, organization, integration.id, consents::MAX_OPEN).await?;
        for id in older {
            let field = id.to_string();
            let purpose = Purpose::OAuthVerifier;
            self.destroy_secrets(conn, organization, integration.id, purpose, Some(&field)).await?;
        }
        let claims = Claims::new(
            it.id,
            organization,
            it.integration,
            it.expires_at,
            &actor.name,
            &integration.provider,
        );
        let state = state::seal(&self.oauth.key, &claims);
        let verifier = server.pkce.then(|| Verifier::new(&self.ambient));
        let consent = Consent { redirect_uri: &it.redirect_uri, state: &state, verifier: verifier.as_ref() };
        let url = server.authorize(&consent).ok_or_else(|| {
            Error::OAuthNotConfigured("The template's authorization address is too long".to_owned())
        })?;
        if let Some(verifier) = verifier {
            let values = BTreeMap::from([(it.id.to_string(), verifier.into_secret())]);
            let (purpose, end) = (Purpose::OAuthVerifier, Some(it.expires_at));
            self.seal_until(conn, organization, integration.id, purpose, &values, end).await?;
        }
        let detail = json!({ "provider": integration.provider, "consent": it.id });
        let subject = integration.id.to_string();
        self.audit(conn, Some(organization), actor, "integration.connect_started", &subject, &detail).await?;
        Ok(url)
    }
}
