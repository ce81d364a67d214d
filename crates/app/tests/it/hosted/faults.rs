//! The provider cuts, lies, fails and keeps silent. Nothing is lost and nothing is doubled.

use serde_json::{Value, json};

use super::CUSTOMER;
use crate::support::{CARD, Engine, on_both, pay, process::Demo, until, way_back};

/// What can be wrong with an answer.
fn faults() -> Vec<Value> {
    vec![
        json!({ "action": "cut_before" }),
        json!({ "action": "cut_after" }),
        json!({ "action": "status", "status": 500 }),
        json!({ "action": "status", "status": 503, "body": "<html>down</html>" }),
        json!({ "action": "truncate" }),
        json!({ "action": "wrong_id" }),
        json!({ "action": "body", "body": "" }),
        json!({ "action": "body", "body": "<a><b></a>" }),
        json!({ "action": "body", "body": "<html><body>Welcome</body></html>" }),
        json!({ "action": "delay", "delayMs": 3_000 }),
    ]
}

fn on(operation: &str, mut fault: Value) -> Value {
    fault["operation"] = json!(operation);
    fault
}

async fn a_spoilt_report_leaves_the_payment_unknown_and_reserved_until_it_is_resolved(engine: Engine) {
    let demo = Demo::start(engine);
    for fault in faults() {
        let invoice = demo.admin.invoice(CUSTOMER, 20.0).await;
        let setup = demo.admin.setup(CUSTOMER, &invoice, 20.0).await.expect(200).json();
        let payment = setup["paymentId"].as_str().expect("an id").to_owned();
        let back = way_back(&pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await)
            .expect("a way back");
        demo.fault(on("TransactionQuery", fault.clone())).await;
        let callback = demo.nobody().get(&back).await.expect(303);
        let location = callback.header("location").to_owned();
        let second = demo.admin.setup(CUSTOMER, &invoice, 20.0).await;
        if location.contains("status=succeeded") {
            // The sweep was at it at the same moment, met the fault instead, and the callback was answered well.
            assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid");
        } else {
            assert!(
                location.contains("status=pending") || location.contains("status=unknown"),
                "{fault} {location}"
            );
            assert!(
                matches!(second.status, 409 | 422),
                "a second page could take the money twice: {fault} {}",
                second.text
            );
        }
        demo.until_invoice(&invoice, "Paid").await;
        let read = demo.admin.get(&format!("/api/payments/{payment}")).await.expect(200).json();
        assert_eq!(read["status"], "Succeeded", "{fault}");
        assert_eq!(
            demo.admin.read_invoice(&invoice).await["payments"].as_array().map(Vec::len),
            Some(1),
            "{fault}"
        );
        demo.simulator().delete("/_sim/faults").await.expect(204);
    }
    assert_eq!(demo.approved().await.len(), faults().len(), "one sale each");
}

async fn a_lost_answer_to_the_setup_is_unknown_and_blocks_nobody(engine: Engine) {
    let demo = Demo::start(engine);
    for fault in faults() {
        let invoice = demo.admin.invoice(CUSTOMER, 20.0).await;
        demo.fault(on("TransactionSetup", fault.clone())).await;
        let answer = demo.admin.setup(CUSTOMER, &invoice, 20.0).await;
        demo.simulator().delete("/_sim/faults").await.expect(204);
        // Another id in the answer is an answer: the page that it names is not there, and nobody can pay on it.
        if fault["action"] != "wrong_id" {
            assert!(matches!(answer.status, 502 | 504), "{fault} {} {}", answer.status, answer.text);
            assert!(answer.json()["paymentId"].is_string(), "{}", answer.text);
        }
        let setup = demo.admin.setup(CUSTOMER, &invoice, 20.0).await.expect(200).json();
        let back = way_back(&pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await)
            .expect("a way back");
        demo.nobody().get(&back).await.expect(303);
        assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid", "{fault}");
    }
    assert_eq!(demo.approved().await.len(), faults().len());
}

async fn the_provider_is_down_for_a_while_and_nothing_is_lost(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let back =
        way_back(&pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await).expect("a way back");
    demo.fault(json!({ "operation": "*", "occurrence": "every", "action": "cut_before" })).await;
    demo.nobody().get(&back).await.expect(303);
    let payment = setup["paymentId"].as_str().expect("an id").to_owned();
    until("the payment is unknown", async || {
        demo.admin.get(&format!("/api/payments/{payment}")).await.json()["status"] == "Unknown"
    })
    .await;
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Issued");
    demo.simulator().delete("/_sim/faults").await.expect(204);
    demo.admin.send("POST", &format!("/api/payments/{payment}/resolve"), &[], None).await.expect(200);
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid");
}

async fn a_browser_that_is_sent_back_twice_pays_once(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    demo.fault(json!({ "operation": "HostedPayment", "action": "duplicate_redirect" })).await;
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    let back = way_back(&page).expect("a way back");
    let nobody = demo.nobody();
    let (one, two) = tokio::join!(nobody.get(&back), nobody.get(&back));
    assert_eq!((one.status, two.status), (303, 303));
    assert_eq!(demo.admin.read_invoice(&invoice).await["payments"].as_array().map(Vec::len), Some(1));
}

on_both!(
    a_spoilt_report_leaves_the_payment_unknown_and_reserved_until_it_is_resolved,
    a_lost_answer_to_the_setup_is_unknown_and_blocks_nobody,
    the_provider_is_down_for_a_while_and_nothing_is_lost,
    a_browser_that_is_sent_back_twice_pays_once,
);
