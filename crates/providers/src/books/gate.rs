//! The gate that each call to the books passes: who may call when is not the adapter's to decide.

use std::{any::Any, time::Duration};

use async_trait::async_trait;

use crate::pace::HeldBack;

/// What a call is for: limits differ (§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Errand {
    /// Reads.
    Read,
    /// Writes one object.
    Write,
    /// Writes many.
    Batch,
}

/// Lets calls through.
#[async_trait]
pub trait Gate: Send + Sync {
    /// One call. Whoever holds back says for how long; the call is then not made.
    async fn enter(&self, errand: Errand) -> Result<Pass, HeldBack>;

    /// The books themselves said to wait: nobody is let through for so long.
    fn hold(&self, wait: Duration);
}

/// A call that was let through; it ends when this is dropped.
#[must_use]
pub struct Pass(Option<Box<dyn Any + Send>>);

impl Pass {
    /// One that nobody counts.
    pub fn free() -> Self {
        Self(None)
    }

    /// One that ends something when it is dropped.
    pub fn holding(lease: impl Any + Send) -> Self {
        Self(Some(Box::new(lease)))
    }

    /// Whether something is held with it.
    pub fn holds(&self) -> bool {
        self.0.is_some()
    }
}
