//! States that are replayed, swapped, late, forged or somebody else's; and answers of another server.

use std::time::Duration;

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
};
use kontor_engine::oauth::state::{self, Claims, StateKey};
use serde_json::{Value, json};

use super::{PROVIDER, Shop, parameter, server, text, with};
use crate::support::{Answer, Caller, Engine, on_both};

/// A page that says that a link changes nothing, and why.
fn refused(answer: &Answer, why: &str) {
    assert_eq!((answer.status, answer.header("location")), (400, ""), "{}", answer.text);
    assert!(answer.text.contains("This link cannot be used") && answer.text.contains(why), "{}", answer.text);
}

/// The key of this installation: what an attacker does not have, and a test needs to make states that are signed.
fn key(shop: &Shop) -> StateKey {
    let secret = std::fs::read_to_string(shop.program.data().join("auth.secret")).expect("the secret");
    StateKey::derive(&Secret::new(secret.trim().to_owned()))
}

fn opened(shop: &Shop, address: &str) -> Claims {
    let sealed = parameter(address, "state").expect("a state");
    let now: Timestamp = "2000-01-01T00:00:00Z".parse().expect("a time");
    state::open(&key(shop), &sealed, PROVIDER, now).unwrap_or_else(|_| panic!("not ours: {sealed}"))
}

async fn a_way_is_gone_once(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, url) = shop.add().await;
    let back = server::consent(&url).await;
    shop.back(&back).await.expect(200);
    let version = shop.grant(&id, "token_version");
    refused(&shop.back(&back).await, "state_used");
    assert_eq!((shop.status(&id).await.as_str(), shop.grant(&id, "token_version")), ("Connected", version));
    assert_eq!(
        (shop.oidc.exchanges().await, shop.audited(&id, "oauth.callback_refused", "used state")),
        (1, 1)
    );
}

async fn of_sixteen_who_come_back_at_once_one_connects(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, url) = shop.add().await;
    let back = server::consent(&url).await;
    let nobody = shop.nobody();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (nobody, back) = (nobody.clone(), back.clone());
        all.spawn(async move { nobody.get(&back).await.status });
    }
    let mut ended = all.join_all().await;
    ended.sort_unstable();
    assert_eq!(ended.iter().filter(|it| **it == 200).count(), 1, "{ended:?}");
    assert_eq!((shop.oidc.exchanges().await, shop.status(&id).await.as_str()), (1, "Connected"));
    let refusals = shop.oidc.count(&json!({ "kind": "refused" })).await;
    assert_eq!(refusals, 0, "the code is spent once");
}

async fn a_way_is_open_for_fifteen_minutes_and_not_a_moment_longer(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, url) = shop.add().await;
    let claims = opened(&shop, &url);
    let consent = claims.consent;
    let moment = |column: &str| {
        let sql = format!("SELECT {column} FROM oauth_consents WHERE id = '{consent}'");
        shop.program.database.value(&sql).parse::<i64>().expect("a moment")
    };
    let lasts = moment("expires_at") - moment("created_at");
    assert_eq!(Duration::from_micros(lasts.unsigned_abs()), Duration::from_mins(15));
    assert_eq!(claims.expires_at.as_microsecond(), moment("expires_at"), "the state says the same");
    let back = server::consent(&url).await;
    // The same way, signed by us, as it is after its end.
    let mut late = claims;
    late.expires_at = Timestamp::from_microsecond(moment("created_at")).expect("a time");
    let late = with(&back, "state", Some(&state::seal(&key(&shop), &late)));
    refused(&shop.back(&late).await, "state_expired");
    assert_eq!(shop.audited(&id, "oauth.callback_refused", "late state"), 1);
    // The row has an end of its own, should the signed one ever not be looked at.
    let sql = format!("UPDATE oauth_consents SET expires_at = created_at WHERE id = '{consent}'");
    shop.program.database.execute(&sql);
    refused(&shop.back(&back).await, "state_used");
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.exchanges().await), ("NotConnected", 0));
}

async fn a_state_of_somebody_else_connects_nothing(engine: Engine) {
    let shop = Shop::start(engine).await;
    let ((one, _), (two, _)) = (shop.add().await, shop.add().await);
    let (other, stranger) = another_organization(&shop);
    let theirs = added_by(&stranger, &other).await.0;
    let id = |text: &str| text.parse::<IntegrationId>().expect("an id");
    let foreign: OrganizationId = other.parse().expect("an id");
    for swapped in ["nothing", "integration", "organization", "both", "user"] {
        let url = shop.connect(&one, None).await;
        let (back, real) = (server::consent(&url).await, opened(&shop, &url));
        // Who asked for it, as the row says.
        let sql = format!("SELECT asked_by FROM oauth_consents WHERE id = '{}'", real.consent);
        let user = shop.program.database.value(&sql);
        let of = |organization, integration, user: &str| {
            Claims::new(real.consent, organization, integration, real.expires_at, user, PROVIDER)
        };
        let claims = match swapped {
            "integration" => of(real.organization, id(&two), &user),
            "organization" => of(foreign, real.integration, &user),
            "both" => of(foreign, id(&theirs), &user),
            "user" => of(real.organization, real.integration, "another user"),
            _ => of(real.organization, real.integration, &user),
        };
        assert_eq!(claims == real, swapped == "nothing", "what is swapped is all that there is");
        let address = with(&back, "state", Some(&state::seal(&key(&shop), &claims)));
        if swapped != "nothing" {
            refused(&shop.back(&address).await, "state_used");
            continue;
        }
        shop.back(&address).await.expect(200);
        assert_eq!(shop.oidc.exchanges().await, 1);
        shop.program.database.execute("DELETE FROM oauth_grants");
    }
    assert_eq!(shop.program.database.count("SELECT COUNT(*) FROM oauth_grants"), 0);
    assert_eq!(shop.oidc.exchanges().await, 1, "no code was spent for any of them");
    assert_eq!(shop.status(&two).await, "NotConnected");
    let read = stranger.get(&format!("/api/organizations/{other}/integrations/{theirs}")).await.expect(200);
    assert_eq!(read.json()["connectionStatus"], "NotConnected");
}

async fn a_state_that_is_none_of_ours_is_not_looked_up(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, url) = shop.add().await;
    let back = server::consent(&url).await;
    let real = parameter(&back, "state").expect("a state");
    let mut forged =
        vec![String::new(), "x".to_owned(), format!("{real}A"), real.get(1..).expect("letters").to_owned()];
    for at in (0..real.len()).step_by(7) {
        let mut letters: Vec<char> = real.chars().collect();
        letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
        forged.push(letters.into_iter().collect());
    }
    let stolen = StateKey::derive(&Secret::new("a guess of somebody who is not us".to_owned()));
    forged.push(state::seal(&stolen, &opened(&shop, &url)));
    for state in &forged {
        refused(&shop.back(&with(&back, "state", Some(state))).await, "state_invalid");
    }
    refused(&shop.back(&with(&back, "state", None)).await, "state_invalid");
    refused(&shop.back(&format!("{back}&state={real}")).await, "state_invalid");
    // Another provider's callback does not take it either, and does not spend it.
    refused(&shop.back(&back.replace(PROVIDER, "QuickBooks")).await, "state_of_another_provider");
    let nowhere = shop.back(&back.replace(PROVIDER, "Nobody")).await.expect(404);
    assert!(nowhere.text.contains("unknown_provider"));
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.exchanges().await), ("NotConnected", 0));
    shop.back(&back).await.expect(200);
    assert_eq!(shop.status(&id).await, "Connected");
}

async fn another_organization_neither_sees_nor_touches_a_connection(engine: Engine) {
    let shop = Shop::start(engine).await;
    let id = shop.connected().await;
    let (other, stranger) = another_organization(&shop);
    let path =
        |organization: &str, rest: &str| format!("/api/organizations/{organization}/integrations/{id}{rest}");
    for rest in ["/connect", "/disconnect", "/test", "/proxy/me"] {
        let nothing = json!({});
        stranger.post(&path(&other, rest), &nothing).await.expect(404);
        stranger.post(&path(&shop.program.organization, rest), &nothing).await.expect(403);
    }
    let (theirs, url) = added_by(&stranger, &other).await;
    shop.back(&server::consent(&url).await).await.expect(200);
    let owner = |id: &str| {
        let sql = format!("SELECT organization_id FROM oauth_grants WHERE integration_id = '{id}'");
        shop.program.database.value(&sql)
    };
    assert_eq!((owner(&id), owner(&theirs)), (shop.program.organization.clone(), other.clone()));
    stranger.delete(&path(&other, "")).await.expect(404);
    stranger.delete(&format!("/api/organizations/{other}/integrations/{theirs}")).await.expect(204);
    assert_eq!(
        (shop.status(&id).await.as_str(), shop.test(&id).await["success"].clone()),
        ("Connected", json!(true))
    );
}

async fn an_answer_of_another_server_gets_no_code_to_see(engine: Engine) {
    let shop = Shop::start(engine).await;
    for said in [Some("https://evil.example"), Some(""), None] {
        let (id, url) = shop.add().await;
        let back = server::consent(&url).await;
        assert_eq!(
            parameter(&back, "iss").as_deref(),
            Some(shop.oidc.issuer.as_str()),
            "the server says who it is"
        );
        let page = shop.back(&with(&back, "iss", said)).await.expect(200);
        assert!(page.text.contains("wrong_issuer"), "{said:?}: {}", page.text);
        refused(&shop.back(&back).await, "state_used");
        assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("NotConnected", 0));
    }
    let (id, url) = shop.add().await;
    let back = server::consent(&url).await;
    let page = shop.back(&format!("{back}&iss=https%3A%2F%2Fevil.example")).await.expect(200);
    assert!(page.text.contains("invalid_answer"), "two are none: {}", page.text);
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.exchanges().await), ("NotConnected", 0));
}

/// One more organization, and an Admin of it.
fn another_organization(shop: &Shop) -> (String, Caller) {
    let made = shop.program.command(&["org", "create", "--name", "Visby Wool", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let id = text(&made["organizationId"]);
    let minted = shop.program.command(&["token", "mint", "--org", &id, "--role", "Admin"]);
    let token = String::from_utf8(minted.stdout).expect("text");
    (id, shop.admin().as_other(Some(token.trim_end())))
}

async fn added_by(caller: &Caller, organization: &str) -> (String, String) {
    let body = json!({
        "integrationType": 2, "provider": PROVIDER, "displayName": "Theirs", "configuration": {}, "secrets": {},
    });
    let path = format!("/api/organizations/{organization}/integrations");
    let made = caller.post(&path, &body).await.expect(201).json();
    (text(&made["id"]), text(&made["authorizationUrl"]))
}

on_both!(
    a_way_is_gone_once,
    of_sixteen_who_come_back_at_once_one_connects,
    a_way_is_open_for_fifteen_minutes_and_not_a_moment_longer,
    a_state_of_somebody_else_connects_nothing,
    a_state_that_is_none_of_ours_is_not_looked_up,
    another_organization_neither_sees_nor_touches_a_connection,
    an_answer_of_another_server_gets_no_code_to_see,
);
