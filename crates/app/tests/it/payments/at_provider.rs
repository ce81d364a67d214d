//! Refunds of card payments: what the provider's own ledger says is what counts.

use serde_json::{Value, json};

use super::{id, read};
use crate::support::{CARD, Engine, judge::judge, on_both, pay, process::Demo, until, way_back};

const CUSTOMER: &str = "CUST-1001";
const TOTAL: f64 = 148.83;

fn start(engine: Engine) -> Demo {
    let quick = [
        ("KONTOR_PAYMENTS__SETTLEMENT_POLL_SECONDS", "1"),
        ("KONTOR_PAYMENTS__NOT_FOUND_AFTER_SECONDS", "1"),
    ];
    Demo::with(engine, &quick)
}

/// The demo's invoice, paid on the page; the payment.
async fn paid(demo: &Demo) -> Value {
    let invoice = demo.text("invoiceId");
    let setup = demo.admin.setup(CUSTOMER, invoice, TOTAL).await.expect(200).json();
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    demo.nobody().get(&way_back(&page).expect("a way back")).await.expect(303);
    read(&demo.admin, setup["paymentId"].as_str().expect("a payment")).await
}

fn path(payment: &Value) -> String {
    format!("/api/payments/{}/refunds", id(payment))
}

/// Two days at the provider: every open batch has settled.
async fn settle(demo: &Demo) {
    demo.simulator().post("/_sim/clock", &json!({ "advanceSeconds": 2 * 86_400 })).await.expect(200);
}

/// The provider's own rows of one kind.
async fn rows(demo: &Demo, kind: &str) -> Vec<Value> {
    let ledger = demo.simulator().get("/_sim/ledger").await.json();
    let all = ledger["transactions"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|it| it["kind"] == kind).collect()
}

/// The payment's only refund, once it is in that state.
async fn until_refund(demo: &Demo, payment: &Value, status: &str) -> Value {
    until(status, async || read(&demo.admin, id(payment)).await["refunds"][0]["status"] == status).await;
    read(&demo.admin, id(payment)).await["refunds"][0].clone()
}

async fn a_whole_payment_that_has_not_settled_is_undone(engine: Engine) {
    let demo = start(engine);
    let payment = paid(&demo).await;
    let made = demo.admin.post(&path(&payment), &json!({ "reason": "Called off" })).await.expect(201).json();
    assert_eq!((&made["status"], &made["amount"]), (&json!("Voided"), &json!(TOTAL)));
    let seen = read(&demo.admin, id(&payment)).await;
    assert_eq!((&seen["status"], &seen["amountRefunded"]), (&json!("Refunded"), &json!(TOTAL)));
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!((&invoice["status"], &invoice["balance"]), (&json!("Issued"), &json!(TOTAL)));
    let sales = rows(&demo, "sale").await;
    assert_eq!((sales.len(), &sales[0]["status"]), (1, &json!("voided")), "{sales:?}");
    assert!(rows(&demo, "refund").await.is_empty());
    // It can be paid again, and that is another payment.
    let again = paid(&demo).await;
    assert_ne!(again["id"], payment["id"]);
    demo.until_invoice(demo.text("invoiceId"), "Paid").await;
}

async fn a_part_waits_for_settlement_and_goes_out_by_itself(engine: Engine) {
    let demo = start(engine);
    let payment = paid(&demo).await;
    let made = demo.admin.post(&path(&payment), &json!({ "amount": 48.83 })).await.expect(201).json();
    assert_eq!(made["status"], "AwaitingSettlement");
    assert_eq!(demo.admin.read_invoice(demo.text("invoiceId")).await["balance"], json!(0.0), "not yet");
    // What waits is held: no more than the rest may go back.
    let over = demo.admin.post(&path(&payment), &json!({ "amount": 100.01 })).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_refundable");
    assert!(rows(&demo, "refund").await.is_empty());
    settle(&demo).await;
    let done = until_refund(&demo, &payment, "Succeeded").await;
    let returns = rows(&demo, "refund").await;
    assert_eq!(returns.len(), 1, "{returns:?}");
    assert_eq!(returns[0]["id"], done["providerTransactionId"]);
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!((&invoice["status"], &invoice["balance"]), (&json!("PartiallyPaid"), &json!(48.83)));
    // The rest has settled: it goes back at once.
    let rest = demo.admin.post(&path(&payment), &json!({})).await.expect(201).json();
    assert_eq!((&rest["status"], &rest["amount"]), (&json!("Succeeded"), &json!(100.0)));
    assert_eq!(read(&demo.admin, id(&payment)).await["status"], "Refunded");
    assert_eq!(rows(&demo, "refund").await.len(), 2);
}

async fn a_lost_answer_is_looked_up_and_nothing_is_sent_twice(engine: Engine) {
    let demo = start(engine);
    let payment = paid(&demo).await;
    settle(&demo).await;
    demo.fault(json!({ "operation": "CreditCardReturn", "occurrence": 1, "action": "cut_after" })).await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = json!({ "amount": 40 }).to_string();
    let path = path(&payment);
    let lost = demo.admin.send("POST", &path, &headers, Some(body.clone())).await.expect(504);
    assert_eq!(lost.code(), "provider_outcome_unknown");
    assert_eq!(lost.json()["paymentId"], payment["id"]);
    assert!(lost.json()["refundId"].is_string(), "{}", lost.text);
    let running = demo.admin.send("POST", &path, &headers, Some(body.clone())).await;
    assert!(matches!(running.status, 201 | 409), "{}", running.text);
    let done = until_refund(&demo, &payment, "Succeeded").await;
    let kept = demo.admin.send("POST", &path, &headers, Some(body.clone())).await.expect(201);
    assert_eq!((&kept.json()["id"], kept.header("idempotent-replayed")), (&done["id"], "true"));
    assert_eq!(rows(&demo, "refund").await.len(), 1, "the money went back once");
    assert_eq!(read(&demo.admin, id(&payment)).await["amountRefunded"], json!(40.0));
}

async fn a_refund_that_never_arrived_ends_failed_and_frees_the_amount(engine: Engine) {
    let demo = start(engine);
    let payment = paid(&demo).await;
    settle(&demo).await;
    demo.fault(json!({ "operation": "CreditCardReturn", "occurrence": 1, "action": "cut_before" })).await;
    let lost = demo.admin.post(&path(&payment), &json!({ "amount": 40 })).await.expect(504);
    assert_eq!(lost.code(), "provider_outcome_unknown");
    let held = demo.admin.post(&path(&payment), &json!({ "amount": 110 })).await.expect(422);
    assert_eq!(held.code(), "amount_exceeds_refundable");
    let failed = until_refund(&demo, &payment, "Failed").await;
    assert!(failed["failure"]["message"].is_string(), "{failed}");
    assert!(rows(&demo, "refund").await.is_empty());
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!((&invoice["status"], &invoice["amountRefunded"]), (&json!("Paid"), &json!(0.0)));
    demo.admin.post(&path(&payment), &json!({})).await.expect(201);
    assert_eq!(rows(&demo, "refund").await.len(), 1);
}

async fn refunds_at_once_give_back_no_more_than_was_paid(engine: Engine) {
    let demo = start(engine);
    let payment = paid(&demo).await;
    settle(&demo).await;
    let mut running = Vec::new();
    for _ in 0..16 {
        let (admin, path) = (demo.admin.clone(), path(&payment));
        running.push(tokio::spawn(async move { admin.post(&path, &json!({ "amount": 40 })).await.status }));
    }
    let mut done = 0;
    for one in running {
        let status = one.await.expect("it ran");
        assert!(matches!(status, 201 | 409 | 422), "{status}");
        done += usize::from(status == 201);
    }
    assert!((1..=3).contains(&done), "{done}");
    assert_eq!(rows(&demo, "refund").await.len(), done, "one row there for each refund here");
    judge(&demo.admin, &demo.line["simulators"], "after refunds at once").await;
}

on_both!(
    a_whole_payment_that_has_not_settled_is_undone,
    a_part_waits_for_settlement_and_goes_out_by_itself,
    a_lost_answer_is_looked_up_and_nothing_is_sent_twice,
    a_refund_that_never_arrived_ends_failed_and_frees_the_amount,
    refunds_at_once_give_back_no_more_than_was_paid,
);
