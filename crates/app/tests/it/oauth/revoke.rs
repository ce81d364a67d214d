//! The end of a connection: forgotten here at once, taken back at the provider by a job.

use serde_json::json;

use super::{Shop, server, text};
use crate::support::{Engine, on_both, until};

/// The path where the server takes tokens back.
const REVOCATION: &str = "/token/revocation";

async fn disconnect(shop: &Shop, id: &str) -> serde_json::Value {
    shop.admin().post(&shop.path(&format!("/{id}/disconnect")), &json!({})).await.expect(200).json()
}

/// Waits until the trail says how it ended; nothing is kept after that.
async fn until_revoked(shop: &Shop, id: &str, outcome: &str) {
    until(outcome, async || shop.audited(id, "oauth.revoked", outcome) == 1).await;
    let kept = format!("SELECT COUNT(*) FROM oauth_revocations WHERE integration_id = '{id}'");
    assert_eq!(shop.program.database.count(&kept), 0);
    assert_eq!(shop.program.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'oauth.revoke'"), 0);
}

async fn disconnecting_takes_the_token_back_at_the_provider(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, kept) = (shop.connected().await, shop.connected().await);
    let open = shop.connect(&id, None).await;
    let ended = disconnect(&shop, &id).await;
    assert_eq!(ended["connectionStatus"], "NotConnected");
    assert!(text(&ended["message"]).contains("told to take them back"), "{ended}");
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("NotConnected", 0));
    shop.use_it(&id).await.expect(409);
    until_revoked(&shop, &id, "taken back").await;
    assert_eq!(shop.oidc.ended().await, 1);
    assert_eq!(
        (shop.audited(&id, "integration.disconnected", ""), shop.told(&id, "integration.disconnected", "")),
        (1, 1)
    );
    // A way to a consent that was open is closed with it.
    let late = shop.back(&server::consent(&open).await).await.expect(400);
    assert!(late.text.contains("state_used"), "{}", late.text);
    // Once more there is nothing to take back, and the answer says so.
    let again = disconnect(&shop, &id).await;
    assert!(text(&again["message"]).contains("nothing to take back"), "{again}");
    // The other connection is another grant.
    assert_eq!(shop.test(&kept).await["success"], true);
    shop.back(&server::consent(&shop.connect(&id, None).await).await).await.expect(200);
    assert_eq!(shop.test(&id).await["success"], true);
}

async fn deleting_takes_the_token_back_too(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.admin().delete(&shop.path(&format!("/{id}"))).await.expect(204);
    shop.admin().get(&shop.path(&format!("/{id}"))).await.expect(404);
    until_revoked(&shop, &id, "taken back").await;
    assert_eq!((shop.oidc.ended().await, shop.tokens(&id)), (1, 0));
}

async fn a_provider_that_is_down_is_told_again(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.oidc.fault(json!({ "path": REVOCATION, "action": "answer", "status": 503 })).await;
    shop.oidc.fault(json!({ "path": REVOCATION, "action": "cut" })).await;
    shop.oidc.fault(json!({ "path": REVOCATION, "action": "answer", "status": 429 })).await;
    shop.admin().delete(&shop.path(&format!("/{id}"))).await.expect(204);
    for tries in 1..=3 {
        let met = json!({ "kind": "fault", "path": REVOCATION });
        until("it was tried", async || shop.oidc.count(&met).await == tries).await;
        assert_eq!(shop.oidc.ended().await, 0);
        // The job waits for its pause; it is over now.
        let waits =
            "SELECT COUNT(*) FROM jobs WHERE kind = 'oauth.revoke' AND lease_until = 0 AND run_at > 0";
        until("the next try is written down", async || shop.program.database.count(waits) == 1).await;
        shop.hurry("oauth.revoke");
    }
    until_revoked(&shop, &id, "taken back").await;
    assert_eq!(shop.oidc.ended().await, 1);
}

async fn a_token_that_is_not_known_there_is_told_of_once(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let body = "{\"error\":\"invalid_grant\"}";
    shop.oidc.fault(json!({ "path": REVOCATION, "action": "answer", "status": 400, "body": body })).await;
    disconnect(&shop, &id).await;
    until_revoked(&shop, &id, "not known there").await;
}

async fn killed_while_the_provider_is_told_it_is_told_after_a_start(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.oidc.fault(json!({ "path": REVOCATION, "action": "hold_before" })).await;
    disconnect(&shop, &id).await;
    shop.oidc.until_held(1).await;
    shop.program.kill();
    shop.oidc.drop_held().await;
    shop.program.serve().await;
    assert_eq!(shop.oidc.ended().await, 0);
    shop.hurry("oauth.revoke");
    until_revoked(&shop, &id, "taken back").await;
    assert_eq!(shop.oidc.ended().await, 1);
}

on_both!(
    disconnecting_takes_the_token_back_at_the_provider,
    deleting_takes_the_token_back_too,
    a_provider_that_is_down_is_told_again,
    a_token_that_is_not_known_there_is_told_of_once,
    killed_while_the_provider_is_told_it_is_told_after_a_start,
);
