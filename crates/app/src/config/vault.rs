//! Where the key-encryption key is: a file or a token; and which one comes next, while it is rotated.
//!
//! Refuses half a description: what a backend needs is set, and what another needs is not.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kontor_domain::Secret;

use super::source::Source;

const BACKENDS: [&str; 2] = ["local", "pkcs11"];

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
    let key = |name: &str| format!("{under}.{name}");
    let chosen = source.one_of(&key("backend"), &BACKENDS);
    let key_file = source.path(&key("key_file"));
    let names = ["pkcs11_module", "pkcs11_token", "pkcs11_key", "pkcs11_pin_file"];
    let texts = names.map(|name| source.text(&key(name)));
    if chosen == Some("pkcs11") {
        for (name, text) in names.iter().zip(&texts) {
            if text.is_none() {
                source.wrong(&key(name), "must be set for the backend pkcs11");
            }
        }
        if key_file.is_some() {
            source.wrong(&key("key_file"), "belongs to the backend local");
        }
        let [module, token, label, pin_file] = texts.map(Option::unwrap_or_default);
        return Some(Backend::Pkcs11 { module: module.into(), token, key: label, pin_file: pin_file.into() });
    }
    for (name, _) in names.iter().zip(&texts).filter(|(_, text)| text.is_some()) {
        source.wrong(&key(name), &format!("belongs to the backend pkcs11: set `{under}.backend`"));
    }
    if chosen.is_some() && key_file.is_none() && under != "vault" {
        source.wrong(&key("key_file"), "must be set for the backend local");
    }
    key_file.map(|key_file| Backend::Local { key_file })
}

impl Backend {
    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Local { key_file } => key_file.display().to_string(),
            Self::Pkcs11 { token, key, .. } => format!("the key {key} in the token {token}"),
        }
    }

    /// The settings that would describe it, for `--print-config`.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Local { key_file } => {
                vec![("backend", "local".to_owned()), ("key_file", key_file.display().to_string())]
            }
            Self::Pkcs11 { module, token, key, pin_file } => vec![
                ("backend", "pkcs11".to_owned()),
                ("pkcs11_module", module.display().to_string()),
                ("pkcs11_token", token.clone()),
                ("pkcs11_key", key.clone()),
                ("pkcs11_pin_file", pin_file.display().to_string()),
            ],
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
