//! The same operations twice: alone, and beside something else. What that costs them is a ratio.

use anyhow::Context as _;
use clap::ValueEnum as _;
use serde_json::json;

use super::{Outcome, target::Target};
use crate::cli::{Bench, Scenario};

/// What is compared.
pub(super) struct Both {
    pub(super) scenario: Scenario,
    /// The operations.
    pub(super) of: &'static str,
    /// What goes on beside them, after "while".
    pub(super) with: String,
}

impl Both {
    pub(super) fn report(
        &self,
        args: &Bench,
        target: &Target,
        alone: &Outcome,
        beside: &Outcome,
    ) -> anyhow::Result<()> {
        let at = |it: &Outcome, quantile| it.histogram.value_at_quantile(quantile);
        let (before, during) = (at(alone, 0.99), at(beside, 0.99));
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people; no money is counted here")]
        let ratio = during as f64 / (before as f64).max(1.0);
        let name = self.scenario.to_possible_value().context("it has a name")?.get_name().to_owned();
        let Self { of, with, .. } = self;
        if args.json {
            let figures = |it: &Outcome| json!({ "p50": at(it, 0.5), "p99": at(it, 0.99), "count": it.histogram.len(), "errors": it.errors });
            let line = json!({
                "scenario": name, "database": target.database, "concurrency": args.concurrency, "with": with,
                "alone": figures(alone), "beside": figures(beside), "ratio": ratio,
            });
            return crate::say(&line.to_string());
        }
        crate::say(&format!(
            "{name:<16} {:<10} {of} alone p50 {} µs, p99 {before} µs; while {with} p50 {} µs, p99 {during} µs: {ratio:.2} times \
             at the 99th of 100; {} and {} failed",
            target.database,
            at(alone, 0.5),
            at(beside, 0.5),
            alone.errors,
            beside.errors,
        ))
    }
}
