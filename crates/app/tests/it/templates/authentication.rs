//! Each way of authentication, against a provider that really checks it; the checks are written from the standards a
//! second time.

mod checks;

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::{any, post},
};
use rcgen::KeyPair;
use serde_json::{Value, json};

use super::{Described, KEYED, Server, template};
use crate::support::{Engine, on_both};
use checks::Asked;

/// What the provider saw.
#[derive(Default)]
struct Seen {
    tokens: usize,
    bodies: Vec<String>,
}

#[derive(Clone)]
struct Provider {
    /// The public half of the key that assertions are signed with.
    public: Arc<Vec<u8>>,
    seen: Arc<Mutex<Seen>>,
}

fn refused() -> Response {
    (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": { "message": "wrong credentials" } })))
        .into_response()
}

fn json(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

/// Answers `/WAY/…` where the request is authenticated that way.
async fn resource(
    State(provider): State<Provider>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let way = uri.path().split('/').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { method: &method, uri: &uri, headers: &headers, body: &body };
    let found = checks::ALL.iter().find(|(name, _)| *name == way);
    let (_, check) = found.unwrap_or_else(|| panic!("nobody asks for {uri}"));
    if !check(&asked) {
        return refused();
    }
    provider.seen.lock().expect("what was seen").bodies.push(String::from_utf8_lossy(&body).into_owned());
    json(&json!({ "account": { "id": format!("acct-{way}") } }))
}

/// Gives tokens the way that the path says.
async fn token(
    State(provider): State<Provider>,
    Query(way): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    provider.seen.lock().expect("what was seen").tokens += 1;
    let way = way.first().map(|(_, way)| way.clone()).unwrap_or_default();
    match checks::token(&way, &headers, &body, &provider.public) {
        Some(answer) => json(&answer),
        None => (
            StatusCode::BAD_REQUEST,
            axum::Json(json!({ "error": "invalid_client", "error_description": "nobody knows this client" })),
        )
            .into_response(),
    }
}

/// A way of authentication: its name, its template, the right secrets, and wrong ones.
struct Way {
    name: &'static str,
    authentication: String,
    good: Value,
    bad: Value,
}

fn simple() -> Vec<Way> {
    let way = |name, authentication: &str, good, bad| Way {
        name,
        authentication: authentication.to_owned(),
        good,
        bad,
    };
    let one = |key: &str| json!({ "ApiKey": key });
    let two = |key: &str, second: &str| json!({ "ApiKey": key, "Second": second });
    vec![
        way("key", KEYED, one("key-1"), one("key-2")),
        way(
            "basic",
            "method = \"basic\"\nusername = \"{{secrets.ApiKey}}\"\npassword = \"{{secrets.Second}}\"",
            two("user", "pa:ss wörd"),
            two("user", "other"),
        ),
        way(
            "bearer",
            "method = \"bearer\"\ntoken = \"{{secrets.ApiKey}}\"",
            one("bearer-1"),
            one("bearer-2"),
        ),
        way(
            "query",
            "method = \"query_parameter\"\nname = \"api_key\"\nvalue = \"{{secrets.ApiKey}}\"",
            one("a key&more=1"),
            one("a key"),
        ),
        way(
            "oauth1",
            "method = \"oauth1\"\nconsumer_key = \"{{secrets.ApiKey}}\"\nconsumer_secret = \"consumer secret\"\ntoken = \"token-1\"\ntoken_secret = \"{{secrets.Second}}\"\nsignature_method = \"HMAC-SHA256\"\nrealm = \"shop\"",
            two("consumer-1", "tok&sec"),
            two("consumer-1", "wrong"),
        ),
        way(
            "oauth1sha1",
            "method = \"oauth1\"\nconsumer_key = \"{{secrets.ApiKey}}\"\nconsumer_secret = \"{{secrets.Second}}\"\nsignature_method = \"HMAC-SHA1\"",
            two("consumer-1", "only secret"),
            two("consumer-1", "wrong"),
        ),
        way(
            "oauth1plain",
            "method = \"oauth1\"\nconsumer_key = \"{{secrets.ApiKey}}\"\nconsumer_secret = \"{{secrets.Second}}\"\nsignature_method = \"PLAINTEXT\"",
            two("consumer-1", "only secret"),
            two("consumer-1", "wrong"),
        ),
        way(
            "hmac",
            "method = \"hmac_signature\"\nsecret = \"{{secrets.Second}}\"\nsecret_encoding = \"base64\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\npayload = \"{{request.timestamp}}\\n{{request.method}}\\n{{request.path}}?{{request.query}}\\n{{request.body_sha256}}\\n{{request.nonce}}\"\nheader = \"X-Signature\"\nprefix = \"v1=\"\ntimestamp_header = \"X-Time\"\nheaders = { \"X-Key\" = \"{{secrets.ApiKey}}\", \"X-Nonce\" = \"{{request.nonce}}\" }",
            two("hmac-key", "aG1hYyBzZWNyZXQ="),
            two("hmac-key", "b3RoZXI="),
        ),
    ]
}

fn with_tokens(private: &str, other: &str) -> Vec<Way> {
    let way = |name: &'static str, authentication: &str, good, bad| Way {
        name,
        authentication: authentication
            .replace("TOKEN", &format!("{{{{environment.base_url}}}}/token?way={name}")),
        good,
        bad,
    };
    let two = |key: &str, second: &str| json!({ "ApiKey": key, "Second": second });
    let client = "method = \"oauth2_client_credentials\"\nclient_id = \"{{secrets.ApiKey}}\"\nclient_secret = \"{{secrets.Second}}\"\ntoken_url = \"TOKEN\"\nscopes = [\"labels:read\", \"labels:write\"]\ntoken_parameters = { audience = \"the shop\" }";
    vec![
        way("clientheader", client, two("client:1", "se cret"), two("client:1", "other")),
        way(
            "clientbody",
            &format!("{client}\nclient_authentication = \"body\""),
            two("client-2", "secret&2"),
            two("client-2", "other"),
        ),
        way(
            "twostep",
            "method = \"two_step_token\"\ntoken = \"/session/token\"\nexpires_in = \"/session/seconds\"\nheader = \"X-Session\"\nprefix = \"Session \"\n[authentication.request]\nmethod = \"POST\"\nurl = \"TOKEN\"\njson = { user = \"{{secrets.ApiKey}}\", password = \"{{secrets.Second}}\" }",
            two("shop", "open \"sesame\""),
            two("shop", "close"),
        ),
        way(
            "jwtexchange",
            "method = \"jwt_assertion\"\nalgorithm = \"ES256\"\nkey = \"{{secrets.Second}}\"\nkey_id = \"key-7\"\nclaims = { iss = \"{{secrets.ApiKey}}\", aud = \"https://provider.example/token\", jti = \"{{request.nonce}}\" }\nlifetime_seconds = 60\ntoken_url = \"TOKEN\"\ntoken_parameters = { scope = \"labels\" }",
            two("account-1", private),
            two("account-1", other),
        ),
        way(
            "jwtitself",
            "method = \"jwt_assertion\"\nalgorithm = \"HS256\"\nkey = \"{{secrets.Second}}\"\nclaims = { iss = \"{{secrets.ApiKey}}\", aud = \"https://provider.example\" }",
            two("account-1", "a shared secret of the two"),
            two("account-1", "another secret"),
        ),
    ]
}

async fn each_way_is_checked_by_the_provider(engine: Engine) {
    let key = KeyPair::generate().expect("a key");
    let other = KeyPair::generate().expect("a key");
    let seen = Arc::new(Mutex::new(Seen::default()));
    let provider = Provider { public: Arc::new(key.public_key_raw().to_vec()), seen: Arc::clone(&seen) };
    let router = Router::new().route("/token", post(token)).fallback(any(resource)).with_state(provider);
    let server = Server::start(router).await;
    let mut ways = simple();
    ways.extend(with_tokens(&key.serialize_pem(), &other.serialize_pem()));
    let named = |way: &Way| format!("Way{}", way.name);
    let all: Vec<(String, String)> = ways
        .iter()
        .map(|it| {
            let path = format!("/{}/account?full=a b&empty=", it.name).replace(' ', "%20");
            (format!("{}.toml", it.name), template(&named(it), &server.url(), &path, &it.authentication))
        })
        .collect();
    let all: Vec<(&str, String)> = all.iter().map(|(file, text)| (file.as_str(), text.clone())).collect();
    let shop = Described::start(engine, &[server.address], &all);
    for way in &ways {
        let good = shop.create("Shipping", &named(way), &json!({}), &way.good).await;
        let said = shop.passes(&good).await;
        assert!(said.contains(&format!("acct-{}", way.name)), "{}: {said}", way.name);
        let bad = shop.create("Shipping", &named(way), &json!({}), &way.bad).await;
        let said = shop.fails(&bad).await;
        let words = ["The key or password was not taken", "No token was given", "wrong credentials"];
        assert!(words.iter().any(|it| said.contains(it)), "{}: {said}", way.name);
        for secret in [&way.good, &way.bad].iter().filter_map(|it| it["Second"].as_str()) {
            assert!(!said.contains(secret), "{}: {said}", way.name);
        }
        // The caller's own requests are authenticated the same way, over what they carry.
        let target = format!("{}/orders?page=2&name=a%26b", way.name);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let sent = shop.proxy(&good, "POST", &target, &form, Some("item=coffee+beans&quantity=2")).await;
        assert_eq!(sent.expect(200).json()["account"]["id"], format!("acct-{}", way.name));
        let json = [("content-type", "application/json")];
        shop.proxy(&good, "PUT", &target, &json, Some("{\"quantity\": 3}")).await.expect(200);
        shop.proxy(&bad, "POST", &target, &json, Some("{}")).await;
    }
    let bodies = seen.lock().expect("what was seen").bodies.clone();
    assert_eq!(bodies.iter().filter(|it| *it == "item=coffee+beans&quantity=2").count(), ways.len());
    let log = shop.demo.log();
    for secret in ["pa:ss", "hmac secret", "open \"sesame\"", "BEGIN PRIVATE KEY"] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}

async fn a_token_is_got_once_and_kept_until_shortly_before_its_end(engine: Engine) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let provider = Provider { public: Arc::default(), seen: Arc::clone(&seen) };
    let router = Router::new().route("/token", post(token)).fallback(any(resource)).with_state(provider);
    let server = Server::start(router).await;
    let way = with_tokens("", "").remove(0);
    let text = template("Kept", &server.url(), "/clientheader/account", &way.authentication);
    let shop = Described::start(engine, &[server.address], &[("kept.toml", text)]);
    let id = shop.create("Shipping", "Kept", &json!({}), &way.good).await;
    let tokens = || seen.lock().expect("what was seen").tokens;
    let one = async || shop.proxy(&id, "GET", "clientheader/orders", &[], None).await.expect(200);
    tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
    assert_eq!(tokens(), 1, "eight requests at once share a token");
    one().await;
    assert_eq!(tokens(), 1, "and so does a later one");
    shop.passes(&id).await;
    assert_eq!(tokens(), 2, "a test asks for a new one: it is to show that the secret works");
    let path = format!("{}/{id}", shop.path());
    shop.demo.admin.put(&path, &json!({ "secrets": { "Second": "other" } })).await.expect(200);
    shop.proxy(&id, "GET", "clientheader/orders", &[], None).await.expect(422);
    assert_eq!(tokens(), 3, "a token does not outlive the secret that it was got with");
}

on_both!(each_way_is_checked_by_the_provider, a_token_is_got_once_and_kept_until_shortly_before_its_end,);
