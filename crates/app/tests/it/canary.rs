//! Secrets that stand nowhere else go into every call of the API; then everything that Kontor wrote or said is searched.
//!
//! Which calls there are is read from the description: a new one that nobody drives here makes the test fail.

mod by_itself;
mod drive;
pub(crate) mod echo;
mod forms;
mod in_step;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::support::{
    Caller, Engine, on_both, pay,
    process::{integration, kontor},
    way_back,
};
use drive::Driver;
use echo::{CONSENT, Echo, WAYS};
use forms::Canaries;

/// What a template's secret must begin with, where its pattern says so.
const BEGINS: [(&str, &str); 3] = [("SendGrid", "SG."), ("EasyPost", "EZTK"), ("Shippo", "shippo_test_")];
/// Secrets that are 128 hexadecimal digits.
const HEX: [&str; 1] = ["SignatureKey"];
/// What a setting must look like, where its pattern says so.
const LIKE: [(&str, &str); 1] = [("AccountSid", "AC00000000000000000000000000000000")];
/// Files of the data folder that hold a secret because that is what they are for, and the simulators' own state.
const MEANT: [&str; 5] =
    ["quickbooks-app.secret", "quickbooks-webhooks.secret", "auth.secret", "simulators.db*", "data.key"];

async fn no_secret_is_written_or_said_anywhere(engine: Engine) {
    let mut canaries = Canaries::default();
    let echo = Echo::start(canaries.plain("tokens' beginning")).await;
    let filter = [("KONTOR_LOG__FILTER", "trace"), ("KONTOR_LIMITS__BODY_BYTES", "65536")];
    let demo = echo.upstream.demo(engine, &filter);
    let before = demo.database.mark();
    let mut driver = Driver::new(&demo);
    for (provider, sets) in [("authorizeNet", 2), ("worldpay", 2)] {
        for at in 0..sets {
            for (key, value) in demo.line["credentials"][provider][at].as_object().expect("secrets") {
                // Names of accounts are shown to people and are no secrets by themselves.
                if ["AccountToken", "TransactionKey"].contains(&key.as_str()) {
                    canaries.add(key, value.as_str().expect("a text"));
                }
            }
        }
    }
    canaries.add(
        "the app's secret",
        demo.line["credentials"]["quickBooks"]["clientSecret"].as_str().expect("one"),
    );
    canaries.add("the admin's token", demo.text("adminToken"));

    every_template(&mut driver, &mut canaries).await;
    for (provider, _) in WAYS.iter().filter(|(name, _)| *name != CONSENT) {
        echoing(&mut driver, &mut canaries, provider).await;
    }
    consent(&mut driver, &mut canaries).await;
    simulated(&mut driver, &mut canaries).await;
    made_there(&mut driver, &mut canaries).await;
    hooks(&mut driver, &mut canaries).await;
    access(&mut driver, &mut canaries).await;
    money(&mut driver, &mut canaries).await;
    cards(&mut driver, &mut canaries).await;
    by_itself::charged(&mut driver, &mut canaries).await;
    books(&mut driver).await;
    in_step::decided(&mut driver).await;
    wrong(&mut driver, &mut canaries).await;
    commands(&mut driver);
    assert!(driver.hidden >= 8, "the providers' words are shown, but for the secrets: {}", driver.hidden);
    let undriven = driver.undriven().await;
    assert!(undriven.is_empty(), "drive these with secrets in them: {undriven:?}");

    for (what, value) in echo.made() {
        canaries.add(what, &value);
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("said"), driver.said()).expect("written");
    demo.database.everything(&before, folder.path());
    assert_eq!(driver.unfound(folder.path()), Vec::<&str>::new(), "what is no secret is found everywhere");
    let found = canaries.found(&[folder.path(), demo.folder.path()], folder.path(), &MEANT);
    assert!(found.is_empty(), "{found:#?}");
    let cards = canaries.of("a card number").found(&[demo.folder.path()], folder.path(), &[]);
    assert!(cards.is_empty(), "{cards:#?}");
}

/// Every template that there is, with a secret in each of its secret fields: made, read, changed, rotated, deleted.
async fn every_template(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let templates = driver.get("/api/integration-templates", "/api/integration-templates").await.json();
    driver.get("/api/integrations/available", "/api/integrations/available").await;
    let templates = templates["templates"].as_array().expect("templates").clone();
    assert!(templates.len() > 10);
    for template in &templates {
        let provider = template["provider"].as_str().expect("a name");
        let begins = BEGINS.iter().find(|(name, _)| *name == provider).map_or("", |(_, it)| it);
        let mut secrets = |odd: bool| -> Value {
            let fields = template["secretFields"].as_array().expect("fields").iter();
            let one = |field: &Value| {
                let key = field["key"].as_str().expect("a key");
                let what = format!("{provider} {key}");
                if HEX.contains(&key) {
                    return (key.to_owned(), json!(canaries.hex(&what)));
                }
                let value = if odd { canaries.odd(&what) } else { canaries.plain(&what) };
                (key.to_owned(), json!(format!("{begins}{value}")))
            };
            Value::Object(fields.map(one).collect())
        };
        let (one, two, three) = (secrets(true), secrets(true), secrets(false));
        let body = json!({
            "integrationType": template["type"], "provider": provider, "displayName": "Canary", "isEnabled": false,
            "configuration": configuration(template), "secrets": one,
        });
        let list = format!("{}/integrations", driver.organization());
        let made = driver.post("{org}/integrations", &list, &body).await.expect(201);
        let path = made.header("location").to_owned();
        if two.as_object().is_some_and(|it| !it.is_empty()) {
            let change = json!({ "displayName": "Canary 2", "secrets": two });
            driver.put("{org}/integrations/{id}", &path, &change).await.expect(200);
            let rotation = json!({ "newSecrets": three, "testConnectionAfterRotation": false });
            let rotate = format!("{path}/rotate-secrets");
            driver.post("{org}/integrations/{id}/rotate-secrets", &rotate, &rotation).await.expect(200);
            let back = json!({ "testConnectionAfterRollback": false });
            let route = "{org}/integrations/{id}/rotate-secrets/rollback";
            driver.post(route, &format!("{rotate}/rollback"), &back).await.expect(200);
        }
        driver.get("{org}/integrations/{id}", &path).await.expect(200);
        driver.delete("{org}/integrations/{id}", &path).await.expect(204);
    }
    driver.get("{org}/integrations", &format!("{}/integrations", driver.organization())).await.expect(200);
}

/// Something for each setting that must be there and has no default.
fn configuration(template: &Value) -> Value {
    let fields = template["configurationFields"].as_array().expect("fields").iter();
    let needed = fields.filter(|it| it["required"] == true && it["defaultValue"].is_null());
    let one = |field: &Value| {
        let key = field["key"].as_str().expect("a key");
        let value = match field["type"].as_u64() {
            _ if LIKE.iter().any(|(it, _)| *it == key) => {
                LIKE.iter().find(|(it, _)| *it == key).map_or("", |(_, it)| it)
            }
            Some(2) => "7",
            Some(3) => "true",
            Some(4) => field["options"][0].as_str().expect("an option"),
            Some(5) => "https://shop.example",
            _ => "shop.example",
        };
        (key.to_owned(), json!(value))
    };
    Value::Object(needed.map(one).collect())
}

/// A provider that repeats what it is sent: tests, rotations and requests of the caller's own.
async fn echoing(driver: &mut Driver<'_>, canaries: &mut Canaries, provider: &str) {
    let mut secrets = || {
        let (key, secret) = (format!("{provider} key"), format!("{provider} secret"));
        json!({ "ApiKey": canaries.plain(&key), "ApiSecret": canaries.plain(&secret) })
    };
    let body = json!({
        "integrationType": "Shipping", "provider": provider, "displayName": provider, "secrets": secrets(),
    });
    let list = format!("{}/integrations", driver.organization());
    let made = driver.post("{org}/integrations", &list, &body).await.expect(201);
    let path = made.header("location").to_owned();
    asked(driver, &path).await;
    let rotate = format!("{path}/rotate-secrets");
    for rollback in [true, false] {
        let body = json!({ "newSecrets": secrets(), "rollbackOnFailure": rollback });
        let rotated = driver.post("{org}/integrations/{id}/rotate-secrets", &rotate, &body).await.expect(200);
        assert_eq!(rotated.json()["testConnectionSuccessful"], json!(false), "{}", rotated.text);
    }
    let back =
        driver.empty("{org}/integrations/{id}/rotate-secrets/rollback", &format!("{rotate}/rollback")).await;
    back.expect(200);
    asked(driver, &path).await;
    driver.delete("{org}/integrations/{id}", &path).await.expect(204);
}

/// A test that fails, and requests of the caller's own.
async fn asked(driver: &mut Driver<'_>, path: &str) {
    let tested =
        driver.empty("{org}/integrations/{id}/test", &format!("{path}/test")).await.expect(200).json();
    assert_eq!(tested["success"], json!(false), "{tested}");
    driver.hidden += usize::from(tested["details"].as_str().is_some_and(|it| it.contains("[secret]")));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let below = format!("{path}/proxy/fine/7?page=1");
        driver
            .send(method, "{org}/integrations/{id}/proxy/{path}", &below, Some("{\"a\":1}".to_owned()))
            .await;
    }
}

/// A consent from its beginning to its end, with a code, tokens and a proof.
async fn consent(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let list = format!("{}/integrations", driver.organization());
    let secrets =
        json!({ "ApiKey": canaries.plain("a key"), "ApiSecret": canaries.plain("a client's secret") });
    let body = json!({
        "integrationType": "Shipping", "provider": CONSENT, "displayName": "Consent", "secrets": secrets,
    });
    let made = driver.post("{org}/integrations", &list, &body).await.expect(201);
    let path = made.header("location").to_owned();
    for answer in ["code", "error_description"] {
        let connect = format!("{path}/connect");
        let begun = driver.post("{org}/integrations/{id}/connect", &connect, &json!({ "state": "7" })).await;
        let address = begun.expect(200).json()["authorizationUrl"].as_str().expect("an address").to_owned();
        let address = url::Url::parse(&address).expect("an address");
        let state = address.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let value = canaries.plain("a code");
        let mut pairs = vec![("state", state.as_str()), (answer, value.as_str())];
        if answer != "code" {
            pairs.push(("error", "server_error"));
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let back = format!("/api/integrations/{CONSENT}/callback?{query}");
        driver.get("/api/integrations/{provider}/callback", &back).await;
        driver.get("/api/integrations/{provider}/callback", &back).await;
        let read = driver.get("{org}/integrations/{id}", &path).await.json();
        assert_eq!(read["connectionStatus"], "Connected", "{read}");
    }
    let forged = format!("/api/integrations/{CONSENT}/callback?state=x&code={}", canaries.plain("a code"));
    driver.get("/api/integrations/{provider}/callback", &forged).await;
    let below = format!("{path}/proxy/fine/7");
    driver.get("{org}/integrations/{id}/proxy/{path}", &below).await.expect(200);
    // The token is not taken, is renewed, and the renewal is refused with everything that was sent.
    driver.empty("{org}/integrations/{id}/test", &format!("{path}/test")).await.expect(200);
    driver.empty("{org}/integrations/{id}/disconnect", &format!("{path}/disconnect")).await.expect(200);
    driver.delete("{org}/integrations/{id}", &path).await.expect(204);
}

/// The simulators take these and refuse those.
async fn simulated(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let list = format!("{}/integrations", driver.organization());
    let good = driver.credentials("authorizeNet");
    let bad = json!({ "ApiLoginId": good["ApiLoginId"], "TransactionKey": canaries.plain("a key")[..16] });
    for secrets in [good, bad] {
        let body = json!({ "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Gateway", "secrets": secrets });
        let made = driver.post("{org}/integrations", &list, &body).await.expect(201);
        let path = made.header("location").to_owned();
        driver.empty("{org}/integrations/{id}/test", &format!("{path}/test")).await.expect(200);
        driver.delete("{org}/integrations/{id}", &path).await.expect(204);
    }
}

/// A token that the provider makes itself.
async fn made_there(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let keys = driver.demo.line["credentials"]["worldpay"][1].clone();
    let list = format!("{}/integrations", driver.organization());
    let made = driver.post("{org}/integrations", &list, &integration(&keys)).await.expect(201);
    let path = made.header("location").to_owned();
    let asked = json!({ "newSecrets": { "AccountToken": null } });
    let rotate = format!("{path}/rotate-secrets");
    let rotated = driver.post("{org}/integrations/{id}/rotate-secrets", &rotate, &asked).await.expect(200);
    assert_eq!(rotated.json()["rotationSuccessful"], json!(true), "{}", rotated.text);
    let known = driver.demo.simulator().get("/_sim/credentials").await.expect(200).json();
    let token = known[1]["AccountToken"].as_str().expect("a token").to_owned();
    assert_ne!(json!(token), keys["AccountToken"]);
    canaries.add("a token that the provider made", &token);
    driver.delete("{org}/integrations/{id}", &path).await.expect(204);
}

/// A provider's own calls: one that is signed and has a card in it, and one that has the secret itself.
async fn hooks(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let (key, secret) = (format!("EZTK{}", canaries.plain("a key")), canaries.plain("a hook's secret"));
    let body = json!({
        "integrationType": "Shipping", "provider": "EasyPost", "displayName": "Parcels",
        "secrets": { "ApiKey": key, "WebhookSecret": secret },
    });
    let list = format!("{}/integrations", driver.organization());
    let made = driver.post("{org}/integrations", &list, &body).await.expect(201);
    let path = made.header("location").to_owned();
    let hook = format!("/hooks/EasyPost/{}", path.rsplit('/').next().expect("an id"));
    let call = json!({ "description": "tracker.updated", "note": format!("paid with {}", canaries.card()) })
        .to_string();
    let signing = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&signing, call.as_bytes());
    let tag = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect::<Vec<_>>().concat();
    let signature = format!("hmac-sha256-hex={tag}");
    driver.bare("POST", &hook, &[("x-hmac-signature", &signature)], Some(call)).await.expect(200);
    let told = json!({ "secret": secret, "card": canaries.card() }).to_string();
    driver.bare("POST", &hook, &[("x-hmac-signature", &secret)], Some(told)).await.expect(403);
    driver.drove("POST", "/hooks/{provider}/{id}");
    let token =
        driver.demo.line["credentials"]["quickBooks"]["webhookVerifierToken"].as_str().expect("a token");
    let told = json!({ "secret": token, "card": canaries.card() }).to_string();
    driver.bare("POST", "/hooks/QuickBooks", &[("intuit-signature", token)], Some(told)).await.expect(401);
    driver.drove("POST", "/hooks/{provider}");
    driver.delete("{org}/integrations/{id}", &path).await.expect(204);
}

/// API keys and tokens: each is shown once, in the one answer that is not searched.
async fn access(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let keys = "/api/organizations/api-access";
    let body = json!({ "name": "shop", "role": "SalesRep" });
    let made = driver.unsearched("POST", keys, &body).await.expect(201).json();
    let secret = made["clientSecret"].as_str().expect("a secret").to_owned();
    canaries.add("an API key", &secret);
    let again = driver.repeated("POST", keys, &body).await;
    assert!(!again.text.contains(&secret), "the kept answer has no secret");
    let login = json!({ "OrgCode": made["orgCode"], "ClientId": made["clientId"], "ClientSecret": secret });
    let token = driver.unsearched("POST", "/api/auth/login", &login).await.expect(200).json();
    let token = token["AccessToken"].as_str().expect("a token").to_owned();
    canaries.add("a token", &token);
    for name in ["authorization", "x-api-key"] {
        for value in [token.as_str(), secret.as_str(), canaries.plain("a wrong token").as_str()] {
            let value = if name == "authorization" { format!("Bearer {value}") } else { value.to_owned() };
            driver.bare("GET", "/api/invoices", &[(name, &value)], None).await;
        }
    }
    let wrong = json!({ "OrgCode": made["orgCode"], "ClientId": made["clientId"], "ClientSecret": canaries.odd("a secret") });
    driver.post("/api/auth/login", "/api/auth/login", &wrong).await.expect(401);
    driver.get(keys, keys).await.expect(200);
    let one = format!("{keys}/{}", made["id"].as_str().expect("an id"));
    driver.delete("/api/organizations/api-access/{id}", &one).await.expect(204);
}

/// A payment on the provider's page with a card that nobody else has, and callbacks with cards and codes in them.
async fn money(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let (invoice, card) = (driver.demo.text("invoiceId").to_owned(), canaries.card());
    let setup = json!({
        "customerNumber": "CUST-1001", "transactionAmount": 1.0, "invoiceId": invoice,
        "applicationReturnUrl": "http://localhost:3000/paid",
    });
    let path = "/api/payments/worldpay/transaction-setup";
    let page = driver.post(path, path, &setup).await.expect(200).json();
    let page = pay(page["hostedPaymentUrl"].as_str().expect("a page"), &card).await;
    let callback = "/api/payments/worldpay/callback";
    if let Some(back) = way_back(&page) {
        driver.get(callback, &back).await.expect(303);
    }
    let fields = [
        ("TransactionSetupID", "7"),
        ("ValidationCode", &canaries.plain("a code")),
        ("CardNumber", &canaries.card()),
        ("CVV", "987"),
        ("HostedPaymentStatus", "Complete"),
    ];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    driver.get(callback, &format!("{callback}?{form}")).await.expect(404);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    driver.bare("POST", callback, &kind, Some(form)).await.expect(404);
    let cheque = json!({ "amount": 1.0, "method": "Check", "reference": "7" });
    let route = "/api/invoices/{id}/payments";
    driver.post(route, &format!("/api/invoices/{invoice}/payments"), &cheque).await.expect(201);
    let payments = driver.get("/api/payments", "/api/payments").await.expect(200).json();
    let one = format!("/api/payments/{}", payments["data"][0]["id"].as_str().expect("an id"));
    driver.get("/api/payments/{id}", &one).await.expect(200);
    driver.empty("/api/payments/{id}/resolve", &format!("{one}/resolve")).await;
}

/// Cards that are saved: taken, refused, cut off, of a script; and what is done with them.
async fn cards(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let route = "/api/payments/payment-methods";
    let body = |card: &str, more: Value| {
        let mut body = json!({
            "customerNumber": "CUST-1001", "cardNumber": card, "expirationMonth": 12, "expirationYear": "2039",
            "cvv": "987", "provider": "AuthorizeNet",
        });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    };
    let saved = driver.post(route, route, &body(&canaries.card(), json!({}))).await.expect(200).json();
    let simulator =
        Caller::new(driver.demo.line["simulators"]["authorizeNet"].as_str().expect("an address"), None);
    for action in ["cut_before", "cut_after", "truncate", "status"] {
        let fault =
            json!({ "operation": "createCustomerPaymentProfileRequest", "action": action, "status": 500 });
        simulator.post("/_sim/faults", &fault).await.expect(200);
        let answer = driver.post(route, route, &body(&canaries.card(), json!({}))).await;
        assert!(answer.status >= 500, "{action}: {}", answer.text);
    }
    // A provider that repeats what it was sent.
    let (card, nonce) = (canaries.card(), canaries.odd("a nonce"));
    let said = json!({ "messages": { "resultCode": "Error", "message": [{ "code": "E00013", "text": format!("{card} is invalid.") }] } });
    let fault = json!({ "operation": "createCustomerPaymentProfileRequest", "action": "body", "body": said.to_string() });
    simulator.post("/_sim/faults", &fault).await.expect(200);
    driver.post(route, route, &body(&card, json!({}))).await.expect(422);
    for more in [
        json!({ "expirationYear": 2001 }),
        json!({ "cvv": canaries.card() }),
        json!({ "expirationMonth": canaries.card(), "email": canaries.card(), "colour": canaries.card() }),
        json!({ "cardNumber": [canaries.card()] }),
        json!({ "provider": "WorldPay" }),
    ] {
        driver.post(route, route, &body(&canaries.card(), more)).await;
    }
    let opaque = json!({ "dataDescriptor": "COMMON.ACCEPT.INAPP.PAYMENT", "dataValue": nonce });
    let script = json!({ "customerNumber": "CUST-1001", "provider": "AuthorizeNet", "opaqueData": opaque });
    driver.post(route, route, &script).await.expect(422);
    let one = format!("{route}/{}", saved["paymentMethod"]["id"].as_str().expect("an id"));
    driver.get(&format!("{route}/{{id}}"), &format!("{route}/CUST-1001")).await.expect(200);
    let default = ("/api/payments/payment-methods/{id}/default", format!("{one}/default"));
    driver.put(default.0, &default.1, &json!({})).await.expect(200);
    driver.delete(&format!("{route}/{{id}}"), &one).await.expect(204);
    pages(driver, canaries).await;
}

/// Pages of ours on the way to a provider's.
async fn pages(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let route = "/api/payments/hosted-setup";
    let body = json!({
        "customerNumber": "CUST-1001", "transactionAmount": 1.0, "applicationReturnUrl": "http://localhost:3000/",
        "provider": "AuthorizeNet",
    });
    let opened = driver.post(route, route, &body).await.expect(200).json();
    driver.demo.nobody().get(opened["hostedPaymentUrl"].as_str().expect("a page")).await.expect(200);
    driver.drove("GET", "/pay/page/{code}");
    let callback = "/api/payments/authorizenet/callback";
    let hosted = format!("{callback}?hosted=complete.1234567890123456.{}", canaries.plain("acode"));
    driver.get(callback, &hosted).await;
    let made = driver.demo.admin.invoice("CUST-1001", 3.0).await;
    let path = format!("/api/invoices/{made}/payment-link");
    let link = driver.demo.admin.send("POST", &path, &[], None).await.expect(201).json();
    driver.drove("POST", "/api/invoices/{id}/payment-link");
    let url = link["url"].as_str().expect("an address").to_owned();
    canaries.add("a payment link", url.rsplit('/').next().expect("a token"));
    driver.demo.nobody().get(&url).await.expect(200);
    driver.demo.nobody().send("POST", &url, &[], None).await.expect(200);
    driver.drove("GET", "/pay/{token}");
    driver.drove("POST", "/pay/{token}");
}

/// Everything that has no secret in it; what it answers is searched all the same.
async fn books(driver: &mut Driver<'_>) {
    let customer = json!({ "customerNumber": "C-7", "companyName": drive::CONTROL });
    driver.put("/api/customers", "/api/customers", &customer).await.expect(201);
    driver.get("/api/customers", "/api/customers").await.expect(200);
    driver.get("/api/customers/{customerNumber}", "/api/customers/C-7").await.expect(200);
    let body = json!({
        "customerNumber": "C-7",
        "items": [{ "description": "Beans", "quantity": 1, "unitPrice": 2.0, "taxable": false }],
    });
    for verb in ["issue", "void", "cancel"] {
        let made = driver.post("/api/invoices", "/api/invoices", &body).await.expect(201).json();
        let one = format!("/api/invoices/{}", made["id"].as_str().expect("an id"));
        driver.get("/api/invoices/{id}", &one).await.expect(200);
        driver.empty(&format!("/api/invoices/{{id}}/{verb}"), &format!("{one}/{verb}")).await;
    }
    driver.get("/api/invoices", "/api/invoices").await.expect(200);
    for verb in ["confirm", "cancel"] {
        let made = driver.post("/api/orders", "/api/orders", &body).await.expect(201).json();
        let one = format!("/api/orders/{}", made["id"].as_str().expect("an id"));
        driver.get("/api/orders/{id}", &one).await.expect(200);
        driver.empty(&format!("/api/orders/{{id}}/{verb}"), &format!("{one}/{verb}")).await.expect(200);
    }
    driver.get("/api/orders", "/api/orders").await.expect(200);
    let settings = format!("{}/settings", driver.organization());
    driver
        .put("{org}/settings", &settings, &json!({ "returnUrls": ["https://shop.example"] }))
        .await
        .expect(200);
    driver.get("{org}/settings", &settings).await.expect(200);
    for list in ["audit", "events"] {
        let mut cursor = String::new();
        loop {
            let path = format!("{}/{list}?pageSize=200{cursor}", driver.organization());
            let page = driver.get(&format!("{{org}}/{list}"), &path).await.expect(200).json();
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
    }
    let reconciliation = "/api/reports/reconciliation";
    driver.empty(reconciliation, reconciliation).await.expect(200);
    driver.get(reconciliation, reconciliation).await.expect(200);
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        driver.get(path, path).await;
    }
}

/// Secrets and cards in every place where none belongs: what is refused is not repeated.
async fn wrong(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    for (method, route) in driver.routes().await {
        if !["POST", "PUT", "PATCH"].contains(&method.as_str()) || route.contains("/proxy/") {
            continue;
        }
        let path = driver.fill(&route);
        let (secret, card) = (canaries.odd("a misplaced secret"), canaries.card());
        let bodies = [
            json!({ "secrets": secret, "newSecrets": [secret], "configuration": secret, "cardNumber": card, "cvv": card,
                "provider": secret, "ClientSecret": { "a": secret }, "transactionAmount": card, "items": secret,
                "method": card, "amount": secret, "returnUrls": [secret], "role": secret })
            .to_string(),
            format!("{{\"secrets\": {{\"ApiKey\": \"{card}"),
            format!("{{\"cardNumber\": {card}, \"cardNumber\": {card}}}"),
            card,
        ];
        for body in bodies {
            driver.send(&method, &route, &path, Some(body.clone())).await;
            let text = [("content-type", "text/plain")];
            driver.bare(&method, &path, &text, Some(body)).await;
        }
    }
}

/// What the command line says and writes while it rotates both layers of keys.
fn commands(driver: &mut Driver<'_>) {
    for args in
        [&["keys", "status"][..], &["keys", "rotate", "dek"], &["doctor"], &["serve", "--print-config"]]
    {
        let mut command = kontor();
        let output = driver.demo.with_settings(command.args(args)).output().expect("it runs");
        driver.note(&String::from_utf8_lossy(&output.stdout));
        driver.note(&String::from_utf8_lossy(&output.stderr));
    }
}

on_both!(no_secret_is_written_or_said_anywhere);
