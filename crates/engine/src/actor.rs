//! Who asks, for the audit trail and for events.

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The caller's subject, such as `key_…`; `system` for background work, `anonymous` for callbacks.
    pub name: String,
    /// The address of the caller's end of the connection.
    pub address: Option<String>,
}

impl Actor {
    /// Kontor itself.
    pub fn system() -> Self {
        Self { name: "system".to_owned(), address: None }
    }

    /// Somebody without credentials.
    pub fn anonymous(address: Option<String>) -> Self {
        Self { name: "anonymous".to_owned(), address }
    }
}
