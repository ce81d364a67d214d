//! Credit that is laid on an invoice.

use serde_json::{Value, json};

use super::{CUSTOMER, cheque, credit, id, read};
use crate::support::{Engine, on_both, process::Demo};

fn path(payment: &Value) -> String {
    format!("/api/payments/{}/applications", id(payment))
}

async fn credit_pays_an_invoice_and_the_rest_stays(engine: Engine) {
    let demo = Demo::start(engine);
    let payment = credit(&demo, 50.0).await;
    assert_eq!(payment["unappliedAmount"], json!(50.0));
    let (small, large) =
        (demo.admin.invoice(CUSTOMER, 20.0).await, demo.admin.invoice(CUSTOMER, 100.0).await);
    let applied = demo.admin.post(&path(&payment), &json!({ "invoiceId": small })).await.expect(201);
    assert!(applied.header("location").ends_with(id(&payment)), "{}", applied.header("location"));
    let applied = applied.json();
    assert_eq!((&applied["amountApplied"], &applied["unappliedAmount"]), (&json!(20.0), &json!(30.0)));
    assert_eq!(applied["applications"][0]["invoiceId"], json!(small));
    assert_eq!(demo.admin.read_invoice(&small).await["status"], "Paid");
    let some = json!({ "InvoiceId": large, "Amount": 12.5 });
    demo.admin.post(&path(&payment), &some).await.expect(201);
    let read_large = demo.admin.read_invoice(&large).await;
    assert_eq!((&read_large["status"], &read_large["balance"]), (&json!("PartiallyPaid"), &json!(87.5)));
    assert_eq!(read_large["payments"][0]["amountApplied"], json!(12.5));
    let timeline = read(&demo.admin, id(&payment)).await["timeline"].clone();
    let kinds: Vec<_> = timeline.as_array().expect("events").iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds.iter().filter(|it| *it == "payment.applied").count(), 2, "{kinds:?}");
    let customer = demo.admin.get(&format!("/api/customers/{CUSTOMER}")).await.json();
    assert_eq!(customer["unappliedCredit"], json!(17.5));
}

async fn what_does_not_fit_is_refused_and_changes_nothing(engine: Engine) {
    let demo = Demo::start(engine);
    let payment = credit(&demo, 50.0).await;
    let post = async |body: Value| demo.admin.post(&path(&payment), &body).await;
    let invoice = demo.admin.invoice(CUSTOMER, 20.0).await;
    let over = post(json!({ "invoiceId": invoice, "amount": 20.01 })).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_balance");
    let large = demo.admin.invoice(CUSTOMER, 100.0).await;
    let over = post(json!({ "invoiceId": large, "amount": 50.01 })).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_unapplied");
    let foreign = demo.admin.invoice("CUST-1001", 10.0).await;
    for unknown in [foreign.as_str(), "inv_00000000000000000000000000000000", "7"] {
        assert_eq!(post(json!({ "invoiceId": unknown })).await.expect(404).code(), "invoice_not_found");
    }
    let wrong = post(json!({ "amount": "1", "more": true })).await.expect(400);
    assert_eq!(wrong.wrong_fields(), ["amount", "invoiceId", "more"]);
    cheque(&demo, &invoice, 20.0).await;
    let paid = post(json!({ "invoiceId": invoice })).await.expect(409);
    assert_eq!(
        (paid.code(), paid.json()["currentStatus"].clone()),
        ("invoice_not_payable".to_owned(), json!("Paid"))
    );
    demo.caller("Customer", Some(CUSTOMER))
        .post(&path(&payment), &json!({ "invoiceId": large }))
        .await
        .expect(403);
    demo.stranger().post(&path(&payment), &json!({ "invoiceId": large })).await.expect(404);
    assert_eq!(read(&demo.admin, id(&payment)).await["unappliedAmount"], json!(50.0));
    // A payment that lies on its invoice whole has nothing to lay elsewhere.
    let whole = cheque(&demo, &large, 40.0).await;
    let other = demo.admin.invoice(CUSTOMER, 5.0).await;
    let none = demo.admin.post(&path(&whole), &json!({ "invoiceId": other })).await.expect(422);
    assert_eq!(none.code(), "amount_exceeds_unapplied");
}

async fn sixteen_at_once_never_lay_down_more_than_there_is(engine: Engine) {
    let demo = Demo::start(engine);
    let payment = credit(&demo, 100.0).await;
    let mut invoices = Vec::new();
    for _ in 0..4 {
        invoices.push(demo.admin.invoice(CUSTOMER, 60.0).await);
    }
    let mut running = Vec::new();
    for at in 0..16 {
        let (admin, path, invoice) = (demo.admin.clone(), path(&payment), invoices[at % 4].clone());
        running.push(tokio::spawn(async move {
            admin.post(&path, &json!({ "invoiceId": invoice, "amount": 30 })).await.status
        }));
    }
    let mut done = 0;
    for one in running {
        let status = one.await.expect("it ran");
        assert!(matches!(status, 201 | 409 | 422), "{status}");
        done += u32::from(status == 201);
    }
    assert!((1..=3).contains(&done), "{done}");
    let read = read(&demo.admin, id(&payment)).await;
    assert_eq!(read["amountApplied"], json!(f64::from(done) * 30.0));
    let mut paid = 0.0;
    for invoice in invoices {
        paid += demo.admin.read_invoice(&invoice).await["amountPaid"].as_f64().expect("a number");
    }
    assert!((paid - f64::from(done) * 30.0).abs() < 0.001, "{paid}");
}

on_both!(
    credit_pays_an_invoice_and_the_rest_stays,
    what_does_not_fit_is_refused_and_changes_nothing,
    sixteen_at_once_never_lay_down_more_than_there_is,
);
