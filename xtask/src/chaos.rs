//! A long random run against the money path and against sync, on both engines at once. In rounds of half a minute, each with a seed of its
//! own that is printed: one that fails is run again by its seed.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::{
    postgres::{Cluster, Use},
    run::{cargo, run, say},
    test::{self, FEATURES},
    tools,
};

/// Seconds of a round.
const ROUND: u64 = 30;

/// Runs for about so many minutes; without a seed one is made up.
pub(crate) fn all(minutes: u64, seed: Option<u64>) -> anyhow::Result<()> {
    let tools = tools::find()?;
    let cluster = Cluster::start(&tools.postgres, Use::Tests)?;
    // Short enough to be typed again.
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish() % 1_000_000_000);
    let rounds = minutes.saturating_mul(60).div_ceil(ROUND).max(1);
    say(&format!(
        "{rounds} rounds from seed {seed}; again: cargo xtask chaos --minutes {minutes} --seed {seed}"
    ));
    let mut command = cargo(&["test", "--workspace", "--locked", "--features", FEATURES, "--test", "it"]);
    command.args(["--", "money::chaos", "sync::convergence", "--nocapture", "--test-threads", "2"]);
    run(test::with(&mut command, &tools, &cluster)
        .env("KONTOR_TEST_CHAOS_SEED", seed.to_string())
        .env("KONTOR_TEST_CHAOS_SECONDS", ROUND.to_string())
        .env("KONTOR_TEST_CHAOS_ROUNDS", rounds.to_string()))
}
