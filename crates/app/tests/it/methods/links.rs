//! A page of ours on which whoever has its link sees one invoice and pays it.

use serde_json::{Value, json};

use super::{CUSTOMER, text, told};
use crate::support::{Answer, CARD, Caller, Engine, on_both, pay, process::Demo, submit, way_back};

async fn link(caller: &Caller, invoice: &str) -> Value {
    caller.send("POST", &format!("/api/invoices/{invoice}/payment-link"), &[], None).await.expect(201).json()
}

/// Where the page after the button goes on to.
fn onward(page: &Answer) -> String {
    let found = page.text.split("id=\"go\" href=\"").nth(1).and_then(|it| it.split('"').next());
    found.unwrap_or_else(|| panic!("no way on: {}", page.text)).replace("&amp;", "&")
}

async fn begin(demo: &Demo, url: &str) -> Answer {
    demo.nobody().send("POST", url, &[("content-type", "application/x-www-form-urlencoded")], None).await
}

async fn worldpay_first(demo: &Demo) {
    let settings = format!("/api/organizations/{}/settings", demo.text("organizationId"));
    demo.admin.put(&settings, &json!({ "defaultPaymentProvider": "WorldPay" })).await.expect(200);
}

async fn whoever_has_the_link_sees_the_invoice_and_pays_it(engine: Engine) {
    let demo = Demo::start(engine);
    worldpay_first(&demo).await;
    let invoice = demo.text("invoiceId").to_owned();
    let made = link(&demo.admin, &invoice).await;
    let url = text(&made, "url");
    assert!(url.starts_with(&format!("{}/pay/", demo.text("baseUrl"))) && made["expiresAt"].is_string());
    let page = demo.nobody().get(url).await.expect(200);
    let number =
        demo.admin.read_invoice(&invoice).await["invoiceNumber"].as_str().expect("a number").to_owned();
    for words in ["Lübeck Coffee Roasters", &number, "$148.83", "Left to pay", "Pay $148.83"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(page.header("set-cookie").is_empty() && !page.text.contains("<script"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));

    let on = begin(&demo, url).await.expect(200);
    let hosted = onward(&on);
    let cancelled = submit(&hosted, &[("btnCancel", "1")]).await;
    let said = demo.nobody().get(&way_back(&cancelled).expect("a way back")).await.expect(303);
    assert!(said.header("location").starts_with(url), "{}", said.header("location"));
    let shown = demo.nobody().get(said.header("location")).await.expect(200);
    assert!(shown.text.contains("You left the payment page. Nothing was charged."), "{}", shown.text);

    let hosted = onward(&begin(&demo, url).await.expect(200));
    let said = demo.nobody().get(&way_back(&pay(&hosted, CARD).await).expect("a way back")).await.expect(303);
    assert_eq!(told(&said, "status").as_deref(), Some("succeeded"));
    let shown = demo.nobody().get(said.header("location")).await.expect(200);
    assert!(shown.text.contains("Your payment of $148.83 was received."), "{}", shown.text);
    assert!(shown.text.contains("This invoice is paid") && !shown.text.contains("id=\"pay\""));
    assert_eq!(demo.approved().await.len(), 1);
    // The button of a page that somebody left open pays nothing more.
    let late = begin(&demo, url).await.expect(303);
    assert!(late.header("location").contains("status=changed"), "{}", late.header("location"));
    let refused = demo.admin.send("POST", &format!("/api/invoices/{invoice}/payment-link"), &[], None).await;
    assert_eq!(refused.expect(409).code(), "invoice_not_payable");
}

async fn what_an_address_claims_is_not_believed(engine: Engine) {
    let demo = Demo::start(engine);
    let url = link(&demo.admin, demo.text("invoiceId")).await;
    let url = text(&url, "url");
    let other = demo.admin.invoice(CUSTOMER, 5.00).await;
    let cheque = demo
        .admin
        .post(&format!("/api/invoices/{other}/payments"), &json!({ "amount": 5.00, "method": "Check" }))
        .await;
    let foreign = cheque.expect(201).json()["id"].as_str().expect("an id").to_owned();
    for query in [
        "status=succeeded",
        &format!("status=succeeded&paymentId={foreign}"),
        "paymentId=%00",
        "status=<script>",
    ] {
        let page = demo.nobody().get(&format!("{url}?{query}")).await.expect(200);
        assert!(!page.text.contains("received") && !page.text.contains("<script"), "{query}: {}", page.text);
        assert!(page.text.contains("Pay $148.83"));
    }
    for path in ["/pay/nothing", "/pay/%00", &format!("/pay/{}", "x".repeat(400))] {
        let page = demo.nobody().get(path).await.expect(404);
        assert!(
            page.text.contains("leads nowhere") && page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        begin(&demo, path).await.expect(404);
    }
}

async fn a_link_that_is_over_shows_nothing_and_a_withdrawn_invoice_says_so(engine: Engine) {
    let demo = Demo::start(engine);
    let made = link(&demo.admin, demo.text("invoiceId")).await;
    let withdrawn = demo.admin.invoice(CUSTOMER, 5.00).await;
    let other = link(&demo.admin, &withdrawn).await;
    demo.admin.send("POST", &format!("/api/invoices/{withdrawn}/void"), &[], None).await.expect(200);
    let page = demo.nobody().get(text(&other, "url")).await.expect(200);
    assert!(page.text.contains("was withdrawn") && !page.text.contains("id=\"pay\""), "{}", page.text);
    demo.database.execute(&format!(
        "UPDATE payment_links SET expires_at = 1 WHERE invoice_id = '{}'",
        demo.text("invoiceId")
    ));
    let page = demo.nobody().get(text(&made, "url")).await.expect(410);
    assert!(page.text.contains("has expired") && !page.text.contains("148.83"), "{}", page.text);
    begin(&demo, text(&made, "url")).await.expect(410);
    // The address itself is in no row.
    let token = text(&made, "url").rsplit('/').next().expect("a token").to_owned();
    assert_eq!(
        demo.database.count(&format!("SELECT COUNT(*) FROM payment_links WHERE token_hash = '{token}'")),
        0
    );
}

async fn a_customer_links_its_own_invoices_and_a_provider_that_fails_is_told_in_words(engine: Engine) {
    let demo = Demo::start(engine);
    worldpay_first(&demo).await;
    let invoice = demo.text("invoiceId").to_owned();
    let made = link(&demo.caller("Customer", Some(CUSTOMER)), &invoice).await;
    let path = format!("/api/invoices/{invoice}/payment-link");
    demo.caller("Customer", Some("CUST-1002")).send("POST", &path, &[], None).await.expect(404);
    demo.stranger().send("POST", &path, &[], None).await.expect(404);
    let draft = json!({ "customerNumber": CUSTOMER, "items": [{ "description": "<b>Tea</b>", "quantity": 1, "unitPrice": 1234.50 }] });
    let draft = demo.admin.post("/api/invoices", &draft).await.expect(201).json();
    let refused = demo
        .admin
        .send("POST", &format!("/api/invoices/{}/payment-link", text(&draft, "id")), &[], None)
        .await;
    assert_eq!(refused.expect(409).json()["currentStatus"], "Draft");
    demo.admin
        .send("POST", &format!("/api/invoices/{}/issue", text(&draft, "id")), &[], None)
        .await
        .expect(200);
    let tea = link(&demo.admin, text(&draft, "id")).await;
    let page = demo.nobody().get(text(&tea, "url")).await.expect(200);
    assert!(page.text.contains("&lt;b&gt;Tea&lt;/b&gt;") && page.text.contains("$1,234.50"), "{}", page.text);

    demo.fault(json!({ "operation": "TransactionSetup", "action": "cut_before" })).await;
    let url = text(&made, "url");
    let back = begin(&demo, url).await.expect(303);
    assert!(back.header("location").ends_with("?status=unavailable"), "{}", back.header("location"));
    let page = demo.nobody().get(back.header("location")).await.expect(200);
    assert!(page.text.contains("cannot be paid here at this moment"), "{}", page.text);
    begin(&demo, url).await.expect(200);
}

async fn a_flood_of_guesses_is_held_back(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_LIMITS__PUBLIC_PER_MINUTE", "5")]);
    let mut seen = Vec::new();
    for at in 0..8 {
        seen.push(demo.nobody().get(&format!("/pay/guess-{at}")).await.status);
    }
    assert_eq!(seen.iter().filter(|it| **it == 404).count(), 5, "{seen:?}");
    assert!(seen.ends_with(&[429]), "{seen:?}");
}

on_both!(
    whoever_has_the_link_sees_the_invoice_and_pays_it,
    what_an_address_claims_is_not_believed,
    a_link_that_is_over_shows_nothing_and_a_withdrawn_invoice_says_so,
    a_customer_links_its_own_invoices_and_a_provider_that_fails_is_told_in_words,
    a_flood_of_guesses_is_held_back,
);
