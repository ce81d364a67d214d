//! Charges of saved cards at both providers, holds, captures and what becomes of lost answers. The simulators' ledgers
//! are the truth.

mod captures;
mod fallback;
mod lost;
mod races;
mod repeated;
mod shown;
mod wallet;

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Engine, on_both, process::Demo};
use wallet::{Wallet, start};

/// Both providers.
const BOTH: [&str; 2] = ["AuthorizeNet", "WorldPay"];

async fn charge(caller: &Caller, invoice: &str, body: &Value) -> Answer {
    caller.post(&format!("/api/invoices/{invoice}/payments"), body).await
}

async fn read(demo: &Demo, id: &str) -> Value {
    demo.admin.get(&format!("/api/payments/{id}")).await.expect(200).json()
}

fn id(payment: &Value) -> &str {
    payment["id"].as_str().expect("an id")
}

async fn a_saved_card_is_charged_by_the_shop_and_by_its_owner(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        let method = wallet.save("98004").await;
        let owner = demo.caller("Customer", Some(&wallet.customer));
        let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
        let first = charge(&demo.admin, &invoice, &json!({ "amount": 60, "paymentMethodId": method })).await;
        let location = first.header("location").to_owned();
        let first = first.expect(201).json();
        assert_eq!(location, format!("/api/payments/{}", id(&first)));
        assert_eq!((&first["status"], &first["method"]), (&json!("Succeeded"), &json!("Card")), "{first}");
        assert_eq!((&first["paymentMethodId"], &first["provider"]), (&json!(method), &json!(provider)));
        assert_eq!((&first["amountApplied"], &first["authorizedAmount"]), (&json!(60.0), &Value::Null));
        assert!(
            first["authorizationCode"].is_string() && first["providerTransactionId"].is_string(),
            "{first}"
        );
        let second = charge(&owner, &invoice, &json!({ "amount": 40, "paymentMethodId": method })).await;
        assert_eq!(second.expect(201).json()["status"], "Succeeded");
        let seen = demo.admin.read_invoice(&invoice).await;
        assert_eq!((&seen["status"], &seen["balance"]), (&json!("Paid"), &json!(0.0)));
        let sales = wallet.sales().await;
        assert_eq!(sales.len(), 2, "{sales:?}");
        assert!(sales.iter().any(|it| it["reference"] == first["providerReference"]), "{sales:?}");
        // The network's id of the first use is what the merchant's later ones refer to.
        let kept =
            format!("SELECT COALESCE(network_transaction_id, '') FROM payment_methods WHERE id = '{method}'");
        assert!(!demo.database.value(&kept).is_empty(), "{provider}");
        let amount = format!("SELECT original_amount FROM payment_methods WHERE id = '{method}'");
        assert_eq!(demo.database.value(&amount), "6000");
        let again = demo.admin.invoice(&wallet.customer, 5.0).await;
        charge(&demo.admin, &again, &json!({ "amount": 5, "paymentMethodId": method })).await.expect(201);
        let timeline = read(&demo, id(&first)).await["timeline"].clone();
        let kinds: Vec<_> =
            timeline.as_array().expect("a list").iter().map(|it| it["type"].clone()).collect();
        assert_eq!(kinds, ["payment.submitted", "payment.succeeded"]);
    }
}

async fn a_decline_stays_on_record_and_frees_the_invoice(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        // Authorize.Net's test processor declines by postal code, Worldpay's by amount.
        let method = wallet.save("46282").await;
        let invoice = demo.admin.invoice(&wallet.customer, 0.51).await;
        let body = json!({ "amount": 0.51, "paymentMethodId": method }).to_string();
        let path = format!("/api/invoices/{invoice}/payments");
        let key = [("content-type", "application/json"), ("idempotency-key", "d-1")];
        let declined = demo.admin.send("POST", &path, &key, Some(body.clone())).await.expect(422);
        let said = declined.json();
        assert_eq!(declined.code(), "payment_declined");
        assert!(said["providerCode"].is_string() && said["providerMessage"].is_string(), "{said}");
        // Worldpay says nothing of the address with such a decline.
        assert_eq!(said["avsResult"].is_string(), provider == "AuthorizeNet", "{said}");
        let payment = read(&demo, said["paymentId"].as_str().expect("a payment")).await;
        assert_eq!(
            (&payment["status"], &payment["failure"]["code"]),
            (&json!("Declined"), &json!("payment_declined"))
        );
        let again = demo.admin.send("POST", &path, &key, Some(body)).await.expect(422);
        assert_eq!((&again.text, again.header("idempotent-replayed")), (&declined.text, "true"));
        assert!(wallet.sales().await.is_empty());
        let cheque = json!({ "amount": 0.51, "method": "Check" });
        charge(&demo.admin, &invoice, &cheque).await.expect(201);
    }
}

async fn what_cannot_be_charged_is_told(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "WorldPay").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let saved = |amount: f64| json!({ "amount": amount, "paymentMethodId": method });
    let over = charge(&demo.admin, &invoice, &saved(100.01)).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_balance");
    // Another customer's invoice and this one's card, in both directions.
    let foreign = demo.admin.invoice("CUST-1001", 100.0).await;
    assert_eq!(
        charge(&demo.admin, &foreign, &saved(1.0)).await.expect(404).code(),
        "payment_method_not_found"
    );
    let other = demo.caller("Customer", Some("CUST-1001"));
    assert_eq!(charge(&other, &invoice, &saved(1.0)).await.expect(404).code(), "invoice_not_found");
    assert_eq!(charge(&other, &foreign, &saved(1.0)).await.expect(404).code(), "payment_method_not_found");
    demo.stranger().post(&format!("/api/invoices/{invoice}/payments"), &saved(1.0)).await.expect(404);
    for unknown in ["pm_0192f0c1e4b87c3a9d5e6f708192a3b4", "nonsense"] {
        let body = json!({ "amount": 1, "paymentMethodId": unknown });
        assert_eq!(charge(&demo.admin, &invoice, &body).await.expect(404).code(), "payment_method_not_found");
    }
    let owner = demo.caller("Customer", Some(&wallet.customer));
    charge(&owner, &invoice, &json!({ "amount": 1, "method": "Cash" })).await.expect(403);
    for (body, wrong) in [
        (json!({ "amount": 1 }), "method"),
        (json!({ "amount": 1, "paymentMethodId": method, "method": "Check" }), "method"),
        (json!({ "amount": 1, "paymentMethodId": method, "paymentProfileId": "1" }), "paymentProfileId"),
        (json!({ "amount": 0, "paymentMethodId": method }), "amount"),
        (json!({ "amount": 1, "paymentMethodId": method, "provider": "Nobody" }), "provider"),
        (json!({ "amount": 1, "paymentMethodId": method, "provider": "AuthorizeNet" }), "provider"),
        (json!({ "amount": 1, "paymentMethodId": "default" }), "paymentMethodId"),
        (json!({ "amount": 1, "opaqueData": { "dataDescriptor": "x" } }), "opaqueData.dataValue"),
        (json!({ "amount": 1, "method": "Cash", "capture": false }), "capture"),
    ] {
        let answer = charge(&demo.admin, &invoice, &body).await.expect(400);
        assert_eq!(answer.wrong_fields(), [wrong], "{body}");
    }
    charge(&demo.admin, &invoice, &json!({ "amount": 100, "method": "Wire" })).await.expect(201);
    assert_eq!(charge(&demo.admin, &invoice, &saved(1.0)).await.expect(409).code(), "invoice_not_payable");
    let yen = json!({ "customerNumber": wallet.customer, "currencyCode": "EUR",
        "items": [{ "description": "Coffee", "quantity": 1, "unitPrice": 5, "taxable": false }] });
    let euros = demo.admin.post("/api/invoices", &yen).await.expect(201).json()["id"].clone();
    let euros = euros.as_str().expect("an id");
    demo.admin.send("POST", &format!("/api/invoices/{euros}/issue"), &[], None).await.expect(200);
    assert_eq!(charge(&demo.admin, euros, &saved(1.0)).await.expect(422).code(), "currency_not_supported");
    assert!(wallet.sales().await.is_empty());
}

async fn a_card_by_the_providers_name_and_the_default_one(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 10.0).await;
    let name =
        demo.database.value(&format!("SELECT payment_profile_id FROM payment_methods WHERE id = '{method}'"));
    let by_name =
        json!({ "amount": 4, "paymentProfileId": name, "provider": "AuthorizeNet", "reference": "PO 7" });
    let paid = charge(&demo.admin, &invoice, &by_name).await.expect(201).json();
    assert_eq!((&paid["paymentMethodId"], &paid["reference"]), (&json!(method), &json!("PO 7")));
    let elsewhere = json!({ "amount": 4, "paymentProfileId": name, "provider": "WorldPay" });
    charge(&demo.admin, &invoice, &elsewhere).await.expect(404);
    wallet.make_default(&method);
    let body = json!({ "amount": 6, "paymentMethodId": "default" });
    let paid = charge(&demo.admin, &invoice, &body).await.expect(201).json();
    assert_eq!(paid["paymentMethodId"], json!(method));
    wallet.give_up(&method);
    let next = demo.admin.invoice(&wallet.customer, 10.0).await;
    charge(&demo.admin, &next, &json!({ "amount": 1, "paymentMethodId": method })).await.expect(404);
}

async fn a_scripts_nonce_pays_once_and_is_not_kept(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let invoice = demo.admin.invoice(&wallet.customer, 10.0).await;
    let opaque = wallet.nonce().await;
    let body = json!({ "amount": 6, "opaqueData": opaque });
    let owner = demo.caller("Customer", Some(&wallet.customer));
    let paid = charge(&owner, &invoice, &body).await.expect(201).json();
    assert_eq!((&paid["status"], &paid["paymentMethodId"]), (&json!("Succeeded"), &Value::Null));
    let twice = charge(&owner, &invoice, &json!({ "amount": 4, "opaqueData": opaque })).await.expect(422);
    assert_eq!(
        (twice.code(), &twice.json()["providerCode"]),
        ("payment_failed".to_owned(), &json!("E00114"))
    );
    assert_eq!(wallet.sales().await.len(), 1);
    let value = opaque["dataValue"].as_str().expect("a nonce");
    assert!(!demo.log().contains(value), "a nonce is good for a charge: it stands in no log");
}

on_both!(
    a_saved_card_is_charged_by_the_shop_and_by_its_owner,
    a_decline_stays_on_record_and_frees_the_invoice,
    what_cannot_be_charged_is_told,
    a_card_by_the_providers_name_and_the_default_one,
    a_scripts_nonce_pays_once_and_is_not_kept,
);
