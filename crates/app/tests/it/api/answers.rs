//! What the rest of the calls about integrations answer, as a client sees it: templates, consent, its end, a rotation,
//! and how each of them refuses.

use serde_json::{Value, json};

use super::contract::{NAMES, another, list, still};
use crate::support::{
    Caller, Engine, on_both,
    process::{Demo, integration},
    submit,
};

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn templates_are_shown_in_both_forms(engine: Engine) {
    let demo = Demo::start(engine);
    for (name, headers) in [("numbers", vec![]), ("names", vec![NAMES])] {
        let all =
            demo.admin.send("GET", "/api/integration-templates", &headers, None).await.expect(200).json();
        let all = all["templates"].as_array().expect("a list").clone();
        for provider in ["AuthorizeNet", "QuickBooks"] {
            let one = all.iter().find(|it| it["provider"] == provider).expect(provider);
            insta::assert_snapshot!(format!("{name}_template_{provider}"), still(&demo, one));
        }
    }
}

/// A person's way over the consent page, from the address that Kontor gives; where the browser ends.
async fn consent(demo: &Demo, url: &str, decision: &str) -> String {
    let carried: Vec<(String, String)> =
        url::Url::parse(url).expect("an address").query_pairs().into_owned().collect();
    let mut fields: Vec<(&str, &str)> =
        carried.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    fields.extend([("realmId", "9341453474484463"), ("decision", decision)]);
    let to = format!("{}/connect/oauth2", text(&demo.line["simulators"]["quickBooks"]));
    submit(&to, &fields).await.expect(302).header("location").to_owned()
}

/// Where a redirect leads, without what differs from run to run.
fn place(demo: &Demo, path: &str, location: &str) -> String {
    let id = path.rsplit_once('/').expect("an id").1;
    location.replace(id, "int_…").replace(demo.text("baseUrl"), "http://kontor")
}

async fn a_consent_and_its_end_are_answered_as_they_were(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({ "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Books" });
    let path = demo.admin.post(&list(&demo), &body).await.expect(201).header("location").to_owned();
    let connect = async |state: &str| {
        let begun = demo.admin.post(&format!("{path}/connect"), &json!({ "state": state })).await;
        begun.expect(200).json()
    };
    let simulator = text(&demo.line["simulators"]["quickBooks"]);
    let begun = connect("http://localhost:3000/books?from=shop").await;
    let shown = still(&demo, &begun).replace(&simulator, "http://intuit");
    // The client's id and the challenge are new each time.
    let shown: Vec<&str> = shown.split(['?', '&']).map(|it| it.split('=').next().unwrap_or(it)).collect();
    insta::assert_snapshot!("connect", shown.join("\n"));
    let back = demo.nobody().get(&consent(&demo, &text(&begun["authorizationUrl"]), "connect").await).await;
    insta::assert_snapshot!("callback_redirect", place(&demo, &path, back.expect(302).header("location")));
    let begun = connect("http://localhost:3000/books?from=shop").await;
    let back = demo.nobody().get(&consent(&demo, &text(&begun["authorizationUrl"]), "cancel").await).await;
    insta::assert_snapshot!("callback_refused", place(&demo, &path, back.expect(302).header("location")));
    let begun = connect("not an address").await;
    let back = consent(&demo, &text(&begun["authorizationUrl"]), "connect").await;
    let page = demo.nobody().get(&back).await.expect(200);
    insta::assert_snapshot!("callback_page", words(&page.text));
    let again = demo.nobody().get(&back).await.expect(400);
    insta::assert_snapshot!("callback_again", words(&again.text));
    let ended = demo.admin.post(&format!("{path}/disconnect"), &json!({})).await.expect(200);
    insta::assert_snapshot!("disconnected", still(&demo, &ended.json()));
}

/// A page's words alone.
fn words(page: &str) -> String {
    let body = page.split_once("<body").map_or(page, |(_, body)| body);
    let mut said = String::new();
    let mut inside = true;
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                said.push('\n');
            }
            letter if !inside => said.push(letter),
            _ => {}
        }
    }
    said.lines().map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A problem without the number of its request.
fn problem(value: &Value) -> String {
    let mut value = value.clone();
    value["traceId"] = json!("…");
    serde_json::to_string_pretty(&value).expect("JSON")
}

async fn refusals_are_told_as_they_were(engine: Engine) {
    let demo = Demo::start(engine);
    let path = another(&demo).await;
    let absent = format!("{}/int_0192f0c1e4b87c3a9d5e6f708192a3b4", list(&demo));
    let get = async |caller: &Caller, path: &str, status: u16| {
        problem(&caller.get(path).await.expect(status).json())
    };
    insta::assert_snapshot!("refused_401", get(&demo.nobody(), &path, 401).await);
    insta::assert_snapshot!("refused_403", get(&demo.caller("SalesRep", None), &path, 403).await);
    insta::assert_snapshot!("refused_404", get(&demo.admin, &absent, 404).await);
    let connect = demo.admin.post(&format!("{path}/connect"), &json!({ "state": "x" })).await.expect(400);
    insta::assert_snapshot!("refused_connect", problem(&connect.json()));
    let rotate = json!({ "newSecrets": {}, "testConnectionAfterRotation": "yes" });
    let rotated = demo.admin.post(&format!("{path}/rotate-secrets"), &rotate).await.expect(400);
    insta::assert_snapshot!("refused_rotation", problem(&rotated.json()));
    let headers = [("content-type", "application/json"), ("if-match", "\"0\"")];
    let stale = demo.admin.send("PUT", &path, &headers, Some("{}".to_owned())).await.expect(412);
    insta::assert_snapshot!("refused_412", problem(&stale.json()));
    let credentials = &demo.line["credentials"]["worldpay"];
    let good = json!({ "newSecrets": { "AccountToken": credentials[0]["AccountToken"] } });
    let rotated = demo.admin.post(&format!("{path}/rotate-secrets"), &good).await.expect(200);
    insta::assert_snapshot!("rotated", still(&demo, &rotated.json()));
    let wrong =
        json!({ "AccountId": "1", "AccountToken": "0".repeat(72), "AcceptorId": "1", "ApplicationId": "1" });
    let other =
        demo.admin.post(&list(&demo), &integration(&wrong)).await.expect(201).header("location").to_owned();
    let failed = demo.admin.post(&format!("{other}/test"), &json!({})).await.expect(200);
    insta::assert_snapshot!("test_failed", still(&demo, &failed.json()));
    assert!(demo.admin.delete(&other).await.expect(204).text.is_empty());
}

on_both!(
    templates_are_shown_in_both_forms,
    a_consent_and_its_end_are_answered_as_they_were,
    refusals_are_told_as_they_were,
);
