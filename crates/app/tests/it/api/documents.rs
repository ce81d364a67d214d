//! The requests that the two documents of integrations print, sent with curl as they stand there but for the
//! address, the token and the ids. The reference speaks numbers, the guide speaks names; each is answered in kind.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Engine, on_both, process::Demo};

/// What stands in the place of the documents' own address, token and ids.
struct Shell<'a> {
    demo: &'a Demo,
    integration: String,
}

impl<'a> Shell<'a> {
    fn new(demo: &'a Demo) -> Self {
        Self { demo, integration: String::new() }
    }

    /// Runs a printed command; its status and what was said.
    fn run(&self, printed: &str) -> (u16, Value) {
        let output = Command::new("bash")
            .args([
                "-eu",
                "-o",
                "pipefail",
                "-c",
                &format!("{} -sS -w '\\n%{{http_code}}'", printed.trim_end()),
            ])
            .envs([
                ("BASE", self.demo.text("baseUrl")),
                ("TOKEN", self.demo.text("adminToken")),
                ("ORG", self.demo.text("organizationId")),
                ("INTEGRATION", &self.integration),
            ])
            .output()
            .expect("bash runs");
        assert!(output.status.success(), "{printed}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).expect("text");
        let (body, status) = said.rsplit_once('\n').expect("a status");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect(body) };
        (status.parse().expect("a status"), body)
    }

    /// The same, which must succeed.
    fn good(&self, printed: &str, status: u16) -> Value {
        let (said, body) = self.run(printed);
        assert_eq!(said, status, "{printed}: {body}");
        body
    }
}

fn has(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "{key} is missing: {value}");
    }
}

async fn the_references_requests_are_answered_in_numbers(engine: Engine) {
    let demo = Demo::start(engine);
    let mut shell = Shell::new(&demo);
    let all =
        shell.good(r#"curl -X GET "$BASE/api/integration-templates" -H "Authorization: Bearer $TOKEN""#, 200);
    let of = |all: &Value, provider: &str| {
        let list = all["templates"].as_array().expect("a list");
        list.iter()
            .find(|it| it["provider"] == provider)
            .unwrap_or_else(|| panic!("{provider}: {all}"))
            .clone()
    };
    let template = of(&all, "AuthorizeNet");
    assert_eq!((&template["type"], &template["requiresOAuth"]), (&json!(1), &json!(false)));
    let field = &template["configurationFields"][0];
    assert_eq!(
        (&field["key"], &field["type"], &field["required"], &field["defaultValue"]),
        (&json!("IsSandbox"), &json!(3), &json!(true), &json!("true"))
    );
    let secrets = template["secretFields"].as_array().expect("secrets");
    // Those of the document, all that must be there, and one that may.
    let required: Vec<_> = secrets.iter().filter(|it| it["required"] == true).map(|it| &it["key"]).collect();
    assert_eq!(required, ["ApiLoginId", "TransactionKey"]);
    for it in secrets {
        has(it, &["key", "displayName", "description", "required", "isSensitive"]);
    }
    let books = of(&all, "QuickBooks");
    let callback = format!("{}/api/integrations/QuickBooks/callback", demo.text("baseUrl"));
    assert_eq!((&books["type"], &books["callbackUrl"]), (&json!(2), &json!(callback)));
    assert!(template.get("callbackUrl").is_none(), "{template}");
    let some = shell.good(
        r#"curl -X GET "$BASE/api/integration-templates?integrationType=1" -H "Authorization: Bearer $TOKEN""#,
        200,
    );
    assert!(some["templates"].as_array().is_some_and(|it| it.iter().all(|one| one["type"] == 1)), "{some}");
    let available = shell
        .good(r#"curl -X GET "$BASE/api/integrations/available" -H "Authorization: Bearer $TOKEN""#, 200);
    has(&available, &["organizationId", "totalAvailable", "configuredCount", "enabledCount"]);
    assert!(available["integrationsByType"]["1"].is_array(), "{available}");
    let made = shell.good(
        r#"curl -X POST "$BASE/api/organizations/$ORG/integrations" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{
            "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Main Payment Gateway", "isEnabled": true,
            "configuration": { "IsSandbox": "true" },
            "secrets": { "ApiLoginId": "your-api-login-id", "TransactionKey": "your-transaction-key" }
          }'"#,
        201,
    );
    assert_eq!((&made["integrationType"], &made["isEnabled"]), (&json!(1), &json!(true)));
    has(&made, &["integrationId", "organizationId", "provider", "displayName", "createdAt"]);
    made["integrationId"].as_str().expect("an id").clone_into(&mut shell.integration);
    the_references_integration(&shell);
    let path = r#"curl -X DELETE "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" -H "Authorization: Bearer $TOKEN""#;
    shell.good(path, 204);
    assert_eq!(shell.run(path).0, 404);
}

/// What the reference prints about one integration.
fn the_references_integration(shell: &Shell<'_>) {
    let listed = shell.good(
        r#"curl -X GET "$BASE/api/organizations/$ORG/integrations" -H "Authorization: Bearer $TOKEN""#,
        200,
    );
    assert_eq!(listed["integrations"][0]["integrationId"], json!(shell.integration), "newest first");
    let read = shell.good(
        r#"curl -X GET "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" -H "Authorization: Bearer $TOKEN""#,
        200,
    );
    has(&read, &["createdAt", "updatedAt", "createdBy", "configuration"]);
    has(
        &read["availableFields"],
        &["configurationFields", "secretFields", "requiresOAuth", "documentationUrl", "supportedFeatures"],
    );
    assert!(!read.to_string().contains("your-api-login-id"), "a secret in an answer: {read}");
    let changed = shell.good(
        r#"curl -X PUT "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{
            "displayName": "Production Payment Gateway", "isEnabled": true, "configuration": { "IsSandbox": "false" }
          }'"#,
        200,
    );
    assert_eq!(
        (&changed["testConnectionRequired"], &changed["configuration"]["IsSandbox"]),
        (&json!(true), &json!("false"))
    );
    // Back to the sandbox: nothing in a test calls the real one.
    shell.good(
        r#"curl -X PUT "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{ "configuration": { "IsSandbox": "true" } }'"#,
        200,
    );
    let tested = shell.good(
        r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/test" -H "Authorization: Bearer $TOKEN""#,
        200,
    );
    assert_eq!(tested["isSuccessful"], json!(false), "{tested}");
    has(&tested, &["integrationId", "message", "testedAt"]);
    let (status, refused) = shell.run(
        r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/connect" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{ "state": "https://yourapp.com/integrations/callback" }'"#,
    );
    assert_eq!(status, 400, "{refused}");
    let rotated = shell.good(
        r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/rotate-secrets" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{
            "newSecrets": {
              "ApiLoginId": "new-rotated-api-login-id", "TransactionKey": "new-rotated-transaction-key"
            },
            "testConnectionAfterRotation": true
          }'"#,
        200,
    );
    assert_eq!(
        (&rotated["rotationSuccessful"], &rotated["testConnectionSuccessful"]),
        (&json!(true), &json!(false)),
        "{rotated}"
    );
    assert_eq!(rotated["rotatedSecretKeys"], json!(["ApiLoginId", "TransactionKey"]));
    has(&rotated, &["integrationId", "organizationId", "message", "rotatedAt"]);
}

async fn the_guides_requests_are_answered_in_names(engine: Engine) {
    let demo = Demo::start(engine);
    let mut shell = Shell::new(&demo);
    shell.good(r#"curl "$BASE/api/integration-templates" -H "Authorization: Bearer $TOKEN""#, 200);
    let made = shell.good(
        r#"curl "$BASE/api/organizations/$ORG/integrations" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{
            "integrationType": "Payment", "provider": "AuthorizeNet",
            "displayName": "Authorize.Net (Production)", "isEnabled": false,
            "configuration": { "IsSandbox": "false" },
            "secrets": { "ApiLoginId": "YOUR_API_LOGIN_ID", "TransactionKey": "YOUR_TRANSACTION_KEY" }
          }'"#,
        201,
    );
    assert_eq!((&made["integrationType"], &made["isEnabled"]), (&json!("Payment"), &json!(false)));
    has(&made, &["integrationId", "organizationId", "provider", "displayName", "createdAt"]);
    made["integrationId"].as_str().expect("an id").clone_into(&mut shell.integration);
    let put = |body: &str| {
        let head = r#"curl -X PUT "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json""#;
        shell.good(&format!("{head} -d '{body}'"), 200)
    };
    put(r#"{ "configuration": { "IsSandbox": "true" } }"#);
    let test = r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/test" -H "Authorization: Bearer $TOKEN""#;
    let failed = shell.good(test, 200);
    assert_eq!((&failed["success"], &failed["testStatus"]), (&json!(false), &json!("Failed")));
    has(&failed, &["testedAt", "details"]);
    // The guide's own steps, with credentials that the provider knows.
    let keys = demo.line["credentials"]["authorizeNet"].clone();
    let rotate = |keys: &Value| {
        let head = r#"curl "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/rotate-secrets" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json""#;
        shell.good(&format!("{head} -d '{}'", json!({ "newSecrets": keys })), 200)
    };
    for set in [&keys[0], &keys[1]] {
        let rotated = rotate(set);
        assert_eq!(rotated["testConnectionSuccessful"], json!(true), "{rotated}");
        let passed = shell.good(test, 200);
        assert_eq!((&passed["success"], &passed["testStatus"]), (&json!(true), &json!("Success")));
    }
    let read = shell.good(
        r#"curl "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" -H "Authorization: Bearer $TOKEN""#,
        200,
    );
    has(
        &read,
        &["id", "integrationType", "provider", "displayName", "isEnabled", "configuration", "testStatus"],
    );
    has(&read, &["lastTestedAt", "createdAt", "updatedAt"]);
    let enabled = put(
        r#"{ "isEnabled": true, "displayName": "Authorize.Net (Production)", "configuration": { "IsSandbox": "true" } }"#,
    );
    assert_eq!(
        (&enabled["isEnabled"], &enabled["testConnectionRequired"], &enabled["testStatus"]),
        (&json!(true), &json!(false), &json!("Success")),
        "nothing that matters changed"
    );
    shell.good(r#"curl "$BASE/api/organizations/$ORG/integrations" -H "Authorization: Bearer $TOKEN""#, 200);
    shell.good(
        r#"curl -X DELETE "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" -H "Authorization: Bearer $TOKEN""#,
        204,
    );
}

async fn the_guides_steps_for_books_lead_to_a_consent(engine: Engine) {
    let demo = Demo::start(engine);
    let mut shell = Shell::new(&demo);
    let made = shell.good(
        r#"curl "$BASE/api/organizations/$ORG/integrations" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{
            "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "QuickBooks Online",
            "isEnabled": false, "configuration": {}, "secrets": {}
          }'"#,
        201,
    );
    assert_eq!(
        (&made["integrationType"], &made["connectionStatus"]),
        (&json!("Accounting"), &json!("NotConnected"))
    );
    assert!(made["authorizationUrl"].as_str().is_some_and(|it| it.contains("state=")), "{made}");
    made["integrationId"].as_str().expect("an id").clone_into(&mut shell.integration);
    let begun = shell.good(
        r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/connect" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
          -d '{ "state": "https://yourapp.com/integrations/callback" }'"#,
        200,
    );
    assert!(begun["authorizationUrl"].is_string(), "{begun}");
    let test = r#"curl -X POST "$BASE/api/organizations/$ORG/integrations/$INTEGRATION/test" -H "Authorization: Bearer $TOKEN""#;
    assert_eq!(shell.good(test, 200)["success"], json!(false), "nobody consented yet");
    let enabled = shell.good(
        r#"curl -X PUT "$BASE/api/organizations/$ORG/integrations/$INTEGRATION" \
          -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{ "isEnabled": true }'"#,
        200,
    );
    assert_eq!((&enabled["isEnabled"], &enabled["connectionStatus"]), (&json!(true), &json!("NotConnected")));
}

on_both!(
    the_references_requests_are_answered_in_numbers,
    the_guides_requests_are_answered_in_names,
    the_guides_steps_for_books_lead_to_a_consent,
);
