//! A built-in template over the API, with the merchant's own app and an end of its own, against a server that has that
//! provider's paths.

use serde_json::{Value, json};

use super::{Shop, parameter, server, text};
use crate::support::{Engine, on_both, process::Program, until};

const TEMPLATE: &str = include_str!("../../../../../templates/hubspot.toml");
/// What it is called here: the real name is taken by the built-in one.
const PROVIDER: &str = "CrmHere";

async fn start(engine: Engine) -> Shop {
    let mut oidc = None;
    let program = Program::with(engine, |base, folder| {
        let given = server::Given { provider: PROVIDER, shape: "crm", rotate: false };
        let started = server::Oidc::start(base, folder, &given);
        let at = started.host().parse().expect("an address");
        let here = kontor_simulators::fake::redirected(TEMPLATE, Some(PROVIDER), at).expect("a template");
        let settings = super::described(folder, &started, &here);
        oidc = Some(started);
        settings
    })
    .await;
    Shop { program, oidc: oidc.expect("it was started") }
}

/// Adds an integration with the merchant's own app; its id and where to consent.
async fn add(shop: &Shop, secret: &str) -> (String, String) {
    let body = json!({
        "integrationType": "Crm", "provider": PROVIDER, "displayName": "Customers",
        "configuration": { "ClientId": server::CLIENT }, "secrets": { "ClientSecret": secret },
    });
    let made = shop.admin().post(&shop.path(""), &body).await.expect(201).json();
    (text(&made["id"]), text(&made["authorizationUrl"]))
}

async fn connected(shop: &Shop) -> String {
    let (id, url) = add(shop, server::SECRET).await;
    shop.back(&server::consent(&url).await).await.expect(200);
    assert_eq!(shop.status(&id).await, "Connected");
    id
}

/// The requests that deleted a refresh token.
async fn deleted(shop: &Shop) -> Vec<Value> {
    shop.oidc.seen().await.into_iter().filter(|it| it["kind"] == "deleted").collect()
}

async fn it_is_connected_with_real_consent_tested_and_renewed(engine: Engine) {
    let shop = start(engine).await;
    let (_, url) = add(&shop, server::SECRET).await;
    assert!(parameter(&url, "code_challenge").is_none(), "this provider takes no proof");
    let scope = parameter(&url, "scope").expect("scopes");
    assert_eq!(scope, "oauth crm.objects.contacts.read crm.objects.companies.read");
    let id = connected(&shop).await;
    let tested = shop.test(&id).await;
    assert!(tested["success"] == true && text(&tested["details"]).contains("1234567"), "{tested}");
    shop.expire(&id);
    assert_eq!((shop.test(&id).await["success"].clone(), shop.oidc.refreshes().await), (json!(true), 1));
}

async fn a_wrong_secret_of_the_merchants_is_said_when_somebody_comes_back(engine: Engine) {
    let shop = start(engine).await;
    let (id, url) = add(&shop, "not the secret").await;
    let page = shop.back(&server::consent(&url).await).await.expect(200);
    assert!(page.text.contains("client_refused"), "{}", page.text);
    assert_eq!(shop.status(&id).await, "NotConnected");
    let right = json!({ "secrets": { "ClientSecret": server::SECRET } });
    shop.admin().put(&shop.path(&format!("/{id}")), &right).await.expect(200);
    shop.back(&server::consent(&shop.connect(&id, None).await).await).await.expect(200);
    assert_eq!(shop.test(&id).await["success"], true);
}

async fn its_end_is_the_request_that_the_template_writes(engine: Engine) {
    let shop = start(engine).await;
    for delete in [false, true] {
        let id = connected(&shop).await;
        let before = deleted(&shop).await.len();
        shop.oidc
            .fault(json!({ "path": "/oauth/v1/refresh-tokens/*", "action": "answer", "status": 502 }))
            .await;
        if delete {
            shop.admin().delete(&shop.path(&format!("/{id}"))).await.expect(204);
        } else {
            let path = shop.path(&format!("/{id}/disconnect"));
            shop.admin().post(&path, &json!({})).await.expect(200);
        }
        let waits =
            "SELECT COUNT(*) FROM jobs WHERE kind = 'oauth.revoke' AND attempts = 1 AND lease_until = 0";
        until("it was tried and waits", async || shop.program.database.count(waits) == 1).await;
        shop.hurry("oauth.revoke");
        until("it is taken back", async || shop.audited(&id, "oauth.revoked", "taken back") == 1).await;
        assert_eq!((deleted(&shop).await.len(), shop.tokens(&id)), (before + 1, 0));
    }
    let log = std::fs::read_to_string(shop.program.folder.path().join("serve.log")).expect("a log");
    for token in shop.oidc.seen().await.iter().filter(|it| it["kind"] == "issued") {
        assert!(!log.contains(&text(&token["token"])), "a token is in the log");
    }
    // One that is gone there already is told of once.
    let id = connected(&shop).await;
    shop.oidc.fault(json!({ "path": "/oauth/v1/refresh-tokens/*", "action": "answer", "status": 404 })).await;
    shop.admin().delete(&shop.path(&format!("/{id}"))).await.expect(204);
    until("that is known", async || shop.audited(&id, "oauth.revoked", "not known there") == 1).await;
}

on_both!(
    it_is_connected_with_real_consent_tested_and_renewed,
    a_wrong_secret_of_the_merchants_is_said_when_somebody_comes_back,
    its_end_is_the_request_that_the_template_writes,
);
