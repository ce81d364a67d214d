//! What has already happened when a person opens the demo: a saved card, an invoice that was charged by itself, a refund,
//! and a day that was reconciled.
//!
//! All of it is done by the same use cases as everything else, at the simulators. Refuses to happen twice.

use std::sync::Arc;

use anyhow::Context as _;
use kontor_domain::{customers::Customer, ids::OrganizationId, payments::Status, reconciliation::Days};
use kontor_engine::{
    Actor, Engine,
    auto_pay::Agreement,
    charges::{From, Order, Usage},
    payment_methods::save::{NewCard, Typed},
    refunds::Ask,
};
use kontor_providers::{Card, Expiry};
use kontor_simulators::authorize_net::TEST_CARD;
use kontor_store::{
    auto_pay, customers, idempotency, integrations, integrations::Integration, payment_methods,
};

use super::books::{self, Bill};

/// To whom it happened: not the customer whose invoice the demo asks to pay.
pub(crate) const CUSTOMER: &str = "CUST-1002";
/// Where the card is saved.
const PROVIDER: &str = "AuthorizeNet";
/// Cards outlive the demo.
const CARD_YEARS: i16 = 3;

/// Tells the story where it was not told yet. The actor of all of it is `demo`.
pub(super) async fn tell(engine: &Arc<Engine>, organization: OrganizationId) -> anyhow::Result<()> {
    let (customer, integration) = {
        let mut conn = engine.db.read().await?;
        let customer = customers::get(&mut conn, organization, CUSTOMER).await?;
        let customer = customer.context("the customer was not seeded")?;
        if !payment_methods::list(&mut conn, organization, customer.id).await?.is_empty() {
            return Ok(());
        }
        let found = integrations::enabled(&mut conn, organization, PROVIDER).await?;
        (customer, found.context("the integration was not seeded")?)
    };
    let actor = Actor::new("demo".to_owned(), None);
    save_card(engine, organization, &actor, &integration, &customer).await?;
    charge_and_refund(engine, organization, &actor, &customer).await?;
    pay_by_itself(engine, organization, &actor, &customer).await?;
    reconcile(engine, organization, &actor).await
}

async fn save_card(
    engine: &Engine,
    organization: OrganizationId,
    actor: &Actor,
    integration: &Integration,
    customer: &Customer,
) -> anyhow::Result<()> {
    let year = engine.ambient.now().to_zoned(jiff::tz::TimeZone::UTC).year().saturating_add(CARD_YEARS);
    let expiry = Expiry::new(12, year.try_into()?)?;
    let new = NewCard {
        customer: customer.clone(),
        what: Typed::Card(Card::new(TEST_CARD.to_owned().into(), expiry, Some("123".to_owned().into()))?),
        email: customer.company_email.clone(),
        billing: None,
        is_default: true,
    };
    // Without a key no answer is kept.
    let nothing = |_: &_| idempotency::Answer { status: 200, headers: String::new(), body: Vec::new() };
    engine.save_card(organization, actor, integration, new, None, nothing).await?;
    Ok(())
}

/// An invoice that staff charged, and whose money went back before it settled.
async fn charge_and_refund(
    engine: &Engine,
    organization: OrganizationId,
    actor: &Actor,
    customer: &Customer,
) -> anyhow::Result<()> {
    let lines = [("Breakfast tea, 1 kg", "4", "16.50")];
    let bill = Bill { lines: &lines, tax: "5.28", shipping: "0.00", due_days: 30, issued: true };
    let mut tx = engine.db.write().await?;
    let invoice = books::invoice(engine, &mut tx, organization, customer, &bill).await?;
    tx.commit().await?;
    let order = Order {
        invoice,
        customer: customer.id,
        amount: books::usd("71.28")?,
        from: From::Default,
        provider: None,
        capture: true,
        usage: Usage::Customer,
        reference: Some("by telephone".to_owned()),
        auto_pay: None,
    };
    let paid = engine.charge(organization, actor, &order, None).await?.payment;
    anyhow::ensure!(paid.status == Status::Succeeded, "the demo's card was not charged: {}", paid.status);
    let ask = Ask { amount: None, reason: Some("The tin was dented.".to_owned()), reopen_invoice: false };
    engine.refund_at_provider(organization, actor, paid.id, &ask, None).await?;
    Ok(())
}

/// An invoice that falls due today, of a customer who agreed to be charged.
async fn pay_by_itself(
    engine: &Arc<Engine>,
    organization: OrganizationId,
    actor: &Actor,
    customer: &Customer,
) -> anyhow::Result<()> {
    let agreement = Agreement {
        accepted_by: "Tilda Brandt".to_owned(),
        text: "Charge our card on the day on which an invoice falls due.".to_owned(),
    };
    let lines = [("Tea of the month", "1", "42.00")];
    let bill = Bill { lines: &lines, tax: "3.36", shipping: "6.00", due_days: 0, issued: true };
    let mut tx = engine.db.write().await?;
    let before = auto_pay::get(&mut tx, organization, customer.id).await?;
    engine.set_auto_pay(&mut tx, organization, actor, customer, before, (true, Some(agreement))).await?;
    books::invoice(engine, &mut tx, organization, customer, &bill).await?;
    tx.commit().await?;
    // The sweep would do it in a moment; the day is reconciled with it.
    engine.sweep("demo").await?;
    Ok(())
}

/// Both sides of today, at each provider of payments.
async fn reconcile(engine: &Engine, organization: OrganizationId, actor: &Actor) -> anyhow::Result<()> {
    let today = Days::before(engine.ambient.now(), 0);
    for provider in [PROVIDER, "WorldPay"] {
        let found = integrations::enabled(&mut *engine.db.read().await?, organization, provider).await?;
        let integration = found.context("the integration was not seeded")?;
        engine.reconcile(organization, integration.id, today, actor).await?;
    }
    Ok(())
}
