//! Secrets that are files: read trimmed, made for their owner alone.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, ensure};
use kontor_domain::{Secret, ambient::Entropy};

/// The shortest secret that signs, in bytes (API.md §6).
const MIN: usize = 32;

/// Reads a secret that signs. Surrounding white space does not count.
pub(super) fn read(path: &Path) -> anyhow::Result<Secret> {
    let secret = read_given(path)?;
    let length = secret.expose().len();
    ensure!(length >= MIN, "the secret file {} has {length} bytes; it needs at least {MIN}", path.display());
    Ok(secret)
}

/// Reads a secret that somebody else chose, of any length but none.
pub(super) fn read_given(path: &Path) -> anyhow::Result<Secret> {
    let bytes =
        fs::read(path).with_context(|| format!("the secret file {} cannot be read", path.display()))?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| hex(error.as_bytes()));
    let secret = Secret::new(text.trim().to_owned());
    ensure!(!secret.expose().is_empty(), "the secret file {} is empty", path.display());
    Ok(secret)
}

/// Reads a secret, or makes it where there is none.
pub(super) fn read_or_make(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<Secret> {
    let mut bytes = [0; 48];
    entropy.fill(&mut bytes);
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(hex(&bytes).as_bytes())
                .and_then(|()| file.sync_all())
                .with_context(|| format!("writing the secret file {}", path.display()))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| format!("making the secret file {}", path.display()));
        }
    }
    read(path)
}

/// Writes a secret for its owner alone, over what was there.
pub(super) fn write(path: &Path, secret: &Secret) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    made.and_then(|mut file| {
        // The file may be there with another mode.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(secret.expose().as_bytes())?;
        file.sync_all()
    })
    .with_context(|| format!("writing the secret file {}", path.display()))
}

/// Makes a folder for its owner alone, where there is none.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the data folder {} cannot be made", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
