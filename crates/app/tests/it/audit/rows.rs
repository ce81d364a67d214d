//! Every write leaves its row, and no row holds a value.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    Engine, on_both,
    process::Demo,
    until,
    upstream::{Upstream, fine, integrate},
};

/// Stands in every value that is sent, so that none of them can hide in a row.
const CANARY: &str = "canary7f3a";

struct Trail<'a> {
    demo: &'a Demo,
    calls: usize,
    /// Method and route of what was seen to leave its row.
    seen: BTreeSet<(String, String)>,
}

impl<'a> Trail<'a> {
    fn of(demo: &'a Demo) -> Self {
        Self { demo, calls: 0, seen: BTreeSet::new() }
    }

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
        rows.iter().for_each(uniform);
        self.seen.insert((method.to_owned(), route(path)));
        answer
    }
}

/// The route of a path: ids have a prefix, and the organization's is named otherwise than the others.
fn route(path: &str) -> String {
    let part = |it: &str| match it.split_once('_') {
        Some(("org", _)) => "{organizationId}".to_owned(),
        Some(("int" | "key", _)) => "{id}".to_owned(),
        Some(("syn", _)) => "{recordId}".to_owned(),
        _ => it.to_owned(),
    };
    let (path, below) = path.split_once("/proxy/").map_or((path, ""), |(path, _)| (path, "/proxy/{path}"));
    path.split('/').map(part).collect::<Vec<_>>().join("/") + below
}

/// Every route that changes an integration, the settings or API credentials.
async fn writes(demo: &Demo) -> BTreeSet<(String, String)> {
    let description = demo.nobody().get("/openapi.json").await.expect(200).json();
    let mut writes = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let guarded = operation["security"].as_array().is_some_and(|it| !it.is_empty());
            if guarded && method != "get" && ["Integrations", "Organization", "Access", "Sync"].contains(&tag)
            {
                writes.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    assert!(writes.len() > 6, "{writes:?}");
    writes
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
    let upstream = Upstream::start(fine).await;
    upstream.describe("Depot", "method = \"bearer\"\ntoken = \"{{secrets.ApiKey}}\"");
    let demo = upstream.demo(engine, &[]);
    let mut trail = Trail::of(&demo);
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
    let rotate = format!("{one}/rotate-secrets");
    let new = json!({ "newSecrets": { "AccountToken": worldpay(&demo)["AccountToken"] } });
    let wanted: [(&str, &[&str]); 3] = [
        ("integration.secrets_rotated", &["secrets.AccountToken"]),
        ("secret.opened", &opened),
        ("integration.tested", &[]),
    ];
    trail.leaves(("POST", &rotate, Some(new), 200), &wanted).await;
    let back = format!("{rotate}/rollback");
    let wanted: [(&str, &[&str]); 2] =
        [("integration.secrets_rolled_back", &["secrets.AccountToken"]), ("integration.tested", &[])];
    trail.leaves(("POST", &back, None, 200), &wanted).await;
    trail.leaves(("DELETE", &one, None, 204), &[("integration.deleted", &[])]).await;
    consent(&demo, &mut trail).await;
    proxied(&demo, &mut trail).await;
    in_step(&demo, &mut trail).await;
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
    let all = writes(&demo).await;
    let unseen: Vec<_> = all.difference(&trail.seen).collect();
    assert!(unseen.is_empty(), "show here which row these leave: {unseen:?}");
}

/// The rows of a connection by consent, from its beginning to its end.
async fn consent(demo: &Demo, trail: &mut Trail<'_>) {
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let books = json!({ "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Books" });
    let (made, _) = trail.send("POST", &list, Some(books), 201).await;
    let one = format!("{list}/{}", made["id"].as_str().expect("an id"));
    let started: [(&str, &[&str]); 1] = [("integration.connect_started", &[])];
    let connect = format!("{one}/connect");
    let begun = trail.leaves(("POST", &connect, Some(json!({ "state": "7" })), 200), &started).await;
    let address = begun["authorizationUrl"].as_str().expect("an address");
    let address = url::Url::parse(address).expect("an address");
    let state = address.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    // Somebody says no; then the same way back is tried again, and one that nobody was sent on.
    let query = |state: &str| {
        let pairs = [("state", state), ("error", "access_denied"), ("error_description", CANARY)];
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    for state in [state.as_str(), state.as_str(), CANARY] {
        demo.nobody().get(&format!("/api/integrations/QuickBooks/callback?{}", query(state))).await;
    }
    let rows = all(demo).await;
    let of = |action: &str| rows.iter().filter(|it| it["action"] == action).collect::<Vec<_>>();
    for action in ["integration.connect_failed", "oauth.callback_refused"] {
        let [row] = of(action).try_into().unwrap_or_else(|it| panic!("one {action}: {it:?}"));
        assert_eq!(row["actor"], "anonymous", "{row}");
        assert!(!row.to_string().contains(CANARY), "{row}");
        uniform(row);
    }
    let nobodys =
        "SELECT COUNT(*) FROM audit WHERE organization_id = '' AND action = 'oauth.callback_refused'";
    assert_eq!(demo.database.count(nobodys), 1);
    let ended: [(&str, &[&str]); 1] = [("integration.disconnected", &[])];
    trail.leaves(("POST", &format!("{one}/disconnect"), None, 200), &ended).await;
}

/// The rows of what a person decides about a company's books.
async fn in_step(demo: &Demo, trail: &mut Trail<'_>) {
    let order = json!({ "customerNumber": "CUST-1001", "items": [{ "description": CANARY, "quantity": 1, "unitPrice": 3 }] });
    let order = demo.admin.post("/api/orders", &order).await.expect(201).json();
    let confirm = format!("/api/orders/{}/confirm", order["id"].as_str().expect("an id"));
    demo.admin.post(&confirm, &json!({})).await.expect(200);
    let sync = format!("{}/sync", demo.seeded("QuickBooks").await);
    let list = format!("{sync}/records?kind=Estimate");
    // There is no account for what is sold.
    let first = async || demo.admin.get(&list).await.expect(200).json()["data"][0].clone();
    until("the order was not taken", async || first().await["state"] == "Failed").await;
    let record = format!("{sync}/records/{}", first().await["id"].as_str().expect("an id"));
    let run = json!({ "full": true, "since": "2026-01-01T00:00:00Z" });
    trail.leaves(("POST", &format!("{sync}/run"), Some(run), 202), &[("sync.run", &[])]).await;
    trail.leaves(("POST", &format!("{sync}/pause"), None, 200), &[("sync.paused", &[])]).await;
    trail.leaves(("POST", &format!("{record}/retry"), None, 200), &[("sync.retried", &[])]).await;
    trail.leaves(("POST", &format!("{record}/dismiss"), None, 200), &[("sync.dismissed", &[])]).await;
    trail.leaves(("POST", &format!("{sync}/resume"), None, 200), &[("sync.unpaused", &[])]).await;
}

/// The rows of a caller's own requests: what was done where, and nothing of what was said.
async fn proxied(demo: &Demo, trail: &mut Trail<'_>) {
    let one = integrate(demo, "Depot", CANARY).await;
    let path = format!("{one}/proxy/orders/7?filter={CANARY}&page=2");
    let wanted: [(&str, &[&str]); 2] = [("secret.opened", &["secrets.ApiKey"]), ("integration.proxied", &[])];
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let body = (method != "DELETE").then(|| json!({ "note": CANARY }));
        trail.leaves((method, &path, body, 200), &wanted).await;
        let rows = all(demo).await;
        let row = rows.iter().find(|it| it["action"] == "integration.proxied").expect("a row");
        let detail =
            json!({ "method": method, "path": "orders/7", "query": ["filter", "page"], "status": 200 });
        assert_eq!(row["detail"], detail, "{row}");
        assert!(rows.iter().all(|it| !it.to_string().contains(CANARY)), "a value in a row");
    }
}

async fn no_row_holds_a_value(engine: Engine) {
    let demo = Demo::start(engine);
    let mut trail = Trail::of(&demo);
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

async fn a_refused_login_leaves_a_row_and_no_word_of_it(engine: Engine) {
    let demo = Demo::start(engine);
    let access = "/api/organizations/api-access";
    let key = json!({ "name": "shop", "role": "SalesRep" });
    let key = demo.admin.post(access, &key).await.expect(201).json();
    let text = |name: &str| key[name].as_str().expect("text").to_owned();
    let login = |id: String, secret: String, code: String| {
        let nobody = demo.nobody();
        let body = json!({ "ClientId": id, "ClientSecret": secret, "OrgCode": code });
        async move { nobody.post("/api/auth/login", &body).await.status }
    };
    let (id, secret, code) = (text("clientId"), text("clientSecret"), text("orgCode"));
    assert_eq!(login(id.clone(), secret.clone(), code.clone()).await, 200);
    assert_eq!(login(id.clone(), CANARY.to_owned(), code.clone()).await, 401);
    assert_eq!(login(id.clone(), secret.clone(), CANARY.to_owned()).await, 401);
    let rows = all(&demo).await;
    let failed: Vec<_> = rows.iter().filter(|it| it["action"] == "login.failed").collect();
    let wrong: Vec<_> = failed.iter().map(|it| it["detail"]["wrong"].clone()).collect();
    assert_eq!(wrong, ["org code", "client secret"], "newest first: {failed:?}");
    for row in failed {
        assert_eq!((&row["subject"], &row["address"]), (&key["id"], &json!("127.0.0.1")), "{row}");
        assert!(!row.to_string().contains(CANARY) && !row.to_string().contains(&secret), "{row}");
        uniform(row);
    }
    // Of a client that nobody is, the row is nobody's; what was sent is not kept, for it may be a secret.
    assert_eq!(login(CANARY.to_owned(), CANARY.to_owned(), code).await, 401);
    let nobodys = "SELECT COUNT(*) FROM audit WHERE organization_id = '' AND action = 'login.failed'";
    assert_eq!(demo.database.count(&format!("{nobodys} AND subject = 'unknown'")), 1);
    assert_eq!(demo.database.count(&format!("{nobodys} AND detail LIKE '%{CANARY}%'")), 0);
    // Whoever goes on is sent away before anything is looked up, and leaves nothing more.
    while login(id.clone(), CANARY.to_owned(), CANARY.to_owned()).await != 429 {}
    let before = demo.database.count("SELECT COUNT(*) FROM audit WHERE action = 'login.failed'");
    assert_eq!(login(id, CANARY.to_owned(), CANARY.to_owned()).await, 429);
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM audit WHERE action = 'login.failed'"), before);
}

on_both!(every_write_leaves_its_row, no_row_holds_a_value, a_refused_login_leaves_a_row_and_no_word_of_it);
