//! What the outside sees of charges, as it was looked at once by people.

use serde_json::{Value, json};

use super::{charge, id, read};
use crate::support::{Engine, on_both};

use super::wallet::{Wallet, start};

/// An answer without what differs from run to run, for the eye.
fn still(value: &Value) -> String {
    fn walk(key: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let id = text.split_once('_').filter(|(prefix, hex)| prefix.len() <= 3 && hex.len() == 32);
                if let Some((prefix, _)) = id {
                    *text = format!("{prefix}_…");
                } else if text.len() > 18 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T') {
                    "2026-…Z".clone_into(text);
                } else if matches!(
                    key,
                    "providerReference" | "providerTransactionId" | "authorizationCode" | "traceId"
                ) {
                    "…".clone_into(text);
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|it| walk("", it)),
            Value::Object(all) => all.iter_mut().for_each(|(key, value)| walk(key, value)),
            _ => {}
        }
    }
    let mut value = value.clone();
    walk("", &mut value);
    serde_json::to_string_pretty(&value).expect("JSON")
}

async fn charges_are_shown_as_they_were(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let body = json!({ "amount": 60, "paymentMethodId": method, "reference": "PO 7" });
    let paid = charge(&demo.admin, &invoice, &body).await.expect(201).json();
    insta::assert_snapshot!("paid", still(&paid));
    let body = json!({ "amount": 40, "paymentMethodId": method, "capture": false });
    let held = charge(&demo.admin, &invoice, &body).await.expect(201).json();
    let path = format!("/api/payments/{}/capture", id(&held));
    insta::assert_snapshot!(
        "captured",
        still(&demo.admin.post(&path, &json!({ "amount": 30 })).await.json())
    );
    insta::assert_snapshot!(
        "captured_twice",
        still(&demo.admin.post(&path, &json!({})).await.expect(409).json())
    );
    let void = format!("/api/payments/{}/void", id(&paid));
    insta::assert_snapshot!("voided", still(&demo.admin.post(&void, &json!({})).await.expect(200).json()));
    insta::assert_snapshot!("timeline", still(&read(&demo, id(&paid)).await["timeline"]));
    let invoice = demo.admin.invoice(&wallet.customer, 20.0).await;
    let body = json!({ "amount": 20, "paymentMethodId": method });
    let over = json!({ "amount": 20.01, "paymentMethodId": method });
    insta::assert_snapshot!("over_the_balance", still(&charge(&demo.admin, &invoice, &over).await.json()));
    wallet.fault("sale", json!({ "action": "cut_after" })).await;
    let lost = charge(&demo.admin, &invoice, &body).await.expect(504).json();
    insta::assert_snapshot!("not_known", still(&lost));
}

async fn declines_are_shown_as_they_were(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("46282").await;
    let invoice = demo.admin.invoice(&wallet.customer, 20.0).await;
    let body = json!({ "amount": 20, "paymentMethodId": method });
    insta::assert_snapshot!(
        "declined",
        still(&charge(&demo.admin, &invoice, &body).await.expect(422).json())
    );
}

on_both!(charges_are_shown_as_they_were, declines_are_shown_as_they_were);
