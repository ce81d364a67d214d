//! An invoice is paid on the hosted page: as it should be, and in every way that it should not.

mod callbacks;
mod choices;
mod faults;

use serde_json::json;

use crate::support::{CARD, DECLINED, Engine, on_both, pay, process::Demo, submit, until, way_back};

const CUSTOMER: &str = "CUST-1001";

async fn a_customer_pays_and_the_invoice_is_paid_once(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    assert_eq!(setup["invoiceId"], json!(invoice));
    let page = setup["hostedPaymentUrl"].as_str().expect("a page");

    let declined = pay(page, DECLINED).await;
    assert!(declined.text.contains("Declined"), "a decline stays on the page");
    assert!(!declined.text.contains(DECLINED), "what was typed is not shown again");
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Issued");

    let back = way_back(&pay(page, CARD).await).expect("a way back");
    let callback = demo.nobody().get(&back).await.expect(303);
    let location = callback.header("location");
    assert!(
        location.starts_with("http://localhost:3000/paid?order=7&status=succeeded&transactionSetupId="),
        "{location}"
    );
    let read = demo.admin.read_invoice(&invoice).await;
    assert_eq!(
        (&read["status"], &read["balance"], &read["amountPaid"]),
        (&json!("Paid"), &json!(0.0), &json!(148.83))
    );

    let again = demo.nobody().get(&back).await.expect(303);
    assert_eq!(again.header("location"), location, "the second time changes nothing and says the same");
    let read = demo.admin.read_invoice(&invoice).await;
    assert_eq!(read["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(demo.approved().await.len(), 1);
    let refused = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(409);
    assert_eq!(refused.json()["currentStatus"], "Paid");
}

async fn no_card_number_reaches_a_file_or_a_log(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let page = setup["hostedPaymentUrl"].as_str().expect("a page");
    let back = way_back(&pay(page, CARD).await).expect("a way back");
    demo.nobody().get(&back).await.expect(303);
    let token = demo.line["credentials"]["worldpay"][0]["AccountToken"].as_str().expect("a token").to_owned();
    let metrics = demo.nobody().get("/metrics").await.text;
    let page = demo.simulator().get("/_sim").await.text;
    for canary in [CARD, &token] {
        assert!(!demo.log().contains(canary), "in the log");
        assert!(!metrics.contains(canary) && !page.contains(canary), "in a page");
        let mut folders = vec![demo.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                let found = bytes.windows(canary.len()).any(|it| it == canary.as_bytes());
                assert!(!found, "in {}", entry.path().display());
            }
        }
    }
    // The search finds what is there: the log has the callback's route.
    assert!(demo.log().contains("/api/payments/worldpay/callback"));
}

async fn a_customer_who_closes_the_page_after_paying_has_paid(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    demo.fault(json!({ "operation": "HostedPayment", "action": "no_redirect" })).await;
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    assert_eq!(way_back(&page), None);
    demo.until_invoice(&invoice, "Paid").await;
    assert_eq!(demo.approved().await.len(), 1);
}

async fn a_cancel_charges_nothing_and_the_invoice_can_be_paid_again(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    let page = setup["hostedPaymentUrl"].as_str().expect("a page").to_owned();
    let cancelled = submit(&page, &[("btnCancel", "1")]).await;
    let back = way_back(&cancelled).expect("a way back");
    let callback = demo.nobody().get(&back).await.expect(303);
    assert!(callback.header("location").contains("status=cancelled"), "{}", callback.header("location"));
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Issued");
    assert!(pay(&page, CARD).await.text.contains("already"), "a cancelled page takes no card");
    demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200);
    assert!(demo.approved().await.is_empty());
}

async fn an_expired_page_takes_no_card(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
    demo.simulator().post("/_sim/clock", &json!({ "advanceSeconds": 600 })).await.expect(200);
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    assert!(page.text.contains("TransactionSetupID expired"), "{}", page.text);
    assert_eq!(way_back(&page), None);
    assert!(demo.approved().await.is_empty());
}

async fn more_than_the_balance_or_a_foreign_return_address_opens_no_page(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    assert_eq!(
        demo.admin.setup(CUSTOMER, &invoice, 148.84).await.expect(422).code(),
        "amount_exceeds_balance"
    );
    let body = json!({
        "customerNumber": CUSTOMER, "transactionAmount": 1.00, "invoiceId": invoice,
        "applicationReturnUrl": "https://evil.example/",
    });
    let answer = demo.admin.post("/api/payments/worldpay/transaction-setup", &body).await.expect(400);
    assert_eq!(answer.wrong_fields(), ["applicationReturnUrl"]);
    let answer = demo.admin.post("/api/payments/worldpay/transaction-setup", &json!({})).await.expect(400);
    assert_eq!(answer.wrong_fields(), ["applicationReturnUrl", "customerNumber", "transactionAmount"]);
    assert_eq!(demo.simulator().get("/_sim/ledger").await.json()["setups"], json!([]));
}

async fn two_pages_of_one_invoice_paid_both_leave_the_second_as_credit(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    for _ in 0..2 {
        let setup = demo.admin.setup(CUSTOMER, &invoice, 148.83).await.expect(200).json();
        let page = setup["hostedPaymentUrl"].as_str().expect("a page").to_owned();
        // The first page is open, and nobody came back from it, when the second is asked for.
        let paid = pay(&page, CARD).await;
        assert!(way_back(&paid).is_some(), "{}", paid.text);
    }
    until("both are recorded", async || {
        let all = demo.admin.get(&format!("/api/payments?customerNumber={CUSTOMER}")).await.json();
        let done = all["data"]
            .as_array()
            .expect("payments")
            .iter()
            .filter(|it| it["status"] == "Succeeded" && it["method"] == "Hosted")
            .count();
        done == 2
    })
    .await;
    let read = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&read["status"], &read["balance"]), (&json!("Paid"), &json!(0.0)));
    let customer = demo.admin.get(&format!("/api/customers/{CUSTOMER}")).await.json();
    assert_eq!(customer["unappliedCredit"], json!(148.83), "no cent is lost");
}

on_both!(
    a_customer_pays_and_the_invoice_is_paid_once,
    no_card_number_reaches_a_file_or_a_log,
    a_customer_who_closes_the_page_after_paying_has_paid,
    a_cancel_charges_nothing_and_the_invoice_can_be_paid_again,
    an_expired_page_takes_no_card,
    more_than_the_balance_or_a_foreign_return_address_opens_no_page,
    two_pages_of_one_invoice_paid_both_leave_the_second_as_credit,
);
