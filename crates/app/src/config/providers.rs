//! The providers' settings: addresses, times, and the operator's apps.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use kontor_providers::{
    Settings, authorize_net,
    declarative::{self, App},
    quickbooks::{self, Environment},
    worldpay,
};

use url::Url;

use super::{secrets, source::Source};

/// The providers' settings in force.
#[derive(Debug, Clone)]
pub(super) struct Providers {
    pub(super) authorize_net: authorize_net::Settings,
    pub(super) worldpay: worldpay::Settings,
    /// Without its secret, which is read when it is needed.
    pub(super) quickbooks: quickbooks::Settings,
    pub(super) client_secret_file: Option<PathBuf>,
    /// What its notifications are signed with.
    pub(super) webhook_verifier_file: Option<PathBuf>,
    /// Those that templates describe.
    pub(super) declarative: declarative::Settings,
    /// The apps at providers that are described: a public name, and the file of the secret.
    pub(super) apps: BTreeMap<String, (Option<String>, Option<PathBuf>)>,
}

impl Providers {
    pub(super) fn read(source: &mut Source) -> Self {
        let timeout = 1_000..=300_000;
        let mut milliseconds = |key: &str, default| source.number(key, timeout.clone()).unwrap_or(default);
        let times = [
            milliseconds("providers.authorize_net.timeout_ms", 30_000),
            milliseconds("providers.worldpay.timeout_ms", 65_000),
            milliseconds("providers.quickbooks.timeout_ms", 60_000),
            milliseconds("templates.timeout_ms", declarative::Settings::default().timeout_ms),
        ];
        let [authorize_net, worldpay, quickbooks, described] = times;
        let environments = [Environment::Production, Environment::Sandbox];
        let named = source.one_of("providers.quickbooks.environment", &environments.map(Environment::as_str));
        let providers = Self {
            authorize_net: authorize_net::Settings {
                timeout_ms: authorize_net,
                sandbox_url: source.url("providers.authorize_net.sandbox_url"),
            },
            worldpay: worldpay::Settings {
                timeout_ms: worldpay,
                sandbox_url: source.url("providers.worldpay.sandbox_url"),
            },
            quickbooks: quickbooks::Settings {
                client_id: source.text("providers.quickbooks.client_id"),
                client_secret: None,
                webhook_verifier: None,
                environment: environments
                    .into_iter()
                    .find(|it| Some(it.as_str()) == named)
                    .unwrap_or_default(),
                sandbox_url: source.url("providers.quickbooks.sandbox_url"),
                timeout_ms: quickbooks,
            },
            client_secret_file: source.path("providers.quickbooks.client_secret_file"),
            webhook_verifier_file: source.path("providers.quickbooks.webhook_verifier_file"),
            declarative: declarative::Settings {
                folder: source.path("templates.folder"),
                timeout_ms: described,
            },
            apps: apps(source),
        };
        let app = (providers.quickbooks.client_id.is_some(), providers.client_secret_file.is_some());
        match app {
            (true, false) => source.wrong(
                "providers.quickbooks.client_id",
                "needs providers.quickbooks.client_secret_file: an app has both",
            ),
            (false, true) => source.wrong(
                "providers.quickbooks.client_secret_file",
                "needs providers.quickbooks.client_id: an app has both",
            ),
            _ => {}
        }
        providers
    }

    /// The longest that a call to any of them may take.
    pub(super) fn longest(&self) -> Duration {
        let times = [
            self.authorize_net.timeout_ms,
            self.worldpay.timeout_ms,
            self.quickbooks.timeout_ms,
            self.declarative.timeout_ms,
        ];
        Duration::from_millis(times.into_iter().max().unwrap_or_default())
    }

    /// Where the sandboxes stand instead.
    pub(super) fn sandboxes(&self) -> [Option<&Url>; 3] {
        let (authorize_net, quickbooks) = (&self.authorize_net.sandbox_url, &self.quickbooks.sandbox_url);
        [authorize_net.as_ref(), self.worldpay.sandbox_url.as_ref(), quickbooks.as_ref()]
    }

    /// With the secret of the operator's app.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let read = |file: &Option<PathBuf>| file.as_deref().map(secrets::read_given).transpose();
        let (client_secret, webhook_verifier) =
            (read(&self.client_secret_file)?, read(&self.webhook_verifier_file)?);
        let mut apps = BTreeMap::new();
        for (name, (client_id, file)) in &self.apps {
            let client_secret = file.as_deref().map(secrets::read_given).transpose()?;
            apps.insert(name.clone(), App { client_id: client_id.clone(), client_secret });
        }
        Ok(Settings {
            authorize_net: self.authorize_net.clone(),
            worldpay: self.worldpay.clone(),
            quickbooks: quickbooks::Settings { client_secret, webhook_verifier, ..self.quickbooks.clone() },
            declarative: self.declarative.clone(),
            apps,
        })
    }
}

/// The apps. One without a secret is a public client, which templates may describe.
fn apps(source: &mut Source) -> BTreeMap<String, (Option<String>, Option<PathBuf>)> {
    let mut apps = BTreeMap::new();
    for name in source.apps() {
        let (id, file) = (format!("apps.{name}.client_id"), format!("apps.{name}.client_secret_file"));
        if name == "quickbooks" {
            let key = if source.has(&id) { &id } else { &file };
            source
                .wrong(key, "is for providers that a template describes: set providers.quickbooks.client_id");
        }
        let app = (source.text(&id), source.path(&file));
        if app.0.is_none() {
            source.wrong(&file, "needs client_id beside it: a secret without a name is no app");
        }
        apps.insert(name, app);
    }
    apps
}
