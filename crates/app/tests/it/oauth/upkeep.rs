//! A connection that nobody uses is kept alive, and somebody is told in time that it will end.

use serde_json::json;

use super::Shop;
use crate::support::{Engine, on_both, until};

const JOB: &str = "oauth.upkeep";
/// In microseconds.
const DAY: i64 = 86_400_000_000;

/// When the connection is looked after next.
fn due(shop: &Shop, id: &str) -> i64 {
    let sql = format!("SELECT run_at FROM jobs WHERE kind = '{JOB}' AND subject = '{id}'");
    shop.program.database.value(&sql).parse().expect("a moment")
}

fn set(shop: &Shop, id: &str, change: &str) {
    shop.program.database.execute(&format!("UPDATE oauth_grants SET {change} WHERE integration_id = '{id}'"));
}

async fn a_connection_that_nobody_uses_is_renewed_every_week(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let connected = shop.grant(&id, "connected_at");
    assert_eq!(due(&shop, &id), connected + 7 * DAY, "it is planned with the connection");
    // Looked at too early, nothing is asked of the provider.
    shop.hurry(JOB);
    until("it waits again", async || due(&shop, &id) == connected + 7 * DAY).await;
    assert_eq!(shop.oidc.refreshes().await, 0);
    set(&shop, &id, &format!("refreshed_at = refreshed_at - {}", 8 * DAY));
    shop.hurry(JOB);
    until("it is renewed", async || shop.grant(&id, "token_version") == 2).await;
    assert_eq!(shop.oidc.refreshes().await, 1);
    until("the next week is planned", async || due(&shop, &id) >= connected + 7 * DAY).await;
    shop.use_it(&id).await.expect(200);
}

async fn a_provider_that_is_down_is_asked_again_by_the_upkeep(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    set(&shop, &id, &format!("refreshed_at = refreshed_at - {}", 8 * DAY));
    shop.oidc.fault(json!({ "path": "/token", "action": "answer", "status": 503 })).await;
    shop.hurry(JOB);
    until("it failed once", async || shop.grant(&id, "failures") == 1).await;
    until("the next try is planned", async || due(&shop, &id) > 0).await;
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.refreshes().await), ("Connected", 0));
    // The token is good for a while yet, so that nobody notices.
    shop.use_it(&id).await.expect(200);
    set(&shop, &id, "retry_at = 0");
    shop.hurry(JOB);
    until("it is renewed", async || shop.grant(&id, "token_version") == 2).await;
    assert_eq!(shop.grant(&id, "failures"), 0);
}

async fn somebody_is_told_once_that_a_grant_will_end(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    set(&shop, &id, &format!("ends_at = connected_at + {}", 31 * DAY));
    shop.hurry(JOB);
    until("it waits again", async || due(&shop, &id) > 0).await;
    assert_eq!(shop.told(&id, "integration.reauthorization_due", ""), 0, "it is too early");
    set(&shop, &id, &format!("ends_at = connected_at + {}", 29 * DAY));
    for _ in 0..2 {
        shop.hurry(JOB);
        until("somebody is told", async || shop.told(&id, "integration.reauthorization_due", "endsAt") == 1)
            .await;
        until("it waits again", async || due(&shop, &id) > 0).await;
    }
    assert_eq!(shop.told(&id, "alert.oauth_grant_ends", ""), 1);
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.refreshes().await), ("Connected", 0));
}

on_both!(
    a_connection_that_nobody_uses_is_renewed_every_week,
    a_provider_that_is_down_is_asked_again_by_the_upkeep,
    somebody_is_told_once_that_a_grant_will_end,
);
