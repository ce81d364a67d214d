//! Licences, sources, bans and unused dependencies.

use std::process::Command;

use crate::run::{cargo, root, run, say, works};

/// The tools, compiled into the project's own folder the first time.
const TOOLS: [&str; 2] = ["cargo-deny", "cargo-machete"];

pub(crate) fn all() -> anyhow::Result<()> {
    let home = root().join("target/tools");
    for tool in TOOLS {
        if !works(home.join("bin").join(tool), &["--version"]) {
            run(cargo(&["install", "--locked", "--root"]).arg(&home).arg(tool))?;
        }
    }
    // cargo-deny looks at every platform's dependencies, also at those that no build here has fetched.
    run(&mut cargo(&["fetch", "--locked"]))?;
    let deny = ["--offline", "--all-features", "check", "bans", "licenses", "sources"];
    run(Command::new(home.join("bin/cargo-deny")).args(deny).current_dir(root()))?;
    run(Command::new(home.join("bin/cargo-machete")).current_dir(root()))?;
    say(
        "Not checked: known vulnerabilities. Their database comes over the network: cargo deny check advisories.",
    );
    Ok(())
}
