//! Lints and tests.

use std::process::Command;

use crate::{
    kms, packages,
    postgres::{Cluster, Use},
    run::{cargo, root, run, works},
    softhsm,
    tools::{self, Tools},
};

/// What tests are built with and nothing else is: points where the process can be stopped.
pub(crate) const FEATURES: &str = "kontor/crash-points";

/// Format and lints, warnings denied.
pub(crate) fn lint() -> anyhow::Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Every test, on both engines, with a real browser.
pub(crate) fn all(extra: &[String]) -> anyhow::Result<()> {
    let tools = tools::find()?;
    let sdks = packages::sdks(&tools.python)?;
    let cluster = Cluster::start(&tools.postgres, Use::Tests)?;
    let token = softhsm::prepare(cluster.folder())?;
    run(with(&mut runner(), &tools, &cluster)
        .env("KONTOR_TEST_SDKS_NODE", sdks.modules)
        .env("KONTOR_TEST_BOOKS_PYTHON", sdks.books)
        .env("KONTOR_TEST_SDKS_PYTHON", sdks.python)
        .env("SOFTHSM2_CONF", token)
        .args(extra))?;
    drop(cluster);
    // Whoever names tests means those of the workspace as it is built by default.
    if extra.is_empty() { kms::all(&[]) } else { Ok(()) }
}

/// The browser test, with its pictures.
pub(crate) fn browser() -> anyhow::Result<()> {
    let tools = tools::find()?;
    let cluster = Cluster::start(&tools.postgres, Use::Tests)?;
    let pictures = root().join("docs/pictures");
    std::fs::create_dir_all(&pictures)?;
    let mut command = cargo(&[
        "test",
        "--locked",
        "--package",
        "kontor",
        "--features",
        FEATURES,
        "--test",
        "it",
        "browser",
    ]);
    run(with(&mut command, &tools, &cluster).env("KONTOR_TEST_PICTURES", pictures))
}

/// nextest where it is there, else what cargo has.
fn runner() -> Command {
    let nextest = works("cargo", &["nextest", "--version"]);
    let words: &[&str] = if nextest { &["nextest", "run"] } else { &["test"] };
    let mut command = cargo(words);
    command.args(["--workspace", "--locked", "--features", FEATURES]);
    if !nextest {
        command.args(["--lib", "--bins", "--tests"]);
    }
    command
}

pub(crate) fn with<'a>(command: &'a mut Command, tools: &Tools, cluster: &Cluster) -> &'a mut Command {
    command
        .env("KONTOR_TEST_POSTGRES_URL", cluster.url("postgres"))
        .env("KONTOR_TEST_POSTGRES_BIN", &tools.postgres)
        .env("KONTOR_TEST_CHROMIUM", &tools.chromium)
        .env("KONTOR_TEST_CHROMEDRIVER", &tools.chromedriver)
        .env("KONTOR_TEST_PKCS11_MODULE", &tools.softhsm)
        .env("KONTOR_TEST_PYTHON", &tools.python)
        .env("KONTOR_TEST_NODE", &tools.oidc.node)
        .env("KONTOR_TEST_OIDC", &tools.oidc.modules)
}
