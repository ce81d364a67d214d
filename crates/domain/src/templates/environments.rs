//! Environments: where a provider stands, for tests and for real, and what their keys look like.

use std::collections::BTreeMap;

use super::{
    pattern::Pattern,
    reader::Table,
    text::{Spot, Text},
};

/// Where a provider stands.
#[derive(Debug, Clone, Default)]
pub struct Environments {
    /// The setting that chooses; none where there is one environment.
    pub selected_by: Option<String>,
    /// The environments, by name.
    pub all: Vec<Environment>,
}

/// One environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name, such as `sandbox`.
    pub name: String,
    /// The values of the setting that choose it.
    pub when: Vec<String>,
    /// Its addresses by name: `base_url` and others.
    pub urls: BTreeMap<String, Text>,
    /// What its keys look like: a secret's or setting's key, and a pattern.
    pub key_patterns: Vec<(String, Pattern)>,
}

impl Environments {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let Some(table) = table.table("environments") else { return Self::default() };
        let selected_by = table.maybe("selected_by");
        let mut all = Vec::new();
        for (name, value) in table.others() {
            let path = format!("environments.{name}");
            if let Some(table) = table.as_table(path, value) {
                all.push(Environment::read(name, table));
            }
        }
        if all.is_empty() {
            table.wrong(
                "selected_by",
                "needs environments: expected a table such as [environments.production]",
            );
        }
        let several = all.len() > 1;
        if several && selected_by.is_none() {
            table.wrong("selected_by", "is missing: expected the key of the setting that chooses");
        }
        for one in &all {
            if selected_by.is_some() == one.when.is_empty() {
                let message = "must have `when` with the values that choose it, if there is `selected_by`";
                table.wrong(&one.name, message);
            }
            let twice =
                all.iter().any(|it| it.name != one.name && it.when.iter().any(|v| one.when.contains(v)));
            if twice {
                table.wrong(&one.name, "is chosen by a value that also chooses another environment");
            }
        }
        Self { selected_by, all }
    }

    /// The environment that the settings choose.
    pub fn select(&self, configuration: &BTreeMap<String, String>) -> Option<&Environment> {
        let Some(key) = &self.selected_by else { return self.all.first() };
        let value = configuration.get(key)?;
        self.all.iter().find(|it| it.when.contains(value))
    }
}

impl Environment {
    fn read(name: String, table: Table<'_>) -> Self {
        let mut urls = BTreeMap::new();
        for key in ["base_url", "authorization_url", "token_url", "revocation_url"] {
            if let Some(text) = table.maybe_filled(key, Spot::Address) {
                check_address(&table, key, &text);
                urls.insert(key.to_owned(), text);
            }
        }
        for (key, text) in table.filled_map("urls", Spot::Address) {
            check_address(&table, "urls", &text);
            if urls.insert(key.clone(), text).is_some() {
                table.wrong("urls", format!("has {key}, which is there already"));
            }
        }
        let mut key_patterns = Vec::new();
        for (key, source) in table.text_map("key_patterns") {
            match Pattern::parse(&source) {
                Ok(pattern) => key_patterns.push((key, pattern)),
                Err(message) => table.wrong("key_patterns", format!("{key:?} {message}")),
            }
        }
        let read = Self { name, when: table.texts("when"), urls, key_patterns };
        table.done();
        read
    }
}

/// An address begins with https and names a host, or is one of the settings.
pub(super) fn check_address(table: &Table<'_>, key: &str, text: &Text) {
    use super::text::Part;
    match text.parts().first() {
        Some(Part::Place(_)) | None => {}
        Some(Part::Literal(start)) if start.starts_with("https://") => {
            if start.contains(['#', '@', ' ']) {
                table.wrong(key, "must not have a user, a fragment or a space");
            }
        }
        Some(Part::Literal(start)) if start.starts_with("http://") => {
            table.doubtful(key, "is not encrypted: expected https://");
        }
        Some(Part::Literal(_)) => table.wrong(key, "must begin with https://"),
    }
}

/// Hosts that may be called, each with a port where it is not 443.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Vec<String>);

/// The port where none is written.
const HTTPS: u16 = 443;

fn parts(written: &str) -> Option<(&str, u16)> {
    match written.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((written, HTTPS)),
    }
}

impl AllowedHosts {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let mut hosts = Vec::new();
        for written in table.texts("allowed_hosts") {
            if !parts(&written).is_some_and(|(host, _)| is_pattern(host)) {
                let message =
                    "must be host names in small letters, or *.example.com for every host below one";
                table.wrong("allowed_hosts", format!("has {written:?}, and {message}"));
            }
            hosts.push(written);
        }
        Self(hosts)
    }

    /// Whether a host may be called at a port. `*.example.com` is every host below `example.com`, not itself.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let fits = |pattern: &str| match pattern.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => pattern == host,
        };
        self.0.iter().filter_map(|it| parts(it)).any(|(pattern, its)| its == port && fits(pattern))
    }

    /// As they are written.
    pub fn all(&self) -> &[String] {
        &self.0
    }
}

fn is_pattern(host: &str) -> bool {
    let plain = host.strip_prefix("*.").unwrap_or(host);
    // `*.com` would be half of the world.
    let too_wide = host.starts_with("*.") && !plain.contains('.');
    let label = |it: &str| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    !too_wide && plain.split('.').all(label)
}

/// The host and port of an address that is written out; none where something is yet to be filled in.
pub(super) fn place(text: &Text) -> Option<(&str, u16)> {
    let (scheme, rest) = text.literal()?.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    match authority.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((authority, if scheme == "http" { 80 } else { HTTPS })),
    }
}
