//! The operations of the matrix, one row each: what has to be there first, and what a client does that does not give up.
//!
//! A row's `run` is begun anew after every stop of the server, with the same keys, and says at its end what must have
//! come of it. To add an operation: write its two functions, name it in `ROWS` and in the list of `matrix.rs`.

mod books;
mod cards;
mod pages;
mod recurring;

use std::pin::Pin;

use serde_json::{Value, json};

use books::{
    capture_report_of_another, charge_part, given_back, reconcile, reconcile_accepted, reconcile_daily,
    reconcile_ended_job, reconcile_given_back, reconcile_unanswered, reconcile_undone, undone, with_a_part,
};
use cards::{
    give_up_card, make_default, on_card_page, save_card, save_card_on_page, save_card_page_lost,
    save_card_unanswered, save_ended_job, save_no_card, save_while_paying, save_while_paying_unanswered,
    save_while_paying_unseen, somebody, to_pay, with_card, with_card_at_worldpay,
};
use pages::{
    gateway, lost_and_told, never_pay_authorize_net, open_page_authorize_net, owed_at_gateway,
    page_open_authorize_net, pay_by_link, to_link, told_falsely, told_of_nothing, told_of_payment,
};
use recurring::{
    auto_pay, auto_pay_again, auto_pay_ended_job, auto_pay_paid_before, called_off, due, due_and_declined,
    planned,
};

use super::{
    wallet::{as_merchant, capture_at_authorize_net},
    world::{CUSTOMER, Done, World},
};
use crate::support::{
    judge::{cents, list, text},
    way_back,
};

type Work<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What an operation is about, as it was before.
#[derive(Debug, Default, Clone)]
pub(super) struct Subject {
    /// The key of its request.
    pub(super) key: String,
    pub(super) invoice: String,
    pub(super) payment: String,
    /// Where the page sent the browser.
    pub(super) back: String,
    pub(super) page: String,
    /// The card that is charged.
    pub(super) method: String,
    /// Whose it is, where it has a customer of its own.
    pub(super) customer: String,
}

/// An operation.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) prepare: for<'a> fn(&'a World) -> Work<'a, Subject>,
    pub(super) run: for<'a> fn(&'a World, &'a Subject) -> Work<'a, Done<()>>,
    /// Whether every fault is tried on it too; not where it has faults of its own.
    pub(super) faults: bool,
    /// What the merchant itself calls there, past Kontor; that is not spoilt.
    pub(super) past_us: &'static str,
}

macro_rules! row {
    ($name:ident, $prepare:ident, $faults:expr) => {
        row!($name, $prepare, $name, $faults)
    };
    ($name:ident, $prepare:ident, $run:ident, $faults:expr) => {
        row!($name, $prepare, $run, $faults, "")
    };
    ($name:ident, $prepare:ident, $run:ident, $faults:expr, $past_us:expr) => {
        Row {
            name: stringify!($name),
            prepare: |world| Box::pin($prepare(world)),
            run: |world, subject| Box::pin($run(world, subject)),
            faults: $faults,
            past_us: $past_us,
        }
    };
}

/// All of them.
pub(super) const ROWS: &[Row] = &[
    row!(open_page, owed, true),
    row!(open_second_page, page_open, true),
    row!(open_page_unanswered, owed, false),
    row!(come_back_paid, page_paid, true),
    row!(come_back_twice, page_paid, false),
    row!(come_back_cancelled, page_cancelled, true),
    row!(come_back_forged, page_open, false),
    row!(come_back_unanswered, page_paid, false),
    row!(never_come_back, page_paid, true),
    row!(never_pay, page_open, true),
    row!(pay_late, page_open, true),
    row!(report_of_another, page_paid, false),
    row!(ask_about, page_paid, true),
    row!(lose_the_job, page_paid, false),
    row!(record_cheque, owed, false),
    row!(record_too_much, owed, false),
    row!(apply_credit, credit, false),
    row!(refund_cheque, cheque, false),
    row!(refund_unsettled, paid, true),
    row!(refund_part_unsettled, paid, true),
    row!(refund_settled, settled, true),
    row!(refund_too_much, settled, false),
    row!(refund_lost, settled, false),
    row!(refund_never_arrived, settled, false),
    row!(refund_of_undone, paid, false),
    row!(refund_ended_job, refunded, false),
    row!(void_paid, paid, true),
    row!(void_lost, paid, false),
    row!(void_never_arrived, paid, false),
    row!(void_unanswered, paid, false),
    row!(void_settled, settled, false),
    row!(void_ended_job, voided, false),
    row!(void_cheque, cheque, false),
    row!(charge_authorize_net, card_at_authorize_net, charge, true),
    row!(charge_worldpay, card_at_worldpay, charge, true),
    row!(charge_lost, card_at_authorize_net, false),
    row!(charge_never_arrived, card_at_worldpay, false),
    row!(charge_unanswered, card_at_worldpay, false),
    row!(charge_left_behind, left_behind, false),
    row!(pay_in_flight, left_behind, false),
    row!(capture_authorize_net, card_at_authorize_net, hold_and_capture, true),
    row!(capture_worldpay, card_at_worldpay, hold_and_capture, true),
    row!(release_authorize_net, card_at_authorize_net, hold_and_release, true),
    row!(release_worldpay, card_at_worldpay, hold_and_release, true),
    row!(
        hold_captured_elsewhere,
        held_at_authorize_net,
        hold_captured_elsewhere,
        true,
        "createTransactionRequest"
    ),
    row!(hold_released_elsewhere, held_at_worldpay, hold_released_elsewhere, true, "CreditCardReversal"),
    row!(void_charge_authorize_net, charged_at_authorize_net, void_paid, true),
    row!(refund_charge_authorize_net, settled_at_authorize_net, refund_settled, true),
    row!(save_card, somebody, true),
    row!(save_card_on_page, somebody, true),
    row!(save_card_page_lost, somebody, false),
    row!(save_card_unanswered, on_card_page, false),
    row!(save_no_card, on_card_page, true),
    row!(save_while_paying, to_pay, true),
    row!(save_while_paying_unanswered, to_pay, false),
    row!(save_while_paying_unseen, to_pay, false),
    row!(save_ended_job, to_pay, false),
    row!(give_up_card_authorize_net, with_card, give_up_card, true),
    row!(give_up_card_worldpay, with_card_at_worldpay, give_up_card, true),
    row!(make_default, with_card, false),
    row!(auto_pay, due, true),
    row!(auto_pay_again, due_and_declined, true),
    row!(auto_pay_paid_before, planned, false),
    row!(auto_pay_ended_job, called_off, false),
    row!(pay_by_link, to_link, true),
    row!(open_page_authorize_net, owed_at_gateway, true),
    row!(never_pay_authorize_net, page_open_authorize_net, true),
    row!(told_of_payment, lost_and_told, true),
    row!(told_of_nothing, gateway, false),
    row!(told_falsely, gateway, false),
    row!(reconcile, paid, true),
    row!(reconcile_unanswered, paid, false),
    row!(reconcile_daily, paid, false),
    row!(reconcile_ended_job, paid, false),
    row!(reconcile_undone, undone, false),
    row!(reconcile_given_back, given_back, false),
    row!(reconcile_accepted, paid, true),
    row!(capture_report_of_another, held_at_worldpay, false),
    row!(charge_part, with_a_part, false),
];

/// What everything costs here.
pub(super) const TOTAL: f64 = 40.0;

async fn owed(world: &World) -> Subject {
    let invoice = world.admin.invoice(CUSTOMER, TOTAL).await;
    Subject { key: world.fresh("key"), invoice, ..Subject::default() }
}

pub(super) fn order(subject: &Subject) -> Value {
    let mut body = json!({
        "customerNumber": CUSTOMER, "transactionAmount": TOTAL, "applicationReturnUrl": "http://localhost:3000/paid",
    });
    if !subject.invoice.is_empty() {
        body["invoiceId"] = json!(subject.invoice);
    }
    body
}

pub(super) const SETUP: &str = "/api/payments/worldpay/transaction-setup";

async fn page_open(world: &World) -> Subject {
    let subject = owed(world).await;
    let setup = world.admin.post(SETUP, &order(&subject)).await.expect(200).json();
    opened(subject, &setup)
}

fn opened(subject: Subject, setup: &Value) -> Subject {
    let (page, payment) = (text(setup, "hostedPaymentUrl").to_owned(), text(setup, "paymentId").to_owned());
    Subject { payment, page, ..subject }
}

pub(super) async fn page_paid(world: &World) -> Subject {
    let subject = page_open(world).await;
    let back = way_back(&world.shop(&subject.page).await).expect("a way back");
    Subject { back, ..subject }
}

async fn page_cancelled(world: &World) -> Subject {
    let subject = page_open(world).await;
    let back = way_back(&world.submit(&subject.page, &[("btnCancel", "1")]).await).expect("a way back");
    Subject { back, ..subject }
}

async fn paid(world: &World) -> Subject {
    let subject = page_paid(world).await;
    world.admin.get(&subject.back).await.expect(303);
    world.program.until_invoice(&subject.invoice, "Paid").await;
    subject
}

/// Its day at the provider is over.
async fn settled(world: &World) -> Subject {
    let subject = paid(world).await;
    world.pass(25 * 3_600).await.expect("a server");
    subject
}

async fn refunded(world: &World) -> Subject {
    let subject = paid(world).await;
    world.admin.post(&refunds(&subject), &json!({})).await.expect(201);
    subject
}

async fn cheque(world: &World) -> Subject {
    let subject = owed(world).await;
    let body = json!({ "amount": TOTAL, "method": "Check" });
    let made = world.admin.post(&offline(&subject), &body).await.expect(201).json();
    Subject { payment: text(&made, "id").to_owned(), ..subject }
}

/// Money of the customer's that lies on nothing, and an invoice.
async fn credit(world: &World) -> Subject {
    let nothing = Subject::default();
    let mut body = order(&nothing);
    // No open invoice has this balance.
    body["transactionAmount"] = json!(TOTAL + 1.37);
    let setup = world.admin.post(SETUP, &body).await.expect(200).json();
    let loose = opened(nothing, &setup);
    let back = way_back(&world.shop(&loose.page).await).expect("a way back");
    world.admin.get(&back).await.expect(303);
    Subject { payment: loose.payment, ..owed(world).await }
}

pub(super) fn offline(subject: &Subject) -> String {
    format!("/api/invoices/{}/payments", subject.invoice)
}

fn refunds(subject: &Subject) -> String {
    format!("/api/payments/{}/refunds", subject.payment)
}

async fn invoice_is(world: &World, subject: &Subject, status: &str) -> Done<bool> {
    Ok(world.read(&format!("/api/invoices/{}", subject.invoice)).await?["status"] == status)
}

async fn payment_of(world: &World, subject: &Subject) -> Done<Value> {
    world.read(&format!("/api/payments/{}", subject.payment)).await
}

/// Waits until the invoice is paid, and sees that one payment did it.
async fn paid_once(world: &World, subject: &Subject) -> Done<()> {
    world.until("Paid", async || invoice_is(world, subject, "Paid").await).await?;
    let invoice = world.read(&format!("/api/invoices/{}", subject.invoice)).await?;
    assert_eq!(list(&invoice, "payments").len(), 1, "{invoice}");
    Ok(())
}

/// Waits until the payment's refunds that went back are so many, and come to that much.
async fn gone_back(world: &World, subject: &Subject, many: usize, minor: i64) -> Done<()> {
    let back = async || {
        let payment = payment_of(world, subject).await?;
        let back = list(&payment, "refunds");
        let back: Vec<_> =
            back.iter().filter(|it| ["Succeeded", "Voided"].contains(&text(it, "status"))).collect();
        assert!(back.len() <= many && cents(&payment, "amountRefunded") <= minor, "{payment}");
        Ok(back.len() == many && cents(&payment, "amountRefunded") == minor)
    };
    world.until("it went back", back).await
}

async fn fault(world: &World, operation: &str, action: &str) {
    let fault = json!({ "operation": operation, "action": action });
    world.simulator("worldpay").post("/_sim/faults", &fault).await.expect(200);
}

/// Opens a page and pays on it: where the page that it was told of is not there, a client opens another.
async fn open_page(world: &World, subject: &Subject) -> Done<()> {
    if invoice_is(world, subject, "Paid").await? {
        return paid_once(world, subject).await;
    }
    let setup = world.insist(SETUP, &subject.key, &order(subject)).await?.expect(200).json();
    let shown = world.shop(text(&setup, "hostedPaymentUrl")).await;
    if let Some(back) = way_back(&shown) {
        let answer = world.get(&back).await?;
        assert!(matches!(answer.status, 303), "{}", answer.text);
    }
    paid_once(world, subject).await
}

/// The newer page takes the older one's place, which is closed at the provider.
async fn open_second_page(world: &World, subject: &Subject) -> Done<()> {
    open_page(world, subject).await?;
    let closed = async || {
        let ledger = world.simulator("worldpay").get("/_sim/ledger").await.json();
        let id = payment_of(world, subject).await?["transactionSetupId"].clone();
        Ok(list(&ledger, "setups").iter().any(|it| it["id"] == id && it["status"] != "open"))
    };
    world.until("the older page is closed", closed).await
}

async fn open_page_unanswered(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "TransactionSetup", "cut_after").await;
    open_page(world, subject).await
}

async fn come_back_paid(world: &World, subject: &Subject) -> Done<()> {
    let answer = world.get(&subject.back).await?;
    assert_eq!(answer.status, 303, "{}", answer.text);
    paid_once(world, subject).await
}

async fn come_back_twice(world: &World, subject: &Subject) -> Done<()> {
    come_back_paid(world, subject).await?;
    come_back_paid(world, subject).await
}

async fn come_back_cancelled(world: &World, subject: &Subject) -> Done<()> {
    assert_eq!(world.get(&subject.back).await?.status, 303);
    let ended = async || Ok(payment_of(world, subject).await?["status"] == "Abandoned");
    world.until("Abandoned", ended).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

async fn come_back_forged(world: &World, subject: &Subject) -> Done<()> {
    let setup = payment_of(world, subject).await?["transactionSetupId"].clone();
    let path = format!(
        "/api/payments/worldpay/callback?HostedPaymentStatus=Complete&TransactionSetupID={}&ValidationCode=0000000000000000",
        setup.as_str().unwrap_or_default()
    );
    let answer = world.get(&path).await?;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

async fn come_back_unanswered(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "TransactionQuery", "cut_before").await;
    come_back_paid(world, subject).await
}

async fn never_come_back(world: &World, subject: &Subject) -> Done<()> {
    paid_once(world, subject).await
}

async fn never_pay(world: &World, subject: &Subject) -> Done<()> {
    let ended = async || Ok(payment_of(world, subject).await?["status"] == "Abandoned");
    world.until("Abandoned", ended).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// Pays after the provider was asked the first time, and never comes back.
async fn pay_late(world: &World, subject: &Subject) -> Done<()> {
    world.pass(200).await?;
    let shown = world.shop(&subject.page).await;
    let paid = way_back(&shown).is_some() || shown.text.contains("already");
    assert!(paid, "{}", shown.text);
    paid_once(world, subject).await
}

/// What the provider reports is of something else: it stays for a person, and is asked again until the provider says
/// better.
async fn report_of_another(world: &World, subject: &Subject) -> Done<()> {
    if !invoice_is(world, subject, "Paid").await? {
        // One of an earlier try may still wait.
        world.clear_faults().await;
        let payment = payment_of(world, subject).await?;
        let asked = format!(
            "<Parameters><TransactionSetupID>{}</TransactionSetupID></Parameters>",
            text(&payment, "transactionSetupId")
        );
        let report = as_merchant(world, "reporting", "TransactionQuery", &asked).await;
        let other = report.replace(text(&payment, "providerReference"), "1111111111111111");
        assert_ne!(other, report, "the report names the payment");
        let fault = json!({ "operation": "TransactionQuery", "action": "body", "body": other });
        world.simulator("worldpay").post("/_sim/faults", &fault).await.expect(200);
        let answer = world.get(&subject.back).await?;
        assert!(matches!(answer.status, 303 | 400), "{}", answer.text);
    }
    paid_once(world, subject).await
}

async fn ask_about(world: &World, subject: &Subject) -> Done<()> {
    let path = format!("/api/payments/{}/resolve", subject.payment);
    let answer = world.insist(&path, &subject.key, &json!({})).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    paid_once(world, subject).await?;
    let again = world.insist(&path, &format!("{}-again", subject.key), &json!({})).await?;
    assert_eq!(again.status, 200, "{}", again.text);
    Ok(())
}

/// Somebody restored a table, or an older program wrote the row: an open payment without its job is found.
async fn lose_the_job(world: &World, subject: &Subject) -> Done<()> {
    world.program.database.execute("DELETE FROM jobs WHERE kind = 'resolve'");
    paid_once(world, subject).await
}

async fn record_cheque(world: &World, subject: &Subject) -> Done<()> {
    let body = json!({ "amount": TOTAL, "method": "Check" });
    world.insist(&offline(subject), &subject.key, &body).await?.expect(201);
    paid_once(world, subject).await
}

async fn record_too_much(world: &World, subject: &Subject) -> Done<()> {
    let body = json!({ "amount": TOTAL + 0.01, "method": "Check" });
    let answer = world.insist(&offline(subject), &subject.key, &body).await?.expect(422);
    assert_eq!(answer.code(), "amount_exceeds_balance");
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

async fn apply_credit(world: &World, subject: &Subject) -> Done<()> {
    let path = format!("/api/payments/{}/applications", subject.payment);
    world.insist(&path, &subject.key, &json!({ "invoiceId": subject.invoice })).await?.expect(201);
    paid_once(world, subject).await
}

async fn refund_cheque(world: &World, subject: &Subject) -> Done<()> {
    world.insist(&refunds(subject), &subject.key, &json!({ "amount": 10 })).await?.expect(201);
    gone_back(world, subject, 1, 1_000).await
}

/// Asks for a refund until one is made: where the provider did nothing, it is asked for again under another key.
async fn give_back(world: &World, subject: &Subject, body: &Value) -> Done<()> {
    for attempt in 0..5 {
        let key = format!("{}-{attempt}", subject.key);
        let answer = world.insist(&refunds(subject), &key, body).await?;
        if answer.status == 201 && ended(world, subject, &answer.json()["id"]).await? {
            return Ok(());
        }
        let refused = ["refund_failed", "refund_declined"];
        assert!(answer.status == 201 || refused.contains(&answer.code().as_str()), "{}", answer.text);
    }
    panic!("no refund was made of {}", subject.payment);
}

/// Waits until a refund has ended, over the end of the provider's day where it has to; whether the money went back.
async fn ended(world: &World, subject: &Subject, id: &Value) -> Done<bool> {
    // The first poll comes too early for what has not settled.
    for seconds in [1_000, 25 * 3_600, 1_000, 1_000, 1_000, 1_000] {
        let payment = payment_of(world, subject).await?;
        let refund = list(&payment, "refunds").into_iter().find(|it| it["id"] == *id).unwrap_or_default();
        match text(&refund, "status") {
            "Succeeded" | "Voided" => return Ok(true),
            "Failed" | "Declined" => return Ok(false),
            _ => world.pass(seconds).await?,
        }
    }
    panic!("refund {id} never ended");
}

async fn refund_unsettled(world: &World, subject: &Subject) -> Done<()> {
    give_back(world, subject, &json!({})).await?;
    gone_back(world, subject, 1, 4_000).await
}

/// Waits for settlement, and goes out by itself then.
async fn refund_part_unsettled(world: &World, subject: &Subject) -> Done<()> {
    refund_settled(world, subject).await
}

async fn refund_settled(world: &World, subject: &Subject) -> Done<()> {
    give_back(world, subject, &json!({ "amount": 15 })).await?;
    gone_back(world, subject, 1, 1_500).await
}

async fn refund_too_much(world: &World, subject: &Subject) -> Done<()> {
    let answer =
        world.insist(&refunds(subject), &subject.key, &json!({ "amount": 40.01 })).await?.expect(422);
    assert_eq!(answer.code(), "amount_exceeds_refundable");
    gone_back(world, subject, 0, 0).await
}

async fn refund_lost(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardReturn", "cut_after").await;
    refund_settled(world, subject).await
}

async fn refund_never_arrived(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardReturn", "cut_before").await;
    refund_settled(world, subject).await
}

async fn card_at(world: &World, provider: &str) -> Subject {
    Subject { method: world.card(provider).await, ..owed(world).await }
}

async fn card_at_authorize_net(world: &World) -> Subject {
    card_at(world, "AuthorizeNet").await
}

async fn card_at_worldpay(world: &World) -> Subject {
    card_at(world, "WorldPay").await
}

async fn charged_at_authorize_net(world: &World) -> Subject {
    let subject = card_at_authorize_net(world).await;
    let body = json!({ "amount": TOTAL, "paymentMethodId": subject.method });
    let made = world.admin.post(&offline(&subject), &body).await.expect(201).json();
    Subject { payment: text(&made, "id").to_owned(), ..subject }
}

async fn settled_at_authorize_net(world: &World) -> Subject {
    let subject = charged_at_authorize_net(world).await;
    world.pass(25 * 3_600).await.expect("a server");
    subject
}

async fn held_at_worldpay(world: &World) -> Subject {
    held(world, card_at_worldpay(world).await).await
}

async fn held_at_authorize_net(world: &World) -> Subject {
    held(world, card_at_authorize_net(world).await).await
}

async fn held(world: &World, subject: Subject) -> Subject {
    let body = json!({ "amount": TOTAL, "paymentMethodId": subject.method, "capture": false });
    let made = world.admin.post(&offline(&subject), &body).await.expect(201).json();
    assert_eq!(made["status"], "Authorized");
    Subject { payment: text(&made, "id").to_owned(), ..subject }
}

/// Charges the card until that is done: where the provider took nothing, it is asked again under another key. The payment.
async fn charged(world: &World, subject: &Subject, capture: bool) -> Done<Value> {
    for attempt in 0..5 {
        let body = json!({ "amount": TOTAL, "paymentMethodId": subject.method, "capture": capture });
        let key = format!("{}-{attempt}", subject.key);
        let answer = world.insist(&offline(subject), &key, &body).await?;
        if answer.status == 201 {
            return Ok(answer.json());
        }
        assert_eq!(answer.code(), "payment_failed", "{}", answer.text);
    }
    panic!("the card was never charged: {}", subject.invoice);
}

async fn charge(world: &World, subject: &Subject) -> Done<()> {
    charged(world, subject, true).await?;
    paid_once(world, subject).await
}

async fn charge_lost(world: &World, subject: &Subject) -> Done<()> {
    let cut = json!({ "operation": "createTransactionRequest", "action": "cut_after" });
    world.simulator("authorizeNet").post("/_sim/faults", &cut).await.expect(200);
    charge(world, subject).await
}

async fn charge_never_arrived(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardSale", "cut_before").await;
    charge(world, subject).await
}

/// Nobody answers the charge, nor the question after it.
async fn charge_unanswered(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardSale", "cut_after").await;
    fault(world, "TransactionQuery", "cut_before").await;
    charge(world, subject).await
}

/// What a process leaves that died with its charge on the way: sent, and nothing of the answer written down.
async fn left_behind(world: &World) -> Subject {
    let subject = card_at_worldpay(world).await;
    fault(world, "CreditCardSale", "cut_after").await;
    let body = json!({ "amount": TOTAL, "paymentMethodId": subject.method });
    let lost = world.admin.post(&offline(&subject), &body).await.expect(504).json();
    let payment = text(&lost, "paymentId").to_owned();
    world.program.database.execute(&format!(
        "UPDATE payments SET status = 'Submitted', failure = NULL WHERE id = '{payment}' AND status = 'Unknown'"
    ));
    Subject { payment, ..subject }
}

/// Nobody answers the first question about it either.
async fn charge_left_behind(world: &World, subject: &Subject) -> Done<()> {
    if payment_of(world, subject).await?["status"] == "Submitted" {
        fault(world, "TransactionQuery", "cut_before").await;
    }
    paid_once(world, subject).await
}

/// A charge whose answer was lost holds the invoice's balance back: nobody pays it a second time meanwhile.
async fn pay_in_flight(world: &World, subject: &Subject) -> Done<()> {
    let cheque = json!({ "amount": TOTAL, "method": "Check" });
    let path = offline(subject);
    let answer = world.send("POST", &path, Some(&world.fresh("second")), Some(&cheque)).await?.expect(409);
    let codes = ["invoice_payment_in_flight", "invoice_not_payable"];
    assert!(codes.contains(&answer.code().as_str()), "{}", answer.text);
    paid_once(world, subject).await
}

/// Does something with the held payment until that is done.
async fn acted(world: &World, subject: &Subject, payment: &Value, what: &str, failed: &str) -> Done<()> {
    let path = format!("/api/payments/{}/{what}", text(payment, "id"));
    for attempt in 0..5 {
        let answer = world.insist(&path, &format!("{}-{what}-{attempt}", subject.key), &json!({})).await?;
        if answer.status == 200 {
            return Ok(());
        }
        assert_eq!(answer.code(), failed, "{}", answer.text);
    }
    panic!("{what} was never done with {payment}");
}

async fn hold_and_capture(world: &World, subject: &Subject) -> Done<()> {
    let payment = charged(world, subject, false).await?;
    acted(world, subject, &payment, "capture", "capture_failed").await?;
    paid_once(world, subject).await
}

async fn hold_and_release(world: &World, subject: &Subject) -> Done<()> {
    let payment = charged(world, subject, false).await?;
    acted(world, subject, &payment, "void", "void_failed").await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// Somebody captures it in the merchant's own interface.
async fn hold_captured_elsewhere(world: &World, subject: &Subject) -> Done<()> {
    if !invoice_is(world, subject, "Paid").await? {
        let payment = payment_of(world, subject).await?;
        capture_at_authorize_net(world, text(&payment, "providerTransactionId"), TOTAL).await;
    }
    paid_once(world, subject).await
}

/// Somebody lets go of it at the merchant's own terminal.
async fn hold_released_elsewhere(world: &World, subject: &Subject) -> Done<()> {
    let payment = payment_of(world, subject).await?;
    let inner = format!(
        "<Transaction><ReversalType>1</ReversalType><TransactionID>{}</TransactionID><TransactionAmount>{TOTAL:.2}\
         </TransactionAmount><ReferenceNumber>43</ReferenceNumber></Transaction>",
        text(&payment, "providerTransactionId"),
    );
    as_merchant(world, "transaction", "CreditCardReversal", &inner).await;
    let gone = async || Ok(payment_of(world, subject).await?["status"] == "Voided");
    world.until("Voided", gone).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// Somebody undoes the payment at the provider while a refund of it waits. The refund ends, a person is told, and ends
/// what differs.
async fn refund_of_undone(world: &World, subject: &Subject) -> Done<()> {
    let body = json!({ "amount": 15 });
    let asked = world.insist(&refunds(subject), &subject.key, &body).await?.expect(201).json();
    undo(world, text(&payment_of(world, subject).await?, "providerTransactionId")).await;
    let ended = async || {
        let payment = payment_of(world, subject).await?;
        let own = list(&payment, "refunds").into_iter().find(|it| it["id"] == asked["id"]);
        Ok(own.is_some_and(|it| {
            it["status"] == "Failed" && it["failure"]["code"] == "payment_gone_at_provider"
        }))
    };
    for _ in 0..8 {
        if ended().await? {
            return reconcile_undone(world, subject).await;
        }
        world.pass(400).await?;
    }
    panic!("the refund of a payment that was undone still waits: {asked}");
}

/// What the merchant's own terminal sends.
async fn undo(world: &World, transaction: &str) {
    let inner = format!(
        "<Transaction><TransactionID>{transaction}</TransactionID><ReferenceNumber>43</ReferenceNumber></Transaction>"
    );
    as_merchant(world, "transaction", "CreditCardVoid", &inner).await;
}

async fn voided(world: &World) -> Subject {
    let subject = paid(world).await;
    let made = world.admin.post(&void(&subject), &json!({})).await.expect(200).json();
    assert_eq!(made["status"], "Voided");
    subject
}

fn void(subject: &Subject) -> String {
    format!("/api/payments/{}/void", subject.payment)
}

/// Asks for a void until it is made: where the provider did nothing, it is asked for again under another key.
async fn void_paid(world: &World, subject: &Subject) -> Done<()> {
    for attempt in 0..5 {
        let key = format!("{}-{attempt}", subject.key);
        let answer = world.insist(&void(subject), &key, &json!({})).await?;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.code(), "void_failed", "{}", answer.text);
    }
    let gone = async || Ok(payment_of(world, subject).await?["status"] == "Voided");
    world.until("Voided", gone).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

async fn void_lost(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardVoid", "cut_after").await;
    void_paid(world, subject).await
}

async fn void_never_arrived(world: &World, subject: &Subject) -> Done<()> {
    fault(world, "CreditCardVoid", "cut_before").await;
    void_paid(world, subject).await
}

/// Nobody answers the void, nor the question after it.
async fn void_unanswered(world: &World, subject: &Subject) -> Done<()> {
    let second = json!({ "operation": "TransactionQuery", "occurrence": 2, "action": "cut_before" });
    world.simulator("worldpay").post("/_sim/faults", &second).await.expect(200);
    void_lost(world, subject).await
}

async fn void_settled(world: &World, subject: &Subject) -> Done<()> {
    let answer = world.insist(&void(subject), &subject.key, &json!({})).await?.expect(409);
    assert_eq!(answer.code(), "payment_settled");
    assert!(invoice_is(world, subject, "Paid").await?);
    Ok(())
}

async fn void_cheque(world: &World, subject: &Subject) -> Done<()> {
    let answer = world.insist(&void(subject), &subject.key, &json!({})).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// A job that is left over of a void that has ended.
async fn void_ended_job(world: &World, subject: &Subject) -> Done<()> {
    let id = format!("SELECT id FROM payment_actions WHERE payment_id = '{}'", subject.payment);
    leave_job(world, "action", &world.program.database.value(&id)).await?;
    assert_eq!(payment_of(world, subject).await?["status"], "Voided");
    Ok(())
}

/// A job that is left over of a refund that has ended.
async fn refund_ended_job(world: &World, subject: &Subject) -> Done<()> {
    let refund = payment_of(world, subject).await?["refunds"][0]["id"].clone();
    leave_job(world, "refund", refund.as_str().unwrap_or_default()).await?;
    gone_back(world, subject, 1, 4_000).await
}

/// Leaves a job of something that has ended, and waits until it is gone.
async fn leave_job(world: &World, kind: &str, of: &str) -> Done<()> {
    let count = format!("SELECT COUNT(*) FROM jobs WHERE subject = '{of}'");
    if world.program.database.value(&count) == "0" {
        let sql = format!(
            "INSERT INTO jobs (id, organization_id, kind, subject, run_at, attempts, lease_until, created_at)
             VALUES ('job_{:032x}', '{}', '{kind}', '{of}', 0, 0, 0, 0)",
            world.number(),
            world.program.organization,
        );
        world.program.database.execute(&sql);
    }
    world.until("the job is gone", async || Ok(world.program.database.value(&count) == "0")).await
}
