//! Faults that somebody scripted: which call, the how manieth, and what goes wrong with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

/// The most faults that wait at a time.
pub(crate) const MAX_FAULTS: usize = 100;
/// The longest delay, in milliseconds.
pub(crate) const MAX_DELAY: u64 = 600_000;
/// The largest body.
const MAX_BODY: usize = 64 * 1024;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Waits first.
    Delay,
    /// Waits until somebody lets it go on.
    Hold,
    /// Drops the connection with nothing done.
    CutBefore,
    /// Does the work and drops the connection unanswered.
    CutAfter,
    /// Answers with a status, with nothing done.
    Status,
    /// Does the work and answers something else.
    Body,
    /// Does the work and answers half of it.
    Truncate,
    /// Does the work and answers about something else.
    WrongId,
    /// The hosted page takes the payment and never sends the browser back.
    NoRedirect,
    /// The hosted page sends the browser back twice.
    DuplicateRedirect,
}

/// A scripted fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default)]
    pub(crate) id: String,
    /// The XML root, `HostedPayment`, a request's name, `METHOD /path` with `*`, or `*`.
    pub(crate) operation: String,
    /// The how manieth matching call from now on, or `every`.
    #[serde(default = "first")]
    occurrence: Value,
    pub(crate) action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// Matching calls so far.
    #[serde(default, skip_deserializing)]
    seen: u64,
}

fn first() -> Value {
    Value::from(1)
}

impl Fault {
    /// What is wrong with a fault; none where it can be scripted.
    fn refuse(&self) -> Option<&'static str> {
        let occurrence = match &self.occurrence {
            Value::String(word) => word == "every",
            Value::Number(number) => number.as_u64().is_some_and(|it| (1..=1_000_000).contains(&it)),
            _ => false,
        };
        if self.operation.is_empty() || self.operation.len() > 200 {
            return Some("operation must be a name, a METHOD /path with *, or *");
        }
        if !occurrence {
            return Some("occurrence must be a whole number from 1, or \"every\"");
        }
        if self.action == Action::Delay && self.delay_ms.is_none_or(|it| it > MAX_DELAY) {
            return Some("delay needs delayMs, at most 600000");
        }
        if self.action == Action::Status && self.status.is_none_or(|it| !(200..=599).contains(&it)) {
            return Some("status needs status, 200 to 599");
        }
        if self.action == Action::Body && self.body.is_none() {
            return Some("body needs body");
        }
        self.body
            .as_ref()
            .is_some_and(|it| it.len() > MAX_BODY)
            .then_some("body must have at most 65536 bytes")
    }

    fn is_every(&self) -> bool {
        self.occurrence == "every"
    }
}

/// The faults that wait.
#[derive(Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
    made: u64,
    /// Calls that are held at this moment.
    held: usize,
    released: watch::Sender<()>,
}

impl Faults {
    /// Adds one and returns its id.
    pub(crate) fn add(&mut self, mut fault: Fault) -> Result<String, &'static str> {
        if let Some(wrong) = fault.refuse() {
            return Err(wrong);
        }
        if self.waiting.len() >= MAX_FAULTS {
            return Err("100 faults are waiting already; DELETE /_sim/faults first");
        }
        self.made = self.made.saturating_add(1);
        fault.id = format!("fault_{}", self.made);
        fault.seen = 0;
        let id = fault.id.clone();
        self.waiting.push(fault);
        Ok(id)
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.waiting
    }

    /// Forgets them, and holds nothing any more.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.release();
    }

    /// A call is held; it goes on when the returned value changes.
    pub(crate) fn hold(&mut self) -> watch::Receiver<()> {
        self.held = self.held.saturating_add(1);
        self.released.subscribe()
    }

    /// A call that was held goes on.
    pub(crate) fn goes_on(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// How many are held.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Lets every held call go on.
    pub(crate) fn release(&mut self) {
        self.released.send_replace(());
    }

    /// The fault that this call meets, if any. Every matching fault counts the call; the first that is due acts.
    pub(crate) fn meet(&mut self, operation: &str) -> Option<Fault> {
        let mut met: Option<Fault> = None;
        for fault in &mut self.waiting {
            if !matches(&fault.operation, operation) {
                continue;
            }
            fault.seen = fault.seen.saturating_add(1);
            let due = fault.is_every() || fault.occurrence.as_u64() == Some(fault.seen);
            if due && met.is_none() {
                met = Some(fault.clone());
            }
        }
        // A fault that acted, or whose turn another one took, is spent.
        self.waiting
            .retain(|fault| fault.is_every() || fault.occurrence.as_u64().is_some_and(|it| it > fault.seen));
        met
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.split_at(at.saturating_add(part.len())).1;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
