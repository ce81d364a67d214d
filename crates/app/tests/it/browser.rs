//! A person with a real browser: the demo page, the hosted page, the paid invoice.

mod driver;

use crate::support::{CARD, DECLINED, Engine, on_both, process::Demo};
use driver::Browser;

async fn a_stranger_pays_the_demos_invoice_in_a_browser(engine: Engine) {
    let demo = Demo::start(engine);
    let browser = Browser::start().await;
    browser.open(&format!("{}/demo", demo.text("baseUrl"))).await;
    browser.until_text("#invoice", "148.83").await;
    browser.picture("demo").await;
    browser.click("#pay").await;
    browser.until_text("#tableTransactionEntry", "$148.83").await;

    fill(&browser, CARD).await;
    browser.picture("hosted-page").await;

    // No number: the page says what is missing, forgets the rest, and stays.
    browser.fill("#cardNumber", "").await;
    browser.click("#submit").await;
    browser.until_text("span.Error", "Card Number is required").await;
    fill(&browser, DECLINED).await;
    browser.click("#submit").await;
    browser.until_text("span.Error", "Declined").await;
    fill(&browser, CARD).await;
    browser.click("#submit").await;

    browser.until_text("#result", "").await;
    browser.until_text("#invoice", "Paid").await;
    assert!(browser.address().await.starts_with(&format!("{}/demo?", demo.text("baseUrl"))));
    browser.picture("paid-invoice").await;
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!(
        (&invoice["status"], invoice["payments"].as_array().map(Vec::len)),
        (&serde_json::json!("Paid"), Some(1))
    );
    browser.open(demo.simulator().base.as_str()).await;
    browser.open(&format!("{}/_sim", demo.simulator().base)).await;
    browser.until_text("body", "approved").await;
    browser.picture("simulator").await;
    browser.end().await;
}

async fn fill(browser: &Browser, card: &str) {
    browser.fill("#cardNumber", card).await;
    browser.click("#ddlExpirationMonth option[value='12']").await;
    browser.click("#ddlExpirationYear option:last-child").await;
    browser.fill("#CVV", "123").await;
}

async fn a_stranger_cancels_and_comes_back_to_the_shop(engine: Engine) {
    let demo = Demo::start(engine);
    let browser = Browser::start().await;
    browser.open(&format!("{}/demo", demo.text("baseUrl"))).await;
    browser.click("#pay").await;
    browser.until_text("#tableTransactionEntry", "$148.83").await;
    browser.click("#btnCancel").await;
    browser.until_text("#result", "").await;
    browser.until_text("#invoice", "148.83").await;
    assert!(browser.address().await.contains("status=cancelled"));
    assert_eq!(demo.admin.read_invoice(demo.text("invoiceId")).await["status"], "Issued");
    browser.end().await;
}

on_both!(a_stranger_pays_the_demos_invoice_in_a_browser, a_stranger_cancels_and_comes_back_to_the_shop);
