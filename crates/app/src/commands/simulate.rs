//! `kontor simulate`: the providers' simulators alone.

use serde_json::json;

use super::simulators::Simulators;
use crate::{cli, shutdown::Shutdown, telemetry};

pub(crate) async fn run(args: cli::Simulate) -> anyhow::Result<()> {
    let listen = args.listen().unwrap_or_else(|wrong| wrong.exit());
    telemetry::logs_only()?;
    let shutdown = Shutdown::listen()?;
    let simulators = Simulators::start(listen, args.state).await?;
    if args.json {
        let line = json!({ "simulators": simulators.addresses(), "credentials": simulators.credentials() });
        crate::say(&line.to_string())?;
    } else {
        let [authorize_net, worldpay, quickbooks] =
            [&simulators.authorize_net, &simulators.worldpay, &simulators.quickbooks]
                .map(kontor_simulators::Running::url);
        crate::say(&format!(
            "Authorize.Net  {authorize_net}\nWorldpay       {worldpay}\nQuickBooks     {quickbooks}\n\n\
             /_sim at each of them shows what happens there; --json prints their credentials too."
        ))?;
    }
    shutdown.asked().await;
    simulators.stop().await;
    Ok(())
}
