//! Documents and money.

use kontor_domain::sync::State;
use serde_json::{Value, json};

use super::shop;
use crate::{
    support::{Engine, on_both},
    sync::{
        cents,
        shop::{REALM, Shop, line},
    },
};

/// The one document there with our key.
async fn one(shop: &Shop, kind: &str, id: impl ToString) -> Value {
    let mut all = shop.of(kind, &id.to_string()).await;
    assert_eq!(all.len(), 1, "{kind}: {all:?}");
    all.remove(0)
}

async fn row_06_a_lost_answer_and_a_number_that_is_taken_make_no_second_invoice(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    for action in ["cut_after", "truncate", "cut_before"] {
        shop.fault(json!({ "operation": "POST /v3/company/*/invoice", "occurrence": 1, "action": action }))
            .await;
        let (lost, _) = shop.sold(&customer, "W-1").await;
        shop.turn().await;
        assert_ne!(shop.state("Invoice", lost).await, State::Synced, "{action}");
        shop.quiet().await;
        one(&shop, "Invoice", lost).await;
        assert_eq!(shop.state("Invoice", lost).await, State::Synced, "{action}");
    }
    // Somebody has entered it by hand, under the same number: it is the same one.
    shop.switch(json!({ "customTxnNumbers": true, "warnDuplicateNumbers": true })).await;
    let invoice = shop.invoice(&customer, vec![line("W-1", "2", 1_000)], 0).await;
    let customer_there = shop.record("Customer", customer.id).await.remote_id.expect("an id");
    let item = shop.record("Item", "W-1").await.remote_id.expect("an id");
    let by_hand = |total: f64, number: &str| {
        json!({ "operation": "save", "object": {
            "DocNumber": number, "CustomerRef": { "value": customer_there }, "TxnDate": invoice.invoice_date.to_string(),
            "Line": [{ "Amount": total, "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": { "ItemRef": { "value": item } } }] } })
    };
    shop.bookkeeper("Invoice", by_hand(20.0, &invoice.invoice_number)).await;
    shop.pay(invoice.id, 2_000).await;
    // And somebody else's has the number of the next.
    let other = shop.invoice(&customer, vec![line("W-1", "2", 1_000)], 0).await;
    shop.bookkeeper("Invoice", by_hand(77.0, &other.invoice_number)).await;
    shop.pay(other.id, 2_000).await;
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", invoice.id).await, State::Synced);
    let numbered = |all: Vec<Value>, number: &str| all.iter().filter(|it| it["DocNumber"] == number).count();
    assert_eq!(numbered(shop.objects("Invoice").await, &invoice.invoice_number), 1);
    assert_eq!(shop.why("Invoice", other.id).await.code, "duplicate_number");
}

async fn row_07_numbers_are_theirs_or_ours_and_one_that_is_too_long_is_shown(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (theirs, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let there = one(&shop, "Invoice", theirs).await;
    let ours = shop.read(theirs).await.invoice_number;
    assert!(there["DocNumber"] != *ours && there["PrivateNote"].as_str().expect("a note").starts_with(&ours));
    let kept = shop.record("Invoice", theirs).await;
    assert_eq!(
        (kept.remote_number.as_deref(), kept.label.as_str()),
        (there["DocNumber"].as_str(), ours.as_str())
    );
    shop.switch(json!({ "customTxnNumbers": true })).await;
    let (own, _) = shop.sold(&customer, "W-1").await;
    let long = shop.invoice(&customer, vec![line("W-1", "2", 1_000)], 0).await;
    let renamed =
        format!("UPDATE invoices SET invoice_number = 'A-NUMBER-OF-25-CHARACTERS' WHERE id = '{}'", long.id);
    shop.database.execute(&renamed);
    shop.pay(long.id, 2_000).await;
    shop.quiet().await;
    assert_eq!(one(&shop, "Invoice", own).await["DocNumber"], *shop.read(own).await.invoice_number);
    let why = shop.why("Invoice", long.id).await;
    assert!(why.field.as_deref() == Some("DocNumber") && why.message.contains("21"), "{why:?}");
}

async fn row_08_a_tax_that_the_books_reckon_otherwise_is_shown(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.switch(json!({ "partnerTax": true })).await;
    let mut taxed = line("W-1", "2", 1_000);
    taxed.taxable = true;
    let billed = shop.invoice(&customer, vec![taxed.clone()], 123).await;
    shop.pay(billed.id, 2_123).await;
    shop.quiet().await;
    let there = one(&shop, "Invoice", billed.id).await;
    assert_eq!((cents(&there["TotalAmt"]), cents(&there["TxnTaxDetail"]["TotalTax"])), (2_123, 123));
    assert_eq!(shop.record("Invoice", billed.id).await.difference, None);
    shop.choose(&[("IncomeAccount", "79"), ("TaxMode", "QuickBooks")]);
    let reckoned = shop.invoice(&customer, vec![taxed], 123).await;
    shop.pay(reckoned.id, 2_123).await;
    shop.quiet().await;
    let there = cents(&one(&shop, "Invoice", reckoned.id).await["TotalAmt"]);
    let link = shop.record("Invoice", reckoned.id).await;
    assert_eq!(link.difference.is_some(), there != 2_123, "{link:?}, {there}");
}

async fn row_09_what_is_rounded_here_comes_to_the_same_there(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let mut lines: Vec<_> = [("0.3333", 1_001), ("1.5", 1_099), ("7.7777", 333), ("3", 1)]
        .iter()
        .map(|(quantity, price)| line("W-1", quantity, *price))
        .collect();
    lines[1].discount = 49;
    lines[2].discount = 1;
    let invoice = shop.invoice(&customer, lines, 7).await;
    shop.pay(invoice.id, invoice.totals.total.minor()).await;
    shop.quiet().await;
    let there = one(&shop, "Invoice", invoice.id).await;
    assert_eq!(cents(&there["TotalAmt"]), invoice.totals.total.minor(), "{there}");
    assert_eq!(shop.record("Invoice", invoice.id).await.difference, None);
}

async fn row_10_closed_books_are_told_before_anything_is_sent(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.switch(json!({ "bookCloseDate": "2030-12-31" })).await;
    let (closed, paid) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let why = shop.why("Invoice", closed).await;
    assert!(why.code == "closed_period" && why.message.contains("2030-12-31"), "{why:?}");
    assert_eq!(shop.calls(&format!("POST /v3/company/{REALM}/invoice")).await, 0);
    shop.switch(json!({ "bookCloseDate": null })).await;
    shop.retry("Invoice", closed).await;
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", closed).await, State::Synced);
    assert_eq!(shop.state("Payment", paid).await, State::Synced);
}

async fn row_11_a_payment_on_a_deposit_is_locked(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (_, paid) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let there = one(&shop, "Payment", paid).await;
    let deposit = json!({ "DepositToAccountRef": { "value": "35" }, "Line": [{ "Amount": there["TotalAmt"],
        "LinkedTxn": [{ "TxnId": there["Id"], "TxnType": "Payment", "TxnLineId": "0" }] }] });
    shop.bookkeeper("Deposit", json!({ "operation": "save", "object": deposit })).await;
    shop.refund(paid, 500, true).await;
    shop.quiet().await;
    let why = shop.why("Payment", paid).await;
    assert!(why.code == "locked" && why.advice.contains("deposit"), "{why:?}");
    assert_eq!(cents(&one(&shop, "Payment", paid).await["TotalAmt"]), 2_000);
}

async fn row_12_money_goes_where_it_was_chosen_to(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (_, first) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(one(&shop, "Payment", first).await["DepositToAccountRef"]["value"], "4");
    shop.choose(&[("IncomeAccount", "79"), ("DepositTo", "35")]);
    let (_, second) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(one(&shop, "Payment", second).await["DepositToAccountRef"]["value"], "35");
}

async fn row_13_parts_and_payments_of_several_invoices_come_to_the_same(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[("InvoicesWhen", "Issued")]).await;
    let first = shop.invoice(&customer, vec![line("W-1", "2", 1_000)], 0).await;
    let second = shop.invoice(&customer, vec![line("W-2", "1", 700)], 0).await;
    let half = shop.pay(first.id, 900).await;
    shop.quiet().await;
    assert_eq!(cents(&one(&shop, "Invoice", first.id).await["Balance"]), 1_100);
    // One payment there, for both and with something left over.
    let ids = [first.id, second.id].map(|it| it.to_string());
    let (one_there, two_there) =
        (shop.record("Invoice", &ids[0]).await.remote_id, shop.record("Invoice", &ids[1]).await.remote_id);
    let customer_there = shop.record("Customer", customer.id).await.remote_id;
    let tie = |amount: f64, id: &Option<String>| json!({ "Amount": amount, "LinkedTxn": [{ "TxnId": id, "TxnType": "Invoice" }] });
    let object = json!({ "CustomerRef": { "value": customer_there }, "TotalAmt": 20.0,
        "Line": [tie(11.0, &one_there), tie(7.0, &two_there)] });
    shop.bookkeeper("Payment", json!({ "operation": "save", "object": object })).await;
    shop.quiet().await;
    for id in [first.id, second.id] {
        assert_eq!(shop.read(id).await.status.as_str(), "Paid");
    }
    let of = format!("organization_id = '{}'", shop.organization);
    assert_eq!(shop.database.count(&format!("SELECT COUNT(*) FROM payments WHERE {of}")), 2);
    assert_eq!(
        shop.database.count(&format!("SELECT COUNT(*) FROM payments WHERE {of} AND amount = 1800")),
        1
    );
    assert_eq!(shop.state("Payment", half.id).await, State::Synced);
    assert!(shop.all().await.iter().all(|it| it.difference.is_none()));
}

async fn row_14_refunds_are_a_receipt_a_credit_or_a_smaller_payment(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (kept, paid) = shop.sold(&customer, "W-1").await;
    let (open, again) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    shop.refund(paid, 300, false).await;
    shop.refund(again, 500, true).await;
    shop.quiet().await;
    let credits = shop.objects("CreditMemo").await;
    assert_eq!(credits.iter().map(|it| cents(&it["TotalAmt"])).collect::<Vec<_>>(), [300]);
    assert_eq!(cents(&one(&shop, "Invoice", kept).await["Balance"]), 0);
    assert_eq!(cents(&one(&shop, "Payment", again).await["TotalAmt"]), 1_500);
    assert_eq!(cents(&one(&shop, "Invoice", open).await["Balance"]), 500);
    // With an account it is money that left that account.
    shop.choose(&[("IncomeAccount", "79"), ("RefundFrom", "35")]);
    shop.refund(paid, 200, false).await;
    // And all of it: there is no payment any more.
    shop.refund(again, 1_500, true).await;
    shop.quiet().await;
    let receipts = shop.objects("RefundReceipt").await;
    assert_eq!(receipts.iter().map(|it| cents(&it["TotalAmt"])).collect::<Vec<_>>(), [200]);
    assert_eq!(receipts[0]["DepositToAccountRef"]["value"], "35");
    assert_eq!(cents(&one(&shop, "Invoice", open).await["Balance"]), 2_000);
    assert_eq!(shop.state("Payment", again).await, State::Synced);
}

async fn row_15_a_void_or_a_deletion_there_is_a_difference_and_takes_nothing_away_here(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (voided, _) = shop.sold(&customer, "W-1").await;
    let (kept, deleted) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let remove =
        |operation: &str, it: &Value| json!({ "operation": operation, "object": { "Id": it["Id"] } });
    let there = one(&shop, "Invoice", voided).await;
    shop.bookkeeper("Invoice", remove("void", &there)).await;
    let there = one(&shop, "Payment", deleted).await;
    shop.bookkeeper("Payment", remove("delete", &there)).await;
    shop.quiet().await;
    for (kind, id) in [("Invoice", voided.to_string()), ("Payment", deleted.to_string())] {
        let link = shop.record(kind, id).await;
        assert_eq!(
            (link.state, link.difference.expect("shown").code.as_str()),
            (State::Gone, "gone"),
            "{kind}"
        );
    }
    for id in [voided, kept] {
        assert_eq!(shop.read(id).await.status.as_str(), "Paid");
    }
    assert!(shop.told("sync.difference") >= 2);
    // A person decides: written anew, once.
    shop.retry("Payment", deleted).await;
    shop.quiet().await;
    assert_eq!(shop.state("Payment", deleted).await, State::Synced);
    assert_eq!(cents(&one(&shop, "Invoice", kept).await["Balance"]), 0);
}

async fn row_25_a_day_is_the_companys(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    // Five o'clock in the morning by our clock, and still the evening before where the company is.
    let to_five = (29 - 8) * 3_600;
    shop.clock.pass(to_five);
    let (_, paid) = shop.sold(&customer, "W-1").await;
    let today = shop.engine.ambient.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    shop.quiet().await;
    let there = one(&shop, "Payment", paid).await;
    let yesterday = today.yesterday().expect("a day");
    assert_eq!(there["TxnDate"], yesterday.to_string(), "{there}");
}

async fn row_27_nothing_is_sent_by_mail_from_there(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let (invoice, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(one(&shop, "Invoice", invoice).await["EmailStatus"], "NotSet");
}

on_both!(
    row_06_a_lost_answer_and_a_number_that_is_taken_make_no_second_invoice,
    row_07_numbers_are_theirs_or_ours_and_one_that_is_too_long_is_shown,
    row_08_a_tax_that_the_books_reckon_otherwise_is_shown,
    row_09_what_is_rounded_here_comes_to_the_same_there,
    row_10_closed_books_are_told_before_anything_is_sent,
    row_11_a_payment_on_a_deposit_is_locked,
    row_12_money_goes_where_it_was_chosen_to,
    row_13_parts_and_payments_of_several_invoices_come_to_the_same,
    row_14_refunds_are_a_receipt_a_credit_or_a_smaller_payment,
    row_15_a_void_or_a_deletion_there_is_a_difference_and_takes_nothing_away_here,
    row_25_a_day_is_the_companys,
    row_27_nothing_is_sent_by_mail_from_there,
);
