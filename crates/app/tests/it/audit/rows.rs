//! Every write leaves its row, and no row holds a value.

use serde_json::{Value, json};

use crate::support::{Engine, on_both, process::Demo};

/// Stands in every value that is sent, so that none of them can hide in a row.
const CANARY: &str = "canary7f3a";

struct Trail<'a> {
    demo: &'a Demo,
    calls: usize,
}

impl Trail<'_> {
    /// Sends a request and finds the rows that it left.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> (Value, Vec<Value>) {
        self.calls += 1;
        let id = format!("call-{}", self.calls);
        let headers = [("content-type", "application/json"), ("x-request-id", id.as_str())];
        let answer = self.demo.admin.send(method, path, &headers, body.map(|it| it.to_string())).await;
        let answer = answer.expect(status);
        let rows = all(self.demo).await;
        let rows = rows.into_iter().filter(|it| it["requestId"] == id.as_str()).collect();
        (serde_json::from_str(&answer.text).unwrap_or_default(), rows)
    }

    /// As [`Self::send`], with what the request must leave: one row for each action, and its fields.
    async fn leaves(
        &mut self,
        (method, path, body, status): (&str, &str, Option<Value>, u16),
        wanted: &[(&str, &[&str])],
    ) -> Value {
        let (answer, rows) = self.send(method, path, body, status).await;
        for (action, fields) in wanted {
            let row = rows.iter().find(|it| it["action"] == *action);
            let row = row.unwrap_or_else(|| panic!("{method} {path} leaves no {action}: {rows:?}"));
            let mut named: Vec<_> = row["fields"].as_array().expect("names").clone();
            named.sort_by_key(ToString::to_string);
            assert_eq!(named, *fields, "{action}: {row}");
        }
        answer
    }
}

async fn all(demo: &Demo) -> Vec<Value> {
    let path = format!("/api/organizations/{}/audit?pageSize=200", demo.text("organizationId"));
    let page = demo.admin.get(&path).await.expect(200).json();
    assert!(page["nextCursor"].is_null(), "more than one page");
    page["data"].as_array().expect("rows").clone()
}

fn worldpay(demo: &Demo) -> Value {
    demo.line["credentials"]["worldpay"][0].clone()
}

async fn every_write_leaves_its_row(engine: Engine) {
    let demo = Demo::start(engine);
    let mut trail = Trail { demo: &demo, calls: 0 };
    let organization = format!("/api/organizations/{}", demo.text("organizationId"));
    let list = format!("{organization}/integrations");
    let made = crate::support::process::integration(&worldpay(&demo));
    // What the template fills in is written too.
    let fields = [
        "configuration.ApplicationId",
        "configuration.IsSandbox",
        "configuration.MarketCode",
        "configuration.TerminalId",
        "displayName",
        "isEnabled",
        "secrets.AccountId",
        "secrets.AcceptorId",
        "secrets.AccountToken",
    ];
    let mut fields: Vec<&str> = fields.to_vec();
    fields.sort_unstable();
    let made = trail.leaves(("POST", &list, Some(made), 201), &[("integration.created", &fields)]).await;
    let one = format!("{list}/{}", made["id"].as_str().expect("an id"));
    let change =
        json!({ "displayName": "Other", "isEnabled": true, "configuration": { "TerminalId": "0002" } });
    let fields = ["configuration.TerminalId", "displayName", "isEnabled"];
    trail.leaves(("PUT", &one, Some(change), 200), &[("integration.updated", &fields)]).await;
    let change = json!({ "secrets": { "AccountToken": "new" }, "configuration": { "TerminalId": null } });
    let fields = ["configuration.TerminalId", "secrets.AccountToken"];
    trail.leaves(("PUT", &one, Some(change), 200), &[("integration.updated", &fields)]).await;
    let opened = ["secrets.AcceptorId", "secrets.AccountId", "secrets.AccountToken"];
    let test = format!("{one}/test");
    let wanted: [(&str, &[&str]); 2] = [("secret.opened", &opened), ("integration.tested", &[])];
    trail.leaves(("POST", &test, None, 200), &wanted).await;
    trail.leaves(("DELETE", &one, None, 204), &[("integration.deleted", &[])]).await;
    let settings = json!({ "returnUrls": ["https://shop.example"] });
    let path = format!("{organization}/settings");
    trail.leaves(("PUT", &path, Some(settings), 200), &[("settings.updated", &["returnUrls"])]).await;
    let access = "/api/organizations/api-access";
    let key = json!({ "name": "shop", "role": "SalesRep" });
    let key =
        trail.leaves(("POST", access, Some(key), 201), &[("api_access.created", &["name", "role"])]).await;
    let key = format!("{access}/{}", key["id"].as_str().expect("an id"));
    trail.leaves(("DELETE", &key, None, 204), &[("api_access.deleted", &[])]).await;
    // What was refused changed nothing and says so: no row tells of a change that was none.
    let (_, rows) = trail.send("PUT", &path, Some(json!({ "returnUrls": ["nowhere"] })), 400).await;
    assert!(rows.is_empty(), "{rows:?}");
}

async fn no_row_holds_a_value(engine: Engine) {
    let demo = Demo::start(engine);
    let mut trail = Trail { demo: &demo, calls: 0 };
    let organization = format!("/api/organizations/{}", demo.text("organizationId"));
    let list = format!("{organization}/integrations");
    let body = json!({
        "integrationType": 1, "provider": "WorldPay", "displayName": CANARY,
        "configuration": { "ApplicationId": CANARY, "TerminalId": CANARY },
        "secrets": { "AccountId": CANARY, "AccountToken": CANARY, "AcceptorId": CANARY },
    });
    let (made, _) = trail.send("POST", &list, Some(body), 201).await;
    let one = format!("{list}/{}", made["id"].as_str().expect("an id"));
    let change = json!({
        "displayName": format!("{CANARY}2"), "configuration": { "TerminalId": format!("{CANARY}2") },
        "secrets": { "AccountToken": format!("{CANARY}2") },
    });
    trail.send("PUT", &one, Some(change), 200).await;
    trail.send("POST", &format!("{one}/test"), None, 200).await;
    let settings = json!({ "returnUrls": [format!("https://{CANARY}.example")] });
    trail.send("PUT", &format!("{organization}/settings"), Some(settings), 200).await;
    let key = json!({ "name": CANARY, "role": "Customer", "customerNumber": CANARY });
    let (key, _) = trail.send("POST", "/api/organizations/api-access", Some(key), 201).await;
    trail.send("DELETE", &one, None, 204).await;
    let secret = key["clientSecret"].as_str().expect("a secret");
    for row in all(&demo).await {
        let text = row.to_string();
        assert!(!text.contains(CANARY) && !text.contains(secret), "{text}");
        uniform(&row);
    }
}

/// What every row has, in the form that every row has it in.
fn uniform(row: &Value) {
    let text = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{name}: {row}"));
    let (noun, verb) = text("action").split_once('.').unwrap_or_else(|| panic!("a noun and a verb: {row}"));
    let word = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(word(noun) && word(verb), "{row}");
    assert!(row["fields"].as_array().is_some_and(|it| it.iter().all(Value::is_string)), "{row}");
    for (name, value) in row["detail"].as_object().expect("an object") {
        let word = |it: &Value| it.as_str().is_some_and(|it| it.len() <= 100);
        let plain = value.is_boolean() || value.is_u64() || word(value);
        let words = value.as_array().is_some_and(|it| it.iter().all(word));
        assert!((plain || words) && name.bytes().all(|b| b.is_ascii_alphabetic()), "{name} in {row}");
    }
    assert!(!text("subject").is_empty() && !text("actor").is_empty(), "{row}");
}

on_both!(every_write_leaves_its_row, no_row_holds_a_value);
