//! When the provider is asked about a hosted page again.
//!
//! While the page is open: soon, then ever less often, so that a customer who closes the page after paying
//! is found without waiting for the window's end. After the window: twice, `not_found_after` apart.

use jiff::Timestamp;

use crate::Settings;

/// What is known of a page when the provider said that nothing was paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// When the provider first said so after the window.
    pub(crate) nothing_since: Option<Timestamp>,
}

/// What follows from the provider's "nothing was paid".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask again then.
    Ask(Timestamp),
    /// Believe it.
    Believe,
}

/// Decides. The provider's "nothing" is believed only after the window, and only the second time.
pub(crate) fn next(asked: Asked, now: Timestamp, settings: &Settings) -> Next {
    if now < asked.expires_at {
        let age = now.duration_since(asked.created_at).unsigned_abs();
        let pause = (age / 2).max(settings.resolve_after);
        return Next::Ask(after(now, pause).min(asked.expires_at));
    }
    match asked.nothing_since {
        Some(since) if after(since, settings.not_found_after) <= now => Next::Believe,
        Some(since) => Next::Ask(after(since, settings.not_found_after)),
        None => Next::Ask(after(now, settings.not_found_after)),
    }
}

/// Whether a "nothing" that the provider first said then is believed by now: it has to say so twice.
pub(crate) fn believes(since: Option<Timestamp>, now: Timestamp, pause: std::time::Duration) -> bool {
    since.is_some_and(|since| after(since, pause) <= now)
}

/// How long to wait after the provider could not be asked: longer with each try, at most an hour.
pub(crate) fn retry(attempts: i64, settings: &Settings) -> std::time::Duration {
    const MOST: std::time::Duration = std::time::Duration::from_hours(1);
    let doublings = u32::try_from(attempts.clamp(1, 16)).unwrap_or(1).saturating_sub(1);
    settings.resolve_after.saturating_mul(2_u32.saturating_pow(doublings)).min(MOST)
}

/// `at` plus `pause`; stays where it is at the end of time.
pub(crate) fn after(at: Timestamp, pause: std::time::Duration) -> Timestamp {
    at.checked_add(pause).unwrap_or(at)
}

/// `at` less `pause`; stays where it is at the beginning of time.
pub(crate) fn before(at: Timestamp, pause: std::time::Duration) -> Timestamp {
    at.checked_sub(pause).unwrap_or(at)
}

#[cfg(test)]
mod tests;
