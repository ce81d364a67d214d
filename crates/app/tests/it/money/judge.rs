//! Every rule of the judge is broken once: a check that cannot fail is none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::judge::Books;

fn books() -> (Value, Value, Value, Value) {
    let payment = json!({
        "id": "pay_1", "status": "PartiallyRefunded", "customerNumber": "C-1", "amount": 40.0, "amountApplied": 30.0,
        "amountRefunded": 15.0, "unappliedAmount": 0.0, "provider": "WorldPay", "providerTransactionId": "1",
        "providerReference": "1000000000000001", "applications": [{ "invoiceId": "inv_1", "amount": 30.0, "createdAt": "1" }],
        "refunds": [{ "id": "ref_1", "status": "Succeeded", "amount": 15.0, "reopenInvoice": true,
            "providerTransactionId": "2", "createdAt": "2" }],
    });
    let invoice = json!({ "id": "inv_1", "customerNumber": "C-1", "status": "PartiallyPaid", "total": 30.0,
        "amountPaid": 30.0, "balance": 5.0 });
    let customer = json!({ "customerNumber": "C-1", "openBalance": 5.0, "unappliedCredit": 0.0 });
    let ledger = json!([
        { "id": "1", "kind": "sale", "status": "settled", "amount": "40.00", "reference": "1000000000000001", "setupId": "s" },
        { "id": "2", "kind": "refund", "status": "approved", "amount": "15.00", "reference": "1000000000000002" },
        { "id": "3", "kind": "sale", "status": "declined", "amount": "40.00", "reference": "1000000000000001", "setupId": "s" },
    ]);
    (payment, invoice, customer, ledger)
}

fn judged(payment: &Value, invoice: &Value, customer: &Value, ledger: &Value) -> Vec<String> {
    let ledgers = BTreeMap::from([("worldpay".to_owned(), ledger.as_array().cloned().expect("rows"))]);
    Books::of(vec![payment.clone()], vec![invoice.clone()], vec![customer.clone()], ledgers).wrongs()
}

#[test]
fn sound_books_are_sound() {
    let (payment, invoice, customer, ledger) = books();
    assert_eq!(judged(&payment, &invoice, &customer, &ledger), Vec::<String>::new());
}

/// Puts another value somewhere into sound books; what the judge then says.
fn spoilt(which: usize, pointer: &str, value: Value) -> Vec<String> {
    let (payment, invoice, customer, ledger) = books();
    let mut all = [payment, invoice, customer, ledger];
    *all[which].pointer_mut(pointer).expect(pointer) = value;
    judged(&all[0], &all[1], &all[2], &all[3])
}

#[test]
fn every_rule_is_broken_once() {
    let cases = [
        (0, "/status", json!("Succeeded"), "should be PartiallyRefunded"),
        (0, "/status", json!("Abandoned"), "0 payments of ours took this money"),
        (0, "/amountApplied", json!(29.0), "not the sum of its applications"),
        (0, "/amountRefunded", json!(14.0), "not the sum of its refunds"),
        (0, "/unappliedAmount", json!(-1.0), "out of bounds"),
        (0, "/providerReference", json!("1000000000000009"), "the provider's differs"),
        (0, "/providerTransactionId", json!("9"), "the provider has 0 transactions of it"),
        (0, "/refunds/0/providerTransactionId", json!("9"), "a refund that worldpay does not know"),
        (0, "/refunds/0/status", json!("Failed"), "it is 0 refunds of ours"),
        (0, "/refunds/0/status", json!("Voided"), "the provider's is"),
        (0, "/refunds/0/reopenInvoice", json!(false), "not total less paid plus 0 cents"),
        (1, "/balance", json!(-5.0), "out of bounds"),
        (1, "/balance", json!(4.0), "not total less paid plus 500 cents"),
        (1, "/amountPaid", json!(31.0), "not the sum of what lies on it"),
        (1, "/status", json!("Paid"), "should be PartiallyPaid"),
        (2, "/openBalance", json!(0.0), "a customer owes 500"),
        (2, "/unappliedCredit", json!(1.0), "has 0 cents"),
        (3, "/0/amount", json!("41.00"), "the provider's differs"),
        (3, "/0/status", json!("voided"), "the provider's is"),
        (3, "/1/amount", json!("16.00"), "of another amount"),
        (3, "/2/status", json!("approved"), "taken twice under one reference"),
        (3, "/2/status", json!("approved"), "taken twice on one page"),
    ];
    for (which, pointer, value, expected) in cases {
        let said = spoilt(which, pointer, value.clone());
        assert!(
            said.iter().any(|it| it.contains(expected)),
            "{pointer} {value}: {expected} is not in {said:?}"
        );
    }
}

#[test]
fn an_authorization_that_nobody_holds_is_seen() {
    let (payment, invoice, customer, mut ledger) = books();
    let held = json!({ "id": "4", "kind": "authorization", "status": "approved", "amount": "9.00", "reference": "1" });
    ledger.as_array_mut().expect("rows").push(held);
    let said = judged(&payment, &invoice, &customer, &ledger);
    assert!(said.iter().any(|it| it.contains("nobody of ours holds")), "{said:?}");
}

#[test]
fn what_has_not_ended_is_open_unless_a_person_decides() {
    let (mut payment, invoice, customer, _) = books();
    payment["status"] = json!("Submitted");
    payment["refunds"][0]["status"] = json!("Unknown");
    let open = |payment: &Value| {
        Books::of(vec![payment.clone()], vec![invoice.clone()], vec![customer.clone()], BTreeMap::new())
            .open()
    };
    assert_eq!(open(&payment).len(), 2);
    payment["failure"] = json!({ "code": "provider_mismatch" });
    assert_eq!(open(&payment).len(), 1);
}
