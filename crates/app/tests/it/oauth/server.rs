//! The OAuth server, what it saw, and a person who consents at it.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::support::{Answer, Caller, given, process::Running, until};

/// The operator's app there.
pub(crate) const CLIENT: &str = "kontor-at-shop-books";
/// Its secret.
pub(crate) const SECRET: &str = "app-s3cret/with+odd characters";
/// Who consents.
pub(crate) const PERSON: &str = "olga";

/// What the server is to be.
pub(crate) struct Given {
    pub(crate) provider: &'static str,
    pub(crate) shape: &'static str,
    pub(crate) rotate: bool,
}

pub(crate) struct Oidc {
    _process: Running,
    control: Caller,
    pub(crate) issuer: String,
}

impl Oidc {
    /// Starts one that knows Kontor at this address.
    pub(crate) fn start(kontor: &str, folder: &Path, what: &Given) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc/server.mjs");
        let settings = json!({
            "redirectUri": format!("{kontor}/api/integrations/{}/callback", what.provider),
            "clientId": CLIENT, "clientSecret": SECRET, "rotate": what.rotate, "shape": what.shape,
        });
        let mut command = Command::new(given("KONTOR_TEST_NODE"));
        command.arg(script).arg(given("KONTOR_TEST_OIDC")).arg(settings.to_string());
        let (process, line) = Running::start(&mut command, &folder.join("oidc.log"));
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let issuer = line["issuer"].as_str().expect("an address").to_owned();
        Self { _process: process, control: Caller::new(&issuer, None), issuer }
    }

    pub(crate) fn host(&self) -> &str {
        self.issuer.trim_start_matches("http://")
    }

    /// What happened there, in order.
    pub(crate) async fn seen(&self) -> Vec<Value> {
        let seen = self.control.get("/_control/seen").await.expect(200).json();
        seen["seen"].as_array().cloned().unwrap_or_default()
    }

    /// How often this happened.
    pub(crate) async fn count(&self, wanted: &Value) -> usize {
        let fits = |it: &&Value| {
            wanted.as_object().is_some_and(|all| all.iter().all(|(key, value)| it[key] == *value))
        };
        self.seen().await.iter().filter(fits).count()
    }

    pub(crate) async fn exchanges(&self) -> usize {
        self.count(&json!({ "kind": "granted", "type": "authorization_code" })).await
    }

    pub(crate) async fn refreshes(&self) -> usize {
        self.count(&json!({ "kind": "granted", "type": "refresh_token" })).await
    }

    /// How many grants were ended.
    pub(crate) async fn ended(&self) -> usize {
        self.count(&json!({ "kind": "ended" })).await
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.control.post("/_control/faults", &fault).await.expect(200);
    }

    /// Waits until so many requests or answers are held.
    pub(crate) async fn until_held(&self, many: u64) {
        until("it is held", async || self.control.get("/_control/seen").await.json()["held"] == many).await;
    }

    /// Lets what is held go on.
    pub(crate) async fn release(&self) {
        self.control.post("/_control/release", &json!({})).await.expect(200);
    }

    /// Forgets what is held: it never arrived, or its answer never did.
    pub(crate) async fn drop_held(&self) {
        self.control.post("/_control/drop", &json!({})).await.expect(200);
    }
}

/// A person who signs in and consents; where the browser is sent back to, not opened yet.
pub(crate) async fn consent(url: &str) -> String {
    walk(url, true).await
}

/// A person who signs in and says no.
pub(crate) async fn refuse(url: &str) -> String {
    walk(url, false).await
}

async fn walk(url: &str, agrees: bool) -> String {
    let browser = Caller::new("", None);
    let start = Url::parse(url).expect("an address");
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let (mut at, mut form) = (start.clone(), None);
    for _ in 0..20 {
        let answer = step(&browser, &at, form.take(), &mut cookies).await;
        let location = answer.header("location");
        if !location.is_empty() {
            at = at.join(location).expect("an address");
            if at.origin() != start.origin() {
                return at.into();
            }
            continue;
        }
        assert_eq!(answer.status, 200, "{at}: {}", answer.text);
        if answer.text.contains("name=\"prompt\" value=\"login\"") {
            form = Some(vec![("prompt", "login"), ("login", PERSON), ("password", "any")]);
        } else if agrees {
            form = Some(vec![("prompt", "consent")]);
        } else {
            at = at.join(&format!("{}/abort", at.path())).expect("an address");
        }
    }
    panic!("the consent never ended: {at}");
}

async fn step(
    browser: &Caller,
    at: &Url,
    form: Option<Vec<(&str, &str)>>,
    cookies: &mut BTreeMap<String, String>,
) -> Answer {
    let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let jar = jar.join("; ");
    let mut headers = vec![("cookie", jar.as_str()), ("accept", "text/html")];
    let body = form.map(|it| form_urlencoded::Serializer::new(String::new()).extend_pairs(it).finish());
    let method = if body.is_some() { "POST" } else { "GET" };
    if body.is_some() {
        headers.push(("content-type", "application/x-www-form-urlencoded"));
    }
    let answer = browser.send(method, at.as_str(), &headers, body).await;
    for cookie in answer.headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok()) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a cookie");
        cookies.insert(name.to_owned(), value.to_owned());
    }
    answer
}
