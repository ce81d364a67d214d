//! Consent, tokens and their end, against an OAuth server that is not ours and that a template describes.

mod books;
mod consent;
mod crash;
mod crm;
mod notices;
mod refresh;
mod revoke;
mod server;
mod state;
mod upkeep;

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Engine, process::Program};
use server::{Given, Oidc};

/// What a template calls the server.
const PROVIDER: &str = "ShopBooks";

/// Kontor beside an OAuth server, with a template that leads from one to the other.
pub(crate) struct Shop {
    pub(crate) program: Program,
    pub(crate) oidc: Oidc,
}

impl Shop {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::with(engine, true).await
    }

    /// With a server that replaces refresh tokens, or does not.
    pub(crate) async fn with(engine: Engine, rotate: bool) -> Self {
        let mut oidc = None;
        let program = Program::with(engine, |base, folder| {
            let given = Given { provider: PROVIDER, shape: "plain", rotate };
            let started = Oidc::start(base, folder, &given);
            let settings = described(folder, &started, &template(&started.issuer, rotate));
            oidc = Some(started);
            settings
        })
        .await;
        Self { program, oidc: oidc.expect("it was started") }
    }

    pub(crate) fn admin(&self) -> &Caller {
        &self.program.admin
    }

    pub(crate) fn nobody(&self) -> Caller {
        self.admin().as_other(None)
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}/integrations{rest}", self.program.organization)
    }

    /// Adds an integration; its id and where to consent.
    pub(crate) async fn add(&self) -> (String, String) {
        let body = json!({
            "integrationType": "Accounting", "provider": PROVIDER, "displayName": "Books",
            "configuration": {}, "secrets": {},
        });
        let made = self.admin().post(&self.path(""), &body).await.expect(201).json();
        (text(&made["id"]), text(&made["authorizationUrl"]))
    }

    /// Where to consent, with this state of the caller's.
    pub(crate) async fn connect(&self, id: &str, state: Option<&str>) -> String {
        let answer =
            self.admin().post(&self.path(&format!("/{id}/connect")), &json!({ "state": state })).await;
        text(&answer.expect(200).json()["authorizationUrl"])
    }

    /// What a browser that comes back is told.
    pub(crate) async fn back(&self, address: &str) -> Answer {
        self.nobody().get(address).await
    }

    /// An integration that somebody consented for.
    pub(crate) async fn connected(&self) -> String {
        let (id, url) = self.add().await;
        self.back(&server::consent(&url).await).await.expect(200);
        assert_eq!(self.status(&id).await, "Connected");
        id
    }

    pub(crate) async fn read(&self, id: &str) -> Value {
        self.admin().get(&self.path(&format!("/{id}"))).await.expect(200).json()
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        text(&self.read(id).await["connectionStatus"])
    }

    pub(crate) async fn test(&self, id: &str) -> Value {
        self.admin().post(&self.path(&format!("/{id}/test")), &json!({})).await.expect(200).json()
    }

    /// Uses the connection: a request of the caller's own, with the token put in.
    pub(crate) async fn use_it(&self, id: &str) -> Answer {
        self.admin().get(&self.path(&format!("/{id}/proxy/me"))).await
    }

    /// As if the access token's time were over.
    pub(crate) fn expire(&self, id: &str) {
        let sql = "UPDATE oauth_grants SET access_expires_at = 0, retry_at = 0, lease_until = 0";
        self.program.database.execute(&format!("{sql} WHERE integration_id = '{id}'"));
    }

    /// A number of an integration's grant.
    pub(crate) fn grant(&self, id: &str, column: &str) -> i64 {
        let sql = format!("SELECT COALESCE({column}, -1) FROM oauth_grants WHERE integration_id = '{id}'");
        self.program.database.value(&sql).parse().expect("a number")
    }

    /// How many tokens are kept sealed.
    pub(crate) fn tokens(&self, id: &str) -> u64 {
        let sql = "SELECT COUNT(*) FROM integration_secrets WHERE purpose = 'oauth-token'";
        self.program.database.count(&format!("{sql} AND integration_id = '{id}'"))
    }

    /// How many rows of the trail say this about something; all of them where no words are wanted.
    pub(crate) fn audited(&self, subject: &str, action: &str, words: &str) -> u64 {
        let sql = format!(
            "SELECT COUNT(*) FROM audit WHERE subject = '{subject}' AND action = '{action}' AND detail LIKE '%{words}%'"
        );
        self.program.database.count(&sql)
    }

    /// How many events say this about something.
    pub(crate) fn told(&self, subject: &str, event: &str, words: &str) -> u64 {
        let sql = format!(
            "SELECT COUNT(*) FROM events WHERE subject = '{subject}' AND kind = '{event}' AND data LIKE '%{words}%'"
        );
        self.program.database.count(&sql)
    }

    /// Makes the jobs of a kind due now, whoever had leased them.
    pub(crate) fn hurry(&self, kind: &str) {
        let sql = format!("UPDATE jobs SET run_at = 0, lease_until = 0 WHERE kind = '{kind}'");
        self.program.database.execute(&sql);
    }
}

/// Puts a template into a folder; the settings that lead to it, open its host and name the operator's app.
fn described(folder: &Path, oidc: &Oidc, template: &str) -> Vec<(&'static str, String)> {
    let templates = folder.join("templates");
    std::fs::create_dir_all(&templates).expect("a folder");
    std::fs::write(templates.join("described.toml"), template).expect("a template");
    let secret = folder.join("app.secret");
    std::fs::write(&secret, server::SECRET).expect("a secret");
    vec![
        ("KONTOR_TEMPLATES__FOLDER", templates.display().to_string()),
        ("KONTOR_NETWORK__ALLOW_HOSTS", oidc.host().to_owned()),
        ("KONTOR_APPS__SHOPBOOKS__CLIENT_ID", server::CLIENT.to_owned()),
        ("KONTOR_APPS__SHOPBOOKS__CLIENT_SECRET_FILE", secret.display().to_string()),
        ("KONTOR_LOG__FILTER", "debug".to_owned()),
    ]
}

fn template(issuer: &str, rotate: bool) -> String {
    let host = issuer.trim_start_matches("http://");
    format!(
        r#"
provider = "{PROVIDER}"
display_name = "Shop Books"
description = "Books at a server of this machine."
integration_type = "Accounting"
documentation_url = "https://books.example/docs"
supported_features = []
allowed_hosts = ["{host}"]
configuration_fields = []
secret_fields = []

[environments.production]
base_url = "{issuer}"

[authentication]
method = "oauth2_authorization_code"
client_id = "{{{{operator.client_id}}}}"
client_secret = "{{{{operator.client_secret}}}}"
authorization_url = "{{{{environment.base_url}}}}/auth"
token_url = "{{{{environment.base_url}}}}/token"
revocation_url = "{{{{environment.base_url}}}}/token/revocation"
scopes = ["openid", "offline_access"]
issuer = "{{{{environment.base_url}}}}"
iss_parameter = true
authorize_parameters = {{ prompt = "consent" }}

[tokens]
lifetime_seconds = 1800
rotation = {rotate}
refresh_margin_seconds = 60

[connection_test]

[[connection_test.requests]]
path = "/me"
predicates = [{{ pointer = "/sub", exists = true }}]

[connection_test.identity]
id = "/sub"
"#
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The same address with another value of a parameter; without it where there is none.
fn with(address: &str, name: &str, value: Option<&str>) -> String {
    let mut url = url::Url::parse(address).expect("an address");
    let kept: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    let value = value.map(|it| (name.to_owned(), it.to_owned()));
    url.query_pairs_mut().clear().extend_pairs(kept.into_iter().chain(value));
    url.into()
}

fn parameter(address: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(address).expect("an address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
