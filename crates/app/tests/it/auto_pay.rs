//! Auto-pay, seen from outside: who is charged, when, how often, and what somebody who looks is told at each step.

mod life;
mod refusals;

use serde_json::{Value, json};

use crate::support::{CARD, Caller, process::Demo, until};

const CUSTOMER: &str = "CUST-1002";
const CHARGES: &str = "/api/auto-pay/charges";

fn setting() -> String {
    format!("/api/customers/{CUSTOMER}/auto-pay")
}

fn gateway(demo: &Demo) -> Caller {
    Caller::new(demo.line["simulators"]["authorizeNet"].as_str().expect("an address"), None)
}

/// The sales that the gateway approved.
async fn sales(demo: &Demo) -> Vec<Value> {
    let ledger = gateway(demo).get("/_sim/ledger").await.expect(200).json();
    let all = ledger["transactions"].as_array().expect("transactions").clone();
    all.into_iter().filter(|it| it["kind"] == "sale" && it["status"] == "approved").collect()
}

/// Saves a card; its id.
async fn card(demo: &Demo) -> String {
    let body = json!({
        "customerNumber": CUSTOMER, "cardNumber": CARD, "expirationMonth": 12, "expirationYear": 2039, "cvv": "123",
        "provider": "AuthorizeNet", "isDefault": true, "billingAddress": { "zipPostalCode": "98004" },
    });
    let said = demo.admin.post("/api/payments/payment-methods", &body).await.expect(200).json();
    said["paymentMethod"]["id"].as_str().expect("an id").to_owned()
}

fn agreed() -> Value {
    json!({ "isEnabled": true, "consent": {
        "acceptedBy": "Anna Petersen", "text": "Charge open invoices to my default card on their due day." } })
}

async fn switch_on(demo: &Demo) {
    demo.admin.put(&setting(), &agreed()).await.expect(200);
}

/// An invoice that was sent out; its id.
async fn invoice(demo: &Demo, amount: f64, due: &str) -> String {
    let body = json!({
        "customerNumber": CUSTOMER, "dueDate": due,
        "items": [{ "description": "Herring", "quantity": 1, "unitPrice": amount, "taxable": false }],
    });
    let made = demo.admin.post("/api/invoices", &body).await.expect(201).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    demo.admin.post(&format!("/api/invoices/{id}/issue"), &json!({})).await.expect(200);
    id
}

/// The charge that is planned for an invoice.
async fn charge(demo: &Demo, invoice: &str) -> Option<Value> {
    let listed = demo.admin.get(&format!("{CHARGES}?invoiceId={invoice}")).await.expect(200).json();
    listed["data"].as_array().expect("a list").first().cloned()
}

async fn until_charge(demo: &Demo, invoice: &str, status: &str) -> Value {
    until(&format!("the charge is {status}"), async || {
        charge(demo, invoice).await.is_some_and(|it| it["status"] == status)
    })
    .await;
    charge(demo, invoice).await.expect("a charge")
}

/// A charge that waits for its day; its id.
pub(crate) async fn planned(demo: &Demo) -> String {
    card(demo).await;
    switch_on(demo).await;
    let id = invoice(demo, 10.0, "2099-01-01").await;
    let charge = until_charge(demo, &id, "Scheduled").await;
    charge["id"].as_str().expect("an id").to_owned()
}

/// Lets the day come that a charge waits for.
fn hurry(demo: &Demo) {
    demo.database.execute("UPDATE jobs SET run_at = 0, lease_until = 0 WHERE kind = 'auto-pay'");
}

/// What the organization's events say of a charge, oldest first.
async fn told(demo: &Demo, charge: &Value) -> Vec<String> {
    let path =
        format!("/api/organizations/{}/events?pageSize=200&sortDirection=asc", demo.text("organizationId"));
    let events = demo.admin.get(&path).await.expect(200).json();
    let all = events["data"].as_array().expect("events").clone();
    let mine = all.iter().filter(|it| it["subject"] == charge["id"]);
    mine.map(|it| it["type"].as_str().or(it["kind"].as_str()).expect("a kind").to_owned()).collect()
}
