//! Two processes on one database, for one company: nothing is written twice, whichever of them is killed and when.

use std::time::Duration;

use kontor_domain::sync::State;
use kontor_store::sync;
use serde_json::json;

use super::shop::{Shop, line};
use crate::support::{Engine, on_both};

const TOKEN: &str = "POST /oauth2/v1/tokens/bearer";

async fn two_processes_write_everything_once_and_either_may_be_killed(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    let customer = shop.customer("C-1", "Hansa Imports", None).await;
    let mut invoices = Vec::new();
    for round in 0..12_u64 {
        for _ in 0..3 {
            let invoice = shop.invoice(&customer, vec![line("W-1", "1", 700)], 0).await;
            shop.pay(invoice.id, 700).await;
            invoices.push(invoice.id);
        }
        // The token ends in between, and both want another one.
        if round % 4 == 3 {
            shop.clock.pass(3_700);
        }
        let kill =
            |it: u64| Duration::from_millis(if it.is_multiple_of(3) { 5 + it * 7 % 60 } else { 5_000 });
        shop.turn_of_both([kill(round), kill(round + 1)]).await;
    }
    shop.quiet().await;
    for id in &invoices {
        assert_eq!(shop.of("Invoice", &id.to_string()).await.len(), 1, "{id}");
    }
    assert_eq!(shop.objects("Payment").await.len(), invoices.len());
    assert_eq!(shop.counts().await.of(State::Failed), 0);
    // One call for each token that ended: three while both worked, and none was asked for twice.
    let calls = shop.desk.get("/_sim/calls").await.expect(200).json();
    let refused = calls["calls"].as_array().into_iter().flatten();
    let refused = refused.filter(|it| it["operation"] == TOKEN && it["outcome"] == "400").count();
    assert_eq!(refused, 0, "{calls}");
}

async fn a_company_that_another_process_served_a_moment_ago_is_left_to_it(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    shop.handover(Duration::from_secs(61)).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    let customer = shop.customer("C-1", "Hansa Imports", None).await;
    let invoice = shop.invoice(&customer, vec![line("W-1", "1", 700)], 0).await;
    shop.pay(invoice.id, 700).await;
    shop.turn_beside().await;
    assert!(
        shop.link("Invoice", &invoice.id.to_string()).await.is_none(),
        "how often it was asked is known there"
    );
    shop.clock.pass(62);
    shop.turn_beside().await;
    let link = shop.link("Invoice", &invoice.id.to_string()).await.expect("planned");
    assert_eq!(link.state, State::Synced, "{link:?}");
}

async fn who_pauses_has_no_more_than_what_is_under_way_end(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    shop.sell_to_many(40).await;
    // The first thirty customers are on their way.
    shop.fault(json!({ "operation": "POST /v3/company/*/batch", "occurrence": 1, "action": "hold" })).await;
    let pause = async {
        shop.until_held().await;
        shop.pause(true).await;
        shop.desk.post("/_sim/release", &json!({})).await;
    };
    tokio::join!(shop.turn_beside(), pause);
    let counts = shop.counts().await;
    assert_eq!((counts.of(State::Synced), counts.of(State::Sent)), (30, 0), "{counts:?}");
    shop.pause(false).await;
    shop.quiet().await;
    assert_eq!(shop.objects("Payment").await.len(), 40);
}

async fn what_is_to_be_planned_again_is_not_passed_over(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    let mut tx = shop.engine.db.write().await.expect("a transaction");
    let found = sync::get(&mut tx, shop.organization, shop.integration).await.expect("read");
    let state = found.expect("a state");
    let (before, after) = (state.planned, state.planned + 5);
    // One that went on from elsewhere than where it stands, one that did not.
    assert!(!sync::planned(&mut tx, &state, before + 1, after).await.expect("written"));
    assert!(sync::planned(&mut tx, &state, before, after).await.expect("written"));
    sync::plan_again(&mut tx, &state, before).await.expect("written");
    assert!(!sync::planned(&mut tx, &state, after, after + 1).await.expect("written"));
    let found = sync::get(&mut tx, shop.organization, shop.integration).await.expect("read");
    assert_eq!(found.map(|it| it.planned), Some(before));
}

on_both!(
    two_processes_write_everything_once_and_either_may_be_killed,
    a_company_that_another_process_served_a_moment_ago_is_left_to_it,
    who_pauses_has_no_more_than_what_is_under_way_end,
    what_is_to_be_planned_again_is_not_passed_over,
);
