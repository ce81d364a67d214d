//! The description is complete and true: every operation has its examples, its refusals and its security; every
//! example is valid by its own schema and taken by the program; and what the program answers is as it is described.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    Engine, on_both,
    process::{Demo, integration},
    until,
};

async fn description(demo: &Demo) -> Value {
    demo.nobody().get("/openapi.json").await.expect(200).json()
}

/// Method, path and operation of each.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            all.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    assert!(all.len() > 30, "{} operations", all.len());
    all
}

/// What is wrong with a value, by a schema of the document's.
fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    // References lead into the whole document, so that it has to stand around the schema.
    let whole = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"], "allOf": [schema] });
    let validator = jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"));
    validator.iter_errors(value).map(|it| format!("{} at {}", it, it.instance_path())).collect()
}

fn media(holder: &Value) -> Vec<(&String, &Value)> {
    holder["content"].as_object().into_iter().flatten().collect()
}

/// What is missing in one operation.
fn gaps(document: &Value, method: &str, path: &str, operation: &Value) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut gap = |what: String| gaps.push(format!("{method} {path}: {what}"));
    for field in ["summary", "operationId"] {
        if operation[field].as_str().is_none_or(str::is_empty) && path.starts_with("/api") {
            gap(format!("no {field}"));
        }
    }
    if !operation["security"].is_array() {
        gap("says nothing of credentials".to_owned());
    }
    let open = operation["security"] == json!([]);
    let mut body = |what: &str, holder: &Value| {
        for (kind, media) in media(holder) {
            match media.get("example") {
                None => gap(format!("{what} {kind} has no example")),
                Some(example) => {
                    let wrong = faults(document, &media["schema"], example);
                    for it in wrong {
                        gap(format!("{what} {kind}: {it}"));
                    }
                }
            }
        }
    };
    body("the request", &operation["requestBody"]);
    let responses = operation["responses"].as_object().expect("responses");
    for (status, response) in responses {
        body(&format!("the answer {status}"), response);
    }
    // Whoever watches the process has an answer of its own, and people read pages.
    let own = path == "/readyz" || path.starts_with("/pay/");
    let refusals = responses.iter().filter(|(it, _)| it.starts_with(['4', '5']) && !own);
    for (status, response) in refusals {
        let problem = &response["content"]["application/problem+json"];
        if problem["schema"]["$ref"] != "#/components/schemas/Problem" {
            gap(format!("{status} has no body"));
        }
        if problem["example"]["status"].as_u64() != status.parse().ok() {
            gap(format!("{status} has an example of another status: {}", problem["example"]));
        }
    }
    let has = |status: &str| responses.contains_key(status);
    if path.starts_with("/api") && !(has("400") && has("500") && (open || has("401") && has("403"))) {
        gap("not every refusal is described".to_owned());
    }
    if !responses.keys().any(|it| it.starts_with(['2', '3'])) {
        gap("no answer is described".to_owned());
    }
    let named = operation["parameters"].as_array().into_iter().flatten();
    for it in named.filter(|it| it["in"] != "query" && it["example"].is_null()) {
        gap(format!("{} has no example", it["name"]));
    }
    gaps
}

async fn every_operation_is_described_with_examples_that_are_right(engine: Engine) {
    let demo = Demo::start(engine);
    let document = description(&demo).await;
    let mut all = Vec::new();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        all.extend(gaps(&document, &method, &path, operation));
        if let Some(id) = operation["operationId"].as_str() {
            assert!(
                ids.insert(format!("{} {id}", operation["tags"][0])),
                "{method} {path}: {id} is there twice"
            );
        }
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
    // The check itself sees what it is for.
    let mut spoilt = document.clone();
    let operation = &mut spoilt["paths"]["/api/organizations/api-access"]["post"];
    operation["requestBody"]["content"]["application/json"]["example"] = json!({ "name": 7 });
    operation["responses"]["201"]["content"]["application/json"] = json!({ "schema": {} });
    operation["responses"]["401"] = json!({ "description": "" });
    operation["security"] = Value::Null;
    let operation = &spoilt["paths"]["/api/organizations/api-access"]["post"];
    assert!(gaps(&spoilt, "POST", "/api/organizations/api-access", operation).len() >= 5);
}

/// The path with ids that are there.
fn filled(
    demo: &Demo,
    path: &str,
    (integration, payment, charge, order): (&str, &str, &str, &str),
    (books, record): (&str, &str),
) -> String {
    let id = match path {
        // The cards of a customer are listed by its number.
        "/api/payments/payment-methods/{id}" => "CUST-1001",
        it if it.contains("/invoices/") => demo.text("invoiceId"),
        it if it.contains("/orders/") => order,
        it if it.contains("/payments/") => payment,
        it if it.contains("/auto-pay/charges/") => charge,
        it if it.contains("/sync") => books,
        _ => integration,
    };
    path.replace("{organizationId}", demo.text("organizationId"))
        .replace("{id}", id)
        .replace("{recordId}", record)
        .replace("{provider}", "QuickBooks")
        .replace("{customerNumber}", "CUST-1001")
        .replace("{path}", "orders/1")
}

async fn no_example_of_a_request_is_refused_for_its_shape(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_LIMITS__LOGIN_PER_MINUTE", "1000")]);
    let document = description(&demo).await;
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let books = demo.seeded("QuickBooks").await;
    let books = books.rsplit('/').next().expect("an id");
    let mut sent = 0;
    for (method, path, operation) in operations(&document) {
        for (kind, media) in media(&operation["requestBody"]) {
            let keys = &demo.line["credentials"]["authorizeNet"][0];
            let body = json!({ "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Shape", "secrets": keys });
            let made = demo.admin.post(&list, &body).await.expect(201).json();
            let path = filled(
                &demo,
                &path,
                (
                    made["id"].as_str().expect("an id"),
                    "pay_0192f0c1e4b87c3a9d5e6f708192a3b4",
                    "apc_0192f0c1e4b87c3a9d5e6f708192a3b4",
                    "ord_0192f0c1e4b87c3a9d5e6f708192a3b4",
                ),
                (books, "syn_0192f0c1e4b87c3a9d5e6f708192a3b4"),
            );
            let kind = if kind == "*/*" { "application/json" } else { kind };
            let example = &media["example"];
            let body = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            let answer = demo.admin.send(&method, &path, &[("content-type", kind)], Some(body.clone())).await;
            let shape = matches!(answer.status, 400 | 413 | 415) || answer.status >= 500;
            // A provider without consent says so; that is no matter of the body.
            assert!(
                !shape || answer.code() == "oauth_not_supported",
                "{method} {path} {body}: {} {}",
                answer.status,
                answer.text
            );
            sent += 1;
        }
    }
    assert!(sent > 12, "{sent} bodies");
}

/// The books' integration, and the record of an order in it once that was agreed to.
async fn recorded(demo: &Demo, order: &str) -> (String, String) {
    let books = demo.seeded("QuickBooks").await;
    demo.admin.post(&format!("/api/orders/{order}/confirm"), &json!({})).await.expect(200);
    let list = format!("{books}/sync/records?kind=Estimate");
    let first = async || demo.admin.get(&list).await.expect(200).json()["data"][0]["id"].clone();
    until("the order has its record", async || first().await.is_string()).await;
    let record = first().await.as_str().expect("an id").to_owned();
    (books.rsplit('/').next().expect("an id").to_owned(), record)
}

async fn what_is_answered_is_as_it_is_described(engine: Engine) {
    let demo = Demo::start(engine);
    let document = description(&demo).await;
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = integration(&demo.line["credentials"]["worldpay"][0]);
    let made = demo.admin.post(&list, &body).await.expect(201).json();
    demo.admin.setup("CUST-1001", demo.text("invoiceId"), 1.0).await.expect(200);
    let payments = demo.admin.get("/api/payments").await.expect(200).json();
    let payment = payments["data"][0]["id"].as_str().expect("a payment").to_owned();
    let integration = made["id"].as_str().expect("an id");
    let charge = crate::auto_pay::planned(&demo).await;
    let body = json!({ "customerNumber": "CUST-1001", "items": [{ "description": "Tea", "quantity": 1, "unitPrice": 3 }] });
    let made = demo.admin.post("/api/orders", &body).await.expect(201).json();
    let order = made["id"].as_str().expect("an id");
    let (books, record) = recorded(&demo, order).await;
    let mut asked = 0;
    for (method, path, operation) in operations(&document) {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        if method != "GET" || schema.is_null() || path == "/openapi.json" {
            continue;
        }
        for form in ["enums=numbers", "enums=names"] {
            let path = filled(&demo, &path, (integration, &payment, &charge, order), (&books, &record));
            let answer = demo.admin.send("GET", &path, &[("prefer", form)], None).await.expect(200).json();
            let wrong = faults(&document, schema, &answer);
            assert!(wrong.is_empty(), "{path}: {wrong:?}: {answer}");
            asked += 1;
        }
    }
    assert!(asked > 24, "{asked} answers");
    let schema = &document["components"]["schemas"]["Problem"];
    for path in ["/api/invoices?pageSize=0", "/api/nothing", "/api/invoices/inv_none"] {
        let problem = demo.admin.get(path).await.json();
        assert_eq!(faults(&document, schema, &problem), Vec::<String>::new(), "{problem}");
    }
}

on_both!(
    every_operation_is_described_with_examples_that_are_right,
    no_example_of_a_request_is_refused_for_its_shape,
    what_is_answered_is_as_it_is_described,
);
