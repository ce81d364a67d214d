//! A person with a real browser: the demo page, the hosted page, the paid invoice.

mod books;
mod driver;
mod links;

use serde_json::json;

use crate::support::{CARD, DECLINED, Engine, on_both, pay, process::Demo};
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

async fn an_owner_connects_the_books_and_a_used_link_says_so(engine: Engine) {
    let demo = Demo::start(engine);
    let path = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = json!({
        "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "Books",
        "configuration": {}, "secrets": {},
    });
    let made = demo.admin.post(&path, &body).await.expect(201).json();
    let browser = Browser::start().await;
    browser.open(made["authorizationUrl"].as_str().expect("an address")).await;
    browser.until_text("form", "Bergen Fish Company").await;
    browser.click("label[for='company-9341453474484463']").await;
    browser.picture("consent").await;
    browser.click("#connect").await;
    browser.until_text("main.good h1", "QuickBooks Online is connected").await;
    browser.until_text("main", "close this window").await;
    browser.picture("connected").await;
    assert!(browser.fits_a_telephone().await, "the page is wider than a telephone");
    browser.picture("connected-phone").await;
    browser.leave_the_telephone().await;
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(demo.admin.get(&one).await.expect(200).json()["connectionStatus"], "Connected");
    let tested = demo.admin.post(&format!("{one}/test"), &json!({})).await.expect(200).json();
    assert_eq!(tested["message"], "Connected to Bergen Fish Company");
    // The browser's history leads here again.
    let used = browser.address().await;
    assert!(used.contains("/api/integrations/QuickBooks/callback?"), "{used}");
    browser.open(&used).await;
    browser.until_text("main.bad h1", "This link cannot be used").await;
    browser.until_text("main", "It was used already").await;
    browser.picture("used-link").await;
    assert!(browser.fits_a_telephone().await, "the page is wider than a telephone");
    browser.picture("used-link-phone").await;
    assert_eq!(demo.admin.get(&one).await.expect(200).json()["connectionStatus"], "Connected");
    browser.end().await;
}

async fn the_pages_of_the_demo_and_of_its_simulators_fit_a_telephone(engine: Engine) {
    let demo = Demo::start(engine);
    let pages = async || {
        let setup = demo.admin.setup("CUST-1001", demo.text("invoiceId"), 1.0).await.expect(200).json();
        setup["hostedPaymentUrl"].as_str().expect("a page").to_owned()
    };
    pay(&pages().await, CARD).await.expect(200);
    let books = demo.seeded("QuickBooks").await;
    let begun = demo.admin.post(&format!("{books}/connect"), &json!({})).await.expect(200).json();
    let consent = begun["authorizationUrl"].as_str().expect("an address").to_owned();
    let mut shown = vec![
        (format!("{}/demo", demo.text("baseUrl")), "#others", "Partially paid"),
        (pages().await, "#tableTransactionEntry", "$1.00"),
        (consent.replace("client_id=", "client_id=x"), "body", "cannot be connected"),
        (consent, "form", "Bergen Fish Company"),
    ];
    for (simulator, text) in
        [("authorizeNet", "getMerchantDetailsRequest"), ("worldpay", "approved"), ("quickBooks", "refresh")]
    {
        let base = demo.line["simulators"][simulator].as_str().expect("an address");
        shown.push((format!("{base}/_sim"), "body", text));
    }
    let browser = Browser::start().await;
    for (url, css, text) in shown {
        browser.open(&url).await;
        browser.until_text(css, text).await;
        assert!(browser.fits_a_telephone().await, "{url} is wider than a telephone");
        browser.leave_the_telephone().await;
    }
    browser.end().await;
}

on_both!(
    the_pages_of_the_demo_and_of_its_simulators_fit_a_telephone,
    a_stranger_pays_the_demos_invoice_in_a_browser,
    a_stranger_cancels_and_comes_back_to_the_shop,
    an_owner_connects_the_books_and_a_used_link_says_so,
);
