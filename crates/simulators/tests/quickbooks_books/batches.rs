//! Many things in one call, what was asked before, and what changed.

use serde_json::{Value, json};

use crate::support::{Sim, line, version};

#[tokio::test]
async fn items_of_a_batch_stand_for_themselves() {
    let sim = Sim::start().await;
    let invoice = json!({ "CustomerRef": { "value": "2" }, "Line": [line("3", 9.0)] });
    let old = sim.ok("invoice", invoice.clone()).await;
    let items = json!([
        { "bId": "a", "operation": "create", "Customer": { "DisplayName": "Harbour Hotel" } },
        { "bId": "b", "operation": "delete", "Invoice": version(&old) },
        { "Invoice": invoice },
        { "bId": "d", "Query": "select * from Customer where Id = '3'" },
        { "bId": "e", "operation": "update", "optionsData": "void", "Payment": { "Id": "999", "SyncToken": "0" } },
    ]);
    let answers = sim.ok("batch", json!({ "BatchItemRequest": items })).await;
    assert_eq!(answers[0]["Fault"]["Error"][0]["code"], "6240");
    assert_eq!(answers[0]["Fault"]["type"], "ValidationFault");
    assert_eq!(answers[1]["Invoice"]["status"], "Deleted");
    assert_eq!((answers[2].get("bId"), &answers[2]["Invoice"]["TotalAmt"]), (None, &json!(9.0)));
    assert_eq!(answers[3]["QueryResponse"]["Customer"][0]["DisplayName"], "Juniper Books");
    assert_eq!((&answers[4]["bId"], &answers[4]["Fault"]["Error"][0]["code"]), (&json!("e"), &json!("610")));
}

#[tokio::test]
async fn a_batch_has_thirty_items_that_can_all_be_read() {
    let sim = Sim::start().await;
    let items = |count: usize| {
        let one =
            |at: usize| json!({ "bId": at.to_string(), "Customer": { "DisplayName": format!("C{at}") } });
        json!({ "BatchItemRequest": (0..count).map(one).collect::<Vec<Value>>() })
    };
    assert_eq!(sim.code("batch", items(31)).await, "1040");
    assert_eq!(sim.ok("batch", items(30)).await.as_array().expect("answers").len(), 30);
    let wrong =
        json!({ "BatchItemRequest": [{ "Customer": { "DisplayName": "Fine" } }, { "Elephant": {} }] });
    let (code, detail) = sim.refused("batch", wrong).await;
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("2010", "Property Name:{0} specified is unsupported or invalid")
    );
    assert_eq!(
        sim.query("select count(*) from Customer where DisplayName = 'Fine'").await.1["QueryResponse"]["totalCount"],
        0
    );
}

#[tokio::test]
async fn what_was_asked_before_is_answered_as_before() {
    let sim = Sim::start().await;
    let first = sim.post("customer?requestid=r1", &json!({ "DisplayName": "Once" })).await;
    let again = sim.post("customer?requestid=r1", &json!({ "DisplayName": "Another" })).await;
    assert_eq!(first, again);
    assert_eq!(
        sim.query("select count(*) from Customer where DisplayName = 'Another'").await.1["QueryResponse"]["totalCount"],
        0
    );
    // A refusal is no answer: put right, it goes through.
    assert_eq!(sim.code("customer?requestid=r2", json!({ "DisplayName": "Once" })).await, "6240");
    sim.ok("customer?requestid=r2", json!({ "DisplayName": "Twice" })).await;
    let long = "8182e07bba".repeat(5) + "0";
    let (code, detail) =
        sim.refused(&format!("customer?requestid={long}"), json!({ "DisplayName": "x" })).await;
    assert_eq!(code, "6000");
    assert!(detail.ends_with("You tried entering 8182e07bba..., which is 51 characters."), "{detail}");

    let batch = |id: &str| json!({ "BatchItemRequest": [{ "bId": id, "Customer": { "DisplayName": "In a batch" } }] });
    let whole = "x".repeat(32);
    let (_, answer) = sim.post(&format!("batch?requestid={whole}"), &batch(&"y".repeat(36))).await;
    assert_eq!(answer["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "6000", "68 characters");
    let (_, once) = sim.post("batch?requestid=b1", &batch("1")).await;
    let (_, again) = sim.post("batch?requestid=b1", &batch("1")).await;
    assert_eq!(once["BatchItemResponse"], again["BatchItemResponse"]);
    // An item's id is the request's with its own behind it, and no single write's.
    assert_eq!(sim.code("customer?requestid=b11", json!({ "DisplayName": "Alone" })).await, "600");
    let (_, other) = sim.post("batch?requestid=r", &batch("1")).await;
    assert_eq!(other["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "600", "{other}");
    let (_, more) = sim.post("batch?requestid=b1", &batch("2")).await;
    assert_eq!(more["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "6240", "another item: {more}");
    sim.switch(json!({ "repeatedBatchFails": true })).await;
    let (_, again) = sim.post("batch?requestid=b1", &batch("1")).await;
    assert_eq!(again["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "6000", "{again}");
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_answered_when_it_is_asked_again() {
    let sim = Sim::start().await;
    let operation = format!("POST /v3/company/{}/customer", sim.realm);
    sim.desk("faults", &json!({ "operation": operation, "action": "cut_after" })).await;
    let request = sim.client.post(sim.url("customer?requestid=r1")).bearer_auth(&sim.token);
    let request = request.header("accept", "application/json");
    assert!(request.body("{\"DisplayName\":\"Once\"}").send().await.is_err());
    let again = sim.ok("customer?requestid=r1", json!({ "DisplayName": "Once" })).await;
    assert_eq!(again["DisplayName"], "Once");
    assert_eq!(sim.query("select count(*) from Customer").await.1["QueryResponse"]["totalCount"], 7);
}

#[tokio::test]
async fn what_changed_is_told_with_what_is_gone() {
    let sim = Sim::start().await;
    let invoice =
        sim.ok("invoice", json!({ "CustomerRef": { "value": "2" }, "Line": [line("3", 9.0)] })).await;
    sim.later(120).await;
    sim.ok("customer", json!({ "DisplayName": "Later" })).await;
    sim.ok("invoice?operation=delete", version(&invoice)).await;
    let (_, answer) =
        sim.get("cdc?entities=Customer,payment,Invoice&changedSince=2026-01-15T08:16:30-08:00").await;
    let lists = &answer["CDCResponse"][0]["QueryResponse"];
    assert_eq!(lists[0]["Customer"][0]["DisplayName"], "Later");
    assert_eq!(lists[0]["totalCount"], 1, "the seeds are older");
    assert_eq!(lists[1], json!({}));
    let gone = &lists[2]["Invoice"][0];
    assert_eq!((&gone["status"], &gone["Id"]), (&json!("Deleted"), &invoice["Id"]));
    assert!(gone["MetaData"]["LastUpdatedTime"].is_string());
    // A plus that was not encoded.
    let (status, _) = sim.get("cdc?entities=Customer&changedSince=2026-01-15T18:16:30+02:00").await;
    assert_eq!(status, 200);
    let (status, old) = sim.get("cdc?entities=Customer&changedSince=2025-12-16T00:00:00Z").await;
    let detail = "Operation cdc with changedSince date 2025-12-16T00:00:00Z which is older than fixed days is not supported.";
    assert_eq!((status, &old["Fault"]["Error"][0]["Detail"]), (400, &json!(detail)));
    assert_eq!(sim.get("cdc?entities=TaxCode&changedSince=2026-01-15").await.0, 400);
}

#[tokio::test]
async fn no_more_than_a_thousand_changes_are_told() {
    let sim = Sim::start().await;
    for batch in 0..34 {
        let one = |at: usize| json!({ "Customer": { "DisplayName": format!("C{}", batch * 30 + at) } });
        sim.ok("batch", json!({ "BatchItemRequest": (0..30).map(one).collect::<Vec<Value>>() })).await;
        sim.later(2).await;
    }
    let (_, answer) = sim.get("cdc?entities=Customer,Invoice&changedSince=2026-01-15").await;
    assert_eq!(answer["CDCResponse"][0]["QueryResponse"][0]["maxResults"], 1000);
    let (_, page) = sim.query("select * from Customer maxresults 1000").await;
    assert_eq!(page["QueryResponse"]["maxResults"], 1000);
}

#[tokio::test]
async fn books_outlive_a_simulator_that_is_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.db");
    let sim = Sim::with(|it| it.state = Some(file.clone())).await;
    let made = sim.post("customer?requestid=r1", &json!({ "DisplayName": "Kept" })).await;
    sim.switch(json!({ "customTxnNumbers": true })).await;
    sim.running.stop().await;
    let again = Sim::with(|it| it.state = Some(file)).await;
    assert_eq!(again.post("customer?requestid=r1", &json!({ "DisplayName": "Kept" })).await, made);
    assert_eq!(again.get("preferences").await.1["Preferences"]["SalesFormsPrefs"]["CustomTxnNumbers"], true);
    assert_eq!(again.object("Customer", &made.1["Customer"]["Id"]).await["DisplayName"], "Kept");
}
