//! How much a company may be asked, on the simulator's clock, and how much it was (quickbooks-online.md §5).

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is allowed; none for no limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) per_minute: Option<u64>,
    pub(super) per_second: Option<u64>,
    pub(super) concurrent: Option<u64>,
    pub(super) batches_per_minute: Option<u64>,
    /// A refusal is XML, as recorded; otherwise JSON.
    pub(super) xml: bool,
    /// A refusal says when to come back.
    pub(super) retry_after: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_minute: Some(500),
            per_second: Some(10),
            concurrent: Some(10),
            batches_per_minute: Some(40),
            xml: true,
            retry_after: false,
        }
    }
}

/// What a company was asked.
#[derive(Default)]
struct Tally {
    /// Calls of the last minute.
    calls: VecDeque<Timestamp>,
    batches: VecDeque<Timestamp>,
    now: u64,
    total: u64,
    total_batches: u64,
    refused: HashMap<&'static str, u64>,
    most_a_minute: usize,
    most_a_second: usize,
    most_batches_a_minute: usize,
    most_at_once: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// All companies' tallies.
#[derive(Default)]
pub(super) struct Throttle {
    pub(super) limits: Limits,
    tallies: HashMap<String, Tally>,
}

impl Throttle {
    /// Counts a call in. Whether it may go on; then it is to be counted out.
    pub(super) fn enter(&mut self, realm_id: &str, is_batch: bool, now: Timestamp) -> bool {
        let limits = &self.limits;
        let tally = self.tallies.entry(realm_id.to_owned()).or_default();
        let ago = |seconds: i64| now.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(now);
        let (minute, second) = (ago(60), ago(1));
        for times in [&mut tally.calls, &mut tally.batches] {
            while times.front().is_some_and(|it| *it <= minute) {
                times.pop_front();
            }
        }
        let in_second = tally.calls.iter().rev().take_while(|it| **it > second).count();
        let over = |limit: Option<u64>, count: usize| limit.is_some_and(|it| count as u64 >= it);
        let why = if over(limits.per_minute, tally.calls.len()) {
            Some("perMinute")
        } else if over(limits.per_second, in_second) {
            Some("perSecond")
        } else if limits.concurrent.is_some_and(|it| tally.now >= it) {
            Some("concurrent")
        } else if is_batch && over(limits.batches_per_minute, tally.batches.len()) {
            Some("batchesPerMinute")
        } else {
            None
        };
        if let Some(why) = why {
            *tally.refused.entry(why).or_default() += 1;
            return false;
        }
        tally.calls.push_back(now);
        tally.now += 1;
        tally.total += 1;
        if is_batch {
            tally.batches.push_back(now);
            tally.total_batches += 1;
        }
        tally.most_a_minute = tally.most_a_minute.max(tally.calls.len());
        tally.most_a_second = tally.most_a_second.max(in_second + 1);
        tally.most_batches_a_minute = tally.most_batches_a_minute.max(tally.batches.len());
        tally.most_at_once = tally.most_at_once.max(tally.now);
        tally.first.get_or_insert(now);
        tally.last = Some(now);
        true
    }

    /// A call is over.
    pub(super) fn leave(&mut self, realm_id: &str) {
        if let Some(tally) = self.tallies.get_mut(realm_id) {
            tally.now = tally.now.saturating_sub(1);
        }
    }

    /// Forgets what was counted; what is under way stays under way.
    pub(super) fn forget(&mut self) {
        for tally in self.tallies.values_mut() {
            *tally = Tally { now: tally.now, ..Tally::default() };
        }
    }

    /// For whoever asks whether a limit was met.
    pub(super) fn told(&self) -> Value {
        let companies: serde_json::Map<String, Value> = self
            .tallies
            .iter()
            .map(|(realm, it)| {
                let told = json!({
                    "calls": it.total, "batches": it.total_batches, "underWay": it.now, "refused": it.refused,
                    "mostAMinute": it.most_a_minute, "mostASecond": it.most_a_second,
                    "mostBatchesAMinute": it.most_batches_a_minute, "mostAtOnce": it.most_at_once,
                    "first": it.first, "last": it.last,
                });
                (realm.clone(), told)
            })
            .collect();
        json!({ "limits": self.limits, "companies": companies })
    }
}

#[cfg(test)]
mod tests;
