//! What is to be done with a grant at a moment. Pure.

use std::time::Duration;

use jiff::Timestamp;
use kontor_domain::integrations::ConnectionStatus;
use kontor_providers::oauth::{Class, Refusal, Tokens};
use kontor_store::oauth::grants::{Grant, Renewed};

use crate::hosted::schedule::{after, before};

/// How often a token is renewed although nobody uses it (sync.md, Tokens).
const IDLE: Duration = Duration::from_hours(7 * 24);
/// How long before a grant's end somebody is told.
const WARNING: Duration = Duration::from_hours(30 * 24);
/// The first pause after a failure, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(5));
/// The same where a client is not taken: somebody has to change a setting first.
const LONG_PAUSE: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// What a caller of a token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The token that is there.
    Use,
    /// A new one has to be asked for.
    Renew,
    /// Somebody else is asking for it.
    Wait,
    /// It could not be renewed a moment ago; not before then.
    Later(Timestamp),
    /// There is none, and nothing that brings one: the grant has to be ended.
    End,
    /// Nobody consented yet.
    NotConnected,
    /// The consent is over.
    NeedsReauthorization,
}

/// Decides. `refused` is the version of a token that the provider did not take.
pub(super) fn next(
    status: ConnectionStatus,
    grant: Option<&Grant>,
    margin: Duration,
    refused: Option<i64>,
    now: Timestamp,
) -> Next {
    let grant = match (status, grant) {
        (ConnectionStatus::Connected, Some(grant)) => grant,
        (ConnectionStatus::NeedsReauthorization, _) => return Next::NeedsReauthorization,
        _ => return Next::NotConnected,
    };
    let refused = refused == Some(grant.token_version);
    let good = !refused && now < grant.access_expires_at;
    let fresh = good && after(now, margin) < grant.access_expires_at;
    let otherwise = |next| if good { Next::Use } else { next };
    if fresh {
        Next::Use
    } else if !grant.can_refresh {
        otherwise(Next::End)
    } else if now < grant.lease_until {
        otherwise(Next::Wait)
    } else if now < grant.retry_at {
        otherwise(Next::Later(grant.retry_at))
    } else {
        Next::Renew
    }
}

/// What a provider gave, in moments. What it does not say is the template's to know.
pub(super) fn renewed(
    tokens: &Tokens,
    facts: &kontor_providers::oauth::Facts,
    before: Option<&Grant>,
    now: Timestamp,
) -> Renewed {
    let at = |seconds: u64| after(now, Duration::from_secs(seconds));
    let can_refresh = tokens.refresh.is_some() || before.is_some_and(|it| it.can_refresh);
    let rolling = tokens.refresh_expires_in.map(at).or_else(|| facts.grant_lifetime.map(|it| after(now, it)));
    Renewed {
        access_expires_at: tokens.expires_in.map_or_else(|| after(now, facts.lifetime), at),
        can_refresh,
        refresh_expires_at: rolling.filter(|_| can_refresh),
        ends_at: tokens.grant_expires_in.map(at).or_else(|| before.and_then(|it| it.ends_at)),
        at: now,
    }
}

/// How long to leave the provider alone after a failure.
pub(super) fn pause(refusal: &Refusal, failures: i64) -> Duration {
    let (first, most) = if refusal.class == Class::Misconfigured { LONG_PAUSE } else { PAUSE };
    let doublings = u32::try_from(failures.clamp(0, 16)).unwrap_or(16);
    let ours = first.saturating_mul(2_u32.saturating_pow(doublings)).min(most);
    refusal.retry_after.map_or(ours, |it| ours.max(Duration::from_secs(it)))
}

/// When somebody is to be told that the grant will end; none where it will not, or where renewing moves the end on
/// long before.
pub(super) fn warn_at(grant: &Renewed) -> Option<Timestamp> {
    let rolling = if grant.can_refresh { grant.refresh_expires_at } else { Some(grant.access_expires_at) };
    let rolling = rolling.map(|end| before(end, WARNING)).filter(|it| *it > grant.at);
    let fixed = grant.ends_at.map(|end| before(end, WARNING));
    [rolling, fixed].into_iter().flatten().min()
}

/// When the upkeep job looks at a grant next.
pub(super) fn upkeep_at(grant: &Renewed, warned: bool) -> Timestamp {
    let renew = if grant.can_refresh {
        let half = grant.refresh_expires_at.map(|end| end.duration_since(grant.at).unsigned_abs() / 2);
        after(grant.at, half.map_or(IDLE, |half| half.min(IDLE)))
    } else {
        grant.access_expires_at
    };
    let warn = warn_at(grant).filter(|_| !warned);
    warn.map_or(renew, |it| it.min(renew))
}

/// The same grant as it was stored.
pub(super) fn stored(grant: &Grant) -> Renewed {
    Renewed {
        access_expires_at: grant.access_expires_at,
        can_refresh: grant.can_refresh,
        refresh_expires_at: grant.refresh_expires_at,
        ends_at: grant.ends_at,
        at: grant.refreshed_at,
    }
}

#[cfg(test)]
mod tests;
