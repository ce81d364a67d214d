//! Somebody opens a payment link in a real browser, on a desk and on a telephone, and pays on either provider's page.

use serde_json::json;

use super::{driver::Browser, fill};
use crate::support::{CARD, Engine, on_both, process::Demo};

async fn link(demo: &Demo, provider: &str) -> String {
    let settings = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    demo.admin.put(&settings, &json!({ "defaultPaymentProvider": provider })).await.expect(200);
    let path = format!("/api/invoices/{}/payment-link", demo.text("invoiceId"));
    let made = demo.admin.send("POST", &path, &[], None).await.expect(201).json();
    made["url"].as_str().expect("an address").to_owned()
}

async fn paid(demo: &Demo, browser: &Browser, url: &str) {
    browser.until_text("#result", "Your payment of $148.83 was received.").await;
    browser.until_text("#paid", "Nothing is left to pay").await;
    assert!(browser.address().await.starts_with(url));
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!((&invoice["status"], invoice["payments"].as_array().map(Vec::len)), (&json!("Paid"), Some(1)));
}

async fn a_customer_pays_by_a_link(engine: Engine) {
    let demo = Demo::start(engine);
    let url = link(&demo, "WorldPay").await;
    let browser = Browser::start().await;
    browser.open(&url).await;
    browser.until_text("#balance", "$148.83").await;
    browser.picture("payment-link").await;
    assert!(browser.fits_a_telephone().await, "the page is wider than a telephone");
    browser.picture("payment-link-phone").await;
    browser.leave_the_telephone().await;
    browser.click("#pay").await;
    browser.until_text("#tableTransactionEntry", "$148.83").await;
    browser.click("#btnCancel").await;
    browser.until_text("#result", "You left the payment page").await;
    browser.click("#pay").await;
    browser.until_text("#tableTransactionEntry", "$148.83").await;
    fill(&browser, CARD).await;
    browser.click("#submit").await;
    paid(&demo, &browser, &url).await;
    browser.picture("payment-link-paid").await;
    assert!(browser.fits_a_telephone().await, "the page is wider than a telephone");
    browser.end().await;
}

async fn a_customer_pays_by_a_link_on_a_page_that_is_posted_to(engine: Engine) {
    let demo = Demo::start(engine);
    let url = link(&demo, "AuthorizeNet").await;
    let browser = Browser::start().await;
    browser.open(&url).await;
    browser.click("#pay").await;
    // Kontor's own page has posted itself by then.
    browser.until_text("#amount", "$148.83").await;
    browser.fill("#cardNum", CARD).await;
    browser.fill("#expiryDate", "12/39").await;
    browser.fill("#cvv", "123").await;
    browser.click("#payBtn").await;
    paid(&demo, &browser, &url).await;
    browser.end().await;
}

async fn what_leads_nowhere_says_so_on_any_screen(engine: Engine) {
    let demo = Demo::start(engine);
    let browser = Browser::start().await;
    for (path, words) in [("/pay/nothing", "leads nowhere"), ("/pay/page/nothing", "is over")] {
        browser.open(&format!("{}{path}", demo.text("baseUrl"))).await;
        browser.until_text("main h1", words).await;
        assert!(browser.fits_a_telephone().await, "{path} is wider than a telephone");
        browser.leave_the_telephone().await;
    }
    browser.picture("payment-link-over").await;
    browser.end().await;
}

on_both!(
    a_customer_pays_by_a_link,
    a_customer_pays_by_a_link_on_a_page_that_is_posted_to,
    what_leads_nowhere_says_so_on_any_screen,
);
