//! What a provider sends by itself: verified, and then no more than a hint whom to ask about what.
//!
//! Refuses everything that is not signed with the integration's own key, also where no key is set. What a
//! notification says about money is not even read. Facts: authorizenet.md §5.

use crate::{Connection, http::Headers};

/// Notifications of a provider.
pub trait WebhookIn: Send + Sync {
    /// Verifies the signature over the raw body, in constant time, and reads what to ask about.
    fn read(&self, connection: &Connection<'_>, headers: &Headers, body: &[u8])
    -> Result<Hint, WebhookError>;
}

/// What to ask the provider about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The notification's own id: it stays the same when it is sent again.
    pub notification_id: String,
    /// What happened, in the provider's words.
    pub event: String,
    /// The transaction, where it is about one.
    pub transaction_id: Option<String>,
    /// Our reference, where it came along.
    pub reference: Option<String>,
}

/// Why a notification is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The integration has no key to check it with.
    #[error("the integration has no signature key")]
    NoKey,
    /// Not signed, or not with this key.
    #[error("the signature does not hold")]
    Signature,
    /// Signed, and unreadable.
    #[error("the notification cannot be read")]
    Unreadable,
}
