//! The files of a rotation from file to file: the staged key takes the older one's place.
//!
//! Refuses to delete a key: the older one is moved aside, for backups from before.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use kontor_vault::{Kek as _, LocalKek};

use super::progress::Progress;
use crate::config::vault::Vault;

/// Where the fingerprint of a retired key is cut, in its file's name.
const SHORT: usize = 14;

/// Puts the staged file into its place when its key is the one in force. Returns where the older one lies now; none
/// where there was nothing to do. May be ended between any two moves: both names are looked at by every start.
pub(super) fn settle(
    key_file: &Path,
    active: &str,
    progress: &mut Progress,
) -> anyhow::Result<Option<PathBuf>> {
    let staged = Vault::staged_file(key_file);
    let is_active = staged.exists() && LocalKek::load(&staged).is_ok_and(|it| it.fingerprint() == active);
    if !is_active {
        return Ok(None);
    }
    let mut retired = key_file.as_os_str().to_owned();
    retired.push(".retired");
    if key_file.exists() {
        let older = LocalKek::load(key_file)?.fingerprint();
        retired.push(format!("-{}", older.chars().take(SHORT).collect::<String>()));
        fs::rename(key_file, &retired).with_context(|| format!("moving {} aside", key_file.display()))?;
    }
    progress.step();
    fs::rename(&staged, key_file).with_context(|| format!("moving {}", staged.display()))?;
    let folder = key_file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|it| it.sync_all()).context("writing the folder of the key")?;
    progress.step();
    Ok(Some(PathBuf::from(retired)))
}
