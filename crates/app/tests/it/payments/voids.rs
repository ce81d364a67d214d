//! Voids: a payment comes out of its invoices, and is undone at its provider before it settles.

use serde_json::{Value, json};

use super::{CUSTOMER, cheque, credit, id, read};
use crate::support::{CARD, Engine, on_both, pay, process::Demo, until, way_back};

fn start(engine: Engine) -> Demo {
    Demo::with(engine, &[("KONTOR_PAYMENTS__NOT_FOUND_AFTER_SECONDS", "1")])
}

fn path(payment: &Value) -> String {
    format!("/api/payments/{}/void", id(payment))
}

/// An invoice that was paid on the page: its id and the payment.
async fn paid(demo: &Demo, total: f64) -> (String, Value) {
    let invoice = demo.admin.invoice(CUSTOMER, total).await;
    let setup = demo.admin.setup(CUSTOMER, &invoice, total).await.expect(200).json();
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    demo.nobody().get(&way_back(&page).expect("a way back")).await.expect(303);
    let payment = read(&demo.admin, setup["paymentId"].as_str().expect("a payment")).await;
    (invoice, payment)
}

/// The provider's rows that stand, and those that were undone.
async fn sales(demo: &Demo) -> (usize, usize) {
    let ledger = demo.simulator().get("/_sim/ledger").await.json();
    let all = ledger["transactions"].as_array().cloned().unwrap_or_default();
    let count = |status: &str| all.iter().filter(|it| it["kind"] == "sale" && it["status"] == status).count();
    (count("approved"), count("voided"))
}

async fn a_cheque_that_bounced_comes_out_of_its_invoice(engine: Engine) {
    let demo = start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 100.0).await;
    let first = cheque(&demo, &invoice, 60.0).await;
    let second = cheque(&demo, &invoice, 40.0).await;
    let voided = demo.admin.post(&path(&first), &json!({})).await.expect(200).json();
    assert_eq!((&voided["status"], &voided["amountApplied"]), (&json!("Voided"), &json!(0.0)));
    assert_eq!((&voided["applications"], &voided["unappliedAmount"]), (&json!([]), &json!(0.0)));
    let seen = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&seen["status"], &seen["balance"]), (&json!("PartiallyPaid"), &json!(60.0)));
    assert_eq!((&seen["amountPaid"], &seen["amountRefunded"]), (&json!(40.0), &json!(0.0)));
    assert_eq!(seen["payments"].as_array().map(Vec::len), Some(1));
    let again = demo.admin.post(&path(&first), &json!({})).await.expect(409);
    assert_eq!(
        (again.code(), &again.json()["currentStatus"]),
        ("payment_wrong_state".to_owned(), &json!("Voided"))
    );
    // Nothing is left of it to give back, or to lay anywhere.
    demo.admin.post(&format!("/api/payments/{}/refunds", id(&first)), &json!({})).await.expect(409);
    demo.admin.post(&path(&second), &json!({})).await.expect(200);
    let seen = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&seen["status"], &seen["balance"]), (&json!("Issued"), &json!(100.0)));
    // Rows were added and none was taken away.
    for table in ["payment_applications", "application_reversals"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE invoice_id = '{invoice}'");
        assert_eq!(demo.database.count(&sql), 2, "{table}");
    }
    let timeline = read(&demo.admin, id(&first)).await["timeline"].clone();
    let kinds: Vec<_> = timeline.as_array().expect("a list").iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds, ["payment.succeeded", "payment.voided"]);
}

async fn a_payment_on_the_page_is_undone_at_the_provider_until_it_settles(engine: Engine) {
    let demo = start(engine);
    let (invoice, payment) = paid(&demo, 20.0).await;
    let key = [("content-type", "application/json"), ("idempotency-key", "v-1")];
    let voided = demo.admin.send("POST", &path(&payment), &key, Some("{}".to_owned())).await.expect(200);
    assert_eq!(voided.json()["status"], "Voided");
    let again = demo.admin.send("POST", &path(&payment), &key, Some("{}".to_owned())).await.expect(200);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&voided.text, "true"));
    assert_eq!(sales(&demo).await, (0, 1));
    let seen = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&seen["status"], &seen["amountPaid"]), (&json!("Issued"), &json!(0.0)));
    let (_, settled) = paid(&demo, 30.0).await;
    demo.simulator().post("/_sim/clock", &json!({ "advanceSeconds": 2 * 86_400 })).await.expect(200);
    let late = demo.admin.post(&path(&settled), &json!({})).await.expect(409);
    assert_eq!(
        (late.code(), &late.json()["currentStatus"]),
        ("payment_settled".to_owned(), &json!("Succeeded"))
    );
    assert!(late.json()["detail"].as_str().is_some_and(|it| it.contains("Refund")), "{}", late.text);
    demo.admin.post(&format!("/api/payments/{}/refunds", id(&settled)), &json!({})).await.expect(201);
}

async fn credit_is_undone_wherever_it_lies(engine: Engine) {
    let demo = start(engine);
    let payment = credit(&demo, 50.0).await;
    let invoice = demo.admin.invoice(CUSTOMER, 30.0).await;
    let body = json!({ "invoiceId": invoice });
    demo.admin.post(&format!("/api/payments/{}/applications", id(&payment)), &body).await.expect(201);
    demo.admin.post(&path(&payment), &json!({})).await.expect(200);
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(30.0));
    let late = demo.admin.post(&format!("/api/payments/{}/applications", id(&payment)), &body).await;
    assert_eq!(late.expect(409).code(), "payment_wrong_state");
}

async fn a_lost_void_is_looked_up(engine: Engine) {
    let demo = start(engine);
    for (action, status, standing) in [("cut_after", "Voided", (0, 1)), ("cut_before", "Succeeded", (1, 1))] {
        let (invoice, payment) = paid(&demo, 20.0).await;
        demo.fault(json!({ "operation": "CreditCardVoid", "occurrence": 1, "action": action })).await;
        let key = [("content-type", "application/json"), ("idempotency-key", action)];
        let lost = demo.admin.send("POST", &path(&payment), &key, Some("{}".to_owned())).await.expect(504);
        assert_eq!(
            (lost.code(), &lost.json()["paymentId"]),
            ("provider_outcome_unknown".to_owned(), &payment["id"])
        );
        let wanted = if status == "Voided" { 200 } else { 422 };
        until("it has ended", async || {
            let answer = demo.admin.send("POST", &path(&payment), &key, Some("{}".to_owned())).await;
            if answer.status == 409 {
                assert_eq!(answer.code(), "idempotency_in_progress");
                // Nothing else is done with the payment meanwhile.
                let refund =
                    demo.admin.post(&format!("/api/payments/{}/refunds", id(&payment)), &json!({})).await;
                assert!(refund.status == 409, "{}", refund.text);
            }
            answer.status == wanted
        })
        .await;
        assert_eq!(read(&demo.admin, id(&payment)).await["status"], status, "{action}");
        assert_eq!(sales(&demo).await, standing, "{action}");
        let balance = if status == "Voided" { 20.0 } else { 0.0 };
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(balance), "{action}");
        demo.simulator().delete("/_sim/faults").await;
    }
}

async fn voids_and_refunds_at_once_undo_once(engine: Engine) {
    let demo = start(engine);
    let (invoice, payment) = paid(&demo, 20.0).await;
    let mut running = Vec::new();
    for at in 0..16 {
        let (admin, void) = (demo.admin.clone(), path(&payment));
        let refund = format!("/api/payments/{}/refunds", id(&payment));
        let path = if at % 2 == 0 { void } else { refund };
        running.push(tokio::spawn(async move { admin.post(&path, &json!({})).await }));
    }
    let mut done = 0;
    for one in running {
        let answer = one.await.expect("it ran");
        assert!(matches!(answer.status, 200 | 201 | 409 | 422 | 502), "{} {}", answer.status, answer.text);
        done += usize::from(answer.status < 300);
    }
    assert_eq!((done, sales(&demo).await), (1, (0, 1)));
    let seen = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&seen["status"], &seen["balance"]), (&json!("Issued"), &json!(20.0)));
}

async fn only_the_shops_own_people_void(engine: Engine) {
    let demo = start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 100.0).await;
    let payment = cheque(&demo, &invoice, 60.0).await;
    demo.caller("Customer", Some(CUSTOMER)).post(&path(&payment), &json!({})).await.expect(403);
    demo.stranger().post(&path(&payment), &json!({})).await.expect(404);
    let wrong = demo.admin.post(&path(&payment), &json!({ "amount": 1 })).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["amount"]);
    let capture = demo.admin.post(&format!("/api/payments/{}/capture", id(&payment)), &json!({})).await;
    assert_eq!(capture.expect(409).code(), "payment_wrong_state");
    demo.caller("SalesRep", None).post(&path(&payment), &json!({})).await.expect(200);
}

on_both!(
    a_cheque_that_bounced_comes_out_of_its_invoice,
    a_payment_on_the_page_is_undone_at_the_provider_until_it_settles,
    credit_is_undone_wherever_it_lies,
    a_lost_void_is_looked_up,
    voids_and_refunds_at_once_undo_once,
    only_the_shops_own_people_void,
);
