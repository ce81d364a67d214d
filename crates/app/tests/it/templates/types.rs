//! Each of the eight integration types: its templates are made over the API, tested against fakes out of their
//! fixtures, the good ones and the bad ones, and used.

use std::{collections::BTreeMap, path::PathBuf};

use axum::{Router, body::Bytes, extract::State, http::Request, response::IntoResponse as _, routing::post};
use kontor_domain::templates::Template;
use kontor_simulators::fake::{Fake, Fixture, redirected};
use serde_json::{Value, json};

use super::{Described, Server};
use crate::support::{Answer, Engine, on_both};

/// One fixture of one template, with its fake.
struct Case {
    name: String,
    provider: String,
    /// The template with the fake's address, under a name of its own.
    template: String,
    fixture: Fixture,
    /// The fixture as it is written.
    written: toml::Table,
    fake: Fake,
    /// Gives out the token where somebody has to consent, and passes everything else on to the fake.
    consent: Option<Server>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

/// Every fixture of every template that comes along; those that pass are followed by the same request once more.
async fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("fixtures"))
        .expect("fixtures")
        .map(|it| it.expect("one").path())
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().and_then(|it| it.to_str()).expect("a name").to_owned();
        let text = std::fs::read_to_string(root().join(format!("{name}.toml"))).expect("its template");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("fixtures").map(|it| it.expect("one").path()).collect();
        files.sort();
        for file in files {
            cases.push(case(&name, &text, &file, cases.len()).await);
        }
    }
    cases
}

async fn case(name: &str, text: &str, file: &std::path::Path, number: usize) -> Case {
    let written = std::fs::read_to_string(file).expect("a fixture");
    let mut fixture = Fixture::parse(&written).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    // A token that is not taken is renewed once, and the request made again with the new one.
    if (fixture.expected.success || fixture.connected.is_some())
        && let Some(last) = fixture.exchanges.last().cloned()
    {
        fixture.exchanges.push(last);
    }
    let fake = Fake::start(&fixture).await.expect("a fake");
    let consent = match &fixture.connected {
        Some(connected) => Some(consent(&connected.access_token, &fake).await),
        None => None,
    };
    let at = consent.as_ref().map_or(fake.address, |it| it.address);
    let own = Template::parse(text).expect("a template").provider;
    let is_mail = fixture.mail.is_some();
    // A mail server's address is a setting: its template is used as it comes.
    let provider = if is_mail { own } else { format!("Try{number}{own}") };
    Case {
        name: format!("{name}/{}", file.file_stem().and_then(|it| it.to_str()).expect("a name")),
        template: redirected(text, Some(&provider), at).expect("a template"),
        provider,
        written: written.parse().expect("TOML"),
        fixture,
        fake,
        consent,
    }
}

/// A provider's authorization server: any code is good for the fixture's token.
async fn consent(token: &str, fake: &Fake) -> Server {
    let answer = json!({ "access_token": token, "refresh_token": "refresh-sample", "expires_in": 1800, "token_type": "bearer" });
    let given = post(async move |body: Bytes| {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        let right = match form["grant_type"].as_str() {
            "authorization_code" => form["code"] == "a-code",
            grant => grant == "refresh_token" && form["refresh_token"] == "refresh-sample",
        };
        assert!(right && form["client_secret"] == "secret", "{form:?}");
        ([("content-type", "application/json")], answer.to_string())
    });
    let to = format!("http://{}", fake.address);
    Server::start(Router::new().route("/oauth/v1/token", given).fallback(forward).with_state(to)).await
}

async fn forward(State(to): State<String>, request: Request<axum::body::Body>) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.expect("a body");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let sent = client.request(parts.method, format!("{to}{}", parts.uri)).headers(parts.headers).body(body);
    let answer = sent.send().await.expect("an answer");
    let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
    (status, [("content-type", kind)], answer.bytes().await.expect("a body")).into_response()
}

async fn every_template_is_made_tested_and_used(engine: Engine) {
    let cases = cases().await;
    let files: Vec<String> = cases.iter().map(|it| format!("{}.toml", it.provider)).collect();
    let described = cases.iter().zip(&files).filter(|(it, _)| it.fixture.mail.is_none());
    let templates: Vec<(&str, String)> =
        described.map(|(it, file)| (file.as_str(), it.template.clone())).collect();
    let opened: Vec<_> = cases
        .iter()
        .flat_map(|it| [Some(it.fake.address), it.consent.as_ref().map(|it| it.address)])
        .flatten()
        .collect();
    let shop = Described::start(engine, &opened, &templates);
    let mut outcomes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in &cases {
        let template =
            shop.described_as(&case.provider).await.unwrap_or_else(|| panic!("{} is not there", case.name));
        let kind = kind(&template);
        let configuration = json!(case.fixture.configuration(case.fake.address));
        let id = shop.create(kind, &case.provider, &configuration, &json!(case.fixture.secrets)).await;
        if case.consent.is_some() {
            connect(&shop, case, &id).await;
        }
        let said = if case.fixture.expected.success { shop.passes(&id).await } else { shop.fails(&id).await };
        for word in &case.fixture.expected.says {
            assert!(said.contains(word.as_str()), "{}: {word:?} should be said: {said}", case.name);
        }
        let seen = outcomes.entry(kind.to_owned()).or_default();
        if case.fixture.expected.success {
            seen.0 += 1;
            use_it(&shop, case, &id).await;
        } else {
            seen.1 += 1;
        }
        assert_eq!(case.fake.problems(), Vec::<String>::new(), "{}", case.name);
    }
    for (kind, (good, bad)) in &outcomes {
        assert!(*good > 0 && *bad > 0, "{kind} has {good} good and {bad} bad fixtures");
    }
    let kinds: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    // The other two are providers whose adapters are code.
    assert_eq!(kinds, ["Analytics", "Crm", "Email", "Inventory", "Shipping", "Sms"]);
}

fn kind(template: &Value) -> &'static str {
    let words = ["Payment", "Accounting", "Shipping", "Email", "Sms", "Analytics", "Crm", "Inventory"];
    let number = template["type"].as_u64().and_then(|it| usize::try_from(it).ok()).expect("a type");
    words[number - 1]
}

/// Somebody consents: the browser comes back with a code.
async fn connect(shop: &Described, case: &Case, id: &str) {
    let before = shop.fails(id).await;
    assert!(before.contains("Nobody has consented"), "{}: {before}", case.name);
    let path = format!("{}/{id}/connect", shop.path());
    let asked = shop.demo.admin.post(&path, &json!({ "state": "where I was" })).await.expect(200).json();
    let url = url::Url::parse(asked["authorizationUrl"].as_str().expect("an address")).expect("an address");
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(url.origin().ascii_serialization(), case.consent.as_ref().expect("a server").url());
    let back = format!("{}?code=a-code&state={}", query["redirect_uri"], query["state"]);
    let page: Answer = shop.demo.nobody().get(&back).await.expect(200);
    assert!(page.text.contains("is connected</title>"), "{}", page.text);
    let read = shop.demo.admin.get(&format!("{}/{id}", shop.path())).await.expect(200).json();
    assert_eq!(read["connectionStatus"], "Connected", "{read}");
}

/// The request of the test once more, this time a caller's own: the credential is put in.
async fn use_it(shop: &Described, case: &Case, id: &str) {
    let Some(exchanges) = case.written.get("exchanges").and_then(toml::Value::as_array) else {
        let refused = shop.proxy(id, "GET", "anything", &[], None).await.expect(422);
        assert_eq!(refused.code(), "proxy_not_supported", "a mail server takes no requests");
        return;
    };
    let request = exchanges.last().and_then(|it| it.get("request")).expect("a request");
    let text = |key: &str| request.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let template = Template::parse(&case.template).expect("a template");
    let settings = case.fixture.configuration(case.fake.address);
    let base = template.environments.select(&settings).expect("an environment").urls["base_url"].clone();
    let base = url::Url::parse(base.literal().expect("an address")).expect("an address");
    let path = text("path").expect("a path");
    let path = path.strip_prefix(base.path().trim_end_matches('/')).expect("below the base").to_owned();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.get("query").and_then(toml::Value::as_table).into_iter().flatten() {
        query.append_pair(name, value.as_str().expect("text"));
    }
    let query = query.finish();
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let used = shop.proxy(id, &text("method").expect("a method"), &target, &[], None).await.expect(200);
    assert_eq!(used.header("x-kontor-proxied"), "true", "{}", case.name);
}

async fn the_providers_that_are_code_are_templates_too(engine: Engine) {
    let shop = Described::start(engine, &[], &[]);
    let all = shop.demo.admin.get(&shop.path()).await.expect(200).json();
    for (provider, kind) in [("AuthorizeNet", 1), ("WorldPay", 1), ("QuickBooks", 2)] {
        let list = all["integrations"].as_array().expect("a list");
        let seeded = list.iter().find(|it| it["provider"] == provider).expect("it is seeded");
        assert_eq!(seeded["integrationType"], kind);
        shop.passes(seeded["id"].as_str().expect("an id")).await;
    }
    let wrong = json!({ "ApiLoginId": "nobody", "TransactionKey": "nothing0nothing0" });
    let id = shop.create("Payment", "AuthorizeNet", &json!({ "IsSandbox": "true" }), &wrong).await;
    shop.fails(&id).await;
    let unconnected = shop.create("Accounting", "QuickBooks", &json!({}), &json!({})).await;
    let said = shop.fails(&unconnected).await;
    assert!(said.contains("Nobody has consented"), "{said}");
}

on_both!(every_template_is_made_tested_and_used, the_providers_that_are_code_are_templates_too);
