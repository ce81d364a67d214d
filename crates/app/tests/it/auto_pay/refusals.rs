//! What is not charged: without an agreement, without a card, called off, switched off, paid in another way.

use serde_json::{Value, json};

use super::{
    CHARGES, CUSTOMER, agreed, card, charge, hurry, invoice, sales, setting, switch_on, told, until_charge,
};
use crate::support::{Engine, on_both, process::Demo};

const LATER: &str = "2099-01-01";

async fn nobody_is_charged_who_did_not_agree(engine: Engine) {
    let demo = Demo::start(engine);
    let read = demo.admin.get(&setting()).await.expect(200).json();
    assert_eq!((&read["isEnabled"], &read["consent"]), (&json!(false), &Value::Null), "off by default");
    let without = demo.admin.put(&setting(), &json!({ "isEnabled": true })).await.expect(400);
    assert_eq!(without.wrong_fields(), ["consent"]);
    let halves = json!({ "isEnabled": "yes", "consent": { "text": "" }, "colour": 1 });
    let wrong = demo.admin.put(&setting(), &halves).await.expect(400).wrong_fields();
    assert_eq!(wrong, ["colour", "consent.acceptedBy", "consent.text", "isEnabled"]);
    let no_card = demo.admin.put(&setting(), &agreed()).await.expect(409);
    assert_eq!(no_card.code(), "no_default_payment_method");
    card(&demo).await;
    let id = invoice(&demo, 10.0, "2026-01-01").await;
    assert!(charge(&demo, &id).await.is_none(), "no plan");
    let nowhere = "/api/customers/NOBODY/auto-pay";
    assert_eq!(demo.admin.get(nowhere).await.expect(404).code(), "customer_not_found");
    demo.admin.put(nowhere, &agreed()).await.expect(404);
}

async fn one_that_is_called_off_is_not_charged(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    let id = invoice(&demo, 10.0, LATER).await;
    let planned = until_charge(&demo, &id, "Scheduled").await;
    let path = format!("{CHARGES}/{}/cancel", planned["id"].as_str().expect("an id"));
    let ended = demo.admin.post(&path, &json!({})).await.expect(200).json();
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("Cancelled"), &json!("called_off")));
    let again = demo.admin.post(&path, &json!({})).await.expect(409);
    assert_eq!(
        (again.code().as_str(), again.json()["chargeStatus"].clone()),
        ("auto_pay_charge_not_waiting", json!("Cancelled"))
    );
    // Switched off and on again it stays called off.
    demo.admin.put(&setting(), &json!({ "isEnabled": false })).await.expect(200);
    switch_on(&demo).await;
    let other = invoice(&demo, 11.0, "2026-01-01").await;
    demo.until_invoice(&other, "Paid").await;
    hurry(&demo);
    assert_eq!(until_charge(&demo, &id, "Cancelled").await["reason"], "called_off");
    assert_eq!(told(&demo, &ended).await, ["auto_pay.scheduled", "auto_pay.cancelled"]);
}

async fn what_waits_ends_when_it_is_switched_off_and_goes_on_when_it_is_on_again(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    let id = invoice(&demo, 10.0, LATER).await;
    until_charge(&demo, &id, "Scheduled").await;
    let off = demo.admin.put(&setting(), &json!({ "isEnabled": false })).await.expect(200).json();
    assert_eq!((&off["isEnabled"], &off["consent"]["acceptedBy"]), (&json!(false), &json!("Anna Petersen")));
    assert_eq!(until_charge(&demo, &id, "Cancelled").await["reason"], "auto_pay_off");
    assert!(
        demo.admin.put(&setting(), &json!({ "isEnabled": true })).await.expect(400).text.contains("consent")
    );
    switch_on(&demo).await;
    until_charge(&demo, &id, "Scheduled").await;
    hurry(&demo);
    demo.until_invoice(&id, "Paid").await;
    assert_eq!(sales(&demo).await.len(), 1);
}

async fn one_that_was_paid_in_another_way_is_not_charged(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    let id = invoice(&demo, 10.0, LATER).await;
    until_charge(&demo, &id, "Scheduled").await;
    let cheque = json!({ "amount": 10, "method": "Check" });
    demo.admin.post(&format!("/api/invoices/{id}/payments"), &cheque).await.expect(201);
    hurry(&demo);
    assert_eq!(until_charge(&demo, &id, "Cancelled").await["reason"], "invoice_not_payable");
    assert!(sales(&demo).await.is_empty());
}

async fn without_a_card_it_is_tried_again_on_its_days(engine: Engine) {
    let demo = Demo::start(engine);
    let method = card(&demo).await;
    switch_on(&demo).await;
    demo.admin.delete(&format!("/api/payments/payment-methods/{method}")).await.expect(204);
    let id = invoice(&demo, 10.0, "2026-01-01").await;
    let waits = until_charge(&demo, &id, "Retrying").await;
    assert_eq!((&waits["reason"], &waits["tries"]), (&json!("no_payment_method"), &json!(1)));
    card(&demo).await;
    hurry(&demo);
    demo.until_invoice(&id, "Paid").await;
}

async fn a_customer_sees_and_settles_its_own_alone(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    let (own, other) = (demo.caller("Customer", Some(CUSTOMER)), demo.caller("Customer", Some("CUST-1001")));
    own.put(&setting(), &agreed()).await.expect(200);
    let id = invoice(&demo, 10.0, LATER).await;
    let planned = until_charge(&demo, &id, "Scheduled").await;
    let path = format!("{CHARGES}/{}", planned["id"].as_str().expect("an id"));
    assert_eq!(own.get(&path).await.expect(200).json()["invoiceId"], json!(id));
    assert_eq!(own.get(CHARGES).await.expect(200).json()["totalRecords"], 1);
    assert_eq!(other.get(CHARGES).await.expect(200).json()["totalRecords"], 0);
    for caller in [&other, &demo.stranger()] {
        caller.get(&path).await.expect(404);
        caller.post(&format!("{path}/cancel"), &json!({})).await.expect(404);
    }
    other.get(&setting()).await.expect(403);
    other.put(&setting(), &json!({ "isEnabled": false })).await.expect(403);
    other.get(&format!("{CHARGES}?customerNumber={CUSTOMER}")).await.expect(403);
    let tag = own.get(&setting()).await.header("etag").to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let off = json!({ "isEnabled": false }).to_string();
    own.send("PUT", &setting(), &headers, Some(off.clone())).await.expect(200);
    own.send("PUT", &setting(), &headers, Some(off)).await.expect(412);
    until_charge(&demo, &id, "Cancelled").await;
    own.post(&format!("{path}/cancel"), &json!({})).await.expect(409);
}

on_both!(
    nobody_is_charged_who_did_not_agree,
    one_that_is_called_off_is_not_charged,
    what_waits_ends_when_it_is_switched_off_and_goes_on_when_it_is_on_again,
    one_that_was_paid_in_another_way_is_not_charged,
    without_a_card_it_is_tried_again_on_its_days,
    a_customer_sees_and_settles_its_own_alone,
);
