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
    publish(&shop).await;
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

/// What Intuit publishes; counted, and refused where it is more.
async fn publish(shop: &Shop) {
    let limits = json!({ "perMinute": 500, "perSecond": 10, "batchesPerMinute": 40, "concurrent": 10 });
    shop.desk.post("/_sim/quickbooks/limits", &limits).await.expect(200);
    shop.desk.delete("/_sim/quickbooks/limits").await;
}

/// How many more companies there are beside the largest, and how many paid invoices each of them has.
const MORE: u64 = 49;
const EACH: usize = 6;

/// The largest has more to write than it may in a minute. The others do not wait for it, and nobody is asked too often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_companies_at_once_are_each_kept_to_their_own_limits() {
    let mut shop = Shop::start(Engine::Sqlite).await;
    shop.open(&[("IncomeAccount", "79")]).await;
    publish(&shop).await;
    let largest = shop.integration;
    shop.sell_to_many(500).await;
    let realms: Vec<String> = (0..MORE).map(|it| (9_341_453_474_490_001 + it).to_string()).collect();
    for realm in &realms {
        shop.open_beside(realm, &[("IncomeAccount", "79")]).await;
        shop.sell_to_many(EACH).await;
    }
    shop.clock.step(500);
    let stands = |shop: &Shop, of: &str| {
        let of = format!("integration_id {of} '{largest}'");
        let synced = format!("SELECT COUNT(*) FROM sync_links WHERE state = 'Synced' AND {of}");
        usize::try_from(shop.database.count(&synced)).expect("few")
    };
    let (mut largest_had, all_of_the_others) = (None, realms.len() * (3 * EACH + 1));
    let began = shop.clock.look();
    for _ in 0..500 {
        shop.turn().await;
        let (own, others) = (stands(&shop, "="), stands(&shop, "<>"));
        if others == all_of_the_others {
            largest_had.get_or_insert(own);
            if own == 1_501 {
                break;
            }
        }
        shop.clock.pass(1);
    }
    let seconds = shop.clock.look().duration_since(began).as_secs_f64();
    assert_eq!((stands(&shop, "="), stands(&shop, "<>")), (1_501, all_of_the_others));
    println!("{seconds:.0} s of the simulators'; the largest had {largest_had:?} when all others were done");
    assert!(largest_had.is_some_and(|it| it < 1_501), "the others waited for the largest");
    let limits = shop.desk.get("/_sim/quickbooks/limits").await.expect(200).json();
    let companies = limits["companies"].as_object().expect("companies");
    assert_eq!(companies.len(), 50);
    for (realm, company) in companies {
        assert_eq!(company["refused"], json!({}), "{realm}: {company}");
    }
    for realm in &realms {
        assert_eq!(shop.objects_of(realm, "Invoice").await.len(), EACH, "{realm}");
        assert_eq!(shop.objects_of(realm, "Payment").await.len(), EACH, "{realm}");
    }
    assert_eq!(shop.objects("Invoice").await.len(), 500);
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
