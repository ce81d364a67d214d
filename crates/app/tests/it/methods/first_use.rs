//! What the card networks are told of a card that is kept: its first use is the first, and later ones refer to it.

use serde_json::{Value, json};

use super::{CUSTOMER, METHODS, direct, posted, save, saved, text};
use crate::support::{CARD, Caller, Engine, on_both, pay, process::Demo, until, way_back};

/// How each provider is told of the first use, of the customer's next one, and of one by the merchant alone.
const AUTHORIZE_NET: [&str; 3] = ["isFirstSubsequentAuth", "isStoredCredentials", "isSubsequentAuth"];
const WORLDPAY: [&str; 3] =
    ["CardHolderInitiated Initial", "CardHolderInitiated Subsequent", "CredentialOnFile Subsequent"];

/// What the provider was told of these payments.
async fn told(simulator: &Caller, references: &[String]) -> Vec<Value> {
    let ledger = simulator.get("/_sim/ledger").await.expect(200).json();
    let rows = ledger["transactions"].as_array().expect("rows").clone();
    let of = |it: &String| rows.iter().find(|row| row["reference"] == json!(it)).expect("a row");
    references.iter().map(|it| of(it)["cardUse"].clone()).collect()
}

/// Charges the card for invoices of their own: the owner twice, then the merchant; the references that the provider saw.
async fn three(demo: &Demo, method: &str) -> Vec<String> {
    let owner = demo.caller("Customer", Some(CUSTOMER));
    let mut references = Vec::new();
    for (by, amount) in [(&owner, 5.0), (&owner, 6.0), (&demo.admin, 7.0)] {
        references.push(charge(demo, by, method, amount).await);
    }
    references
}

async fn charge(demo: &Demo, by: &Caller, method: &str, amount: f64) -> String {
    let invoice = demo.admin.invoice(CUSTOMER, amount).await;
    let body = json!({ "amount": amount, "paymentMethodId": method });
    let paid = by.post(&format!("/api/invoices/{invoice}/payments"), &body).await.expect(201).json();
    text(&paid, "providerReference").to_owned()
}

/// Pays an invoice on Worldpay's page and has the card kept, or not; the payment's reference.
async fn on_page(demo: &Demo, amount: f64, keep: bool) -> String {
    let invoice = demo.admin.invoice(CUSTOMER, amount).await;
    let body = json!({
        "customerNumber": CUSTOMER, "transactionAmount": amount, "invoiceId": invoice, "savePaymentMethod": keep,
        "applicationReturnUrl": "http://localhost:3000/paid",
    });
    let setup = demo.admin.post("/api/payments/worldpay/transaction-setup", &body).await.expect(200).json();
    let shown = pay(text(&setup, "hostedPaymentUrl"), CARD).await;
    demo.nobody().get(&way_back(&shown).expect("a way back")).await.expect(303);
    reference(demo, text(&setup, "paymentId")).await
}

async fn reference(demo: &Demo, payment: &str) -> String {
    let payment = demo.admin.get(&format!("/api/payments/{payment}")).await.expect(200).json();
    text(&payment, "providerReference").to_owned()
}

/// The only card, once it is there.
async fn only(demo: &Demo) -> Value {
    until("kept", async || saved(&demo.admin).await.len() == 1).await;
    saved(&demo.admin).await.remove(0)
}

async fn a_card_that_is_kept_while_paying_was_used_with_that_payment(engine: Engine) {
    let demo = Demo::start(engine);
    let owner = demo.caller("Customer", Some(CUSTOMER));
    // A card that is not kept is none of the networks' business.
    let once = on_page(&demo, 3.0, false).await;
    let first = on_page(&demo, 5.0, true).await;
    let card = only(&demo).await;
    // Worldpay's report does not tell the network's id; the next answer to a charge does.
    assert_eq!(card["networkTransactionId"], Value::Null, "{card}");
    let method = text(&card, "id").to_owned();
    let next = charge(&demo, &owner, &method, 6.0).await;
    let network = text(&only(&demo).await, "networkTransactionId").to_owned();
    let alone = charge(&demo, &demo.admin, &method, 7.0).await;
    assert_eq!(told(&demo.simulator(), &[once]).await, [Value::Null]);
    assert_eq!(told(&demo.simulator(), &[first, next, alone]).await, WORLDPAY.map(Value::from));
    assert_eq!(text(&only(&demo).await, "networkTransactionId"), network, "the first that was told stays");
    demo.admin.delete(&format!("{METHODS}/{method}")).await.expect(204);

    let invoice = demo.text("invoiceId").to_owned();
    let wish = json!({ "invoiceId": invoice, "savePaymentMethod": true });
    let setup = posted::setup(&demo.admin, 148.83, wish).await;
    let shown = posted::pay(&demo, text(&setup, "hostedPaymentUrl"), CARD).await;
    demo.nobody().get(&posted::way_back(&demo, &shown)).await.expect(303);
    let card = only(&demo).await;
    assert!(card["networkTransactionId"].is_string(), "{card}");
    let first = reference(&demo, text(&setup, "paymentId")).await;
    let next = charge(&demo, &owner, text(&card, "id"), 6.0).await;
    let alone = charge(&demo, &demo.admin, text(&card, "id"), 7.0).await;
    assert_eq!(told(&direct(&demo), &[first, next, alone]).await, AUTHORIZE_NET.map(Value::from));
    assert_eq!(only(&demo).await["networkTransactionId"], card["networkTransactionId"]);
}

async fn a_card_that_was_kept_without_paying_is_used_first_when_it_is_charged(engine: Engine) {
    let demo = Demo::start(engine);
    let card = save(&demo.admin, CARD, json!({})).await;
    let references = three(&demo, text(&card, "id")).await;
    assert_eq!(told(&direct(&demo), &references).await, AUTHORIZE_NET.map(Value::from));
    demo.admin.delete(&format!("{METHODS}/{}", text(&card, "id"))).await.expect(204);

    let wish =
        json!({ "customerNumber": CUSTOMER, "provider": "WorldPay", "returnUrl": "http://localhost:3000/" });
    let said = demo.admin.post(METHODS, &wish).await.expect(200).json();
    let shown = pay(text(&said, "redirectUrl"), CARD).await;
    demo.nobody().get(&way_back(&shown).expect("a way back")).await.expect(303);
    let references = three(&demo, text(&only(&demo).await, "id")).await;
    assert_eq!(told(&demo.simulator(), &references).await, WORLDPAY.map(Value::from));
}

on_both!(
    a_card_that_is_kept_while_paying_was_used_with_that_payment,
    a_card_that_was_kept_without_paying_is_used_first_when_it_is_charged,
);
