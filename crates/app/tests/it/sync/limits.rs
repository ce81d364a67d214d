//! As much as the books allow, and never more: measured by the simulator's clock.

use kontor_domain::sync::State;
use serde_json::{Value, json};

use super::shop::{REALM, Shop};
use crate::support::Engine;

/// A thousand invoices, each of a customer of its own and paid: three thousand things to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_paid_invoices_go_as_fast_as_the_limits_allow() {
    let mut shop = Shop::start(Engine::Sqlite).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    // What Intuit publishes; counted, and refused where it is more.
    let limits = json!({ "perMinute": 500, "perSecond": 10, "batchesPerMinute": 40, "concurrent": 10 });
    shop.desk.post("/_sim/quickbooks/limits", &limits).await.expect(200);
    shop.desk.delete("/_sim/quickbooks/limits").await;
    shop.sell_to_many(1_000).await;
    shop.clock.step(500);
    let began = shop.clock.look();
    for _ in 0..2_000 {
        shop.turn().await;
        if shop.counts().await.of(State::Synced) >= 3_001 {
            break;
        }
        shop.clock.pass(1);
    }
    let seconds = shop.clock.look().duration_since(began).as_secs_f64();
    assert_eq!(shop.counts().await.of(State::Synced), 3_001);
    let limits = shop.desk.get("/_sim/quickbooks/limits").await.expect(200).json();
    let company = &limits["companies"][REALM];
    assert_eq!(company["refused"], json!({}), "{company}");
    // Forty batches of thirty in a minute is what is allowed.
    let share = 3_000.0 / seconds / (1_200.0 / 60.0);
    println!("3000 writes in {seconds:.0} s of the simulator's: {share:.2} of what is allowed; {company}");
    assert!(share >= 0.9, "{share:.2} of what is allowed, in {seconds:.0} s: {company}");
    for kind in ["Invoice", "Payment"] {
        assert_eq!(shop.objects(kind).await.len(), 1_000);
    }
}

/// An hour in which nothing happens costs one question for each interval.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_rests_asks_once_an_interval() {
    let mut shop = Shop::start(Engine::Sqlite).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    shop.quiet().await;
    let before = calls(&shop).await;
    // The interval is a minute here.
    for _ in 0..60 {
        shop.clock.pass(10);
        shop.turn().await;
    }
    let after = calls(&shop).await;
    let of = |all: &Value, name: &str| all[name].as_u64().unwrap_or(0);
    let total =
        |all: &Value| all.as_object().into_iter().flatten().filter_map(|(_, it)| it.as_u64()).sum::<u64>();
    let changes = format!("GET /v3/company/{REALM}/cdc");
    let asked = of(&after, &changes) - of(&before, &changes);
    assert_eq!(total(&after) - total(&before), asked, "{after}");
    assert!((5..=12).contains(&asked), "{asked} questions in ten minutes");
}

async fn calls(shop: &Shop) -> Value {
    shop.desk.get("/_sim/calls").await.expect(200).json()["counts"].clone()
}
