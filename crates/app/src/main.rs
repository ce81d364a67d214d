//! The binary: settings, the command line, and the one place where real time, randomness and the environment enter.

mod ambient;
#[cfg(feature = "crash-points")]
mod armed;
mod cli;
mod commands;
mod config;
mod keks;
mod shutdown;
mod start;
mod telemetry;

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

use cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => commands::demo::run(args).await,
        Command::Serve(args) => commands::serve::run(args).await,
        Command::Simulate(args) => commands::simulate::run(args).await,
        Command::Migrate(args) => commands::migrate::run(args).await,
        Command::Doctor(args) => commands::doctor::run(args).await,
        Command::Org(args) => commands::org::run(args).await,
        Command::Keys(args) => commands::keys::run(args).await,
        Command::Token(args) => commands::token::run(args).await,
        Command::Access(args) => commands::access::run(args).await,
        Command::Templates(args) => commands::templates::run(args).await,
        Command::Bench(args) => commands::bench::run(args).await,
    }
}

/// Writes to stdout: what the command was asked for, and nothing else.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let (on, off) = if std::io::stderr().is_terminal() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    let _ = writeln!(std::io::stderr(), "{on}error{off}: {error:#}");
    ExitCode::FAILURE
}
