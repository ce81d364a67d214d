//! What a bookkeeper sees of the books being kept in step, and decides: what was not taken, what differs, what is gone.

use serde_json::{Value, json};

use super::contract::still;
use crate::{
    support::{Engine, on_both, until},
    sync::Company,
};

impl Company {
    async fn read(&self, rest: &str) -> Value {
        self.admin("GET", &format!("/sync{rest}"), &Value::Null).await.expect(200).json()
    }

    /// The record with this label, of this kind.
    async fn record(&self, kind: &str, label: &str) -> Option<Value> {
        let all = self.read(&format!("/records?kind={kind}&pageSize=200")).await;
        all["data"].as_array().expect("a list").iter().find(|it| it["label"] == label).cloned()
    }

    /// Waits until it stands so, and gives it.
    async fn stands(&self, kind: &str, label: &str, state: &str) -> Value {
        let is_so = async || self.record(kind, label).await.is_some_and(|it| it["state"] == state);
        until(&format!("{kind} {label} is {state}"), is_so).await;
        self.record(kind, label).await.expect("a record")
    }

    async fn differing(&self, code: &str) -> Value {
        let first = async || self.read("/differences").await["data"][0].clone();
        until(&format!("something differs: {code}"), async || first().await["difference"]["code"] == code)
            .await;
        first().await
    }

    async fn decided(&self, record: &Value, how: &str) -> Value {
        let rest = format!("/sync/records/{}/{how}", record["id"].as_str().expect("an id"));
        self.admin("POST", &rest, &json!({})).await.expect(200).json()
    }
}

fn label(invoice: &Value) -> &str {
    invoice["invoiceNumber"].as_str().expect("a number")
}

async fn what_was_not_taken_is_told_with_advice_and_written_at_a_retry(engine: Engine) {
    let company = Company::with(engine, &json!({})).await;
    company.customer("C-100", "Hansa Imports").await;
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    company.pay(&invoice).await;
    let failed = company.stands("Item", "Coffee", "Failed").await;
    insta::assert_snapshot!("sync_record_failed", still(&company.demo, &failed));
    let held_up = company.stands("Invoice", label(&invoice), "Waiting").await;
    assert!(
        held_up["failure"]["advice"].as_str().is_some_and(|it| it.contains("IncomeAccount")),
        "{held_up}"
    );
    let stands = company.read("").await;
    assert!(stands["backlog"]["failed"].as_i64() >= Some(1), "{stands}");
    assert!(stands["backlog"]["waiting"].as_i64() >= Some(2), "{stands}");
    let only = company.read("/records?kind=Item&state=Failed&pageSize=1").await;
    assert_eq!((&only["data"][0], &only["totalRecords"]), (&failed, &json!(1)));
    let again = company.decided(&failed, "retry").await;
    assert_eq!((&again["state"], &again["failure"]), (&json!("Waiting"), &Value::Null));
    company.stands("Item", "Coffee", "Failed").await;
    // Nobody has to ask for what was chosen to be used.
    company.choose(&json!({ "IncomeAccount": "79" })).await;
    let written = company.stands("Invoice", label(&invoice), "Synced").await;
    insta::assert_snapshot!(
        "sync_record_written",
        still(&company.demo, &written).replace(label(&invoice), "INV-…")
    );
    let one = company.read(&format!("/records/{}", written["id"].as_str().expect("an id"))).await;
    let same = |name: &str| one[name] == written[name];
    assert!(["id", "localId", "remoteId", "createdAt"].iter().all(|it| same(it)), "{one}");
}

async fn everything_in_step_says_so(engine: Engine) {
    // What the demo begins with has no article numbers.
    let company = Company::with(engine, &json!({ "IncomeAccount": "79", "DefaultItem": "1" })).await;
    company.customer("C-100", "Hansa Imports").await;
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    company.pay(&invoice).await;
    company.stands("Invoice", label(&invoice), "Synced").await;
    // What was tried before there was an account for it.
    let asked = company.admin("POST", "/sync/run", &json!({ "full": true })).await.expect(202).json();
    assert_eq!(asked["comparing"], true, "{asked}");
    // It runs again every second, so what is looked at is what said so.
    let seen = std::cell::RefCell::new(Value::Null);
    until("both sides are in step", async || {
        *seen.borrow_mut() = company.read("").await;
        seen.borrow()["state"] == "InStep" && seen.borrow()["backlog"]["failed"] == 0
    })
    .await;
    let mut stands = seen.take();
    // How many there are of what the demo begins with is no matter of this.
    assert!(stands["backlog"]["synced"].take().as_i64() >= Some(4), "{stands}");
    insta::assert_snapshot!("sync_in_step", still(&company.demo, &stands));
}

async fn both_totals_of_what_differs_are_shown_and_a_person_decides(engine: Engine) {
    let company = Company::with(engine, &json!({ "IncomeAccount": "79", "InvoicesWhen": "Issued" })).await;
    company.customer("C-100", "Hansa Imports").await;
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    let number = label(&invoice);
    let first = company.stands("Invoice", number, "Synced").await;
    // Somebody raises the price there.
    let mut document = company.of(&invoice).await.expect("a document");
    let mut line = document["Line"][0].clone();
    line["Amount"] = json!(30);
    line["SalesItemLineDetail"]["UnitPrice"] = json!(15);
    document["Line"] = json!([line]);
    company.at("Invoice", &json!({ "operation": "save", "object": document })).await;
    let differs = company.differing("total").await;
    insta::assert_snapshot!("sync_difference", still(&company.demo, &differs).replace(number, "INV-…"));
    // Left so: nothing differs any more, and nothing of ours was changed.
    let left = company.decided(&first, "dismiss").await;
    assert_eq!((&left["state"], &left["difference"]), (&json!("Dismissed"), &Value::Null));
    assert_eq!(company.read("/differences").await["totalRecords"], 0);
    // Ours again.
    company.decided(&first, "retry").await;
    company.stands("Invoice", number, "Synced").await;
    assert_eq!(company.of(&invoice).await.expect("a document")["TotalAmt"].as_f64(), Some(25.0));
    // Somebody deletes it there.
    let document = company.of(&invoice).await.expect("a document");
    company.at("Invoice", &json!({ "operation": "delete", "object": document })).await;
    let gone = company.differing("gone").await;
    assert_eq!((&gone["state"], &gone["remote"]), (&json!("Gone"), &Value::Null), "{gone}");
    assert_eq!(gone["local"]["balance"].as_f64(), Some(25.0), "{gone}");
    assert_eq!(
        company.demo.admin.read_invoice(invoice["id"].as_str().expect("an id")).await["status"],
        "Issued"
    );
    company.decided(&gone, "retry").await;
    let anew = company.stands("Invoice", number, "Synced").await;
    assert_ne!(anew["remoteId"], first["remoteId"]);
    assert_eq!(company.read("/differences").await["totalRecords"], 0);
}

async fn it_waits_while_it_is_paused_and_catches_up(engine: Engine) {
    let company = Company::start(engine).await;
    company.customer("C-100", "Hansa Imports").await;
    for _ in 0..2 {
        let paused = company.admin("POST", "/sync/pause", &json!({})).await.expect(200).json();
        assert_eq!((&paused["state"], &paused["nextRunAt"]), (&json!("Paused"), &Value::Null), "{paused}");
    }
    let refused = company.admin("POST", "/sync/run", &json!({})).await.expect(409);
    assert_eq!(refused.code(), "sync_paused");
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    company.pay(&invoice).await;
    until("it tells what it is behind", async || {
        let it = company.read("").await;
        it["backlog"]["unplanned"].as_i64() > Some(0) && it["lagSeconds"].as_i64() > Some(0)
    })
    .await;
    assert_eq!(company.record("Invoice", label(&invoice)).await, None);
    let resumed = company.admin("POST", "/sync/resume", &json!({})).await.expect(200).json();
    assert_eq!(resumed["pausedAt"], Value::Null, "{resumed}");
    company.stands("Invoice", label(&invoice), "Synced").await;
    assert!(company.of(&invoice).await.is_some());
}

async fn what_cannot_be_done_is_refused_with_what_to_do(engine: Engine) {
    let company = Company::start(engine).await;
    let (demo, path) = (&company.demo, &company.path);
    let cards = format!("{}/sync", demo.seeded("WorldPay").await);
    for path in [cards.clone(), format!("{cards}/records"), format!("{cards}/differences")] {
        assert_eq!(demo.admin.get(&path).await.expect(422).code(), "sync_not_supported");
    }
    for rest in ["run", "pause", "resume", "records/syn_0192f0c1e4b87c3a9d5e6f708192a3b4/retry"] {
        let refused = demo.admin.post(&format!("{cards}/{rest}"), &json!({})).await.expect(422);
        assert_eq!(refused.code(), "sync_not_supported");
    }
    for record in ["syn_0192f0c1e4b87c3a9d5e6f708192a3b4", "nothing"] {
        let one = format!("{path}/sync/records/{record}");
        assert_eq!(demo.admin.get(&one).await.expect(404).code(), "record_not_found");
        for how in ["retry", "dismiss"] {
            let refused = demo.admin.post(&format!("{one}/{how}"), &json!({})).await.expect(404);
            assert_eq!(refused.code(), "record_not_found");
        }
    }
    let wrong = demo.admin.get(&format!("{path}/sync/records?kind=Thing&state=Lost")).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["kind", "state"]);
    let since = json!({ "since": "2026-01-01T00:00:00Z" });
    let wrong = demo.admin.post(&format!("{path}/sync/run"), &since).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["since"]);
    // Nobody has consented to this one, and so there is nothing to run, to have wait or to tell.
    let list = path.rsplit_once('/').expect("a list").0;
    let body = json!({ "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Second" });
    let other = demo.admin.post(list, &body).await.expect(201).header("location").to_owned();
    let stands = demo.admin.get(&format!("{other}/sync")).await.expect(200).json();
    insta::assert_snapshot!("sync_not_connected", still(demo, &stands));
    for rest in ["run", "pause"] {
        let refused = demo.admin.post(&format!("{other}/sync/{rest}"), &json!({})).await.expect(409);
        assert_eq!(refused.code(), "integration_not_connected");
    }
    demo.admin.put(path, &json!({ "isEnabled": false })).await.expect(200);
    assert_eq!(company.read("").await["state"], "Disabled");
    let refused = company.admin("POST", "/sync/run", &json!({})).await.expect(409);
    assert_eq!(refused.code(), "integration_disabled");
}

on_both!(
    what_was_not_taken_is_told_with_advice_and_written_at_a_retry,
    everything_in_step_says_so,
    both_totals_of_what_differs_are_shown_and_a_person_decides,
    it_waits_while_it_is_paused_and_catches_up,
    what_cannot_be_done_is_refused_with_what_to_do,
);
