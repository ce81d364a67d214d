//! The settings in force as TOML, without what is nobody's business.

use url::Url;

use super::Config;

fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

fn path(value: Option<&std::path::PathBuf>) -> Option<String> {
    value.map(|it| text(&it.display().to_string()))
}

fn line(key: &str, value: Option<String>) -> String {
    match value {
        Some(value) => format!("{key} = {value}\n"),
        None => format!("# {key} is not set\n"),
    }
}

impl Config {
    /// What `--print-config` prints: a file that would set the same, secrets hidden.
    pub(crate) fn redacted(&self) -> String {
        let mut out = String::new();
        out += &line("listen", Some(text(&self.listen.to_string())));
        out += &line("public_url", Some(text(self.public_url.as_str())));
        out += &line("data_dir", Some(text(&self.data_dir.display().to_string())));
        out += &line("database_url", Some(text(&without_password(&self.database_url()))));
        out += &line("production", Some(self.production.to_string()));
        out += "\n[auth]\n";
        out += &line("secret_file", path(self.auth_secret_file.as_ref()));
        out += "\n[metrics]\n";
        out += &line("token_file", path(self.metrics_token_file.as_ref()));
        out += "\n[vault]\n";
        for (key, value) in self.vault.here.settings() {
            out += &line(key, Some(value.to_string()));
        }
        out += &line("destroyed_file", Some(text(&self.vault.destroyed_file.display().to_string())));
        if let Some(next) = &self.vault.next {
            out += "\n[vault.next]\n";
            for (key, value) in next.settings() {
                out += &line(key, Some(value.to_string()));
            }
        }
        out += "\n[payments]\n";
        out += &line("hosted_window_seconds", Some(self.hosted_window.to_string()));
        out += &line("resolve_after_seconds", Some(self.resolve_after.to_string()));
        out += &line("not_found_after_seconds", Some(self.not_found_after.to_string()));
        out += &line("settlement_poll_seconds", Some(self.settlement_poll.to_string()));
        out += &line("reconcile_seconds", Some(self.reconcile.to_string()));
        out += &line("sweep_seconds", Some(self.sweep.to_string()));
        out += "\n[sync]\n";
        for (key, value) in super::sync::figures(&self.sync) {
            out += &line(key, Some(value.to_string()));
        }
        out += &self.settings_of_providers();
        out += "\n[templates]\n";
        out += &line("folder", path(self.providers.declarative.folder.as_ref()));
        out += &self.described();
        out += &self.opened_and_trusted();
        out += "\n[proxy]\n";
        let proxy = &self.network.proxy;
        out += &line("request_bytes", Some(proxy.request_bytes.to_string()));
        out += &line("answer_bytes", Some(proxy.answer_bytes.to_string()));
        out += &line("timeout_seconds", Some(proxy.timeout.as_secs().to_string()));
        out += &line("idle_seconds", Some(proxy.idle.as_secs().to_string()));
        out += "\n[limits]\n";
        out += &line("body_bytes", Some(self.body_bytes.to_string()));
        out += &line("request_timeout_seconds", Some(self.request_timeout.to_string()));
        out += &line("login_per_minute", Some(self.login_per_minute.to_string()));
        out += &line("public_per_minute", Some(self.public_per_minute.to_string()));
        out += "\n[log]\n";
        out += &line("format", Some(text(if self.log.json { "json" } else { "text" })));
        out += &line("filter", Some(text(&self.log.filter)));
        out.trim_end().to_owned()
    }

    /// The providers with code of their own.
    fn settings_of_providers(&self) -> String {
        let mut out = String::new();
        let address = |url: Option<&Url>| line("sandbox_url", url.map(|it| text(it.as_str())));
        let (authorize_net, worldpay) = (&self.providers.authorize_net, &self.providers.worldpay);
        out += "\n[providers.authorize_net]\n";
        out += &line("timeout_ms", Some(authorize_net.timeout_ms.to_string()));
        out += &address(authorize_net.sandbox_url.as_ref());
        out += "\n[providers.worldpay]\n";
        out += &line("timeout_ms", Some(worldpay.timeout_ms.to_string()));
        out += &address(worldpay.sandbox_url.as_ref());
        let quickbooks = &self.providers.quickbooks;
        out += "\n[providers.quickbooks]\n";
        out += &line("client_id", quickbooks.client_id.as_deref().map(text));
        out += &line("client_secret_file", path(self.providers.client_secret_file.as_ref()));
        out += &line("webhook_verifier_file", path(self.providers.webhook_verifier_file.as_ref()));
        out += &line("environment", Some(text(quickbooks.environment.as_str())));
        out += &line("timeout_ms", Some(quickbooks.timeout_ms.to_string()));
        out += &address(quickbooks.sandbox_url.as_ref());
        out
    }

    /// Where calls may go beside the internet, and whose word counts of who calls.
    fn opened_and_trusted(&self) -> String {
        let list = |texts: Vec<toml::Value>| toml::Value::Array(texts).to_string();
        let hosts = self.network.allow_hosts.iter().map(|it| it.clone().into()).collect();
        let proxies = self.network.trusted_proxies.iter().map(|it| it.to_string().into()).collect();
        format!("\n[network]\nallow_hosts = {}\ntrusted_proxies = {}\n", list(hosts), list(proxies))
    }

    /// What else is set for providers that are described: their time, and the operator's apps.
    fn described(&self) -> String {
        let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let mut out = format!("timeout_ms = {}\n", self.providers.declarative.timeout_ms);
        for (name, (client_id, file)) in &self.providers.apps {
            out.extend(["\n[apps.", name, "]\n"]);
            let file = file.as_ref().map(|it| it.display().to_string());
            for (key, value) in [("client_id", client_id), ("client_secret_file", &file)] {
                out.extend(value.iter().map(|it| format!("{key} = {}\n", text(it))));
            }
        }
        out
    }
}

/// A database's address with its password hidden; all of it hidden where it cannot be read.
fn without_password(address: &str) -> String {
    if address.starts_with("sqlite:") {
        return address.to_owned();
    }
    let Ok(mut url) = Url::parse(address) else { return "(hidden)".to_owned() };
    if url.password().is_some() && url.set_password(Some("hidden")).is_err() {
        return "(hidden)".to_owned();
    }
    // Options may carry a password too.
    if url.query().is_some() {
        url.set_query(Some("hidden"));
    }
    url.to_string()
}
