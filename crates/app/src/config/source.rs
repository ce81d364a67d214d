//! Where settings come from, and all that is wrong with them, each with its place.
//!
//! Hand-written: settings are read into one flat list with the line or the variable that each came from, which the
//! libraries for layered settings do not keep, and they stop at the first error.

use std::{
    collections::BTreeMap,
    fmt::Display,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
};

use toml::de::{DeTable, DeValue};
use url::Url;

/// Every key there is.
const KEYS: [&str; 62] = [
    "listen",
    "public_url",
    "data_dir",
    "database_url",
    "production",
    "auth.secret_file",
    "metrics.token_file",
    "vault.key_file",
    "vault.backend",
    "vault.pkcs11_module",
    "vault.pkcs11_token",
    "vault.pkcs11_key",
    "vault.pkcs11_pin_file",
    "vault.aws_kms_key",
    "vault.aws_kms_region",
    "vault.aws_kms_endpoint",
    "vault.aws_kms_timeout_ms",
    "vault.destroyed_file",
    "vault.next.backend",
    "vault.next.key_file",
    "vault.next.pkcs11_module",
    "vault.next.pkcs11_token",
    "vault.next.pkcs11_key",
    "vault.next.pkcs11_pin_file",
    "vault.next.aws_kms_key",
    "vault.next.aws_kms_region",
    "vault.next.aws_kms_endpoint",
    "vault.next.aws_kms_timeout_ms",
    "payments.hosted_window_seconds",
    "payments.resolve_after_seconds",
    "payments.not_found_after_seconds",
    "payments.settlement_poll_seconds",
    "payments.reconcile_seconds",
    "payments.sweep_seconds",
    "sync.poll_seconds",
    "sync.handover_seconds",
    "sync.believe_seconds",
    "sync.compare_seconds",
    "providers.authorize_net.timeout_ms",
    "providers.authorize_net.sandbox_url",
    "providers.worldpay.timeout_ms",
    "providers.worldpay.sandbox_url",
    "providers.quickbooks.client_id",
    "providers.quickbooks.client_secret_file",
    "providers.quickbooks.environment",
    "providers.quickbooks.sandbox_url",
    "providers.quickbooks.timeout_ms",
    "providers.quickbooks.webhook_verifier_file",
    "limits.body_bytes",
    "limits.request_timeout_seconds",
    "limits.login_per_minute",
    "limits.public_per_minute",
    "network.allow_hosts",
    "network.trusted_proxies",
    "proxy.request_bytes",
    "proxy.answer_bytes",
    "proxy.timeout_seconds",
    "proxy.idle_seconds",
    "templates.folder",
    "templates.timeout_ms",
    "log.format",
    "log.filter",
];
/// The keys that hold several texts; a variable has them with commas between.
const LISTS: [&str; 2] = ["network.allow_hosts", "network.trusted_proxies"];
/// What an app at a provider that is described has: `apps.NAME.client_id`.
const APP: [&str; 2] = ["client_id", "client_secret_file"];
/// The longest name of a provider.
const MAX_NAME: usize = 50;
/// What the variables begin with.
const PREFIX: &str = "KONTOR_";
/// Variables that are the tests' own.
const TESTS: &str = "KONTOR_TEST_";

/// A value and where it came from.
struct Entry {
    text: String,
    /// A text, or a variable, which can be anything.
    loose: bool,
    place: String,
}

/// The settings as they came.
#[derive(Default)]
pub(super) struct Source {
    entries: BTreeMap<String, Entry>,
    faults: Vec<String>,
}

impl Source {
    /// Adds a file; one that is not there is an error only where it was asked for.
    pub(super) fn file(&mut self, path: &Path, wanted: bool) -> anyhow::Result<()> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !wanted => return Ok(()),
            Err(error) => anyhow::bail!("the settings file {} cannot be read: {error}", path.display()),
        };
        self.toml(&path.display().to_string(), &text);
        Ok(())
    }

    /// Adds a TOML document.
    pub(super) fn toml(&mut self, name: &str, text: &str) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = error.span().map_or(1, |span| line(text, span.start));
            self.faults.push(format!("{name}:{line}: {}", error.message()));
        }
        self.table(name, text, "", table.get_ref());
    }

    fn table(&mut self, name: &str, text: &str, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = plain(format!("{prefix}{}", key.get_ref()));
            let place = format!("{name}:{}", line(text, key.span().start));
            let known = is_known(&path);
            let (text_of, loose) = match value.get_ref() {
                DeValue::Table(inner) if is_table(&path) => {
                    self.table(name, text, &format!("{path}."), inner);
                    continue;
                }
                _ if !known => {
                    self.unknown(&place, &path);
                    continue;
                }
                DeValue::Array(items) if LISTS.contains(&path.as_str()) => {
                    let texts: Option<Vec<&str>> = items.iter().map(|it| it.get_ref().as_str()).collect();
                    let Some(texts) = texts else {
                        self.faults.push(format!("{place}: {path} must be a list of texts"));
                        continue;
                    };
                    (texts.join(","), true)
                }
                DeValue::String(it) => (it.to_string(), true),
                DeValue::Integer(it) => (it.to_string(), false),
                DeValue::Boolean(it) => (it.to_string(), false),
                _ => {
                    self.faults
                        .push(format!("{place}: {path} must be a text, a whole number, true or false"));
                    continue;
                }
            };
            self.entries.insert(path, Entry { text: text_of, loose, place });
        }
    }

    /// Adds variables: `KONTOR_PAYMENTS__SWEEP_SECONDS` is `payments.sweep_seconds`.
    pub(super) fn environment(&mut self, variables: &[(String, String)]) {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if name.starts_with(TESTS) {
                continue;
            }
            let key = rest.replace("__", ".").to_ascii_lowercase();
            let place = format!("the environment's {name}");
            if is_known(&key) {
                self.entries.insert(key, Entry { text: value.clone(), loose: true, place });
            } else {
                self.unknown(&place, &key);
            }
        }
    }

    /// Sets a value from the program itself.
    pub(super) fn set(&mut self, key: &str, value: &str) {
        let entry = Entry { text: value.to_owned(), loose: true, place: "the command".to_owned() };
        self.entries.insert(key.to_owned(), entry);
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let entry = self.entries.get(key)?;
        if entry.text.trim().is_empty() || !entry.loose {
            self.wrong(key, "must be a text that is not empty");
            return None;
        }
        Some(entry.text.clone())
    }

    /// Several texts; none where the key is not set.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let text = self.entries.get(key).map(|it| it.text.as_str()).unwrap_or_default();
        text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    }

    /// Whether a key is set.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The names that have an app.
    pub(super) fn apps(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.entries.keys().filter_map(|it| Some(app(it)?.0.to_owned())).collect();
        names.dedup();
        names
    }

    /// A path.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// One of some words.
    pub(super) fn one_of(&mut self, key: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(key)?;
        let found = words.iter().find(|it| **it == text).copied();
        if found.is_none() {
            self.wrong(key, &format!("must be one of: {}", words.join(", ")));
        }
        found
    }

    /// A text that a type reads.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str, what: &str) -> Option<T> {
        let text = self.text(key)?;
        let read = text.parse();
        if read.is_err() {
            self.wrong(key, &format!("must be {what}"));
        }
        read.ok()
    }

    /// An http or https address without a query.
    pub(super) fn url(&mut self, key: &str) -> Option<Url> {
        let url: Url = self.parsed(key, "an address such as https://kontor.example")?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.host().is_some();
        if !matches!(url.scheme(), "http" | "https") || !plain {
            self.wrong(key, "must be an http or https address without a query");
            return None;
        }
        Some(url)
    }

    /// A whole number.
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let entry = self.entries.get(key)?;
        // In the file a number stands without quotes.
        let quoted = entry.loose && !entry.place.starts_with("the ");
        let number = entry.text.parse().ok().filter(|it| range.contains(it) && !quoted);
        if number.is_none() {
            self.wrong(key, &format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// True or false.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let entry = self.entries.get(key)?;
        let quoted = entry.loose && !entry.place.starts_with("the ");
        let flag = entry.text.parse().ok().filter(|_: &bool| !quoted);
        if flag.is_none() {
            self.wrong(key, "must be true or false");
        }
        flag
    }

    /// Records what is wrong with a key, with the place where it was set.
    pub(super) fn wrong(&mut self, key: &str, message: &str) {
        let place = self.entries.get(key).map_or("the default", |it| it.place.as_str());
        self.faults.push(format!("{place}: {key} {message}"));
    }

    fn unknown(&mut self, place: &str, key: &str) {
        let nearest = KEYS.iter().map(|it| (distance(it, key), *it)).min();
        let hint = match nearest {
            Some((steps, known)) if steps <= known.len().div_ceil(3) => format!("; did you mean {known}?"),
            _ => String::new(),
        };
        self.faults.push(format!("{place}: {key} is not a setting{hint}"));
    }

    /// Everything that was wrong, at once.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self.faults.as_slice() {
            [] => Ok(()),
            [one] => anyhow::bail!("{one}"),
            many => anyhow::bail!("{} settings are wrong:\n  {}", many.len(), many.join("\n  ")),
        }
    }
}

/// The provider and the rest of an app's key.
fn app(key: &str) -> Option<(&str, &str)> {
    let (name, rest) = key.strip_prefix("apps.")?.split_once('.')?;
    let named = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_alphanumeric());
    (named && APP.contains(&rest)).then_some((name, rest))
}

fn is_known(key: &str) -> bool {
    KEYS.contains(&key) || app(key).is_some()
}

/// Whether there are keys below it.
fn is_table(path: &str) -> bool {
    let below = format!("{path}.");
    path == "apps"
        || app(&format!("{below}client_id")).is_some()
        || KEYS.iter().any(|it| it.starts_with(&below))
}

/// A provider is the same in any case of letters.
fn plain(path: String) -> String {
    if path.starts_with("apps.") { path.to_ascii_lowercase() } else { path }
}

fn line(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.matches('\n').count().saturating_add(1)
}

/// How many letters have to be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut corner = at;
        let mut left = at.saturating_add(1);
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let change = corner.saturating_add(usize::from(letter != *other));
            left = change.min(above.saturating_add(1)).min(left.saturating_add(1));
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
