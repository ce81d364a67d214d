//! Where calls may go beside the internet: the places that the operator opened.
//!
//! Owns the setting and what follows from others: a provider's sandbox address opens its own host and port, for that
//! is what setting it means. Refuses patterns: a place is one host and one port.

use kontor_providers::http::Opened;
use url::Url;

use super::source::Source;

/// The key.
const KEY: &str = "network.allow_hosts";
/// The most places.
const MAX: usize = 100;

/// The places that were opened by name.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// As they were written.
    pub(super) allow_hosts: Vec<String>,
    opened: Vec<Opened>,
}

impl Network {
    pub(super) fn read(source: &mut Source) -> Self {
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
        Self { allow_hosts, opened }
    }

    /// All of them, with those that a provider's sandbox address opens.
    pub(super) fn opened(&self, sandboxes: &[Option<&Url>]) -> Vec<Opened> {
        let sandboxes = sandboxes.iter().flatten().filter_map(|it| Opened::of(it));
        self.opened.iter().cloned().chain(sandboxes).collect()
    }
}
