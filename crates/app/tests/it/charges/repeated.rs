//! A charge with an `Idempotency-Key`: the key is claimed with the payment, in one transaction, and stands for it.

use serde_json::{Value, json};

use super::{
    id, read,
    wallet::{Wallet, start},
};
use crate::support::{Answer, Caller, Engine, on_both, process::Demo};

async fn ask(demo: &Demo, invoice: &str, key: &str, body: &Value) -> Answer {
    asked(&demo.admin, invoice, key, body).await
}

async fn asked(caller: &Caller, invoice: &str, key: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    let path = format!("/api/invoices/{invoice}/payments");
    caller.send("POST", &path, &headers, Some(body.to_string())).await
}

fn rows(demo: &Demo, action: &str) -> u64 {
    demo.database.count(&format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'"))
}

/// How often credentials were opened for a charge; what goes on in the background opens some for itself.
fn openings(demo: &Demo) -> u64 {
    demo.database.count(
        "SELECT COUNT(*) FROM audit WHERE action = 'secret.opened' AND detail LIKE '%\"why\":\"charge\"%'",
    )
}

async fn what_was_charged_is_told_again_whatever_became_of_the_card(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let body = |amount: u32| json!({ "amount": amount, "paymentMethodId": method });
    let opened = openings(&demo);
    let paid = ask(&demo, &invoice, "r-1", &body(60)).await.expect(201);
    assert_eq!(openings(&demo), opened + 1, "one call, one opening");
    let seen = read(&demo, id(&paid.json())).await;
    for (name, told) in paid.json().as_object().expect("a payment") {
        assert_eq!((name, told), (name, &seen[name]), "what is told at once is what is stored");
    }
    let etag = paid.header("etag").to_owned();
    let now = demo.admin.get(&format!("/api/payments/{}", id(&seen))).await;
    assert_eq!(now.header("etag"), etag);
    // More than is due: refused before anything is opened, and kept.
    let over = ask(&demo, &invoice, "r-2", &body(41)).await.expect(422);
    assert_eq!(over.code(), "amount_exceeds_balance");
    assert_eq!(openings(&demo), opened + 1, "nobody was called");
    assert_eq!(rows(&demo, "payment.charge_asked"), 1);

    demo.database.execute(&format!(
        "UPDATE payment_methods SET is_active = 0, removal = 'Left' WHERE id = '{method}'"
    ));
    for (key, amount, first) in [("r-1", 60, &paid), ("r-2", 41, &over)] {
        let again = ask(&demo, &invoice, key, &body(amount)).await;
        assert_eq!(again.header("idempotent-replayed"), "true", "{key}");
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        let other = ask(&demo, &invoice, key, &body(7)).await.expect(422);
        assert_eq!(other.code(), "idempotency_key_reused", "whatever else is wrong with it");
    }
    // What may be mended leaves its key free.
    let gone = ask(&demo, &invoice, "r-3", &body(7)).await.expect(404);
    assert_eq!(gone.code(), "payment_method_not_found");
    demo.database
        .execute(&format!("UPDATE payment_methods SET is_active = 1, removal = NULL WHERE id = '{method}'"));
    ask(&demo, &invoice, "r-3", &body(7)).await.expect(201);
    assert_eq!(wallet.sales().await.len(), 2);
}

async fn many_callers_with_one_key_charge_once(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "WorldPay").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let body = json!({ "amount": 10, "paymentMethodId": method });
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (admin, invoice, body) = (demo.admin.clone(), invoice.clone(), body.clone());
        running.spawn(async move { asked(&admin, &invoice, "m-1", &body).await });
    }
    let all = running.join_all().await;
    let paid: Vec<Value> = all.iter().filter(|it| it.status == 201).map(Answer::json).collect();
    let first = id(paid.first().expect("one was served"));
    assert!(paid.iter().all(|it| id(it) == first));
    for answer in all.iter().filter(|it| it.status != 201) {
        assert_eq!((answer.status, answer.code()), (409, "idempotency_in_progress".to_owned()));
    }
    let again = ask(&demo, &invoice, "m-1", &body).await.expect(201);
    assert_eq!((id(&again.json()), again.header("idempotent-replayed")), (first, "true"));
    assert_eq!(wallet.sales().await.len(), 1);
}

/// A claim that stands for nothing: whoever made it, as a Kontor before this one did, died before it wrote a payment down.
async fn a_key_that_was_left_behind_is_free_when_its_lease_is_over(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 100.0).await;
    let body = json!({ "amount": 10, "paymentMethodId": method });
    ask(&demo, &invoice, "l-1", &body).await.expect(201);
    let leave = |until: &str| {
        demo.database.execute(&format!(
            "UPDATE idempotency SET status = NULL, headers = NULL, body = NULL, subject = NULL, lease_until = {until}
             WHERE idempotency_key = 'l-1'"
        ));
    };
    leave("9000000000000000");
    for _ in 0..2 {
        let held = ask(&demo, &invoice, "l-1", &body).await.expect(409);
        assert_eq!(held.code(), "idempotency_in_progress", "somebody may be at it");
    }
    leave("0");
    let first = ask(&demo, &invoice, "l-1", &body).await.expect(409);
    assert_eq!(first.code(), "idempotency_in_progress");
    ask(&demo, &invoice, "l-1", &body).await.expect(201);
    assert_eq!(wallet.sales().await.len(), 2);
}

on_both!(
    what_was_charged_is_told_again_whatever_became_of_the_card,
    many_callers_with_one_key_charge_once,
    a_key_that_was_left_behind_is_free_when_its_lease_is_over,
);
