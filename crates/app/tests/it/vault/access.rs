//! Each opening of a secret leaves who opened which fields of what, and why; one that is refused leaves nothing opened.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    canary::echo::{CONSENT, Echo},
    support::{Engine, on_both, process::Demo, until},
};

/// A row of an opening: why, who, what for, which fields.
type Opening = (String, String, String, String);

async fn openings(demo: &Demo, integration: &str) -> BTreeSet<Opening> {
    let path = format!(
        "/api/organizations/{}/audit?action=secret.opened&subject={integration}&pageSize=200",
        demo.text("organizationId")
    );
    let page = demo.admin.get(&path).await.expect(200).json();
    assert!(page["nextCursor"].is_null(), "more than one page");
    let words = |it: &Value| {
        let all = it.as_array().expect("words").iter().map(|it| it.as_str().expect("a word"));
        all.collect::<Vec<_>>().join(" ")
    };
    let one = |row: &Value| {
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let detail = &row["detail"];
        assert_eq!(row["subject"], integration);
        (text(&detail["why"]), text(&row["actor"]), words(&detail["purposes"]), words(&row["fields"]))
    };
    page["data"].as_array().expect("rows").iter().map(one).collect()
}

fn row(why: &str, actor: &str, purposes: &str, fields: &str) -> Opening {
    (why.to_owned(), actor.to_owned(), purposes.to_owned(), fields.to_owned())
}

/// Who the demo's Admin is in the trail.
async fn admin(demo: &Demo) -> String {
    let path = format!(
        "/api/organizations/{}/audit?action=integration.created&sortDirection=desc",
        demo.text("organizationId")
    );
    demo.admin.get(&path).await.json()["data"][0]["actor"].as_str().expect("a name").to_owned()
}

async fn each_opening_of_a_credential_says_why(engine: Engine) {
    let demo = Demo::start(engine);
    let sets = demo.line["credentials"]["authorizeNet"].clone();
    let path = crate::api::rotation::made(&demo.admin, demo.text("organizationId"), &sets).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let me = admin(&demo).await;
    let (keys, both) = ("integration-credential", "secrets.ApiLoginId secrets.TransactionKey");
    let mut wanted = BTreeSet::new();
    assert_eq!(openings(&demo, &id).await, wanted, "making one opens nothing");
    demo.admin.get(&path).await.expect(200);
    demo.admin.put(&path, &json!({ "secrets": sets[0] })).await.expect(200);
    assert_eq!(openings(&demo, &id).await, wanted, "nor does reading or overwriting");

    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    wanted.insert(row("connection test", &me, keys, both));
    assert_eq!(openings(&demo, &id).await, wanted);

    let half = json!({ "newSecrets": { "TransactionKey": sets[1]["TransactionKey"] } });
    crate::api::rotation::rotate(&demo.admin, &path, &half).await.expect(200);
    wanted.insert(row("rotation", &me, keys, "secrets.TransactionKey"));
    wanted.insert(row("test after rotation", &me, keys, both));
    assert_eq!(openings(&demo, &id).await, wanted, "only what is put aside is opened for that");

    demo.admin.send("POST", &format!("{path}/rotate-secrets/rollback"), &[], None).await.expect(200);
    wanted.insert(row("rollback", &me, "previous-credential", "secrets.TransactionKey"));
    wanted.insert(row("test after rollback", &me, keys, both));
    assert_eq!(openings(&demo, &id).await, wanted);

    let tried = json!({ "newSecrets": sets[1], "rollbackOnFailure": true });
    crate::api::rotation::rotate(&demo.admin, &path, &tried).await.expect(200);
    wanted.insert(row("test before rotation", &me, keys, both));
    wanted.insert(row("rotation", &me, keys, both));
    assert_eq!(openings(&demo, &id).await, wanted);
    // Nobody else's call opens anything.
    demo.stranger().send("POST", &format!("{path}/test"), &[], None).await.expect(403);
    demo.caller("SalesRep", None).send("POST", &format!("{path}/test"), &[], None).await.expect(403);
    demo.admin.delete(&path).await.expect(204);
    assert_eq!(openings(&demo, &id).await, wanted, "deleting opens nothing that nobody has to take back");
}

async fn each_opening_for_a_payment_says_why(engine: Engine) {
    let demo = Demo::start(engine);
    let list = format!("/api/organizations/{}/integrations?integrationType=1", demo.text("organizationId"));
    let list = demo.admin.get(&list).await.json();
    let cards =
        list["integrations"].as_array().expect("a list").iter().find(|it| it["provider"] == "WorldPay");
    let id = cards.expect("one")["id"].as_str().expect("an id").to_owned();
    let before = openings(&demo, &id).await;
    let invoice = demo.text("invoiceId");
    demo.admin.setup("CUST-1001", invoice, 1.0).await.expect(200);
    let new: BTreeSet<_> = openings(&demo, &id).await.difference(&before).cloned().collect();
    let (keys, all) = ("integration-credential", "secrets.AcceptorId secrets.AccountId secrets.AccountToken");
    let setup = row("hosted setup", "", keys, all);
    let [(why, who, purposes, fields)] = new.into_iter().collect::<Vec<_>>().try_into().expect("one");
    assert_eq!((why, purposes, fields), (setup.0, setup.2, setup.3));
    assert!(!who.is_empty() && who != "system", "the caller's: {who}");
    let asked = row("resolve", "system", keys, all);
    until("the sweep asks", async || openings(&demo, &id).await.contains(&asked)).await;
}

async fn each_opening_of_a_token_says_why(engine: Engine) {
    let echo = Echo::start("tok".to_owned()).await;
    let demo = echo.upstream.demo(engine, &[]);
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = json!({
        "integrationType": "Shipping", "provider": CONSENT, "displayName": "Consent",
        "secrets": { "ApiKey": "a key", "ApiSecret": "a secret" },
    });
    let made = demo.admin.post(&list, &body).await.expect(201);
    let path = made.header("location").to_owned();
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let me = admin(&demo).await;
    let (keys, both, tokens) = ("integration-credential", "secrets.ApiKey secrets.ApiSecret", "oauth-token");
    let begun = demo.admin.post(&format!("{path}/connect"), &json!({})).await.expect(200).json();
    let address =
        url::Url::parse(begun["authorizationUrl"].as_str().expect("an address")).expect("an address");
    let state = address.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("state", state.as_str()), ("code", "7")])
        .finish();
    demo.nobody().get(&format!("/api/integrations/{CONSENT}/callback?{query}")).await;
    let rows = openings(&demo, &id).await;
    assert!(rows.contains(&row("connect", &me, keys, both)), "{rows:?}");
    assert!(rows.contains(&row("consent", "anonymous", keys, both)), "{rows:?}");
    let proof = rows.iter().find(|it| it.2 == "oauth-verifier").expect("the proof was opened");
    assert_eq!((proof.0.as_str(), proof.1.as_str()), ("consent", "anonymous"));

    demo.admin.get(&format!("{path}/proxy/fine")).await.expect(200);
    let rows = openings(&demo, &id).await;
    for wanted in [row("proxy", &me, tokens, "secrets.access_token"), row("proxy", &me, keys, both)] {
        assert!(rows.contains(&wanted), "{wanted:?} in {rows:?}");
    }
    // The token is not taken; its renewal is Kontor's own doing.
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200);
    let rows = openings(&demo, &id).await;
    for wanted in [
        row("connection test", &me, tokens, "secrets.access_token"),
        row("token renewal", "system", tokens, "secrets.refresh_token"),
        row("token renewal", "system", keys, both),
    ] {
        assert!(rows.contains(&wanted), "{wanted:?} in {rows:?}");
    }
    demo.admin.send("POST", &format!("{path}/disconnect"), &[], None).await.expect(200);
    let rows = openings(&demo, &id).await;
    let back = row("revocation", &me, tokens, "secrets.access_token secrets.refresh_token");
    assert!(rows.contains(&back), "{rows:?}");
    let told = row("revocation", "system", tokens, "revocation");
    until("the provider is told", async || openings(&demo, &id).await.contains(&told)).await;
}

on_both!(
    each_opening_of_a_credential_says_why,
    each_opening_for_a_payment_says_why,
    each_opening_of_a_token_says_why,
);
