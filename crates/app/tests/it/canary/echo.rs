//! Providers that repeat in their errors everything that they were sent, one for each way to prove who one is.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::upstream::{Step, Upstream, answer, fine};

/// Each way, as templates say it.
pub(crate) const WAYS: [(&str, &str); 8] = [
    ("Bearer", "method = \"bearer\"\ntoken = \"{{secrets.ApiKey}}\""),
    ("Header", "method = \"api_key_header\"\nheader = \"x-key\"\nvalue = \"Key {{secrets.ApiKey}}\""),
    ("Basic", "method = \"basic\"\nusername = \"{{secrets.ApiKey}}\"\npassword = \"{{secrets.ApiSecret}}\""),
    ("Query", "method = \"query_parameter\"\nname = \"key\"\nvalue = \"{{secrets.ApiKey}}\""),
    (
        "OAuth1",
        "method = \"oauth1\"\nconsumer_key = \"{{secrets.ApiKey}}\"\nconsumer_secret = \"{{secrets.ApiSecret}}\"\n\
         signature_method = \"PLAINTEXT\"",
    ),
    (
        "Client",
        "method = \"oauth2_client_credentials\"\nclient_id = \"{{secrets.ApiKey}}\"\n\
         client_secret = \"{{secrets.ApiSecret}}\"\ntoken_url = \"{{environment.token_url}}\"\n\
         client_authentication = \"body\"",
    ),
    (
        "TwoStep",
        "method = \"two_step_token\"\ntoken = \"/access_token\"\n\n[authentication.request]\nmethod = \"POST\"\n\
         path = \"/session\"\njson = { key = \"{{secrets.ApiKey}}\", secret = \"{{secrets.ApiSecret}}\" }",
    ),
    (
        CONSENT,
        "method = \"oauth2_authorization_code\"\nclient_id = \"kontor\"\n\
         client_secret = \"{{secrets.ApiSecret}}\"\nauthorization_url = \"{{environment.authorization_url}}\"\n\
         token_url = \"{{environment.token_url}}\"\nrevocation_url = \"{{environment.token_url}}/revoke\"\n\
         client_authentication = \"body\"\n\n[tokens]\nlifetime_seconds = 3600\nrotation = true",
    ),
];

/// The one that somebody consents at.
pub(crate) const CONSENT: &str = "Consent";

/// The server, and the secrets that came to be in it.
pub(crate) struct Echo {
    pub(crate) upstream: Upstream,
    made: Arc<Mutex<Vec<(&'static str, String)>>>,
}

impl Echo {
    /// `prefix` begins each token that it gives.
    pub(crate) async fn start(prefix: String) -> Self {
        let made = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&made);
        let upstream = Upstream::start(move |request| respond(request, &prefix, &kept)).await;
        for (name, authentication) in WAYS {
            upstream.keep(name, &template(&upstream, name, authentication));
        }
        Self { upstream, made }
    }

    /// Tokens that it gave, and proofs that it was sent.
    pub(crate) fn made(&self) -> Vec<(&'static str, String)> {
        self.made.lock().expect("nobody panics with it").clone()
    }
}

fn template(upstream: &Upstream, name: &str, authentication: &str) -> String {
    let at = upstream.address;
    format!(
        r#"
provider = "{name}"
display_name = "{name}"
description = "Repeats what it is sent."
integration_type = "Shipping"
documentation_url = "https://docs.example"
supported_features = ["Orders"]
allowed_hosts = ["{at}"]

[environments.production]
base_url = "http://{at}/v1"
authorization_url = "http://{at}/authorize"
token_url = "http://{at}/token"

[[secret_fields]]
key = "ApiKey"
display_name = "API key"
description = "What the provider knows you by."
required = true

[[secret_fields]]
key = "ApiSecret"
display_name = "API secret"
description = "What proves it."
required = true

[authentication]
{authentication}

[connection_test]
messages = ["/message"]

[[connection_test.requests]]
name = "reading the account"
path = "/account"
"#
    )
}

fn respond(request: &str, prefix: &str, made: &Mutex<Vec<(&'static str, String)>>) -> Vec<Step> {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let field = |name: &str| {
        url::form_urlencoded::parse(body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let mut made = made.lock().expect("nobody panics with it");
    made.extend(field("code_verifier").map(|it| ("a proof of who began", it)));
    if path.starts_with("/v1/fine") {
        return fine(request);
    }
    if path == "/token" && field("grant_type").as_deref() == Some("authorization_code") {
        let (access, refresh) = (format!("{prefix}a{}", made.len()), format!("{prefix}r{}", made.len()));
        made.push(("an access token", access.clone()));
        made.push(("a refresh token", refresh.clone()));
        let body = json!({ "access_token": access, "refresh_token": refresh, "expires_in": 3_600, "token_type": "bearer" });
        return answer("200 OK", "content-type: application/json\r\n", &body.to_string());
    }
    // What secrets stand in first: the words of a provider are cut somewhere.
    let proofs = head.lines().filter(|it| {
        let line = it.to_ascii_lowercase();
        line.starts_with("authorization") || line.starts_with("x-key")
    });
    let words = format!("{body} {path} {}", proofs.collect::<Vec<_>>().join(" "));
    let body = json!({ "message": words, "error": "invalid_client", "error_description": words });
    answer("401 Unauthorized", "content-type: application/json\r\n", &body.to_string())
}
