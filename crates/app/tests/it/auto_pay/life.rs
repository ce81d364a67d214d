//! A charge from its plan to its end: paid, tried again, refused for good, lost on the way.

use serde_json::json;

use super::{card, charge, gateway, hurry, invoice, sales, setting, switch_on, told, until_charge};
use crate::api::contract::still;
use crate::support::{Engine, on_both, process::Demo, until};

const PAST: &str = "2026-01-01";
const LATER: &str = "2099-01-01";

async fn an_invoice_that_is_due_is_paid_by_itself_once(engine: Engine) {
    let demo = Demo::start(engine);
    let method = card(&demo).await;
    let before = invoice(&demo, 12.34, PAST).await;
    switch_on(&demo).await;
    let read = demo.admin.get(&setting()).await.expect(200).json();
    assert_eq!((&read["isEnabled"], &read["paymentMethodId"]), (&json!(true), &json!(method)));
    assert_eq!(read["consent"]["acceptedBy"], "Anna Petersen");
    // One that was open already, and one that is sent out afterwards.
    let after = invoice(&demo, 56.78, PAST).await;
    let later = invoice(&demo, 90.12, LATER).await;
    for id in [&before, &after] {
        demo.until_invoice(id, "Paid").await;
        let paid = until_charge(&demo, id, "Paid").await;
        assert_eq!((&paid["tries"], &paid["reason"]), (&json!(1), &json!(null)));
        assert_eq!(told(&demo, &paid).await, ["auto_pay.scheduled", "auto_pay.charging", "auto_pay.paid"]);
        let payment = format!("/api/payments/{}", paid["paymentId"].as_str().expect("a payment"));
        let payment = demo.admin.get(&payment).await.expect(200).json();
        assert_eq!((&payment["status"], &payment["paymentMethodId"]), (&json!("Succeeded"), &json!(method)));
        assert_eq!(payment["invoiceId"], json!(id));
    }
    let waits = charge(&demo, &later).await.expect("a plan");
    assert_eq!(
        (&waits["status"], &waits["dueAt"]),
        (&json!("Scheduled"), &json!("2099-01-01T00:00:00.000000Z"))
    );
    // However often it is looked at.
    hurry(&demo);
    until_charge(&demo, &later, "Paid").await;
    let sales = sales(&demo).await;
    assert_eq!(sales.len(), 3, "{sales:?}");
    insta::assert_snapshot!("paid", still(&demo, &until_charge(&demo, &before, "Paid").await));
}

async fn a_declined_one_is_tried_three_times_more(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    // The gateway declines this amount.
    let id = invoice(&demo, 4000.02, PAST).await;
    for tries in 1..=3 {
        let waits = {
            until("it was tried", async || {
                charge(&demo, &id).await.is_some_and(|it| it["tries"] == tries && it["status"] == "Retrying")
            })
            .await;
            charge(&demo, &id).await.expect("a charge")
        };
        assert_eq!(waits["reason"], "declined");
        let time =
            |key: &str| waits[key].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
        let days = time("dueAt").duration_since(time("updatedAt")).as_hours() / 24;
        assert_eq!(days, [3, 5, 7][tries - 1], "{waits}");
        hurry(&demo);
    }
    let failed = until_charge(&demo, &id, "Failed").await;
    assert_eq!((&failed["tries"], &failed["reason"]), (&json!(4), &json!("declined")));
    let payments = demo.admin.get(&format!("/api/payments?invoiceId={id}")).await.expect(200).json();
    assert_eq!(payments["totalRecords"], 4, "each try stays on record");
    assert!(sales(&demo).await.is_empty());
    assert_eq!(demo.admin.get(&format!("/api/invoices/{id}")).await.json()["status"], "Issued");
}

async fn a_retry_pays_what_is_left(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    let id = invoice(&demo, 4000.02, PAST).await;
    until_charge(&demo, &id, "Retrying").await;
    let cheque = json!({ "amount": 100, "method": "Check" });
    demo.admin.post(&format!("/api/invoices/{id}/payments"), &cheque).await.expect(201);
    hurry(&demo);
    let paid = until_charge(&demo, &id, "Paid").await;
    assert_eq!(paid["tries"], 2);
    let sales = sales(&demo).await;
    assert_eq!((sales.len(), &sales[0]["amount"]), (1, &json!("3900.02")), "{sales:?}");
}

async fn a_card_that_will_do_no_better_is_not_tried_again(engine: Engine) {
    let demo = Demo::start(engine);
    card(&demo).await;
    switch_on(&demo).await;
    // Pick the card up, says the issuer.
    let id = invoice(&demo, 4000.04, PAST).await;
    let failed = until_charge(&demo, &id, "Failed").await;
    assert_eq!((&failed["tries"], &failed["reason"]), (&json!(1), &json!("card_refused")));
}

async fn an_answer_that_is_lost_is_looked_up_and_charged_once(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "1")]);
    card(&demo).await;
    switch_on(&demo).await;
    let fault = json!({ "operation": "createTransactionRequest", "action": "cut_after" });
    gateway(&demo).post("/_sim/faults", &fault).await.expect(200);
    let id = invoice(&demo, 77.10, PAST).await;
    demo.until_invoice(&id, "Paid").await;
    let paid = until_charge(&demo, &id, "Paid").await;
    assert_eq!(paid["tries"], 1);
    assert_eq!(sales(&demo).await.len(), 1);
}

on_both!(
    an_invoice_that_is_due_is_paid_by_itself_once,
    a_declined_one_is_tried_three_times_more,
    a_retry_pays_what_is_left,
    a_card_that_will_do_no_better_is_not_tried_again,
    an_answer_that_is_lost_is_looked_up_and_charged_once,
);
