//! What a provider sends by itself: verified, and then no more than a hint whom to ask about what.
//!
//! Refuses everything that is not signed with the integration's own key, also where no key is set. What a
//! notification says about money is not even read. Facts: authorizenet.md §5.

use crate::{
    Connection,
    webhook::{Call, Unproven},
};

/// Notifications of a provider.
pub trait WebhookIn: Send + Sync {
    /// Whether a call has the form of a signed one; told without the key.
    fn is_signed(&self, call: &Call<'_>) -> bool;

    /// Verifies the signature over the raw body, in constant time, and reads what to ask about.
    fn read(&self, connection: &Connection<'_>, call: &Call<'_>) -> Result<Hint, Unproven>;
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
