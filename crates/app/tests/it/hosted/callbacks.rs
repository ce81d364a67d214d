//! Callbacks that come twice, too late, or from somebody else.

use serde_json::json;

use super::CUSTOMER;
use crate::support::{CARD, Caller, Engine, judge::judge, on_both, pay, process::Demo, way_back};

async fn two_callbacks_at_once_a_hundred_times_over_record_one_payment_each(engine: Engine) {
    let demo = Demo::start(engine);
    let nobody = demo.nobody();
    for round in 0..100_u32 {
        let amount = f64::from(round) + 1.0;
        let invoice = demo.admin.invoice(CUSTOMER, amount).await;
        let setup = demo.admin.setup(CUSTOMER, &invoice, amount).await.expect(200).json();
        let back = way_back(&pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await)
            .expect("a way back");
        let query = back.split_once('?').expect("a query").1.to_owned();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let post = nobody.send("POST", "/api/payments/worldpay/callback", &form, Some(query));
        let (one, two) = tokio::join!(nobody.get(&back), post);
        assert_eq!((one.status, two.status), (303, 200), "{} {}", one.text, two.text);
        assert_eq!(two.json()["status"], "succeeded", "{}", two.text);
        let read = demo.admin.read_invoice(&invoice).await;
        assert_eq!(
            (&read["status"], read["payments"].as_array().map(Vec::len)),
            (&json!("Paid"), Some(1)),
            "round {round}"
        );
    }
    assert_eq!(demo.approved().await.len(), 100);
    judge(&demo.admin, &demo.line["simulators"], "after a hundred rounds").await;
    assert_eq!(
        demo.database.count("SELECT COUNT(*) FROM payments WHERE status = 'Succeeded' AND method = 'Hosted'"),
        100
    );
}

/// A page that was paid on, its callback's parameters not yet delivered.
async fn paid_page(demo: &Demo) -> (String, Vec<(String, String)>) {
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let back =
        way_back(&pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await).expect("a way back");
    let url = url::Url::parse(&back).expect("an address");
    (invoice, url.query_pairs().into_owned().collect())
}

async fn deliver(caller: &Caller, pairs: &[(String, String)]) -> crate::support::Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    caller.get(&format!("/api/payments/worldpay/callback?{query}")).await
}

fn with(pairs: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, old)| (key.clone(), if key == name { value.to_owned() } else { old.clone() }))
        .collect()
}

async fn a_forged_callback_changes_nothing_and_leaves_a_row(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let id = setup["transactionSetupId"].as_str().expect("an id");
    let forged = [
        ("HostedPaymentStatus", "Complete"),
        ("TransactionSetupID", id),
        ("ValidationCode", "0000000000000000"),
        ("TransactionID", "300000001"),
        ("ExpressResponseCode", "0"),
        ("ApprovedAmount", "148.83"),
    ];
    let forged: Vec<_> = forged.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let refused = || demo.database.count("SELECT COUNT(*) FROM audit WHERE action = 'callback.refused'");
    let payment = format!("/api/payments/{}", setup["paymentId"].as_str().expect("an id"));
    let tag = demo.admin.get(&payment).await.expect(200).header("etag").to_owned();
    assert_eq!(deliver(&demo.nobody(), &forged).await.expect(400).code(), "validation_code_wrong");
    let read = demo.admin.send("GET", &payment, &[("if-none-match", &tag)], None).await;
    assert!(read.expect(200).text.contains("callback_refused"), "the alert stands in the timeline");
    assert_eq!(refused(), 1);
    let unknown = with(&forged, "TransactionSetupID", "00000000-0000-0000-0000-000000000000");
    assert_eq!(deliver(&demo.nobody(), &unknown).await.expect(404).code(), "setup_not_found");
    assert_eq!(refused(), 2);
    let read = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&read["status"], &read["balance"]), (&json!("Issued"), &json!(148.83)));
}

async fn a_true_code_with_no_payment_behind_it_is_no_payment(engine: Engine) {
    let demo = Demo::start(engine);
    // The code is learned from a page that the same person paid; the other page was never paid.
    let (_, pairs) = paid_page(&demo).await;
    let second = demo.admin.invoice(CUSTOMER, 5.0).await;
    let setup = demo.admin.setup(CUSTOMER, &second, 5.0).await.expect(200).json();
    let swapped = with(&pairs, "TransactionSetupID", setup["transactionSetupId"].as_str().expect("an id"));
    deliver(&demo.nobody(), &swapped).await.expect(400);
    assert_eq!(demo.admin.read_invoice(&second).await["status"], "Issued");
}

async fn amounts_in_the_browser_are_not_believed(engine: Engine) {
    let demo = Demo::start(engine);
    let (invoice, pairs) = paid_page(&demo).await;
    let dear = with(&pairs, "ApprovedAmount", "999.00");
    deliver(&demo.nobody(), &dear).await;
    demo.until_invoice(&invoice, "Paid").await;
    assert_eq!(demo.admin.read_invoice(&invoice).await["amountPaid"], json!(148.83));
}

async fn a_callback_long_after_the_page_is_over_still_finds_its_payment(engine: Engine) {
    let demo = Demo::start(engine);
    let (invoice, pairs) = paid_page(&demo).await;
    demo.until_invoice(&invoice, "Paid").await;
    demo.simulator().post("/_sim/clock", &json!({ "advanceSeconds": 172_800 })).await.expect(200);
    let late = deliver(&demo.nobody(), &pairs).await.expect(303);
    assert!(late.header("location").contains("status=succeeded"));
    let repeated = "SELECT COUNT(*) FROM audit WHERE action = 'callback.repeated'";
    assert_eq!(demo.database.count(repeated), 1, "a replay leaves a row");
    assert_eq!(demo.admin.read_invoice(&invoice).await["payments"].as_array().map(Vec::len), Some(1));
}

async fn a_malformed_callback_is_a_400_with_its_fields(engine: Engine) {
    let demo = Demo::start(engine);
    let answer = demo.nobody().get("/api/payments/worldpay/callback").await.expect(400);
    assert!(answer.wrong_fields().contains(&"transactionSetupId".to_owned()), "{}", answer.text);
    let many = vec![("a".to_owned(), "b".to_owned()); 101];
    assert_eq!(deliver(&demo.nobody(), &many).await.expect(400).code(), "too_many_fields");
    let json = [("content-type", "application/json")];
    demo.nobody()
        .send("POST", "/api/payments/worldpay/callback", &json, Some("{}".to_owned()))
        .await
        .expect(415);
}

on_both!(
    two_callbacks_at_once_a_hundred_times_over_record_one_payment_each,
    a_forged_callback_changes_nothing_and_leaves_a_row,
    a_true_code_with_no_payment_behind_it_is_no_payment,
    amounts_in_the_browser_are_not_believed,
    a_callback_long_after_the_page_is_over_still_finds_its_payment,
    a_malformed_callback_is_a_400_with_its_fields,
);
