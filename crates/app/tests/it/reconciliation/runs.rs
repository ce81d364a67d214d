//! Runs: by themselves, one at a time, and never agreed where the provider could not tell.

use serde_json::{Value, json};

use super::{At, BOTH, Books, REPORT, listed, statuses, text};
use crate::support::{Engine, Program, on_both, until};

async fn where_the_provider_cannot_tell_no_day_is_agreed(engine: Engine) {
    let books = Books::start(engine).await;
    for at in BOTH {
        books.paid(at, 10.0).await;
        assert_eq!(statuses(&books.run(at).await), ["Reconciled"]);
        let operation = match at {
            At::AuthorizeNet => "getSettledBatchListRequest",
            At::Worldpay => "TransactionQuery",
        };
        for (action, more) in [
            ("status", json!({ "status": 503 })),
            ("cut_before", json!({})),
            ("cut_after", json!({})),
            ("truncate", json!({})),
            ("body", json!({ "body": "<html>Down for maintenance</html>" })),
            ("body", json!({ "body": "{}" })),
        ] {
            let mut fault = json!({ "operation": operation, "occurrence": 1, "action": action });
            for (key, value) in more.as_object().expect("an object") {
                fault[key] = value.clone();
            }
            books.simulator(at).post("/_sim/faults", &fault).await.expect(200);
            let report = books.run(at).await;
            for day in report["days"].as_array().expect("days") {
                assert_eq!(day["status"], "NotReconciled", "{at:?} {action}: {report}");
                assert!(text(day, "reason").len() > 10, "{at:?} {action}: {report}");
                assert_eq!(day["sums"], json!([]), "{at:?} {action}");
            }
            books.simulator(at).delete("/_sim/faults").await;
        }
        let report = books.run(at).await;
        assert_eq!(statuses(&report), ["Reconciled"], "{at:?}: {report}");
        assert!(report["days"].as_array().expect("days").iter().all(|it| it["reason"] == Value::Null));
    }
}

async fn of_two_at_once_one_runs(engine: Engine) {
    let books = Books::start(engine).await;
    for (at, operation) in
        [(At::AuthorizeNet, "getSettledBatchListRequest"), (At::Worldpay, "TransactionQuery")]
    {
        let hold = json!({ "operation": operation, "occurrence": 1, "action": "hold" });
        books.simulator(at).post("/_sim/faults", &hold).await.expect(200);
        let (admin, body) = (books.admin().clone(), json!({ "integrationId": books.id(at) }));
        let first = tokio::spawn(async move { admin.post(REPORT, &body).await });
        until("it is held", async || books.simulator(at).get("/_sim/faults").await.json()["held"] == 1).await;
        let second = books.admin().post(REPORT, &json!({ "integrationId": books.id(at) })).await.expect(409);
        assert_eq!(second.code(), "reconciliation_running");
        books.simulator(at).post("/_sim/release", &json!({})).await.expect(204);
        first.await.expect("it ran").expect(200);
        books.run(at).await;
    }
}

async fn days_are_checked_before_anybody_is_asked(engine: Engine) {
    let books = Books::start(engine).await;
    for (query, field) in [
        ("from=2026-03-02&to=2026-03-01", "to"),
        ("from=2026-01-01&to=2026-02-01", "to"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-3-1", "from"),
        ("to=2026-03-01T25:00:00Z", "to"),
        ("integrationId=7", "integrationId"),
    ] {
        let answer = books.admin().get(&format!("{REPORT}?{query}")).await.expect(400);
        assert_eq!(answer.wrong_fields(), [field], "{query}");
        let body: serde_json::Map<String, Value> = url::form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| (key.into_owned(), Value::from(value.into_owned())))
            .collect();
        let answer = books.admin().post(REPORT, &Value::from(body)).await.expect(400);
        assert_eq!(answer.wrong_fields(), [field], "{query}");
    }
    let whole =
        books.admin().get(&format!("{REPORT}?from=2026-01-01&to=2026-01-31")).await.expect(200).json();
    assert_eq!(whole["days"].as_array().map(Vec::len), Some(62), "31 days of two integrations");
    let moment = books.admin().get(&format!("{REPORT}?from=2026-03-01T23:30:00-08:00&to=2026-03-02")).await;
    assert_eq!(moment.expect(200).json()["from"], "2026-03-02", "the day in UTC");
}

async fn it_runs_by_itself_and_in_one_process_at_a_time(engine: Engine) {
    let mut program =
        Program::with(engine, |_, _| vec![("KONTOR_PAYMENTS__RECONCILE_SECONDS", "1".to_owned())]).await;
    let _beside = program.beside().await;
    let place = program.simulated["simulators"]["worldpay"].as_str().expect("an address").to_owned();
    let express = crate::support::merchant::Express::new(&place);
    express.sale("77.00", "7272727272727272").await;
    until("it is found", async || program.admin.get(REPORT).await.expect(200).json()["openDifferences"] == 1)
        .await;
    let ran = "SELECT COUNT(*) FROM events WHERE kind = 'reconciliation.ran'";
    let seen = program.database.count(ran);
    until("it runs on", async || program.database.count(ran) > seen + 3).await;
    assert_eq!(program.database.count("SELECT COUNT(*) FROM reconciliation_differences"), 1);
    let told = "SELECT COUNT(*) FROM events WHERE kind = 'alert.reconciliation.difference'";
    assert_eq!(program.database.count(told), 1);
    let held = "SELECT COUNT(*) FROM jobs WHERE kind = 'reconcile'";
    assert_eq!(program.database.count(held), 1, "one job for the only integration");
    // Killed and started again, it goes on; the open difference is the operator's to see too.
    program.kill();
    // What it held of the work runs out: a hand on the clock.
    program
        .database
        .execute("UPDATE jobs SET lease_until = 0; UPDATE reconciliation_runs SET lease_until = 0");
    program.serve().await;
    let seen = program.database.count(ran);
    until("it runs on", async || program.database.count(ran) > seen).await;
    let doctor = program.run(&["doctor"]);
    let words = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(words.contains("1 difference"), "{words}");
    let report = program.admin.get(REPORT).await.json();
    let open = listed(&report, "Open");
    let path = format!("{REPORT}/differences/{}/resolve", text(&open[0], "id"));
    let why = json!({ "action": "accept", "reason": "A test sale" });
    program.admin.post(&path, &why).await.expect(200);
    let words = String::from_utf8_lossy(&program.run(&["doctor"]).stdout).into_owned();
    assert!(words.contains("both sides agree"), "{words}");
}

on_both!(
    where_the_provider_cannot_tell_no_day_is_agreed,
    of_two_at_once_one_runs,
    days_are_checked_before_anybody_is_asked,
    it_runs_by_itself_and_in_one_process_at_a_time,
);
