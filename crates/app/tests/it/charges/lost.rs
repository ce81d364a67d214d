//! What a client is told of a charge, a capture and a void whose answer was lost: it ends as the provider's ledger says,
//! and nothing is sent twice. Every fault at every operation is the matrix's (`money::matrix`); here is one of each end,
//! and the one that the matrix has not.

use serde_json::{Value, json};

use super::{charge, id, read};
use crate::support::{Engine, on_both, process::Demo, until};

use super::wallet::{Wallet, start};

/// What goes wrong, and whether the work is done all the same.
fn faults() -> Vec<(&'static str, Value, bool)> {
    vec![
        ("cut before", json!({ "action": "cut_before" }), false),
        ("late", json!({ "action": "delay", "delayMs": 2_000 }), true),
        ("another's answer", json!({ "action": "wrong_id" }), true),
    ]
}

/// Asks the same again until there is a final answer.
async fn until_final(demo: &Demo, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    let ask = async || demo.admin.send("POST", path, &headers, Some(body.to_string())).await;
    until("a final answer", async || {
        let answer = ask().await;
        answer.status != 504 && !(answer.status == 409 && answer.code() == "idempotency_in_progress")
    })
    .await;
    let last = ask().await;
    (last.status, last.json())
}

/// A charge at that provider, once for each fault.
async fn charges(engine: Engine, provider: &'static str) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, provider).await;
    let method = wallet.save("98004").await;
    for (at, (name, fault, done)) in faults().into_iter().enumerate() {
        let amount = 10.0 + f64::from(u8::try_from(at).expect("few"));
        let invoice = demo.admin.invoice(&wallet.customer, amount).await;
        let path = format!("/api/invoices/{invoice}/payments");
        let body = json!({ "amount": amount, "paymentMethodId": method });
        let before = wallet.sales().await.len();
        wallet.fault("sale", fault).await;
        let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
        let lost = demo.admin.send("POST", &path, &headers, Some(body.to_string())).await.expect(504);
        assert_eq!(lost.code(), "provider_outcome_unknown", "{provider}: {name}");
        assert!(lost.json()["paymentId"].is_string(), "{provider}: {name}");
        let (status, said) = until_final(&demo, &path, "one", &body).await;
        wallet.mend().await;
        let taken = wallet.sales().await.len() - before;
        assert_eq!(taken, usize::from(done), "{provider}: {name}");
        assert_eq!(status, if done { 201 } else { 422 }, "{provider}: {name}: {said}");
        let tries = demo.admin.get(&format!("/api/payments?invoiceId={invoice}")).await.json();
        let tries = tries["data"].as_array().expect("a list").clone();
        assert_eq!(tries.len(), 1, "{provider}: {name}: {tries:?}");
        assert_eq!(tries[0]["status"], if done { "Succeeded" } else { "Failed" }, "{provider}: {name}");
        let balance = if done { 0.0 } else { amount };
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(balance), "{provider}: {name}");
    }
}

/// A capture or a void of a hold at that provider, once for each fault.
async fn follows(engine: Engine, provider: &'static str, what: &str) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, provider).await;
    let method = wallet.save("98004").await;
    for (at, (name, fault, done)) in faults().into_iter().enumerate() {
        let amount = 30.0 + f64::from(u8::try_from(at).expect("few"));
        let invoice = demo.admin.invoice(&wallet.customer, amount).await;
        let body = json!({ "amount": amount, "paymentMethodId": method, "capture": false });
        let held = charge(&demo.admin, &invoice, &body).await.expect(201).json();
        wallet.fault(if what == "void" { "release" } else { what }, fault).await;
        let path = format!("/api/payments/{}/{what}", id(&held));
        let (status, said) = until_final(&demo, &path, "one", &json!({})).await;
        wallet.mend().await;
        assert_eq!(status, if done { 200 } else { 422 }, "{provider}: {what}: {name}: {said}");
        let wanted = match (done, what) {
            (false, _) => "Authorized",
            (true, "capture") => "Succeeded",
            (true, _) => "Voided",
        };
        assert_eq!(read(&demo, id(&held)).await["status"], wanted, "{provider}: {what}: {name}");
        let balance = if wanted == "Succeeded" { 0.0 } else { amount };
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(balance), "{provider}: {name}");
        if !done {
            // It can be asked for again, and is done then, once.
            demo.admin.post(&path, &json!({})).await.expect(200);
        }
    }
    let captured = wallet.rows().await.iter().filter(|it| it["kind"] == "capture").count();
    let standing = if what == "capture" { faults().len() } else { 0 };
    // Authorize.Net turns the hold's own row into money, Worldpay adds one.
    assert_eq!(captured, standing, "{provider}: {what}");
}

async fn a_charge_at_authorize_net_ends_as_the_ledger_says(engine: Engine) {
    charges(engine, "AuthorizeNet").await;
}

async fn a_charge_at_worldpay_ends_as_the_ledger_says(engine: Engine) {
    charges(engine, "WorldPay").await;
}

async fn a_capture_at_authorize_net_ends_as_the_ledger_says(engine: Engine) {
    follows(engine, "AuthorizeNet", "capture").await;
}

async fn a_capture_at_worldpay_ends_as_the_ledger_says(engine: Engine) {
    follows(engine, "WorldPay", "capture").await;
}

async fn a_hold_let_go_of_at_authorize_net_ends_as_the_ledger_says(engine: Engine) {
    follows(engine, "AuthorizeNet", "void").await;
}

async fn a_hold_let_go_of_at_worldpay_ends_as_the_ledger_says(engine: Engine) {
    follows(engine, "WorldPay", "void").await;
}

async fn reading_an_unknown_payment_asks_the_provider(engine: Engine) {
    // Nothing else asks in time: the sweep's own questions are an hour apart.
    let slow = [
        ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "3600"),
        ("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000"),
    ];
    let demo = Demo::with(engine, &slow);
    let wallet = Wallet::new(&demo, "WorldPay").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 12.0).await;
    wallet.fault("sale", json!({ "action": "cut_after" })).await;
    let lost =
        charge(&demo.admin, &invoice, &json!({ "amount": 12, "paymentMethodId": method })).await.expect(504);
    let payment = lost.json()["paymentId"].as_str().expect("a payment").to_owned();
    assert_eq!(read(&demo, &payment).await["status"], "Succeeded");
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Paid");
}

async fn a_part_that_nobody_asked_for_is_let_go_of(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "WorldPay").await;
    let method = wallet.save("98004").await;
    let card =
        demo.database.value(&format!("SELECT payment_profile_id FROM payment_methods WHERE id = '{method}'"));
    let part = wallet.part(&card, 2_305).await;
    // A refusal at the provider that tells of the part instead.
    let body = format!(
        "<CreditCardSaleResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>5</ExpressResponseCode><ExpressResponseMessage>PARTIAL APPROVED</ExpressResponseMessage><Transaction><TransactionID>{part}</TransactionID><TransactionStatus>PartialApproved</TransactionStatus><TransactionStatusCode>16</TransactionStatusCode><ApprovedAmount>0.20</ApprovedAmount></Transaction></Response></CreditCardSaleResponse>"
    );
    wallet.fault("sale", json!({ "action": "body", "body": body })).await;
    let invoice = demo.admin.invoice(&wallet.customer, 0.51).await;
    let said = charge(&demo.admin, &invoice, &json!({ "amount": 0.51, "paymentMethodId": method })).await;
    let said = said.expect(422);
    assert_eq!(
        (said.code(), &said.json()["failure"]["code"]),
        ("payment_declined".to_owned(), &json!("partially_approved"))
    );
    assert_eq!(said.json()["providerCode"], "5");
    let rows = wallet.rows().await;
    let row = rows.iter().find(|it| it["id"] == part).expect("the part");
    assert_eq!(row["status"], "reversed", "{row}");
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(0.51));
    let payment = read(&demo, said.json()["paymentId"].as_str().expect("a payment")).await;
    let kinds: Vec<_> =
        payment["timeline"].as_array().expect("a list").iter().map(|it| it["type"].clone()).collect();
    assert!(kinds.contains(&json!("alert.payment_partially_approved")), "{kinds:?}");
    charge(&demo.admin, &invoice, &json!({ "amount": 0.51, "method": "Check" })).await.expect(201);
}

on_both!(
    a_charge_at_authorize_net_ends_as_the_ledger_says,
    a_charge_at_worldpay_ends_as_the_ledger_says,
    a_capture_at_authorize_net_ends_as_the_ledger_says,
    a_capture_at_worldpay_ends_as_the_ledger_says,
    a_hold_let_go_of_at_authorize_net_ends_as_the_ledger_says,
    a_hold_let_go_of_at_worldpay_ends_as_the_ledger_says,
    reading_an_unknown_payment_asks_the_provider,
    a_part_that_nobody_asked_for_is_let_go_of,
);
