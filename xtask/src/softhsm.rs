//! A token of SoftHSM's in a temporary folder, for the tests of the vault.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::quietly;

/// Makes the token; returns the settings file that leads to it.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<PathBuf> {
    let tokens = folder.join("tokens");
    fs::create_dir_all(&tokens)?;
    let settings = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&settings, text)?;
    let mut command = Command::new("softhsm2-util");
    command.args(["--init-token", "--free", "--label", "kontor-test", "--so-pin", "5678", "--pin", "1234"]);
    quietly(command.env("SOFTHSM2_CONF", &settings))?;
    Ok(settings)
}
