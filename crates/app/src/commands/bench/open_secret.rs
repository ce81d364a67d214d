//! How long opening one sealed secret takes while its organization's key is at hand: the vault's own work, without the
//! database and the audit row around it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use kontor_domain::Secret;
use kontor_vault::{Context, Dek, open, seal};
use serde_json::json;

use crate::cli::Bench;

/// The secret's length, in bytes: an API key's.
const LENGTH: usize = 64;
/// The longest time that is told apart, in nanoseconds: a second.
const LONGEST: u64 = 1_000_000_000;
/// Openings between two looks at the clock that ends the run.
const BATCH: u32 = 1_000;

/// Opens the same record again and again on one thread until the time is up.
pub(super) fn run(args: &Bench) -> anyhow::Result<()> {
    let ambient = crate::ambient::ambient();
    let place = Context {
        organization: "org_0192f0c1e4b87c3a9d5e6f708192a3b4".to_owned(),
        integration: "int_0192f0c1e4b87c3a9d5e6f708192a3b4".to_owned(),
        field: "AccountToken".to_owned(),
        version: 7,
        purpose: "integration-credential".to_owned(),
    };
    let dek = Dek::generate(1, ambient.entropy());
    let record = seal(&dek, &place, &Secret::new("k".repeat(LENGTH)), ambient.entropy())?;
    let mut histogram = Histogram::<u64>::new_with_max(LONGEST, 3)?;
    let began = Instant::now();
    let until = began.checked_add(Duration::from_secs(args.seconds)).context("too long a run")?;
    while Instant::now() < until {
        for _ in 0..BATCH {
            let one = Instant::now();
            let secret = open(&dek, &place, &record)?;
            let took = one.elapsed();
            anyhow::ensure!(secret.expose().len() == LENGTH, "another secret was opened");
            histogram.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(LONGEST));
        }
    }
    report(args, &histogram)
}

fn report(args: &Bench, histogram: &Histogram<u64>) -> anyhow::Result<()> {
    let at = |quantile| histogram.value_at_quantile(quantile);
    let (p50, p99, count) = (at(0.5), at(0.99), histogram.len());
    if args.json {
        let line = json!({
            "scenario": "open-secret", "count": count,
            "nanoseconds": { "p50": p50, "p90": at(0.9), "p99": p99, "max": histogram.max() },
        });
        return crate::say(&line.to_string());
    }
    crate::say(&format!(
        "open-secret      one thread, key at hand: p50 {p50} ns  p99 {p99} ns  max {} ns  {count} opened",
        histogram.max()
    ))
}
