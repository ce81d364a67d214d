//! Where calls may go beside the internet, whose word counts of who calls, and how much callers' own requests to providers may carry.
//!
//! Owns these settings and what follows from others: a provider's sandbox address opens its own host and port, for that
//! is what setting it means. Refuses patterns: a place is one host and one port.

use std::{net::IpAddr, time::Duration};

use kontor_providers::{http::Opened, proxy::Limits};
use url::Url;

use super::source::Source;

/// The key.
const KEY: &str = "network.allow_hosts";
/// The other key.
const PROXIES: &str = "network.trusted_proxies";
/// The most places.
const MAX: usize = 100;

/// The places that were opened by name.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// As they were written.
    pub(super) allow_hosts: Vec<String>,
    /// The operator's own proxies in front.
    pub(super) trusted_proxies: Vec<IpAddr>,
    /// For callers' own requests.
    pub(super) proxy: Limits,
    opened: Vec<Opened>,
}

impl Network {
    pub(super) fn read(source: &mut Source, request_timeout: u64) -> Self {
        let allow_hosts = source.list(KEY);
        if allow_hosts.len() > MAX {
            source.wrong(KEY, &format!("has more than {MAX} entries"));
        }
        let mut opened = Vec::new();
        for text in &allow_hosts {
            match Opened::parse(text) {
                Ok(place) => opened.push(place),
                Err(message) => source.wrong(KEY, &format!("is wrong: {message}")),
            }
        }
        let trusted_proxies = proxies(source);
        Self { allow_hosts, trusted_proxies, proxy: proxy(source, request_timeout), opened }
    }

    /// All of them, with those that a provider's sandbox address opens.
    pub(super) fn opened(&self, sandboxes: &[Option<&Url>]) -> Vec<Opened> {
        let sandboxes = sandboxes.iter().flatten().filter_map(|it| Opened::of(it));
        self.opened.iter().cloned().chain(sandboxes).collect()
    }
}

fn proxies(source: &mut Source) -> Vec<IpAddr> {
    let texts = source.list(PROXIES);
    if texts.len() > MAX {
        source.wrong(PROXIES, &format!("has more than {MAX} entries"));
    }
    let mut all = Vec::new();
    for text in texts {
        match text.parse::<IpAddr>() {
            Ok(address) => all.push(address.to_canonical()),
            Err(_) => source.wrong(PROXIES, &format!("has {text:?}, which is no address such as 10.0.0.7")),
        }
    }
    all
}

fn proxy(source: &mut Source, request_timeout: u64) -> Limits {
    const TIMEOUT: &str = "proxy.timeout_seconds";
    let default = Limits::default();
    let bytes =
        |it: Option<u64>, default: usize| it.map_or(default, |it| usize::try_from(it).unwrap_or(usize::MAX));
    let seconds = |it: Option<u64>, default: Duration| it.map_or(default, Duration::from_secs);
    // A caller must hear that its time is over before its request is ended.
    let longest = request_timeout.saturating_sub(1).max(1);
    let timeout = source.number(TIMEOUT, 1..=300);
    if timeout.is_some_and(|it| it > longest) {
        source.wrong(
            TIMEOUT,
            &format!("must be less than limits.request_timeout_seconds, which is {request_timeout}"),
        );
    }
    let timeout = seconds(timeout, default.timeout.min(Duration::from_secs(longest)));
    Limits {
        request_bytes: source
            .number("proxy.request_bytes", 1_024..=1_073_741_824)
            .unwrap_or(default.request_bytes),
        answer_bytes: bytes(source.number("proxy.answer_bytes", 1_024..=1_073_741_824), default.answer_bytes),
        timeout,
        idle: seconds(source.number("proxy.idle_seconds", 1..=300), default.idle),
    }
}
