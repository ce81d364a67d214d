//! `kontor keys …`: what can be typed, and nothing of what it does.

use clap::{Args, Subcommand};

use super::Settings;

/// `kontor keys …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Tells how many keys and records are under which key.
    Status {
        #[command(flatten)]
        settings: Settings,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a new key and brings everything under it, while others serve.
    #[command(subcommand)]
    Rotate(Rotate),
}

/// `kontor keys rotate …`. Ended in the middle, the same command goes on.
#[derive(Debug, Subcommand)]
pub(crate) enum Rotate {
    /// The key-encryption key: the one in `vault.next`, or a new file beside the older.
    Kek(Rotation),
    /// The organizations' own keys: every record is sealed anew.
    Dek {
        #[command(flatten)]
        rotation: Rotation,
        /// One organization alone, by id or code.
        #[arg(long)]
        org: Option<String>,
    },
}

/// How a rotation goes.
#[derive(Debug, Args)]
pub(crate) struct Rotation {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Keys or records that are written in one transaction.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub(crate) batch: i64,
    /// Ends the process as by a kill at this step, to try what follows.
    #[arg(long, hide = true)]
    pub(crate) stop_after: Option<u64>,
}
