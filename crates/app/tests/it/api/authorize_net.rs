//! Authorize.Net: a connection test against the simulator, and every way in which it can fail.

use serde_json::{Value, json};

use crate::support::{Caller, Engine, on_both, process::Demo};

const WRONG: &str = "Authentication failed. Check your ApiLoginId and TransactionKey.";

fn demo(engine: Engine) -> Demo {
    Demo::with(engine, &[("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000")])
}

fn simulator(demo: &Demo) -> Caller {
    Caller::new(demo.line["simulators"]["authorizeNet"].as_str().expect("an address"), None)
}

/// An integration with these secrets; its path.
async fn made(demo: &Demo, secrets: &Value) -> String {
    let body = json!({
        "integrationType": "Payment", "provider": "AuthorizeNet", "displayName": "Cards",
        "isEnabled": false, "configuration": { "IsSandbox": "true" }, "secrets": secrets,
    });
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    demo.admin.post(&list, &body).await.expect(201).header("location").to_owned()
}

async fn test(demo: &Demo, path: &str) -> Value {
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json()
}

async fn right_credentials_connect(engine: Engine) {
    let demo = demo(engine);
    for place in 0..2 {
        let path = made(&demo, &demo.line["credentials"]["authorizeNet"][place]).await;
        let said = test(&demo, &path).await;
        assert_eq!((&said["success"], &said["isSuccessful"]), (&json!(true), &json!(true)), "{said}");
        assert_eq!(said["details"], "Connected to Authorize.Net sandbox. Credentials valid.");
        assert!(said["message"].as_str().is_some_and(|it| it.starts_with("Connection test successful")));
        assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Success");
    }
    let calls = simulator(&demo).get("/_sim").await.expect(200).text;
    assert!(
        calls.contains("authenticateTestRequest") && calls.contains("getMerchantDetailsRequest"),
        "{calls}"
    );
}

async fn wrong_credentials_are_told_as_such(engine: Engine) {
    let demo = demo(engine);
    let right = &demo.line["credentials"]["authorizeNet"];
    let wrong = [
        json!({ "ApiLoginId": right[0]["ApiLoginId"], "TransactionKey": "0000000000000000" }),
        json!({ "ApiLoginId": "nobody-here", "TransactionKey": right[0]["TransactionKey"] }),
        json!({ "ApiLoginId": right[0]["ApiLoginId"], "TransactionKey": right[1]["TransactionKey"] }),
        json!({ "ApiLoginId": right[0]["TransactionKey"], "TransactionKey": right[0]["ApiLoginId"] }),
        // Too long for any login or key.
        json!({ "ApiLoginId": "your-api-login-id", "TransactionKey": "your-transaction-key" }),
    ];
    for secrets in wrong {
        let path = made(&demo, &secrets).await;
        let said = test(&demo, &path).await;
        assert_eq!((&said["success"], &said["details"]), (&json!(false), &json!(WRONG)), "{said}");
        assert_eq!(demo.admin.get(&path).await.json()["testStatus"], "Failed");
        // The right ones in their place, with what comes along when they are pasted.
        let login = format!(" {}", right[0]["ApiLoginId"].as_str().expect("a login"));
        let key = format!("{}\n", right[0]["TransactionKey"].as_str().expect("a key"));
        let secrets = json!({ "secrets": { "ApiLoginId": login, "TransactionKey": key } });
        let changed = demo.admin.put(&path, &secrets).await.expect(200).json();
        assert_eq!(changed["testConnectionRequired"], json!(true));
        assert_eq!(test(&demo, &path).await["success"], json!(true));
    }
}

async fn whatever_goes_wrong_is_told_apart(engine: Engine) {
    let demo = demo(engine);
    let path = made(&demo, &demo.line["credentials"]["authorizeNet"][0]).await;
    let error = |code: &str| {
        let message = json!([{ "code": code, "text": "The provider's words." }]);
        let body = json!({ "messages": { "resultCode": "Error", "message": message } });
        json!({ "action": "body", "body": body.to_string() })
    };
    let cases = [
        (json!({ "action": "cut_before" }), "broke off"),
        (json!({ "action": "cut_after" }), "broke off"),
        (json!({ "action": "truncate" }), "is not Authorize.Net. It is no JSON."),
        (json!({ "action": "body", "body": "<html><p>Sign in</p></html>" }), "It is a web page."),
        (json!({ "action": "body", "body": "" }), "It is empty."),
        (
            json!({ "action": "body", "body": "{\"ok\": true}" }),
            "It does not say whether the request was done.",
        ),
        (json!({ "action": "status", "status": 500, "body": "Oops" }), "is not Authorize.Net"),
        (json!({ "action": "delay", "delayMs": 5_000 }), "did not answer in time"),
        (error("E00053"), "busy or in maintenance"),
        (error("E00104"), "busy or in maintenance"),
        (error("E00008"), "inactive"),
        (error("E00009"), "Test Mode"),
        (error("E00010"), "permissions"),
        (error("E00011"), "denies access"),
    ];
    for (mut fault, words) in cases {
        fault["operation"] = json!("authenticateTestRequest");
        simulator(&demo).post("/_sim/faults", &fault).await.expect(200);
        let said = test(&demo, &path).await;
        assert_eq!(said["success"], json!(false), "{fault}: {said}");
        let details = said["details"].as_str().expect("words");
        assert!(details.contains(words) && details != WRONG, "{fault}: {said}");
        assert_eq!(test(&demo, &path).await["success"], json!(true), "the next one is well again");
    }
    // The second question may be refused to credentials that hold.
    let mut fault = error("E00011");
    fault["operation"] = json!("getMerchantDetailsRequest");
    simulator(&demo).post("/_sim/faults", &fault).await.expect(200);
    assert_eq!(test(&demo, &path).await["success"], json!(true));
}

async fn no_key_is_in_the_log_or_an_answer(engine: Engine) {
    let demo = demo(engine);
    let keys = &demo.line["credentials"]["authorizeNet"][0];
    let path = made(&demo, keys).await;
    let said = test(&demo, &path).await.to_string() + &demo.admin.get(&path).await.text + &demo.log();
    for name in ["ApiLoginId", "TransactionKey"] {
        let key = keys[name].as_str().expect("a key");
        assert!(!said.contains(key), "{name}");
    }
}

on_both!(
    right_credentials_connect,
    wrong_credentials_are_told_as_such,
    whatever_goes_wrong_is_told_apart,
    no_key_is_in_the_log_or_an_answer,
);
