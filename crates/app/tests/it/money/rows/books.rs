//! The books against the provider's own: compared, not told, ended by what the provider says; and answers that are
//! scripted because no provider gives them when it is asked to.

use serde_json::{Value, json};

use super::{
    Subject, acted, card_at_worldpay, fault, gone_back, invoice_is, leave_job, offline, paid, paid_once,
    payment_of, settled, undo,
};
use crate::{
    money::{
        wallet::as_merchant,
        world::{CUSTOMER, Done, STEP, World},
    },
    support::{
        CARD,
        judge::{list, text},
    },
};

/// The provider refuses this amount; the answer is then replaced by one that tells of a part.
const REFUSED: f64 = 0.51;
const REPORT: &str = "/api/reports/reconciliation";

fn integration(world: &World) -> String {
    world.program.database.value(&format!(
        "SELECT id FROM integrations WHERE provider = 'WorldPay' AND organization_id = '{}'",
        world.program.organization
    ))
}

/// Compares now: the report.
async fn compared(world: &World) -> Done<Value> {
    let body = json!({ "integrationId": integration(world) });
    for _ in 0..10 {
        let answer = world.send("POST", REPORT, None, Some(&body)).await?;
        if answer.status == 200 {
            return Ok(answer.json());
        }
        // A run that was stopped is alive until its lease is over.
        assert_eq!(answer.code(), "reconciliation_running", "{}", answer.text);
        world.pass(60).await?;
    }
    panic!("the run that was stopped is never over");
}

/// What differs of a payment, and is open.
fn open_of(report: &Value, payment: &str) -> Option<Value> {
    let all = list(report, "days").into_iter().flat_map(|it| list(&it, "differences"));
    all.into_iter().find(|it| it["paymentId"] == payment && it["status"] == "Open")
}

async fn end(world: &World, difference: &Value) -> Done<()> {
    let path = format!("{REPORT}/differences/{}/resolve", text(difference, "id"));
    let answer = world.send("POST", &path, None, Some(&json!({}))).await?;
    assert!(matches!(answer.status, 200 | 409), "{}", answer.text);
    Ok(())
}

pub(super) async fn reconcile(world: &World, subject: &Subject) -> Done<()> {
    let report = compared(world).await?;
    assert_eq!(open_of(&report, &subject.payment), None);
    paid_once(world, subject).await
}

/// The provider cannot tell: no day is agreed, and the next run says how they stand.
pub(super) async fn reconcile_unanswered(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "TransactionQuery", "cut_before").await;
    compared(world).await?;
    reconcile(world, subject).await
}

/// Nobody asks: a job is there by itself, and does it day by day.
pub(super) async fn reconcile_daily(world: &World, subject: &Subject) -> Done<()> {
    world.program.database.execute("DELETE FROM jobs WHERE kind = 'reconcile'");
    let count = "SELECT COUNT(*) FROM events WHERE kind = 'reconciliation.ran'";
    let number = || world.program.database.value(count).parse::<u64>().unwrap_or_default();
    let before = number();
    for _ in 0..4 {
        world.pass(25 * 3_600).await?;
        world.swept(4).await?;
        if number() > before {
            break;
        }
    }
    assert!(number() > before, "no day was reconciled by itself");
    paid_once(world, subject).await
}

/// A job that is left over of an integration that is gone.
pub(super) async fn reconcile_ended_job(world: &World, subject: &Subject) -> Done<()> {
    leave_job(world, "reconcile", "int_00000000000000000000000000000000").await?;
    paid_once(world, subject).await
}

pub(super) async fn undone(world: &World) -> Subject {
    let subject = paid(world).await;
    let payment = payment_of(world, &subject).await.expect("a server");
    undo(world, text(&payment, "providerTransactionId")).await;
    subject
}

/// Somebody undid it at the merchant's own terminal: shown, and written down when a person says so.
pub(super) async fn reconcile_undone(world: &World, subject: &Subject) -> Done<()> {
    for _ in 0..5 {
        if payment_of(world, subject).await?["status"] == "Voided" {
            break;
        }
        if let Some(difference) = open_of(&compared(world).await?, &subject.payment) {
            end(world, &difference).await?;
        }
        // A void that was begun is ended by its job.
        world.pass(4 * STEP).await?;
    }
    assert_eq!(payment_of(world, subject).await?["status"], "Voided");
    // Stopped between the two, it is over at the next look.
    let report = compared(world).await?;
    assert_eq!(open_of(&report, &subject.payment), None);
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

pub(super) async fn given_back(world: &World) -> Subject {
    let subject = settled(world).await;
    let payment = payment_of(world, &subject).await.expect("a server");
    let inner = format!(
        "<Transaction><TransactionID>{}</TransactionID><TransactionAmount>12.50</TransactionAmount>\
         <ReferenceNumber>{}</ReferenceNumber></Transaction>",
        text(&payment, "providerTransactionId"),
        text(&payment, "providerReference"),
    );
    let said = as_merchant(world, "transaction", "CreditCardReturn", &inner).await;
    assert!(said.contains("<ExpressResponseCode>0</ExpressResponseCode>"), "{said}");
    subject
}

/// Somebody gave a part back at the terminal: it becomes a refund here, once.
pub(super) async fn reconcile_given_back(world: &World, subject: &Subject) -> Done<()> {
    for _ in 0..5 {
        if !list(&payment_of(world, subject).await?, "refunds").is_empty() {
            break;
        }
        if let Some(difference) = open_of(&compared(world).await?, &subject.payment) {
            end(world, &difference).await?;
        } else {
            world.pass(4 * 3_600).await?;
        }
    }
    gone_back(world, subject, 1, 1_250).await
}

/// An amount is another here than there: a person says that it is right so, and that stays; then it is put right after all.
pub(super) async fn reconcile_accepted(world: &World, subject: &Subject) -> Done<()> {
    let amount = |minor: i64| {
        let sql = format!("UPDATE payments SET amount = {minor} WHERE id = '{}'", subject.payment);
        world.program.database.execute(&sql);
    };
    let own = |report: &Value| {
        let all = list(report, "days").into_iter().flat_map(|it| list(&it, "differences"));
        all.into_iter().find(|it| it["paymentId"] == json!(subject.payment)).unwrap_or_default()
    };
    amount(4_100);
    let mut seen = Value::Null;
    for _ in 0..8 {
        // What a provider could not tell, it tells the next time.
        seen = own(&compared(world).await?);
        if seen["status"] == "Accepted" {
            break;
        }
        if seen["status"] == "Open" {
            let path = format!("{REPORT}/differences/{}/resolve", text(&seen, "id"));
            let why = json!({ "action": "accept", "reason": "Written off by the board" });
            let answer = world.send("POST", &path, None, Some(&why)).await?;
            assert!(matches!(answer.status, 200 | 409), "{}", answer.text);
        }
    }
    assert_eq!(
        (&seen["kind"], &seen["status"], &seen["endedHow"]),
        (&json!("amount_differs"), &json!("Accepted"), &json!("Written off by the board")),
        "{seen}"
    );
    amount(4_000);
    for _ in 0..8 {
        if own(&compared(world).await?)["status"] != "Open" {
            return paid_once(world, subject).await;
        }
    }
    panic!("{} differs again", subject.payment);
}

/// What the provider reports of a capture is of another amount: a person is told, and the next answer is better.
pub(super) async fn capture_report_of_another(world: &World, subject: &Subject) -> Done<()> {
    let payment = payment_of(world, subject).await?;
    if payment["status"] == "Authorized" {
        world.clear_faults().await;
        let sent =
            "SELECT COUNT(*) FROM payment_actions WHERE payment_id = '{}'".replace("{}", &subject.payment);
        let path = format!("/api/payments/{}/capture", subject.payment);
        let key = format!("{}-capture-0", subject.key);
        while world.program.database.value(&sent) == "0" {
            world.clear_faults().await;
            fault(world, "CreditCardAuthorizationCompletion", "cut_after").await;
            let lost = world.send("POST", &path, Some(&key), Some(&json!({}))).await?;
            if lost.status == 504 {
                break;
            }
            // Stopped before it was written down, the key is held for a while.
            assert_eq!(lost.code(), "idempotency_in_progress", "{}", lost.text);
            world.pass(STEP).await?;
        }
        let reference = world.program.database.value(&format!(
            "SELECT provider_reference FROM payment_actions WHERE payment_id = '{}'",
            subject.payment
        ));
        let asked = format!("<Parameters><ReferenceNumber>{reference}</ReferenceNumber></Parameters>");
        let report = as_merchant(world, "reporting", "TransactionQuery", &asked).await;
        let other = report.replace("40.00", "39.00");
        let told = format!(
            "SELECT COUNT(*) FROM events WHERE kind = 'alert.payment_mismatch' AND subject = '{}'",
            subject.payment
        );
        if other != report && world.program.database.value(&told) == "0" {
            // The first question is about the hold.
            let fault =
                json!({ "operation": "TransactionQuery", "occurrence": 2, "action": "body", "body": other });
            world.simulator("worldpay").post("/_sim/faults", &fault).await.expect(200);
        }
    }
    acted(world, subject, &payment, "capture", "capture_failed").await?;
    paid_once(world, subject).await
}

pub(super) async fn with_a_part(world: &World) -> Subject {
    let subject = card_at_worldpay(world).await;
    let invoice = world.admin.invoice(CUSTOMER, REFUSED).await;
    // Less than is asked for: more would be another matter.
    let number = 900_000 + world.number();
    let amount = format!("0.{}", 30 + number % 20);
    let inner = format!(
        "<Card><CardNumber>{CARD}</CardNumber><ExpirationMonth>12</ExpirationMonth><ExpirationYear>39</ExpirationYear>\
         <CVV>123</CVV></Card><Terminal><TerminalID>01</TerminalID><MotoECICode>7</MotoECICode></Terminal>\
         <Address><BillingAddress1>1 Main</BillingAddress1><BillingZipcode>12345</BillingZipcode></Address>\
         <Transaction><TransactionAmount>{amount}</TransactionAmount><ReferenceNumber>{number}</ReferenceNumber>\
         <MarketCode>3</MarketCode><DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag></Transaction>",
    );
    let said = as_merchant(world, "transaction", "CreditCardAuthorization", &inner).await;
    let part = said.split_once("<TransactionID>").and_then(|it| it.1.split('<').next()).expect("a part");
    Subject { page: part.to_owned(), invoice, ..subject }
}

/// The issuer gives a part of what was asked for: it is let go of, and that is the answer of the request.
pub(super) async fn charge_part(world: &World, subject: &Subject) -> Done<()> {
    let part = &subject.page;
    let amount = ledger_row(world, part, "amount").await;
    let body = format!(
        "<CreditCardSaleResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>5\
         </ExpressResponseCode><ExpressResponseMessage>PARTIAL APPROVED</ExpressResponseMessage><Transaction>\
         <TransactionID>{part}</TransactionID><TransactionStatus>PartialApproved</TransactionStatus>\
         <TransactionStatusCode>16</TransactionStatusCode><ApprovedAmount>{amount}</ApprovedAmount></Transaction></Response>\
         </CreditCardSaleResponse>"
    );
    let scripted = json!({ "operation": "CreditCardSale", "action": "body", "body": body });
    let asked = json!({ "amount": REFUSED, "paymentMethodId": subject.method });
    world.clear_faults().await;
    for attempt in 0..5 {
        world.simulator("worldpay").post("/_sim/faults", &scripted).await.expect(200);
        let key = format!("{}-{attempt}", subject.key);
        let answer = world.insist(&offline(subject), &key, &asked).await?;
        world.clear_faults().await;
        match answer.code().as_str() {
            // The part is told; or, where the answer was never read, what the provider reports of the request itself.
            "payment_declined" => break,
            // Stopped before the answer was read, nothing is known of the part, which has no reference of ours.
            code => assert_eq!(code, "payment_failed", "{}", answer.text),
        }
    }
    assert!(invoice_is(world, subject, "Issued").await?);
    if ledger_row(world, part, "status").await == "approved" {
        // Stopped before the answer was read, nothing is known here of the part, which has no reference of ours.
        let inner = format!(
            "<Transaction><ReversalType>1</ReversalType><TransactionID>{part}</TransactionID><TransactionAmount>{amount}\
             </TransactionAmount><ReferenceNumber>43</ReferenceNumber></Transaction>"
        );
        as_merchant(world, "transaction", "CreditCardReversal", &inner).await;
    }
    assert_eq!(ledger_row(world, part, "status").await, "reversed");
    Ok(())
}

async fn ledger_row(world: &World, transaction: &str, what: &str) -> String {
    let ledger = world.simulator("worldpay").get("/_sim/ledger").await.json();
    let row = list(&ledger, "transactions").into_iter().find(|it| it["id"] == json!(transaction));
    row.map(|it| text(&it, what).to_owned()).unwrap_or_default()
}
