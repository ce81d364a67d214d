//! Figures of a release build, beside pgbench's from the same cluster.

use std::process::Command;

use crate::{
    postgres::{Cluster, Use},
    run::{cargo, quietly, root, run},
    tools,
};

pub(crate) fn all(pgbench: bool, extra: &[String]) -> anyhow::Result<()> {
    run(&mut cargo(&["build", "--release", "--locked", "--package", "kontor"]))?;
    let bin = tools::find_postgres()?;
    let cluster = Cluster::start(&bin, Use::Measuring)?;
    quietly(cluster.client("createdb").arg("kontor_bench"))?;
    let url = cluster.url("kontor_bench");
    let kontor = root().join("target/release/kontor");
    run(Command::new(kontor).arg("bench").args(["--database-url", &url]).args(extra).current_dir(root()))?;
    if pgbench {
        quietly(cluster.client("createdb").arg("pgbench"))?;
        quietly(cluster.client("pgbench").args(["-i", "-q", "-s", "16", "pgbench"]))?;
        run(cluster.client("pgbench").args(["-c", "16", "-j", "2", "-T", "10", "pgbench"]))?;
    }
    Ok(())
}
