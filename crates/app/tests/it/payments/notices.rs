//! Authorize.Net's notifications: signed, kept once, and no more than a reason to ask.

use aws_lc_rs::hmac;
use data_encoding::HEXUPPER;
use serde_json::{Value, json};

use super::{id, read};
use crate::support::{Answer, Engine, merchant::Gateway, on_both, process::Demo, until};

/// Kontor and a gateway that tells it everything.
struct Shop {
    demo: Demo,
    gateway: Gateway,
    /// The integration, and where it is called.
    integration: String,
    hook: String,
    key: String,
}

impl Shop {
    /// Nobody asks by himself within a test's time: what is found out, a notification led to.
    async fn start(engine: Engine) -> Self {
        let demo = Demo::with(engine, &[("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "3600")]);
        let place = demo.line["simulators"]["authorizeNet"].as_str().expect("an address");
        let gateway = Gateway::new(place, &demo.line["credentials"]["authorizeNet"][0]);
        let path = demo.seeded("AuthorizeNet").await;
        let integration = path.rsplit('/').next().expect("an id").to_owned();
        let hook = format!("/hooks/AuthorizeNet/{integration}");
        let key = gateway.subscribe(&format!("{}{hook}", demo.text("baseUrl"))).await;
        let known = json!({ "secrets": { "SignatureKey": key } });
        demo.admin.put(&path, &known).await.expect(200);
        Self { demo, gateway, integration, hook, key }
    }

    /// A payment of the demo's invoice that the gateway was asked for, and whose answer was lost: a hand on the
    /// database moves a page's payment there.
    async fn waiting(&self) -> Value {
        let setup = self.demo.admin.setup("CUST-1001", self.demo.text("invoiceId"), 148.83).await;
        let payment = setup.expect(200).json()["paymentId"].as_str().expect("a payment").to_owned();
        let to = format!("provider = 'AuthorizeNet', integration_id = '{}'", self.integration);
        self.demo.database.execute(&format!(
            "UPDATE payments SET {to}, transaction_setup_id = NULL WHERE id = '{payment}';
             UPDATE hosted_setups SET {to}, setup_id = NULL WHERE payment_id = '{payment}'"
        ));
        read(&self.demo.admin, &payment).await
    }

    async fn send(&self, signature: &str, body: &str) -> Answer {
        let headers = [("x-anet-signature", signature), ("content-type", "application/json")];
        self.demo.nobody().send("POST", &self.hook, &headers, Some(body.to_owned())).await
    }

    fn signed(&self, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.key.as_bytes());
        format!("sha512={}", HEXUPPER.encode(hmac::sign(&key, body.as_bytes()).as_ref()))
    }

    /// How many notifications are kept.
    fn kept(&self) -> u64 {
        self.demo.database.count("SELECT COUNT(*) FROM events WHERE kind = 'webhook.received'")
    }

    /// Until nobody is to be asked any more because of a notification.
    async fn asked(&self) {
        let open = "SELECT COUNT(*) FROM jobs WHERE kind = 'notice'";
        until("it was asked", async || self.demo.database.count(open) == 0).await;
    }
}

fn body(notification: &str, transaction: &str, reference: &str) -> String {
    json!({
        "notificationId": notification, "eventType": "net.authorize.payment.authcapture.created",
        "eventDate": "2026-03-29T20:48:02.0080095Z", "webhookId": "63d6fea2-aa13-4b1d-a204-f5fbc15942b7",
        "payload": { "responseCode": 1, "authAmount": 148.83, "invoiceNumber": reference, "entityName": "transaction", "id": transaction },
    })
    .to_string()
}

async fn a_payment_whose_way_back_was_lost_is_found_by_its_notification_once(engine: Engine) {
    let shop = Shop::start(engine).await;
    let payment = shop.waiting().await;
    let reference = payment["providerReference"].as_str().expect("a reference");
    let transaction = shop.gateway.sale("148.83", reference).await;
    shop.demo.until_invoice(shop.demo.text("invoiceId"), "Paid").await;
    let paid = read(&shop.demo.admin, id(&payment)).await;
    assert_eq!((&paid["status"], &paid["providerTransactionId"]), (&json!("Succeeded"), &json!(transaction)));
    // Told again, late and more than once: nothing is added, and nobody is asked.
    let told = shop.gateway.told().await;
    let notification = told[0]["notificationId"].as_str().expect("an id").to_owned();
    let asked = shop.gateway.called("getUnsettledTransactionListRequest").await;
    for _ in 0..3 {
        let again = json!({ "notificationId": notification });
        shop.gateway.simulator.post("/_sim/webhooks/redeliver", &again).await.expect(200);
    }
    shop.asked().await;
    assert_eq!(shop.kept(), 1);
    let invoice = shop.demo.admin.read_invoice(shop.demo.text("invoiceId")).await;
    assert_eq!(
        (invoice["payments"].as_array().map(Vec::len), &invoice["amountPaid"], &invoice["balance"]),
        (Some(1), &json!(148.83), &json!(0.0))
    );
    assert_eq!(shop.gateway.called("getUnsettledTransactionListRequest").await, asked);
}

async fn what_is_claimed_and_not_so_at_the_provider_records_nothing(engine: Engine) {
    let shop = Shop::start(engine).await;
    let payment = shop.waiting().await;
    let reference = payment["providerReference"].as_str().expect("a reference");
    // Truly signed, before anything was paid: somebody who has the key, or a message that came too soon.
    let early = body("n-1", "60000000001", reference);
    shop.send(&shop.signed(&early), &early).await.expect(200);
    let unknown = body("n-2", "60000000002", "9999999999999999");
    shop.send(&shop.signed(&unknown), &unknown).await.expect(200);
    shop.asked().await;
    assert_eq!(shop.demo.admin.read_invoice(shop.demo.text("invoiceId")).await["status"], "Issued");
    assert_eq!(read(&shop.demo.admin, id(&payment)).await["amountApplied"], json!(0.0));
    assert!(shop.gateway.called("getUnsettledTransactionListRequest").await > 0, "the provider was asked");
    // Another amount than was asked for is a person's matter, also when it is told.
    shop.gateway.sale("1.00", reference).await;
    until("a person is asked", async || {
        read(&shop.demo.admin, id(&payment)).await["failure"]["code"] == "provider_mismatch"
    })
    .await;
    assert_eq!(shop.demo.admin.read_invoice(shop.demo.text("invoiceId")).await["status"], "Issued");
}

async fn what_is_not_certainly_the_providers_is_refused_and_asks_nobody(engine: Engine) {
    let shop = Shop::start(engine).await;
    let payment = shop.waiting().await;
    let text = body("n-1", "60000000001", payment["providerReference"].as_str().expect("a reference"));
    let good = shop.signed(&text);
    let opened = "SELECT COUNT(*) FROM audit WHERE action = 'secret.opened' AND detail LIKE '%webhook%'";
    for form in ["", "sha512=", "nonsense", &good.replace("sha512=", ""), &good.replace("sha512", "sha256")] {
        let refused = shop.send(form, &text).await.expect(403);
        assert_eq!(refused.code(), "hook_not_proved", "{form}");
    }
    assert_eq!(shop.demo.database.count(opened), 0, "no secret is opened for what has not the form");
    shop.send(&good, &text.replace("148.83", "148.84")).await.expect(403);
    shop.send(&good.replace("sha512=", "sha512=00")[..good.len()], &text).await.expect(403);
    assert_eq!(shop.demo.database.count(opened), 2);
    // The first key is of that integration alone.
    let other = "/hooks/AuthorizeNet/int_00000000000000000000000000000000";
    let headers = [("x-anet-signature", good.as_str())];
    shop.demo.nobody().send("POST", other, &headers, Some(text.clone())).await.expect(404);
    shop.demo
        .nobody()
        .send("POST", &shop.hook.replace("AuthorizeNet", "WorldPay"), &headers, Some(text.clone()))
        .await
        .expect(404);
    assert_eq!(
        (shop.kept(), shop.demo.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'notice'")),
        (0, 0)
    );
    assert_eq!(shop.gateway.called("getUnsettledTransactionListRequest").await, 0);
    // Signed, and no notification.
    let refused = shop.send(&shop.signed("{}"), "{}").await.expect(403);
    assert!(refused.text.contains("cannot be read"), "{}", refused.text);
    assert_eq!(shop.kept(), 0);
}

async fn without_a_signature_key_every_call_is_refused_and_says_why(engine: Engine) {
    let demo = Demo::start(engine);
    let path = demo.seeded("AuthorizeNet").await;
    let hook = format!("/hooks/AuthorizeNet/{}", path.rsplit('/').next().expect("an id"));
    let text = body("n-1", "60000000001", "1234567890123456");
    for key in ["", "00"] {
        let made = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes()), text.as_bytes());
        let signature = format!("sha512={}", HEXUPPER.encode(made.as_ref()));
        let headers = [("x-anet-signature", signature.as_str())];
        let refused = demo.nobody().send("POST", &hook, &headers, Some(text.clone())).await.expect(403);
        assert_eq!(refused.code(), "hook_not_proved");
        assert!(refused.text.contains("the secret to check it with is not set"), "{}", refused.text);
    }
    for wrong in ["00", &"g".repeat(128), &"0".repeat(127)] {
        let wrong = json!({ "secrets": { "SignatureKey": wrong } });
        let answer = demo.admin.put(&path, &wrong).await.expect(400);
        assert_eq!(answer.wrong_fields(), ["secrets.SignatureKey"]);
    }
}

on_both!(
    a_payment_whose_way_back_was_lost_is_found_by_its_notification_once,
    what_is_claimed_and_not_so_at_the_provider_records_nothing,
    what_is_not_certainly_the_providers_is_refused_and_asks_nobody,
    without_a_signature_key_every_call_is_refused_and_says_why,
);
