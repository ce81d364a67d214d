use std::collections::BTreeMap;

use kontor_domain::{Id, Secret};
use kontor_providers::{ProviderError, oauth::Facts};

use super::*;

const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// Good until second 3,600, renewable, renewed at 0.
fn grant() -> Grant {
    Grant {
        integration: Id::from_bytes([1; 16]),
        account: BTreeMap::new(),
        epoch: 4,
        token_version: 2,
        access_expires_at: at(3_600),
        can_refresh: true,
        refresh_expires_at: Some(at(100 * DAY)),
        ends_at: None,
        lease_until: at(0),
        attempted_at: None,
        failures: 0,
        retry_at: at(0),
        warned_at: None,
        refreshed_at: at(0),
        connected_by: "key_1".to_owned(),
        connected_at: at(0),
    }
}

fn decided(grant: &Grant, refused: Option<i64>, now: i64) -> Next {
    next(ConnectionStatus::Connected, Some(grant), Duration::from_mins(5), refused, at(now))
}

#[test]
fn a_token_is_used_until_shortly_before_its_end() {
    assert_eq!(decided(&grant(), None, 3_299), Next::Use);
    assert_eq!(decided(&grant(), None, 3_300), Next::Renew);
    assert_eq!(decided(&grant(), None, 3_600), Next::Renew);
    assert_eq!(decided(&grant(), Some(1), 10), Next::Use);
    assert_eq!(decided(&grant(), Some(2), 10), Next::Renew);
}

#[test]
fn who_cannot_renew_uses_what_is_left_and_then_waits() {
    let leased = Grant { lease_until: at(4_000), ..grant() };
    assert_eq!(decided(&leased, None, 3_599), Next::Use);
    assert_eq!(decided(&leased, None, 3_600), Next::Wait);
    assert_eq!(decided(&leased, None, 4_000), Next::Renew);
    assert_eq!(decided(&leased, Some(2), 10), Next::Wait);
    let failed = Grant { retry_at: at(4_000), ..grant() };
    assert_eq!(decided(&failed, None, 3_599), Next::Use);
    assert_eq!(decided(&failed, None, 3_999), Next::Later(at(4_000)));
    assert_eq!(decided(&failed, None, 4_000), Next::Renew);
    let without = Grant { can_refresh: false, ..grant() };
    assert_eq!(decided(&without, None, 3_599), Next::Use);
    assert_eq!(decided(&without, None, 3_600), Next::End);
    assert_eq!(decided(&without, Some(2), 10), Next::End);
}

#[test]
fn without_a_connection_there_is_no_token() {
    let ask = |status| next(status, Some(&grant()), Duration::ZERO, None, at(0));
    assert_eq!(ask(ConnectionStatus::NotConnected), Next::NotConnected);
    assert_eq!(ask(ConnectionStatus::NotRequired), Next::NotConnected);
    assert_eq!(ask(ConnectionStatus::NeedsReauthorization), Next::NeedsReauthorization);
    let none = next(ConnectionStatus::Connected, None, Duration::ZERO, None, at(0));
    assert_eq!(none, Next::NotConnected);
}

fn tokens(refresh: Option<&str>, seconds: [Option<u64>; 3]) -> Tokens {
    let [expires_in, refresh_expires_in, grant_expires_in] = seconds;
    let refresh = refresh.map(|it| Secret::new(it.to_owned()));
    let access = Secret::new("A".to_owned());
    Tokens { access, refresh, expires_in, refresh_expires_in, grant_expires_in }
}

#[test]
fn what_the_provider_does_not_say_the_template_knows() {
    let facts = Facts {
        lifetime: Duration::from_mins(30),
        grant_lifetime: Some(Duration::from_hours(24)),
        refresh_margin: Duration::ZERO,
        reuse_window: Duration::ZERO,
    };
    let bare = renewed(&tokens(Some("R"), [None; 3]), &facts, None, at(100));
    assert_eq!((bare.access_expires_at, bare.can_refresh), (at(1_900), true));
    assert_eq!((bare.refresh_expires_at, bare.ends_at), (Some(at(100 + DAY)), None));
    let said = renewed(&tokens(Some("R"), [Some(60), Some(600), Some(6_000)]), &facts, None, at(100));
    assert_eq!((said.access_expires_at, said.refresh_expires_at), (at(160), Some(at(700))));
    assert_eq!(said.ends_at, Some(at(6_100)));
    // An answer without a refresh token leaves the one that is there.
    let kept = renewed(&tokens(None, [None; 3]), &facts, Some(&grant()), at(100));
    assert!(kept.can_refresh);
    let none = renewed(&tokens(None, [None; 3]), &facts, None, at(100));
    assert!(!none.can_refresh && none.refresh_expires_at.is_none());
}

#[test]
fn the_pause_grows_to_a_limit_and_hears_the_provider() {
    let refusal = |class, retry_after| Refusal { class, error: ProviderError::cut(""), retry_after };
    let passing = refusal(Class::Transient, None);
    let pauses: Vec<u64> = (0..10).map(|failures| pause(&passing, failures).as_secs()).collect();
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert_eq!(pause(&refusal(Class::RateLimited, Some(1_000)), 0).as_secs(), 1_000);
    assert_eq!(pause(&refusal(Class::RateLimited, Some(1)), 3).as_secs(), 16);
    assert_eq!(pause(&refusal(Class::Misconfigured, None), 0).as_secs(), 60);
    assert_eq!(pause(&refusal(Class::Misconfigured, None), i64::MAX).as_secs(), 3_600);
}

#[test]
fn an_idle_grant_is_renewed_weekly_or_before_half_of_its_life() {
    let due = |grant: &Grant| upkeep_at(&stored(grant), grant.warned_at.is_some());
    assert_eq!(due(&grant()), at(7 * DAY));
    assert_eq!(due(&Grant { refresh_expires_at: Some(at(DAY)), ..grant() }), at(DAY / 2));
    assert_eq!(due(&Grant { refresh_expires_at: None, ..grant() }), at(7 * DAY));
    let fixed = Grant { can_refresh: false, refresh_expires_at: None, ..grant() };
    assert_eq!(due(&fixed), at(3_600));
}

#[test]
fn the_end_of_a_grant_is_told_thirty_days_before() {
    let ending = Grant { ends_at: Some(at(35 * DAY)), ..grant() };
    assert_eq!(warn_at(&stored(&ending)), Some(at(5 * DAY)));
    assert_eq!(upkeep_at(&stored(&ending), false), at(5 * DAY));
    assert_eq!(upkeep_at(&stored(&ending), true), at(7 * DAY));
    // Renewed weekly, a hundred days never come near; told only if renewing stopped.
    assert_eq!(warn_at(&stored(&grant())), Some(at(70 * DAY)));
    let short = Grant { refresh_expires_at: Some(at(14 * DAY)), ..grant() };
    assert_eq!(warn_at(&stored(&short)), None);
    let long =
        Grant { can_refresh: false, refresh_expires_at: None, access_expires_at: at(60 * DAY), ..grant() };
    assert_eq!(warn_at(&stored(&long)), Some(at(30 * DAY)));
}
