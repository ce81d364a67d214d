//! The way to a consent and back.

use serde_json::json;

use super::{PROVIDER, Shop, parameter, server, text, with};
use crate::support::{Database, Engine, on_both};

async fn somebody_consents_and_the_tokens_are_sealed(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, first) = shop.add().await;
    assert_eq!(shop.status(&id).await, "NotConnected");
    shop.use_it(&id).await.expect(409);
    let url = shop.connect(&id, Some("http://localhost:3000/settings?tab=2")).await;
    assert_ne!(parameter(&first, "state"), parameter(&url, "state"), "each way has a state of its own");
    let back = server::consent(&url).await;
    let answer = shop.back(&back).await.expect(302);
    let to = answer.header("location").to_owned();
    assert!(to.starts_with("http://localhost:3000/settings?tab=2&status=connected&state="), "{to}");
    assert_eq!(parameter(&to, "state").as_deref(), Some("http://localhost:3000/settings?tab=2"));
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("Connected", 2));
    let tested = shop.test(&id).await;
    assert_eq!(tested["success"], true, "{tested}");
    assert!(text(&tested["details"]).contains(server::PERSON), "{tested}");
    let used = shop.use_it(&id).await.expect(200);
    assert_eq!(used.json()["sub"], server::PERSON);
    assert_eq!(shop.oidc.exchanges().await, 1);
    assert_eq!(
        (
            shop.audited(&id, "integration.connect_started", ""),
            shop.audited(&id, "integration.connected", "")
        ),
        (2, 1)
    );
    assert_eq!(shop.told(&id, "integration.connected", ""), 1);
    assert!(shop.audited(&id, "secret.opened", "access_token") >= 2, "each use of the token is in the trail");
    assert_eq!(shop.audited(&id, "secret.opened", "\"fields\":[]"), 0, "and nothing that was not opened");
    nothing_of_it_lies_open(&shop, &[&url, &back]).await;
}

/// Neither the tokens nor the code nor the app's secret are in the database or in the log.
async fn nothing_of_it_lies_open(shop: &Shop, addresses: &[&str]) {
    let seen = shop.oidc.seen().await;
    let mut secrets: Vec<String> =
        seen.iter().filter(|it| it["kind"] == "issued").map(|it| text(&it["token"])).collect();
    assert_eq!(secrets.len(), 2, "an access token and a refresh token: {seen:?}");
    secrets.push(server::SECRET.to_owned());
    secrets.extend(addresses.iter().filter_map(|it| parameter(it, "code")));
    assert_eq!(secrets.len(), 4);
    let log = std::fs::read_to_string(shop.program.folder.path().join("serve.log")).expect("a log");
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
    match &shop.program.database {
        Database::Sqlite(path) => {
            for file in ["", "-wal"] {
                let bytes = std::fs::read(format!("{}{file}", path.display())).unwrap_or_default();
                for secret in &secrets {
                    let found = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
                    assert!(!found, "{secret} is in the database");
                }
            }
        }
        Database::Postgres { .. } => {
            for secret in &secrets {
                let sealed = format!("position(convert_to('{secret}', 'UTF8') in record) > 0");
                let count = |rest: &str| shop.program.database.count(&format!("SELECT COUNT(*) FROM {rest}"));
                assert_eq!(count(&format!("integration_secrets WHERE {sealed}")), 0);
                for table in ["audit", "events", "integrations", "jobs", "oauth_consents", "oauth_grants"] {
                    assert_eq!(
                        count(&format!("{table} t WHERE position('{secret}' in t::text) > 0")),
                        0,
                        "{table}"
                    );
                }
            }
        }
    }
}

async fn a_browser_is_sent_on_to_a_listed_origin_and_nowhere_else(engine: Engine) {
    let shop = Shop::start(engine).await;
    let settings = format!("/api/organizations/{}/settings", shop.program.organization);
    shop.admin().put(&settings, &json!({ "returnUrls": ["https://shop.example"] })).await.expect(200);
    let (id, _) = shop.add().await;
    let listed = "https://shop.example/books?a=1&state=mine";
    let url = shop.connect(&id, Some(listed)).await;
    let to = shop.back(&server::consent(&url).await).await.expect(302).header("location").to_owned();
    assert_eq!(to, "https://shop.example/books?a=1&state=mine&status=connected");
    let elsewhere = [
        "https://evil.example/books",
        "https://shop.example.evil.example/",
        "http://shop.example/",
        "https://shop.example:8443/",
        "https://user@shop.example/",
        "//shop.example/",
        "javascript:alert(1)",
        "just a text of the caller's",
    ];
    for state in elsewhere {
        let url = shop.connect(&id, Some(state)).await;
        let page = shop.back(&server::consent(&url).await).await.expect(200);
        assert_eq!(page.header("location"), "", "{state}");
        assert!(
            page.text.contains("Shop Books is connected") && !page.text.contains("evil"),
            "{}",
            page.text
        );
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(!page.text.contains("<script") && !page.text.contains("http"), "{}", page.text);
    }
}

async fn a_consent_that_is_not_given_changes_nothing(engine: Engine) {
    let shop = Shop::start(engine).await;
    let (id, _) = shop.add().await;
    let url = shop.connect(&id, Some("http://localhost:3000/books")).await;
    let back = server::refuse(&url).await;
    let to = shop.back(&back).await.expect(302).header("location").to_owned();
    let said = (parameter(&to, "status"), parameter(&to, "reason"));
    assert_eq!((said.0.as_deref(), said.1.as_deref()), (Some("failed"), Some("access_denied")), "{to}");
    assert_eq!((shop.status(&id).await.as_str(), shop.tokens(&id)), ("NotConnected", 0));
    assert_eq!(shop.told(&id, "integration.connect_failed", "access_denied"), 1);
    // The way is gone, also for somebody who has a code by now.
    let forged = with(&with(&back, "error", None), "code", Some("abc"));
    assert!(shop.back(&forged).await.expect(400).text.contains("state_used"));
    assert_eq!(shop.oidc.exchanges().await, 0);
}

async fn the_server_takes_no_code_without_the_proof_of_who_began(engine: Engine) {
    let shop = Shop::start(engine).await;
    let ((one, first), (two, second)) = (shop.add().await, shop.add().await);
    assert_eq!(parameter(&first, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(&first, "code_challenge").map(|it| it.len()), Some(43));
    assert_ne!(parameter(&first, "code_challenge"), parameter(&second, "code_challenge"));
    // A code that was got in the one way and is brought along the other.
    let (back, other) = (server::consent(&first).await, server::consent(&second).await);
    let swapped = with(&back, "code", parameter(&other, "code").as_deref());
    let page = shop.back(&swapped).await.expect(200);
    assert!(
        page.text.contains("Shop Books was not connected") && page.text.contains("code_refused"),
        "{}",
        page.text
    );
    let refused = json!({ "kind": "refused", "type": "authorization_code", "detail": "code_verifier does not match code_challenge" });
    assert_eq!(shop.oidc.count(&refused).await, 1, "{:?}", shop.oidc.seen().await);
    for id in [&one, &two] {
        assert_eq!((shop.status(id).await.as_str(), shop.tokens(id)), ("NotConnected", 0));
    }
    assert_eq!(shop.audited(&one, "integration.connect_failed", "code_refused"), 1);
    // The proof that was kept is gone with the try.
    let kept = "SELECT COUNT(*) FROM integration_secrets WHERE purpose = 'oauth-verifier'";
    assert_eq!(shop.program.database.count(&format!("{kept} AND integration_id = '{one}'")), 0);
}

async fn the_redirect_is_exact_and_stays_the_one_that_was_asked_with(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    let (id, url) = shop.add().await;
    let callback = format!("{}/api/integrations/{PROVIDER}/callback", shop.admin().base);
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(callback.as_str()));
    for other in
        [format!("{callback}/"), format!("{callback}?a=1"), callback.replace("127.0.0.1", "localhost")]
    {
        let tampered = with(&url, "redirect_uri", Some(&other));
        let refused = shop.nobody().get(&tampered).await.expect(400);
        assert!(
            refused.header("location").is_empty() && refused.text.contains("redirect_uri"),
            "{}",
            refused.text
        );
    }
    // The operator gives Kontor another name while somebody is at the consent page.
    let back = server::consent(&url).await;
    let renamed = shop.admin().base.replace("127.0.0.1", "localhost");
    shop.program.kill();
    shop.program.more.push(("KONTOR_PUBLIC_URL", renamed.clone()));
    shop.program.serve().await;
    shop.back(&back).await.expect(200);
    assert_eq!((shop.status(&id).await.as_str(), shop.oidc.exchanges().await), ("Connected", 1));
    let next = shop.connect(&id, None).await;
    assert!(parameter(&next, "redirect_uri").is_some_and(|it| it.starts_with(&renamed)));
}

on_both!(
    somebody_consents_and_the_tokens_are_sealed,
    a_browser_is_sent_on_to_a_listed_origin_and_nowhere_else,
    a_consent_that_is_not_given_changes_nothing,
    the_server_takes_no_code_without_the_proof_of_who_began,
    the_redirect_is_exact_and_stays_the_one_that_was_asked_with,
);
