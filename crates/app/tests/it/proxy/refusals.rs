//! Who is refused, and what could lead elsewhere.

use serde_json::{Value, json};

use super::{SECRET, body, header, plain};
use crate::support::{
    Caller, Engine, on_both,
    process::Demo,
    upstream::{Upstream, answer, fine, integrate},
    wire::{Wire, status},
};

/// Paths that could mean another place to somebody on the way.
const ELSEWHERE: [&str; 18] = [
    "..",
    "../admin",
    "orders/../../admin",
    "%2e%2e/admin",
    ".%2E/admin",
    "orders/%252e%252e/admin",
    "./orders",
    "..;a=b/admin",
    "orders%2Fadmin",
    "orders%2fadmin",
    "orders%252Fadmin",
    "orders%5c..%5cadmin",
    "orders\\admin",
    "/evil.example/a",
    "https://evil.example/a",
    "orders//evil.example",
    "orders%00",
    "orders%0d%0ax-injected:%20yes",
];
/// Paths that only look like it: they stay below the provider's own.
const HERE: [&str; 5] =
    ["@evil.example/a", "user:word@evil.example/", "https:/evil.example", "a..b/...", "evil.example:443/"];

async fn no_path_leads_elsewhere(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    for below in ELSEWHERE {
        let heard = Wire::open(&demo, &format!("GET {path}/proxy/{below}"), "").await.end().await;
        let said: Value = serde_json::from_str(body(&heard)).unwrap_or_default();
        assert!(status(&heard) == 400 && said["errors"]["path"].is_array(), "{below}: {heard}");
        assert!(upstream.take().is_empty(), "{below}");
    }
    for below in HERE {
        let heard = Wire::open(&demo, &format!("GET {path}/proxy/{below}"), "").await.end().await;
        assert_eq!(status(&heard), 200, "{below}: {heard}");
        let seen = upstream.take().remove(0);
        assert!(seen.starts_with(&format!("GET /v1/{below} HTTP/1.1\r\n")), "{below}: {seen}");
        assert_eq!(header(&seen, "host"), Some(upstream.address.to_string().as_str()));
    }
    // A whole address in the first line is Kontor's own, whoever it names.
    let line = format!("GET http://evil.example{path}/proxy/orders");
    assert_eq!(status(&Wire::open(&demo, &line, "").await.end().await), 200);
    assert!(upstream.take()[0].starts_with("GET /v1/orders "));
    // Nothing below is the provider's own address; the longest is as long as it may be.
    for (length, wanted) in [(8_192, 200), (8_193, 400)] {
        let long = format!("GET {path}/proxy/{}", "a".repeat(length));
        let heard = Wire::open(&demo, &long, "").await.end().await;
        assert_eq!(status(&heard), wanted, "{length}: {}", &heard[..200]);
    }
}

async fn a_redirect_is_handed_back(engine: Engine) {
    let elsewhere = Upstream::start(fine).await;
    let to = format!("http://{}/v1/stolen", elsewhere.address);
    let upstream = Upstream::start(move |request| {
        let status = request.split("/say/").nth(1).and_then(|it| it.split(' ').next()).unwrap_or("500");
        answer(&format!("{status} Moved"), &format!("location: {to}\r\n"), "")
    })
    .await;
    plain(&upstream);
    // Even where the operator opened the other place.
    let open = format!("{},{}", upstream.address, elsewhere.address);
    let demo = upstream.demo(engine, &[("KONTOR_NETWORK__ALLOW_HOSTS", &open)]);
    let path = integrate(&demo, "Depot", SECRET).await;
    for (method, status) in [("GET", 301), ("POST", 302), ("GET", 303), ("PUT", 307), ("GET", 308)] {
        let passed = demo.admin.send(method, &format!("{path}/proxy/say/{status}"), &[], None).await;
        let passed = passed.expect(status);
        assert_eq!(passed.header("location"), format!("http://{}/v1/stolen", elsewhere.address));
    }
    assert_eq!((upstream.take().len(), elsewhere.take().len()), (5, 0));
}

async fn only_who_may_and_only_what_is_in_use(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let asked = format!("{path}/proxy/orders?filter=mine-31");
    let ask = async |caller: &Caller, path: &str| caller.get(path).await;
    ask(&demo.nobody(), &asked).await.expect(401);
    for (role, customer) in [("SalesRep", None), ("Customer", Some("CUST-1001"))] {
        assert_eq!(ask(&demo.caller(role, customer), &asked).await.expect(403).code(), "forbidden");
    }
    // The organization in the path is another's; and its own, with an id of another's.
    ask(&demo.stranger(), &asked).await.expect(403);
    let id = path.rsplit('/').next().expect("an id");
    let theirs = format!("/api/organizations/{}/integrations/{id}", demo.text("otherOrganizationId"));
    ask(&demo.stranger(), &format!("{theirs}/proxy/orders")).await.expect(404);
    let absent = "int_0192f0c1e4b87c3a9d5e6f708192a3b4";
    ask(&demo.admin, &asked.replace(id, absent)).await.expect(404);
    // What is absent is told before what is wrong.
    ask(&demo.admin, &format!("{}/proxy/%2e%2e", path.replace(id, absent))).await.expect(404);
    for method in ["OPTIONS", "TRACE"] {
        demo.admin.send(method, &asked, &[], None).await.expect(405);
    }
    demo.admin.put(&path, &json!({ "isEnabled": false })).await.expect(200);
    let disabled = ask(&demo.admin, &asked).await.expect(409);
    assert_eq!((disabled.code().as_str(), disabled.header("x-kontor-proxied")), ("integration_disabled", ""));
    demo.admin.put(&path, &json!({ "isEnabled": true })).await.expect(200);
    not_connected_and_not_supported(&demo).await;
    assert!(upstream.take().is_empty(), "none of these reached the provider");
    ask(&demo.admin, &asked).await.expect(200);
    demo.admin.send("HEAD", &asked, &[], None).await.expect(200);
    assert_eq!(upstream.take().len(), 2);
    let log = demo.log();
    assert!(log.contains("answering"), "the log is there: {log}");
    assert!(!log.contains(SECRET) && !log.contains("mine-31"), "a credential or a query's value in the log");
}

/// Providers whose people have not consented, and those that take no requests of this kind.
async fn not_connected_and_not_supported(demo: &Demo) {
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let books = json!({ "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Books" });
    let mail = json!({ "integrationType": "Email", "provider": "Smtp", "displayName": "Mail",
        "configuration": { "Host": "mail.shop.example", "UserName": "shop" }, "secrets": { "Password": SECRET } });
    for (body, status, code) in
        [(books, 409, "integration_not_connected"), (mail, 422, "proxy_not_supported")]
    {
        let made = demo.admin.post(&list, &body).await.expect(201).header("location").to_owned();
        let refused = demo.admin.get(&format!("{made}/proxy/orders")).await.expect(status);
        assert_eq!(refused.code(), code, "{}", refused.text);
    }
}

on_both!(no_path_leads_elsewhere, a_redirect_is_handed_back, only_who_may_and_only_what_is_in_use);
