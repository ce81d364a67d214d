//! What the provider says has happened: lookups that settle an unknown outcome, and lists for reconciliation.
//!
//! Reads alone, so every call may be repeated. Refuses to answer from a part: a list that is longer than its limit is
//! an error, since "not found" ends payments. Facts: authorizenet.md §2.14; worldpay-express.md §3.14.

use async_trait::async_trait;
use jiff::Timestamp;
use kontor_domain::Money;

use crate::{Connection, Lookup, ProviderError, ProviderTransaction};

/// The provider's own record.
#[async_trait]
pub trait Reports: Send + Sync {
    /// The transactions of a page or a reference, oldest first. None found is an empty list, and means something
    /// only after the provider's own processing limit has passed (money.md, Resolve).
    async fn find(
        &self,
        connection: &Connection<'_>,
        by: &Lookup<'_>,
    ) -> Result<Vec<ProviderTransaction>, ProviderError>;

    /// One transaction by the provider's id; none where it has no such.
    async fn transaction(
        &self,
        connection: &Connection<'_>,
        id: &str,
    ) -> Result<Option<ProviderTransaction>, ProviderError>;

    /// What was submitted within the time and has not settled.
    async fn unsettled(
        &self,
        connection: &Connection<'_>,
        within: Window,
    ) -> Result<Vec<ProviderTransaction>, ProviderError>;

    /// The batches that settled within the time, oldest first.
    async fn batches(&self, connection: &Connection<'_>, within: Window)
    -> Result<Vec<Batch>, ProviderError>;

    /// The transactions of a batch.
    async fn batch(
        &self,
        connection: &Connection<'_>,
        batch: &Batch,
    ) -> Result<Vec<ProviderTransaction>, ProviderError>;
}

/// From one moment to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
}

/// A batch that settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The provider's id of it.
    pub id: String,
    /// When it settled, where the provider says so.
    pub settled_at: Option<Timestamp>,
    /// The time in which its transactions were asked for.
    pub within: Window,
    /// What was charged in it, where the provider says so.
    pub charged: Option<Money>,
    /// What was refunded in it, where the provider says so.
    pub refunded: Option<Money>,
    /// Whether the whole of it settled.
    pub complete: bool,
}
