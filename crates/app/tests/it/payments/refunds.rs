//! Money that goes back, of payments outside any provider.

use serde_json::{Value, json};

use super::{CUSTOMER, cheque, id, read};
use crate::support::{Engine, on_both, process::Demo};

fn path(payment: &Value) -> String {
    format!("/api/payments/{}/refunds", id(payment))
}

async fn a_refund_reopens_the_invoice_unless_it_should_not(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 100.0).await;
    let payment = cheque(&demo, &invoice, 100.0).await;
    let body = json!({ "amount": 30, "reason": "Two bales were wet" });
    let made = demo.admin.post(&path(&payment), &body).await.expect(201).json();
    assert_eq!((&made["status"], &made["amount"]), (&json!("Succeeded"), &json!(30.0)));
    assert_eq!((&made["reopenInvoice"], &made["reason"]), (&json!(true), &json!("Two bales were wet")));
    let after = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&after["status"], &after["balance"]), (&json!("PartiallyPaid"), &json!(30.0)));
    assert_eq!((&after["amountPaid"], &after["amountRefunded"]), (&json!(100.0), &json!(30.0)));
    let body = json!({ "amount": 20, "reopenInvoice": false });
    demo.admin.post(&path(&payment), &body).await.expect(201);
    let after = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&after["balance"], &after["amountRefunded"]), (&json!(30.0), &json!(50.0)));
    let seen = read(&demo.admin, id(&payment)).await;
    assert_eq!((&seen["status"], &seen["amountRefunded"]), (&json!("PartiallyRefunded"), &json!(50.0)));
    assert_eq!(seen["refunds"].as_array().expect("refunds").len(), 2);
    assert_eq!(seen["unappliedAmount"], json!(0.0));
    // The rest, by an empty body.
    demo.admin.send("POST", &path(&payment), &[], None).await.expect(201);
    let seen = read(&demo.admin, id(&payment)).await;
    assert_eq!((&seen["status"], &seen["amountRefunded"]), (&json!("Refunded"), &json!(100.0)));
    let gone = demo.admin.post(&path(&payment), &json!({})).await.expect(409);
    assert_eq!(gone.code(), "payment_wrong_state");
    assert_eq!(gone.json()["currentStatus"], "Refunded");
    let after = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&after["status"], &after["balance"]), (&json!("PartiallyPaid"), &json!(80.0)));
    // What was reopened can be paid again.
    cheque(&demo, &invoice, 80.0).await;
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid");
}

async fn more_than_was_paid_does_not_go_back(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 100.0).await;
    let payment = cheque(&demo, &invoice, 60.0).await;
    let over = demo.admin.post(&path(&payment), &json!({ "amount": 60.01 })).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_refundable");
    let wrong = json!({ "amount": -1, "reason": 7, "reopenInvoice": "yes", "currency": "EUR" });
    let wrong = demo.admin.post(&path(&payment), &wrong).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["amount", "currency", "reason", "reopenInvoice"]);
    demo.caller("Customer", Some(CUSTOMER)).post(&path(&payment), &json!({})).await.expect(403);
    demo.stranger().post(&path(&payment), &json!({})).await.expect(404);
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = json!({ "amount": 10 }).to_string();
    let first = demo.admin.send("POST", &path(&payment), &headers, Some(body.clone())).await.expect(201);
    let again = demo.admin.send("POST", &path(&payment), &headers, Some(body)).await.expect(201);
    assert_eq!((&first.text, again.header("idempotent-replayed")), (&again.text, "true"));
    assert_eq!(read(&demo.admin, id(&payment)).await["amountRefunded"], json!(10.0));
}

async fn refunds_at_once_never_give_back_more_than_was_paid(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 100.0).await;
    let payment = cheque(&demo, &invoice, 100.0).await;
    let mut running = Vec::new();
    for _ in 0..16 {
        let (admin, path) = (demo.admin.clone(), path(&payment));
        running.push(tokio::spawn(async move { admin.post(&path, &json!({ "amount": 30 })).await.status }));
    }
    let mut done = 0;
    for one in running {
        let status = one.await.expect("it ran");
        assert!(matches!(status, 201 | 409 | 422), "{status}");
        done += u32::from(status == 201);
    }
    assert!((1..=3).contains(&done), "{done}");
    let given = f64::from(done) * 30.0;
    assert_eq!(read(&demo.admin, id(&payment)).await["amountRefunded"], json!(given));
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(given));
}

on_both!(
    a_refund_reopens_the_invoice_unless_it_should_not,
    more_than_was_paid_does_not_go_back,
    refunds_at_once_never_give_back_more_than_was_paid,
);
