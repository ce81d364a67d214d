//! Which invoice is meant, where the customer may be sent, and what becomes of a page that nobody pays on.

use serde_json::{Value, json};

use super::CUSTOMER;
use crate::support::{CARD, Engine, on_both, pay, process::Demo, until, way_back};

const SETUP: &str = "/api/payments/worldpay/transaction-setup";

async fn without_an_invoice_the_oldest_with_that_balance_is_meant_else_it_is_credit(engine: Engine) {
    let demo = Demo::start(engine);
    let older = demo.admin.invoice("CUST-1002", 77.0).await;
    demo.admin.invoice("CUST-1002", 77.0).await;
    let ask = |amount: f64| {
        let body = json!({ "customerNumber": "CUST-1002", "transactionAmount": amount, "applicationReturnUrl": "http://localhost:3000/" });
        let admin = demo.admin.clone();
        async move { admin.post(SETUP, &body).await.expect(200).json() }
    };
    let found = ask(77.0).await;
    assert_eq!(found["invoiceId"], json!(older));
    let back =
        way_back(&pay(found["hostedPaymentUrl"].as_str().expect("a page"), CARD).await).expect("a way back");
    demo.nobody().get(&back).await.expect(303);
    assert_eq!(demo.admin.read_invoice(&older).await["status"], "Paid");

    let credit = ask(12.34).await;
    assert_eq!(credit["invoiceId"], Value::Null);
    let back =
        way_back(&pay(credit["hostedPaymentUrl"].as_str().expect("a page"), CARD).await).expect("a way back");
    let callback = demo.nobody().get(&back).await.expect(303);
    assert!(!callback.header("location").contains("invoiceId="), "what has no value is left out");
    let customer = demo.admin.get("/api/customers/CUST-1002").await.json();
    assert_eq!(customer["unappliedCredit"], json!(12.34));
}

async fn a_return_address_has_to_be_on_the_list(engine: Engine) {
    let demo = Demo::start(engine);
    let settings = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    let body = |url: &str| json!({ "customerNumber": CUSTOMER, "transactionAmount": 1.0, "invoiceId": demo.text("invoiceId"), "applicationReturnUrl": url });
    let url = "https://shop.example/paid";
    demo.admin.post(SETUP, &body(url)).await.expect(400);
    let wrong = json!({ "returnUrls": ["https://shop.example/path", "ftp://shop.example"] });
    assert_eq!(
        demo.admin.put(&settings, &wrong).await.expect(400).wrong_fields(),
        ["returnUrls[0]", "returnUrls[1]"]
    );
    demo.admin.put(&settings, &json!({ "returnUrls": ["https://shop.example"] })).await.expect(200);
    demo.admin.post(SETUP, &body(url)).await.expect(200);
    for other in
        ["http://shop.example/paid", "https://shop.example:444/", "https://shop.example.evil.example/"]
    {
        demo.admin.post(SETUP, &body(other)).await.expect(400);
    }
}

async fn a_market_that_the_provider_does_not_know_is_named_before_anything_is_written(engine: Engine) {
    let demo = Demo::start(engine);
    let ask = |market: &'static str, url: &'static str| {
        let body = json!({ "customerNumber": CUSTOMER, "transactionAmount": 1.0, "marketCode": market,
            "invoiceId": demo.text("invoiceId"), "applicationReturnUrl": url });
        let admin = demo.admin.clone();
        async move { admin.post(SETUP, &body).await }
    };
    let payments = || demo.database.count("SELECT COUNT(*) FROM payments");
    let seeded = payments();
    let wrong = ask("Bazaar", "https://elsewhere.example/").await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["applicationReturnUrl", "marketCode"], "{}", wrong.text);
    assert_eq!(payments(), seeded);
    for known in ["Default", "default", "ECommerce", "retail"] {
        ask(known, "http://localhost:3000/").await.expect(200);
    }
}

async fn of_pages_opened_at_once_one_stays_open(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_PROVIDERS__WORLDPAY__TIMEOUT_MS", "20000")]);
    let invoice = demo.text("invoiceId").to_owned();
    // All of them are answered at the same moment, so that they are recorded at once.
    let slow =
        json!({ "operation": "TransactionSetup", "occurrence": "every", "action": "delay", "delayMs": 300 });
    demo.fault(slow).await;
    let asked: Vec<_> = (0..12)
        .map(|_| {
            let (admin, invoice) = (demo.admin.clone(), invoice.clone());
            tokio::spawn(async move { admin.setup(CUSTOMER, &invoice, 148.83).await.status })
        })
        .collect();
    for one in asked {
        assert_eq!(one.await.expect("it ran"), 200);
    }
    let superseded =
        demo.database.count("SELECT COUNT(*) FROM hosted_setups WHERE superseded_at IS NOT NULL");
    assert_eq!(superseded, 11);
}

async fn a_question_with_a_key_is_asked_once(engine: Engine) {
    let demo = Demo::start(engine);
    let setup = demo.admin.setup(CUSTOMER, demo.text("invoiceId"), 1.0).await.expect(200).json();
    let path = format!("/api/payments/{}/resolve", setup["paymentId"].as_str().expect("an id"));
    let ask = |key: &'static str| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move { admin.send("POST", &path, &[("idempotency-key", key)], None).await }
    };
    let first = ask("ask-1").await.expect(200);
    ask("ask-2").await.expect(200);
    let again = ask("ask-1").await.expect(200);
    assert_eq!((first.text, again.header("idempotent-replayed")), (again.text.clone(), "true"));
    ask("no key").await.expect(400);
    let cut = json!({ "operation": "TransactionQuery", "occurrence": "every", "action": "cut_before" });
    demo.fault(cut).await;
    ask("ask-3").await.expect(502);
    demo.simulator().delete("/_sim/faults").await.expect(204);
    assert_eq!(ask("ask-3").await.expect(200).header("idempotent-replayed"), "", "a 502 is not kept");
}

async fn a_failed_setup_gives_its_key_back(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({ "customerNumber": CUSTOMER, "transactionAmount": 1.0, "invoiceId": demo.text("invoiceId"), "applicationReturnUrl": "http://localhost/" });
    let headers = [("content-type", "application/json"), ("idempotency-key", "page-1")];
    let ask = || demo.admin.send("POST", SETUP, &headers, Some(body.to_string()));
    demo.fault(json!({ "operation": "TransactionSetup", "action": "status", "status": 500 })).await;
    ask().await.expect(502);
    let first = ask().await.expect(200);
    assert_eq!(ask().await.expect(200).text, first.text, "the same page");
    let setups = demo.simulator().get("/_sim/ledger").await.json()["setups"].as_array().map(Vec::len);
    assert_eq!(setups, Some(1));
}

async fn a_page_that_nobody_paid_on_is_abandoned_and_money_that_comes_late_is_still_taken(engine: Engine) {
    let demo = Demo::with(
        engine,
        &[("KONTOR_PAYMENTS__HOSTED_WINDOW_SECONDS", "1"), ("KONTOR_PAYMENTS__NOT_FOUND_AFTER_SECONDS", "1")],
    );
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let payment = format!("/api/payments/{}", setup["paymentId"].as_str().expect("an id"));
    until("it is abandoned", async || demo.admin.get(&payment).await.json()["status"] == "Abandoned").await;
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Issued");
    // The provider's page outlived our patience, unless it was ended in time: then it takes no card any more.
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    if let Some(back) = way_back(&page) {
        demo.nobody().get(&back).await.expect(303);
        assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid");
    } else {
        assert!(page.text.contains("TransactionSetupID expired"), "{}", page.text);
        assert!(demo.approved().await.is_empty());
    }
}

/// Two steps in one transaction: first it is not known what became of it, then nothing is believed.
async fn a_page_that_was_never_answered_for_is_abandoned_at_once_where_its_time_is_long_over(engine: Engine) {
    let demo = Demo::start(engine);
    let setup = demo.admin.setup(CUSTOMER, demo.text("invoiceId"), 148.83).await.expect(200).json();
    let id = setup["paymentId"].as_str().expect("an id");
    demo.database.execute(&format!("UPDATE payments SET status = 'Created' WHERE id = '{id}'"));
    demo.database.execute(&format!(
        "UPDATE hosted_setups SET expires_at = 1, nothing_since = 1 WHERE payment_id = '{id}'"
    ));
    demo.database.execute(&format!("UPDATE jobs SET run_at = 0 WHERE subject = '{id}'"));
    let payment = format!("/api/payments/{id}");
    until("it is abandoned", async || demo.admin.get(&payment).await.json()["status"] == "Abandoned").await;
}

async fn lists_go_both_ways(engine: Engine) {
    let demo = Demo::start(engine);
    for list in ["/api/customers", "/api/payments", "/api/invoices"] {
        let ids = async |direction: &str| -> Vec<Value> {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            for _ in 0..20 {
                let page = demo
                    .admin
                    .get(&format!("{list}?pageSize=1&sortDirection={direction}{cursor}"))
                    .await
                    .expect(200)
                    .json();
                seen.extend(page["data"].as_array().expect("a list").iter().cloned());
                let Some(next) = page["nextCursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            seen.iter()
                .map(|it| it.get("id").or(it.get("customerNumber")).cloned().unwrap_or_default())
                .collect()
        };
        let (up, mut down) = (ids("asc").await, ids("desc").await);
        assert!(up.len() >= 2, "{list} {up:?}");
        down.reverse();
        assert_eq!(up, down, "{list}");
    }
}

on_both!(
    without_an_invoice_the_oldest_with_that_balance_is_meant_else_it_is_credit,
    a_return_address_has_to_be_on_the_list,
    a_market_that_the_provider_does_not_know_is_named_before_anything_is_written,
    of_pages_opened_at_once_one_stays_open,
    a_question_with_a_key_is_asked_once,
    a_failed_setup_gives_its_key_back,
    a_page_that_nobody_paid_on_is_abandoned_and_money_that_comes_late_is_still_taken,
    a_page_that_was_never_answered_for_is_abandoned_at_once_where_its_time_is_long_over,
    lists_go_both_ways,
);
