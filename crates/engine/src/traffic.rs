//! Who is being served, so that work in the background makes room for them.
//!
//! Hand-written: a thread's priority would not reach the database, where most of the work is done. Refuses to hold
//! anything up for long: each rest has a limit, and there is none while nobody comes.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Rests so many times as long as it worked.
const REST: u32 = 4;
/// The longest rest.
const LONGEST: Duration = Duration::from_millis(250);

/// Requests that change something, and the work in the background that goes on beside them.
#[derive(Default)]
pub struct Traffic {
    /// How often a request came or was answered.
    moved: AtomicU64,
    /// How many work in the background.
    working: AtomicU32,
}

impl Traffic {
    /// A request came, or was answered. One that only waits for a provider's answer needs no room, and is not heard of.
    pub fn moves(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody works in the background until this is dropped.
    pub(crate) fn work(&self) -> Working<'_> {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(self)
    }

    /// A piece of work in the background begins: some statements, and no call to a provider.
    pub(crate) fn stretch(&self) -> Stretch<'_> {
        Stretch { traffic: self, begun: Instant::now(), moved: self.moved.load(Ordering::Relaxed) }
    }
}

/// One of those who work in the background.
pub(crate) struct Working<'a>(&'a Traffic);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A piece of work that is under way.
#[must_use = "what was worked is followed by a rest"]
pub(crate) struct Stretch<'a> {
    traffic: &'a Traffic,
    begun: Instant,
    moved: u64,
}

impl Stretch<'_> {
    /// Ends it, and makes room where somebody was served meanwhile.
    pub(crate) async fn rest(self) {
        let rest = self.due(self.begun.elapsed());
        if !rest.is_zero() {
            let milliseconds = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
            metrics::counter!("kontor_background_rested_milliseconds_total").increment(milliseconds);
            tokio::time::sleep(rest).await;
        }
    }

    /// How long the rest is after so long a stretch: the longer, the more work side by side.
    fn due(&self, worked: Duration) -> Duration {
        if self.moved == self.traffic.moved.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let side_by_side = self.traffic.working.load(Ordering::Relaxed).max(1);
        worked.saturating_mul(REST).saturating_mul(side_by_side).min(LONGEST)
    }
}

#[cfg(test)]
mod tests;
