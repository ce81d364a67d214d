//! A secret that the provider makes itself: asked for with null, and never lost, whatever is cut and whoever is killed.

use serde_json::{Value, json};

use super::rotation::{previous, rotate, works};
use crate::support::{Caller, Database, Engine, Program, merchant::Express, on_both, process::Demo, until};

fn fresh() -> Value {
    json!({ "newSecrets": { "AccountToken": null } })
}

fn pending(database: &Database) -> u64 {
    database.count("SELECT COUNT(*) FROM integration_secrets WHERE purpose = 'pending-credential'")
}

fn jobs(database: &Database) -> u64 {
    database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'remake-secret'")
}

/// The token that the first account has at the provider.
async fn token(simulator: &Caller) -> String {
    let sets = simulator.get("/_sim/credentials").await.expect(200).json();
    sets[0]["AccountToken"].as_str().expect("a token").to_owned()
}

async fn a_token_is_made_put_into_force_and_used(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("WorldPay").await;
    let before = token(&demo.simulator()).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let at = format!("{path}/rotate-secrets");
    let send = || demo.admin.send("POST", &at, &headers, Some(fresh().to_string()));
    let first = send().await.expect(200);
    let rotated = first.json();
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"], &rotated["rotatedSecretKeys"]),
        (&json!(true), &json!(true), &json!(["AccountToken"])),
        "{rotated}"
    );
    let after = token(&demo.simulator()).await;
    assert_ne!(after, before);
    assert!(!first.text.contains(&after) && !demo.log().contains(&after), "it is shown to nobody");
    assert!(works(&demo.admin, &path).await);
    assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Success");
    assert_eq!((pending(&demo.database), previous(&demo.database), jobs(&demo.database)), (0, 0, 0));
    // The same request again does nothing again.
    let again = send().await.expect(200);
    assert_eq!((again.text, again.headers.get("idempotent-replayed").is_some()), (first.text, true));
    assert_eq!(token(&demo.simulator()).await, after);
    // Nobody goes back to a dead token.
    let back = demo.admin.send("POST", &format!("{path}/rotate-secrets/rollback"), &[], None).await;
    assert_eq!(back.expect(409).code(), "nothing_to_roll_back");
    // Cards go on being taken.
    demo.admin.setup("CUST-1001", demo.text("invoiceId"), 148.83).await.expect(200);
    let quiet = json!({ "newSecrets": { "AccountToken": null }, "testConnectionAfterRotation": false });
    let rotated = rotate(&demo.admin, &path, &quiet).await.expect(200).json();
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"]),
        (&json!(true), &json!(false))
    );
    assert!(works(&demo.admin, &path).await);
}

async fn whatever_is_cut_one_token_works_and_it_is_the_one_in_use(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("WorldPay").await;
    for action in ["cut_before", "cut_after", "status"] {
        let before = token(&demo.simulator()).await;
        let status = if action == "status" { json!(503) } else { Value::Null };
        demo.fault(
            json!({ "operation": "AccountTokenCreate", "occurrence": 1, "action": action, "status": status }),
        )
        .await;
        let lost = rotate(&demo.admin, &path, &fresh()).await;
        assert!(matches!(lost.status, 502 | 504), "{action}: {}", lost.text);
        assert_eq!((token(&demo.simulator()).await, jobs(&demo.database)), (before, 0), "{action}");
        assert!(works(&demo.admin, &path).await, "{action}: nothing changed");
    }
    for action in ["cut_before", "cut_after"] {
        let before = token(&demo.simulator()).await;
        demo.fault(json!({ "operation": "AccountTokenActivate", "occurrence": 1, "action": action })).await;
        let rotated = rotate(&demo.admin, &path, &fresh()).await.expect(200).json();
        assert_eq!(rotated["rotationSuccessful"], json!(true), "{action}: {rotated}");
        assert_ne!(token(&demo.simulator()).await, before, "{action}");
        assert!(works(&demo.admin, &path).await, "{action}");
        assert_eq!((pending(&demo.database), jobs(&demo.database)), (0, 0), "{action}");
    }
    // The provider's own no, since somebody had another one made meanwhile: the old one stays.
    let before = token(&demo.simulator()).await;
    let express = Express::new(&demo.simulator().base);
    demo.fault(json!({ "operation": "AccountTokenActivate", "occurrence": 1, "action": "hold" })).await;
    let (admin, at) = (demo.admin.clone(), path.clone());
    let asked = tokio::spawn(async move { rotate(&admin, &at, &fresh()).await });
    express.until_held().await;
    express.make_token().await;
    express.simulator.post("/_sim/release", &json!({})).await.expect(204);
    let refused = asked.await.expect("it ran").expect(200).json();
    assert_eq!(
        (&refused["rotationSuccessful"], &refused["rolledBack"], &refused["rotatedSecretKeys"]),
        (&json!(false), &json!(true), &json!([])),
        "{refused}"
    );
    assert!(refused["message"].as_str().is_some_and(|it| it.contains("old one stays in use")), "{refused}");
    assert_eq!(token(&demo.simulator()).await, before);
    assert!(works(&demo.admin, &path).await);
    assert_eq!((pending(&demo.database), jobs(&demo.database)), (0, 0));
}

async fn where_nobody_can_say_the_new_token_is_kept_until_somebody_can(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("WorldPay").await;
    let before = token(&demo.simulator()).await;
    for operation in ["AccountTokenActivate", "HealthCheck"] {
        demo.fault(json!({ "operation": operation, "occurrence": "every", "action": "cut_before" })).await;
    }
    let lost = rotate(&demo.admin, &path, &fresh()).await;
    assert!(matches!(lost.status, 502 | 504), "{}", lost.text);
    assert_eq!((pending(&demo.database), jobs(&demo.database)), (1, 1), "kept, and somebody looks after it");
    let busy = rotate(&demo.admin, &path, &fresh()).await.expect(409);
    assert_eq!(busy.code(), "rotation_under_way");
    demo.simulator().delete("/_sim/faults").await;
    // Its time comes.
    demo.database.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'remake-secret'");
    until("it has ended", async || jobs(&demo.database) == 0).await;
    assert_ne!(token(&demo.simulator()).await, before);
    assert_eq!(pending(&demo.database), 0);
    assert!(works(&demo.admin, &path).await);
}

async fn killed_in_between_it_is_ended_by_whoever_comes_next(engine: Engine) {
    for (operation, action) in [("AccountTokenActivate", "cut_before"), ("AccountTokenActivate", "delay")] {
        let mut program = Program::start(engine).await;
        let place = program.simulated["simulators"]["worldpay"].as_str().expect("an address").to_owned();
        let simulator = Caller::new(&place, None);
        let list = format!("/api/organizations/{}/integrations", program.organization);
        let id = program.admin.get(&list).await.json()["integrations"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let path = format!("{list}/{id}");
        let before = token(&simulator).await;
        // The provider hears of the activation or not; either way its answer does not come in time.
        let fault = json!({ "operation": operation, "occurrence": 1, "action": action, "delayMs": 900 });
        simulator.post("/_sim/faults", &fault).await.expect(200);
        let slow = json!({ "operation": "HealthCheck", "occurrence": 1, "action": "delay", "delayMs": 900 });
        simulator.post("/_sim/faults", &slow).await.expect(200);
        let (admin, at) = (program.admin.clone(), format!("{path}/rotate-secrets"));
        let call = tokio::spawn(async move {
            let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
            admin.try_send("POST", &at, &headers, Some(fresh().to_string())).await.is_err()
        });
        until("it is kept", async || pending(&program.database) == 1).await;
        program.kill();
        assert!(call.await.expect("it ran"), "the caller is cut off");
        program.database.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'remake-secret'");
        program.serve().await;
        until("it has ended", async || jobs(&program.database) == 0).await;
        assert_eq!(pending(&program.database), 0, "{action}");
        assert_ne!(token(&simulator).await, before, "{action}");
        assert!(works(&program.admin, &path).await, "{action}");
        // Whoever asks with the same key again is told how that ended, and nothing is made anew.
        let made = token(&simulator).await;
        program.database.execute("UPDATE idempotency SET lease_until = 0 WHERE status IS NULL");
        let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
        let again = program
            .admin
            .send("POST", &format!("{path}/rotate-secrets"), &headers, Some(fresh().to_string()))
            .await
            .expect(200)
            .json();
        assert_eq!(again["rotationSuccessful"], json!(true), "{again}");
        assert_eq!(token(&simulator).await, made, "{action}");
    }
}

async fn null_asks_for_nothing_that_a_provider_does_not_make(engine: Engine) {
    let demo = Demo::start(engine);
    let cards = demo.seeded("WorldPay").await;
    let gateway = demo.seeded("AuthorizeNet").await;
    let before = token(&demo.simulator()).await;
    for (path, secrets, wrong) in [
        (&cards, json!({ "AccountId": null }), "newSecrets.AccountId"),
        (&cards, json!({ "accountToken": null }), "newSecrets.accountToken"),
        (&cards, json!({ "AccountToken": null, "AccountId": "1000001" }), "newSecrets.AccountToken"),
        (&gateway, json!({ "TransactionKey": null }), "newSecrets.TransactionKey"),
    ] {
        let answer = rotate(&demo.admin, path, &json!({ "newSecrets": secrets })).await.expect(400);
        assert!(answer.wrong_fields().iter().any(|it| it == wrong), "{}", answer.text);
    }
    let more = json!({ "newSecrets": { "AccountToken": null }, "Colour": "red" });
    assert_eq!(rotate(&demo.admin, &cards, &more).await.expect(400).wrong_fields(), ["Colour"]);
    rotate(&demo.caller("SalesRep", None), &cards, &fresh()).await.expect(403);
    rotate(&demo.stranger(), &cards, &fresh()).await.expect(403);
    assert_eq!(token(&demo.simulator()).await, before);
}

on_both!(
    a_token_is_made_put_into_force_and_used,
    whatever_is_cut_one_token_works_and_it_is_the_one_in_use,
    where_nobody_can_say_the_new_token_is_kept_until_somebody_can,
    killed_in_between_it_is_ended_by_whoever_comes_next,
    null_asks_for_nothing_that_a_provider_does_not_make,
);
