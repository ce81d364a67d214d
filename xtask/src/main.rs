//! What developers and CI type: tests with everything they need, lints, audits, benches.
//!
//! Installs what is missing where it may, else says exactly what is. Cleans up after itself, however it ends.

mod audit;
mod bench;
mod chaos;
mod kms;
mod npm;
mod packages;
mod postgres;
mod run;
mod softhsm;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "Kontor's chores")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All tests, on SQLite and on a PostgreSQL of its own, and the browser test.
    Test {
        /// For the test runner, after `--`.
        #[arg(last = true)]
        extra: Vec<String>,
    },
    /// Format, lints, then all tests.
    Ci,
    /// The tests of the key service's backend alone, against a server that stands for the service.
    Kms {
        /// For the test runner, after `--`, in place of the choice of tests.
        #[arg(last = true)]
        extra: Vec<String>,
    },
    /// The browser test alone; writes its pictures to docs/pictures.
    Browser,
    /// Licences, sources, bans and unused dependencies. Compiles its tools the first time.
    Audit,
    /// A long random run against the money path: operations, faults, stops. Prints its seed.
    Chaos {
        /// For about how long.
        #[arg(long, default_value_t = 5)]
        minutes: u64,
        /// The seed of the first round; the others follow it.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Builds for release and measures.
    Bench {
        /// Prints pgbench's TPC-B rate from the same cluster too.
        #[arg(long)]
        pgbench: bool,
        /// For `kontor bench`, after `--`.
        #[arg(last = true)]
        extra: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { extra } => test::all(&extra),
        Task::Ci => test::lint().and_then(|()| test::all(&[])),
        Task::Kms { extra } => kms::all(&extra),
        Task::Browser => test::browser(),
        Task::Audit => audit::all(),
        Task::Chaos { minutes, seed } => chaos::all(minutes, seed),
        Task::Bench { pgbench, extra } => bench::all(pgbench, &extra),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
