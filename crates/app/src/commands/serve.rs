//! `kontor serve`: the service.

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::{cli, config::Config, shutdown::Shutdown, start, telemetry};

pub(crate) async fn run(args: cli::Serve) -> anyhow::Result<()> {
    let config = Config::load(args.settings.config.as_deref())?;
    if args.print_config {
        crate::say(&config.redacted())?;
        return Ok(());
    }
    let metrics = telemetry::start(&config)?;
    let auth_secret = config.auth_secret(crate::ambient::ambient().entropy())?;
    let engine = start::engine(&config, args.migrate).await?;
    let shutdown = Shutdown::listen()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}: choose another address with `listen`", config.listen))?;
    start::start(&config, engine, listener, auth_secret, metrics, None)?.until_asked(shutdown).await
}
