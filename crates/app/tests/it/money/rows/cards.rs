//! Saving a card, keeping one while paying, giving one up.
//!
//! Each operation has a customer of its own: what the provider keeps of it is of this operation alone.

use serde_json::{Value, json};

use super::{SETUP, Subject, TOTAL, invoice_is, leave_job, paid_once};
use crate::{
    money::world::{Done, World},
    support::{
        CARD,
        judge::{list, text},
        way_back,
    },
};

const METHODS: &str = "/api/payments/payment-methods";
const RETURN: &str = "http://localhost:3000/done";

/// A customer of its own, where Authorize.Net takes cards too.
pub(super) async fn somebody(world: &World) -> Subject {
    world.card("AuthorizeNet").await;
    let customer = world.fresh("S");
    let body = json!({ "customerNumber": customer, "companyName": "Visby Wool" });
    world.admin.put("/api/customers", &body).await.expect(201);
    Subject { key: world.fresh("key"), customer, ..Subject::default() }
}

fn typed(subject: &Subject) -> Value {
    json!({
        "customerNumber": subject.customer, "cardNumber": CARD, "expirationMonth": 12, "expirationYear": 2039,
        "cvv": "123", "provider": "AuthorizeNet", "isDefault": true, "billingAddress": { "zipPostalCode": "98004" },
    })
}

/// A customer with a card at Authorize.Net, which is its default.
pub(super) async fn with_card(world: &World) -> Subject {
    let subject = somebody(world).await;
    let made = world.admin.post(METHODS, &typed(&subject)).await.expect(200).json();
    Subject { method: text(&made["paymentMethod"], "id").to_owned(), ..subject }
}

pub(super) async fn with_card_at_worldpay(world: &World) -> Subject {
    let subject = on_card_page(world).await;
    let back = way_back(&world.shop(&subject.page).await).expect("a way back");
    world.admin.get(&back).await.expect(303);
    let own = cards(world, &subject).await.expect("a server");
    Subject { method: text(own.first().expect("a card"), "id").to_owned(), ..subject }
}

pub(super) async fn on_card_page(world: &World) -> Subject {
    let subject = somebody(world).await;
    let opened = world.admin.post(METHODS, &page_for(&subject)).await.expect(200).json();
    Subject { page: text(&opened, "redirectUrl").to_owned(), ..subject }
}

fn page_for(subject: &Subject) -> Value {
    json!({ "customerNumber": subject.customer, "provider": "WorldPay", "returnUrl": RETURN })
}

/// The customer's cards here.
async fn cards(world: &World, subject: &Subject) -> Done<Vec<Value>> {
    let all = world.read(&format!("{METHODS}/{}", subject.customer)).await?;
    Ok(all.as_array().cloned().unwrap_or_default())
}

/// Whether a provider keeps the card.
async fn is_kept(world: &World, provider: &str, token: &str) -> bool {
    let ledger = world.simulator(provider).get("/_sim/ledger").await.expect(200).json();
    list(&ledger, "tokens").iter().any(|it| it["id"] == token)
}

/// Waits until the customer has one card, of which the provider knows; and of no other of this customer's.
async fn one_card(world: &World, subject: &Subject, provider: &str) -> Done<()> {
    world.until("a card", async || Ok(!cards(world, subject).await?.is_empty())).await?;
    let own = cards(world, subject).await?;
    assert_eq!(own.len(), 1, "{own:?}");
    let ledger = world.simulator(provider).get("/_sim/ledger").await.expect(200).json();
    let there = list(&ledger, "tokens");
    let mine: Vec<&Value> = there.iter().filter(|it| it["reference"] == json!(subject.customer)).collect();
    assert!(mine.len() <= 1, "kept more than once: {mine:?}");
    let token = world.program.database.value(&format!(
        "SELECT payment_profile_id FROM payment_methods WHERE id = '{}'",
        text(&own[0], "id")
    ));
    assert!(there.iter().any(|it| it["id"] == json!(token)), "{token} is not kept: {there:?}");
    Ok(())
}

pub(super) async fn save_card(world: &World, subject: &Subject) -> Done<()> {
    world.insist(METHODS, &subject.key, &typed(subject)).await?.expect(200);
    one_card(world, subject, "authorizeNet").await
}

/// On the provider's page, and back.
pub(super) async fn save_card_on_page(world: &World, subject: &Subject) -> Done<()> {
    if cards(world, subject).await?.is_empty() {
        let said = world.insist(METHODS, &subject.key, &page_for(subject)).await?.expect(200).json();
        if let Some(back) = way_back(&world.shop(text(&said, "redirectUrl")).await) {
            let answer = world.get(&back).await?;
            assert_eq!(answer.status, 303, "{}", answer.text);
        }
    }
    one_card(world, subject, "worldpay").await
}

/// The answer that names the page is lost: nobody is sent there, and another is opened.
pub(super) async fn save_card_page_lost(world: &World, subject: &Subject) -> Done<()> {
    super::fault(world, "TransactionSetup", "cut_after").await;
    save_card_on_page(world, subject).await
}

/// Nobody types a card.
pub(super) async fn save_no_card(world: &World, subject: &Subject) -> Done<()> {
    let open = format!(
        "SELECT COUNT(*) FROM card_pages WHERE customer_number = '{}' AND status IN ('Created', 'Open')",
        subject.customer
    );
    world.until("the page is over", async || Ok(world.program.database.value(&open) == "0")).await?;
    assert!(cards(world, subject).await?.is_empty());
    Ok(())
}

/// The provider does not answer when it is asked what was typed, and nobody comes back.
pub(super) async fn save_card_unanswered(world: &World, subject: &Subject) -> Done<()> {
    if cards(world, subject).await?.is_empty() {
        // One of an earlier try may still wait.
        world.clear_faults().await;
        let shown = world.shop(&subject.page).await;
        assert!(way_back(&shown).is_some() || shown.text.contains("already"), "{}", shown.text);
        super::fault(world, "*", "cut_before").await;
    }
    one_card(world, subject, "worldpay").await
}

pub(super) async fn to_pay(world: &World) -> Subject {
    let subject = somebody(world).await;
    let invoice = world.admin.invoice(&subject.customer, TOTAL).await;
    Subject { invoice, ..subject }
}

/// An invoice is paid on the page, and the card is kept.
pub(super) async fn save_while_paying(world: &World, subject: &Subject) -> Done<()> {
    if !invoice_is(world, subject, "Paid").await? {
        let wish = json!({
            "customerNumber": subject.customer, "transactionAmount": TOTAL, "invoiceId": subject.invoice,
            "applicationReturnUrl": RETURN, "savePaymentMethod": true, "isDefault": true,
        });
        let setup = world.insist(SETUP, &subject.key, &wish).await?.expect(200).json();
        if let Some(back) = way_back(&world.shop(text(&setup, "hostedPaymentUrl")).await) {
            let answer = world.get(&back).await?;
            assert_eq!(answer.status, 303, "{}", answer.text);
        }
        paid_once(world, subject).await?;
    }
    one_card(world, subject, "worldpay").await
}

/// The provider keeps it at the second time, and shows what it looks like at the second time.
pub(super) async fn save_while_paying_unanswered(world: &World, subject: &Subject) -> Done<()> {
    super::fault(world, "PaymentAccountCreateWithTransID", "cut_before").await;
    super::fault(world, "PaymentAccountQuery", "cut_before").await;
    save_while_paying(world, subject).await
}

/// The provider keeps it, and does not tell at first what it looks like.
pub(super) async fn save_while_paying_unseen(world: &World, subject: &Subject) -> Done<()> {
    // The first question is whether it is kept already.
    let second = json!({ "operation": "PaymentAccountQuery", "occurrence": 2, "action": "cut_before" });
    world.clear_faults().await;
    world.simulator("worldpay").post("/_sim/faults", &second).await.expect(200);
    save_while_paying(world, subject).await?;
    let seen =
        async || Ok(cards(world, subject).await?.iter().all(|it| it["maskedCardNumber"] == "XXXX1111"));
    world.until("it is known what it looks like", seen).await
}

/// A job that is left over of a card that is kept.
pub(super) async fn save_ended_job(world: &World, subject: &Subject) -> Done<()> {
    save_while_paying(world, subject).await?;
    let payments = world.read(&format!("/api/payments?invoiceId={}", subject.invoice)).await?;
    leave_job(world, "keep_card", text(&payments["data"][0], "id")).await?;
    one_card(world, subject, "worldpay").await
}

pub(super) async fn give_up_card(world: &World, subject: &Subject) -> Done<()> {
    let path = format!("{METHODS}/{}", subject.method);
    let answer = world.send("DELETE", &path, None, None).await?;
    assert!(matches!(answer.status, 204 | 404), "{}", answer.text);
    assert!(cards(world, subject).await?.is_empty(), "it is no card of the customer's from the first moment");
    let of = format!(
        "SELECT {{}} FROM payment_methods WHERE id = '{}' AND customer_number = '{}'",
        subject.method, subject.customer
    );
    let value = |what: &str| world.program.database.value(&of.replace("{}", what));
    let (token, provider) = (value("payment_profile_id"), value("provider"));
    let place = if provider == "WorldPay" { "worldpay" } else { "authorizeNet" };
    world.until("it is forgotten", async || Ok(!is_kept(world, place, &token).await)).await?;
    world.until("and that is known", async || Ok(value("removal") == "Done")).await
}

pub(super) async fn make_default(world: &World, subject: &Subject) -> Done<()> {
    let path = format!("{METHODS}/{}/default", subject.method);
    let answer = world.send("PUT", &path, None, Some(&json!({}))).await?.expect(200).json();
    assert_eq!(answer["isDefault"], true, "{answer}");
    let own = cards(world, subject).await?;
    assert_eq!(own.iter().filter(|it| it["isDefault"] == true).count(), 1, "{own:?}");
    Ok(())
}
