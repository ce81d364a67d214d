//! Who asks, for the audit trail and for events.

/// Who asks, from where, and in which request.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The caller's subject, such as `key_…`; `system` for background work, `anonymous` for callbacks.
    pub name: String,
    /// The address of the caller's end of the connection.
    pub address: Option<String>,
    /// The request's id, as in `X-Request-Id` and in the logs.
    pub request: Option<String>,
}

impl Actor {
    /// A caller with credentials.
    pub fn new(name: String, address: Option<String>) -> Self {
        Self { name, address, request: None }
    }

    /// Kontor itself.
    pub fn system() -> Self {
        Self::new("system".to_owned(), None)
    }

    /// Somebody at the machine's command line.
    pub fn command_line() -> Self {
        Self::new("command-line".to_owned(), None)
    }

    /// Somebody without credentials.
    pub fn anonymous(address: Option<String>) -> Self {
        Self::new("anonymous".to_owned(), address)
    }

    /// The same, in this request.
    #[must_use]
    pub fn during(self, request: Option<String>) -> Self {
        Self { request, ..self }
    }
}
