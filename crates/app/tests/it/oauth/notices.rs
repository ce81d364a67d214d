//! What Intuit says has changed: taken at one address for all companies where it is signed, and written down as things to
//! look at, for everybody who is connected to the company. What is said changes nothing else.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::text;
use crate::support::{
    Answer, Caller, Engine, on_both,
    process::{Demo, Program},
    until,
};

/// The two companies that the demo's organizations are connected to.
const REALMS: [&str; 2] = ["9341453474484455", "9341453474484463"];
const HOOK: &str = "/hooks/QuickBooks";

struct Desk {
    demo: Demo,
    simulator: Caller,
}

impl Desk {
    /// A demo in which nobody looks at what is written down.
    async fn start(engine: Engine) -> Self {
        let demo = Demo::with(engine, &[("KONTOR_LIMITS__BODY_BYTES", "65536")]);
        let simulator = Caller::new(&text(&demo.line["simulators"]["quickBooks"]), None);
        for (realm, organization) in REALMS.into_iter().zip(["organizationId", "otherOrganizationId"]) {
            let organization = demo.text(organization);
            // What a first turn of its sync would have written.
            demo.database.execute(&format!(
                "INSERT INTO sync_states (integration_id, organization_id, company, paused_at, planned, changes_since,
                   polled_at, due_at, asked_at, attempts, lease_until, served_at, created_at, updated_at)
                 SELECT id, organization_id, '{realm}', 1, 0, 0, 0, 9000000000000000, 0, 0, 0, 0, 0, 0 FROM integrations
                 WHERE organization_id = '{organization}' AND provider = 'QuickBooks'
                 ON CONFLICT (integration_id) DO UPDATE SET company = '{realm}', paused_at = 1"
            ));
        }
        until("nobody looks", async || {
            demo.database.count("SELECT COUNT(*) FROM sync_states WHERE lease_until > 0") == 0
        })
        .await;
        demo.database.execute("DELETE FROM sync_inbox");
        Self { demo, simulator }
    }

    fn count(&self, condition: &str) -> u64 {
        self.demo.database.count(&format!("SELECT COUNT(*) FROM sync_inbox WHERE {condition}"))
    }

    /// What is to be looked at of one organization's.
    fn at(&self, organization: &str, kind: &str, id: &str) -> u64 {
        let organization = self.demo.text(organization);
        self.count(&format!("organization_id = '{organization}' AND kind = '{kind}' AND remote_id = '{id}'"))
    }

    fn signature(&self, body: &str) -> String {
        let token = text(&self.demo.line["credentials"]["quickBooks"]["webhookVerifierToken"]);
        sign(&token, body)
    }

    async fn send(&self, signature: &str, body: &str) -> Answer {
        send(&self.demo.nobody(), signature, body).await
    }

    async fn signed(&self, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(&self.signature(&body), &body).await
    }

    async fn by_hand(&self, realm: &str, entity: &str, change: &Value) -> String {
        let path = format!("/_sim/quickbooks/{realm}/objects/{entity}");
        let object = self.simulator.post(&path, change).await.expect(200).json()["object"].clone();
        text(&object["Id"])
    }
}

fn sign(token: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    BASE64.encode(hmac::sign(&key, body.as_bytes()).as_ref())
}

async fn send(caller: &Caller, signature: &str, body: &str) -> Answer {
    let headers = [("intuit-signature", signature), ("content-type", "application/json")];
    caller.send("POST", HOOK, &headers, Some(body.to_owned())).await
}

fn event(realm: &str, kind: &str, id: &str) -> Value {
    json!({ "specversion": "1.0", "id": format!("{realm}-{id}"), "source": "intuit.test", "type": format!("qbo.{kind}.v1"),
        "time": "2026-01-02T03:04:05Z", "intuitentityid": id, "intuitaccountid": realm, "data": {} })
}

async fn row_28_what_changes_in_the_books_is_answered_first_and_looked_at_soon_after(engine: Engine) {
    let desk = Desk::start(engine).await;
    let hooks = desk.simulator.get("/_sim/quickbooks/webhooks").await.expect(200).json();
    let hook = hooks["webhooks"][0].clone();
    assert_eq!(hooks["webhooks"].as_array().map(Vec::len), Some(1), "{hooks}");
    assert!(text(&hook["url"]).ends_with(HOOK), "{hook}");
    for classic in [false, true] {
        let mut hook = hook.clone();
        hook["classic"] = json!(classic);
        desk.simulator.post("/_sim/quickbooks/webhooks", &hook).await.expect(200);
        let name = |what: &str| json!({ "object": { "DisplayName": format!("{what} {classic}") } });
        let one = desk.by_hand(REALMS[0], "customer", &name("Ystad")).await;
        let two = desk.by_hand(REALMS[0], "customer", &name("Lund")).await;
        until("both are noticed", async || {
            desk.at("organizationId", "Customer", &one) == 1
                && desk.at("organizationId", "Customer", &two) == 1
        })
        .await;
        assert_eq!(desk.at("otherOrganizationId", "Customer", &one), 0, "it is another company");
        let merge = json!({ "operation": "merge", "object": { "Id": one }, "merged": two });
        desk.by_hand(REALMS[0], "customer", &merge).await;
        let merged = format!("kind = 'Customer' AND remote_id = '{one}' AND merged = '{two}'");
        until("the merge is noticed", async || desk.count(&merged) == 1).await;
        // What is not followed is taken and left alone.
        desk.by_hand(REALMS[1], "vendor", &name("Dyes")).await;
        let other = desk.by_hand(REALMS[1], "customer", &name("Kalmar")).await;
        until("the other's is noticed", async || desk.at("otherOrganizationId", "Customer", &other) == 1)
            .await;
        assert_eq!(desk.count("kind = 'Vendor'"), 0);
    }
    let all = desk.simulator.get("/_sim/quickbooks/webhooks").await.expect(200).json();
    let sent = all["deliveries"].as_array().expect("a list");
    assert!(sent.iter().all(|it| it["status"] == "Delivered" && it["tries"] == 1), "{all}");
}

async fn whatever_is_not_signed_with_the_apps_own_token_is_refused(engine: Engine) {
    let desk = Desk::start(engine).await;
    let body = json!([event(REALMS[0], "invoice.updated", "7")]).to_string();
    let right = desk.signature(&body);
    let mut other = BASE64.decode(right.as_bytes()).expect("base64");
    other[31] ^= 1;
    let nobody = desk.demo.nobody();
    let unsigned =
        nobody.send("POST", HOOK, &[("content-type", "application/json")], Some(body.clone())).await;
    let twice = [("intuit-signature", right.as_str()), ("intuit-signature", right.as_str())];
    let twice = nobody.send("POST", HOOK, &twice, Some(body.clone())).await;
    let mut refused = vec![unsigned, twice];
    for signature in [
        String::new(),
        BASE64.encode(&other),
        right[..20].to_owned(),
        BASE64.encode(&[0; 32]),
        sign("another token", &body),
        sign("", &body),
        format!("sha256={right}"),
    ] {
        refused.push(desk.send(&signature, &body).await);
    }
    // The signature of another body.
    refused.push(desk.send(&right, &body.replace("\"7\"", "\"8\"")).await);
    refused.push(desk.send(&right, &format!("{body} ")).await);
    for answer in refused {
        assert_eq!((answer.status, answer.code().as_str()), (401, "hook_not_proved"), "{}", answer.text);
    }
    assert_eq!(desk.count("1 = 1"), 0);
    desk.send(&right, &body).await.expect(200);
    assert_eq!(desk.at("organizationId", "Invoice", "7"), 1);
    // Signed, and no such thing.
    for body in ["", "{}", "null", "7", "{\"eventNotifications\":7}", "[", "\u{fffd}"] {
        let answer = desk.send(&desk.signature(body), body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "hook_not_readable"), "{body}");
    }
    let large = format!("[\"{}\"]", "x".repeat(66_000));
    desk.send(&desk.signature(&large), &large).await.expect(413);
    for path in ["/hooks/AuthorizeNet", "/hooks/Nobody", "/hooks/EasyPost"] {
        nobody.send("POST", path, &[("intuit-signature", &right)], Some(body.clone())).await.expect(404);
    }
    nobody.get(HOOK).await.expect(405);
    assert_eq!(desk.count("1 = 1"), 1);
}

async fn several_companies_stand_in_one_notification_and_several_shops_share_a_company(engine: Engine) {
    let desk = Desk::start(engine).await;
    let body = json!([
        event(REALMS[0], "invoice.created", "11"),
        event(REALMS[1], "payment.Voided", "12"),
        event(REALMS[1], "payment.updated", "12"),
        event("9341453474489999", "invoice.updated", "13"),
        event("9341453474489999", "invoice.updated", "14"),
        event(REALMS[0], "somethingnew.updated", "15"),
        { "no": "event" },
    ]);
    assert_eq!(desk.signed(&body).await.expect(200).json(), json!({ "received": true }));
    assert_eq!(desk.at("organizationId", "Invoice", "11"), 1);
    assert_eq!(desk.at("otherOrganizationId", "Payment", "12"), 1);
    assert_eq!(desk.count("1 = 1"), 2, "nobody is connected to the third company");
    assert_eq!(desk.demo.metric("kontor_notices_unknown_total").await, 2);
    // The same in the older form, late and again: one thing to look at, which was noticed twice.
    let classic = json!({ "eventNotifications": [
        { "realmId": REALMS[1], "dataChangeEvent": { "entities": [
            { "name": "Payment", "id": "12", "operation": "Update", "lastUpdated": "2020-01-02T03:04:05.000Z" } ] } },
        { "realmId": REALMS[0], "dataChangeEvent": { "entities": [
            { "name": "Customer", "id": "16", "operation": "Merge", "lastUpdated": "2026-01-02T03:04:05.000Z",
              "deletedId": "17" },
            { "name": "Invoice", "id": "18", "operation": "Delete" } ] } } ] });
    desk.signed(&classic).await.expect(200);
    assert_eq!(desk.count("kind = 'Payment' AND remote_id = '12' AND noticed = 2"), 1);
    assert_eq!(desk.count("kind = 'Customer' AND remote_id = '16' AND merged = '17'"), 1);
    assert_eq!(desk.at("organizationId", "Invoice", "18"), 1);
    // Two shops with one company: both look.
    desk.demo.database.execute(&format!("UPDATE sync_states SET company = '{}'", REALMS[0]));
    desk.signed(&json!([event(REALMS[0], "estimate.updated", "19")])).await.expect(200);
    assert_eq!(desk.at("organizationId", "Estimate", "19"), 1);
    assert_eq!(desk.at("otherOrganizationId", "Estimate", "19"), 1);
    let due = "due_at < 9000000000000000 AND asked_at > 0";
    let asked = format!("SELECT COUNT(*) FROM sync_states WHERE {due}");
    assert_eq!(desk.demo.database.count(&asked), 2, "both have a turn soon");
    // Nothing of what was said is kept but whom it is about.
    let events = "SELECT COUNT(*) FROM events WHERE kind = 'webhook.received'";
    assert_eq!(desk.demo.database.count(events), 0);
}

async fn without_a_token_none_is_taken_and_with_one_the_operators_own_are(engine: Engine) {
    let body = json!([event(REALMS[0], "invoice.updated", "7")]).to_string();
    let program = Program::start(engine).await;
    let app = program.simulated["credentials"]["quickBooks"].clone();
    let right = sign(&text(&app["webhookVerifierToken"]), &body);
    let nobody = program.admin.as_other(None);
    assert_eq!(send(&nobody, &right, &body).await.expect(401).code(), "hook_not_proved");
    assert_eq!(send(&nobody, &sign("", &body), &body).await.expect(401).code(), "hook_not_proved");
    let program = Program::with_books(engine).await;
    let app = program.simulated["credentials"]["quickBooks"].clone();
    let right = sign(&text(&app["webhookVerifierToken"]), &body);
    let nobody = program.admin.as_other(None);
    send(&nobody, &right, &body).await.expect(200);
    assert_eq!(program.database.count("SELECT COUNT(*) FROM sync_inbox"), 0, "nobody is connected");
}

on_both!(
    row_28_what_changes_in_the_books_is_answered_first_and_looked_at_soon_after,
    whatever_is_not_signed_with_the_apps_own_token_is_refused,
    several_companies_stand_in_one_notification_and_several_shops_share_a_company,
    without_a_token_none_is_taken_and_with_one_the_operators_own_are,
);
