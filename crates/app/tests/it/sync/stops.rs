//! One story that passes every point of sync, told once for each of them: whoever comes there is killed, another process
//! takes its place, and in the end both sides agree.

use std::collections::BTreeSet;

use kontor_domain::ids::InvoiceId;
use kontor_store::crash::{self, held};
use serde_json::json;

use super::{
    convergence::check,
    shop::{Shop, line},
};
use crate::support::Engine;

impl Shop {
    /// A turn in which somebody may come to the point where they are killed.
    async fn turn_to_the_point(&mut self) {
        if held::was_reached() {
            return self.turn().await;
        }
        tokio::select! {
            () = self.turn() => return,
            () = held::reached() => {}
        }
        self.killed();
        self.turn().await;
    }

    /// The same after a while in which nobody did anything.
    async fn later(&mut self) {
        self.clock.pass(200);
        self.turn_to_the_point().await;
    }
}

/// What happens on both sides; the invoices that were made.
async fn tell(shop: &mut Shop) -> Vec<InvoiceId> {
    shop.open_quietly(&[("IncomeAccount", "79"), ("InvoicesWhen", "Issued"), ("RefundFrom", "35")]).await;
    shop.turn_to_the_point().await;
    // A name that a vendor has, and one that another customer of the same address has.
    let vendor = json!({ "operation": "save", "object": { "DisplayName": "Hansa" } });
    assert!(shop.try_bookkeeper("Vendor", vendor).await);
    let hansa = shop.customer("C-1", "Hansa", None).await;
    let mut invoices = Vec::new();
    let first = shop.invoice(&hansa, vec![line("W-1", "2", 1_000), line("W-2", "1", 350)], 0).await;
    invoices.push(first.id);
    let paid = shop.pay(first.id, 1_000).await;
    shop.turn_to_the_point().await;
    // Written there, and nobody heard of it.
    shop.fault(json!({ "operation": "POST /v3/company/*", "occurrence": 1, "action": "cut_after" })).await;
    let second = shop.invoice(&hansa, vec![line("W-1", "3", 1_000)], 0).await;
    invoices.push(second.id);
    shop.turn_to_the_point().await;
    shop.desk.delete("/_sim/faults").await;
    shop.later().await;
    shop.later().await;
    // What a bookkeeper does: a phone number, and a payment.
    let customers = shop.objects("Customer").await;
    let there =
        customers.iter().find(|it| it["DisplayName"].as_str().is_some_and(|it| it.starts_with("Hansa")));
    if let Some(there) = there {
        let object = json!({ "Id": there["Id"], "PrimaryPhone": { "FreeFormNumber": "(555) 555-0111" } });
        shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
        // Here its address changes at the same time.
        shop.change("C-1", |it| it.company_email = Some("trade@example.com".to_owned())).await;
    }
    if let Some(there) = shop.of("Invoice", &second.id.to_string()).await.first() {
        let object = json!({
            "CustomerRef": there["CustomerRef"], "TotalAmt": there["Balance"],
            "Line": [{ "Amount": there["Balance"], "LinkedTxn": [{ "TxnId": there["Id"], "TxnType": "Invoice" }] }],
        });
        shop.bookkeeper("Payment", json!({ "operation": "save", "object": object })).await;
    }
    shop.later().await;
    // What was paid goes back, and is paid again.
    shop.refund(paid.id, 400, true).await;
    shop.pay(first.id, 1_750).await;
    shop.turn_to_the_point().await;
    // The subscription ends, and begins again.
    shop.switch(json!({ "subscriptionEnded": true })).await;
    shop.change("C-1", |it| it.company_email = Some("hansa@example.com".to_owned())).await;
    shop.later().await;
    shop.switch(json!({ "subscriptionEnded": false })).await;
    for _ in 0..3 {
        shop.clock.pass(4_000);
        shop.turn_to_the_point().await;
    }
    shop.everything(None).await;
    shop.later().await;
    shop.later().await;
    invoices
}

/// Both sides agree, and nothing stands there twice.
async fn agree(shop: &mut Shop, when: &str, invoices: &[InvoiceId]) {
    shop.quiet().await;
    check(shop, &[when.to_owned()], invoices).await;
    let links = shop.all().await;
    assert!(links.iter().all(|it| it.difference.is_none()), "{when}: {links:#?}");
    for invoice in invoices {
        assert_eq!(shop.of("Invoice", &invoice.to_string()).await.len(), 1, "{when}: {links:#?}");
    }
}

/// The points of sync that one part of so many is about.
fn points(part: usize, of: usize) -> Vec<String> {
    let all = crash::names().into_iter().filter(|it| it.starts_with("sync."));
    // Two names follow each other for one place: parts take turns in which side is theirs.
    all.enumerate().filter(|(at, _)| (at / 2 + at % 2 * of / 2) % of == part).map(|(_, it)| it).collect()
}

#[test]
fn every_point_is_of_one_part() {
    let mut all: Vec<String> = (0..PARTS).flat_map(|it| points(it, PARTS)).collect();
    let (how_many, listed) = (all.len(), crash::names().iter().filter(|it| it.starts_with("sync.")).count());
    all.sort();
    all.dedup();
    assert_eq!((all.len(), how_many), (listed, listed));
}

async fn killed_at_each(engine: Engine, part: usize) {
    let mut shop = Shop::start(engine).await;
    held::hold(None);
    let invoices = tell(&mut shop).await;
    let passed: BTreeSet<String> = held::passed().into_iter().collect();
    agree(&mut shop, "undisturbed", &invoices).await;
    let points = points(part, PARTS);
    let never: Vec<&String> = points.iter().filter(|it| !passed.contains(*it)).collect();
    assert!(never.is_empty(), "the story does not come to {never:?}");
    for point in &points {
        held::hold(Some(point));
        let invoices = tell(&mut shop).await;
        assert!(held::was_reached(), "nobody came to {point}");
        held::hold(None);
        agree(&mut shop, point, &invoices).await;
    }
    println!("{engine:?}: killed at {points:?}");
    shop.stop().await;
}

/// So many tests share the points: each is tried on one of the two engines.
const PARTS: usize = 4;

macro_rules! parts {
    ($($name:ident = $engine:ident, $part:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            killed_at_each(Engine::$engine, $part).await;
        }
    )*};
}

parts! {
    sqlite_1 = Sqlite, 0;
    sqlite_2 = Sqlite, 2;
    postgres_1 = Postgres, 1;
    postgres_2 = Postgres, 3;
}
