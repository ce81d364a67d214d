//! The customer's card at another provider, where the first one surely took nothing and nobody said which card to charge.

use serde_json::{Value, json};

use super::{charge, read};
use crate::support::{Engine, on_both, process::Demo};

use super::wallet::{Wallet, start};

/// A customer with a card at each provider; the default is Worldpay's.
async fn two(demo: &Demo) -> (Wallet<'_>, Wallet<'_>) {
    let one = Wallet::of(demo, "WorldPay", "WALLET-TWO").await;
    let other = Wallet::of(demo, "AuthorizeNet", "WALLET-TWO").await;
    let method = one.save("98004").await;
    one.make_default(&method);
    other.save("98004").await;
    (one, other)
}

/// An answer that refuses the request: nothing was begun.
fn refusal() -> Value {
    let body = "<CreditCardSaleResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>103</ExpressResponseCode><ExpressResponseMessage>PAYMENT ACCOUNT NOT FOUND</ExpressResponseMessage></Response></CreditCardSaleResponse>";
    json!({ "action": "body", "body": body })
}

async fn the_other_card_pays_where_the_first_provider_surely_took_nothing(engine: Engine) {
    let demo = start(engine);
    let (one, other) = two(&demo).await;
    // Worldpay's own work is a decline here; what it says is that it did nothing.
    let invoice = demo.admin.invoice(&one.customer, 0.51).await;
    one.fault("sale", refusal()).await;
    let path = format!("/api/invoices/{invoice}/payments");
    let body = json!({ "amount": 0.51, "paymentMethodId": "default" }).to_string();
    let key = [("content-type", "application/json"), ("idempotency-key", "f-1")];
    let paid = demo.admin.send("POST", &path, &key, Some(body.clone())).await.expect(201);
    assert_eq!(
        (&paid.json()["provider"], &paid.json()["status"]),
        (&json!("AuthorizeNet"), &json!("Succeeded"))
    );
    let again = demo.admin.send("POST", &path, &key, Some(body)).await.expect(201);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&paid.text, "true"));
    let tries = demo.admin.get(&format!("/api/payments?invoiceId={invoice}&sortDirection=asc")).await.json();
    let tries = tries["data"].as_array().expect("a list").clone();
    let states: Vec<_> = tries.iter().map(|it| it["status"].as_str().expect("a state")).collect();
    assert_eq!(states, ["Failed", "Succeeded"], "each try is on record");
    let timeline = read(&demo, tries[1]["id"].as_str().expect("an id")).await["timeline"].clone();
    assert_eq!(timeline[0]["data"]["insteadOf"], tries[0]["id"]);
    assert_eq!((one.sales().await.len(), other.sales().await.len()), (0, 1));
}

async fn nothing_else_is_tried_on_a_decline_a_doubt_or_a_named_card(engine: Engine) {
    let demo = start(engine);
    let (one, other) = two(&demo).await;
    let default = json!("default");
    let declined = demo.admin.invoice(&one.customer, 0.51).await;
    let body = json!({ "amount": 0.51, "paymentMethodId": default });
    assert_eq!(charge(&demo.admin, &declined, &body).await.expect(422).code(), "payment_declined");
    let lost = demo.admin.invoice(&one.customer, 7.0).await;
    one.fault("sale", json!({ "action": "cut_after" })).await;
    let body = json!({ "amount": 7, "paymentMethodId": default });
    charge(&demo.admin, &lost, &body).await.expect(504);
    demo.until_invoice(&lost, "Paid").await;
    one.mend().await;
    one.fault("sale", refusal()).await;
    let named = json!({ "amount": 0.51, "paymentMethodId": default, "provider": "WorldPay" });
    let failed = charge(&demo.admin, &declined, &named).await.expect(422);
    assert_eq!((failed.code(), &failed.json()["providerCode"]), ("payment_failed".to_owned(), &json!("103")));
    one.mend().await;
    let method =
        demo.admin.get(&format!("/api/payments?invoiceId={lost}")).await.json()["data"][0]["paymentMethodId"]
            .clone();
    one.fault("sale", refusal()).await;
    let named = json!({ "amount": 0.51, "paymentMethodId": method });
    charge(&demo.admin, &declined, &named).await.expect(422);
    assert_eq!((one.sales().await.len(), other.sales().await.len()), (1, 0));
}

on_both!(
    the_other_card_pays_where_the_first_provider_surely_took_nothing,
    nothing_else_is_tried_on_a_decline_a_doubt_or_a_named_card,
);
