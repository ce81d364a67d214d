//! Logs to stderr, numbers for Prometheus, and a panic's place without its words, which may hold data.

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, Log};

/// Seconds: from a read of one row to the longest call to a provider.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];

/// The numbers so far.
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Prometheus' text.
    pub(crate) fn render(&self) -> String {
        // Histograms are folded here: nothing else does it regularly.
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Starts logs and numbers.
pub(crate) fn start(config: &Config) -> anyhow::Result<Metrics> {
    logs(&config.log)?;
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .context("the histograms' buckets")?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("the metrics are started already")?;
    Ok(Metrics(handle))
}

/// Starts logs alone.
pub(crate) fn logs_only() -> anyhow::Result<()> {
    logs(&Log { json: false, filter: "info".to_owned() })
}

fn logs(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| format!("log.filter {:?}", log.filter))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if log.json { builder.json().try_init() } else { builder.with_ansi(false).try_init() };
    started.map_err(|error| anyhow::anyhow!("the logs are started already: {error}"))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
    Ok(())
}
