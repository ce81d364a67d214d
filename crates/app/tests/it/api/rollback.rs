//! Going back before a rotation: to exactly the state before the last one, once, and for a day.

use serde_json::{Value, json};

use super::rotation::{made, previous, rotate, slowed, works};
use crate::support::{Answer, Caller, Engine, Program, on_both, process::Demo, until};

async fn roll_back(admin: &Caller, path: &str, body: &Value) -> Answer {
    admin.post(&format!("{path}/rotate-secrets/rollback"), body).await
}

/// Whether these are the credentials in use: the first set's key fits the first set's login alone.
async fn uses(admin: &Caller, path: &str, set: &Value) -> bool {
    let half =
        json!({ "newSecrets": { "TransactionKey": set["TransactionKey"] }, "rollbackOnFailure": true });
    rotate(admin, path, &half).await.expect(200).json()["testConnectionSuccessful"] == true
}

async fn the_former_secrets_come_back_once(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let early = roll_back(&demo.admin, &path, &json!({})).await.expect(409);
    assert_eq!(early.code(), "nothing_to_roll_back");
    rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    assert_eq!(previous(&demo.database), 2);

    let back = demo.admin.send("POST", &format!("{path}/rotate-secrets/rollback"), &[], None).await;
    let back = back.expect(200).json();
    assert_eq!(
        (&back["rolledBack"], &back["testConnectionSuccessful"]),
        (&json!(true), &json!(true)),
        "{back}"
    );
    assert_eq!(back["rolledBackSecretKeys"], json!(["ApiLoginId", "TransactionKey"]));
    assert!(back["message"].as_str().is_some_and(|it| it.contains("in use again")), "{back}");
    assert_eq!(previous(&demo.database), 0, "what it brought back is kept no more, nor what it replaced");
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Success");
    assert!(uses(&demo.admin, &path, &sets[0]).await);
    assert_eq!(roll_back(&demo.admin, &path, &json!({})).await.expect(409).code(), "nothing_to_roll_back");

    rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    let quiet = json!({ "testConnectionAfterRollback": false });
    let back = roll_back(&demo.admin, &path, &quiet).await.expect(200).json();
    assert_eq!(back["testConnectionSuccessful"], json!(false));
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "NotTested");
    assert!(works(&demo.admin, &path).await);
    let wrong = json!({ "testConnectionAfterRollback": "yes", "secrets": {} });
    let mut fields = roll_back(&demo.admin, &path, &wrong).await.expect(400).wrong_fields();
    fields.sort();
    assert_eq!(fields, ["secrets", "testConnectionAfterRollback"]);
    let sales = demo.caller("SalesRep", None);
    roll_back(&sales, &path, &json!({})).await.expect(403);
}

async fn the_way_back_leads_before_the_last_rotation_and_to_no_mix(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    let half = json!({ "newSecrets": { "TransactionKey": sets[0]["TransactionKey"] } });
    rotate(&demo.admin, &path, &half).await.expect(200);
    assert!(!works(&demo.admin, &path).await);
    assert_eq!(previous(&demo.database), 1, "the login that an earlier rotation replaced would not fit");
    let back = roll_back(&demo.admin, &path, &json!({})).await.expect(200).json();
    assert_eq!(back["rolledBackSecretKeys"], json!(["TransactionKey"]));
    assert!(uses(&demo.admin, &path, &sets[1]).await);

    // Asked for twice without a key, as after a lost answer: the second one finds nothing to put aside.
    for _ in 0..2 {
        rotate(&demo.admin, &path, &json!({ "newSecrets": sets[0] })).await.expect(200);
        assert_eq!(previous(&demo.database), 2);
    }
    roll_back(&demo.admin, &path, &json!({})).await.expect(200);
    assert!(uses(&demo.admin, &path, &sets[1]).await);
}

async fn a_repeated_rollback_is_done_once(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = made(&demo.admin, demo.text("organizationId"), &sets).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "back")];
    let at = format!("{path}/rotate-secrets/rollback");
    let send = || demo.admin.send("POST", &at, &headers, None);
    assert_eq!(send().await.expect(409).code(), "nothing_to_roll_back");
    rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    // The refusal was not kept: it was true for a while.
    let first = send().await.expect(200);
    rotate(&demo.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    let again = send().await.expect(200);
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
    assert_eq!(previous(&demo.database), 2, "nothing was done");
    demo.admin.delete(&path).await.expect(204);
    assert_eq!(previous(&demo.database), 0, "kept values go with their integration");
}

/// Sends a request that is cut off by a kill once `seen` of its audit rows are there.
async fn killed(program: &mut Program, at: &str, body: &Value, key: &str, action: &str) {
    let (admin, at, body, key) = (program.admin.clone(), at.to_owned(), body.to_string(), key.to_owned());
    let call = tokio::spawn(async move {
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        admin.try_send("POST", &at, &headers, Some(body)).await.is_err()
    });
    let rows = format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'");
    until("it is under way", async || program.database.count(&rows) == 1).await;
    program.kill();
    assert!(call.await.expect("it ran"), "the caller is cut off");
    program.serve().await;
    program.database.value("UPDATE idempotency SET lease_until = 0 WHERE status IS NULL RETURNING 'over'");
}

async fn killed_after_it_promoted_a_rotation_is_repeated_without_promoting_again(engine: Engine) {
    for meanwhile in [false, true] {
        let mut program = Program::start(engine).await;
        let sets = program.simulated["credentials"]["authorizeNet"].clone();
        let path = made(&program.admin, &program.organization, &sets).await;
        slowed(&program).await;
        let (at, body) = (format!("{path}/rotate-secrets"), json!({ "newSecrets": sets[1] }));
        let action = "integration.secrets_rotated";
        killed(&mut program, &at, &body, "once", action).await;
        if meanwhile {
            rotate(&program.admin, &path, &json!({ "newSecrets": sets[0] })).await.expect(200);
        }
        let rows = format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'");
        let before = program.database.count(&rows);
        let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
        let again =
            program.admin.send("POST", &at, &headers, Some(body.to_string())).await.expect(200).json();
        assert_eq!(again["rotationSuccessful"], json!(true), "{again}");
        assert_eq!(program.database.count(&rows), before, "it promoted once");
        if meanwhile {
            assert!(uses(&program.admin, &path, &sets[0]).await, "a later rotation is not undone by it");
        }
        roll_back(&program.admin, &path, &json!({})).await.expect(200);
        assert!(uses(&program.admin, &path, &sets[usize::from(meanwhile)]).await, "the older value was kept");
    }
}

async fn killed_after_it_went_back_a_rollback_is_repeated_and_says_the_same(engine: Engine) {
    let mut program = Program::start(engine).await;
    let sets = program.simulated["credentials"]["authorizeNet"].clone();
    let path = made(&program.admin, &program.organization, &sets).await;
    rotate(&program.admin, &path, &json!({ "newSecrets": sets[1] })).await.expect(200);
    slowed(&program).await;
    let at = format!("{path}/rotate-secrets/rollback");
    killed(&mut program, &at, &json!({}), "back", "integration.secrets_rolled_back").await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "back")];
    let again =
        program.admin.send("POST", &at, &headers, Some(json!({}).to_string())).await.expect(200).json();
    assert_eq!(again["rolledBackSecretKeys"], json!(["ApiLoginId", "TransactionKey"]), "{again}");
    assert_eq!(again["testConnectionSuccessful"], json!(true));
    assert!(uses(&program.admin, &path, &sets[0]).await);
}

on_both!(
    the_former_secrets_come_back_once,
    the_way_back_leads_before_the_last_rotation_and_to_no_mix,
    a_repeated_rollback_is_done_once,
    killed_after_it_promoted_a_rotation_is_repeated_without_promoting_again,
    killed_after_it_went_back_a_rollback_is_repeated_and_says_the_same,
);
