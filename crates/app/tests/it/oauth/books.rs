//! The books' own adapter against its simulator: consent, a company's name, tokens that end, and the end of it all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{parameter, text, with};
use crate::support::{Answer, Caller, Engine, on_both, process::Demo, submit, until};

/// Whose books are connected here; the simulator has another one too.
const COMPANY: (&str, &str) = ("9341453474484463", "Bergen Fish Company");
const TOKEN: &str = "POST /oauth2/v1/tokens/bearer";
const REVOKE: &str = "POST /v2/oauth2/tokens/revoke";

struct Books {
    demo: Demo,
    simulator: Caller,
}

impl Books {
    fn start(engine: Engine) -> Self {
        let demo = Demo::start(engine);
        let simulator = Caller::new(&text(&demo.line["simulators"]["quickBooks"]), None);
        Self { demo, simulator }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}/integrations{rest}", self.demo.text("organizationId"))
    }

    /// Adds an integration; its id and where to consent.
    async fn add(&self) -> (String, String) {
        let body = json!({
            "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Books",
            "configuration": {}, "secrets": {},
        });
        let made = self.demo.admin.post(&self.path(""), &body).await.expect(201).json();
        (text(&made["id"]), text(&made["authorizationUrl"]))
    }

    async fn connect(&self, id: &str, state: &str) -> String {
        let path = self.path(&format!("/{id}/connect"));
        text(
            &self.demo.admin.post(&path, &json!({ "state": state })).await.expect(200).json()["authorizationUrl"],
        )
    }

    /// A person at the consent page; where the browser is sent back to.
    async fn consent(&self, url: &str, decision: &str) -> String {
        let page = Caller::new("", None).get(url).await.expect(200);
        assert!(page.text.contains(COMPANY.1) && page.text.contains("asks to connect"), "{}", page.text);
        let carried: Vec<(String, String)> =
            url::Url::parse(url).expect("an address").query_pairs().into_owned().collect();
        let mut fields: Vec<(&str, &str)> =
            carried.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        fields.extend([("realmId", COMPANY.0), ("decision", decision)]);
        let to = format!("{}/connect/oauth2", self.simulator.base);
        submit(&to, &fields).await.expect(302).header("location").to_owned()
    }

    async fn back(&self, address: &str) -> Answer {
        self.demo.nobody().get(address).await
    }

    /// A connected integration, and what it is called at the simulator.
    async fn connected(&self) -> (String, String) {
        let before: BTreeSet<String> = self.connections().await.into_keys().collect();
        let (id, url) = self.add().await;
        self.back(&self.consent(&url, "connect").await).await.expect(200);
        assert_eq!(self.status(&id).await, "Connected");
        let new = self.connections().await.into_keys().find(|it| !before.contains(it));
        (id, new.expect("a connection"))
    }

    async fn status(&self, id: &str) -> String {
        let read = self.demo.admin.get(&self.path(&format!("/{id}"))).await.expect(200).json();
        text(&read["connectionStatus"])
    }

    async fn test(&self, id: &str) -> Value {
        let path = self.path(&format!("/{id}/test"));
        self.demo.admin.post(&path, &json!({})).await.expect(200).json()
    }

    /// The simulator's tokens by connection: how each stands.
    async fn connections(&self) -> BTreeMap<String, Vec<String>> {
        let ledger = self.simulator.get("/_sim/ledger").await.expect(200).json();
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for token in ledger["tokens"].as_array().into_iter().flatten() {
            all.entry(text(&token["connection"])).or_default().push(text(&token["status"]));
        }
        all
    }

    async fn is_revoked(&self, connection: &str) -> bool {
        self.connections().await[connection].iter().all(|it| it == "revoked")
    }

    async fn fault(&self, operation: &str, more: &Value) {
        let mut fault = json!({ "operation": operation });
        for (key, value) in more.as_object().into_iter().flatten() {
            fault[key] = value.clone();
        }
        self.simulator.post("/_sim/faults", &fault).await.expect(200);
    }

    fn count(&self, table: &str, condition: &str) -> u64 {
        self.demo.database.count(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}"))
    }

    fn tokens(&self, id: &str) -> u64 {
        self.count("integration_secrets", &format!("purpose = 'oauth-token' AND integration_id = '{id}'"))
    }

    fn audited(&self, id: &str, action: &str, words: &str) -> u64 {
        let condition = format!("subject = '{id}' AND action = '{action}' AND detail LIKE '%{words}%'");
        self.count("audit", &condition)
    }
}

async fn a_company_is_connected_through_the_page_and_says_its_name(engine: Engine) {
    let books = Books::start(engine);
    let (id, _) = books.add().await;
    let url = books.connect(&id, "http://localhost:3000/books").await;
    assert!(parameter(&url, "scope").is_some_and(|it| it == "com.intuit.quickbooks.accounting"));
    let back = books.consent(&url, "connect").await;
    assert_eq!(parameter(&back, "realmId").as_deref(), Some(COMPANY.0));
    let to = books.back(&back).await.expect(302).header("location").to_owned();
    assert!(to.starts_with("http://localhost:3000/books?status=connected"), "{to}");
    assert_eq!((books.status(&id).await.as_str(), books.tokens(&id)), ("Connected", 2));
    let tested = books.test(&id).await;
    assert_eq!(tested["message"], format!("Connected to {}", COMPANY.1), "{tested}");
    assert!(text(&tested["details"]).contains("sandbox"), "{tested}");
    let account = format!("integration_id = '{id}' AND account LIKE '%{}%'", COMPANY.0);
    assert_eq!(books.count("oauth_grants", &account), 1);
    // A caller's own request goes to that company's address.
    let path = books.path(&format!("/{id}/proxy/companyinfo/{}", COMPANY.0));
    // It is asked so often at this moment that another call may have to wait.
    until("the company's answer", async || {
        let answer = books.demo.admin.get(&path).await;
        answer.status == 200 && answer.text.contains(COMPANY.1)
    })
    .await;
}

async fn a_person_who_cancels_connects_nothing(engine: Engine) {
    let books = Books::start(engine);
    let (id, url) = books.add().await;
    let page = books.back(&books.consent(&url, "cancel").await).await.expect(200);
    assert!(page.text.contains("QuickBooks Online was not connected") && page.text.contains("access_denied"));
    assert_eq!((books.status(&id).await.as_str(), books.tokens(&id)), ("NotConnected", 0));
}

async fn a_company_must_be_named_and_may_not_be_made_up(engine: Engine) {
    let books = Books::start(engine);
    for realm in [None, Some("../admin"), Some("93 41")] {
        let (id, url) = books.add().await;
        let back = books.consent(&url, "connect").await;
        let page = books.back(&with(&back, "realmId", realm)).await.expect(200);
        let refused = page.text.contains("account_missing");
        let status = books.status(&id).await;
        if realm == Some("../admin") {
            // Letters that can be sent are kept as they came; nothing is ever asked at such an address.
            assert_eq!(
                (status.as_str(), books.test(&id).await["success"].clone()),
                ("Connected", json!(false))
            );
        } else {
            assert!(refused && status == "NotConnected", "{realm:?}: {}", page.text);
        }
    }
    // Another company's number beside this company's code: the token opens nothing there.
    let (id, url) = books.add().await;
    let back = books.consent(&url, "connect").await;
    books.back(&with(&back, "realmId", Some("9341453474484455"))).await.expect(200);
    assert_eq!(books.test(&id).await["success"], false);
}

async fn a_token_that_ended_is_renewed_on_the_way(engine: Engine) {
    let books = Books::start(engine);
    let (id, connection) = books.connected().await;
    // An hour passes there: the provider does not take the token, whatever our clock says.
    books.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 3_700 })).await.expect(200);
    let tested = books.test(&id).await;
    assert_eq!(tested["message"], format!("Connected to {}", COMPANY.1), "{tested}");
    let version = format!("integration_id = '{id}' AND token_version = 2");
    assert_eq!(books.count("oauth_grants", &version), 1);
    // Two days later the renewal brings a new refresh token, and the older one is dead.
    books.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 172_800 })).await.expect(200);
    assert_eq!(books.test(&id).await["success"], true);
    assert!(books.connections().await[&connection].iter().any(|it| it == "replaced"));
    books
        .demo
        .database
        .execute(&format!("UPDATE oauth_grants SET access_expires_at = 0 WHERE integration_id = '{id}'"));
    assert_eq!(books.test(&id).await["success"], true, "the new refresh token is the one that is kept");
}

async fn a_merchant_who_disconnects_at_the_provider_is_told_to_connect_again(engine: Engine) {
    let books = Books::start(engine);
    let (id, _) = books.connected().await;
    books.simulator.post("/_sim/disconnect", &json!({ "realmId": COMPANY.0 })).await.expect(204);
    let tested = books.test(&id).await;
    assert_eq!((&tested["success"], &tested["message"]), (&json!(false), &json!("Not connected any more")));
    assert_eq!((books.status(&id).await.as_str(), books.tokens(&id)), ("NeedsReauthorization", 0));
    let event = format!("subject = '{id}' AND kind = 'integration.reauthorization_required'");
    assert_eq!(books.count("events", &event), 1);
    let url = books.connect(&id, "again").await;
    books.back(&books.consent(&url, "connect").await).await.expect(200);
    assert_eq!(books.test(&id).await["success"], true);
}

async fn disconnecting_and_deleting_take_the_token_back(engine: Engine) {
    let books = Books::start(engine);
    let ((one, first), (two, second)) = (books.connected().await, books.connected().await);
    let path = books.path(&format!("/{one}/disconnect"));
    books.demo.admin.post(&path, &json!({})).await.expect(200);
    until("it is taken back", async || books.is_revoked(&first).await).await;
    assert!(!books.is_revoked(&second).await, "the other connection stays");
    // Out of order for once: it is told again.
    books.fault(REVOKE, &json!({ "occurrence": 1, "action": "status", "status": 503 })).await;
    books.demo.admin.delete(&books.path(&format!("/{two}"))).await.expect(204);
    let waits = "kind = 'oauth.revoke' AND attempts = 1 AND lease_until = 0";
    until("it was tried and waits", async || books.count("jobs", waits) == 1).await;
    assert!(!books.is_revoked(&second).await);
    books.demo.database.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'oauth.revoke'");
    until("it is taken back", async || books.is_revoked(&second).await).await;
    for id in [&one, &two] {
        until("the trail has it", async || books.audited(id, "oauth.revoked", "taken back") == 1).await;
        assert_eq!(books.tokens(id), 0);
        assert_eq!(books.count("oauth_revocations", &format!("integration_id = '{id}'")), 0);
    }
}

async fn an_app_that_is_not_taken_and_a_page_in_place_of_tokens_cost_nothing(engine: Engine) {
    let books = Books::start(engine);
    let (id, url) = books.add().await;
    let invalid = json!({
        "occurrence": 1, "action": "status", "status": 401, "body": "{\"error\":\"invalid_client\"}",
    });
    books.fault(TOKEN, &invalid).await;
    let page = books.back(&books.consent(&url, "connect").await).await.expect(200);
    assert!(page.text.contains("client_refused"), "{}", page.text);
    let (id, _) = {
        assert_eq!(books.status(&id).await, "NotConnected");
        books.connected().await
    };
    let html = json!({ "occurrence": 1, "action": "body", "status": 200, "body": "<html>Oops</html>" });
    for fault in [invalid, html, json!({ "occurrence": 1, "action": "cut_before" })] {
        let expired = "UPDATE oauth_grants SET access_expires_at = 0, retry_at = 0";
        books.demo.database.execute(&format!("{expired} WHERE integration_id = '{id}'"));
        books.fault(TOKEN, &fault).await;
        let tested = books.test(&id).await;
        assert_eq!(tested["message"], "The token could not be renewed", "{fault}: {tested}");
        assert_eq!((books.status(&id).await.as_str(), books.tokens(&id)), ("Connected", 2), "{fault}");
    }
    books
        .demo
        .database
        .execute(&format!("UPDATE oauth_grants SET retry_at = 0 WHERE integration_id = '{id}'"));
    assert_eq!(books.test(&id).await["success"], true);
}

on_both!(
    a_company_is_connected_through_the_page_and_says_its_name,
    a_person_who_cancels_connects_nothing,
    a_company_must_be_named_and_may_not_be_made_up,
    a_token_that_ended_is_renewed_on_the_way,
    a_merchant_who_disconnects_at_the_provider_is_told_to_connect_again,
    disconnecting_and_deleting_take_the_token_back,
    an_app_that_is_not_taken_and_a_page_in_place_of_tokens_cost_nothing,
);
