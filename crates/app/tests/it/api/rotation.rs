//! Rotating secrets: all of the old or all of the new, whoever asks meanwhile and whatever is killed.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Engine, Program, on_both, process::Demo, until};

fn gateway(keys: &Value) -> Value {
    json!({ "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Gateway", "secrets": keys })
}

/// An integration with the first set of credentials; its path, and both sets.
pub(crate) async fn made(admin: &Caller, organization: &str, sets: &Value) -> String {
    let list = format!("/api/organizations/{organization}/integrations");
    admin.post(&list, &gateway(&sets[0])).await.expect(201).header("location").to_owned()
}

pub(crate) async fn rotate(admin: &Caller, path: &str, body: &Value) -> Answer {
    admin.post(&format!("{path}/rotate-secrets"), body).await
}

pub(super) async fn works(admin: &Caller, path: &str) -> bool {
    let tested = admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json();
    tested["success"] == true
}

pub(super) fn previous(database: &crate::support::Database) -> u64 {
    database.count("SELECT COUNT(*) FROM integration_secrets WHERE purpose = 'previous-credential'")
}

async fn a_rotation_says_what_came_of_it(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let rotated = rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200).json();
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"], &rotated["rolledBack"]),
        (&json!(true), &json!(true), &json!(false)),
        "{rotated}"
    );
    assert_eq!(previous(&demo.database), 2, "what was replaced is kept for a day");
    let expiry = demo.database.count(
        "SELECT (MIN(expires_at - updated_at) + 60000000) / 3600000000 FROM integration_secrets WHERE expires_at IS NOT NULL",
    );
    assert_eq!(expiry, 24);
    let read = demo.admin.get(&path).await.json();
    assert_eq!(read["testStatus"], "Success");

    // Untested: the answer has no word of the provider's, and the integration says so.
    let quiet = json!({ "newSecrets": sets[0], "testConnectionAfterRotation": false });
    let rotated = rotate(&demo.admin, &path, &quiet).await.expect(200).json();
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "NotTested");
    assert!(works(&demo.admin, &path).await);

    // Some keys alone; the provider refuses the pair, and the new one is in use all the same.
    let half = json!({ "newSecrets": { "TransactionKey": sets[1]["TransactionKey"] } });
    let rotated = rotate(&demo.admin, &path, &half).await.expect(200).json();
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(rotated["rotatedSecretKeys"], json!(["TransactionKey"]));
    assert!(!works(&demo.admin, &path).await);
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Failed");
}

async fn what_the_provider_refuses_is_rolled_back_where_that_is_wanted(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    assert!(works(&demo.admin, &path).await);
    let before = demo.admin.get(&path).await.json();
    let half = json!({
        "newSecrets": { "TransactionKey": sets[1]["TransactionKey"] }, "rollbackOnFailure": true,
    });
    let refused = rotate(&demo.admin, &path, &half).await.expect(200).json();
    assert_eq!(
        (&refused["rotationSuccessful"], &refused["testConnectionSuccessful"], &refused["rolledBack"]),
        (&json!(false), &json!(false), &json!(true)),
        "{refused}"
    );
    assert!(refused["message"].as_str().is_some_and(|it| it.contains("rolled back")), "{refused}");
    assert_eq!((&refused["rotatedSecretKeys"], &refused["rotatedAt"]), (&json!([]), &Value::Null));
    assert_eq!(demo.admin.get(&path).await.json(), before, "nothing changed");
    assert!(works(&demo.admin, &path).await);
    let whole = json!({ "newSecrets": sets[1], "rollbackOnFailure": true });
    let taken = rotate(&demo.admin, &path, &whole).await.expect(200).json();
    assert_eq!(
        (&taken["rotationSuccessful"], &taken["testConnectionSuccessful"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Success");
    assert!(works(&demo.admin, &path).await);
}

async fn wrong_rotations_are_told_whole_and_change_nothing(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let before = demo.admin.get(&path).await.json();
    let wrong = json!({
        "newSecrets": { "ApiLoginId": null, "TransactionKey": "", "Colour": "red", "Deep": {} },
        "testConnectionAfterRotation": "yes", "rollback": true,
    });
    let mut fields = rotate(&demo.admin, &path, &wrong).await.expect(400).wrong_fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "newSecrets.ApiLoginId",
            "newSecrets.Colour",
            "newSecrets.Deep",
            "newSecrets.TransactionKey",
            "rollback",
            "testConnectionAfterRotation"
        ]
    );
    for body in
        [json!({}), json!({ "newSecrets": null }), json!({ "newSecrets": {} }), json!({ "newSecrets": 7 })]
    {
        assert_eq!(
            rotate(&demo.admin, &path, &body).await.expect(400).wrong_fields(),
            ["newSecrets"],
            "{body}"
        );
    }
    let pascal = json!({ "NewSecrets": { "transactionKey": "x" } });
    let answer = rotate(&demo.admin, &path, &pascal).await.expect(400);
    assert_eq!(answer.wrong_fields(), ["newSecrets.transactionKey"], "keys of free maps are taken literally");
    assert_eq!(demo.admin.get(&path).await.json(), before);
    assert_eq!(previous(&demo.database), 0);
}

async fn a_repeated_rotation_and_a_repeated_test_are_done_once(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    for (call, body, other) in [
        (
            "rotate-secrets",
            json!({ "newSecrets": sets[1] }).to_string(),
            json!({ "newSecrets": sets[0] }).to_string(),
        ),
        ("test", String::new(), "{}".to_owned()),
    ] {
        let at = format!("{path}/{call}");
        let send = |body: String| demo.admin.send("POST", &at, &headers, Some(body));
        let first = send(body.clone()).await.expect(200);
        let rows = "SELECT COUNT(*) FROM audit WHERE action IN ('integration.secrets_rotated', 'integration.tested')";
        let done = demo.database.count(rows);
        let again = send(body).await.expect(200);
        assert_eq!(first.text, again.text);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(demo.database.count(rows), done, "{call}");
        assert_eq!(send(other).await.expect(422).code(), "idempotency_key_reused");
    }
}

async fn whoever_asks_meanwhile_gets_all_of_the_old_or_all_of_the_new(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let cards = demo.line["credentials"]["worldpay"].clone();
    let seeded = demo.seeded("WorldPay").await;
    let invoice = demo.text("invoiceId").to_owned();
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let (admin, path, invoice) = (demo.admin.clone(), path.clone(), invoice.clone());
            tokio::spawn(async move {
                for _ in 0..8 {
                    assert!(works(&admin, &path).await, "a mix of two sets of secrets");
                    let setup = admin.setup("CUST-1001", &invoice, 1.0).await;
                    assert!(setup.status == 200, "settings and secrets of two sets: {}", setup.text);
                }
            })
        })
        .collect();
    let mut at = 0;
    while askers.iter().any(|it| !it.is_finished()) {
        at = 1 - at;
        let swap = json!({ "newSecrets": sets[at], "testConnectionAfterRotation": false });
        rotate(&demo.admin, &path, &swap).await.expect(200);
        let keys = &cards[at];
        let both = json!({
            "configuration": { "ApplicationId": keys["ApplicationId"] },
            "secrets": { "AccountId": keys["AccountId"], "AccountToken": keys["AccountToken"],
                "AcceptorId": keys["AcceptorId"] },
        });
        demo.admin.put(&seeded, &both).await.expect(200);
    }
    for it in askers {
        it.await.expect("no mix");
    }
}

/// The provider's next answer comes late, so that there is time to die in between.
pub(super) async fn slowed(program: &Program) {
    let simulator = program.simulated["simulators"]["authorizeNet"].as_str().expect("an address");
    let slow = json!({ "operation": "authenticateTestRequest", "action": "delay", "delayMs": 900 });
    program.admin.post(&format!("{simulator}/_sim/faults"), &slow).await.expect(200);
}

async fn killed_while_it_is_tested_a_rotation_is_done_or_not_done(engine: Engine) {
    for (rollback, in_use, seen) in [
        (false, true, "action = 'integration.secrets_rotated'"),
        (true, false, "action = 'secret.opened' AND detail LIKE '%test before rotation%'"),
    ] {
        let mut program = Program::start(engine).await;
        let sets = program.simulated["credentials"]["authorizeNet"].clone();
        let path = made(&program.admin, &program.organization, &sets).await;
        slowed(&program).await;
        let (admin, at) = (program.admin.clone(), format!("{path}/rotate-secrets"));
        let body = json!({ "newSecrets": sets[1], "rollbackOnFailure": rollback }).to_string();
        let call = tokio::spawn(async move {
            admin.try_send("POST", &at, &[("content-type", "application/json")], Some(body)).await.is_err()
        });
        let seen = format!("SELECT COUNT(*) FROM audit WHERE {seen}");
        until("it is under way", async || program.database.count(&seen) == 1).await;
        program.kill();
        assert!(call.await.expect("it ran"), "the caller is cut off");
        program.serve().await;
        assert_eq!(program.admin.get(&path).await.json()["testStatus"], "NotTested");
        assert_eq!(previous(&program.database), if in_use { 2 } else { 0 });
        assert!(works(&program.admin, &path).await, "whole");
        // Which of the two it is: half of the second set fits the second alone.
        let half = json!({ "newSecrets": { "TransactionKey": sets[1]["TransactionKey"] } });
        let rotated = rotate(&program.admin, &path, &half).await.expect(200).json();
        assert_eq!(rotated["testConnectionSuccessful"], json!(in_use), "{rotated}");
    }
}

on_both!(
    a_rotation_says_what_came_of_it,
    what_the_provider_refuses_is_rolled_back_where_that_is_wanted,
    wrong_rotations_are_told_whole_and_change_nothing,
    a_repeated_rotation_and_a_repeated_test_are_done_once,
    whoever_asks_meanwhile_gets_all_of_the_old_or_all_of_the_new,
    killed_while_it_is_tested_a_rotation_is_done_or_not_done,
);
