//! Kontor is killed while a token is renewed: the attempt was written down before, and the grant lives.

use serde_json::json;

use super::{Shop, server};
use crate::support::{Engine, on_both, until};

/// Somebody uses an expired token, and the server holds the renewal; then Kontor is killed.
async fn killed_while_it_is_renewed(shop: &mut Shop, id: &str, action: &str) {
    shop.expire(id);
    shop.oidc.fault(json!({ "path": "/token", "action": action })).await;
    let (admin, path) = (shop.admin().clone(), shop.path(&format!("/{id}/proxy/me")));
    let user = tokio::spawn(async move { admin.try_send("GET", &path, &[], None).await.is_err() });
    shop.oidc.until_held(1).await;
    assert_ne!(shop.grant(id, "attempted_at"), -1, "the attempt is written down before it is sent");
    assert_ne!(shop.grant(id, "lease_until"), 0);
    shop.program.kill();
    shop.oidc.drop_held().await;
    assert!(user.await.expect("it ran"), "the user is cut off");
    shop.program.serve().await;
    assert_eq!((shop.status(id).await.as_str(), shop.tokens(id)), ("Connected", 2));
}

/// The dead process's claim is over.
fn its_time_is_over(shop: &Shop, id: &str) {
    let sql = format!("UPDATE oauth_grants SET lease_until = 1 WHERE integration_id = '{id}'");
    shop.program.database.execute(&sql);
}

async fn killed_before_the_provider_heard_of_it_the_next_one_renews(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    let id = shop.connected().await;
    killed_while_it_is_renewed(&mut shop, &id, "hold_before").await;
    assert_eq!(shop.oidc.refreshes().await, 0);
    // Whoever comes now waits for the claim to end and then renews, by itself.
    let (admin, path) = (shop.admin().clone(), shop.path(&format!("/{id}/proxy/me")));
    let waiting = tokio::spawn(async move { admin.get(&path).await });
    its_time_is_over(&shop, &id);
    assert_eq!(waiting.await.expect("it ran").expect(200).json()["sub"], server::PERSON);
    assert_eq!((shop.oidc.refreshes().await, shop.grant(&id, "attempted_at")), (1, -1));
    assert_eq!(shop.told(&id, "integration.reauthorization_required", ""), 0);
}

async fn killed_with_the_answer_on_its_way_the_same_refresh_token_is_used_again(engine: Engine) {
    let mut shop = Shop::with(engine, false).await;
    let id = shop.connected().await;
    killed_while_it_is_renewed(&mut shop, &id, "hold_after").await;
    assert_eq!(shop.oidc.refreshes().await, 1, "the provider did it, and nobody heard");
    its_time_is_over(&shop, &id);
    shop.use_it(&id).await.expect(200);
    assert_eq!((shop.oidc.refreshes().await, shop.grant(&id, "attempted_at")), (2, -1));
    assert_eq!(shop.status(&id).await, "Connected");
}

async fn where_a_lost_answer_cost_the_grant_the_words_say_so(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    let id = shop.connected().await;
    // A provider that replaces refresh tokens and takes no old one: the only copy of the new one was in that answer.
    killed_while_it_is_renewed(&mut shop, &id, "hold_after").await;
    its_time_is_over(&shop, &id);
    shop.use_it(&id).await.expect(409);
    assert_eq!(shop.status(&id).await, "NeedsReauthorization");
    assert_eq!(shop.told(&id, "integration.reauthorization_required", "was lost"), 1);
    shop.back(&server::consent(&shop.connect(&id, None).await).await).await.expect(200);
    shop.use_it(&id).await.expect(200);
}

async fn a_user_who_goes_away_does_not_take_the_renewal_along(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.expire(&id);
    shop.oidc.fault(json!({ "path": "/token", "action": "hold_after" })).await;
    let (admin, path) = (shop.admin().clone(), shop.path(&format!("/{id}/proxy/me")));
    let user = tokio::spawn(async move { admin.try_send("GET", &path, &[], None).await });
    shop.oidc.until_held(1).await;
    user.abort();
    shop.oidc.release().await;
    until("the new token is kept", async || shop.grant(&id, "token_version") == 2).await;
    shop.use_it(&id).await.expect(200);
    assert_eq!(shop.oidc.refreshes().await, 1);
}

on_both!(
    killed_before_the_provider_heard_of_it_the_next_one_renews,
    killed_with_the_answer_on_its_way_the_same_refresh_token_is_used_again,
    where_a_lost_answer_cost_the_grant_the_words_say_so,
    a_user_who_goes_away_does_not_take_the_renewal_along,
);
