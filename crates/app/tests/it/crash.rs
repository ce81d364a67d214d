//! The process dies, the database goes away: the money stays counted.

use serde_json::json;

use crate::support::{CARD, Database, Engine, Program, judge::judge, on_both, pay, until, way_back};

async fn killed_between_the_payment_and_the_redirect_it_is_paid_once_after_a_start(engine: Engine) {
    let mut program = Program::start(engine).await;
    let invoice = program.admin.invoice("C-1", 12.5).await;
    let setup = program.admin.setup("C-1", &invoice, 12.5).await.expect(200).json();
    let page = pay(setup["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
    let back = way_back(&page).expect("a way back");
    program.kill();
    assert!(program.admin.try_send("GET", &back, &[], None).await.is_err(), "nobody takes the customer back");
    program.serve().await;
    program.until_invoice(&invoice, "Paid").await;
    let late = program.admin.get(&back).await.expect(303);
    assert!(late.header("location").contains("status=succeeded"));
    let read = program.admin.read_invoice(&invoice).await;
    assert_eq!((read["payments"].as_array().map(Vec::len), &read["balance"]), (Some(1), &json!(0.0)));
    judge(&program.admin, &program.simulated["simulators"], "after a start").await;
}

async fn killed_while_the_provider_opens_the_page_it_starts_again_and_takes_a_new_one(engine: Engine) {
    let mut program = Program::start(engine).await;
    let simulator = program.simulated["simulators"]["worldpay"].as_str().expect("an address").to_owned();
    let slow = json!({ "operation": "TransactionSetup", "action": "delay", "delayMs": 700 });
    program.admin.post(&format!("{simulator}/_sim/faults"), &slow).await.expect(200);
    let invoice = program.admin.invoice("C-1", 12.5).await;
    let admin = program.admin.clone();
    let asked = invoice.clone();
    let body = json!({
        "customerNumber": "C-1", "transactionAmount": 12.5, "invoiceId": asked,
        "applicationReturnUrl": "http://localhost:3000/paid",
    });
    let json = [("content-type", "application/json"), ("idempotency-key", "once")];
    let path = "/api/payments/worldpay/transaction-setup";
    let call = {
        let body = body.clone();
        tokio::spawn(
            async move { admin.try_send("POST", path, &json, Some(body.to_string())).await.is_err() },
        )
    };
    until("the intent is written", async || program.database.count("SELECT COUNT(*) FROM payments") == 1)
        .await;
    program.kill();
    assert!(call.await.expect("it ran"), "the caller is cut off");
    program.serve().await;
    let repeat = || program.admin.send("POST", path, &json, Some(body.to_string()));
    assert_eq!(repeat().await.expect(409).code(), "idempotency_in_progress", "its holder may be alive");
    program.database.value("UPDATE idempotency SET lease_until = 0 WHERE status IS NULL RETURNING 'over'");
    let again = repeat().await.expect(200).json();
    let back =
        way_back(&pay(again["hostedPaymentUrl"].as_str().expect("a page"), CARD).await).expect("a way back");
    program.admin.get(&back).await.expect(303);
    assert_eq!(program.admin.read_invoice(&invoice).await["status"], "Paid");
    judge(&program.admin, &program.simulated["simulators"], "after the second page").await;
}

async fn asked_to_end_it_ends_well_and_starts_again(engine: Engine) {
    let mut program = Program::start(engine).await;
    let invoice = program.admin.invoice("C-1", 3.0).await;
    assert!(program.stop(), "exit code 0");
    program.serve().await;
    assert_eq!(program.admin.read_invoice(&invoice).await["status"], "Issued");
}

on_both!(
    killed_between_the_payment_and_the_redirect_it_is_paid_once_after_a_start,
    killed_while_the_provider_opens_the_page_it_starts_again_and_takes_a_new_one,
    asked_to_end_it_ends_well_and_starts_again,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_a_503_and_comes_back_by_itself() {
    let program = Program::start(Engine::Postgres).await;
    let invoice = program.admin.invoice("C-1", 3.0).await;
    let Database::Postgres { name } = &program.database else { panic!("PostgreSQL") };
    Database::administer(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    Database::administer(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
    let path = format!("/api/invoices/{invoice}");
    let answer = program.admin.get(&path).await.expect(503);
    assert_eq!(answer.code(), "database_unavailable");
    assert!(!answer.header("retry-after").is_empty());
    program.admin.get("/readyz").await.expect(503);
    program.admin.get("/healthz").await.expect(200);
    Database::administer(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    until("it is back", async || program.admin.get(&path).await.status == 200).await;
    program.admin.get("/readyz").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_somebody_holds_is_a_503_and_comes_back_by_itself() {
    let program = Program::start(Engine::Sqlite).await;
    let Database::Sqlite(path) = &program.database else { panic!("SQLite") };
    let holder = rusqlite::Connection::open(path).expect("the database");
    holder.execute_batch("BEGIN EXCLUSIVE").expect("held");
    let body = json!({ "customerNumber": "C-2", "companyName": "Late" });
    program.admin.put("/api/customers", &body).await.expect(503);
    holder.execute_batch("ROLLBACK").expect("let go");
    program.admin.put("/api/customers", &body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_submit_of_the_page_is_one_sale() {
    let program = Program::start(Engine::Sqlite).await;
    let invoice = program.admin.invoice("C-1", 3.0).await;
    let setup = program.admin.setup("C-1", &invoice, 3.0).await.expect(200).json();
    let page = setup["hostedPaymentUrl"].as_str().expect("a page").to_owned();
    let (one, two) = tokio::join!(pay(&page, CARD), pay(&page, CARD));
    let backs = [way_back(&one), way_back(&two)];
    assert_eq!(backs.iter().flatten().count(), 1, "a double submit is taken once");
    program.until_invoice(&invoice, "Paid").await;
}
