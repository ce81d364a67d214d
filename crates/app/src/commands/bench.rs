//! `kontor bench`: the real operations over HTTP, against a running Kontor or one that is started for the run.

mod beside_sync;
mod both;
mod hanging;
mod lists;
mod open_secret;
mod scenarios;
mod target;
mod templates;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum as _;
use hdrhistogram::Histogram;
use kontor_store::Db;
use serde_json::json;

use crate::cli::{Bench, Scenario};
use target::Target;

/// The longest time that is told apart, in microseconds: a minute.
const LONGEST: u64 = 60_000_000;
/// Errors after which a run is not worth its figures.
const MAX_ERRORS: u64 = 1_000;
/// How long a scenario runs before it counts, in seconds.
const WARM: u64 = 3;

/// What one scenario showed.
struct Outcome {
    histogram: Histogram<u64>,
    errors: u64,
    elapsed: Duration,
    /// How long of it Kontor waited for providers, in seconds over all operations; none where that is not known.
    waited: Option<f64>,
}

impl Outcome {
    /// Several as one.
    fn all(parts: Vec<Self>) -> anyhow::Result<Self> {
        let histogram = Histogram::<u64>::new_with_max(LONGEST, 3)?;
        let mut all = Self { histogram, errors: 0, elapsed: Duration::ZERO, waited: None };
        for part in parts {
            all.histogram.add(part.histogram)?;
            all.errors = all.errors.saturating_add(part.errors);
            all.elapsed = all.elapsed.saturating_add(part.elapsed);
        }
        Ok(all)
    }

    /// What share of the operations' time was Kontor's own, and how long that is in the mean, in microseconds.
    fn own(&self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "a share for people; no money is counted here")]
        let count = self.histogram.len() as f64;
        let mean = self.histogram.mean();
        let own = mean - self.waited? * 1_000_000.0 / count.max(1.0);
        (mean > 0.0).then(|| (own / mean, own))
    }
}

/// Runs the scenarios one after another and prints their figures.
pub(crate) async fn run(args: Bench) -> anyhow::Result<()> {
    let asked =
        if args.scenario.is_empty() { Scenario::value_variants().to_vec() } else { args.scenario.clone() };
    let alone =
        |it: &Scenario| matches!(it, Scenario::Start | Scenario::OpenSecret | Scenario::LoadTemplates);
    let needs_target = asked.iter().any(|it| !alone(it));
    let mut target = if needs_target { Some(Arc::new(Target::find(&args).await?)) } else { None };
    let ran = measure_all(&args, &asked, target.as_ref()).await;
    if let Some(target) = target.take().and_then(Arc::into_inner) {
        target.end().await?;
    }
    ran
}

async fn measure_all(args: &Bench, asked: &[Scenario], target: Option<&Arc<Target>>) -> anyhow::Result<()> {
    let target = || target.context("there is nothing to measure");
    for scenario in asked {
        match scenario {
            Scenario::Start => start(args).await?,
            Scenario::OpenSecret => open_secret::run(args)?,
            Scenario::LoadTemplates => {
                let json = args.json;
                tokio::task::spawn_blocking(move || templates::run(json)).await??;
            }
            Scenario::ListIntegrations => lists::run(args, target()?).await?,
            Scenario::HangingProvider => hanging::run(args, target()?).await?,
            Scenario::PaymentBesideSync => beside_sync::run(args, target()?).await?,
            Scenario::ReadInvoice
            | Scenario::OfflinePayment
            | Scenario::Hosted
            | Scenario::ChargeSavedCard
            | Scenario::Refund
            | Scenario::Callback => {
                warm(*scenario, target()?, args).await?;
                let outcome = drive(*scenario, target()?, args).await?;
                report(*scenario, &outcome, target()?, args)?;
            }
        }
    }
    Ok(())
}

/// Runs a scenario for a moment, and has the database look at what is in its tables then, as it does by itself after a
/// minute: what it planned while they were empty goes through all of them. The first operations of a process, which are
/// slower than those after them, are thrown away with it.
async fn warm(scenario: Scenario, target: &Arc<Target>, args: &Bench) -> anyhow::Result<()> {
    drive_for(WARM.min(args.seconds), scenario, target, args).await?;
    if let Some(url) = &args.database_url {
        let db = Db::open(url).await.context("opening the database")?;
        db.analyze().await.context("having the database look at its tables")?;
        db.close().await;
    }
    Ok(())
}

/// Keeps `concurrency` operations under way until the time is up.
async fn drive(scenario: Scenario, target: &Arc<Target>, args: &Bench) -> anyhow::Result<Outcome> {
    drive_for(args.seconds, scenario, target, args).await
}

async fn drive_for(
    seconds: u64,
    scenario: Scenario,
    target: &Arc<Target>,
    args: &Bench,
) -> anyhow::Result<Outcome> {
    let errors = Arc::new(AtomicU64::new(0));
    let mut workers = Vec::new();
    let mut prepared = Vec::new();
    for place in 0..args.concurrency {
        prepared.push(scenarios::prepare(scenario, Arc::clone(target), place).await?);
    }
    let asks = scenarios::asks(scenario);
    let waited = if asks.is_empty() { None } else { target.provider_seconds(asks).await };
    let began = Instant::now();
    let until = began.checked_add(Duration::from_secs(seconds)).context("too long a run")?;
    for mut worker in prepared {
        let errors = Arc::clone(&errors);
        workers.push(tokio::spawn(async move {
            let mut histogram = Histogram::<u64>::new_with_max(LONGEST, 3)?;
            let mut last = None;
            while Instant::now() < until && errors.load(Ordering::Relaxed) < MAX_ERRORS {
                match timed(&mut worker).await {
                    Ok(took) => {
                        histogram.saturating_record(took);
                    }
                    Err(error) => {
                        errors.fetch_add(1, Ordering::Relaxed);
                        last = Some(error);
                    }
                }
            }
            anyhow::Ok((histogram, last))
        }));
    }
    let mut histogram = Histogram::<u64>::new_with_max(LONGEST, 3)?;
    let mut last = None;
    for worker in workers {
        let (one, error) = worker.await.context("a worker ended")??;
        histogram.add(one)?;
        last = error.or(last);
    }
    let errors = errors.load(Ordering::Relaxed);
    if histogram.is_empty() {
        let error = last.unwrap_or_else(|| anyhow::anyhow!("nothing ended in time"));
        return Err(error.context("no operation succeeded"));
    }
    if let Some(error) = last {
        tracing::warn!(errors, %error, "operations failed");
    }
    let elapsed = began.elapsed();
    let waited = match waited {
        Some(before) => target.provider_seconds(asks).await.map(|after| after - before),
        None => None,
    };
    Ok(Outcome { histogram, errors, elapsed, waited })
}

/// One operation, in microseconds, from the request to the answer.
async fn timed(worker: &mut scenarios::Worker) -> anyhow::Result<u64> {
    worker.ready().await?;
    let began = Instant::now();
    worker.once().await?;
    Ok(u64::try_from(began.elapsed().as_micros()).unwrap_or(LONGEST))
}

fn report(scenario: Scenario, outcome: &Outcome, target: &Target, args: &Bench) -> anyhow::Result<()> {
    let name = scenario.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default();
    let count = outcome.histogram.len();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people; no money is counted here")]
    let rate = count as f64 / outcome.elapsed.as_secs_f64().max(f64::EPSILON);
    let at = |quantile| outcome.histogram.value_at_quantile(quantile);
    let memory = target.resident_kib();
    if args.json {
        let line = json!({
            "scenario": name, "database": target.database, "concurrency": args.concurrency,
            "seconds": outcome.elapsed.as_secs_f64(), "count": count, "errors": outcome.errors, "perSecond": rate,
            "microseconds": { "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": outcome.histogram.max() },
            "residentKiB": memory,
            "own": outcome.own().map(|(share, mean)| json!({ "share": share, "meanMicroseconds": mean })),
        });
        return crate::say(&line.to_string());
    }
    let own = outcome
        .own()
        .map(|(share, mean)| format!("  Kontor's own {:.0} % ({mean:.0} µs in the mean)", share * 100.0));
    let own = own.unwrap_or_default();
    let resident = memory.map(|it| format!("  {} MB resident", it / 1_024)).unwrap_or_default();
    crate::say(&format!(
        "{name:<16} {:<10} {rate:>9.1}/s  p50 {:>7} µs  p90 {:>7} µs  p99 {:>7} µs  max {:>8} µs  {count} done, {} failed{own}{resident}",
        target.database,
        at(0.5),
        at(0.9),
        at(0.99),
        outcome.histogram.max(),
        outcome.errors,
    ))
}

/// Times a start on an empty folder, five times over.
async fn start(args: &Bench) -> anyhow::Result<()> {
    if args.database_url.is_some() {
        tracing::info!("start is always measured on an empty folder");
    }
    let mut times = Vec::new();
    let mut memory = None;
    for _ in 0..5 {
        let (took, resident) = target::time_to_ready().await?;
        times.push(took);
        memory = resident.or(memory);
    }
    times.sort_unstable();
    let (Some(best), Some(median)) = (times.first(), times.get(2)) else { bail!("nothing was started") };
    let ms = |it: &Duration| it.as_secs_f64() * 1_000.0;
    if args.json {
        let line = json!({ "scenario": "start", "milliseconds": { "best": ms(best), "median": ms(median) }, "residentKiB": memory });
        return crate::say(&line.to_string());
    }
    let resident = memory.map(|it| format!("  {} MB resident", it / 1_024)).unwrap_or_default();
    crate::say(&format!(
        "start            best {:.0} ms, median of five {:.0} ms{resident}",
        ms(best),
        ms(median)
    ))
}
