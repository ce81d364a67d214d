//! What sync costs payments: cheques recorded while the books are left alone, and while all of them are written there and
//! everything there is compared.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail, ensure};
use kontor_providers::http::Method;
use serde_json::{Value, json};

use super::{Outcome, both::Both, drive_for, scenarios, target::Target, warm};
use crate::cli::{Bench, Scenario};

/// So many paid invoices wait for sync, each of a customer of its own: as many writes as a little more than a minute allows.
const SALES: u64 = 450;
/// How often both are measured.
const SLICES: u64 = 5;

/// Records cheques with sync paused, and then while it catches up with them.
pub(super) async fn run(args: &Bench, target: &Arc<Target>) -> anyhow::Result<()> {
    ensure!(target.is_ours(), "this writes into books, so it is measured with a demo's: leave --url out");
    let books = books(target).await?;
    // The simulated company's account for sales.
    let choice = json!({ "configuration": { "IncomeAccount": "79" } });
    target.api(Method::Put, &books, "", Some(&choice)).await.context("choosing an account")?;
    let sync = format!("{books}/sync");
    let ask = async |path: &str, body: &Value| {
        target.api(Method::Post, &format!("{sync}/{path}"), "", Some(body)).await
    };
    ask("pause", &json!({})).await.context("pausing sync")?;
    for number in 0..SALES {
        scenarios::sell(target, number).await.context("making what is to be written")?;
    }
    warm(Scenario::OfflinePayment, target, args).await?;
    // In turns, so that a machine that is faster one minute than the next is as fast for both.
    let slice = args.seconds.div_ceil(SLICES);
    let (mut alone, mut beside, mut written) = (Vec::new(), Vec::new(), 0);
    for turn in 0..SLICES {
        alone.push(drive_for(slice, Scenario::OfflinePayment, target, args).await?);
        let paused = synced(target, &sync).await?;
        ask("resume", &json!({})).await.context("resuming sync")?;
        if turn == 0 {
            ask("run", &json!({ "full": true })).await.context("asking for a full run")?;
        }
        let before = begun(target, &sync, paused).await?;
        beside.push(drive_for(slice, Scenario::OfflinePayment, target, args).await?);
        written += synced(target, &sync).await?.saturating_sub(before);
        ask("pause", &json!({})).await.context("pausing sync")?;
        ended(target, &sync).await?;
    }
    ensure!(written > 0, "sync wrote nothing meanwhile: there is nothing to compare");
    let (alone, beside) = (Outcome::all(alone)?, Outcome::all(beside)?);
    let both = Both {
        scenario: Scenario::PaymentBesideSync,
        of: "offline payments",
        with: format!("sync writes {written} records and compares everything"),
    };
    both.report(args, target, &alone, &beside)
}

/// Where the connected books are found.
async fn books(target: &Target) -> anyhow::Result<String> {
    let organization = target.organization().await?;
    let all = format!("/api/organizations/{organization}/integrations");
    let listed = target.api(Method::Get, &all, "", None).await?;
    let rows = listed.get("integrations").and_then(Value::as_array).context("a list of integrations")?;
    let connected = |it: &&Value| it["provider"] == "QuickBooks" && it["connectionStatus"] == "Connected";
    let found = rows.iter().find(connected).and_then(|it| it["id"].as_str());
    let id = found.context("no books are connected; the demo's are")?;
    Ok(format!("{all}/{id}"))
}

/// Waits until more are written than were while it was paused: what happened is planned first. Returns how many are.
async fn begun(target: &Target, sync: &str, paused: u64) -> anyhow::Result<u64> {
    for _ in 0..600 {
        let written = synced(target, sync).await?;
        if written > paused {
            return Ok(written);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("sync wrote nothing in a minute")
}

/// Waits until nothing more of what was under way when it was paused comes in.
async fn ended(target: &Target, sync: &str) -> anyhow::Result<()> {
    let mut before = synced(target, sync).await?;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = synced(target, sync).await?;
        if after == before {
            return Ok(());
        }
        before = after;
    }
    bail!("sync did not come to rest in a minute")
}

/// How many records stand in the books as they do here.
async fn synced(target: &Target, sync: &str) -> anyhow::Result<u64> {
    let shown = target.api(Method::Get, sync, "", None).await?;
    let count = shown.pointer("/backlog/synced").and_then(Value::as_u64);
    count.context("how many records stand in the books")
}
