//! Tokens that are renewed: once, whoever asks and from wherever; and what a failure means for the grant.

use std::io::Write as _;

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};
use kontor_store::{
    Db,
    oauth::{grants, grants::Renewed},
};
use serde_json::{Value, json};

use super::{Shop, server, text};
use crate::support::{Caller, Engine, on_both};

/// How many use one expired token at once.
const USERS: usize = 200;

fn fault(action: &Value) -> Value {
    let mut fault = json!({ "path": "/token", "action": "answer" });
    for (key, value) in action.as_object().into_iter().flatten() {
        fault[key] = value.clone();
    }
    fault
}

async fn an_expired_token_is_renewed_on_the_way_and_its_refresh_token_replaced(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let refresh_version = || {
        let sql = "SELECT version FROM integration_secrets WHERE purpose = 'oauth-token' AND field = 'refresh_token'";
        shop.program.database.value(&format!("{sql} AND integration_id = '{id}'"))
    };
    for round in 1..=3 {
        let (before, versions) = (refresh_version(), shop.grant(&id, "token_version"));
        shop.expire(&id);
        assert_eq!(shop.use_it(&id).await.expect(200).json()["sub"], server::PERSON);
        assert_eq!((shop.oidc.refreshes().await, shop.grant(&id, "token_version")), (round, versions + 1));
        assert_ne!(refresh_version(), before, "the new refresh token is the one that is kept");
        shop.use_it(&id).await.expect(200);
        assert_eq!(shop.oidc.refreshes().await, round, "a token that is good is not renewed");
    }
    assert_eq!((shop.grant(&id, "attempted_at"), shop.grant(&id, "failures")), (-1, 0));
}

async fn a_token_that_the_provider_does_not_take_is_renewed_and_tried_again(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.oidc.fault(json!({ "path": "/me", "action": "answer", "status": 401 })).await;
    let tested = shop.test(&id).await;
    assert_eq!((tested["success"].clone(), shop.oidc.refreshes().await), (json!(true), 1), "{tested}");
    // A caller's own request is not sent twice; the next one has the new token.
    shop.oidc.fault(json!({ "path": "/me", "action": "answer", "status": 401 })).await;
    shop.use_it(&id).await.expect(401);
    assert_eq!(shop.oidc.refreshes().await, 2);
    shop.use_it(&id).await.expect(200);
}

async fn a_restored_backup_uses_a_token_again_and_the_server_finds_it_out(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let database = &shop.program.database;
    database
        .execute("CREATE TABLE backup AS SELECT * FROM integration_secrets WHERE purpose = 'oauth-token'");
    shop.expire(&id);
    shop.use_it(&id).await.expect(200);
    database.execute("DELETE FROM integration_secrets WHERE purpose = 'oauth-token'");
    database.execute("INSERT INTO integration_secrets SELECT * FROM backup");
    shop.expire(&id);
    assert_eq!(shop.use_it(&id).await.expect(409).code(), "integration_needs_reauthorization");
    let reused =
        json!({ "kind": "refused", "type": "refresh_token", "detail": "refresh token already used" });
    assert_eq!(
        (shop.oidc.count(&reused).await, shop.oidc.ended().await),
        (1, 1),
        "the server ended the grant"
    );
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("NeedsReauthorization", 0));
    assert_eq!(shop.told(&id, "integration.reauthorization_required", ""), 1);
    shop.use_it(&id).await.expect(409);
    assert_eq!(shop.oidc.count(&reused).await, 1, "a grant that is dead is not asked for again");
    // A new consent puts it right.
    let back = server::consent(&shop.connect(&id, None).await).await;
    shop.back(&back).await.expect(200);
    shop.use_it(&id).await.expect(200);
}

/// So many use the connection at once, spread over the servers, while the provider holds the one renewal. Says how long
/// it took from then on, for docs/performance.md.
async fn storm(shop: &Shop, id: &str, servers: &[Caller]) {
    shop.expire(id);
    shop.oidc.fault(json!({ "path": "/token", "action": "hold_before" })).await;
    let path = shop.path(&format!("/{id}/proxy/me"));
    let mut all = tokio::task::JoinSet::new();
    for at in 0..USERS {
        let (server, path) = (servers[at % servers.len()].clone(), path.clone());
        all.spawn(async move { server.get(&path).await });
    }
    shop.oidc.until_held(1).await;
    let released = std::time::Instant::now();
    shop.oidc.release().await;
    let answers = all.join_all().await;
    let (took, servers) = (released.elapsed().as_millis(), servers.len());
    let _ = writeln!(
        std::io::stderr(),
        "{USERS} users over {servers} process(es), all answered within {took} ms"
    );
    for answer in answers {
        assert_eq!(answer.expect(200).json()["sub"], server::PERSON);
    }
    assert_eq!(shop.oidc.refreshes().await, 1, "exactly one call to the provider");
    assert_eq!(shop.oidc.count(&json!({ "kind": "refused" })).await, 0);
    assert_eq!((shop.grant(id, "token_version"), shop.status(id).await.as_str()), (2, "Connected"));
}

async fn two_hundred_users_of_one_expired_token_renew_it_once(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    storm(&shop, &id, &[shop.admin().clone()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_users_of_two_processes_renew_it_once() {
    let shop = Shop::start(Engine::Postgres).await;
    let id = shop.connected().await;
    let beside = shop.program.beside().await;
    storm(&shop, &id, &[shop.admin().clone(), beside.admin.clone()]).await;
}

async fn the_right_to_renew_is_taken_once_and_its_holder_alone_records(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id: IntegrationId = shop.connected().await.parse().expect("an id");
    let organization: OrganizationId = shop.program.organization.parse().expect("an id");
    let url = shop.program.database.url();
    let (one, two) = (Db::open(&url).await.expect("a database"), Db::open(&url).await.expect("a database"));
    let now = Timestamp::from_microsecond(shop.grant(&id.to_string(), "connected_at")).expect("a moment");
    let lease = now + std::time::Duration::from_mins(1);
    let claim = |db: &Db, epoch: i64, now: Timestamp| {
        let db = db.clone();
        async move {
            let mut tx = db.write().await.expect("a transaction");
            let held = grants::claim(&mut tx, organization, id, epoch, now, lease).await.expect("an answer");
            tx.commit().await.expect("written");
            held
        }
    };
    // All of them have read the same grant before any of them claims it.
    let mut all = tokio::task::JoinSet::new();
    for at in 0..16 {
        all.spawn(claim(if at % 2 == 0 { &one } else { &two }, 1, now));
    }
    let mut held: Vec<_> = all.join_all().await.into_iter().flatten().collect();
    let held = held.pop().filter(|_| held.is_empty()).expect("one has it, and one alone");
    assert_eq!((held.epoch, held.attempted_at), (2, Some(now)));
    assert!(claim(&two, 2, now).await.is_none(), "its time is not over");
    let later = claim(&two, 2, lease).await.expect("its time is over");
    assert_eq!((later.epoch, later.attempted_at), (3, Some(now)), "the lost attempt is still the oldest");
    let renewed = Renewed {
        access_expires_at: lease,
        can_refresh: true,
        refresh_expires_at: None,
        ends_at: None,
        at: now,
    };
    let mut tx = one.write().await.expect("a transaction");
    let late = grants::store(&mut tx, organization, id, held.epoch, &renewed).await;
    assert!(!late.expect("an answer"), "it came too late");
    assert!(!grants::fail(&mut tx, organization, id, held.epoch, now, None).await.expect("an answer"));
    assert!(!grants::end(&mut tx, organization, id, Some(held.epoch)).await.expect("an answer"));
    assert!(grants::store(&mut tx, organization, id, later.epoch, &renewed).await.expect("an answer"));
    tx.commit().await.expect("written");
}

async fn a_grant_that_the_provider_says_is_dead_is_ended_at_once(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    shop.expire(&id);
    let dead =
        json!({ "status": 400, "body": "{\"error\":\"invalid_grant\",\"error_description\":\"over\"}" });
    shop.oidc.fault(fault(&dead)).await;
    let tested = shop.test(&id).await;
    assert_eq!((&tested["success"], &tested["message"]), (&json!(false), &json!("Not connected any more")));
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("NeedsReauthorization", 0));
    assert_eq!(shop.audited(&id, "integration.reauthorization_required", ""), 1);
    assert_eq!(shop.told(&id, "integration.reauthorization_required", "invalid_grant"), 1);
    let jobs = format!("SELECT COUNT(*) FROM jobs WHERE kind = 'oauth.upkeep' AND subject = '{id}'");
    assert_eq!(shop.program.database.count(&jobs), 0, "nothing is left to look after");
}

async fn what_passes_is_tried_later_and_costs_no_grant(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let passing = [
        json!({ "status": 503 }),
        json!({ "status": 500, "body": "{\"error\":\"server_error\"}" }),
        json!({ "status": 429, "headers": { "retry-after": "120" } }),
        json!({ "status": 200, "body": "<html>Down for maintenance</html>", "headers": { "content-type": "text/html" } }),
        json!({ "status": 200, "body": "{\"access_token\":\"\"}" }),
        json!({ "status": 302, "headers": { "location": "https://evil.example/" } }),
        json!({ "action": "cut" }),
    ];
    for (at, answer) in passing.iter().enumerate() {
        shop.expire(&id);
        shop.oidc.fault(fault(answer)).await;
        let tested = shop.test(&id).await;
        let said = (&tested["success"], &tested["message"]);
        assert_eq!(said, (&json!(false), &json!("The token could not be renewed")), "{answer}: {tested}");
        assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("Connected", 2), "{answer}");
        assert_eq!(shop.grant(&id, "failures"), i64::try_from(at).expect("small") + 1);
        // Not now: the provider is left alone, and the caller is told when.
        let later = shop.use_it(&id).await.expect(503);
        let seconds: u64 = later.header("retry-after").parse().expect("seconds");
        let least = if answer["status"] == 429 { 100 } else { 1 };
        assert!((least..=3_600).contains(&seconds), "{answer}: {seconds}");
    }
    assert_eq!(shop.oidc.refreshes().await, 0);
    // The cut connection is an attempt whose answer is not known; the others were answered.
    assert_ne!(shop.grant(&id, "attempted_at"), -1);
    shop.expire(&id);
    assert_eq!(shop.test(&id).await["success"], true);
    assert_eq!(
        (shop.grant(&id, "failures"), shop.grant(&id, "attempted_at"), shop.oidc.refreshes().await),
        (0, -1, 1)
    );
}

async fn a_client_that_is_not_taken_is_the_operators_to_mend(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let secret = shop.program.folder.path().join("app.secret");
    std::fs::write(&secret, "not the secret").expect("a file");
    shop.program.kill();
    shop.program.serve().await;
    for _ in 0..2 {
        shop.expire(&id);
        let tested = shop.test(&id).await;
        assert_eq!(tested["success"], false, "{tested}");
        assert!(text(&tested["details"]).contains("invalid_client"), "{tested}");
    }
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("Connected", 2), "nothing is lost");
    assert_eq!(shop.told(&id, "alert.oauth_client_refused", "invalid_client"), 1, "it is told once");
    std::fs::write(&secret, server::SECRET).expect("a file");
    shop.program.kill();
    shop.program.serve().await;
    shop.expire(&id);
    assert_eq!(shop.test(&id).await["success"], true);
}

on_both!(
    an_expired_token_is_renewed_on_the_way_and_its_refresh_token_replaced,
    a_token_that_the_provider_does_not_take_is_renewed_and_tried_again,
    a_restored_backup_uses_a_token_again_and_the_server_finds_it_out,
    two_hundred_users_of_one_expired_token_renew_it_once,
    the_right_to_renew_is_taken_once_and_its_holder_alone_records,
    a_grant_that_the_provider_says_is_dead_is_ended_at_once,
    what_passes_is_tried_later_and_costs_no_grant,
    a_client_that_is_not_taken_is_the_operators_to_mend,
);
