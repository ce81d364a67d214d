//! What the operator sets: the app at Intuit is the operator's, not the merchant's.

use std::fmt;

use kontor_domain::Secret;
use url::Url;

/// Which of Intuit's environments the operator's app belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Environment {
    /// Real companies.
    #[default]
    Production,
    /// Companies to try things with.
    Sandbox,
}

impl Environment {
    /// As the setting and the template's field say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
        }
    }
}

/// What the operator set.
#[derive(Clone)]
pub struct Settings {
    /// The app's client id; without one nothing can be connected.
    pub client_id: Option<String>,
    /// The app's client secret.
    pub client_secret: Option<Secret>,
    /// What the app's notifications are signed with; without one none is taken.
    pub webhook_verifier: Option<Secret>,
    /// Where the app is at home, unless an integration says otherwise.
    pub environment: Environment,
    /// Stands for all hosts of the sandbox, the token host among them; never for production's.
    pub sandbox_url: Option<Url>,
    /// The longest a call may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            webhook_verifier: None,
            environment: Environment::Production,
            sandbox_url: None,
            timeout_ms: 60_000,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client_id, client_secret, webhook_verifier, environment, sandbox_url, timeout_ms } = self;
        f.debug_struct("Settings")
            .field("client_id", client_id)
            .field("client_secret", &client_secret.as_ref().map(|_| "(hidden)"))
            .field("webhook_verifier", &webhook_verifier.as_ref().map(|_| "(hidden)"))
            .field("environment", environment)
            .field("sandbox_url", &sandbox_url.as_ref().map(Url::as_str))
            .field("timeout_ms", timeout_ms)
            .finish()
    }
}
