use std::time::Duration;

use super::*;

fn settings() -> Settings {
    Settings {
        public_url: "http://127.0.0.1:8080".parse().expect("a URL"),
        production: false,
        hosted_window: Duration::from_mins(10),
        resolve_after: Duration::from_secs(10),
        not_found_after: Duration::from_secs(30),
        settlement_poll: Duration::from_secs(30),
        reconcile: Duration::from_hours(24),
        sweep: Duration::from_secs(5),
        sync: crate::sync::Pace::default(),
        provider_timeout: Duration::from_secs(5),
        proxy: kontor_providers::proxy::Limits::default(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("a time")
}

fn page(nothing_since: Option<Timestamp>) -> Asked {
    Asked { created_at: at(0), expires_at: at(600), nothing_since }
}

#[test]
fn an_open_page_is_asked_about_ever_less_often_and_at_the_end() {
    let settings = settings();
    let (mut now, mut asks) = (at(10), Vec::new());
    while now < at(600) {
        match next(page(None), now, &settings) {
            Next::Ask(then) => {
                assert!(then > now);
                now = then;
                asks.push(now);
            }
            Next::Believe => panic!("believed while the page was open"),
        }
    }
    assert_eq!(asks.last(), Some(&at(600)));
    assert!(asks.len() <= 14, "{} asks in one window", asks.len());
}

#[test]
fn nothing_is_believed_only_the_second_time_after_the_window() {
    let settings = settings();
    assert_eq!(next(page(None), at(600), &settings), Next::Ask(at(630)));
    assert_eq!(next(page(None), at(9_000), &settings), Next::Ask(at(9_030)), "first ask, however late");
    assert_eq!(next(page(Some(at(600))), at(629), &settings), Next::Ask(at(630)));
    assert_eq!(next(page(Some(at(600))), at(630), &settings), Next::Believe);
}

#[test]
fn tries_wait_longer_up_to_an_hour() {
    let settings = settings();
    assert_eq!(retry(1, &settings), Duration::from_secs(10));
    assert_eq!(retry(3, &settings), Duration::from_secs(40));
    assert_eq!(retry(i64::MAX, &settings), Duration::from_hours(1));
    assert_eq!(retry(i64::MIN, &settings), Duration::from_secs(10));
}
