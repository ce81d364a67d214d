//! How often a provider may be called for an integration: what its template says, kept.
//!
//! Owns a bucket and a count of calls under way for each integration. Refuses to let anybody wait: whoever calls too
//! often is told when to come back. Bounded: buckets that are full again are forgotten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kontor_domain::{ids::IntegrationId, templates::RateLimit};

use crate::books::Pass;

/// The most integrations that are told apart at one time.
pub const MAX_BUCKETS: usize = 100_000;
const NANOS: i128 = 1_000_000_000;
/// When to come back where others are under way, and nobody knows when they end.
pub(crate) const BRIEFLY: Duration = Duration::from_millis(50);

/// How often each integration's provider was called.
#[derive(Default)]
pub struct Pace {
    buckets: Mutex<HashMap<IntegrationId, Bucket>>,
}

/// What is left for one integration.
#[derive(Default)]
struct Bucket {
    /// When the bucket is full again, in nanoseconds since 1970.
    full_at: i128,
    /// Calls that did not end yet.
    under_way: u64,
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider may not be called again for {} s", self.seconds())]
pub struct HeldBack {
    /// When to come back: as fine as it is known.
    pub wait: Duration,
}

impl HeldBack {
    /// So many nanoseconds from now.
    pub(crate) fn after(nanoseconds: i128) -> Self {
        let nanoseconds = u64::try_from(nanoseconds.max(1)).unwrap_or(u64::MAX);
        Self { wait: Duration::from_nanos(nanoseconds) }
    }

    /// When to come back, for people and headers: in whole seconds, from 1.
    pub fn seconds(&self) -> u64 {
        let more = u64::from(self.wait.subsec_nanos() > 0);
        self.wait.as_secs().saturating_add(more).max(1)
    }
}

/// A call that is under way; it ends when this is dropped.
pub struct Lease {
    pace: Arc<Pace>,
    integration: IntegrationId,
}

/// All that a call holds for as long as it is under way.
#[must_use]
#[derive(Default)]
pub struct Leave {
    /// Of what the template allows the integration.
    pub integration: Option<Lease>,
    /// Of what the books allow the company.
    pub company: Option<Pass>,
}

impl Pace {
    /// Takes `calls` out of an integration's bucket. More than it ever holds are as many as it holds.
    pub fn enter(
        self: &Arc<Self>,
        integration: IntegrationId,
        limit: &RateLimit,
        calls: u64,
        now: Timestamp,
    ) -> Result<Lease, HeldBack> {
        let now = now.as_nanosecond();
        let mut buckets = self.buckets();
        if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(&integration) {
            buckets.retain(|_, it| it.under_way > 0 || it.full_at > now);
            if buckets.len() >= MAX_BUCKETS {
                return Err(HeldBack { wait: BRIEFLY });
            }
        }
        let bucket = buckets.entry(integration).or_default();
        if limit.concurrent.is_some_and(|most| bucket.under_way >= most) {
            return Err(HeldBack { wait: BRIEFLY });
        }
        let requests = i128::from(limit.requests.max(1));
        let window = i128::from(limit.per_seconds).saturating_mul(NANOS);
        // Rounded up, so that it never fills faster than it may.
        let each = window.saturating_add(requests).saturating_sub(1).checked_div(requests).unwrap_or(window);
        let cost = each.saturating_mul(i128::from(calls).clamp(1, requests));
        // A clock that was set back must not lock anybody out for longer than a whole window.
        let full_at = bucket.full_at.clamp(now, now.saturating_add(window));
        let after = full_at.saturating_add(cost);
        let late = after.saturating_sub(now.saturating_add(each.saturating_mul(requests)));
        if late > 0 {
            return Err(HeldBack::after(late));
        }
        bucket.full_at = after;
        bucket.under_way = bucket.under_way.saturating_add(1);
        Ok(Lease { pace: Arc::clone(self), integration })
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<IntegrationId, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(bucket) = self.pace.buckets().get_mut(&self.integration) {
            bucket.under_way = bucket.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
