//! The operator's settings: `kontor.toml`, then the environment.
//!
//! Owns every key, its default and its limits. Refuses a key that it does not know, and tells all that is wrong at
//! once, each with its place. The only place where the environment enters.

mod network;
mod providers;
mod redacted;
mod secrets;
mod source;
mod sync;
pub(crate) mod vault;

pub(crate) use secrets::make_folder;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use kontor_domain::{Secret, ambient::Entropy};
use kontor_engine::Settings as Engine;
use kontor_providers::http::Opened;
use kontor_web::Limits;
use url::Url;

use network::Network;
use providers::Providers;
use source::Source;
use vault::Vault;

/// How much longer than a call to a provider a request may take, in seconds.
const REQUEST_MARGIN: u64 = 10;

/// How logs are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// JSON, a line each, instead of text.
    pub(crate) json: bool,
    /// Which, such as `info,kontor_engine=debug`.
    pub(crate) filter: String,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where everything lies that Kontor makes.
    pub(crate) data_dir: PathBuf,
    /// How logs are written.
    pub(crate) log: Log,
    public_url: Url,
    database_url: Option<String>,
    production: bool,
    auth_secret_file: Option<PathBuf>,
    metrics_token_file: Option<PathBuf>,
    vault: Vault,
    reload: Option<Reload>,
    hosted_window: u64,
    resolve_after: u64,
    not_found_after: u64,
    settlement_poll: u64,
    reconcile: u64,
    sweep: u64,
    sync: kontor_engine::sync::Pace,
    providers: Providers,
    network: Network,
    body_bytes: u64,
    request_timeout: u64,
    login_per_minute: u64,
    public_per_minute: u64,
}

/// How settings are read anew while the program runs; the demo's are not.
#[derive(Debug, Clone)]
pub(crate) struct Reload {
    file: Option<PathBuf>,
}

impl Reload {
    /// Reads them as at the start.
    pub(crate) fn read(&self) -> anyhow::Result<Config> {
        Config::load(self.file.as_deref())
    }
}

/// What the demo sets; its operator's environment stands above.
pub(crate) struct Demo {
    /// Where it listens already.
    pub(crate) listen: SocketAddr,
    /// Its data folder.
    pub(crate) data_dir: PathBuf,
    /// Its database, where it is not SQLite in the data folder.
    pub(crate) database_url: Option<String>,
    /// Where its simulators stand.
    pub(crate) authorize_net_sandbox_url: String,
    pub(crate) worldpay_sandbox_url: String,
    pub(crate) quickbooks_sandbox_url: String,
    /// The id and the secret of the app at its QuickBooks.
    pub(crate) quickbooks_app: (String, Secret),
    /// What its QuickBooks signs webhooks with.
    pub(crate) quickbooks_verifier: Secret,
}

impl Config {
    /// Reads the file (`kontor.toml` in this folder, where there is one and no other was named) and the environment.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut source = Source::default();
        let default = Path::new("kontor.toml");
        match file {
            Some(path) => source.file(path, true)?,
            None => source.file(default, false)?,
        }
        source.environment(&environment());
        let config = Self::read(source)?;
        Ok(Self { reload: Some(Reload { file: file.map(Path::to_path_buf) }), ..config })
    }

    /// The demo's settings: short times, so that recovery can be watched.
    pub(crate) fn demo(demo: &Demo) -> anyhow::Result<Self> {
        let mut source = Source::default();
        let mut set = |key: &str, value: &str| source.set(key, value);
        set("payments.sweep_seconds", "5");
        set("payments.resolve_after_seconds", "10");
        set("payments.not_found_after_seconds", "30");
        set("payments.settlement_poll_seconds", "10");
        set("payments.reconcile_seconds", "300");
        set("sync.poll_seconds", "15");
        set("sync.handover_seconds", "0");
        set("sync.believe_seconds", "30");
        set("providers.authorize_net.timeout_ms", "10000");
        set("providers.worldpay.timeout_ms", "10000");
        set("providers.quickbooks.timeout_ms", "10000");
        set("templates.timeout_ms", "10000");
        set("limits.public_per_minute", "6000");
        set("log.filter", "warn,kontor=info,kontor_engine=info");
        source.environment(&environment());
        // The command line and the simulators stand above the environment.
        source.set("listen", &demo.listen.to_string());
        source.set("data_dir", &demo.data_dir.display().to_string());
        source.set("providers.authorize_net.sandbox_url", &demo.authorize_net_sandbox_url);
        source.set("providers.worldpay.sandbox_url", &demo.worldpay_sandbox_url);
        source.set("providers.quickbooks.sandbox_url", &demo.quickbooks_sandbox_url);
        let (client_id, client_secret) = &demo.quickbooks_app;
        let file = demo.data_dir.join("quickbooks-app.secret");
        secrets::write(&file, client_secret)?;
        source.set("providers.quickbooks.client_id", client_id);
        source.set("providers.quickbooks.client_secret_file", &file.display().to_string());
        let file = demo.data_dir.join("quickbooks-webhooks.secret");
        secrets::write(&file, &demo.quickbooks_verifier)?;
        source.set("providers.quickbooks.webhook_verifier_file", &file.display().to_string());
        source.set("providers.quickbooks.environment", "Sandbox");
        if let Some(url) = &demo.database_url {
            source.set("database_url", url);
        }
        Self::read(source)
    }

    fn read(mut source: Source) -> anyhow::Result<Self> {
        let listen = source.parsed("listen", "an address such as 127.0.0.1:8080");
        let listen = listen.unwrap_or_else(|| ([127, 0, 0, 1], 8080).into());
        let public_url = source.url("public_url").or_else(|| Url::parse(&format!("http://{listen}")).ok());
        let providers = Providers::read(&mut source);
        let call = u64::try_from(providers.longest().as_millis()).unwrap_or(u64::MAX).div_ceil(1_000);
        let data_dir = source.path("data_dir").unwrap_or_else(|| PathBuf::from("kontor-data"));
        let request_timeout = source
            .number("limits.request_timeout_seconds", 1..=600)
            .unwrap_or(call.saturating_add(REQUEST_MARGIN).saturating_mul(2).max(30));
        let config = Self {
            listen,
            vault: Vault::read(&mut source, &data_dir),
            reload: None,
            data_dir,
            log: Log {
                json: source.one_of("log.format", &["text", "json"]) == Some("json"),
                filter: source.text("log.filter").unwrap_or_else(|| "info".to_owned()),
            },
            public_url: public_url.unwrap_or_else(localhost),
            database_url: source.text("database_url"),
            production: source.flag("production").unwrap_or(false),
            auth_secret_file: source.path("auth.secret_file"),
            metrics_token_file: source.path("metrics.token_file"),
            hosted_window: source.number("payments.hosted_window_seconds", 1..=86_400).unwrap_or(600),
            resolve_after: source.number("payments.resolve_after_seconds", 1..=86_400).unwrap_or(90),
            not_found_after: source.number("payments.not_found_after_seconds", 1..=86_400).unwrap_or(300),
            settlement_poll: source.number("payments.settlement_poll_seconds", 1..=86_400).unwrap_or(900),
            reconcile: source.number("payments.reconcile_seconds", 1..=604_800).unwrap_or(86_400),
            sweep: source.number("payments.sweep_seconds", 1..=3_600).unwrap_or(30),
            sync: sync::read(&mut source),
            body_bytes: source.number("limits.body_bytes", 1_024..=67_108_864).unwrap_or(1_048_576),
            request_timeout,
            login_per_minute: source.number("limits.login_per_minute", 1..=1_000_000).unwrap_or(10),
            public_per_minute: source.number("limits.public_per_minute", 1..=1_000_000).unwrap_or(300),
            providers,
            network: Network::read(&mut source, request_timeout),
        };
        config.agree(&mut source, call);
        source.finish()?;
        Ok(config)
    }

    /// What must agree between settings.
    fn agree(&self, source: &mut Source, call: u64) {
        if self.request_timeout <= call {
            source.wrong(
                "limits.request_timeout_seconds",
                &format!("must be more than a call may take, which is {call} s"),
            );
        }
        if let Some(url) = &self.database_url
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|it| url.starts_with(it))
        {
            source.wrong("database_url", "must begin with sqlite: or postgres://");
        }
        if self.production && self.public_url.scheme() != "https" {
            source.wrong("public_url", "must begin with https:// in production");
        }
    }

    /// The database; SQLite in the data folder where no other was set.
    pub(crate) fn database_url(&self) -> String {
        let default = || format!("sqlite:{}", self.data_dir.join("kontor.db").display());
        self.database_url.clone().unwrap_or_else(default)
    }

    /// Where the key-encryption keys are.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// How to read them anew.
    pub(crate) fn reload(&self) -> Option<&Reload> {
        self.reload.as_ref()
    }

    /// Makes the data folder, for its owner alone.
    pub(crate) fn make_data_dir(&self) -> anyhow::Result<()> {
        secrets::make_folder(&self.data_dir)
    }

    /// What tokens are signed with; made on first use where no file was set.
    pub(crate) fn auth_secret(&self, entropy: &dyn Entropy) -> anyhow::Result<Secret> {
        match &self.auth_secret_file {
            Some(path) => secrets::read(path),
            None => secrets::read_or_make(&self.data_dir.join("auth.secret"), entropy),
        }
    }

    /// What `/metrics` asks for away from the loopback.
    pub(crate) fn metrics_token(&self) -> anyhow::Result<Option<Secret>> {
        self.metrics_token_file.as_deref().map(secrets::read).transpose()
    }

    /// The providers' settings, with the secret of the operator's app read from its file.
    pub(crate) fn providers(&self) -> anyhow::Result<kontor_providers::Settings> {
        self.providers.settings()
    }

    /// Where calls may go beside the internet.
    pub(crate) fn opened(&self) -> Vec<Opened> {
        self.network.opened(&self.providers.sandboxes())
    }

    /// The proxies in front that are believed who calls.
    pub(crate) fn trusted_proxies(&self) -> &[IpAddr] {
        &self.network.trusted_proxies
    }

    /// The use cases' settings.
    pub(crate) fn engine(&self) -> Engine {
        Engine {
            public_url: self.public_url.clone(),
            production: self.production,
            hosted_window: Duration::from_secs(self.hosted_window),
            resolve_after: Duration::from_secs(self.resolve_after),
            not_found_after: Duration::from_secs(self.not_found_after),
            settlement_poll: Duration::from_secs(self.settlement_poll),
            reconcile: Duration::from_secs(self.reconcile),
            sweep: Duration::from_secs(self.sweep),
            sync: self.sync.clone(),
            provider_timeout: self.providers.longest(),
            proxy: self.network.proxy.clone(),
        }
    }

    /// The server's limits.
    pub(crate) fn web_limits(&self) -> Limits {
        let rate =
            |number: u64| u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        Limits {
            body_bytes: usize::try_from(self.body_bytes).unwrap_or(usize::MAX),
            request_timeout: Duration::from_secs(self.request_timeout),
            login_per_minute: rate(self.login_per_minute),
            public_per_minute: rate(self.public_per_minute),
        }
    }
}

fn localhost() -> Url {
    #[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
    Url::parse("http://127.0.0.1:8080").expect("a URL")
}

/// The process's environment, once: the one place where it enters.
fn environment() -> Vec<(String, String)> {
    #[expect(clippy::disallowed_methods, reason = "see above")]
    let all = std::env::vars_os();
    all.filter_map(|(key, value)| Some((key.into_string().ok()?, value.to_string_lossy().into_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
