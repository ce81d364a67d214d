//! How often a provider may be called, and the header that makes repeated requests one.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{Described, KEYED, Server, template};
use crate::support::{Engine, on_both, until};

type Requests = Arc<Mutex<Vec<(String, String, HeaderMap)>>>;

/// Answers well, and keeps what it was asked. `/busy` says "not now" the first time.
async fn provider() -> (Server, Requests) {
    let requests = Requests::default();
    let kept = Arc::clone(&requests);
    let answer = async move |method: Method, uri: Uri, headers: HeaderMap| -> Response {
        let mut all = kept.lock().expect("the requests");
        all.push((method.to_string(), uri.to_string(), headers));
        let times = all.iter().filter(|(_, it, _)| *it == uri.to_string()).count();
        if uri.path() == "/busy" && times == 1 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if uri.path() == "/slow" {
            // An answer that has begun and does not end.
            return Body::new(Pending).into_response();
        }
        json!({ "account": { "id": "acct-1" } }).to_string().into_response()
    };
    (Server::start(Router::new().fallback(answer)).await, requests)
}

/// A body of which nothing ever comes.
struct Pending;

impl http_body::Body for Pending {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

fn count(requests: &Requests, path: &str) -> usize {
    requests.lock().expect("the requests").iter().filter(|(_, it, _)| it.starts_with(path)).count()
}

async fn a_provider_is_called_as_often_as_its_template_says(engine: Engine) {
    let (server, requests) = provider().await;
    let text = template("Limited", &server.url(), "/account", KEYED)
        + "\n[rate_limit]\nrequests = 3\nper_seconds = 3600\n";
    let shop = Described::start(engine, &[server.address], &[("limited.toml", text)]);
    let secrets = json!({ "ApiKey": "k" });
    let id = shop.create("Shipping", "Limited", &json!({}), &secrets).await;
    shop.passes(&id).await;
    for _ in 0..2 {
        shop.proxy(&id, "GET", "orders", &[], None).await.expect(200);
    }
    let held = shop.proxy(&id, "GET", "orders", &[], None).await.expect(429);
    assert_eq!(held.code(), "provider_rate_limit");
    let wait: u64 = held.header("retry-after").parse().expect("seconds");
    assert!((1..=1_200).contains(&wait), "{wait}");
    assert!(held.header("x-kontor-proxied").is_empty(), "the answer is Kontor's own");
    assert_eq!(count(&requests, "/orders"), 2, "nothing was sent");
    // A test that cannot be made is no failed test.
    let path = format!("{}/{id}", shop.path());
    let held = shop.demo.admin.post(&format!("{path}/test"), &json!({})).await.expect(429);
    assert_eq!(held.code(), "provider_rate_limit");
    let read = shop.demo.admin.get(&path).await.expect(200).json();
    assert_eq!(read["testStatus"], "Success", "{read}");
    // Nor does it undo a rotation, which is said to be in use and not tested.
    let rotation = json!({ "newSecrets": { "ApiKey": "n" } });
    let rotated = shop.demo.admin.post(&format!("{path}/rotate-secrets"), &rotation).await.expect(200).json();
    assert_eq!(rotated["rotationSuccessful"], true, "{rotated}");
    assert_ne!(rotated["testConnectionSuccessful"], true, "{rotated}");
    // Each integration has its own.
    let other = shop.create("Shipping", "Limited", &json!({}), &secrets).await;
    shop.proxy(&other, "GET", "orders", &[], None).await.expect(200);
    let audit =
        format!("/api/organizations/{}/audit?action=integration.proxied", shop.demo.text("organizationId"));
    let rows = shop.demo.admin.get(&audit).await.expect(200).text;
    assert!(rows.contains("held back"), "{rows}");
}

async fn so_many_calls_are_under_way_and_no_more(engine: Engine) {
    let (server, requests) = provider().await;
    let text = template("Narrow", &server.url(), "/account", KEYED)
        + "\n[rate_limit]\nrequests = 1000\nper_seconds = 1\nconcurrent = 1\n";
    let shop = Described::start(engine, &[server.address], &[("narrow.toml", text)]);
    let id = shop.create("Shipping", "Narrow", &json!({}), &json!({ "ApiKey": "k" })).await;
    let url = format!("{}{}/{id}/proxy/slow", shop.demo.admin.base, shop.path());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let begun = client.get(url).bearer_auth(shop.demo.text("adminToken")).send().await.expect("it begins");
    assert_eq!(begun.status().as_u16(), 200);
    let held = shop.proxy(&id, "GET", "orders", &[], None).await.expect(429);
    assert_eq!(held.header("retry-after"), "1");
    // Whoever hangs up gives the place back.
    drop(begun);
    until("the place is free", async || shop.proxy(&id, "GET", "orders", &[], None).await.status == 200)
        .await;
    assert_eq!(count(&requests, "/slow"), 1);
}

async fn a_post_carries_the_providers_idempotency_header(engine: Engine) {
    let (server, requests) = provider().await;
    let plain = template("Plain", &server.url(), "/account", KEYED);
    let named = template("Named", &server.url(), "/account", KEYED)
        .replace("supported_features", "idempotency_header = \"X-Request-Once\"\nsupported_features")
        .replace("path = \"/account\"", "path = \"/account\"\nmethod = \"POST\"\njson = { a = 1 }");
    let shop = Described::start(engine, &[server.address], &[("plain.toml", plain), ("named.toml", named)]);
    let secrets = json!({ "ApiKey": "k" });
    let named = shop.create("Shipping", "Named", &json!({}), &secrets).await;
    let plain = shop.create("Shipping", "Plain", &json!({}), &secrets).await;
    let header = |path: &str| -> Vec<String> {
        let all = requests.lock().expect("the requests");
        let of = all.iter().filter(|(_, it, _)| it == path);
        of.map(|(_, _, headers)| {
            headers.get("x-request-once").map_or("", |it| it.to_str().expect("text")).to_owned()
        })
        .collect()
    };
    shop.passes(&named).await;
    let own = header("/account");
    assert!(own.len() == 1 && own[0].len() >= 16, "the test's own POST has one: {own:?}");

    shop.proxy(&named, "POST", "labels/1", &[], Some("{}")).await.expect(200);
    shop.proxy(&named, "POST", "labels/2", &[], Some("{}")).await.expect(200);
    let (one, two) = (header("/labels/1"), header("/labels/2"));
    assert!(one[0].len() >= 16 && one != two, "each request has its own: {one:?} {two:?}");
    shop.proxy(&named, "POST", "labels/3", &[("x-request-once", "mine")], Some("{}")).await.expect(200);
    shop.proxy(&named, "POST", "labels/4", &[("idempotency-key", "usual")], Some("{}")).await.expect(200);
    assert_eq!(
        (header("/labels/3"), header("/labels/4")),
        (vec!["mine".to_owned()], vec!["usual".to_owned()])
    );
    shop.proxy(&named, "GET", "labels/5", &[], None).await.expect(200);
    assert_eq!(header("/labels/5"), [""], "a request that may be repeated anyhow has none");

    // With it, a POST that the provider is too busy for is sent again, as the same one.
    shop.proxy(&named, "POST", "busy", &[], Some("{}")).await.expect(200);
    let sent = header("/busy");
    assert!(sent.len() == 2 && sent[0] == sent[1] && sent[0].len() >= 16, "{sent:?}");
    requests.lock().expect("the requests").clear();
    shop.proxy(&plain, "POST", "busy", &[], Some("{}")).await.expect(503);
    assert_eq!(header("/busy"), [""], "without it, once");
}

on_both!(
    a_provider_is_called_as_often_as_its_template_says,
    so_many_calls_are_under_way_and_no_more,
    a_post_carries_the_providers_idempotency_header,
);
