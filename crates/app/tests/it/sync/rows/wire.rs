//! Tokens, limits, clocks, and answers that are none.

use kontor_domain::{integrations::ConnectionStatus, sync::State};
use kontor_store::integrations;
use serde_json::json;

use super::shop;
use crate::{
    support::{Engine, on_both, until},
    sync::shop::{REALM, Shop},
};

const TOKEN: &str = "POST /oauth2/v1/tokens/bearer";

async fn connection(shop: &Shop) -> ConnectionStatus {
    let mut conn = shop.engine.db.read().await.expect("a connection");
    let found = integrations::get(&mut conn, shop.organization, shop.integration).await.expect("read");
    found.expect("an integration").connection_status
}

async fn held(shop: &Shop) -> Option<kontor_domain::sync::Failure> {
    shop.overview().await.sync.and_then(|it| it.held)
}

async fn row_01_a_token_is_renewed_once_however_many_want_it(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let before = shop.calls(TOKEN).await;
    shop.clock.pass(3_700);
    shop.sold(&customer, "W-2").await;
    let other = std::sync::Arc::clone(&shop.engine);
    let (organization, integration) = (shop.organization, shop.integration);
    let callers = (0..8).map(|_| {
        let engine = std::sync::Arc::clone(&other);
        tokio::spawn(async move {
            let actor = kontor_engine::Actor::system();
            engine.access_token(organization, integration, &actor, "test").await.map(|it| it.version)
        })
    });
    let callers: Vec<_> = callers.collect();
    shop.turn().await;
    for caller in callers {
        caller.await.expect("ended").expect("a token");
    }
    assert_eq!(shop.calls(TOKEN).await, before + 1);
    shop.quiet().await;
    assert_eq!(connection(&shop).await, ConnectionStatus::Connected);
}

async fn row_02_a_connection_that_nobody_uses_lives_on(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    for _ in 0..20 {
        shop.clock.pass(7 * 86_400);
        shop.engine.sweep("sweeper").await.expect("swept");
    }
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(connection(&shop).await, ConnectionStatus::Connected);
    assert_eq!(shop.counts().await.of(State::Failed), 0);
}

async fn row_16_what_others_wrote_there_stays(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let id = shop.record("Customer", customer.id).await.remote_id.expect("an id");
    let object = json!({ "Id": id, "Notes": "Pays late", "ResaleNum": "R-1" });
    shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
    shop.change("C-1", |it| it.company_phone = Some("+1 555 0199".to_owned())).await;
    shop.quiet().await;
    let there = shop.objects("Customer").await.into_iter().find(|it| it["Id"] == *id).expect("it is there");
    assert_eq!(there["PrimaryPhone"]["FreeFormNumber"], "+1 555 0199");
    assert!(there["Notes"] == "Pays late" && there["ResaleNum"] == "R-1", "{there}");
}

async fn row_17_a_fault_under_a_good_status_is_a_fault(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let fault = r#"{"Fault":{"Error":[{"Message":"Amount is wrong","Detail":"no","code":"6070","element":"Line.Amount"}],"type":"ValidationFault"},"time":"2027-01-15T00:00:00-08:00"}"#;
    let operation = format!("POST /v3/company/{REALM}/invoice");
    shop.fault(json!({ "operation": operation, "occurrence": 1, "action": "body", "body": fault })).await;
    let (refused, _) = shop.sold(&customer, "W-1").await;
    shop.turn().await;
    assert_eq!(shop.why("Invoice", refused).await.code, "validation");
    // And an answer without anything in it is none: it is looked for, and found.
    shop.fault(json!({ "operation": operation, "occurrence": 1, "action": "body", "body": "{}" })).await;
    let (odd, _) = shop.sold(&customer, "W-1").await;
    shop.turn().await;
    assert_eq!(shop.state("Invoice", odd).await, State::Sent);
    shop.quiet().await;
    assert_eq!(
        (shop.state("Invoice", odd).await, shop.of("Invoice", &odd.to_string()).await.len()),
        (State::Synced, 1)
    );
}

/// One turn, in which somebody writes to the customer there so many times just before our write arrives.
async fn turn_with_edits(shop: &mut Shop, id: &str, how_many: usize) {
    let operation = format!("POST /v3/company/{REALM}/customer");
    for nth in 1..=how_many {
        shop.fault(json!({ "operation": operation, "occurrence": nth, "action": "hold" })).await;
    }
    let (desk, id) = (shop.desk.clone(), id.to_owned());
    let edits = tokio::spawn(async move {
        for nth in 0..how_many {
            let held = async || desk.get("/_sim/faults").await.json()["held"] == 1;
            until("our write is on its way", held).await;
            let object = json!({ "Id": id, "Notes": format!("Edit {nth}") });
            let body = json!({ "operation": "save", "object": object });
            desk.post(&format!("/_sim/quickbooks/{REALM}/objects/Customer"), &body).await.expect(200);
            desk.post("/_sim/release", &json!({})).await;
        }
    });
    shop.turn().await;
    edits.await.expect("edited");
}

async fn row_18_somebody_who_writes_in_between_is_read_and_merged(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let id = shop.record("Customer", customer.id).await.remote_id.expect("an id");
    shop.change("C-1", |it| it.company_phone = Some("1".to_owned())).await;
    turn_with_edits(&mut shop, &id, 1).await;
    assert_eq!(shop.state("Customer", customer.id).await, State::Synced);
    let there = shop.objects("Customer").await.into_iter().find(|it| it["Id"] == *id).expect("it is there");
    assert!(there["PrimaryPhone"]["FreeFormNumber"] == "1" && there["Notes"] == "Edit 0", "{there}");
    // Again and again: three times more, and then a person is told.
    shop.change("C-1", |it| it.company_phone = Some("2".to_owned())).await;
    let before = shop.calls(&format!("POST /v3/company/{REALM}/customer")).await;
    turn_with_edits(&mut shop, &id, 4).await;
    assert_eq!(shop.why("Customer", customer.id).await.code, "stale");
    assert_eq!(shop.calls(&format!("POST /v3/company/{REALM}/customer")).await, before + 4);
    shop.retry("Customer", customer.id).await;
    shop.quiet().await;
    assert_eq!(shop.state("Customer", customer.id).await, State::Synced);
}

async fn row_23_of_a_thousand_that_are_paged_none_is_passed_over(engine: Engine) {
    let (mut shop, first) = shop(engine, &[]).await;
    shop.sold(&first, "W-1").await;
    shop.quiet().await;
    for number in 0..1_000 {
        let object = json!({ "DisplayName": format!("Stranger {number}") });
        shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
    }
    let last = shop.customer("C-2", "Visby Wool", None).await;
    shop.sold(&last, "W-1").await;
    shop.quiet().await;
    for customer in [&first, &last] {
        let id = shop.record("Customer", customer.id).await.remote_id.expect("an id");
        let object = json!({ "Id": id, "PrimaryPhone": { "FreeFormNumber": format!("There {id}") } });
        shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
    }
    // Changes of that long ago are not told any more.
    for _ in 0..5 {
        shop.clock.pass(7 * 86_400);
        shop.engine.sweep("sweeper").await.expect("swept");
    }
    shop.quiet().await;
    for number in ["C-1", "C-2"] {
        let phone = shop.read_customer(number).await.company_phone.unwrap_or_default();
        assert!(phone.starts_with("There"), "{number}: {phone}");
    }
}

async fn row_19_what_we_wrote_comes_back_and_means_nothing(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let (versions, told) = (versions(&shop).await, shop.told("customer.updated"));
    let writes = writes(&shop).await;
    for _ in 0..4 {
        shop.clock.pass(70);
        shop.turn().await;
    }
    assert_eq!(self::versions(&shop).await, versions);
    assert_eq!((shop.told("customer.updated"), self::writes(&shop).await), (told, writes));
    let of = format!("organization_id = '{}'", shop.organization);
    assert_eq!(shop.database.count(&format!("SELECT COUNT(*) FROM payments WHERE {of}")), 1);
}

async fn versions(shop: &Shop) -> Vec<(String, i64)> {
    shop.all().await.into_iter().map(|it| (it.local_id, it.version)).collect()
}

async fn writes(shop: &Shop) -> u64 {
    let all = shop.desk.get("/_sim/calls").await.expect(200).json();
    let counts = all["counts"].as_object().expect("counts").clone();
    counts.iter().filter(|(name, _)| name.starts_with("POST /v3")).filter_map(|(_, it)| it.as_u64()).sum()
}

async fn row_24_after_a_month_the_whole_is_compared(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let id = shop.record("Customer", customer.id).await.remote_id.expect("an id");
    let object = json!({ "Id": id, "PrimaryPhone": { "FreeFormNumber": "(555) 555-0111" } });
    shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
    // Nobody looks for a month; the connection is kept alive meanwhile.
    for _ in 0..5 {
        shop.clock.pass(7 * 86_400);
        shop.engine.sweep("sweeper").await.expect("swept");
    }
    shop.turn().await;
    shop.quiet().await;
    assert_eq!(shop.read_customer("C-1").await.company_phone.as_deref(), Some("(555) 555-0111"));
}

async fn row_26_keys_of_the_other_environment_are_told_and_everything_waits(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let body = r#"{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403","detail":null,"code":"3100","element":null}],"type":"SERVICE"},"report":null}"#;
    shop.fault(
        json!({ "operation": "* /v3/company/*", "occurrence": "every", "action": "body", "body": body }),
    )
    .await;
    shop.sold(&customer, "W-1").await;
    shop.clock.pass(70);
    shop.turn().await;
    let why = held(&shop).await.expect("held");
    assert_eq!(why.code, "disconnected", "{why:?}");
    assert_eq!(shop.told("alert.sync_held"), 1);
    shop.quiet().await;
    assert_eq!((held(&shop).await, shop.told("sync.resumed")), (None, 1));
    assert_eq!(shop.counts().await.of(State::Failed), 0);
}

async fn row_29_a_subscription_that_is_over_has_everything_wait_and_goes_on_by_itself(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.switch(json!({ "subscriptionEnded": true })).await;
    let (invoice, _) = shop.sold(&customer, "W-1").await;
    shop.turn().await;
    assert_eq!(held(&shop).await.expect("held").code, "lapsed");
    let calls = writes(&shop).await;
    shop.turn().await;
    assert_eq!(writes(&shop).await, calls, "it does not try again and again");
    shop.switch(json!({ "subscriptionEnded": false })).await;
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", invoice).await, State::Synced);
    assert_eq!(shop.told("sync.resumed"), 1);
}

async fn row_30_refusals_in_another_language_are_read_all_the_same(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let xml = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="2016-12-05T08:54:17-08:00"><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message><Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"#;
    shop.fault(json!({ "operation": "POST /v3/company/*", "occurrence": 1, "action": "body", "body": xml }))
        .await;
    let (invoice, _) = shop.sold(&customer, "W-1").await;
    shop.turn().await;
    assert_ne!(shop.state("Invoice", invoice).await, State::Synced);
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", invoice).await, State::Synced);
    assert_eq!(shop.of("Invoice", &invoice.to_string()).await.len(), 1);
}

on_both!(
    row_01_a_token_is_renewed_once_however_many_want_it,
    row_02_a_connection_that_nobody_uses_lives_on,
    row_16_what_others_wrote_there_stays,
    row_17_a_fault_under_a_good_status_is_a_fault,
    row_18_somebody_who_writes_in_between_is_read_and_merged,
    row_19_what_we_wrote_comes_back_and_means_nothing,
    row_23_of_a_thousand_that_are_paged_none_is_passed_over,
    row_24_after_a_month_the_whole_is_compared,
    row_26_keys_of_the_other_environment_are_told_and_everything_waits,
    row_29_a_subscription_that_is_over_has_everything_wait_and_goes_on_by_itself,
    row_30_refusals_in_another_language_are_read_all_the_same,
);
