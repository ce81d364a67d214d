//! What sync costs payments: cheques recorded while the books are left alone, and while all of them are written there and
//! everything there is compared.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use kontor_providers::http::Method;
use serde_json::{Value, json};

use super::{both::Both, drive, target::Target};
use crate::cli::{Bench, Scenario};

/// Records cheques with sync paused, and then while it catches up with them.
pub(super) async fn run(args: &Bench, target: &Arc<Target>) -> anyhow::Result<()> {
    let sync = books(target).await?;
    let ask = async |path: &str, body: &Value| {
        target.api(Method::Post, &format!("{sync}/{path}"), "", Some(body)).await
    };
    ask("pause", &json!({})).await.context("pausing sync")?;
    // Thrown away: the first payments of a process are slower than those after them.
    drive(Scenario::OfflinePayment, target, args).await?;
    let alone = drive(Scenario::OfflinePayment, target, args).await?;
    let before = written(target, &sync).await?;
    ask("resume", &json!({})).await.context("resuming sync")?;
    ask("run", &json!({ "full": true })).await.context("asking for a full run")?;
    let beside = drive(Scenario::OfflinePayment, target, args).await?;
    let written = written(target, &sync).await?.saturating_sub(before);
    ensure!(written > 0, "sync wrote nothing meanwhile: there is nothing to compare");
    let both = Both {
        scenario: Scenario::PaymentBesideSync,
        of: "offline payments",
        with: format!("sync writes {written} records and compares everything"),
    };
    both.report(args, target, &alone, &beside)
}

/// Where the sync of the connected books is found.
async fn books(target: &Target) -> anyhow::Result<String> {
    let organization = target.organization().await?;
    let all = format!("/api/organizations/{organization}/integrations");
    let listed = target.api(Method::Get, &all, "", None).await?;
    let rows = listed.get("data").and_then(Value::as_array).context("a list of integrations")?;
    let connected = |it: &&Value| it["provider"] == "QuickBooks" && it["connectionStatus"] == "Connected";
    let found = rows.iter().find(connected).and_then(|it| it["id"].as_str());
    let id = found.context("no books are connected; the demo's are")?;
    Ok(format!("{all}/{id}/sync"))
}

/// How many records stand in the books as they do here.
async fn written(target: &Target, sync: &str) -> anyhow::Result<u64> {
    let shown = target.api(Method::Get, sync, "", None).await?;
    let count = shown.pointer("/backlog/synced").and_then(Value::as_u64);
    count.context("how many records stand in the books")
}
