//! Finds the programs that tests need, and installs Debian's packages where they are missing and it may.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::{
    npm::{self, Npm},
    run::{env, root, run, say, works},
};

/// What was found.
pub(crate) struct Tools {
    /// The folder of PostgreSQL's server programs.
    pub(crate) postgres: PathBuf,
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
    /// SoftHSM's PKCS#11 module.
    pub(crate) softhsm: PathBuf,
    /// A Python that has `cryptography`.
    pub(crate) python: PathBuf,
    /// Node, with an OAuth server that is not ours.
    pub(crate) oidc: Npm,
}

/// Finds everything; installs what is missing, or says what is.
pub(crate) fn find() -> anyhow::Result<Tools> {
    let mut missing = missing();
    if !missing.is_empty() {
        install(&missing)?;
        missing = self::missing();
    }
    if let Some(package) = missing.first() {
        bail!("{package} is installed but its programs were not found");
    }
    Ok(Tools {
        postgres: postgres().context("PostgreSQL's programs")?,
        chromium: program(&CHROMIUM).context("Chromium")?,
        chromedriver: program(&CHROMEDRIVER).context("ChromeDriver")?,
        softhsm: softhsm().context("SoftHSM's module")?,
        python: python().context("Python with cryptography")?,
        oidc: npm::prepare("oidc", &root().join("crates/app/tests/oidc"))?,
    })
}

/// PostgreSQL alone, for benches.
pub(crate) fn find_postgres() -> anyhow::Result<PathBuf> {
    if postgres().is_none() {
        install(&["postgresql"])?;
    }
    postgres().context("PostgreSQL's programs were not found")
}

const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const CHROMEDRIVER: [&str; 2] = ["chromedriver", "chromium-driver"];

fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if postgres().is_none() {
        missing.push("postgresql");
    }
    if program(&CHROMIUM).is_none() {
        missing.push("chromium");
    }
    if program(&CHROMEDRIVER).is_none() {
        missing.push("chromium-driver");
    }
    if softhsm().is_none() || program(&["softhsm2-util"]).is_none() {
        missing.push("softhsm2");
    }
    if python().is_none() {
        missing.push("python3-cryptography");
    }
    if program(&["curl"]).is_none() {
        missing.push("curl");
    }
    if !python().is_some_and(|it| works(it, &["-c", "import venv, ensurepip"])) {
        missing.push("python3-venv");
    }
    missing
}

/// Where Debian and others put SoftHSM's module.
fn softhsm() -> Option<PathBuf> {
    let places =
        ["/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm"];
    places.iter().map(|it| Path::new(it).join("libsofthsm2.so")).find(|it| it.is_file())
}

/// The one on the path, or the system's, whichever has `cryptography`.
fn python() -> Option<PathBuf> {
    let has = |it: &PathBuf| works(it, &["-c", "import cryptography"]);
    program(&["python3"]).filter(has).or_else(|| Some(PathBuf::from("/usr/bin/python3")).filter(has))
}

/// The newest server that Debian's packages put there, or the one on the path.
fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = newest(versions.map(|it| it.path()).filter(|it| it.join("bin/initdb").is_file()).collect());
    found.map(|it| it.join("bin")).or_else(|| program(&["initdb"])?.parent().map(Path::to_path_buf))
}

/// The folder whose name is the highest number.
fn newest(folders: Vec<PathBuf>) -> Option<PathBuf> {
    let number = |it: &PathBuf| it.file_name().and_then(|it| it.to_str()?.parse::<u32>().ok());
    folders.into_iter().filter(|it| number(it).is_some()).max_by_key(number)
}

pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env("PATH").unwrap_or_default();
    names
        .iter()
        .flat_map(|name| path.split(':').map(move |folder| Path::new(folder).join(name)))
        .find(|it| it.is_file())
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let by_hand = format!("sudo apt-get install {}", packages.join(" "));
    if env("KONTOR_XTASK_NO_INSTALL").is_some() {
        bail!("missing, and KONTOR_XTASK_NO_INSTALL forbids to install: {by_hand}");
    }
    if program(&["apt-get"]).is_none() {
        bail!("missing: {}. On Debian: {by_hand}; elsewhere install the same programs", packages.join(", "));
    }
    let sudo: &[&str] = match (works("test", &["-w", "/var/lib/dpkg"]), works("sudo", &["-n", "true"])) {
        (true, _) => &[],
        (false, true) => &["sudo", "-n"],
        (false, false) => bail!("missing, and this user may not install: {by_hand}"),
    };
    say(&format!("installing {}", packages.join(", ")));
    // A server cluster of the system's would only be in the way: the tests make their own.
    let apt = |args: &[&str]| {
        let mut words: Vec<&str> = sudo.to_vec();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq", "-y"]);
        words.extend(args);
        let Some((first, rest)) = words.split_first() else { bail!("nothing to run") };
        run(Command::new(first).args(rest))
    };
    apt(&["update"])
        .and_then(|()| {
            let mut args = vec!["install", "--no-install-recommends"];
            args.extend(packages);
            apt(&args)
        })
        .with_context(|| format!("by hand: {by_hand}"))
}

#[cfg(test)]
mod tests;
