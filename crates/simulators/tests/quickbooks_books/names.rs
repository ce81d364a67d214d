//! Customers, items and accounts.

use serde_json::json;

use crate::support::{Sim, version};

#[tokio::test]
async fn a_customer_lives_and_is_put_out_of_use() {
    let sim = Sim::start().await;
    let sent = json!({ "GivenName": "Nora", "FamilyName": "Vale", "PrimaryEmailAddr": { "Address": "nora@vale.example" } });
    let made = sim.ok("customer", sent).await;
    for (key, value) in [
        ("DisplayName", json!("Nora Vale")),
        ("PrintOnCheckName", json!("Nora Vale")),
        ("FullyQualifiedName", json!("Nora Vale")),
        ("SyncToken", json!("0")),
        ("Active", json!(true)),
        ("Balance", json!(0)),
        ("domain", json!("QBO")),
        ("sparse", json!(false)),
        ("CurrencyRef", json!({ "value": "USD", "name": "United States Dollar" })),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
    assert_eq!(sim.object("Customer", &made["Id"]).await, made);

    // Sparse keeps what is left out, full takes it away.
    let mut change = version(&made);
    change["sparse"] = json!(true);
    change["CompanyName"] = json!("Vale Ltd");
    let changed = sim.ok("customer?minorversion=75", change.clone()).await;
    assert_eq!((&changed["SyncToken"], &changed["GivenName"]), (&json!("1"), &json!("Nora")));
    assert_eq!(sim.code("customer", change).await, "5010", "a version that is not the last");
    let mut whole = version(&changed);
    whole["DisplayName"] = json!("Nora Vale");
    whole["SyncToken"] = json!(1);
    let whole = sim.ok("customer", whole).await;
    assert_eq!((whole.get("CompanyName"), whole.get("GivenName")), (None, None));

    let mut gone = version(&whole);
    gone["sparse"] = json!(true);
    gone["Active"] = json!(false);
    let gone = sim.ok("customer", gone).await;
    assert_eq!(gone["DisplayName"], "Nora Vale (deleted)");
    assert_eq!(gone["FullyQualifiedName"], "Nora Vale (deleted)");
    sim.ok("customer", json!({ "DisplayName": "Nora Vale" })).await;
    assert_eq!(sim.code("customer?operation=delete", version(&gone)).await, "500");
}

#[tokio::test]
async fn names_are_taken_across_lists_and_in_any_case() {
    let sim = Sim::start().await;
    let (code, detail) = sim.refused("customer", json!({ "DisplayName": "harbour hotel" })).await;
    assert_eq!((code.as_str(), detail.as_str()), ("6240", "The name supplied already exists. : Id=2"));
    let vendor = sim.by_hand("Vendor", "save", json!({ "DisplayName": "Bean Importers" })).await;
    let (_, detail) = sim.refused("customer", json!({ "DisplayName": "Bean Importers" })).await;
    assert_eq!(
        detail,
        format!("The name supplied already exists. : Id={}", vendor["Id"].as_str().expect("an id"))
    );
    sim.switch(json!({ "oldNameWording": true })).await;
    let (_, detail) = sim.refused("customer", json!({ "DisplayName": "Bean Importers" })).await;
    assert!(detail.ends_with(
        "Another customer, vendor or employee is already using this \nname. Please use a different name."
    ));
}

#[tokio::test]
async fn what_is_wrong_with_a_name_is_told() {
    let sim = Sim::start().await;
    for (entity, sent, code) in [
        ("customer", json!({ "DisplayName": "a:b" }), "2040"),
        ("customer", json!({}), "2020"),
        ("customer", json!({ "DisplayName": "x", "Colour": "red" }), "2010"),
        ("customer", json!({ "DisplayName": "x", "PrimaryEmailAddr": { "Address": "nobody" } }), "2210"),
        ("customer", json!({ "Id": "abc", "SyncToken": "0" }), "2030"),
        ("customer", json!({ "Id": "9999999999999", "SyncToken": "0" }), "2030"),
        ("customer", json!({ "Id": "999", "SyncToken": "0" }), "610"),
        ("customer", json!({ "Id": "1", "DisplayName": "x" }), "2020"),
        ("item", json!({ "Name": "x" }), "2020"),
        ("item", json!({ "Name": "x", "Type": "Service" }), "2020"),
        ("item", json!({ "Name": "x", "Type": "Magic", "IncomeAccountRef": { "value": "79" } }), "2170"),
        ("item", json!({ "Name": "x", "Type": "Service", "IncomeAccountRef": { "value": "999" } }), "2500"),
        ("item", json!({ "Name": "x", "Type": "Service", "IncomeAccountRef": { "value": "35" } }), "6430"),
        ("item", json!({ "Name": "hours", "Type": "Service", "IncomeAccountRef": { "value": "1" } }), "6240"),
        ("account", json!({ "Name": "Checking", "AccountType": "Bank" }), "6240"),
        ("account", json!({ "Name": "x" }), "2020"),
        ("elephant", json!({}), "500"),
    ] {
        assert_eq!(sim.code(entity, sent.clone()).await, code, "{entity} {sent}");
    }
    let (code, detail) =
        sim.refused("customer", json!({ "DisplayName": "x", "Title": "a".repeat(17) })).await;
    assert_eq!(code, "2050");
    assert_eq!(
        detail,
        "String length specified does not match the supported length. Min:0 Max:16 supported. Supplied length:17"
    );
    assert_eq!(sim.get("customer/").await.1["Fault"]["Error"][0]["code"], "500");
}

#[tokio::test]
async fn levels_go_five_deep() {
    let sim = Sim::start().await;
    let mut parent = sim.ok("customer", json!({ "DisplayName": "L1" })).await;
    for level in 2..=5 {
        let sent = json!({ "DisplayName": format!("L{level}"), "Job": true, "ParentRef": { "value": parent["Id"] } });
        parent = sim.ok("customer", sent).await;
    }
    assert_eq!(parent["FullyQualifiedName"], "L1:L2:L3:L4:L5");
    let sixth = json!({ "DisplayName": "L6", "ParentRef": { "value": parent["Id"] } });
    assert_eq!(sim.code("customer", sixth).await, "6180");
}

#[tokio::test]
async fn nobody_writes_without_a_subscription_or_the_right_to() {
    let sim = Sim::start().await;
    sim.switch(json!({ "subscriptionEnded": true })).await;
    assert_eq!(sim.code("customer", json!({ "DisplayName": "x" })).await, "6190");
    assert_eq!(sim.get("customer/1").await.0, 200, "reading goes on");
    let info = sim.get(&format!("companyinfo/{}", sim.realm)).await.1;
    assert!(info.to_string().contains("EXPIRED"), "{info}");
    sim.switch(json!({ "subscriptionEnded": false, "readOnly": true })).await;
    assert_eq!(sim.code("customer", json!({ "DisplayName": "x" })).await, "5020");
}
