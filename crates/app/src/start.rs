//! Puts the parts together: database, keys, providers, engine, server, sweep.
//!
//! The only place that knows all of them. Refuses to serve on a database that this key does not open.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use kontor_domain::Secret;
use kontor_engine::{
    Engine,
    credentials::Credentials,
    oauth::{OAuth, state::StateKey},
    sync::Companies,
    traffic::Traffic,
};
use kontor_providers::{Http, Registry};
use kontor_store::Db;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{config::Config, shutdown::Shutdown};

/// How long requests and jobs under way may take to end after the process was asked to.
const DRAIN: Duration = Duration::from_secs(20);

/// A server that runs.
pub(crate) struct Running {
    /// Its use cases.
    pub(crate) engine: Arc<Engine>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    sweep: JoinHandle<()>,
    link: JoinHandle<()>,
    sync: JoinHandle<()>,
}

/// Opens the database; its schema must be this program's, or becomes it with `migrate`.
pub(crate) async fn database(config: &Config, migrate: bool) -> anyhow::Result<Db> {
    config.make_data_dir()?;
    let db = Db::open(&config.database_url()).await.context("opening the database")?;
    if migrate {
        db.migrate().await.context("migrating the database")?;
    }
    db.check_migrations().await?;
    Ok(db)
}

/// The use cases over everything that they need.
pub(crate) async fn engine(config: &Config, migrate: bool) -> anyhow::Result<Arc<Engine>> {
    let ambient = crate::ambient::ambient();
    let db = database(config, migrate).await?;
    let keks = crate::keks::keks(config, &db, Some(&ambient)).await?;
    let http = Http::new(&config.opened()).map_err(anyhow::Error::msg)?;
    let registry =
        Registry::new(config.providers()?, http.clone(), ambient.clone()).map_err(anyhow::Error::msg)?;
    let settings = config.engine();
    #[cfg(feature = "crash-points")]
    let settings =
        kontor_engine::Settings { sweep: kontor_store::crash::sweep().unwrap_or(settings.sweep), ..settings };
    let oauth = OAuth::new(StateKey::derive(&config.auth_secret(ambient.entropy())?));
    let (credentials, companies) = (Credentials::new(keks), Companies::default());
    let traffic = Traffic::default();
    Ok(Arc::new(Engine { db, ambient, registry, http, credentials, oauth, companies, traffic, settings }))
}

/// Starts the server and the sweep.
pub(crate) fn start(
    config: &Config,
    engine: Arc<Engine>,
    listener: TcpListener,
    auth_secret: Secret,
    metrics: crate::telemetry::Metrics,
    demo: Option<kontor_web::Demo>,
) -> anyhow::Result<Running> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let options = kontor_web::Options {
        engine: Arc::clone(&engine),
        auth_secret,
        metrics_token: config.metrics_token()?,
        render_metrics: Arc::new(move || metrics.render()),
        limits: config.web_limits(),
        proxies: config.trusted_proxies().to_vec(),
        demo,
    };
    let server = tokio::spawn(kontor_web::serve(listener, options, stopped.clone()));
    let owner = format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(engine.ambient.bytes()));
    let sync = tokio::spawn(Arc::clone(&engine).sync_forever(owner.clone(), stopped.clone()));
    let link = tokio::spawn(Arc::clone(&engine).link_forever(stopped.clone()));
    #[cfg(feature = "crash-points")]
    let sweep = tokio::spawn(crate::armed::sweep_forever(Arc::clone(&engine), owner, stopped));
    #[cfg(not(feature = "crash-points"))]
    let sweep = tokio::spawn(Arc::clone(&engine).sweep_forever(owner, stopped));
    tracing::info!(%address, "serving");
    Ok(Running { engine, stop, server, sweep, link, sync })
}

impl Running {
    /// Runs until somebody asks the process to end, or the server ends by itself; then drains.
    pub(crate) async fn until_asked(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        tokio::select! {
            () = shutdown.asked() => {}
            ended = &mut self.server => {
                ended.context("the server ended")?.context("the server ended")?;
                bail!("the server ended by itself");
            }
        }
        self.stop().await
    }

    /// Takes no new requests, lets those under way end, within bounds, and closes the database.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Self { engine, stop, server, sweep, link, sync } = self;
        stop.send_replace(true);
        let drained = tokio::time::timeout(DRAIN, async move {
            let served = server.await;
            let swept = sweep.await;
            let linked = link.await;
            let synced = sync.await;
            (served, swept, linked, synced)
        });
        if let Ok((served, swept, linked, synced)) = drained.await {
            served.context("the server ended")?.context("the server ended")?;
            swept.context("the sweep ended")?;
            linked.context("the linking of the chains ended")?;
            synced.context("sync ended")?;
        } else {
            // Whatever is under way is written down as an intent and is taken up at the next start.
            tracing::warn!("requests were still under way and are left to the next start");
        }
        engine.db.close().await;
        Ok(())
    }
}
