//! Integrations: what is listed works, secrets are in no answer, a test makes a real call.

use serde_json::{Value, json};

use crate::support::{
    Engine, on_both,
    process::{Demo, integration},
};

fn list(demo: &Demo) -> String {
    format!("/api/organizations/{}/integrations", demo.text("organizationId"))
}

/// The seeded one for cards out of the way, and its credentials.
async fn emptied(demo: &Demo) -> Value {
    demo.admin.delete(&demo.seeded("WorldPay").await).await.expect(204);
    demo.line["credentials"]["worldpay"][0].clone()
}

async fn nothing_is_listed_that_does_not_work(engine: Engine) {
    let demo = Demo::start(engine);
    let templates = demo.admin.get("/api/integration-templates").await.expect(200).json();
    let providers: Vec<_> =
        templates["templates"].as_array().expect("a list").iter().map(|it| it["provider"].clone()).collect();
    let built_in = [json!("AuthorizeNet"), json!("WorldPay"), json!("QuickBooks")];
    assert!(built_in.iter().all(|it| providers.contains(it)), "{providers:?}");
    let other =
        demo.admin.get("/api/integration-templates?integrationType=Accounting").await.expect(200).json();
    let types: Vec<_> = other["templates"].as_array().expect("a list").iter().map(|it| &it["type"]).collect();
    assert!(!types.is_empty() && types.iter().all(|it| **it == 2), "{types:?}");
    let names = demo
        .admin
        .send("GET", "/api/integration-templates", &[("prefer", "enums=names")], None)
        .await
        .expect(200);
    assert_eq!(names.header("preference-applied"), "enums=names");
    assert!(names.text.contains("\"Payment\""), "{}", names.text);
}

async fn an_integration_lives_and_shows_no_secret(engine: Engine) {
    let demo = Demo::start(engine);
    let keys = emptied(&demo).await;
    let made = demo.admin.post(&list(&demo), &integration(&keys)).await.expect(201);
    let path = made.header("location").to_owned();
    let token = keys["AccountToken"].as_str().expect("a token");
    let tested = demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    assert_eq!(tested.json()["success"], json!(true), "{}", tested.text);
    let read = demo.admin.get(&path).await.expect(200);
    assert_eq!(read.json()["testStatus"], "Success");
    let key = [("idempotency-key", "test-1")];
    let once = demo.admin.send("POST", &format!("{path}/test"), &key, None).await.expect(200);
    let again = demo.admin.send("POST", &format!("{path}/test"), &key, None).await.expect(200);
    assert_eq!((&once.text, again.header("idempotent-replayed")), (&again.text, "true"));
    for answer in [&made, &tested, &read, &demo.admin.get(&list(&demo)).await] {
        assert!(!answer.text.contains(token), "a secret in an answer");
    }
    let names: Vec<_> =
        read.json()["secretKeys"].as_array().expect("names").iter().map(|it| it["key"].clone()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    demo.admin.delete(&path).await.expect(204);
    demo.admin.get(&path).await.expect(404);
}

async fn a_test_with_wrong_keys_says_which_in_words(engine: Engine) {
    let demo = Demo::start(engine);
    let mut keys = emptied(&demo).await;
    keys["AccountToken"] = json!("0".repeat(72));
    let path =
        demo.admin.post(&list(&demo), &integration(&keys)).await.expect(201).header("location").to_owned();
    let test =
        || async { demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json() };
    let failed = test().await;
    assert_eq!(failed["success"], json!(false), "{failed}");
    assert!(failed.to_string().contains("token"), "{failed}");
    demo.fault(json!({ "operation": "HealthCheck", "action": "cut_before" })).await;
    let down = test().await;
    assert_eq!(down["success"], json!(false), "{down}");
    assert_ne!(down["details"], failed["details"], "a dead line is not a wrong key");
    let right = demo.line["credentials"]["worldpay"][0]["AccountToken"].clone();
    demo.admin.put(&path, &json!({ "secrets": { "AccountToken": right } })).await.expect(200);
    assert_eq!(test().await["success"], json!(true));
}

async fn wrong_keys_and_values_are_all_named(engine: Engine) {
    let demo = Demo::start(engine);
    emptied(&demo).await;
    let wrong = json!({
        "integrationType": "Payment", "provider": "WorldPay", "displayName": "",
        "configuration": { "IsSandbox": "perhaps", "Colour": "red" }, "secrets": { "AccountId": "" },
    });
    let answer = demo.admin.post(&list(&demo), &wrong).await.expect(400);
    let fields = answer.wrong_fields();
    assert!(fields.contains(&"displayName".to_owned()), "{}", answer.text);
    let complete = json!({
        "integrationType": "Payment", "provider": "WorldPay", "displayName": "Cards",
        "configuration": { "IsSandbox": "perhaps", "Colour": "red" }, "secrets": { "AccountId": "1" },
    });
    let answer = demo.admin.post(&list(&demo), &complete).await.expect(400);
    let fields = answer.wrong_fields();
    for field in [
        "configuration.Colour",
        "configuration.IsSandbox",
        "configuration.ApplicationId",
        "secrets.AccountToken",
        "secrets.AcceptorId",
    ] {
        assert!(fields.contains(&field.to_owned()), "{field} of {fields:?}");
    }
    let strange = json!({ "integrationType": 2, "provider": "WorldPay", "displayName": "Cards" });
    demo.admin.post(&list(&demo), &strange).await.expect(400);
}

async fn an_integration_with_open_payments_is_not_deleted(engine: Engine) {
    let demo = Demo::start(engine);
    demo.admin.setup("CUST-1001", demo.text("invoiceId"), 1.0).await.expect(200);
    let path = demo.seeded("WorldPay").await;
    assert_eq!(demo.admin.delete(&path).await.expect(409).code(), "integration_in_use");
    demo.admin.put(&path, &json!({ "isEnabled": false })).await.expect(200);
    assert_eq!(
        demo.admin.setup("CUST-1001", demo.text("invoiceId"), 1.0).await.expect(409).code(),
        "integration_not_configured"
    );
}

on_both!(
    nothing_is_listed_that_does_not_work,
    an_integration_lives_and_shows_no_secret,
    a_test_with_wrong_keys_says_which_in_words,
    wrong_keys_and_values_are_all_named,
    an_integration_with_open_payments_is_not_deleted,
);
