//! Whether a request that may be repeated is sent once more, and after how long.
//!
//! Refuses to decide which requests may be repeated, and to wait longer than a caller would.

use std::time::Duration;

use crate::http::{Failure, stream::Incoming};

/// The most times that a request is sent.
pub(super) const TRIES: u32 = 3;
/// The first wait; each next one is twice as long.
const FIRST: Duration = Duration::from_millis(200);
/// The longest wait that a provider may ask for. Above that, its answer is handed back.
pub(super) const LONGEST: Duration = Duration::from_secs(5);
/// Answers that say "not now".
const PASSING: [u16; 4] = [429, 502, 503, 504];

/// How long to wait before the next try; nothing where this was the last.
pub(super) fn wait(result: Result<&Incoming, &Failure>, tried: u32) -> Option<Duration> {
    if tried >= TRIES {
        return None;
    }
    let own = FIRST.saturating_mul(2_u32.saturating_pow(tried.saturating_sub(1)));
    match result {
        Ok(answer) if PASSING.contains(&answer.status) => match answer.headers.get("retry-after") {
            None => Some(own),
            // A date is for those who know what time it is there.
            Some(text) => text.trim().parse().ok().map(Duration::from_secs).filter(|it| *it <= LONGEST),
        },
        Err(Failure::NotSent | Failure::NotResolved | Failure::Cut) => Some(own),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
