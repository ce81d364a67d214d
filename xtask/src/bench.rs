//! Figures of a release build, beside pgbench's from the same cluster.

use std::{fs, process::Command};

use crate::{
    postgres::{Cluster, Use},
    run::{cargo, quietly, root, run, say},
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
        for clients in ["16", "1"] {
            tpc_b(&cluster, clients)?;
        }
    }
    Ok(())
}

/// TPC-B, prepared as Kontor's statements are, with the slowest of it: pgbench itself tells only the mean.
fn tpc_b(cluster: &Cluster, clients: &str) -> anyhow::Result<()> {
    let logs = root().join("target/pgbench");
    if logs.exists() {
        fs::remove_dir_all(&logs)?;
    }
    fs::create_dir_all(&logs)?;
    let options = ["-M", "prepared", "-n", "-l", "-T", "10", "-c", clients, "-j", "2", "pgbench"];
    run(cluster.client("pgbench").args(options).current_dir(&logs))?;
    let mut took = Vec::new();
    for log in fs::read_dir(&logs)? {
        let text = fs::read_to_string(log?.path())?;
        // A line is the client, the number of its transaction, the microseconds that it took, and more.
        took.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
    }
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default();
    say(&format!("TPC-B, {clients} at once: p50 {} µs, p90 {} µs, p99 {} µs", at(50), at(90), at(99)));
    Ok(())
}
