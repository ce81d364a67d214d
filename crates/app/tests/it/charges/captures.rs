//! Holds: authorized now, captured or let go of later; and what goes back of what was charged.

use serde_json::{Value, json};

use super::{BOTH, charge, id, read};
use crate::support::{Engine, on_both, process::Demo, until};

use super::wallet::{Wallet, start};

/// What the sandbox's filter holds for review.
const HELD: f64 = 4_000.52;

/// A hold of 100.00 on an invoice of that total: the invoice's id and the payment.
async fn hold(demo: &Demo, wallet: &Wallet<'_>, method: &str) -> (String, Value) {
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let body = json!({ "amount": 100, "paymentMethodId": method, "capture": false });
    let held = charge(&demo.admin, &invoice, &body).await.expect(201).json();
    assert_eq!((&held["status"], &held["amountApplied"]), (&json!("Authorized"), &json!(0.0)), "{held}");
    (invoice, held)
}

async fn a_part_of_a_hold_is_captured_and_the_rest_let_go_of(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        let method = wallet.save("98004").await;
        let (invoice, held) = hold(&demo, &wallet, &method).await;
        // What is held is reserved: nobody pays it a second time, and it is no money yet.
        let cheque = json!({ "amount": 1, "method": "Check" });
        let busy = charge(&demo.admin, &invoice, &cheque).await.expect(409);
        assert_eq!(busy.code(), "invoice_payment_in_flight");
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(100.0));
        let refund = demo.admin.post(&format!("/api/payments/{}/refunds", id(&held)), &json!({})).await;
        assert_eq!(refund.expect(409).code(), "payment_wrong_state");
        let path = format!("/api/payments/{}/capture", id(&held));
        let over = demo.admin.post(&path, &json!({ "amount": 100.01 })).await.expect(422);
        assert_eq!(over.code(), "amount_exceeds_authorization");
        let key = [("content-type", "application/json"), ("idempotency-key", "c-1")];
        let body = json!({ "amount": 70 }).to_string();
        let taken = demo.admin.send("POST", &path, &key, Some(body.clone())).await.expect(200);
        let said = taken.json();
        assert_eq!((&said["status"], &said["amount"]), (&json!("Succeeded"), &json!(70.0)), "{said}");
        assert_eq!((&said["authorizedAmount"], &said["amountApplied"]), (&json!(100.0), &json!(70.0)));
        let again = demo.admin.send("POST", &path, &key, Some(body)).await.expect(200);
        assert_eq!((&again.text, again.header("idempotent-replayed")), (&taken.text, "true"));
        let twice = demo.admin.post(&path, &json!({})).await.expect(409);
        assert_eq!(
            (twice.code(), &twice.json()["currentStatus"]),
            ("payment_wrong_state".to_owned(), &json!("Succeeded"))
        );
        let seen = demo.admin.read_invoice(&invoice).await;
        assert_eq!((&seen["status"], &seen["balance"]), (&json!("PartiallyPaid"), &json!(30.0)));
        charge(&demo.admin, &invoice, &json!({ "amount": 30, "method": "Check" })).await.expect(201);
        // What was captured goes back like any other money: undone before it settles.
        let back = demo.admin.post(&format!("/api/payments/{}/refunds", id(&held)), &json!({})).await;
        assert_eq!(back.expect(201).json()["status"], "Voided");
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(70.0));
    }
}

async fn a_hold_is_let_go_of(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        let method = wallet.save("98004").await;
        let (invoice, held) = hold(&demo, &wallet, &method).await;
        // Whoever takes the integration away would leave nobody to capture it with, or to let go of it.
        let gone = demo.admin.delete(&demo.seeded(provider).await).await;
        assert_eq!(gone.expect(409).code(), "integration_in_use");
        let voided = demo.admin.post(&format!("/api/payments/{}/void", id(&held)), &json!({})).await;
        assert_eq!(voided.expect(200).json()["status"], "Voided");
        charge(&demo.admin, &invoice, &json!({ "amount": 100, "method": "Check" })).await.expect(201);
        let rows = wallet.rows().await;
        let row = rows.iter().find(|it| it["reference"] == held["providerReference"]).expect("a row");
        assert!(matches!(row["status"].as_str(), Some("voided" | "reversed")), "{row}");
        assert!(wallet.sales().await.is_empty());
    }
}

async fn a_hold_that_ran_out_is_found_so(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let (invoice, held) = hold(&demo, &wallet, &method).await;
    wallet.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 40 * 86_400 })).await.expect(200);
    until("Expired", async || read(&demo, id(&held)).await["status"] == "Expired").await;
    let late = demo.admin.post(&format!("/api/payments/{}/capture", id(&held)), &json!({})).await;
    assert_eq!(late.expect(409).json()["currentStatus"], "Expired");
    charge(&demo.admin, &invoice, &json!({ "amount": 100, "method": "Check" })).await.expect(201);
}

async fn what_the_merchant_does_with_a_hold_at_the_provider_is_found(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let (invoice, held) = hold(&demo, &wallet, &method).await;
    wallet.capture_elsewhere(held["providerTransactionId"].as_str().expect("an id"), 4_000).await;
    until("Succeeded", async || read(&demo, id(&held)).await["status"] == "Succeeded").await;
    let seen = read(&demo, id(&held)).await;
    assert_eq!((&seen["amount"], &seen["amountApplied"]), (&json!(40.0), &json!(40.0)), "{seen}");
    let timeline = seen["timeline"].as_array().expect("a list");
    assert!(timeline.iter().any(|it| it["type"] == "alert.payment_captured_elsewhere"), "{timeline:?}");
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(60.0));
}

async fn a_charge_that_a_filter_holds_is_a_doubt_until_somebody_decides(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    for (action, status) in [("approve", "Succeeded"), ("decline", "Declined")] {
        // The filter looks at the amount.
        let invoice = demo.admin.invoice(&wallet.customer, HELD).await;
        let lost = charge(&demo.admin, &invoice, &json!({ "amount": HELD, "paymentMethodId": method })).await;
        let payment = lost.expect(504).json()["paymentId"].as_str().expect("a payment").to_owned();
        let seen = read(&demo, &payment).await;
        assert_eq!(
            (&seen["status"], &seen["failure"]["code"]),
            (&json!("Unknown"), &json!("held_for_review"))
        );
        let cheque = json!({ "amount": 1, "method": "Check" });
        assert_eq!(
            charge(&demo.admin, &invoice, &cheque).await.expect(409).code(),
            "invoice_payment_in_flight"
        );
        let reference = seen["providerReference"].clone();
        let row = wallet.rows().await.into_iter().find(|it| it["reference"] == reference).expect("a row");
        wallet.decide(row["id"].as_str().expect("an id"), action).await;
        until(status, async || read(&demo, &payment).await["status"] == status).await;
        let balance = if status == "Succeeded" { 0.0 } else { HELD };
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(balance), "{action}");
    }
}

async fn what_was_charged_goes_back_before_and_after_it_settles(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        let method = wallet.save("98004").await;
        let mut paid = Vec::new();
        for amount in [20.0, 30.0] {
            let invoice = demo.admin.invoice(&wallet.customer, amount).await;
            let body = json!({ "amount": amount, "paymentMethodId": method });
            paid.push(charge(&demo.admin, &invoice, &body).await.expect(201).json());
        }
        let path = |payment: &Value| format!("/api/payments/{}/refunds", id(payment));
        let whole = demo.admin.post(&path(&paid[0]), &json!({})).await.expect(201).json();
        assert_eq!(whole["status"], "Voided", "{provider}");
        let part = demo.admin.post(&path(&paid[1]), &json!({ "amount": 10 })).await.expect(201).json();
        assert_eq!(part["status"], "AwaitingSettlement", "{provider}");
        let busy = demo.admin.post(&format!("/api/payments/{}/void", id(&paid[1])), &json!({})).await;
        assert_eq!(busy.expect(409).code(), "payment_busy", "{provider}");
        wallet.settle().await;
        until("Succeeded", async || read(&demo, id(&paid[1])).await["refunds"][0]["status"] == "Succeeded")
            .await;
        let late = demo.admin.post(&format!("/api/payments/{}/void", id(&paid[1])), &json!({})).await;
        assert_eq!(late.expect(409).json()["currentStatus"], "PartiallyRefunded", "{provider}");
        let rest = demo.admin.post(&path(&paid[1]), &json!({})).await.expect(201).json();
        assert_eq!((&rest["status"], &rest["amount"]), (&json!("Succeeded"), &json!(20.0)), "{provider}");
        let rows = wallet.rows().await;
        let back: Vec<_> = rows.iter().filter(|it| it["kind"] == "refund").collect();
        assert_eq!(back.len(), 2, "{provider}: {back:?}");
    }
}

on_both!(
    a_part_of_a_hold_is_captured_and_the_rest_let_go_of,
    a_hold_is_let_go_of,
    a_hold_that_ran_out_is_found_so,
    what_the_merchant_does_with_a_hold_at_the_provider_is_found,
    a_charge_that_a_filter_holds_is_a_doubt_until_somebody_decides,
    what_was_charged_goes_back_before_and_after_it_settles,
);
