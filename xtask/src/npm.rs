//! Programs of others that tests talk to and that come from npm, installed by name and by the hash of each.
//!
//! Owns the folder that they lie in, below `target`. Refuses scripts of packages and an old Node.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};

use crate::{
    run::{env, quietly, root, say},
    tools::program,
};

/// The oldest Node that the packages run on.
const OLDEST: u32 = 20;
const MISSING: &str = "Node.js 20 or newer with npm is missing. Install it from your system's packages, or from \
                       Node's own where those are older (Debian 12 has 18), and put node and npm on the PATH";

/// Node, and where the packages are.
pub(crate) struct Npm {
    pub(crate) node: PathBuf,
    pub(crate) modules: PathBuf,
}

/// Installs what a folder's `package-lock.json` says, unless it is there already.
pub(crate) fn prepare(name: &str, described: &Path) -> anyhow::Result<Npm> {
    let (Some(node), Some(npm)) = (program(&["node", "nodejs"]), program(&["npm"])) else { bail!(MISSING) };
    let version = quietly(Command::new(&node).arg("--version"))?;
    ensure!(major(&version).is_some_and(|it| it >= OLDEST), "{MISSING}. Here is {}", version.trim());
    let folder = root().join("target/npm").join(name);
    let modules = folder.join("node_modules");
    let lock = fs::read_to_string(described.join("package-lock.json"))
        .with_context(|| format!("the lock file of {}", described.display()))?;
    let stamp = folder.join("installed.lock");
    if modules.is_dir() && fs::read_to_string(&stamp).is_ok_and(|it| it == lock) {
        return Ok(Npm { node, modules });
    }
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let by_hand = format!("npm {} in a copy of {}", words.join(" "), described.display());
    if env("KONTOR_XTASK_NO_INSTALL").is_some() {
        bail!("missing, and KONTOR_XTASK_NO_INSTALL forbids to install: {by_hand}");
    }
    say(&format!("installing {name} from npm"));
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(described.join(file), folder.join(file)).with_context(|| format!("copying {file}"))?;
    }
    quietly(Command::new(npm).args(words).current_dir(&folder))
        .with_context(|| format!("by hand: {by_hand}"))?;
    fs::write(stamp, lock)?;
    Ok(Npm { node, modules })
}

/// The first number of `v20.1.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
