//! Charges of saved cards, held and captured ones among them, at both providers; and the report's own shape.

use serde_json::{Value, json};

use super::{At, BOTH, Books, CUSTOMER, listed, only, statuses, text};
use crate::{
    api::contract::still,
    support::{CARD, Engine, on_both, pay, way_back},
};

const METHODS: &str = "/api/payments/payment-methods";

impl Books {
    /// Saves a card as each provider has it done; its id.
    async fn card(&self, at: At) -> String {
        let mut body = json!({
            "customerNumber": CUSTOMER, "cardNumber": CARD, "expirationMonth": 12, "expirationYear": 2039, "cvv": "123",
            "provider": "AuthorizeNet", "billingAddress": { "zipPostalCode": "98004" },
        });
        if at == At::AuthorizeNet {
            let said = self.admin().post(METHODS, &body).await.expect(200).json();
            return text(&said["paymentMethod"], "id").to_owned();
        }
        body = json!({ "customerNumber": CUSTOMER, "provider": "WorldPay", "returnUrl": "http://localhost:3000/" });
        let said = self.admin().post(METHODS, &body).await.expect(200).json();
        let page = pay(text(&said, "redirectUrl"), CARD).await;
        self.demo.nobody().get(&way_back(&page).expect("a way back")).await.expect(303);
        let all = self.admin().get(&format!("{METHODS}/{CUSTOMER}")).await.expect(200).json();
        let mut all = all.as_array().expect("cards").iter();
        let own = all.find(|it| it["provider"] == "WorldPay").expect("a card there");
        text(own, "id").to_owned()
    }

    /// Charges a card for an invoice of its own, or holds the amount.
    async fn charge(&self, card: &str, amount: f64, capture: bool) -> Value {
        let invoice = self.admin().invoice(CUSTOMER, amount).await;
        let body = json!({ "amount": amount, "paymentMethodId": card, "capture": capture });
        self.admin().post(&format!("/api/invoices/{invoice}/payments"), &body).await.expect(201).json()
    }
}

async fn charges_of_saved_cards_are_reconciled(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let card = books.card(at).await;
        let whole = books.charge(&card, 30.0, true).await;
        assert_eq!(whole["status"], "Succeeded", "{at:?}: {whole}");
        let held = books.charge(&card, 12.5, false).await;
        let path = format!("/api/payments/{}/capture", text(&held, "id"));
        books.admin().post(&path, &json!({ "amount": 10.0 })).await.expect(200);
        let gone = books.charge(&card, 7.0, true).await;
        books
            .admin()
            .post(&format!("/api/payments/{}/void", text(&gone, "id")), &json!({}))
            .await
            .expect(200);
        let open = books.charge(&card, 9.0, false).await;
        assert_eq!(open["status"], "Authorized", "{at:?}: {open}");
        let report = books.run(at).await;
        assert_eq!(
            (listed(&report, "Open"), statuses(&report)),
            (vec![], vec!["Reconciled"]),
            "{at:?}: {report}"
        );
        let days = report["days"].as_array().expect("days");
        let busy = days.iter().find(|it| it["sums"] != json!([])).expect("a day");
        let side =
            json!({ "payments": { "count": 2, "amount": 40.0 }, "refunds": { "count": 0, "amount": 0.0 } });
        for which in ["here", "there"] {
            assert_eq!(busy["sums"][0][which], side, "{at:?}: {report}");
        }
        // And one that nobody here did, with the same card's merchant.
        books.void(at, text(&whole, "providerTransactionId"), "30.00").await;
        let difference = only(&books.run(at).await, "state_differs");
        assert_eq!(difference["paymentId"], whole["id"], "{at:?}: {difference}");
        books.end(&difference, &json!({})).await.expect(200);
        assert_eq!(books.payment(text(&whole, "id")).await["status"], "Voided", "{at:?}");
        assert_eq!(listed(&books.run(at).await, "Open"), Vec::<Value>::new(), "{at:?}");
    }
}

async fn a_hold_that_somebody_captured_at_worldpay_differs(engine: Engine) {
    let books = Books::start(engine).await;
    let card = books.card(At::Worldpay).await;
    let held = books.charge(&card, 25.0, false).await;
    let reference = text(&held, "providerReference").to_owned();
    let taken = books.express.capture(text(&held, "providerTransactionId"), "25.00", &reference).await;
    let open = listed(&books.run(At::Worldpay).await, "Open");
    assert!(!open.is_empty(), "money was taken, and nobody here knows of it");
    let names = |it: &&Value| it["paymentId"] == held["id"] || it["providerTransactionId"] == json!(taken);
    let own = open.iter().find(names).unwrap_or_else(|| panic!("{open:?}"));
    assert!(["state_differs", "missing_here"].contains(&text(own, "kind")), "{own}");
    let invoice = books.admin().read_invoice(text(&held, "invoiceId")).await;
    assert_eq!(invoice["status"], "Issued", "nothing is recorded by itself: {invoice}");
}

/// What is another each time: days, references, and the providers' own ids.
fn stilled(books: &Books, report: &Value) -> String {
    let text = still(&books.demo, report);
    let day = |it: &str| it.len() == 10 && it.bytes().filter(|it| *it == b'-').count() == 2;
    let number = |it: &str| it.len() >= 8 && it.bytes().all(|it| it.is_ascii_digit());
    let mut stilled = String::new();
    for it in text.split_inclusive(['"', ' ']) {
        let (word, end) = it.split_at(it.len().saturating_sub(1));
        let word = if day(word) {
            "[day]"
        } else if number(word) {
            "[number]"
        } else {
            word
        };
        stilled.extend([word, end]);
    }
    stilled
}

async fn the_report_says_what_it_says(engine: Engine) {
    let books = Books::start(engine).await;
    let at = At::AuthorizeNet;
    let card = books.card(at).await;
    let paid = books.charge(&card, 30.0, true).await;
    books.charge(&card, 5.0, true).await;
    books.void(at, text(&paid, "providerTransactionId"), "30.00").await;
    books.sale(at, "31.00", "7070707070707070").await;
    let mut report = books.run(at).await;
    // Days on which nothing happened look the same, and are as many as the clock says.
    let days = report["days"].as_array_mut().expect("days");
    days.retain(|it| it["sums"] != json!([]));
    for day in days {
        let all = day["differences"].as_array_mut().expect("differences");
        all.sort_by_key(|it| it["kind"] != "state_differs");
    }
    insta::assert_snapshot!("report", stilled(&books, &report));
}

on_both!(
    charges_of_saved_cards_are_reconciled,
    a_hold_that_somebody_captured_at_worldpay_differs,
    the_report_says_what_it_says,
);
