//! The rules of integrations, seen from outside: what is told, in which form, in which order, and to whom.

use serde_json::{Value, json};

use crate::support::{
    Engine, on_both,
    process::{Demo, integration},
};

pub(super) fn list(demo: &Demo) -> String {
    format!("/api/organizations/{}/integrations", demo.text("organizationId"))
}

/// A second one beside the seeded; its path.
pub(super) async fn another(demo: &Demo) -> String {
    let body = integration(&demo.line["credentials"]["worldpay"][0]);
    demo.admin.post(&list(demo), &body).await.expect(201).header("location").to_owned()
}

const JSON: (&str, &str) = ("content-type", "application/json");
pub(super) const NAMES: (&str, &str) = ("prefer", "enums=names");

/// An answer without what differs from run to run, for the eye.
pub(crate) fn still(demo: &Demo, value: &Value) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::String(text) => {
                let id = text.split_once('_').map(|(prefix, rest)| (prefix.len(), rest));
                let is_id = |(prefix, rest): (usize, &str)| {
                    prefix <= 3 && rest.len() == 32 && rest.bytes().all(|it| it.is_ascii_hexdigit())
                };
                if id.is_some_and(is_id) {
                    text.truncate(text.len() - 32);
                    text.push('…');
                } else if text.len() > 18 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T') {
                    "2026-…Z".clone_into(text);
                } else if let Some(at) = text.find("state=") {
                    text.truncate(at + 6);
                    text.push('…');
                }
            }
            Value::Array(all) => all.iter_mut().for_each(walk),
            Value::Object(all) => all.values_mut().for_each(walk),
            _ => {}
        }
    }
    let mut value = value.clone();
    walk(&mut value);
    serde_json::to_string_pretty(&value).expect("JSON").replace(demo.text("baseUrl"), "http://kontor")
}

async fn both_forms_are_answered_as_they_were(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    for (name, headers) in [("numbers", vec![]), ("names", vec![NAMES])] {
        let read = |path: String| {
            let (admin, headers) = (demo.admin.clone(), headers.clone());
            async move { admin.send("GET", &path, &headers, None).await.expect(200).json() }
        };
        insta::assert_snapshot!(format!("{name}_one"), still(&demo, &read(path.clone()).await));
        let mut listed = read(list(&demo)).await;
        let all = listed["integrations"].as_array_mut().expect("a list");
        all.retain(|it| it["provider"] == "WorldPay");
        insta::assert_snapshot!(format!("{name}_list"), still(&demo, &listed));
        let mut available = read("/api/integrations/available".to_owned()).await;
        let groups = available["integrationsByType"].as_object_mut().expect("groups");
        // Templates come and go; how one looks is what matters here.
        let key = if name == "names" { "Payment" } else { "1" };
        let payment = groups[key].as_array().expect("a list").iter().find(|it| it["provider"] == "WorldPay");
        let payment = payment.expect("Worldpay").clone();
        *groups = serde_json::Map::from_iter([(key.to_owned(), json!([payment]))]);
        for count in ["totalAvailable", "configuredCount", "enabledCount"] {
            available[count] = json!("…");
        }
        insta::assert_snapshot!(format!("{name}_available"), still(&demo, &available));
    }
    let mut body = integration(&demo.line["credentials"]["worldpay"][0]);
    body["integrationType"] = json!("Payment");
    let made = demo.admin.post(&list(&demo), &body).await.expect(201);
    insta::assert_snapshot!("names_created", still(&demo, &made.json()));
    let (at, wish) = (list(&demo), [JSON, ("prefer", "enums=numbers")]);
    let numbers = demo.admin.send("POST", &at, &wish, Some(body.to_string())).await.expect(201);
    assert_eq!(
        (&numbers.json()["integrationType"], numbers.header("preference-applied")),
        (&json!(1), "enums=numbers")
    );
    let changed =
        demo.admin.put(&path, &json!({ "DisplayName": "Till", "isEnabled": false })).await.expect(200);
    insta::assert_snapshot!("numbers_changed", still(&demo, &changed.json()));
    let tested = demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    insta::assert_snapshot!("tested", still(&demo, &tested.json()));
    let wrong = json!({ "newSecrets": { "AccountToken": "0".repeat(72) }, "rollbackOnFailure": true });
    let rotated = demo.admin.post(&format!("{path}/rotate-secrets"), &wrong).await.expect(200);
    insta::assert_snapshot!("rolled_back", still(&demo, &rotated.json()));
    let mut faults = demo.admin.post(&list(&demo), &everything_wrong()).await.expect(400).json();
    let provider = faults["errors"]["provider"][0].as_str().expect("words");
    assert!(provider.starts_with("must be a provider of this type"), "{provider}");
    faults["errors"]["provider"] = json!("…");
    insta::assert_snapshot!("all_faults", serde_json::to_string_pretty(&faults["errors"]).expect("JSON"));
}

fn everything_wrong() -> Value {
    json!({
        "integrationType": 2, "provider": "worldpay", "displayName": "", "isEnabled": "yes", "Colour": "red",
        "configuration": { "IsSandbox": "perhaps", "Shade": "1", "TerminalId": ["0001"], "MarketCode": "Moon" },
        "secrets": { "AccountId": null, "AccountToken": { "a": 1 }, "Extra": "1" },
    })
}

async fn every_fault_of_a_change_is_told_at_once(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    let before = demo.admin.get(&path).await.json();
    let wrong = json!({
        "displayName": " ", "isEnabled": 1, "provider": "AuthorizeNet",
        "configuration": { "IsSandbox": 7, "ApplicationId": null, "Shade": "1" },
        "secrets": { "AccountId": "", "Extra": "1" },
    });
    let mut fields = demo.admin.put(&path, &wrong).await.expect(400).wrong_fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "configuration.ApplicationId",
            "configuration.IsSandbox",
            "configuration.Shade",
            "displayName",
            "isEnabled",
            "provider",
            "secrets.AccountId",
            "secrets.Extra"
        ]
    );
    assert_eq!(demo.admin.get(&path).await.json(), before);
    let not_a_map = json!({ "integrationType": 1, "provider": "WorldPay", "displayName": "x",
        "configuration": "none", "secrets": [] });
    let mut fields = demo.admin.post(&list(&demo), &not_a_map).await.expect(400).wrong_fields();
    fields.sort();
    assert_eq!(fields, ["configuration", "secrets"]);
}

async fn a_change_is_merged_and_says_whether_a_test_is_due(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    let put = |body: Value| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move { admin.put(&path, &body).await.expect(200).json() }
    };
    let scalars = put(json!({ "configuration": { "TerminalId": 17, "IsSandbox": true } })).await;
    assert_eq!(
        (&scalars["configuration"]["TerminalId"], &scalars["configuration"]["IsSandbox"]),
        (&json!("17"), &json!("true")),
        "scalars go out as texts"
    );
    assert_eq!(
        (&scalars["testConnectionRequired"], &scalars["testStatus"]),
        (&json!(false), &json!("Success"))
    );
    let removed = put(json!({ "configuration": { "TerminalId": null } })).await;
    assert!(removed["configuration"].get("TerminalId").is_none(), "{removed}");
    assert_eq!(removed["configuration"]["MarketCode"], "Default", "the rest stays");
    let critical = put(json!({ "configuration": { "IsSandbox": "FALSE" } })).await;
    assert_eq!(
        (&critical["testConnectionRequired"], &critical["testStatus"]),
        (&json!(true), &json!("NotTested"))
    );
    let back = put(json!({ "configuration": { "IsSandbox": null } })).await;
    assert_eq!(back["configuration"]["IsSandbox"], "true", "a required key goes back to its default");
    let ages = |it: &Value| it["secretKeys"].as_array().expect("keys").clone();
    let secret = demo.line["credentials"]["worldpay"][0]["AccountToken"].clone();
    let sealed = put(json!({ "secrets": { "AccountToken": secret } })).await;
    assert_eq!(sealed["testConnectionRequired"], json!(true));
    let (old, new) = (ages(&back), ages(&sealed));
    let moved: Vec<_> = new.iter().filter(|it| !old.contains(it)).map(|it| it["key"].clone()).collect();
    assert_eq!((moved, new.len()), (vec![json!("AccountToken")], 3), "one is younger");
    assert_eq!(put(json!({})).await["testConnectionRequired"], json!(false));
}

async fn lists_are_narrowed_by_either_form_and_are_never_old(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    let count = |query: &'static str| {
        let (admin, at) = (demo.admin.clone(), format!("{}{query}", list(&demo)));
        async move {
            let all = admin.get(&at).await.expect(200).json();
            all["integrations"]
                .as_array()
                .expect("a list")
                .iter()
                .filter(|it| it["provider"] == "WorldPay")
                .count()
        }
    };
    for (query, enabled) in [
        ("?isEnabled=true", 2),
        ("?isEnabled=False", 0),
        ("?integrationType=payment&isEnabled=TRUE", 2),
        ("?integrationType=2", 0),
        ("?integrationType=1&colour=red", 2),
    ] {
        assert_eq!(count(query).await, enabled, "{query}");
    }
    demo.admin.put(&path, &json!({ "isEnabled": false })).await.expect(200);
    assert_eq!((count("?isEnabled=true").await, count("?isEnabled=false").await, count("").await), (1, 1, 2));
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    let listed = demo.admin.get(&list(&demo)).await.json();
    assert_eq!(listed["integrations"][0]["testStatus"], "Success", "a test shows in the list at once");
    demo.admin.delete(&path).await.expect(204);
    assert_eq!(count("").await, 1);
    let wrong = demo.admin.get(&format!("{}?integrationType=9&isEnabled=", list(&demo))).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["integrationType", "isEnabled"], "both at once");
    demo.admin.get("/api/integration-templates?integrationType=Payments").await.expect(400);
    demo.admin.get(&format!("{}?isEnabled=true&isEnabled=false", list(&demo))).await.expect(400);
}

async fn tags_tell_every_change_and_conflict_with_edits_alone(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    let first = demo.admin.get(&path).await.header("etag").to_owned();
    let again = |tag: String, headers: Vec<(&'static str, &'static str)>| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move {
            let mut all = vec![("if-none-match", tag.as_str())];
            all.extend(headers);
            admin.send("GET", &path, &all, None).await.status
        }
    };
    assert_eq!(again(first.clone(), vec![]).await, 304);
    assert_eq!(again(first.clone(), vec![NAMES]).await, 200, "other bytes");
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    assert_eq!(again(first.clone(), vec![]).await, 200, "a test shows");
    let change = |method: &'static str, tag: String| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move {
            let body = (method == "PUT").then(|| json!({ "displayName": "Till" }).to_string());
            admin.send(method, &path, &[JSON, ("if-match", tag.as_str())], body).await.status
        }
    };
    assert_eq!(change("PUT", first.clone()).await, 200, "a test is no edit");
    assert_eq!(change("PUT", first.clone()).await, 412);
    assert_eq!(change("DELETE", first).await, 412);
    assert_eq!(change("PUT", "nonsense".to_owned()).await, 400);
    let token = demo.line["credentials"]["worldpay"][0]["AccountToken"].clone();
    let tag = demo.admin.get(&path).await.header("etag").to_owned();
    let rotate = json!({ "newSecrets": { "AccountToken": token } });
    demo.admin.post(&format!("{path}/rotate-secrets"), &rotate).await.expect(200);
    assert_eq!(change("DELETE", tag).await, 412, "a rotation is an edit");
    let tag = demo.admin.get(&path).await.header("etag").to_owned();
    assert_eq!(change("DELETE", tag).await, 204);
}

async fn checks_come_in_order(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    let absent = format!("{}/int_0192f0c1e4b87c3a9d5e6f708192a3b4", list(&demo));
    let other = format!("/api/organizations/{}/integrations", demo.text("otherOrganizationId"));
    let bad = [("content-type", "text/plain"), ("idempotency-key", "a b"), ("if-match", "nonsense")];
    let seller = demo.caller("SalesRep", None);
    for (method, tail) in [("PUT", ""), ("POST", "/rotate-secrets"), ("POST", "/test"), ("DELETE", "")] {
        let send = async |caller: &crate::support::Caller, path: &str| {
            let path = format!("{path}{tail}");
            caller.send(method, &path, &bad, Some("[".to_owned())).await.status
        };
        assert_eq!(send(&demo.nobody(), &absent).await, 401, "{method} {tail}");
        assert_eq!(send(&seller, &absent).await, 403, "{method} {tail}");
        assert_eq!(send(&demo.stranger(), &path).await, 403, "{method} {tail}");
        assert_eq!(send(&demo.admin, &absent).await, 404, "{method} {tail}");
        assert_eq!(send(&demo.admin, &format!("{}/nonsense", list(&demo))).await, 404, "{method} {tail}");
        let wanted = if matches!((method, tail), ("PUT", _) | (_, "/rotate-secrets")) { 415 } else { 400 };
        assert_eq!(send(&demo.admin, &path).await, wanted, "{method} {tail}");
    }
    let create = async |caller: &crate::support::Caller, path: &str| {
        caller.send("POST", path, &bad, Some("[".to_owned())).await.status
    };
    assert_eq!(create(&demo.nobody(), &list(&demo)).await, 401);
    assert_eq!(create(&seller, &list(&demo)).await, 403);
    assert_eq!(create(&demo.admin, &other).await, 403);
    assert_eq!(create(&demo.admin, &list(&demo)).await, 415);
    demo.admin.get(&path).await.expect(200);
}

async fn settings_keep_what_is_absent(engine: Engine) {
    let demo = Demo::start(engine);
    let path = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    let put = |body: Value| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move { admin.put(&path, &body).await.expect(200).json() }
    };
    let read = put(json!({ "returnUrls": ["https://shop.example"] })).await;
    assert_eq!(
        (&read["returnUrls"], &read["defaultPaymentProvider"]),
        (&json!(["https://shop.example"]), &Value::Null)
    );
    let read = put(json!({ "DefaultPaymentProvider": "worldpay" })).await;
    assert_eq!(
        (&read["returnUrls"], &read["defaultPaymentProvider"]),
        (&json!(["https://shop.example"]), &json!("WorldPay"))
    );
    let read = put(json!({ "returnUrls": [] })).await;
    assert_eq!((&read["returnUrls"], &read["defaultPaymentProvider"]), (&json!([]), &json!("WorldPay")));
    assert_eq!(put(json!({ "defaultPaymentProvider": null })).await["defaultPaymentProvider"], Value::Null);
    let wrong = json!({ "returnUrls": ["https://shop.example/a"], "defaultPaymentProvider": "QuickBooks" });
    let fields = demo.admin.put(&path, &wrong).await.expect(400).wrong_fields();
    assert_eq!(fields, ["defaultPaymentProvider", "returnUrls[0]"], "books take no payments");
    assert_eq!(demo.admin.get(&path).await.json()["returnUrls"], json!([]));
}

async fn what_is_available_counts_what_the_organization_has(engine: Engine) {
    let demo = Demo::start(engine);
    let read = || async { demo.admin.get("/api/integrations/available").await.expect(200).json() };
    let cards = |all: &Value| {
        let group = all["integrationsByType"]["1"].as_array().expect("payments").clone();
        group.into_iter().find(|it| it["provider"] == "WorldPay").expect("Worldpay")
    };
    let before = read().await;
    let groups = before["integrationsByType"].as_object().expect("groups");
    let total: usize = groups.values().map(|it| it.as_array().map_or(0, Vec::len)).sum();
    assert_eq!(before["totalAvailable"], json!(total));
    let path = another(&demo).await;
    let both = read().await;
    assert_eq!(
        both["configuredCount"], before["configuredCount"],
        "a second one of a kind is no second kind"
    );
    assert_eq!(cards(&both)["integrations"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        json!(format!("{}/{}", list(&demo), cards(&both)["integrations"][0]["id"].as_str().expect("an id"))),
        json!(path)
    );
    let all = demo.admin.get(&format!("{}?integrationType=1", list(&demo))).await.json();
    for it in all["integrations"].as_array().expect("a list").iter().filter(|it| it["provider"] == "WorldPay")
    {
        let path = format!("{}/{}", list(&demo), it["id"].as_str().expect("an id"));
        demo.admin.put(&path, &json!({ "isEnabled": false })).await.expect(200);
    }
    let off = read().await;
    let (now, then) = (off["enabledCount"].as_u64(), both["enabledCount"].as_u64().map(|it| it - 1));
    assert_eq!(now, then);
    assert_eq!((&cards(&off)["isConfigured"], &cards(&off)["isEnabled"]), (&json!(true), &json!(false)));
    let theirs = demo.stranger().get("/api/integrations/available").await.expect(200).json();
    assert!(!theirs.to_string().contains(path.rsplit('/').next().expect("an id")), "another organization's");
}

on_both!(
    both_forms_are_answered_as_they_were,
    every_fault_of_a_change_is_told_at_once,
    a_change_is_merged_and_says_whether_a_test_is_due,
    lists_are_narrowed_by_either_form_and_are_never_old,
    tags_tell_every_change_and_conflict_with_edits_alone,
    checks_come_in_order,
    settings_keep_what_is_absent,
    what_is_available_counts_what_the_organization_has,
);
