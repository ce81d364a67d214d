//! Payment links, Authorize.Net's page, and what a provider tells by itself.

use aws_lc_rs::hmac;
use data_encoding::HEXUPPER;
use serde_json::{Value, json};

use super::{Subject, TOTAL, card_at_authorize_net, invoice_is, offline, order, owed, paid_once};
use crate::{
    money::world::{Done, Gone, STEP, World},
    support::{
        Answer, CARD, gateway_form,
        judge::{list, text},
        way_back,
    },
};

/// What the gateway and Kontor agree on.
const SIGNATURE_KEY: &str = "8E2F1C0B7A6D5948372615F0E1D2C3B4A5968778695A4B3C2D1E0F9182736455\
                             8E2F1C0B7A6D5948372615F0E1D2C3B4A5968778695A4B3C2D1E0F9182736455";
const GATEWAY: &str = "/api/payments/hosted-setup";

/// What stands between two texts, unescaped.
fn between(whole: &str, before: &str, after: &str) -> Option<String> {
    let found = whole.split(before).nth(1).and_then(|it| it.split(after).next())?;
    Some(found.replace("&amp;", "&").replace("&quot;", "\""))
}

async fn form(world: &World, url: &str) -> Done<Answer> {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    world.admin.as_other(None).try_send("POST", url, &kind, None).await.map_err(|_| Gone)
}

pub(super) async fn to_link(world: &World) -> Subject {
    let path = format!("/api/organizations/{}/settings", world.program.organization);
    world.admin.put(&path, &json!({ "defaultPaymentProvider": "WorldPay" })).await.expect(200);
    owed(world).await
}

/// Waits for what a page of before may have brought, so that nobody pays twice.
async fn look_first(world: &World, subject: &Subject) -> Done<bool> {
    let before = world.read(&format!("/api/payments?invoiceId={}", subject.invoice)).await?;
    for _ in list(&before, "data") {
        for _ in 0..5 {
            if invoice_is(world, subject, "Paid").await? {
                return Ok(true);
            }
            world.pass(STEP).await?;
        }
    }
    invoice_is(world, subject, "Paid").await
}

/// Whoever has the link pays.
pub(super) async fn pay_by_link(world: &World, subject: &Subject) -> Done<()> {
    let path = format!("/api/invoices/{}/payment-link", subject.invoice);
    if look_first(world, subject).await? {
        return paid_once(world, subject).await;
    }
    let link = world.insist(&path, &subject.key, &json!({})).await?.expect(201).json();
    for _ in 0..20 {
        let on = form(world, text(&link, "url")).await?;
        if let Some(page) = between(&on.text, "id=\"go\" href=\"", "\"") {
            if let Some(back) = way_back(&world.shop(&page).await) {
                let answer = world.get(&back).await?;
                assert_eq!(answer.status, 303, "{}", answer.text);
            }
            break;
        }
        world.pass(STEP).await?;
    }
    paid_once(world, subject).await
}

pub(super) async fn owed_at_gateway(world: &World) -> Subject {
    world.card("AuthorizeNet").await;
    owed(world).await
}

fn at_gateway(subject: &Subject) -> Value {
    let mut body = order(subject);
    body["provider"] = json!("AuthorizeNet");
    body
}

/// Goes by way of Kontor's own page to the provider's and sends its form; none where there is no page any more.
async fn shop_at_gateway(world: &World, url: &str, fields: &[(&str, &str)]) -> Done<Option<Answer>> {
    let own = world.get(url).await?;
    let found =
        between(&own.text, "action=\"", "\"").zip(between(&own.text, "name=\"token\" value=\"", "\""));
    let Some((action, token)) = found.filter(|_| own.status == 200) else { return Ok(None) };
    let shown = world.submit(&action, &[("token", &token)]).await;
    let Some(place) = between(&shown.text, "<form method=\"post\" action=\"", "\"") else { return Ok(None) };
    let place = format!("{}{place}", world.simulator("authorizeNet").base);
    let all: Vec<(&str, &str)> =
        [("token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    Ok(Some(world.submit(&place, &all).await))
}

/// Where the gateway's page sends the browser.
fn gateways_way_back(world: &World, page: &Answer) -> Option<String> {
    if !page.header("location").is_empty() {
        return Some(page.header("location").to_owned());
    }
    let own = format!("{}/api/payments/authorizenet/callback", world.admin.base);
    between(&page.text, &own, "\"").map(|rest| format!("{own}{rest}"))
}

/// Opens the gateway's page and pays on it; a browser that finds no page opens another.
pub(super) async fn open_page_authorize_net(world: &World, subject: &Subject) -> Done<()> {
    for attempt in 0..5 {
        if look_first(world, subject).await? {
            break;
        }
        let key = format!("{}-{attempt}", subject.key);
        let setup = world.insist(GATEWAY, &key, &at_gateway(subject)).await?.expect(200).json();
        let shown = shop_at_gateway(world, text(&setup, "hostedPaymentUrl"), &gateway_form(CARD)).await?;
        if let Some(back) = shown.and_then(|it| gateways_way_back(world, &it)) {
            let answer = world.get(&back).await?;
            assert_eq!(answer.status, 303, "{}", answer.text);
            break;
        }
    }
    paid_once(world, subject).await
}

pub(super) async fn page_open_authorize_net(world: &World) -> Subject {
    let subject = owed_at_gateway(world).await;
    let setup = world.admin.post(GATEWAY, &at_gateway(&subject)).await.expect(200).json();
    super::opened(subject, &setup)
}

fn integration(world: &World) -> String {
    world.program.database.value(&format!(
        "SELECT id FROM integrations WHERE provider = 'AuthorizeNet' AND organization_id = '{}'",
        world.program.organization
    ))
}

/// The gateway is known to sign.
async fn signing(world: &World) {
    let path =
        format!("/api/organizations/{}/integrations/{}", world.program.organization, integration(world));
    world.admin.put(&path, &json!({ "secrets": { "SignatureKey": SIGNATURE_KEY } })).await.expect(200);
}

/// A charge whose answer was lost, of which the gateway tells.
pub(super) async fn lost_and_told(world: &World) -> Subject {
    let subject = card_at_authorize_net(world).await;
    signing(world).await;
    let cut = json!({ "operation": "createTransactionRequest", "action": "cut_after" });
    world.simulator("authorizeNet").post("/_sim/faults", &cut).await.expect(200);
    let unanswered = json!({ "operation": "getUnsettledTransactionListRequest", "action": "cut_before" });
    world.simulator("authorizeNet").post("/_sim/faults", &unanswered).await.expect(200);
    let body = json!({ "amount": TOTAL, "paymentMethodId": subject.method });
    let lost = world.admin.post(&offline(&subject), &body).await.expect(504).json();
    Subject { payment: text(&lost, "paymentId").to_owned(), ..subject }
}

pub(super) async fn gateway(world: &World) -> Subject {
    let subject = owed_at_gateway(world).await;
    signing(world).await;
    subject
}

async fn tell(world: &World, body: &Value, is_right: bool) -> Done<Answer> {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA512, SIGNATURE_KEY.as_bytes());
    let mut signature = format!("sha512={}", HEXUPPER.encode(hmac::sign(&key, body.as_bytes()).as_ref()));
    if !is_right {
        signature = format!("sha512={}", "0".repeat(128));
    }
    let headers = [("x-anet-signature", signature.as_str()), ("content-type", "application/json")];
    let hook = format!("/hooks/AuthorizeNet/{}", integration(world));
    world.admin.as_other(None).try_send("POST", &hook, &headers, Some(body)).await.map_err(|_| Gone)
}

fn notification(subject: &Subject, transaction: &str, reference: Option<&str>) -> Value {
    json!({
        "notificationId": format!("n-{}", subject.key), "eventType": "net.authorize.payment.authcapture.created",
        "eventDate": "2026-03-29T20:48:02.0080095Z", "webhookId": "63d6fea2-aa13-4b1d-a204-f5fbc15942b7",
        "payload": { "responseCode": 1, "authAmount": TOTAL, "invoiceNumber": reference, "entityName": "transaction",
            "id": transaction },
    })
}

/// Until nobody is to be asked any more because of it.
async fn asked(world: &World) -> Done<()> {
    let open = "SELECT COUNT(*) FROM jobs WHERE kind = 'notice'";
    world.until("it was asked", async || Ok(world.program.database.value(open) == "0")).await
}

/// Told of the payment; told again, nothing more comes of it.
pub(super) async fn told_of_payment(world: &World, subject: &Subject) -> Done<()> {
    let payment = world.read(&format!("/api/payments/{}", subject.payment)).await?;
    let body = notification(subject, "", payment["providerReference"].as_str());
    for _ in 0..2 {
        let answer = tell(world, &body, true).await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    asked(world).await?;
    paid_once(world, subject).await
}

/// Told of something that nobody here knows, and the gateway does not answer when it is asked.
pub(super) async fn told_of_nothing(world: &World, subject: &Subject) -> Done<()> {
    let unanswered = json!({ "operation": "getTransactionDetailsRequest", "action": "cut_before" });
    world.simulator("authorizeNet").post("/_sim/faults", &unanswered).await.expect(200);
    let number: String = subject.key.chars().filter(char::is_ascii_digit).collect();
    let answer = tell(world, &notification(subject, &format!("79{number:0>9}"), None), true).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    asked(world).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// Somebody else signed it: it is kept nowhere, and nobody is asked.
pub(super) async fn told_falsely(world: &World, subject: &Subject) -> Done<()> {
    let answer = tell(world, &notification(subject, "1", None), false).await?;
    assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

/// Nobody pays on the gateway's page in its fifteen minutes: it ends, and takes no card any more.
pub(super) async fn never_pay_authorize_net(world: &World, subject: &Subject) -> Done<()> {
    super::never_pay(world, subject).await?;
    let late = shop_at_gateway(world, &subject.page, &gateway_form(CARD)).await?;
    assert!(late.is_none(), "a page that is over takes a card: {:?}", late.map(|it| it.text));
    Ok(())
}
