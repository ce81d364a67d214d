//! Templates, from outside: written down, loaded, tested, used.

mod authentication;
mod bad_input;
mod folder;
mod limits;
mod mail;
mod page;
mod types;
mod visible;
mod webhooks;

use std::{net::SocketAddr, path::Path};

use axum::Router;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, ServerConfig, pki_types::PrivateKeyDer},
};

use crate::support::{Answer, Engine, process::Demo};

/// A provider that is written for a test; it ends with it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        Self::listening(async move |listener| axum::serve(listener, router).await.expect("it serves")).await
    }

    /// Does with a listener on a free port what it is told.
    pub(crate) async fn listening<F>(serve: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { address, task: tokio::spawn(serve(listener)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Who signs the certificates of a test's servers.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Each has a name of its own, or one would pass for the other with a bad signature.
    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Where Kontor finds it, by `SSL_CERT_FILE`.
    pub(crate) fn write(&self, folder: &Path) -> String {
        let path = folder.join("authority.pem");
        std::fs::write(&path, self.0.pem()).expect("a file");
        path.display().to_string()
    }

    /// Encrypts for a name, which may be an address.
    pub(crate) fn acceptor(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.0).expect("a certificate");
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], private)
            .expect("a configuration");
        TlsAcceptor::from(std::sync::Arc::new(config))
    }
}

/// A demo with a folder of templates, whose providers it may reach.
pub(crate) struct Described {
    pub(crate) demo: Demo,
    pub(crate) folder: TempDir,
}

impl Described {
    pub(crate) fn start(engine: Engine, opened: &[SocketAddr], templates: &[(&str, String)]) -> Self {
        Self::with(engine, opened, templates, &[])
    }

    /// With these settings beside.
    pub(crate) fn with(
        engine: Engine,
        opened: &[SocketAddr],
        templates: &[(&str, String)],
        settings: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in templates {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let hosts: Vec<String> = opened.iter().map(ToString::to_string).collect();
        let (path, hosts) = (folder.path().display().to_string(), hosts.join(","));
        let mut all = vec![
            ("KONTOR_TEMPLATES__FOLDER", path.as_str()),
            ("KONTOR_NETWORK__ALLOW_HOSTS", hosts.as_str()),
            ("KONTOR_TEMPLATES__TIMEOUT_MS", "5000"),
        ];
        all.extend(settings);
        Self { demo: Demo::with(engine, &all), folder }
    }

    pub(crate) fn path(&self) -> String {
        format!("/api/organizations/{}/integrations", self.demo.text("organizationId"))
    }

    /// Asks for an integration of a type and provider.
    pub(crate) async fn ask(
        &self,
        kind: &str,
        provider: &str,
        configuration: &Value,
        secrets: &Value,
    ) -> Answer {
        let body = json!({
            "integrationType": kind, "provider": provider, "displayName": format!("My {provider}"),
            "configuration": configuration, "secrets": secrets,
        });
        self.demo.admin.post(&self.path(), &body).await
    }

    /// Makes one; its id.
    pub(crate) async fn create(
        &self,
        kind: &str,
        provider: &str,
        configuration: &Value,
        secrets: &Value,
    ) -> String {
        let made = self.ask(kind, provider, configuration, secrets).await.expect(201).json();
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Tests one, and finds the result recorded.
    pub(crate) async fn test(&self, id: &str) -> Value {
        let path = format!("{}/{id}", self.path());
        let said = self.demo.admin.post(&format!("{path}/test"), &json!({})).await.expect(200).json();
        assert_eq!(said["isSuccessful"], said["success"], "{said}");
        let status = if said["success"] == true { "Success" } else { "Failed" };
        assert_eq!(said["testStatus"], status, "{said}");
        let read = self.demo.admin.get(&path).await.expect(200).json();
        assert_eq!(read["testStatus"], status, "it is recorded: {read}");
        said
    }

    /// A test that passes.
    pub(crate) async fn passes(&self, id: &str) -> String {
        let said = self.test(id).await;
        assert_eq!(said["success"], true, "{said}");
        said["details"].as_str().expect("details").to_owned()
    }

    /// A test that fails; what it says.
    pub(crate) async fn fails(&self, id: &str) -> String {
        let said = self.test(id).await;
        assert_eq!(said["success"], false, "{said}");
        said["details"].as_str().expect("details").to_owned()
    }

    /// Sends a request of one's own through an integration.
    pub(crate) async fn proxy(
        &self,
        id: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let path = format!("{}/{id}/proxy/{}", self.path(), target.trim_start_matches('/'));
        self.demo.admin.send(method, &path, headers, body.map(str::to_owned)).await
    }

    /// Waits until a provider is there, or is not.
    pub(crate) async fn until_offered(&self, provider: &str, offered: bool) {
        crate::support::until(provider, async || self.offers(provider).await == offered).await;
    }

    pub(crate) async fn offers(&self, provider: &str) -> bool {
        self.described_as(provider).await.is_some()
    }

    /// The template as the API gives it.
    pub(crate) async fn described_as(&self, provider: &str) -> Option<Value> {
        let all = self.demo.admin.get("/api/integration-templates").await.expect(200).json();
        let list = all["templates"].as_array().expect("a list").clone();
        list.into_iter().find(|it| it["provider"] == provider)
    }
}

/// A template of a shipping provider at that address, with one secret and a test that reads `path`.
pub(crate) fn template(provider: &str, base: &str, path: &str, authentication: &str) -> String {
    let host = base.split("://").nth(1).expect("a host").split('/').next().expect("a host");
    format!(
        r#"provider = "{provider}"
display_name = "{provider}"
description = "A provider of a test."
integration_type = "Shipping"
documentation_url = "https://docs.example"
supported_features = ["Labels"]
allowed_hosts = ["{host}"]

[environments.production]
base_url = "{base}"

[[secret_fields]]
key = "ApiKey"
display_name = "API key"
required = true

[[secret_fields]]
key = "Second"
display_name = "Second secret"

[authentication]
{authentication}

[connection_test]
messages = ["/error/message"]

[[connection_test.requests]]
path = "{path}"
predicates = [{{ pointer = "/account/id", exists = true }}]

[connection_test.identity]
id = "/account/id"
"#
    )
}

/// With the key in a header.
pub(crate) const KEYED: &str =
    "method = \"api_key_header\"\nheader = \"X-Api-Key\"\nvalue = \"{{secrets.ApiKey}}\"";
