//! OAuth for any provider: the way to a consent and back, what it brought, and its end.
//!
//! Owns the life of a connection: consent, tokens, renewal, revocation. Refuses to hand a token to anybody but the
//! caller of one call, to renew one twice at a time over all processes, and to keep a transaction open meanwhile.

mod access;
mod callback;
mod consent;
mod decide;
mod disconnect;
mod renew;
mod revoke;
pub mod state;
mod upkeep;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

pub use access::Access;
pub use callback::{Back, CallbackError};
use kontor_domain::ids::{IntegrationId, OrganizationId};
use kontor_providers::{Connection, TestReport, oauth::Server};
use kontor_store::integrations::Integration;
use state::StateKey;
use tokio::sync::OwnedMutexGuard;

use crate::{Actor, Engine, Error};

/// The job that keeps a connection alive and warns of its end.
pub(crate) const UPKEEP: &str = "oauth.upkeep";
/// The job that takes a token back at its provider.
pub(crate) const REVOKE: &str = "oauth.revoke";
/// The sealed access token's field.
const ACCESS: &str = "access_token";
/// The sealed refresh token's field.
const REFRESH: &str = "refresh_token";

/// Who is renewing which connection's token in this process.
type Renewing = Mutex<HashMap<IntegrationId, Arc<tokio::sync::Mutex<()>>>>;

/// What all consents and renewals of this process share.
pub struct OAuth {
    key: StateKey,
    renewing: Renewing,
}

impl OAuth {
    /// With what states are signed.
    pub fn new(key: StateKey) -> Self {
        Self { key, renewing: Mutex::default() }
    }

    /// Waits for the turn to look at a connection's token. The database decides between processes; this only keeps
    /// the callers of one process from asking it all at once.
    async fn turn(&self, integration: IntegrationId) -> OwnedMutexGuard<()> {
        let one = {
            let mut all = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody waits for one that only this table holds.
            all.retain(|_, it| Arc::strong_count(it) > 1);
            Arc::clone(all.entry(integration).or_default())
        };
        one.lock_owned().await
    }
}

/// A test of a connection that has no token: it failed, and says why. Errors that are no answer stay errors.
pub(crate) fn unconnected(error: Error) -> Result<TestReport, Error> {
    let (message, details) = match &error {
        Error::NotConnected => (
            "Not connected",
            "Nobody has consented at the provider yet: open the address that `connect` gives, and test again.".to_owned(),
        ),
        Error::NeedsReauthorization => (
            "Not connected any more",
            "The provider does not take this connection's tokens any more. Connect it again.".to_owned(),
        ),
        Error::OAuthNotConfigured(words) => ("Not set up", words.clone()),
        Error::TokenBusy { .. } => ("The token could not be renewed", error.to_string()),
        Error::Provider { error, .. } => ("The token could not be renewed", error.to_string()),
        _ => return Err(error),
    };
    let error = match error {
        Error::Provider { error, .. } => Some(error),
        _ => None,
    };
    Ok(TestReport { success: false, message: message.to_owned(), details, error })
}

impl Engine {
    /// The provider's authorization server for an integration. Opens the integration's secrets only where the
    /// template has any.
    pub async fn oauth_server(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: &str,
    ) -> Result<Server, Error> {
        let provider = self.registry.get(&integration.provider).ok_or(Error::IntegrationNotFound)?;
        let oauth = provider.oauth().ok_or(Error::NoOAuth)?;
        let none = BTreeMap::new();
        let opened = if provider.template().secret_fields.is_empty() {
            None
        } else {
            Some(self.open_credentials(organization, integration, actor, why).await?)
        };
        let secrets = opened.as_ref().map_or(&none, |it| &it.secrets);
        let connection = Connection::plain(&integration.configuration, secrets);
        oauth.server(&connection).map_err(|error| Error::OAuthNotConfigured(error.message))
    }
}
