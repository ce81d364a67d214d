//! How a difference ends: on the provider's own word, or by somebody's reason.

use serde_json::{Value, json};

use super::{At, BOTH, Books, listed, only, statuses, text};
use crate::support::{Engine, on_both, until};

async fn an_undoing_at_the_provider_is_shown_and_written_down_when_somebody_says_so(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let payment = books.paid(at, 25.0).await;
        let (id, invoice) = (text(&payment, "id"), text(&payment, "invoiceId"));
        books.void(at, text(&payment, "providerTransactionId"), "25.00").await;
        let difference = only(&books.run(at).await, "state_differs");
        assert_eq!(
            (&difference["paymentId"], &difference["stateHere"], &difference["stateThere"]),
            (
                &json!(id),
                &json!("Succeeded"),
                &json!(format!("{} Voided", if at == At::Worldpay { "Sale" } else { "Transaction" }))
            ),
            "{difference}"
        );
        // Nothing is applied by itself.
        assert_eq!(books.payment(id).await["status"], "Succeeded");
        assert_eq!(books.admin().read_invoice(invoice).await["status"], "Paid");
        let ended = books.end(&difference, &json!({})).await.expect(200).json();
        assert_eq!((&ended["status"], &ended["endedBy"].is_string()), (&json!("Resolved"), &true), "{ended}");
        assert_eq!(books.payment(id).await["status"], "Voided");
        let invoice = books.admin().read_invoice(invoice).await;
        assert_eq!((&invoice["status"], &invoice["balance"]), (&json!("Issued"), &json!(25.0)));
        assert_eq!(listed(&books.run(at).await, "Open"), Vec::<Value>::new());
        let again = books.end(&difference, &json!({})).await.expect(409);
        assert_eq!(
            (again.code(), &again.json()["currentStatus"]),
            ("difference_not_open".to_owned(), &json!("Resolved"))
        );
    }
    let rows = "SELECT COUNT(*) FROM audit WHERE action = 'reconciliation.resolved'";
    assert_eq!(books.demo.database.count(rows), 2);
}

async fn a_refund_that_was_made_at_the_provider_is_recorded_with_its_payment(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let payment = books.paid(at, 50.0).await;
        let (id, transaction) = (text(&payment, "id"), text(&payment, "providerTransactionId"));
        books.settle(at).await;
        let refund = match at {
            At::AuthorizeNet => books.gateway.refund(transaction, "12.50").await,
            At::Worldpay => {
                books.express.refund(transaction, "12.50", text(&payment, "providerReference")).await
            }
        };
        let now = books.simulator(at).get("/_sim/ledger").await.json();
        let row = now["transactions"].as_array().expect("rows").iter().find(|it| it["id"] == refund).cloned();
        let day = row.expect("a row")["createdAt"].as_str().expect("a time")[..10].to_owned();
        let of_day = json!({ "integrationId": books.id(at), "from": day, "to": day });
        let report = books.admin().post(super::REPORT, &of_day).await.expect(200).json();
        let open = listed(&report, "Open");
        let difference = open.iter().find(|it| it["providerTransactionId"] == refund);
        let difference = difference.unwrap_or_else(|| panic!("{at:?}: {report}"));
        assert_eq!(
            (&difference["kind"], &difference["paymentId"], &difference["amountThere"]),
            (&json!("missing_here"), &json!(id), &json!(12.50)),
            "{at:?}: {report}"
        );
        assert_eq!(books.payment(id).await["amountRefunded"], json!(0.0), "nothing by itself");
        books.end(difference, &json!({})).await.expect(200);
        let refunded = books.payment(id).await;
        assert_eq!(
            (&refunded["status"], &refunded["amountRefunded"]),
            (&json!("PartiallyRefunded"), &json!(12.50)),
            "{refunded}"
        );
        assert_eq!(refunded["refunds"][0]["providerTransactionId"], json!(refund));
        let invoice = books.admin().read_invoice(text(&payment, "invoiceId")).await;
        assert_eq!((&invoice["balance"], &invoice["status"]), (&json!(12.50), &json!("PartiallyPaid")));
        let report = books.admin().post(super::REPORT, &of_day).await.expect(200).json();
        assert_eq!(listed(&report, "Open"), Vec::<Value>::new(), "{at:?}: {report}");
    }
}

async fn money_that_was_taken_under_a_reference_of_ours_becomes_a_payment(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        // Given up here, and taken there all the same.
        let payment = books.paid(at, 18.0).await;
        let (id, invoice) = (text(&payment, "id"), text(&payment, "invoiceId"));
        books.demo.database.execute(&format!(
            "DELETE FROM payment_applications WHERE payment_id = '{id}';
             UPDATE payments SET status = 'Failed', applied = 0, provider_transaction_id = NULL WHERE id = '{id}';
             UPDATE invoices SET paid = 0, status = 'Issued' WHERE id = '{invoice}'"
        ));
        let difference = only(&books.run(at).await, "state_differs");
        assert_eq!((&difference["paymentId"], &difference["stateHere"]), (&json!(id), &json!("Failed")));
        let ended = books.end(&difference, &json!({})).await.expect(200).json();
        let made =
            text(&ended, "endedHow").trim_start_matches("Recorded as ").trim_end_matches('.').to_owned();
        let made = books.payment(&made).await;
        assert_eq!(
            (&made["status"], &made["amount"], &made["amountApplied"], &made["providerTransactionId"]),
            (&json!("Succeeded"), &json!(18.00), &json!(18.00), &payment["providerTransactionId"]),
            "{made}"
        );
        assert_eq!(books.payment(id).await["status"], "Failed", "the old row stays what it is");
        assert_eq!(books.admin().read_invoice(invoice).await["status"], "Paid");
        let report = books.run(at).await;
        assert_eq!((listed(&report, "Open").len(), statuses(&report)), (0, vec!["Reconciled"]), "{report}");

        // Taken once more under the same reference: it becomes credit, which can be given back.
        let twice = books.sale(at, "17.50", text(&payment, "providerReference")).await;
        let difference = only(&books.run(at).await, "state_differs");
        assert_eq!(difference["providerTransactionId"], json!(twice), "{difference}");
        assert_eq!(difference["endedHow"], Value::Null, "it is open again: {difference}");
        books.end(&difference, &json!({})).await.expect(200);

        // Taken twice where the first is known.
        let payment = books.paid(at, 26.0).await;
        let twice = books.sale(at, "25.50", text(&payment, "providerReference")).await;
        let difference = only(&books.run(at).await, "missing_here");
        assert_eq!(
            (&difference["providerTransactionId"], &difference["paymentId"]),
            (&json!(twice), &payment["id"]),
            "{difference}"
        );
        let ended = books.end(&difference, &json!({})).await.expect(200).json();
        let made =
            text(&ended, "endedHow").trim_start_matches("Recorded as ").trim_end_matches('.').to_owned();
        let made = books.payment(&made).await;
        assert_eq!(
            (&made["unappliedAmount"], &made["amountApplied"]),
            (&json!(25.50), &json!(0.00)),
            "{made}"
        );
        assert_eq!(listed(&books.run(at).await, "Open"), Vec::<Value>::new());
    }
}

async fn what_is_accepted_stays_so_until_it_is_another(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        let payment = books.paid(at, 33.0).await;
        let id = text(&payment, "id");
        let more = |cents: i64| {
            books
                .demo
                .database
                .execute(&format!("UPDATE payments SET amount = amount + {cents} WHERE id = '{id}'"));
        };
        more(100);
        let difference = only(&books.run(at).await, "amount_differs");
        for (body, field) in [
            (json!({ "action": "accept" }), "reason"),
            (json!({ "action": "accept", "reason": " " }), "reason"),
            (json!({ "action": "forget", "reason": "x" }), "action"),
            (json!({ "colour": "red" }), "colour"),
        ] {
            assert_eq!(books.end(&difference, &body).await.expect(400).wrong_fields(), [field]);
        }
        let why = json!({ "action": "accept", "reason": "Written off by the board" });
        let ended = books.end(&difference, &why).await.expect(200).json();
        assert_eq!(
            (&ended["status"], &ended["endedHow"]),
            (&json!("Accepted"), &json!("Written off by the board")),
            "{ended}"
        );
        let report = books.run(at).await;
        assert_eq!(
            (listed(&report, "Accepted").len(), statuses(&report)),
            (1, vec!["Reconciled"]),
            "{report}"
        );
        assert_eq!(books.end(&difference, &why).await.expect(409).code(), "difference_not_open");
        // Another amount is another matter.
        more(100);
        let again = only(&books.run(at).await, "amount_differs");
        assert_eq!((&again["id"], &again["endedHow"]), (&difference["id"], &Value::Null));
    }
    let rows = books.demo.database.count(
        "SELECT COUNT(*) FROM audit WHERE action = 'reconciliation.accepted' AND detail LIKE '%board%' AND actor <> 'system'",
    );
    assert_eq!(rows, 2);
}

async fn a_repeated_request_ends_a_difference_once_and_a_strangers_finds_none(engine: Engine) {
    let books = Books::start(engine).await;
    let payment = books.paid(At::AuthorizeNet, 8.0).await;
    books.void(At::AuthorizeNet, text(&payment, "providerTransactionId"), "8.00").await;
    let difference = only(&books.run(At::AuthorizeNet).await, "state_differs");
    let path = format!("{}/differences/{}/resolve", super::REPORT, text(&difference, "id"));
    for (caller, status) in [
        (books.demo.stranger(), 404),
        (books.demo.caller("SalesRep", None), 403),
        (books.demo.caller("Customer", Some("CUST-1001")), 403),
        (books.demo.nobody(), 401),
    ] {
        caller.post(&path, &json!({})).await.expect(status);
        let read = caller.get(super::REPORT).await;
        assert_eq!(read.status, if status == 404 { 200 } else { status }, "{}", read.text);
        if status == 404 {
            assert_eq!(read.json()["openDifferences"], json!(0));
            let foreign = format!("{}?integrationId={}", super::REPORT, books.id(At::AuthorizeNet));
            caller.get(&foreign).await.expect(404);
            let body = json!({ "integrationId": books.id(At::AuthorizeNet) });
            caller.post(super::REPORT, &body).await.expect(404);
        }
    }
    let unknown = format!("{}/differences/dif_00000000000000000000000000000000/resolve", super::REPORT);
    assert_eq!(books.admin().post(&unknown, &json!({})).await.expect(404).code(), "difference_not_found");
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let send = || books.admin().send("POST", &path, &headers, Some("{}".to_owned()));
    let first = send().await.expect(200);
    let again = send().await.expect(200);
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
}

async fn what_is_done_at_the_provider_is_seen_as_soon_as_it_is_told(engine: Engine) {
    let books = Books::start(engine).await;
    let at = At::AuthorizeNet;
    let path = books.demo.seeded("AuthorizeNet").await;
    let hook = format!("{}/hooks/AuthorizeNet/{}", books.demo.text("baseUrl"), books.id(at));
    let key = books.gateway.subscribe(&hook).await;
    books.admin().put(&path, &json!({ "secrets": { "SignatureKey": key } })).await.expect(200);
    let payment = books.paid(at, 14.0).await;
    let id = text(&payment, "id");
    let jobs = "SELECT COUNT(*) FROM jobs WHERE kind = 'notice'";
    until("the sale was asked about", async || books.demo.database.count(jobs) == 0).await;
    assert_eq!(books.report(at).await["openDifferences"], json!(0));
    books.void(at, text(&payment, "providerTransactionId"), "14.00").await;
    until("it is shown", async || books.report(at).await["openDifferences"] == 1).await;
    let difference = only(&books.report(at).await, "state_differs");
    assert_eq!(difference["paymentId"], json!(id));
    assert_eq!(books.payment(id).await["status"], "Succeeded", "nothing is recorded by it");
    books.end(&difference, &json!({})).await.expect(200);
    assert_eq!(books.payment(id).await["status"], "Voided");
}

on_both!(
    an_undoing_at_the_provider_is_shown_and_written_down_when_somebody_says_so,
    a_refund_that_was_made_at_the_provider_is_recorded_with_its_payment,
    money_that_was_taken_under_a_reference_of_ours_becomes_a_payment,
    what_is_accepted_stays_so_until_it_is_another,
    a_repeated_request_ends_a_difference_once_and_a_strangers_finds_none,
    what_is_done_at_the_provider_is_seen_as_soon_as_it_is_told,
);
