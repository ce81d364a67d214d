//! Every kind of difference, made at the provider's own interface or by a hand on the database.

use serde_json::{Value, json};

use super::{At, BOTH, Books, listed, only, statuses, text};
use crate::support::{Engine, on_both};

/// The sums of the only day on which anything happened.
fn sums(report: &Value) -> Value {
    let days = report["days"].as_array().expect("days");
    let busy: Vec<_> = days.iter().filter(|it| it["sums"] != json!([])).collect();
    assert_eq!(busy.len(), 1, "{report}");
    busy[0]["sums"][0].clone()
}

async fn what_both_know_is_reconciled_and_its_batch_is_learned(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let before = books.report(at).await;
        for day in before["days"].as_array().expect("days") {
            assert_eq!(
                (&day["status"], &day["reason"]),
                (&json!("NotReconciled"), &json!("It has not been looked at yet.")),
                "{before}"
            );
        }
        let payment = books.paid(at, 20.5).await;
        let report = books.run(at).await;
        assert_eq!(statuses(&report), ["Reconciled"], "{at:?}: {report}");
        assert!(report["days"].as_array().expect("days").iter().all(|it| it["status"] == "Reconciled"));
        let side =
            json!({ "payments": { "count": 1, "amount": 20.50 }, "refunds": { "count": 0, "amount": 0.00 } });
        let both = json!({ "currencyCode": "USD", "here": side, "there": side });
        assert_eq!(sums(&report), both, "{at:?}: {report}");
        assert_eq!((listed(&report, "Open").len(), &report["openDifferences"]), (0, &json!(0)));
        assert_eq!(payment["batchId"], Value::Null);

        books.settle(at).await;
        let report = books.run(at).await;
        assert_eq!(statuses(&report), ["Reconciled"], "{at:?}: {report}");
        assert_eq!(sums(&report), both, "{at:?}: {report}");
        let batches = report["batches"].as_array().expect("batches").clone();
        assert_eq!(batches.len(), 1, "{at:?}: {report}");
        assert_eq!(
            (&batches[0]["chargedAmount"], &batches[0]["refundedAmount"], &batches[0]["complete"]),
            (&json!(20.50), &json!(0.00), &json!(true)),
            "{at:?}: {report}"
        );
        let settled = books.payment(text(&payment, "id")).await;
        assert_eq!(settled["batchId"], batches[0]["batchId"], "{at:?}");
        assert_eq!(settled["settledAt"], batches[0]["settledAt"], "{at:?}");
        assert_eq!(settled["settledAt"].is_string(), at == At::AuthorizeNet, "{settled}");
        assert_eq!(settled["status"], "Succeeded");
        // Again: nothing is written twice.
        books.run(at).await;
    }
    let days = "SELECT COUNT(*) FROM reconciliation_days";
    assert_eq!(books.demo.database.count(days), 14, "one row for each day and integration");
    assert_eq!(books.demo.database.count("SELECT COUNT(*) FROM settlement_batches"), 2);
}

async fn money_that_the_provider_alone_knows_is_missing_here(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let transaction = books.sale(at, "31.00", "7070707070707070").await;
        let report = books.run(at).await;
        assert_eq!(statuses(&report), ["Differs"], "{report}");
        let difference = only(&report, "missing_here");
        assert_eq!(
            (&difference["providerTransactionId"], &difference["amountThere"], &difference["amountHere"]),
            (&json!(transaction), &json!(31.00), &Value::Null),
            "{difference}"
        );
        assert_eq!((&difference["paymentId"], &difference["currencyCode"]), (&Value::Null, &json!("USD")));
        let there =
            json!({ "payments": { "count": 1, "amount": 31.00 }, "refunds": { "count": 0, "amount": 0.00 } });
        assert_eq!(sums(&report)["there"], there);
        // Nobody here can tell whose it is.
        assert_eq!(books.end(&difference, &json!({})).await.expect(409).code(), "difference_not_resolved");
        assert_eq!(only(&books.run(at).await, "missing_here")["id"], difference["id"], "found once");
        // Undone there: it is over by itself.
        books.void(at, &transaction, "31.00").await;
        let report = books.run(at).await;
        assert_eq!((listed(&report, "Open").len(), listed(&report, "Resolved").len()), (0, 1), "{report}");
        let ended = &listed(&report, "Resolved")[0];
        assert_eq!((&ended["endedBy"], &ended["id"]), (&json!("system"), &difference["id"]), "{ended}");
    }
    let told = "SELECT COUNT(*) FROM events WHERE kind = 'alert.reconciliation.difference'";
    assert_eq!(books.demo.database.count(told), 2, "one alert each, however often it is looked at");
}

async fn money_that_we_alone_know_is_missing_there(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let payment = books.paid(at, 12.0).await;
        let (id, transaction) = (text(&payment, "id"), text(&payment, "providerTransactionId"));
        let reference = text(&payment, "providerReference");
        let set = |transaction: &str, reference: &str| {
            books.demo.database.execute(&format!(
                "UPDATE payments SET provider_transaction_id = '{transaction}', provider_reference = '{reference}' WHERE id = '{id}'"
            ));
        };
        set("1999999999", "4242424242424242");
        let report = books.run(at).await;
        let mut open = listed(&report, "Open");
        open.sort_by_key(|it| text(it, "kind").to_owned());
        assert_eq!(open.len(), 2, "{report}");
        assert_eq!(
            (&open[0]["kind"], &open[0]["providerTransactionId"], &open[0]["paymentId"]),
            (&json!("missing_here"), &json!(transaction), &Value::Null),
            "{report}"
        );
        assert_eq!(
            (&open[1]["kind"], &open[1]["paymentId"], &open[1]["amountHere"], &open[1]["stateHere"]),
            (&json!("missing_there"), &json!(id), &json!(12.00), &json!("Succeeded")),
            "{report}"
        );
        assert_eq!(books.end(&open[1], &json!({})).await.expect(409).code(), "difference_not_resolved");
        set(transaction, reference);
        // Asked again, both agree.
        let ended = books.end(&open[1], &json!({ "action": "resolve" })).await.expect(200).json();
        assert_eq!(
            (&ended["status"], &ended["endedHow"]),
            (&json!("Resolved"), &json!("Both sides agree now."))
        );
        let report = books.run(at).await;
        assert_eq!(listed(&report, "Open"), Vec::<Value>::new(), "{at:?}");
        assert_eq!(statuses(&report), ["Reconciled"]);
    }
}

async fn another_amount_is_told_and_nobody_guesses(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let payment = books.paid(at, 40.0).await;
        let id = text(&payment, "id");
        books.demo.database.execute(&format!("UPDATE payments SET amount = amount + 125 WHERE id = '{id}'"));
        let report = books.run(at).await;
        let difference = only(&report, "amount_differs");
        assert_eq!(
            (&difference["amountHere"], &difference["amountThere"], &difference["paymentId"]),
            (&json!(41.25), &json!(40.00), &json!(id)),
            "{difference}"
        );
        assert!(text(&difference, "message").contains("41.25 USD here, and 40.00 USD"), "{difference}");
        assert_eq!(books.end(&difference, &json!({})).await.expect(409).code(), "difference_not_resolved");
        assert_eq!(books.payment(id).await["amount"], json!(41.25), "nothing was changed");
        assert_eq!(statuses(&report), ["Differs"]);
    }
}

async fn a_day_belongs_to_where_its_first_and_last_moment_lie(engine: Engine) {
    let books = Books::start(engine).await;
    // The provider's own days are others: a sale of a moment that is tomorrow in UTC is tomorrow's.
    for at in BOTH {
        let seconds = 26 * 3_600;
        books.simulator(at).post("/_sim/clock", &json!({ "advanceSeconds": seconds })).await.expect(200);
        books.sale(at, "9.00", "7171717171717171").await;
        let now =
            books.simulator(at).get("/_sim/ledger").await.json()["transactions"][0]["createdAt"].clone();
        let day = now.as_str().expect("a time")[..10].to_owned();
        let whole = books.run(at).await;
        assert_eq!(listed(&whole, "Open"), Vec::<Value>::new(), "{at:?}: it is none of these days: {whole}");
        let of_day = json!({ "integrationId": books.id(at), "from": day, "to": day });
        let report = books.admin().post(super::REPORT, &of_day).await.expect(200).json();
        let difference = only(&report, "missing_here");
        assert_eq!(difference["day"], json!(day), "{report}");
        let before: jiff::civil::Date = day.parse().expect("a day");
        let before = before.yesterday().expect("a day").to_string();
        let of_day = json!({ "integrationId": books.id(at), "from": before, "to": before });
        let report = books.admin().post(super::REPORT, &of_day).await.expect(200).json();
        assert_eq!(listed(&report, "Open"), Vec::<Value>::new(), "{at:?}: {report}");
    }
}

on_both!(
    what_both_know_is_reconciled_and_its_batch_is_learned,
    money_that_the_provider_alone_knows_is_missing_here,
    money_that_we_alone_know_is_missing_there,
    another_amount_is_told_and_nobody_guesses,
    a_day_belongs_to_where_its_first_and_last_moment_lie,
);
