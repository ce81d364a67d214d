//! A field that comes into view with a change is asked for as at creation, with everything else that is wrong.

use serde_json::json;

use super::{Described, KEYED, template};
use crate::support::{Engine, on_both};

fn text() -> String {
    let fields = r#"
[[configuration_fields]]
key = "Mode"
display_name = "Mode"
type = "Select"
required = true
default = "Simple"
options = ["Simple", "Full"]

[[configuration_fields]]
key = "Account"
display_name = "Account"
type = "Text"
required = true
pattern = "[0-9]+"
visible_when = { key = "Mode", equals = ["Full"] }

[[configuration_fields]]
key = "Note"
display_name = "Note"
type = "Text"

[[secret_fields]]
key = "Signing"
display_name = "Signing secret"
required = true
visible_when = { key = "Mode", equals = ["Full"] }

[authentication]"#;
    template("Showing", "https://api.showing.example", "/account", KEYED)
        .replace("\n[authentication]", fields)
}

async fn what_a_change_brings_into_view_is_asked_for(engine: Engine) {
    let shop = Described::start(engine, &[], &[("showing.toml", text())]);
    let full = json!({ "Mode": "Full" });
    let refused = shop.ask("Shipping", "Showing", &full, &json!({})).await.expect(400);
    let missing = ["configuration.Account", "secrets.ApiKey", "secrets.Signing"];
    assert_eq!(refused.wrong_fields(), missing, "at creation");

    let id = shop.create("Shipping", "Showing", &json!({}), &json!({ "ApiKey": "k" })).await;
    let path = format!("{}/{id}", shop.path());
    let put = async |body: serde_json::Value| shop.demo.admin.put(&path, &body).await;
    let refused = put(json!({ "configuration": full })).await.expect(400);
    assert_eq!(refused.wrong_fields(), ["configuration.Account", "secrets.Signing"], "{}", refused.text);
    let errors = refused.json()["errors"].clone();
    assert_eq!(errors["secrets.Signing"], json!(["is required"]));
    let wrong = json!({
        "configuration": { "Mode": "Full", "Account": "x", "Unknown": "1" },
        "secrets": { "Other": "x" },
        "displayName": "",
    });
    let refused = put(wrong).await.expect(400);
    let all =
        ["configuration.Account", "configuration.Unknown", "displayName", "secrets.Other", "secrets.Signing"];
    assert_eq!(refused.wrong_fields(), all, "{}", refused.text);
    let before = shop.demo.admin.get(&path).await.expect(200).json();
    assert_eq!(before["configuration"]["Mode"], "Simple", "nothing was changed");

    // Each alone is not enough; both are.
    let half = put(json!({ "configuration": { "Mode": "Full", "Account": "7" } })).await.expect(400);
    assert_eq!(half.wrong_fields(), ["secrets.Signing"]);
    let half = put(json!({ "configuration": full, "secrets": { "Signing": "s" } })).await.expect(400);
    assert_eq!(half.wrong_fields(), ["configuration.Account"]);
    put(json!({ "configuration": { "Mode": "Full", "Account": "7" }, "secrets": { "Signing": "s" } }))
        .await
        .expect(200);
    // What is kept is not asked for again, nor is anything by a change of something else.
    put(json!({ "configuration": { "Note": "hello" } })).await.expect(200);
    put(json!({ "configuration": { "Mode": "Simple" } })).await.expect(200);
    let back = put(json!({ "configuration": { "Mode": "Full" } })).await.expect(400);
    assert_eq!(back.wrong_fields(), ["configuration.Account"], "the secret is still there");
    put(json!({ "configuration": { "Mode": "Full", "Account": "8" } })).await.expect(200);
    let hidden = put(json!({ "configuration": { "Mode": "Simple" }, "secrets": { "Signing": "t" } }))
        .await
        .expect(400);
    assert_eq!(hidden.wrong_fields(), ["secrets.Signing"], "and a hidden one is not taken");
}

on_both!(what_a_change_brings_into_view_is_asked_for);
