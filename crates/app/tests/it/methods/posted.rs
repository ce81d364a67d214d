//! The page of a provider that has to be posted to, by way of Kontor's own.

use serde_json::{Value, json};

use super::{CUSTOMER, direct, kept, saved, text, told};
use crate::support::{
    Answer, CARD, Caller, DECLINED, Engine, gateway_form, on_both, process::Demo, submit, until,
};

const SETUP: &str = "/api/payments/hosted-setup";
const RETURN: &str = "http://localhost:3000/paid?order=7";

pub(super) async fn setup(caller: &Caller, amount: f64, more: Value) -> Value {
    let mut body = json!({
        "customerNumber": CUSTOMER, "transactionAmount": amount, "applicationReturnUrl": RETURN, "provider": "AuthorizeNet",
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    caller.post(SETUP, &body).await.expect(200).json()
}

/// What stands between two texts, unescaped.
fn between(whole: &str, before: &str, after: &str) -> String {
    let found = whole.split(before).nth(1).and_then(|it| it.split(after).next());
    let found = found.unwrap_or_else(|| panic!("no {before}: {whole}"));
    found.replace("&amp;", "&").replace("&quot;", "\"")
}

/// Follows Kontor's own page to the provider's: its address and the token in it.
async fn follow(demo: &Demo, url: &str) -> (String, String) {
    let page = demo.nobody().get(url).await.expect(200);
    assert_eq!(page.header("cache-control"), "no-store");
    let action = between(&page.text, "action=\"", "\"");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.ends_with(&format!("form-action {}", direct(demo).base)), "{policy}");
    (action, between(&page.text, "name=\"token\" value=\"", "\""))
}

pub(super) async fn pay(demo: &Demo, url: &str, card: &str) -> Answer {
    let (action, token) = follow(demo, url).await;
    let shown = submit(&action, &[("token", &token)]).await.expect(200);
    let form = between(&shown.text, "<form method=\"post\" action=\"", "\"");
    let place = format!("{}{form}", direct(demo).base);
    let fields: Vec<_> = [("token", token.as_str())].into_iter().chain(gateway_form(card)).collect();
    submit(&place, &fields).await
}

/// Where the provider's page sends the browser.
pub(super) fn way_back(demo: &Demo, page: &Answer) -> String {
    let location = page.header("location");
    if location.is_empty() {
        let own = format!("{}/api/payments/authorizenet/callback", demo.text("baseUrl"));
        let rest = between(&page.text, &own, "\"");
        return format!("{own}{rest}");
    }
    location.to_owned()
}

async fn an_invoice_is_paid_once_by_way_of_our_page(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let opened = setup(&demo.admin, 148.83, json!({ "invoiceId": invoice, "savePaymentMethod": true })).await;
    assert_eq!((&opened["provider"], &opened["invoiceId"]), (&json!("AuthorizeNet"), &json!(invoice)));
    let url = text(&opened, "hostedPaymentUrl");
    assert!(url.starts_with(&format!("{}/pay/page/", demo.text("baseUrl"))), "{url}");
    let code = url.rsplit('/').next().expect("a code").to_owned();
    let paid = pay(&demo, url, CARD).await;
    let back = way_back(&demo, &paid);
    let said = demo.nobody().get(&back).await.expect(303);
    assert_eq!(told(&said, "status").as_deref(), Some("succeeded"), "{}", said.header("location"));
    assert!(said.header("location").starts_with("http://localhost:3000/paid?order=7&"));
    let again = demo.nobody().get(&back).await.expect(303);
    assert_eq!(told(&again, "paymentId"), told(&said, "paymentId"));
    let read = demo.admin.read_invoice(&invoice).await;
    assert_eq!((&read["status"], read["payments"].as_array().map(Vec::len)), (&json!("Paid"), Some(1)));
    // The page is over, and what opened it is destroyed with the next sweeps or no more opened.
    demo.nobody().get(url).await.expect(404);
    // The card is kept, once.
    until("kept", async || saved(&demo.admin).await.len() == 1).await;
    let card = &saved(&demo.admin).await[0];
    assert_eq!(
        (&card["provider"], &card["maskedCardNumber"], &card["expirationDate"]),
        (&json!("AuthorizeNet"), &json!("XXXX1111"), &json!("12/2039"))
    );
    assert_eq!(kept(&direct(&demo)).await.len(), 1);
    // What the address carries and what it opens are in no row.
    let hosted = demo.database.count(&format!(
        "SELECT COUNT(*) FROM hosted_setups WHERE hosted_url LIKE '%{code}%' OR post_hash = '{code}'"
    ));
    assert_eq!(hosted, 0);
}

async fn who_leaves_or_is_declined_has_paid_nothing(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let opened = setup(&demo.admin, 148.83, json!({ "invoiceId": invoice })).await;
    let url = text(&opened, "hostedPaymentUrl");
    let declined = pay(&demo, url, DECLINED).await;
    assert!(!declined.text.contains(DECLINED));
    let (action, token) = follow(&demo, url).await;
    let shown = submit(&action, &[("token", &token)]).await.expect(200);
    let form = between(&shown.text, "<form method=\"post\" action=\"", "\"");
    let left = submit(&format!("{}{form}", direct(&demo).base), &[("token", &token), ("cancel", "1")]).await;
    let said = demo.nobody().get(&way_back(&demo, &left)).await.expect(303);
    assert_eq!(told(&said, "status").as_deref(), Some("cancelled"));
    assert_eq!(demo.admin.read_invoice(&invoice).await["status"], "Issued");
    // A forged return with a right reference and no right code.
    let reference = text(&opened, "transactionSetupId");
    let forged =
        format!("/api/payments/authorizenet/callback?hosted=complete.{reference}.{}", "0".repeat(32));
    assert_eq!(demo.nobody().get(&forged).await.expect(400).code(), "validation_code_wrong");
    let unknown = "/api/payments/authorizenet/callback?hosted=cancelled.1234567890123456";
    assert_eq!(demo.nobody().get(unknown).await.expect(404).code(), "setup_not_found");
    demo.nobody().get("/pay/page/nothing").await.expect(404);
    demo.nobody().get(&format!("/pay/page/{}", "x".repeat(500))).await.expect(404);
}

async fn a_newer_page_ends_ours_and_a_lost_browser_loses_no_money(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.text("invoiceId").to_owned();
    let first = setup(&demo.admin, 148.83, json!({ "invoiceId": invoice })).await;
    let second = setup(&demo.admin, 148.83, json!({ "invoiceId": invoice })).await;
    demo.nobody().get(text(&first, "hostedPaymentUrl")).await.expect(404);
    pay(&demo, text(&second, "hostedPaymentUrl"), CARD).await;
    // Nobody comes back: it is found all the same.
    demo.until_invoice(&invoice, "Paid").await;
}

on_both!(
    an_invoice_is_paid_once_by_way_of_our_page,
    who_leaves_or_is_declined_has_paid_nothing,
    a_newer_page_ends_ours_and_a_lost_browser_loses_no_money,
);
