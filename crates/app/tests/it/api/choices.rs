//! Settings that name something of the connected company: what was read of it is offered, and nothing else is taken.
//! Here the company's lists are laid into the database; that a connection test reads them is tried with the books.

use serde_json::{Value, json};

use crate::support::{Engine, on_both, process::Demo};

fn field(integration: &Value, key: &str) -> Value {
    let all = integration["availableFields"]["configurationFields"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("no {key}"))
}

/// The lists of the seeded company, as a connection test would keep them.
fn read(demo: &Demo, path: &str) {
    let (id, organization) = (path.rsplit('/').next().expect("an id"), demo.text("organizationId"));
    let accounts =
        r#"[{"id":"35","name":"Checking","kind":"Bank"},{"id":"79","name":"Sales","kind":"Income"}]"#;
    for (list, entries) in [("Accounts", accounts), ("Items", "[]")] {
        demo.database.execute(&format!(
            "DELETE FROM integration_choices WHERE integration_id = '{id}' AND list = '{list}'"
        ));
        demo.database.execute(&format!(
            "INSERT INTO integration_choices VALUES ('{organization}', '{id}', '{list}', '{entries}', 1)"
        ));
    }
}

async fn what_the_company_has_is_offered_and_nothing_else_is_taken(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("QuickBooks").await;
    read(&demo, &path);
    let seen = demo.admin.get(&path).await.expect(200);
    let deposit = field(&seen.json(), "DepositTo");
    assert_eq!(deposit["type"], 4, "{deposit}");
    assert_eq!(deposit["options"], json!(["35"]), "an income account holds no money");
    assert_eq!(deposit["choices"], json!([{ "value": "35", "label": "Checking", "kind": "Bank" }]));
    assert_eq!(field(&seen.json(), "IncomeAccount")["options"], json!(["79"]));
    let orders = field(&seen.json(), "OrdersAs");
    assert!(orders["choices"].is_null() && orders["defaultValue"] == "Estimate", "{orders}");

    let put = |configuration: Value| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move { admin.put(&path, &json!({ "configuration": configuration })).await }
    };
    let wrong =
        put(json!({ "DepositTo": "79", "IncomeAccount": "5", "DefaultItem": "1", "OrdersAs": "Both" }));
    let fields = wrong.await.expect(400).wrong_fields();
    for key in ["DepositTo", "IncomeAccount", "DefaultItem", "OrdersAs"] {
        assert!(fields.contains(&format!("configuration.{key}")), "{key} of {fields:?}");
    }
    let changed = put(json!({ "DepositTo": "35", "IncomeAccount": "79" })).await.expect(200).json();
    assert_eq!(changed["configuration"]["DepositTo"], "35");
    // It is what is done with the books that changes, and not whether they are reached.
    assert_eq!(changed["testConnectionRequired"], false);
    let emptied = put(json!({ "DepositTo": null, "IncomeAccount": "" })).await.expect(200).json();
    assert!(emptied["configuration"]["DepositTo"].is_null(), "{emptied}");
    // What the company does not have any more is offered no more.
    let after = demo.admin.get(&path).await.expect(200);
    assert_ne!(seen.header("etag"), after.header("etag"));
}

async fn before_a_company_is_connected_nothing_of_it_can_be_chosen(engine: Engine) {
    let demo = Demo::start(engine);
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = |configuration: Value| {
        json!({ "integrationType": 2, "provider": "QuickBooks", "displayName": "Books",
            "configuration": configuration, "secrets": {} })
    };
    let refused = demo.admin.post(&list, &body(json!({ "DepositTo": "35", "TaxMode": "Ours" }))).await;
    let refused = refused.expect(400);
    assert!(refused.text.contains("connected"), "{}", refused.text);
    assert_eq!(refused.wrong_fields(), ["configuration.DepositTo", "configuration.TaxMode"]);
    let made = demo.admin.post(&list, &body(json!({ "OrdersAs": "None" }))).await.expect(201).json();
    assert_eq!(made["configuration"]["InvoicesWhen"], "Paid");
    let path = format!("{list}/{}", made["id"].as_str().expect("an id"));
    let seen = demo.admin.get(&path).await.expect(200).json();
    let deposit = field(&seen, "DepositTo");
    assert!(deposit["options"].is_null() && deposit["type"] == 1, "{deposit}");
    let refused = demo.admin.put(&path, &json!({ "configuration": { "TaxCode": "2" } })).await.expect(400);
    assert_eq!(refused.wrong_fields(), ["configuration.TaxCode"]);
}

on_both!(
    what_the_company_has_is_offered_and_nothing_else_is_taken,
    before_a_company_is_connected_nothing_of_it_can_be_chosen,
);
