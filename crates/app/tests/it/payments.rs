//! Money after it was taken: laid on other invoices, given back.

mod applications;
mod at_provider;
mod notices;
mod refunds;
mod voids;

use serde_json::{Value, json};

use crate::support::{CARD, Caller, pay, process::Demo, way_back};

/// The customer of these tests, who owes nothing at first.
const CUSTOMER: &str = "CUST-1002";

/// A payment on the hosted page that is meant for no invoice.
async fn credit(demo: &Demo, amount: f64) -> Value {
    let body = json!({ "customerNumber": CUSTOMER, "transactionAmount": amount, "applicationReturnUrl": "http://localhost:3000/" });
    let setup = demo.admin.post("/api/payments/worldpay/transaction-setup", &body).await.expect(200).json();
    assert_eq!(setup["invoiceId"], Value::Null);
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    let back = way_back(&page).expect("a way back");
    let location = demo.nobody().get(&back).await.expect(303).header("location").to_owned();
    let query = url::Url::parse(&location).expect("an address");
    let id = query.query_pairs().find(|(name, _)| name == "paymentId").expect("a payment").1.into_owned();
    read(&demo.admin, &id).await
}

/// A cheque for an invoice.
async fn cheque(demo: &Demo, invoice: &str, amount: f64) -> Value {
    let body = json!({ "amount": amount, "method": "Check" });
    demo.admin.post(&format!("/api/invoices/{invoice}/payments"), &body).await.expect(201).json()
}

async fn read(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/api/payments/{id}")).await.expect(200).json()
}

fn id(payment: &Value) -> &str {
    payment["id"].as_str().expect("an id")
}
