//! What tests talk through or to that is not ours: the providers' own clients, and servers of others. By pip and npm,
//! by name, in the versions that are written down beside the tests.
//!
//! Owns the folders that they lie in, below `target`. Refuses to touch what the system's Python has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::{
    npm,
    run::{env, quietly, root, say, works},
};

/// The providers' own clients.
pub(crate) struct Sdks {
    /// A Python that has them.
    pub(crate) python: PathBuf,
    /// A Python that has python-quickbooks, which does not go together with the newest of the others.
    pub(crate) books: PathBuf,
    /// The folder of those for Node.
    pub(crate) modules: PathBuf,
}

/// Finds the clients; installs what is missing, or says what is.
pub(crate) fn sdks(python: &Path) -> anyhow::Result<Sdks> {
    let described = root().join("crates/simulators/tests/sdks");
    let modules = npm::prepare("sdks", &described)?.modules;
    let books = pip("books", python, &described.join("books/requirements.txt"))?;
    Ok(Sdks { python: pip("sdks", python, &described.join("requirements.txt"))?, books, modules })
}

/// What stands for AWS's key service; returns a Python that has it.
pub(crate) fn moto(python: &Path) -> anyhow::Result<PathBuf> {
    pip("moto", python, &root().join("crates/vault/tests/moto.txt"))
}

/// A Python of its own that has what the file lists, unless it is there already.
fn pip(name: &str, python: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
    let folder = root().join("target/pip").join(name);
    let inner = folder.join("bin/python");
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("the list of packages {}", requirements.display()))?;
    let version = quietly(Command::new(python).arg("--version"))?;
    let stamp = folder.join("installed.txt");
    // Another Python's packages are of no use to this one.
    let installed = format!("{version}{wanted}");
    if fs::read_to_string(&stamp).is_ok_and(|it| it == installed) && works(&inner, &["--version"]) {
        return Ok(inner);
    }
    let (venv, list) = (folder.display().to_string(), requirements.display().to_string());
    let by_hand = format!("{} -m venv {venv} && {venv}/bin/pip install -r {list}", python.display());
    if env("KONTOR_XTASK_NO_INSTALL").is_some() {
        bail!("missing, and KONTOR_XTASK_NO_INSTALL forbids to install: {by_hand}");
    }
    say(&format!("installing {name} by pip"));
    quietly(Command::new(python).args(["-m", "venv", "--clear", &venv])).with_context(|| {
        format!("Python's own venv is missing (python3-venv on Debian); by hand: {by_hand}")
    })?;
    let words = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", &list];
    quietly(Command::new(&inner).args(words)).with_context(|| format!("by hand: {by_hand}"))?;
    fs::write(stamp, installed)?;
    Ok(inner)
}

#[cfg(test)]
mod tests;
