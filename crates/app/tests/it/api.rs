//! The rules of the API, seen from outside.

mod answers;
mod authorize_net;
mod books;
mod choices;
pub(crate) mod contract;
mod description;
mod documents;
mod drafts;
mod integrations;
mod orders;
mod remake;
mod rollback;
pub(crate) mod rotation;
mod sync;

use serde_json::json;

use crate::support::{Engine, on_both, process::Demo};

async fn a_key_signs_in_by_both_headers_and_ends_when_it_is_deleted(engine: Engine) {
    let demo = Demo::start(engine);
    let made = demo
        .admin
        .post("/api/organizations/api-access", &json!({ "name": "shop", "role": "SalesRep" }))
        .await;
    let made = made.expect(201).json();
    let secret = made["clientSecret"].as_str().expect("a secret");
    let key = secret;
    let nobody = demo.nobody();
    nobody.send("GET", "/api/invoices", &[("x-api-key", key)], None).await.expect(200);
    demo.admin.as_other(Some(key)).get("/api/invoices").await.expect(200);
    let login = json!({ "OrgCode": made["orgCode"], "ClientId": made["clientId"], "ClientSecret": secret });
    let token = nobody.post("/api/auth/login", &login).await.expect(200).json();
    let token = token["AccessToken"].as_str().expect("a token").to_owned();
    demo.admin.as_other(Some(&token)).get("/api/invoices").await.expect(200);
    let listed = demo.admin.get("/api/organizations/api-access").await.expect(200).text;
    assert!(!listed.contains(secret), "a secret is shown once");
    let id = made["id"].as_str().expect("an id");
    demo.admin.delete(&format!("/api/organizations/api-access/{id}")).await.expect(204);
    nobody.send("GET", "/api/invoices", &[("x-api-key", key)], None).await.expect(401);
    let ended = demo.admin.as_other(Some(&token)).get("/api/invoices").await.expect(401);
    assert!(ended.header("www-authenticate").contains("invalid_token"), "its tokens end with it");
}

async fn a_repeated_request_for_a_key_gets_no_secret_and_none_is_kept(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({ "name": "shop", "role": "SalesRep" }).to_string();
    let path = "/api/organizations/api-access";
    let headers = [("content-type", "application/json"), ("idempotency-key", "one-key")];
    let first = demo.admin.send("POST", path, &headers, Some(body.clone())).await.expect(201).json();
    let again = demo.admin.send("POST", path, &headers, Some(body)).await.expect(201).json();
    assert_eq!(first["id"], again["id"]);
    assert!(first["clientSecret"].is_string() && again["clientSecret"].is_null(), "{again}");
}

async fn logins_are_limited_and_say_nothing_of_what_was_wrong(engine: Engine) {
    let demo = Demo::start(engine);
    let nobody = demo.nobody();
    let mut answers = Vec::new();
    for client in ["unknown", "unknown", "unknown", "unknown", "unknown"] {
        let wrong = json!({ "orgCode": "LUEBECK", "clientId": client, "clientSecret": "nothing" });
        answers.push(nobody.post("/api/auth/login", &wrong).await.expect(401).code());
    }
    assert_eq!(answers.iter().collect::<std::collections::BTreeSet<_>>().len(), 1);
    let wrong = json!({ "orgCode": "LUEBECK", "clientId": "unknown", "clientSecret": "nothing" });
    let limited = nobody.post("/api/auth/login", &wrong).await.expect(429);
    assert!(!limited.header("retry-after").is_empty());
}

async fn a_repeated_request_is_done_once_and_a_key_is_not_used_for_two(engine: Engine) {
    let demo = Demo::start(engine);
    let path = format!("/api/invoices/{}/payments", demo.text("invoiceId"));
    let seeded = demo.database.count("SELECT COUNT(*) FROM payments");
    let made = || demo.database.count("SELECT COUNT(*) FROM payments") - seeded;
    let send = |key: &'static str, amount: u32| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move {
            let headers = [("content-type", "application/json"), ("idempotency-key", key)];
            let body = json!({ "amount": amount, "method": "Check", "reference": "7" }).to_string();
            admin.send("POST", &path, &headers, Some(body)).await
        }
    };
    let first = send("k-1", 10).await.expect(201);
    let again = send("k-1", 10).await.expect(201);
    assert_eq!(first.text, again.text);
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(send("k-1", 11).await.expect(422).code(), "idempotency_key_reused");
    assert_eq!(made(), 1);
    let many = futures(8, |_| send("k-2", 5)).await;
    let done = many.iter().filter(|it| it.status == 201).count();
    assert!(
        done >= 1 && many.iter().all(|it| matches!(it.status, 201 | 409)),
        "{:?}",
        many.iter().map(|it| it.status).collect::<Vec<_>>()
    );
    assert_eq!(made(), 2);
}

/// The same many times at once.
async fn futures<T: Send + 'static, F>(many: usize, made: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let running: Vec<_> = (0..many).map(|at| tokio::spawn(made(at))).collect();
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.expect("it ran"));
    }
    done
}

async fn sixteen_cheques_at_once_never_pay_more_than_the_balance(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.admin.invoice("CUST-1001", 100.0).await;
    let answers = futures(16, |_| {
        let (admin, path) = (demo.admin.clone(), format!("/api/invoices/{invoice}/payments"));
        async move { admin.post(&path, &json!({ "amount": 30, "method": "Wire" })).await.status }
    })
    .await;
    assert_eq!(answers.iter().filter(|it| **it == 201).count(), 3, "{answers:?}");
    assert!(answers.iter().all(|it| matches!(it, 201 | 409 | 422)), "{answers:?}");
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(10.0));
}

async fn a_stale_version_changes_nothing(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("WorldPay").await;
    let tag = demo.admin.get(&path).await.expect(200).header("etag").to_owned();
    let change = |tag: String, name: &'static str| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move {
            let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
            admin.send("PUT", &path, &headers, Some(json!({ "displayName": name }).to_string())).await
        }
    };
    change(tag.clone(), "One").await.expect(200);
    change(tag, "Two").await.expect(412);
    assert_eq!(demo.admin.get(&path).await.json()["displayName"], "One");
}

async fn of_edits_at_once_with_one_tag_one_wins(engine: Engine) {
    let demo = Demo::start(engine);
    let settings = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    let urls = json!({ "returnUrls": ["https://shop.example"] });
    let customer = json!({ "customerNumber": "CUST-1001", "companyName": "Stralsund Bakery" });
    for (read, edited, body) in [
        (settings.as_str(), settings.as_str(), urls),
        ("/api/customers/CUST-1001", "/api/customers", customer),
    ] {
        for _ in 0..5 {
            let tag = demo.admin.get(read).await.expect(200).header("etag").to_owned();
            let statuses = futures(8, |_| {
                let (admin, path, tag, body) =
                    (demo.admin.clone(), edited.to_owned(), tag.clone(), body.to_string());
                async move {
                    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
                    admin.send("PUT", &path, &headers, Some(body)).await.status
                }
            })
            .await;
            assert_eq!(statuses.iter().filter(|it| **it == 200).count(), 1, "{edited}: {statuses:?}");
            assert!(statuses.iter().all(|it| matches!(it, 200 | 412)), "{edited}: {statuses:?}");
        }
    }
}

async fn bodies_are_limited_on_both_sides_and_wrong_ones_named(engine: Engine) {
    let demo = Demo::start(engine);
    let padded = |length: usize| {
        let body = json!({ "customerNumber": "PAD", "companyName": "Pad" }).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let json = [("content-type", "application/json")];
    demo.admin.send("PUT", "/api/customers", &json, Some(padded(4_096))).await.expect(201);
    demo.admin.send("PUT", "/api/customers", &json, Some(padded(4_097))).await.expect(413);
    demo.admin
        .send("PUT", "/api/customers", &json, Some("{\"customerNumber\": ".to_owned()))
        .await
        .expect(400);
    demo.admin
        .send("PUT", "/api/customers", &[("content-type", "text/plain")], Some("{}".to_owned()))
        .await
        .expect(415);
    demo.admin.send("PATCH", "/api/customers", &json, None).await.expect(405);
    assert_eq!(
        demo.admin.get("/api/nothing").await.expect(404).header("content-type"),
        "application/problem+json"
    );
    let id = [("x-request-id", "my-request-7")];
    assert_eq!(
        demo.admin.send("GET", "/api/invoices", &id, None).await.header("x-request-id"),
        "my-request-7"
    );
}

async fn the_description_and_the_docs_need_no_network(engine: Engine) {
    let demo = Demo::start(engine);
    let description = demo.nobody().get("/openapi.json").await.expect(200).json();
    assert!(description["openapi"].as_str().is_some_and(|it| it.starts_with("3.")));
    let named = |path: &str, method: &str| {
        let operation = &description["paths"][path][method];
        let mut named: Vec<String> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["in"] == "header")
            .filter_map(|it| it["name"].as_str().map(str::to_owned))
            .collect();
        named.extend(operation["responses"].as_object().into_iter().flatten().map(|(it, _)| it.clone()));
        named
    };
    let says = |path: &str, method: &str, word: &str| {
        assert!(named(path, method).iter().any(|it| it == word), "{method} {path} says nothing of {word}");
    };
    says("/api/invoices", "post", "Idempotency-Key");
    says("/api/invoices", "post", "500");
    says("/api/auth/login", "post", "401");
    says("/api/payments/worldpay/callback", "get", "404");
    for path in ["/api/payments/worldpay/transaction-setup", "/api/payments/{id}/resolve"] {
        says(path, "post", "502");
        says(path, "post", "504");
    }
    says("/api/customers", "put", "If-Match");
    says("/api/organizations/{organizationId}/integrations/{id}", "get", "Prefer");
    for path in ["/openapi.json", "/docs", "/healthz", "/api/auth/login"] {
        let methods = description["paths"][path].as_object().expect("it is described");
        assert!(methods.values().all(|it| it["security"] == json!([])), "{path} is public");
    }
    let docs = demo.nobody().get("/docs").await;
    let docs = if docs.status == 200 { docs } else { demo.nobody().get("/docs/").await.expect(200) };
    assert!(!docs.text.contains("src=\"http") && !docs.text.contains("href=\"http"), "{}", docs.text);
    assert!(docs.text.contains("name=\"viewport\"") && docs.text.contains("<title>Kontor"), "{}", docs.text);
    for part in docs.text.split(['"', '\'']).filter(|it| it.starts_with("./") && it.contains('.')) {
        demo.nobody().get(&format!("/docs/{part}").replace("/./", "/")).await.expect(200);
    }
    demo.nobody().get("/docs/nothing").await.expect(404);
    demo.nobody().get("/healthz").await.expect(200);
    let metrics = demo.nobody().get("/metrics").await.expect(200).text;
    assert!(metrics.contains("kontor_http_requests_total"), "{metrics}");
}

on_both!(
    a_key_signs_in_by_both_headers_and_ends_when_it_is_deleted,
    a_repeated_request_for_a_key_gets_no_secret_and_none_is_kept,
    logins_are_limited_and_say_nothing_of_what_was_wrong,
    a_repeated_request_is_done_once_and_a_key_is_not_used_for_two,
    sixteen_cheques_at_once_never_pay_more_than_the_balance,
    a_stale_version_changes_nothing,
    of_edits_at_once_with_one_tag_one_wins,
    bodies_are_limited_on_both_sides_and_wrong_ones_named,
    the_description_and_the_docs_need_no_network,
);
