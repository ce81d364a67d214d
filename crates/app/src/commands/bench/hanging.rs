//! What one organization's hanging provider costs the others: charges of saved cards with and without it, and the ratio.

use std::{sync::Arc, time::Duration};

use kontor_providers::http::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::{both::Both, drive, target::Target, warm};
use crate::cli::{Bench, Scenario};

/// How long each of the provider's answers takes.
const HANGS: Duration = Duration::from_secs(30);
/// Until the other organization's calls are under way.
const BEGIN: Duration = Duration::from_secs(1);

/// Charges one organization's cards alone, and then while as many requests of another one wait for its own provider.
pub(super) async fn run(args: &Bench, target: &Arc<Target>) -> anyhow::Result<()> {
    warm(Scenario::ChargeSavedCard, target, args).await?;
    let alone = drive(Scenario::ChargeSavedCard, target, args).await?;
    let fault = json!({
        "operation": "*", "occurrence": "every", "action": "delay", "delayMs": u64::try_from(HANGS.as_millis())?,
    });
    target.worldpay(Method::Post, "/_sim/faults", Some(&fault)).await?;
    let mut waiting = JoinSet::new();
    for _ in 0..args.concurrency {
        waiting.spawn(wait_for_provider(Arc::clone(target)));
    }
    tokio::time::sleep(BEGIN).await;
    let beside = drive(Scenario::ChargeSavedCard, target, args).await;
    waiting.shutdown().await;
    target.worldpay(Method::Delete, "/_sim/faults", None).await?;
    let both = Both {
        scenario: Scenario::HangingProvider,
        of: "charges",
        with: "another organization's provider hangs".to_owned(),
    };
    both.report(args, target, &alone, &beside?)
}

/// Opens hosted pages of the other organization for as long as it is let, one after another.
async fn wait_for_provider(target: Arc<Target>) {
    loop {
        let back = target.base().join("/healthz").map(String::from).unwrap_or_default();
        let body =
            json!({ "customerNumber": "CUST-1001", "transactionAmount": 1, "applicationReturnUrl": back });
        let path = "/api/payments/worldpay/transaction-setup";
        if let Err(error) = target.other(Method::Post, path, Some(&body)).await {
            tracing::debug!(%error, "the other organization has no page");
        }
    }
}
