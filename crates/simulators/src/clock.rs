//! The simulator's time: the given one, moved forward by whoever drives it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

/// The furthest that the clock can be moved in all, in seconds: ten years.
pub(crate) const MAX_SECONDS: i64 = 315_360_000;

pub(crate) struct Clock {
    base: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    advanced: i64,
}

impl Clock {
    pub(crate) fn new(base: Arc<dyn Fn() -> Timestamp + Send + Sync>, advanced: i64) -> Self {
        Self { base, advanced }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let base = (self.base)();
        base.saturating_add(SignedDuration::from_secs(self.advanced)).unwrap_or(base)
    }

    /// Moves on; none where that is too far. Returns by how much in all.
    pub(crate) fn advance(&mut self, seconds: i64) -> Option<i64> {
        let advanced = self.advanced.checked_add(seconds)?;
        if !(0..=MAX_SECONDS).contains(&advanced) {
            return None;
        }
        self.advanced = advanced;
        Some(advanced)
    }

    pub(crate) fn reset(&mut self) {
        self.advanced = 0;
    }
}
