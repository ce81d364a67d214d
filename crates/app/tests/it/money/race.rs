//! Many pay one invoice at the same moment, each in another way. It is paid once, and the rest are told why.

use serde_json::{Value, json};

use super::{
    rows::{self, Subject},
    world::World,
};
use crate::support::{Answer, Caller, Engine, judge::list, on_both};

/// How many at once.
const MANY: usize = 64;
/// How often: who comes first differs each time.
const ROUNDS: usize = 4;

/// A request of one of them.
#[derive(Clone)]
struct Try {
    what: &'static str,
    method: &'static str,
    path: String,
    kind: &'static str,
    body: String,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The ways to pay that there are, each under way already where it needs a page.
async fn ways(world: &World, subject: &Subject) -> Vec<Try> {
    let query = subject.back.split_once('?').map(|it| it.1.to_owned()).unwrap_or_default();
    let callback = "/api/payments/worldpay/callback".to_owned();
    let offline = json!({ "amount": rows::TOTAL, "method": "Wire" }).to_string();
    let mut cards = Vec::new();
    for provider in ["AuthorizeNet", "WorldPay"] {
        let method = world.card(provider).await;
        let body = json!({ "amount": rows::TOTAL, "paymentMethodId": method }).to_string();
        cards.push(Try { what: "card", method: "POST", path: rows::offline(subject), kind: JSON, body });
    }
    let mut ways = vec![
        Try { what: "browser", method: "GET", path: subject.back.clone(), kind: JSON, body: String::new() },
        Try { what: "callback", method: "POST", path: callback, kind: FORM, body: query },
        Try { what: "offline", method: "POST", path: rows::offline(subject), kind: JSON, body: offline },
        Try {
            what: "page",
            method: "POST",
            path: rows::SETUP.to_owned(),
            kind: JSON,
            body: rows::order(subject).to_string(),
        },
    ];
    ways.extend(cards);
    ways
}

async fn send(caller: Caller, it: Try) -> (Try, Answer) {
    let body = (it.method == "POST").then(|| it.body.clone());
    let answer = caller.send(it.method, &it.path, &[("content-type", it.kind)], body).await;
    (it, answer)
}

/// Whether what somebody was told is an answer to why it did not pay, or that it did.
fn is_told(it: &Try, answer: &Answer) -> bool {
    let code = || answer.code();
    match (it.what, answer.status) {
        ("browser", 303) | ("callback" | "page", 200) | ("offline" | "card", 201) => true,
        ("offline" | "page" | "card", 409) => {
            ["invoice_not_payable", "invoice_payment_in_flight"].contains(&code().as_str())
        }
        ("offline" | "page" | "card", 422) => code() == "amount_exceeds_balance",
        _ => false,
    }
}

async fn round(world: &World, at: usize) {
    let subject = rows::page_paid(world).await;
    let ways = ways(world, &subject).await;
    let mut running = tokio::task::JoinSet::new();
    for place in 0..MANY {
        // Another way begins each time.
        let Some(it) = ways.get((place + at) % ways.len()) else { continue };
        running.spawn(send(world.admin.clone(), it.clone()));
    }
    let mut others = Vec::new();
    while let Some(done) = running.join_next().await {
        let (it, answer) = done.expect("it ran");
        assert!(is_told(&it, &answer), "{}: {} {}", it.what, answer.status, answer.text);
        if answer.status == 201 {
            others.push(answer.json()["id"].as_str().expect("an id").to_owned());
        }
    }
    assert!(others.len() <= 1, "payments beside the page's were taken for one invoice: {others:?}");
    let paid = async || Ok(world.admin.read_invoice(&subject.invoice).await["status"] == "Paid");
    world.until("Paid", paid).await.expect("a server");
    world.settle(&format!("round {at}")).await;
    let invoice: Value = world.admin.read_invoice(&subject.invoice).await;
    assert_eq!(list(&invoice, "payments").len(), 1, "{invoice}");
    assert_eq!(invoice["amountPaid"], json!(rows::TOTAL), "{invoice}");
    // What the customer paid on the page is not lost, whoever came first: a charge that was under way when the page's
    // money was recorded may be the one that comes too late. One lies on the invoice, the other is the customer's credit.
    let read = async |id: &str| world.admin.get(&format!("/api/payments/{id}")).await.expect(200).json();
    let mut all = vec![read(&subject.payment).await];
    for id in &others {
        all.push(read(id).await);
    }
    let whole = json!(rows::TOTAL);
    let lies =
        |place: &str| all.iter().filter(|it| it["status"] == "Succeeded" && it[place] == whole).count();
    assert_eq!((lies("amountApplied"), lies("unappliedAmount")), (1, others.len()), "{all:?}");
}

async fn sixty_four_pay_one_invoice_at_once_and_it_is_paid_once(engine: Engine) {
    let world = World::start(engine).await;
    for at in 0..ROUNDS {
        round(&world, at).await;
    }
    world.check_house().await;
}

on_both!(sixty_four_pay_one_invoice_at_once_and_it_is_paid_once);
