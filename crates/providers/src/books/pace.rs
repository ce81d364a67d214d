//! How often a company's books may be asked: the published limits, kept before they are met (§5).
//!
//! Owns, for each company, the moments of its last calls. A bucket would not do: it is full after a quiet minute, and
//! then lets twice as many through in the next. Refuses to let anybody wait: whoever asks too often is told when to
//! come back. Counts the calls of this process alone: one process at a time works for a company.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use kontor_domain::Ambient;

use super::gate::{Errand, Gate, Pass};
use crate::pace::{BRIEFLY, HeldBack};

/// The most companies that are told apart at one time.
pub const MAX_COMPANIES: usize = 100_000;
const SECOND: i128 = 1_000_000_000;
/// A call may take its time to arrive, and the next one less: so much more is left between them, in nanoseconds.
const MARGIN: i128 = SECOND / 10;

/// What a company's books allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls in any minute.
    pub calls_per_minute: usize,
    /// Batches in any minute; each is a call too.
    pub batches_per_minute: usize,
    /// Calls in any second.
    pub calls_per_second: usize,
    /// Calls at one time.
    pub concurrent: usize,
}

impl Limits {
    /// What work for which nobody waits may take of them: somebody who tests a connection meanwhile finds room.
    #[must_use]
    pub fn in_the_background(self) -> Self {
        let less = |all: usize, by: usize| all.saturating_sub(by).max(1);
        Self {
            calls_per_minute: less(self.calls_per_minute, self.calls_per_minute.div_ceil(25)),
            calls_per_second: less(self.calls_per_second, 1),
            concurrent: less(self.concurrent, 2),
            ..self
        }
    }
}

/// What was asked of each company's books.
pub struct BooksPace {
    ambient: Ambient,
    companies: Mutex<HashMap<String, Company>>,
}

#[derive(Default)]
struct Company {
    /// The moments of the last minute's calls, in nanoseconds since 1970, oldest first.
    calls: VecDeque<i128>,
    batches: VecDeque<i128>,
    under_way: usize,
    /// The books themselves said to wait.
    closed_until: i128,
}

impl Company {
    /// Forgets what is over. A clock that was set back must not lock anybody out for longer than a window.
    fn forget(&mut self, now: i128) {
        for moments in [&mut self.calls, &mut self.batches] {
            for it in moments.iter_mut() {
                *it = (*it).min(now);
            }
            while moments.front().is_some_and(|it| it.saturating_add(window(60)) <= now) {
                moments.pop_front();
            }
        }
        let longest = now.saturating_add(MAX_HOLD.as_nanos().try_into().unwrap_or(i128::MAX));
        self.closed_until = self.closed_until.min(longest);
    }

    fn is_idle(&self, now: i128) -> bool {
        self.calls.is_empty() && self.under_way == 0 && self.closed_until <= now
    }

    /// When one more may be made.
    fn free_at(&self, errand: Errand, limits: &Limits, now: i128) -> i128 {
        let mut free = self.closed_until.max(now);
        let mut windows = vec![
            (&self.calls, limits.calls_per_minute, window(60)),
            (&self.calls, limits.calls_per_second, window(1)),
        ];
        if errand == Errand::Batch {
            windows.push((&self.batches, limits.batches_per_minute, window(60)));
        }
        for (moments, most, window) in windows {
            // The one that has to be over before there is room for another.
            let before = moments.len().checked_sub(most.max(1)).and_then(|at| moments.get(at));
            free = free.max(before.map_or(now, |it| it.saturating_add(window)));
        }
        free
    }
}

/// The longest that the books' own word keeps it closed.
const MAX_HOLD: Duration = Duration::from_hours(1);

fn window(seconds: i128) -> i128 {
    seconds.saturating_mul(SECOND).saturating_add(MARGIN)
}

impl BooksPace {
    /// By this clock.
    pub fn new(ambient: Ambient) -> Self {
        Self { ambient, companies: Mutex::default() }
    }

    /// The gate of a company.
    pub fn gate(self: &Arc<Self>, company: &str, limits: Limits) -> CompanyGate {
        CompanyGate { pace: Arc::clone(self), company: company.to_owned(), limits }
    }

    /// How many calls of that kind may be made now, one after the other.
    pub fn room(&self, company: &str, errand: Errand, limits: &Limits) -> usize {
        let now = self.now();
        let mut companies = self.companies();
        let Some(it) = companies.get_mut(company) else {
            return match errand {
                Errand::Batch => limits.batches_per_minute.min(limits.calls_per_minute),
                Errand::Read | Errand::Write => limits.calls_per_minute,
            };
        };
        it.forget(now);
        if it.closed_until > now {
            return 0;
        }
        let calls = limits.calls_per_minute.saturating_sub(it.calls.len());
        match errand {
            Errand::Batch => calls.min(limits.batches_per_minute.saturating_sub(it.batches.len())),
            Errand::Read | Errand::Write => calls,
        }
    }

    fn now(&self) -> i128 {
        self.ambient.now().as_nanosecond()
    }

    fn companies(&self) -> MutexGuard<'_, HashMap<String, Company>> {
        self.companies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A company's own gate.
#[derive(Clone)]
pub struct CompanyGate {
    pace: Arc<BooksPace>,
    company: String,
    limits: Limits,
}

impl CompanyGate {
    /// When the next call of that kind may be made: nothing where it may be made now. Somebody else may make it first.
    pub fn free_in(&self, errand: Errand) -> Duration {
        let now = self.pace.now();
        let mut companies = self.pace.companies();
        let Some(it) = companies.get_mut(&self.company) else { return Duration::ZERO };
        it.forget(now);
        match it.free_at(errand, &self.limits, now).saturating_sub(now) {
            0 if it.under_way >= self.limits.concurrent.max(1) => BRIEFLY,
            0 => Duration::ZERO,
            left => HeldBack::after(left).wait,
        }
    }

    /// One call, for whoever need not be told of others that wait.
    pub fn pass(&self, errand: Errand) -> Result<Pass, HeldBack> {
        let now = self.pace.now();
        let mut companies = self.pace.companies();
        if companies.len() >= MAX_COMPANIES && !companies.contains_key(&self.company) {
            companies.retain(|_, it| {
                it.forget(now);
                !it.is_idle(now)
            });
            if companies.len() >= MAX_COMPANIES {
                return Err(HeldBack { wait: BRIEFLY });
            }
        }
        let it = companies.entry(self.company.clone()).or_default();
        it.forget(now);
        let free = it.free_at(errand, &self.limits, now);
        if free > now {
            return Err(HeldBack::after(free.saturating_sub(now)));
        }
        if it.under_way >= self.limits.concurrent.max(1) {
            return Err(HeldBack { wait: BRIEFLY });
        }
        it.calls.push_back(now);
        if errand == Errand::Batch {
            it.batches.push_back(now);
        }
        it.under_way = it.under_way.saturating_add(1);
        Ok(Pass::holding(Lease { pace: Arc::clone(&self.pace), company: self.company.clone() }))
    }
}

#[async_trait]
impl Gate for CompanyGate {
    async fn enter(&self, errand: Errand) -> Result<Pass, HeldBack> {
        self.pass(errand)
    }

    fn hold(&self, wait: Duration) {
        let wait = i128::try_from(wait.min(MAX_HOLD).as_nanos()).unwrap_or_default();
        let until = self.pace.now().saturating_add(wait);
        let mut companies = self.pace.companies();
        let it = companies.entry(self.company.clone()).or_default();
        it.closed_until = it.closed_until.max(until);
    }
}

/// A call that is under way; it ends when this is dropped.
struct Lease {
    pace: Arc<BooksPace>,
    company: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(it) = self.pace.companies().get_mut(&self.company) {
            it.under_way = it.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
