//! A provider's own calls: taken where they are signed as the template says, once, and refused otherwise.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::{Described, KEYED, template};
use crate::support::{Answer, Engine, on_both};

const SECRET: &str = "what both of them know";

fn text() -> String {
    template("Calling", "https://api.calling.example", "/account", KEYED)
        + r#"
[webhook]
header = "X-Signature"
prefix = "v1="
algorithm = "sha256"
encoding = "hex"
payload = "{{request.timestamp}}.{{request.method}}.{{request.path}}.{{request.body}}"
secret = "{{secrets.Second}}"
timestamp_header = "X-Sent"
tolerance_seconds = 300
"#
}

fn signed(text: &str) -> String {
    let made = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes());
    format!("v1={}", HEXLOWER.encode(made.as_ref()))
}

struct Hook<'a> {
    shop: &'a Described,
    path: String,
}

impl Hook<'_> {
    fn now() -> i64 {
        // What a provider's own clock says.
        #[expect(clippy::disallowed_methods, reason = "the program under test reads the real clock too")]
        let now = jiff::Timestamp::now();
        now.as_second()
    }

    async fn send(&self, time: i64, signature: &str, body: &str) -> Answer {
        let time = time.to_string();
        let headers =
            [("x-signature", signature), ("x-sent", time.as_str()), ("content-type", "application/json")];
        self.shop.demo.nobody().send("POST", &self.path, &headers, Some(body.to_owned())).await
    }

    async fn good(&self, time: i64, body: &str) -> Answer {
        self.send(time, &signed(&format!("{time}.POST.{}.{body}", self.path)), body).await
    }
}

async fn events(shop: &Described) -> Vec<Value> {
    let path =
        format!("/api/organizations/{}/events?type=webhook.received", shop.demo.text("organizationId"));
    shop.demo.admin.get(&path).await.expect(200).json()["data"].as_array().expect("a list").clone()
}

async fn a_signed_call_is_kept_once(engine: Engine) {
    let shop = Described::start(engine, &[], &[("calling.toml", text())]);
    let id =
        shop.create("Shipping", "Calling", &json!({}), &json!({ "ApiKey": "k", "Second": SECRET })).await;
    let hook = Hook { shop: &shop, path: format!("/hooks/Calling/{id}") };
    let now = Hook::now();
    let body = r#"{"event":"label.made","card":"4111111111111111","number":17}"#;
    let first = hook.good(now, body).await.expect(200).json();
    assert_eq!(first, json!({ "received": true, "again": false }));
    let again = hook.good(now, body).await.expect(200).json();
    assert_eq!(again["again"], true, "a provider sends again what it saw no answer to");
    hook.good(now - 1, body).await.expect(200);
    let kept = events(&shop).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0]["subject"], id, "{kept:?}");
    let data = &kept[0]["data"];
    assert_eq!(data["provider"], "Calling", "{kept:?}");
    assert_eq!(data["body"], json!({ "event": "label.made", "card": "[number]", "number": 17 }), "{kept:?}");
    let opened = shop
        .demo
        .database
        .count("SELECT COUNT(*) FROM audit WHERE action = 'secret.opened' AND actor = 'anonymous'");
    assert_eq!(opened, 3, "each opening of the secret leaves a row");
}

async fn whatever_is_not_certainly_the_providers_is_refused(engine: Engine) {
    let shop = Described::start(
        engine,
        &[],
        &[
            ("calling.toml", text()),
            ("quiet.toml", template("Quiet", "https://api.quiet.example", "/account", KEYED)),
        ],
    );
    let secrets = json!({ "ApiKey": "k", "Second": SECRET });
    let id = shop.create("Shipping", "Calling", &json!({}), &secrets).await;
    let unset = shop.create("Shipping", "Calling", &json!({}), &json!({ "ApiKey": "k" })).await;
    let quiet = shop.create("Shipping", "Quiet", &json!({}), &secrets).await;
    let other = shop.create("Shipping", "Calling", &json!({}), &secrets).await;
    let at = |path: String| Hook { shop: &shop, path };
    let hook = at(format!("/hooks/Calling/{id}"));
    let now = Hook::now();
    let right = |time: i64, path: &str, body: &str| signed(&format!("{time}.POST.{path}.{body}"));
    for (time, signature, body) in [
        (now, String::new(), "{}"),
        (now, "v1=".to_owned(), "{}"),
        (now, "nonsense".to_owned(), "{}"),
        (now, right(now, &hook.path, "{}").replace("v1=", ""), "{}"),
        (now, right(now, &hook.path, "{}"), "{\"a\": 1}"),
        (now, right(now + 1, &hook.path, "{}"), "{}"),
        (now, right(now, &format!("/hooks/Calling/{other}"), "{}"), "{}"),
        (now - 400, right(now - 400, &hook.path, "{}"), "{}"),
        (now + 400, right(now + 400, &hook.path, "{}"), "{}"),
    ] {
        let refused = hook.send(time, &signature, body).await.expect(403);
        assert_eq!(refused.code(), "hook_not_proved", "{}", refused.text);
        assert!(!refused.text.contains(SECRET));
    }
    let unsigned = shop.demo.nobody().send("POST", &hook.path, &[], Some("{}".to_owned())).await.expect(403);
    assert_eq!(unsigned.header("content-type"), "application/problem+json");
    // A secret that was never set proves nothing; an empty one neither.
    at(format!("/hooks/Calling/{unset}")).good(now, "{}").await.expect(403);
    // What is not there, not called, somebody else's or switched off is all the same.
    for path in [
        format!("/hooks/Calling/{quiet}"),
        format!("/hooks/Quiet/{quiet}"),
        format!("/hooks/Nobody/{id}"),
        format!("/hooks/EasyPost/{id}"),
        "/hooks/Calling/int_00000000000000000000000000000000".to_owned(),
        "/hooks/Calling/nonsense".to_owned(),
    ] {
        let missing = at(path.clone()).good(now, "{}").await.expect(404);
        assert_eq!(missing.code(), "hook_not_found", "{path}");
    }
    let path = format!("{}/{id}", shop.path());
    shop.demo.admin.put(&path, &json!({ "isEnabled": false })).await.expect(200);
    hook.good(now, "{}").await.expect(404);
    shop.demo.admin.put(&path, &json!({ "isEnabled": true })).await.expect(200);
    // The body has a limit; the demo of the tests sets 4,096 bytes.
    let long = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    hook.good(now, &long(4_097)).await.expect(413);
    assert!(events(&shop).await.is_empty(), "nothing of this is kept");
    hook.good(now, &long(4_096)).await.expect(200);
    assert_eq!(events(&shop).await.len(), 1);
    let refused = shop.demo.database.count("SELECT COUNT(*) FROM audit WHERE action = 'webhook.refused'");
    assert!(refused >= 3, "a wrong signature leaves a row: {refused}");
}

on_both!(a_signed_call_is_kept_once, whatever_is_not_certainly_the_providers_is_refused);
