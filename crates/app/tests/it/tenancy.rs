//! Every route of the description, asked by nobody, by the wrong role, and by another organization.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Engine, on_both, process::Demo};

struct Route {
    method: String,
    path: String,
    open: bool,
}

async fn routes(demo: &Demo) -> Vec<Route> {
    let description = demo.nobody().get("/openapi.json").await.expect(200).json();
    let paths = description["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            // An empty requirement in the list means that nobody has to say who it is.
            let open = operation["security"].as_array().is_some_and(|it| {
                it.iter().all(|one| one.as_object().is_some_and(serde_json::Map::is_empty))
            });
            routes.push(Route { method: method.to_uppercase(), path: path.clone(), open });
        }
    }
    assert!(routes.len() > 25, "the description lists {} routes", routes.len());
    routes
}

/// The path with ids of the first organization's in it.
async fn fill(demo: &Demo, path: &str) -> String {
    let organization = demo.text("organizationId");
    let of = |list: &Value, key: &str| list[key][0]["id"].as_str().expect("an id").to_owned();
    let id = if path.contains("/invoices/") {
        demo.text("invoiceId").to_owned()
    } else if path.contains("/orders/") {
        of(&demo.admin.get("/api/orders?customerNumber=ONLY-HERE").await.json(), "data")
    } else if path.contains("/payments/") {
        of(&demo.admin.get("/api/payments").await.json(), "data")
    } else if path.contains("/auto-pay/charges/") {
        of(&demo.admin.get("/api/auto-pay/charges").await.json(), "data")
    } else if path.contains("/integrations/") {
        of(
            &demo.admin.get(&format!("/api/organizations/{organization}/integrations")).await.json(),
            "integrations",
        )
    } else if path.contains("/api-access/") {
        let all = demo.admin.get("/api/organizations/api-access").await.json();
        all.as_object()
            .and_then(|it| it.values().find_map(|list| list[0]["id"].as_str()))
            .expect("a key")
            .to_owned()
    } else {
        String::new()
    };
    path.replace("{organizationId}", organization)
        .replace("{id}", &id)
        .replace("{recordId}", "syn_0192f0c1e4b87c3a9d5e6f708192a3b4")
        .replace("{customerNumber}", "ONLY-HERE")
        .replace("{path}", "orders/1")
}

async fn ask(caller: &Caller, route: &Route, path: &str) -> Answer {
    let body = if matches!(route.method.as_str(), "POST" | "PUT") { Some("{}".to_owned()) } else { None };
    caller.send(&route.method, path, &[("content-type", "application/json")], body).await
}

async fn prepared(engine: Engine) -> Demo {
    let demo = Demo::start(engine);
    demo.admin
        .put("/api/customers", &json!({ "customerNumber": "ONLY-HERE", "companyName": "Here" }))
        .await
        .expect(201);
    let order = json!({ "customerNumber": "ONLY-HERE", "items": [{ "description": "Tea", "quantity": 1, "unitPrice": 3 }] });
    demo.admin.post("/api/orders", &order).await.expect(201);
    let key = json!({ "name": "probe", "role": "SalesRep" });
    demo.admin.post("/api/organizations/api-access", &key).await.expect(201);
    demo.admin.setup("CUST-1001", demo.text("invoiceId"), 1.0).await.expect(200);
    crate::auto_pay::planned(&demo).await;
    demo
}

async fn nobody_gets_anything_without_saying_who_it_is(engine: Engine) {
    let demo = prepared(engine).await;
    for route in routes(&demo).await {
        let path = fill(&demo, &route.path).await;
        for token in [None, Some("nonsense"), Some("kontor_nonsense")] {
            let answer = ask(&demo.admin.as_other(token), &route, &path).await;
            // Numbers are public on the loopback alone (API.md §6).
            if route.open || route.path == "/metrics" {
                assert_ne!(answer.status, 401, "{} {}", route.method, path);
                continue;
            }
            assert_eq!(answer.status, 401, "{} {} as {token:?}: {}", route.method, path, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(!answer.header("www-authenticate").is_empty(), "{path}");
        }
    }
}

async fn another_organization_finds_nothing_here(engine: Engine) {
    let demo = prepared(engine).await;
    let stranger = demo.stranger();
    let mut probed = 0;
    for route in routes(&demo).await.iter().filter(|it| !it.open && it.path.contains('{')) {
        let path = fill(&demo, &route.path).await;
        let answer = ask(&stranger, route, &path).await;
        // The organization in a path must be the caller's own; all else of another's is not there (API.md §1).
        let status = if route.path.contains("{organizationId}") { 403 } else { 404 };
        assert_eq!(answer.status, status, "{} {path}: {}", route.method, answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        probed += 1;
    }
    assert!(probed > 12, "{probed} routes");
    for list in ["/api/invoices", "/api/orders", "/api/customers", "/api/payments"] {
        let all = stranger.get(list).await.expect(200).text;
        assert!(
            !all.contains(demo.text("invoiceId")) && !all.contains("ONLY-HERE") && !all.contains("\"pay_"),
            "{list}: {all}"
        );
    }
    // What was probed for deletion is still there.
    demo.admin.get("/api/customers/ONLY-HERE").await.expect(200);
    assert_eq!(demo.admin.read_invoice(demo.text("invoiceId")).await["status"], "Issued");
}

async fn a_customer_reads_its_own_and_changes_nothing_of_the_shop(engine: Engine) {
    let demo = prepared(engine).await;
    let customer = demo.caller("Customer", Some("CUST-1002"));
    let path = format!("/api/invoices/{}", demo.text("invoiceId"));
    customer.get(&path).await.expect(404);
    demo.caller("Customer", Some("CUST-1001")).get(&path).await.expect(200);
    let organization = demo.text("organizationId");
    for path in [
        format!("/api/organizations/{organization}/integrations"),
        "/api/organizations/api-access".to_owned(),
    ] {
        assert_eq!(customer.get(&path).await.expect(403).code(), "forbidden");
        demo.caller("SalesRep", None).get(&path).await.expect(403);
    }
    customer.put("/api/customers", &json!({ "customerNumber": "X", "companyName": "X" })).await.expect(403);
    customer.post("/api/invoices", &json!({})).await.expect(403);
    customer.post("/api/orders", &json!({})).await.expect(403);
    customer.send("POST", &format!("{path}/issue"), &[], None).await.expect(403);
    let cheque = json!({ "amount": 1, "method": "Check" });
    let mine = demo.caller("Customer", Some("CUST-1001"));
    mine.post(&format!("{path}/payments"), &cheque).await.expect(403);
    mine.setup("CUST-1001", demo.text("invoiceId"), 2.0).await.expect(200);
    customer.setup("CUST-1001", demo.text("invoiceId"), 2.0).await.expect(403);
    let wrong_too = json!({ "customerNumber": "CUST-1001", "transactionAmount": "two" });
    customer.post("/api/payments/worldpay/transaction-setup", &wrong_too).await.expect(403);
    let listed = customer.get("/api/invoices").await.expect(200).json();
    let numbers: Vec<_> =
        listed["data"].as_array().expect("a list").iter().map(|it| it["customerNumber"].clone()).collect();
    assert!(numbers.iter().all(|it| it == "CUST-1002"), "{numbers:?}");
}

async fn a_seller_administers_nothing(engine: Engine) {
    let demo = prepared(engine).await;
    let seller = demo.caller("SalesRep", None);
    let mut probed = 0;
    for route in routes(&demo).await.iter().filter(|it| !it.open) {
        if !route.path.starts_with("/api/organizations/") && !route.path.starts_with("/api/integration") {
            continue;
        }
        let path = fill(&demo, &route.path).await;
        let answer = ask(&seller, route, &path).await;
        assert_eq!(answer.status, 403, "{} {path}: {}", route.method, answer.text);
        assert_eq!(answer.code(), "forbidden");
        probed += 1;
    }
    assert!(probed > 15, "{probed} routes");
}

on_both!(
    a_seller_administers_nothing,
    nobody_gets_anything_without_saying_who_it_is,
    another_organization_finds_nothing_here,
    a_customer_reads_its_own_and_changes_nothing_of_the_shop,
);
