//! Cards that are typed on the provider's page, alone or while something is paid.

use serde_json::{Value, json};

use super::{CUSTOMER, METHODS, card, direct, hide, kept, saved, text, told};
use crate::support::{
    Answer, CARD, Caller, DECLINED, Engine, on_both, pay, process::Demo, submit, until, way_back,
};

const SETUP: &str = "/api/payments/worldpay/transaction-setup";
const RETURN: &str = "http://localhost:3000/saved?shelf=2";

async fn setup(caller: &Caller, amount: f64, more: Value) -> Value {
    let mut body =
        json!({ "customerNumber": CUSTOMER, "transactionAmount": amount, "applicationReturnUrl": RETURN });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    caller.post(SETUP, &body).await.expect(200).json()
}

async fn come_back(demo: &Demo, page: &Answer) -> Answer {
    demo.nobody().get(&way_back(page).expect("a way back")).await.expect(303)
}

async fn a_card_is_saved_on_the_page_and_nothing_is_paid(engine: Engine) {
    let demo = Demo::start(engine);
    let own = demo.caller("Customer", Some(CUSTOMER));
    let opened = setup(&own, 0.00, json!({ "isDefault": true })).await;
    assert_eq!((&opened["paymentId"], &opened["invoiceId"]), (&Value::Null, &Value::Null));
    let page = text(&opened, "hostedPaymentUrl");
    let back = come_back(&demo, &pay(page, CARD).await).await;
    assert!(back.header("location").starts_with("http://localhost:3000/saved?shelf=2&status=saved&"));
    let all = saved(&own).await;
    assert_eq!(told(&back, "paymentMethodId").as_deref(), Some(text(&all[0], "id")));
    assert_eq!(told(&back, "paymentId"), None);
    let mut shown = all[0].clone();
    hide(&mut shown);
    insta::assert_json_snapshot!("saved_on_page", shown);
    assert!(demo.approved().await.is_empty(), "nothing was charged");
    assert_eq!(
        demo.admin.get("/api/payments?customerNumber=CUST-1001").await.json()["totalRecords"],
        payments_seeded(&demo)
    );
    // Once more: nothing is doubled.
    let again = demo.nobody().get(&way_back_of(&demo, &opened)).await;
    assert!([303, 400].contains(&again.status));
    assert_eq!((saved(&own).await.len(), kept(&demo.simulator()).await.len()), (1, 1));
    demo.admin.delete(&format!("{METHODS}/{}", text(&all[0], "id"))).await.expect(204);
    until("the provider has forgotten it", async || kept(&demo.simulator()).await.is_empty()).await;
}

/// Payments of the customer that the seed made.
fn payments_seeded(demo: &Demo) -> Value {
    json!(demo.database.count(
        "SELECT COUNT(*) FROM payments WHERE customer_number = 'CUST-1001' AND transaction_setup_id IS NULL"
    ))
}

/// The callback of a page as somebody would write it who saw its id.
fn way_back_of(demo: &Demo, opened: &Value) -> String {
    format!(
        "{}/api/payments/worldpay/callback?HostedPaymentStatus=Complete&TransactionSetupID={}&ValidationCode=0000000000000000",
        demo.text("baseUrl"),
        text(opened, "transactionSetupId")
    )
}

async fn a_browser_that_never_comes_back_loses_no_card(engine: Engine) {
    let demo = Demo::start(engine);
    let opened = setup(&demo.admin, 0.00, json!({})).await;
    demo.fault(json!({ "operation": "HostedPayment", "action": "no_redirect" })).await;
    assert_eq!(way_back(&pay(text(&opened, "hostedPaymentUrl"), CARD).await), None);
    until("saved", async || saved(&demo.admin).await.len() == 1).await;
    assert_eq!(saved(&demo.admin).await[0]["expirationDate"], "12/2039");
}

async fn a_page_that_was_left_or_forged_saves_nothing(engine: Engine) {
    let demo = Demo::with(
        engine,
        &[("KONTOR_PAYMENTS__HOSTED_WINDOW_SECONDS", "2"), ("KONTOR_PAYMENTS__NOT_FOUND_AFTER_SECONDS", "1")],
    );
    let left = setup(&demo.admin, 0.00, json!({})).await;
    let cancelled = submit(text(&left, "hostedPaymentUrl"), &[("btnCancel", "1")]).await;
    let back = come_back(&demo, &cancelled).await;
    assert_eq!(told(&back, "status").as_deref(), Some("cancelled"));
    let forged = setup(&demo.admin, 0.00, json!({})).await;
    let said = demo.nobody().get(&way_back_of(&demo, &forged)).await.expect(400);
    assert_eq!(said.code(), "validation_code_wrong");
    until("both pages are over", async || {
        demo.database.count("SELECT COUNT(*) FROM card_pages WHERE status <> 'Nothing'") == 0
    })
    .await;
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'card_page'"), 0);
    assert!(saved(&demo.admin).await.is_empty());
}

async fn fields_that_make_no_sense_for_nothing_are_refused(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({
        "customerNumber": CUSTOMER, "transactionAmount": 0, "applicationReturnUrl": RETURN,
        "invoiceId": demo.text("invoiceId"), "savePaymentMethod": false,
    });
    let wrong = demo.admin.post(SETUP, &body).await.expect(400).wrong_fields();
    assert_eq!(wrong, ["invoiceId", "savePaymentMethod"]);
    let direct = json!({
        "customerNumber": CUSTOMER, "transactionAmount": 0, "applicationReturnUrl": RETURN, "provider": "AuthorizeNet",
    });
    let wrong = demo.admin.post("/api/payments/hosted-setup", &direct).await.expect(400).wrong_fields();
    assert_eq!(wrong, ["transactionAmount"]);
    let mut nobody = direct.clone();
    nobody["provider"] = json!("QuickBooks");
    let wrong = demo.admin.post("/api/payments/hosted-setup", &nobody).await.expect(400).wrong_fields();
    assert_eq!(wrong, ["provider"]);
}

async fn saving_a_card_leads_to_the_page_and_its_fields_are_not_looked_at(engine: Engine) {
    let demo = Demo::start(engine);
    let body = card(
        "no card at all",
        json!({ "provider": "WorldPay", "cvv": {}, "expirationMonth": "x", "returnUrl": RETURN }),
    );
    let headers = [("content-type", "application/json"), ("idempotency-key", "page-1")];
    let said = demo.admin.send("POST", METHODS, &headers, Some(body.to_string())).await.expect(200);
    let again = demo.admin.send("POST", METHODS, &headers, Some(body.to_string())).await.expect(200);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&said.text, "true"));
    let said = said.json();
    assert_eq!((&said["requiresRedirect"], &said["paymentMethod"]), (&json!(true), &Value::Null));
    let back = come_back(&demo, &pay(text(&said, "redirectUrl"), CARD).await).await;
    assert_eq!(told(&back, "status").as_deref(), Some("saved"));
    assert_eq!(saved(&demo.admin).await[0]["provider"], "WorldPay");
    // No field of a card has to be there.
    let bare = json!({ "customerNumber": CUSTOMER, "provider": "WorldPay" });
    let said = demo.admin.post(METHODS, &bare).await.expect(200).json();
    assert_eq!(said["requiresRedirect"], true);
    let foreign =
        json!({ "customerNumber": CUSTOMER, "provider": "WorldPay", "returnUrl": "https://evil.example/" });
    assert_eq!(demo.admin.post(METHODS, &foreign).await.expect(400).wrong_fields(), ["returnUrl"]);
}

async fn the_organizations_own_choice_of_provider_counts(engine: Engine) {
    let demo = Demo::start(engine);
    let settings = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    for (provider, redirect) in [("WorldPay", true), ("AuthorizeNet", false)] {
        demo.admin.put(&settings, &json!({ "defaultPaymentProvider": provider })).await.expect(200);
        let mut body = card(CARD, json!({ "returnUrl": RETURN }));
        body.as_object_mut().expect("an object").remove("provider");
        let said = demo.admin.post(METHODS, &body).await.expect(200).json();
        assert_eq!((&said["provider"], &said["requiresRedirect"]), (&json!(provider), &json!(redirect)));
    }
}

async fn a_card_is_kept_while_paying_once_whatever_is_cut_off(engine: Engine) {
    let demo = Demo::start(engine);
    let invoice = demo.admin.invoice(CUSTOMER, 40.00).await;
    for (at, action) in ["cut_before", "cut_after", "truncate"].into_iter().enumerate() {
        demo.fault(json!({ "operation": "PaymentAccountCreateWithTransID", "action": action })).await;
        let wish = json!({ "invoiceId": invoice, "savePaymentMethod": true, "isDefault": true });
        let opened = setup(&demo.admin, 10.00, wish).await;
        // A decline stays on the page and keeps nothing.
        pay(text(&opened, "hostedPaymentUrl"), DECLINED).await;
        let page = pay(text(&opened, "hostedPaymentUrl"), CARD).await;
        if at == 0 {
            let back = come_back(&demo, &page).await;
            assert_eq!(told(&back, "status").as_deref(), Some("succeeded"));
        }
        until("kept", async || saved(&demo.admin).await.len() == at + 1).await;
        let there = kept(&demo.simulator()).await;
        assert_eq!(there.len(), at + 1, "{action}: {there:?}");
        let defaults = saved(&demo.admin).await.iter().filter(|it| it["isDefault"] == true).count();
        assert_eq!(defaults, 1);
    }
    let it = &saved(&demo.admin).await[0];
    assert_eq!((&it["maskedCardNumber"], &it["expirationDate"]), (&json!("XXXX1111"), &json!("12/2039")));
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM payment_methods WHERE original_amount = 1000"), 3);
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'keep_card'"), 0);
    assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], 10.0);
}

async fn a_payment_without_the_wish_keeps_no_card(engine: Engine) {
    let demo = Demo::start(engine);
    let opened = setup(&demo.admin, 3.00, json!({})).await;
    come_back(&demo, &pay(text(&opened, "hostedPaymentUrl"), CARD).await).await;
    assert!(saved(&demo.admin).await.is_empty() && kept(&demo.simulator()).await.is_empty());
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'keep_card'"), 0);
    assert!(kept(&direct(&demo)).await.is_empty());
}

on_both!(
    a_card_is_saved_on_the_page_and_nothing_is_paid,
    a_browser_that_never_comes_back_loses_no_card,
    a_page_that_was_left_or_forged_saves_nothing,
    fields_that_make_no_sense_for_nothing_are_refused,
    saving_a_card_leads_to_the_page_and_its_fields_are_not_looked_at,
    the_organizations_own_choice_of_provider_counts,
    a_card_is_kept_while_paying_once_whatever_is_cut_off,
    a_payment_without_the_wish_keeps_no_card,
);
