//! Both sides are changed by chance, calls fail by chance, the process is killed by chance; then it is quiet, and both
//! sides agree, object by object and cent by cent. A seed tells the whole story again.

use std::time::Duration;

use kontor_domain::{
    customers::Customer,
    ids::{InvoiceId, PaymentId},
    invoices::Status,
    sync::State,
};
use kontor_store::sync::inbox;
use serde_json::{Value, json};

use super::{
    cents,
    shop::{Shop, line},
};
use crate::support::Engine;

/// Chance that a seed decides (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most).expect("small")).expect("small")
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

/// What happened in one seed.
struct Story {
    chance: Chance,
    told: Vec<String>,
    customers: Vec<Customer>,
    invoices: Vec<InvoiceId>,
    payments: Vec<(PaymentId, InvoiceId)>,
    number: usize,
}

const FAULTS: [&str; 6] = ["cut_before", "cut_after", "truncate", "status", "throttle", "body"];

impl Story {
    fn tell(&mut self, what: String) {
        self.told.push(what);
    }

    async fn local(&mut self, shop: &Shop) {
        match self.chance.below(8) {
            0 => {
                self.number += 1;
                let names = ["Hansa", "Gotland Trade", "Hansa", "Norrland Tools"];
                let name = *self.chance.of(&names).expect("a name");
                let mail = format!("c{}@example.com", self.number);
                let mail = (self.chance.below(3) > 0).then_some(mail.as_str());
                let made = shop.customer(&format!("C-{}", self.number), name, mail).await;
                self.tell(format!("customer {} {name}", made.customer_number));
                self.customers.push(made);
            }
            1..=3 => self.sell(shop).await,
            4 => {
                let Some(id) = self.chance.of(&self.invoices).copied() else { return };
                let invoice = shop.read(id).await;
                let open = invoice.standing().balance().expect("a balance").minor();
                if !invoice.status.is_payable() || open == 0 {
                    return;
                }
                let part = if open > 1 && self.chance.below(2) == 0 { open / 2 } else { open };
                let paid = shop.pay(id, part).await;
                self.tell(format!("paid {part} of {}", invoice.invoice_number));
                self.payments.push((paid.id, id));
            }
            5 => {
                let Some((payment, invoice)) = self.chance.of(&self.payments).copied() else { return };
                if self.payments.iter().any(|(it, _)| *it == payment) {
                    self.payments.retain(|(it, _)| *it != payment);
                    let reopen = self.chance.below(2) == 0;
                    let amount = shop.paid(payment).await;
                    let part = if self.chance.below(2) == 0 { amount } else { (amount / 3).max(1) };
                    shop.refund(payment, part, reopen).await;
                    self.tell(format!("refund {part} of {invoice}, reopen {reopen}"));
                }
            }
            6 => {
                let Some((payment, invoice)) = self.chance.of(&self.payments).copied() else { return };
                self.payments.retain(|(it, _)| *it != payment);
                shop.void(payment).await;
                self.tell(format!("void of a payment of {invoice}"));
            }
            _ => {
                let Some(customer) = self.chance.of(&self.customers).cloned() else { return };
                let phone = format!("+1 555 {:04}", self.chance.below(10_000));
                self.tell(format!("phone of {} is {phone}", customer.customer_number));
                shop.change(&customer.customer_number, |it| it.company_phone = Some(phone)).await;
            }
        }
    }

    async fn sell(&mut self, shop: &Shop) {
        let Some(customer) = self.chance.of(&self.customers).cloned() else { return };
        let mut lines = vec![line(["W-1", "W-2", "W-3"][self.chance.below(3)], "3", 333)];
        if self.chance.below(2) == 0 {
            let mut more = line("W-9", "1.5", 1_099);
            more.discount = i64::try_from(self.chance.below(300)).expect("small");
            lines.push(more);
        }
        let tax = i64::try_from(self.chance.below(200)).expect("small");
        let invoice = shop.invoice(&customer, lines, tax).await;
        self.tell(format!("invoice {} of {}", invoice.invoice_number, invoice.totals.total));
        if self.chance.below(3) > 0 {
            let paid = shop.pay(invoice.id, invoice.totals.total.minor()).await;
            self.payments.push((paid.id, invoice.id));
        }
        self.invoices.push(invoice.id);
    }

    async fn remote(&mut self, shop: &Shop) {
        match self.chance.below(6) {
            0 => {
                let all = shop.objects("Customer").await;
                let Some(it) = self.chance.of(&all) else { return };
                let phone = format!("({:03}) 555-0000", self.chance.below(1_000));
                let object = json!({ "Id": it["Id"], "PrimaryPhone": { "FreeFormNumber": phone } });
                shop.bookkeeper("Customer", json!({ "operation": "save", "object": object })).await;
                self.tell(format!("there: phone of {} is {phone}", it["DisplayName"]));
            }
            1 | 2 => {
                let all = shop.objects("Invoice").await;
                let open: Vec<&Value> = all.iter().filter(|it| it["Balance"].as_f64() > Some(0.0)).collect();
                let Some(it) = self.chance.of(&open) else { return };
                let object = json!({
                    "CustomerRef": it["CustomerRef"], "TotalAmt": it["Balance"],
                    "Line": [{ "Amount": it["Balance"], "LinkedTxn": [{ "TxnId": it["Id"], "TxnType": "Invoice" }] }],
                });
                shop.bookkeeper("Payment", json!({ "operation": "save", "object": object })).await;
                self.tell(format!("there: a payment of {} for {}", it["Balance"], it["DocNumber"]));
            }
            3 => {
                let kind = ["Invoice", "Payment"][self.chance.below(2)];
                let all = shop.objects(kind).await;
                let Some(it) = self.chance.of(&all) else { return };
                let object = json!({ "Id": it["Id"] });
                let done = shop.try_bookkeeper(kind, json!({ "operation": "void", "object": object })).await;
                self.tell(format!("there: void of {kind} {}: {done}", it["Id"]));
            }
            4 => {
                let all = shop.objects("Payment").await;
                let Some(it) = self.chance.of(&all) else { return };
                let object = json!({ "Id": it["Id"] });
                let done =
                    shop.try_bookkeeper("Payment", json!({ "operation": "delete", "object": object })).await;
                self.tell(format!("there: payment {} is deleted: {done}", it["Id"]));
            }
            _ => {
                let body = json!({ "operation": "save", "object": { "DisplayName": "Hansa" } });
                let done = shop.try_bookkeeper("Vendor", body).await;
                self.tell(format!("there: a vendor called Hansa: {done}"));
            }
        }
    }

    async fn fault(&mut self, shop: &Shop) {
        let operation = *self
            .chance
            .of(&["POST /v3/company/*", "GET /v3/company/*", "* /v3/company/*", "POST /oauth2/*", "*batch*"])
            .expect("one");
        let action = *self.chance.of(&FAULTS).expect("one");
        let mut fault =
            json!({ "operation": operation, "occurrence": 1 + self.chance.below(3), "action": action });
        match action {
            "status" => fault["status"] = json!([500, 502, 503][self.chance.below(3)]),
            "throttle" => {
                fault["action"] = json!("status");
                fault["status"] = json!(429);
            }
            "body" => fault["body"] = json!("<html>not now</html>"),
            _ => {}
        }
        self.tell(format!("fault {fault}"));
        shop.fault(fault).await;
    }

    /// A notice of something, true or not, as often as it likes.
    async fn notice(&mut self, shop: &Shop) {
        let kind = ["Customer", "Invoice", "Payment", "Item"][self.chance.below(4)];
        let id = self.chance.below(160).to_string();
        let mut tx = shop.engine.db.write().await.expect("a transaction");
        let now = shop.engine.ambient.now();
        inbox::notice(&mut tx, shop.organization, shop.integration, (kind, &id, None), now)
            .await
            .expect("noticed");
        tx.commit().await.expect("written");
        self.tell(format!("notice of {kind} {id}"));
    }

    async fn step(&mut self, shop: &mut Shop) {
        match self.chance.below(20) {
            0..=8 => self.local(shop).await,
            9..=11 => self.remote(shop).await,
            12 | 13 => self.fault(shop).await,
            14 => self.notice(shop).await,
            15 => {
                let seconds = [90, 4_000, 90_000][self.chance.below(3)];
                shop.clock.pass(seconds);
                self.tell(format!("{seconds} s pass"));
            }
            16 => {
                let micros = 200 + self.chance.below(40_000);
                self.tell(format!("killed after {micros} µs"));
                shop.turn_killed(Duration::from_micros(u64::try_from(micros).expect("small"))).await;
            }
            _ => {
                self.tell("turn".to_owned());
                shop.turn().await;
            }
        }
    }
}

/// What stands there of ours is what it is here, or is shown to differ; and nothing stands there twice.
pub(super) async fn check(shop: &Shop, told: &[String], invoices: &[InvoiceId]) {
    let links = shop.all().await;
    let say = || format!("{told:#?}\n{links:#?}");
    for kind in ["Invoice", "Payment", "Estimate", "RefundReceipt", "CreditMemo"] {
        let mut keys: Vec<String> = Vec::new();
        for it in shop.objects(kind).await {
            let note = it["PrivateNote"].as_str().unwrap_or_default().to_owned();
            if let Some((_, key)) = note.split_once("kontor:") {
                keys.push(key.to_owned());
            }
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "a {kind} stands there twice: {}", say());
    }
    for link in links.iter().filter(|it| it.kind == "Invoice" && it.state == State::Synced) {
        let Some(remote) = &link.remote_id else { continue };
        let all = shop.objects("Invoice").await;
        let there =
            all.iter().find(|it| it["Id"] == **remote).unwrap_or_else(|| panic!("{link:?}: {}", say()));
        let here = shop.read(link.local_id.parse().expect("an invoice")).await;
        if link.difference.is_some() {
            continue;
        }
        assert_eq!(cents(&there["TotalAmt"]), here.totals.total.minor(), "{link:?}: {}", say());
        let balance = here.standing().balance().expect("a balance").minor();
        assert_eq!(cents(&there["Balance"]), balance, "the balance of {link:?}: {}", say());
    }
    for invoice in invoices {
        let here = shop.read(*invoice).await;
        let link = links.iter().find(|it| it.kind == "Invoice" && it.local_id == invoice.to_string());
        assert!(link.is_some() || here.status != Status::Paid, "a paid one is not there: {}", say());
    }
    let stuck = |it: &&kontor_store::sync::links::Link| it.state == State::Failed;
    for link in links.iter().filter(stuck) {
        let failure = link.failure.as_ref().expect("a reason");
        assert!(
            ["locked", "validation", "business"].contains(&failure.code.as_str()),
            "{failure:?}: {}",
            say()
        );
    }
}

async fn seeds(engine: Engine, from: u64, how_many: u64) {
    let mut shop = Shop::start(engine).await;
    for seed in from..from + how_many {
        let mut chance = Chance(seed);
        let when = ["Paid", "Issued"][chance.below(2)];
        shop.open(&[("IncomeAccount", "79"), ("InvoicesWhen", when), ("RefundFrom", "35")]).await;
        let mut story = Story {
            chance,
            told: vec![when.to_owned()],
            customers: Vec::new(),
            invoices: Vec::new(),
            payments: Vec::new(),
            number: 0,
        };
        for _ in 0..2 {
            story.number += 1;
            let number = format!("C-{}", story.number);
            story.customers.push(shop.customer(&number, &format!("Customer {number}"), None).await);
        }
        for _ in 0..16 {
            story.step(&mut shop).await;
        }
        shop.quiet().await;
        check(&shop, &story.told, &story.invoices).await;
        let links = shop.all().await;
        let of = |state: State| links.iter().filter(|it| it.state == state).count();
        let different = links.iter().filter(|it| it.difference.is_some()).count();
        println!(
            "seed {seed}: {} steps, {} in step, {} gone, {} failed, {different} shown to differ",
            story.told.len(),
            of(State::Synced),
            of(State::Gone),
            of(State::Failed)
        );
    }
    shop.stop().await;
}

/// So many seeds at once; a longer run names another one to begin with, and how many times as many.
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for in the environment")]
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

macro_rules! parts {
    ($($name:ident = $engine:ident, $from:literal, $seeds:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let from = asked("KONTOR_TEST_CHAOS_SEED", 0) + $from;
            seeds(Engine::$engine, from, $seeds * asked("KONTOR_TEST_CHAOS_ROUNDS", 1)).await;
        }
    )*};
}

// Five hundred seeds, in parts that run side by side.
parts! {
    sqlite_1 = Sqlite, 1, 25;
    sqlite_2 = Sqlite, 1_000_001, 25;
    sqlite_3 = Sqlite, 2_000_001, 25;
    sqlite_4 = Sqlite, 3_000_001, 25;
    sqlite_5 = Sqlite, 4_000_001, 25;
    sqlite_6 = Sqlite, 5_000_001, 25;
    sqlite_7 = Sqlite, 6_000_001, 25;
    sqlite_8 = Sqlite, 7_000_001, 25;
    sqlite_9 = Sqlite, 8_000_001, 25;
    sqlite_10 = Sqlite, 9_000_001, 25;
    sqlite_11 = Sqlite, 10_000_001, 25;
    sqlite_12 = Sqlite, 11_000_001, 25;
    sqlite_13 = Sqlite, 12_000_001, 25;
    sqlite_14 = Sqlite, 13_000_001, 25;
    sqlite_15 = Sqlite, 14_000_001, 25;
    sqlite_16 = Sqlite, 15_000_001, 25;
    postgres_1 = Postgres, 16_000_001, 10;
    postgres_2 = Postgres, 17_000_001, 10;
    postgres_3 = Postgres, 18_000_001, 10;
    postgres_4 = Postgres, 19_000_001, 10;
    postgres_5 = Postgres, 20_000_001, 10;
    postgres_6 = Postgres, 21_000_001, 10;
    postgres_7 = Postgres, 22_000_001, 10;
    postgres_8 = Postgres, 23_000_001, 10;
    postgres_9 = Postgres, 24_000_001, 10;
    postgres_10 = Postgres, 25_000_001, 10;
}
