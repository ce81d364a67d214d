//! Who is told of what, when, and in which order.

use std::sync::PoisonError;

use aws_lc_rs::hmac;
use kontor_simulators::Message;
use serde_json::{Value, json};

use crate::support::{Sim, line, version};

impl Sim {
    fn arrived(&self) -> Vec<Message> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).messages.clone()
    }

    fn refuse(&self, refuses: bool) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).refuses = refuses;
    }

    /// Waits until so many messages came.
    async fn come(&self, count: usize) -> Vec<Message> {
        let mut asked = 0;
        while self.arrived().len() < count {
            asked += 1;
            assert!(asked < 10_000, "{} of {count} messages came", self.arrived().len());
            self.see("quickbooks/webhooks").await;
        }
        self.arrived()
    }

    async fn listen(&self, ways: Value) -> String {
        let mut hook = json!({ "url": "http://127.0.0.1:9/hook" });
        for (key, value) in ways.as_object().expect("members") {
            hook[key] = value.clone();
        }
        let (status, answer) = self.desk("quickbooks/webhooks", &hook).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().expect("an id").to_owned()
    }

    async fn waits(&self, status: &str, count: usize) -> Vec<String> {
        for _ in 0..10_000 {
            let all = self.see("quickbooks/webhooks").await;
            let rows = all["deliveries"].as_array().cloned().unwrap_or_default();
            let ids = rows.iter().filter(|it| it["status"] == status).filter_map(|it| it["id"].as_str());
            let ids: Vec<String> = ids.map(str::to_owned).collect();
            if ids.len() == count {
                return ids;
            }
        }
        panic!("never {count} {status}");
    }
}

fn types(message: &Message) -> Vec<String> {
    let body: Value = serde_json::from_str(&message.body).expect("JSON");
    let all = body.as_array().expect("an array").iter();
    all.map(|it| {
        format!("{} {}", it["type"].as_str().expect("text"), it["intuitentityid"].as_str().expect("text"))
    })
    .collect()
}

#[tokio::test]
async fn a_change_is_told_signed_in_both_forms() {
    let sim = Sim::start().await;
    sim.ok("customer", json!({ "DisplayName": "Before anybody listened" })).await;
    sim.listen(json!({})).await;
    let made = sim.ok("customer", json!({ "DisplayName": "New" })).await;
    let message = sim.come(1).await.remove(0);
    assert_eq!(types(&message), [format!("qbo.customer.created.v1 {}", made["Id"].as_str().expect("an id"))]);
    let known = sim.running.credentials();
    let key =
        hmac::Key::new(hmac::HMAC_SHA256, known["webhookVerifierToken"].as_str().expect("text").as_bytes());
    let signed = data_encoding::BASE64.encode(hmac::sign(&key, message.body.as_bytes()).as_ref());
    let sent = message.headers.iter().find(|it| it.0 == "intuit-signature").expect("a signature");
    assert_eq!(sent.1, signed);

    let classic = Sim::start().await;
    classic.listen(json!({ "classic": true })).await;
    classic.by_hand("Customer", "save", json!({ "Id": "3", "Notes": "x" })).await;
    let body: Value = serde_json::from_str(&classic.come(1).await[0].body).expect("JSON");
    let event = &body["eventNotifications"][0];
    assert_eq!(event["realmId"], json!(classic.realm));
    let entity = &event["dataChangeEvent"]["entities"][0];
    assert_eq!(
        (&entity["name"], &entity["id"], &entity["operation"]),
        (&json!("Customer"), &json!("3"), &json!("Update"))
    );
}

#[tokio::test]
async fn changes_are_gathered_and_what_others_suffer_is_told_too() {
    let sim = Sim::start().await;
    sim.listen(json!({ "aggregateSeconds": 60 })).await;
    let invoice =
        sim.ok("invoice", json!({ "CustomerRef": { "value": "2" }, "Line": [line("3", 9.0)] })).await;
    let linked = json!([{ "Amount": 9, "LinkedTxn": [{ "TxnId": invoice["Id"], "TxnType": "Invoice" }] }]);
    let payment =
        sim.ok("payment", json!({ "CustomerRef": { "value": "2" }, "TotalAmt": 9, "Line": linked })).await;
    sim.ok("payment?operation=delete", version(&payment)).await;
    assert!(sim.arrived().is_empty(), "the minute is not over");
    sim.later(60).await;
    let told = types(&sim.come(1).await[0]);
    let (invoice, payment) = (invoice["Id"].as_str().expect("an id"), payment["Id"].as_str().expect("an id"));
    let wanted = [
        format!("qbo.invoice.created.v1 {invoice}"),
        format!("qbo.payment.created.v1 {payment}"),
        format!("qbo.invoice.updated.v1 {invoice}"),
        format!("qbo.payment.deleted.v1 {payment}"),
    ];
    assert_eq!(told, wanted, "twice updated, once told");
}

#[tokio::test]
async fn what_is_not_taken_comes_again_and_holds_up_the_rest() {
    let sim = Sim::start().await;
    sim.listen(json!({})).await;
    sim.refuse(true);
    sim.ok("customer", json!({ "DisplayName": "First" })).await;
    sim.come(1).await;
    sim.ok("customer", json!({ "DisplayName": "Second" })).await;
    sim.waits("Waiting", 2).await;
    sim.refuse(false);
    sim.later(10).await;
    let all = sim.come(3).await;
    assert_eq!(types(&all[0]), types(&all[1]));
    assert_ne!(types(&all[1]), types(&all[2]));
    sim.waits("Delivered", 2).await;
}

#[tokio::test]
async fn messages_are_doubled_turned_round_and_lost_as_somebody_likes() {
    let sim = Sim::start().await;
    sim.listen(json!({ "held": true })).await;
    for name in ["A", "B", "C"] {
        sim.ok("customer", json!({ "DisplayName": name })).await;
    }
    let mut ids: Vec<String> = Vec::new();
    // One call may wake the sender before the next is made, or after.
    sim.later(1).await;
    sim.ok("customer", json!({ "DisplayName": "D" })).await;
    while ids.len() < 2 {
        ids = sim.see("quickbooks/webhooks").await["deliveries"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|it| it["id"].as_str())
            .map(str::to_owned)
            .collect();
    }
    let (first, last) = (&ids[0], &ids[ids.len() - 1]);
    let (_, answer) =
        sim.desk("quickbooks/webhooks/send", &json!({ "deliveries": [last, first, first] })).await;
    assert_eq!(answer["taken"], json!([true, true, true]));
    let bodies: Vec<String> = sim.arrived().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[1], bodies[2]);
    assert_ne!(bodies[0], bodies[1]);
    sim.desk("quickbooks/webhooks/drop", &json!({ "deliveries": ids })).await;
    sim.waits("Dropped", ids.len()).await;
}

#[tokio::test]
async fn nobody_beyond_this_machine_is_told() {
    let sim = Sim::start().await;
    for url in ["http://192.0.2.1/hook", "https://localhost/hook", "http://example.com/", "x"] {
        assert_eq!(sim.desk("quickbooks/webhooks", &json!({ "url": url })).await.0, 400, "{url}");
    }
}

#[tokio::test]
async fn a_merge_is_told_with_what_went() {
    let sim = Sim::start().await;
    sim.listen(json!({})).await;
    let path = format!("quickbooks/{}/objects/Customer", sim.realm);
    let asked = json!({ "operation": "merge", "object": { "Id": "1" }, "merged": "2" });
    assert_eq!(sim.desk(&path, &asked).await.0, 200);
    let said: Vec<String> = sim.come(1).await.iter().map(|it| it.body.clone()).collect();
    let all = said.concat();
    assert!(all.contains("qbo.customer.merged.v1") && all.contains("{\"deletedid\":\"2\"}"), "{all}");
    assert_eq!(sim.get("customer/2").await.0, 400);
}

#[tokio::test]
async fn endpoints_stay_when_what_happened_is_forgotten() {
    let sim = Sim::start().await;
    let first = sim.listen(json!({})).await;
    sim.ok("customer", json!({ "DisplayName": "Before" })).await;
    sim.come(1).await;
    sim.desk("reset", &json!({})).await;
    let all = sim.see("quickbooks/webhooks").await;
    assert_eq!((&all["webhooks"][0]["id"], &all["deliveries"]), (&json!(first), &json!([])), "{all}");
    assert_ne!(sim.listen(json!({ "url": "http://127.0.0.1:9/other" })).await, first);
    // Whoever works there goes on; the app's tokens are forgotten.
    let path = format!("quickbooks/{}/objects/customer", sim.realm);
    sim.desk(&path, &json!({ "object": { "DisplayName": "After" } })).await;
    sim.come(3).await;
}
