//! `kontor simulate`: the providers' simulators alone.

use std::sync::Arc;

use anyhow::Context as _;
use kontor_simulators::{Settings, worldpay};
use serde_json::json;

use crate::{cli, shutdown::Shutdown, telemetry};

pub(crate) async fn run(args: cli::Simulate) -> anyhow::Result<()> {
    telemetry::logs_only()?;
    let ambient = crate::ambient::ambient();
    let listen = args.listen.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
    let mut settings = Settings::new(listen, Arc::new(move || ambient.now()));
    settings.state = args.state;
    let shutdown = Shutdown::listen()?;
    let worldpay = worldpay::start(settings).await.with_context(|| format!("listening on {listen}"))?;
    if args.json {
        let line = json!({
            "simulators": { "authorizeNet": null, "worldpay": worldpay.url(), "quickBooks": null },
            "credentials": { "authorizeNet": [], "worldpay": worldpay.credentials(), "quickBooks": null },
        });
        crate::say(&line.to_string())?;
    } else {
        crate::say(&format!("Worldpay   {0}\n           {0}/_sim shows what happens there", worldpay.url()))?;
    }
    shutdown.asked().await;
    worldpay.stop().await;
    Ok(())
}
