//! How much longer a list of 1,000 integrations takes than one of 10, when nothing changed and after a change.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use kontor_providers::http::Method;
use serde_json::{Value, json};

use super::{LONGEST, target::Target};
use crate::cli::Bench;

/// The two lengths that are compared.
const LENGTHS: [usize; 2] = [10, 1_000];
/// How often the list is read right after a change.
const CHANGES: usize = 50;

/// The times of one length, in microseconds.
struct Times {
    unchanged: Histogram<u64>,
    changed: Histogram<u64>,
    bytes: usize,
}

/// Fills the organization up to each length and reads its list; prints the times and their ratios.
pub(super) async fn run(args: &Bench, target: &Target) -> anyhow::Result<()> {
    let organization = target.organization().await?;
    let path = format!("/api/organizations/{organization}/integrations");
    let mut made = Vec::new();
    let ran = measure(args, target, &path, &mut made).await;
    // A Kontor that is not ours keeps nothing of this.
    if !target.is_ours() {
        for id in made {
            target.api(Method::Delete, &format!("{path}/{id}"), "", None).await.context("tidying up")?;
        }
    }
    report(args, target, &ran?)
}

async fn measure(
    args: &Bench,
    target: &Target,
    path: &str,
    made: &mut Vec<String>,
) -> anyhow::Result<Vec<Times>> {
    let mut all = Vec::new();
    for length in LENGTHS {
        fill(target, path, length, made).await?;
        let until =
            Instant::now().checked_add(Duration::from_secs(args.seconds)).context("too long a run")?;
        let mut times =
            Times { unchanged: histogram()?, changed: histogram()?, bytes: target.time(path).await?.1 };
        while Instant::now() < until {
            record(&mut times.unchanged, target.time(path).await?.0);
        }
        let one = made.first().context("the organization had as many integrations before")?;
        for at in 0..CHANGES {
            let change = json!({ "displayName": format!("Bench {at}") });
            target.api(Method::Put, &format!("{path}/{one}"), "", Some(&change)).await?;
            record(&mut times.changed, target.time(path).await?.0);
        }
        all.push(times);
    }
    Ok(all)
}

fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::<u64>::new_with_max(LONGEST, 3)?)
}

fn record(histogram: &mut Histogram<u64>, took: Duration) {
    histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST));
}

/// Adds integrations until there are so many.
async fn fill(target: &Target, path: &str, length: usize, made: &mut Vec<String>) -> anyhow::Result<()> {
    let listed = target.api(Method::Get, path, "", None).await?;
    let there = listed.get("integrations").and_then(Value::as_array).map_or(0, Vec::len);
    if there >= length && made.is_empty() {
        bail!("the organization has {there} integrations already; measure with one that has fewer than 10");
    }
    for at in there..length {
        let body = json!({
            "integrationType": 1, "provider": "WorldPay", "displayName": format!("Bench {at}"), "isEnabled": false,
            "configuration": { "ApplicationId": "1" },
            "secrets": { "AccountId": "1", "AccountToken": "1", "AcceptorId": "1" },
        });
        let one = target.api(Method::Post, path, "", Some(&body)).await.context("adding an integration")?;
        made.push(one.get("id").and_then(Value::as_str).context("it has no id")?.to_owned());
    }
    Ok(())
}

fn report(args: &Bench, target: &Target, all: &[Times]) -> anyhow::Result<()> {
    let [few, many] = all else { bail!("two lengths are compared") };
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people; no money is counted here")]
    let ratio = |few: &Histogram<u64>, many: &Histogram<u64>| {
        many.value_at_quantile(0.5) as f64 / (few.value_at_quantile(0.5).max(1)) as f64
    };
    let unchanged = ratio(&few.unchanged, &many.unchanged);
    let changed = ratio(&few.changed, &many.changed);
    let part = |length: usize, it: &Times| {
        json!({
            "integrations": length, "bytes": it.bytes, "reads": it.unchanged.len(),
            "microseconds": { "p50": it.unchanged.value_at_quantile(0.5), "p99": it.unchanged.value_at_quantile(0.99),
                "p50AfterChange": it.changed.value_at_quantile(0.5) },
        })
    };
    let [short, long] = LENGTHS;
    if args.json {
        let line = json!({
            "scenario": "list-integrations", "database": target.database, "ratio": unchanged,
            "ratioAfterChange": changed, "lists": [part(short, few), part(long, many)],
            "residentKiB": target.resident_kib(),
        });
        return crate::say(&line.to_string());
    }
    crate::say(&format!(
        "list-integrations {:<8} {short}: p50 {} µs, {long}: p50 {} µs, ratio {unchanged:.2}; after a change {} µs and {} µs, ratio {changed:.2}",
        target.database,
        few.unchanged.value_at_quantile(0.5),
        many.unchanged.value_at_quantile(0.5),
        few.changed.value_at_quantile(0.5),
        many.changed.value_at_quantile(0.5),
    ))
}
