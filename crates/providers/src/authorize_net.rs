//! Authorize.Net: what the operator sets for it.

use url::Url;

/// What the operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The longest a call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Stands for the sandbox's host, never for production's.
    pub sandbox_url: Option<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout_ms: 30_000, sandbox_url: None }
    }
}
