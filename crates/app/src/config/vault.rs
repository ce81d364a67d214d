//! Where the key-encryption key is: a file, a token or a key service; and which one comes next, while it is rotated.
//!
//! Refuses half a description: what a backend needs is set, and what another needs is not.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kontor_domain::Secret;
use url::Url;

use super::source::Source;

const BACKENDS: [&str; 3] = ["local", "pkcs11", "aws-kms"];
const TOKEN: [&str; 4] = ["pkcs11_module", "pkcs11_token", "pkcs11_key", "pkcs11_pin_file"];
const SERVICE: [&str; 4] = ["aws_kms_key", "aws_kms_region", "aws_kms_endpoint", "aws_kms_timeout_ms"];
/// How long one try of a call to a key service may take, in milliseconds.
const TIMEOUT_MS: u64 = 3_000;

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backend {
    /// In a file.
    Local {
        /// The file.
        key_file: PathBuf,
    },
    /// In a hardware token.
    Pkcs11 {
        /// The module's shared library.
        module: PathBuf,
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// A file with the user's PIN.
        pin_file: PathBuf,
    },
    /// In AWS's key service.
    AwsKms {
        /// The key's id, address or alias.
        key: String,
        /// The region that it is in.
        region: String,
        /// Another address than the region's own.
        endpoint: Option<Url>,
        /// The longest that one try may take.
        timeout_ms: u64,
    },
}

/// The vault's settings.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    /// The key in force.
    pub(crate) here: Backend,
    /// The key that follows it.
    pub(crate) next: Option<Backend>,
    /// The organizations that were deleted for good.
    pub(crate) destroyed_file: PathBuf,
}

impl Vault {
    /// Reads both; files lie beside the data folder where they are not named.
    pub(super) fn read(source: &mut Source, data_dir: &Path) -> Self {
        let beside = |ending: &str| {
            let mut name = data_dir.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            data_dir.with_file_name(name)
        };
        // Beside the data folder and not inside of it, so that a copy of the folder does not carry the key that
        // opens it, nor forget who was deleted.
        let here = backend(source, "vault").unwrap_or_else(|| Backend::Local { key_file: beside(".key") });
        let next = backend(source, "vault.next");
        if next.as_ref() == Some(&here) {
            source.wrong("vault.next.backend", "and what belongs to it must name another key than `vault`");
        }
        let destroyed_file = source.path("vault.destroyed_file").unwrap_or_else(|| beside(".destroyed"));
        Self { here, next, destroyed_file }
    }

    /// Where the next key of a file lies while it is staged.
    pub(crate) fn staged_file(key_file: &Path) -> PathBuf {
        let mut name = key_file.as_os_str().to_owned();
        name.push(".next");
        PathBuf::from(name)
    }
}

/// One key's description; none where nothing is set.
fn backend(source: &mut Source, under: &str) -> Option<Backend> {
    let chosen = source.one_of(&format!("{under}.backend"), &BACKENDS);
    let mut part = Part { source, under, chosen };
    let token = part.token();
    let service = part.service();
    let file = part.file();
    match chosen {
        Some("pkcs11") => token,
        Some("aws-kms") => service,
        _ => file,
    }
}

/// The settings of one key, as they are read.
struct Part<'a> {
    source: &'a mut Source,
    under: &'a str,
    chosen: Option<&'static str>,
}

impl Part<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.under)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.source.text(&self.key(name))
    }

    /// What a backend needs, if it is the chosen one; what is set for another is told.
    fn belongs(&mut self, backend: &str, given: &[(&str, bool)], needed: usize) -> bool {
        let chosen = self.chosen == Some(backend);
        for (at, (name, given)) in given.iter().enumerate() {
            if chosen && !given && at < needed {
                self.source.wrong(&self.key(name), &format!("must be set for the backend {backend}"));
            }
            if !chosen && *given {
                let message = format!("belongs to the backend {backend}: set `{}.backend`", self.under);
                self.source.wrong(&self.key(name), &message);
            }
        }
        chosen
    }

    fn token(&mut self) -> Option<Backend> {
        let texts = TOKEN.map(|name| self.text(name));
        let given: Vec<_> = TOKEN.iter().zip(&texts).map(|(name, text)| (*name, text.is_some())).collect();
        let chosen = self.belongs("pkcs11", &given, TOKEN.len());
        let [module, token, key, pin_file] = texts.map(Option::unwrap_or_default);
        chosen.then(|| Backend::Pkcs11 { module: module.into(), token, key, pin_file: pin_file.into() })
    }

    fn service(&mut self) -> Option<Backend> {
        let [key, region, endpoint, timeout] = SERVICE;
        let [key, region] = [key, region].map(|name| self.text(name));
        let endpoint = self.source.url(&self.key(endpoint));
        let timeout = self.source.number(&self.key(timeout), 100..=60_000);
        let given = [key.is_some(), region.is_some(), endpoint.is_some(), timeout.is_some()];
        let given: Vec<_> = SERVICE.into_iter().zip(given).collect();
        let chosen = self.belongs("aws-kms", &given, 2);
        // Organizations' keys are sent there in the open, inside of the connection alone.
        if endpoint.as_ref().is_some_and(|it| it.scheme() != "https" && !is_here(it)) {
            self.source.wrong(&self.key(SERVICE[2]), "must begin with https:// unless it is on this machine");
        }
        let (key, region) = (key.unwrap_or_default(), region.unwrap_or_default());
        let timeout_ms = timeout.unwrap_or(TIMEOUT_MS);
        chosen.then_some(Backend::AwsKms { key, region, endpoint, timeout_ms })
    }

    fn file(&mut self) -> Option<Backend> {
        let key_file = self.source.path(&self.key("key_file"));
        let mine = matches!(self.chosen, None | Some("local"));
        if !mine && key_file.is_some() {
            self.source.wrong(&self.key("key_file"), "belongs to the backend local");
        }
        if self.chosen == Some("local") && key_file.is_none() && self.under != "vault" {
            self.source.wrong(&self.key("key_file"), "must be set for the backend local");
        }
        key_file.filter(|_| mine).map(|key_file| Backend::Local { key_file })
    }
}

/// A number as settings have it.
fn whole(number: u64) -> toml::Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// Whether an address is this machine's own.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Backend {
    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Local { key_file } => key_file.display().to_string(),
            Self::Pkcs11 { token, key, .. } => format!("the key {key} in the token {token}"),
            Self::AwsKms { key, region, .. } => format!("the key {key} in the key service of {region}"),
        }
    }

    /// The settings that would describe it, for `--print-config`.
    pub(super) fn settings(&self) -> Vec<(&'static str, toml::Value)> {
        match self {
            Self::Local { key_file } => {
                vec![("backend", "local".into()), ("key_file", key_file.display().to_string().into())]
            }
            Self::Pkcs11 { module, token, key, pin_file } => vec![
                ("backend", "pkcs11".into()),
                ("pkcs11_module", module.display().to_string().into()),
                ("pkcs11_token", token.clone().into()),
                ("pkcs11_key", key.clone().into()),
                ("pkcs11_pin_file", pin_file.display().to_string().into()),
            ],
            Self::AwsKms { key, region, endpoint, timeout_ms } => {
                let mut all = vec![
                    ("backend", "aws-kms".into()),
                    ("aws_kms_key", key.clone().into()),
                    ("aws_kms_region", region.clone().into()),
                    ("aws_kms_timeout_ms", whole(*timeout_ms)),
                ];
                all.extend(endpoint.iter().map(|it| ("aws_kms_endpoint", it.to_string().into())));
                all
            }
        }
    }
}

/// Reads a PIN. Surrounding white space does not count.
pub(crate) fn pin(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the PIN file {} cannot be read", path.display()))?;
    let pin = Secret::new(text.trim().to_owned());
    anyhow::ensure!(!pin.expose().is_empty(), "the PIN file {} is empty", path.display());
    Ok(pin)
}
