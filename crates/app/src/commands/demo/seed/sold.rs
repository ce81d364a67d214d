//! What is sold in the demo and turns up in the simulated company's books: an order that was agreed to, its invoice, and
//! what was paid of it.
//!
//! Owns the choices that the books need for that, by the names that the company offers. Refuses to write to the books:
//! sync does that, as for anybody. Refuses to happen twice.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use kontor_domain::{
    customers::Customer,
    ids::OrganizationId,
    invoices::{Invoice, Line, Quantity, Status, Totals},
    orders::{self, Order},
    payments::Method,
};
use kontor_engine::{
    Actor, Engine,
    integrations::{Change, choices::offered},
    orders::{Sent, Texts},
    payments::Offline,
};
use kontor_store::{customers, integrations, orders as order_rows, page::Slice};

use super::books::{self, usd};

/// Who ordered; nobody else's story is about them.
pub(crate) const CUSTOMER: &str = "CUST-1003";
/// The order's id in the shop.
pub(crate) const ORDER: &str = "SHOP-2001";
/// Where the books are.
const PROVIDER: &str = "QuickBooks";
/// What is chosen for them, by the names that the company offers.
const CHOICES: [(&str, &str); 2] =
    [("IncomeAccount", "Sales of Product Income"), ("DefaultItem", "Services")];

/// Tells it where it was not told yet.
pub(super) async fn tell(engine: &Arc<Engine>, organization: OrganizationId) -> anyhow::Result<()> {
    let actor = Actor::new("demo".to_owned(), None);
    choose(engine, organization, &actor).await?;
    let filter = order_rows::Filter { external_id: Some(ORDER.to_owned()), ..Default::default() };
    let slice = Slice { limit: 1, offset: 0, after: None, descending: false };
    let told = order_rows::list(&mut *engine.db.read().await?, organization, &filter, &slice).await?;
    if !told.rows.is_empty() {
        return Ok(());
    }
    books::customer(engine, organization, CUSTOMER, "Greifswald Roastery").await?;
    let mut tx = engine.db.write().await?;
    let customer = customers::get(&mut tx, organization, CUSTOMER).await?;
    let customer = customer.context("the customer was not seeded")?;
    let sent = Sent {
        order: order(engine, &customer)?,
        number: None,
        status: Some(orders::Status::Confirmed),
        texts: Texts::default(),
    };
    let order = engine.put_order(&mut tx, organization, &actor, sent).await?.order;
    engine.order_to_invoice(&mut tx, organization, &order).await?;
    let draft = invoice(engine, &customer, &order);
    let made = engine.create_invoice(&mut tx, organization, draft, None).await?;
    engine.issue_invoice(&mut tx, organization, made.id).await?;
    let paid = Offline {
        amount: made.totals.total,
        method: Method::Check,
        reference: Some("cheque 3107".to_owned()),
        received_at: None,
    };
    engine.record_offline(&mut tx, organization, made.id, paid).await?;
    Ok(tx.commit().await?)
}

/// Chooses where sales are booked, from what the connection test read of the company.
async fn choose(engine: &Engine, organization: OrganizationId, actor: &Actor) -> anyhow::Result<()> {
    let provider = engine.registry.get(PROVIDER).context("this Kontor has no such provider")?;
    let mut tx = engine.db.write().await?;
    let found = integrations::enabled(&mut tx, organization, PROVIDER).await?;
    let integration = found.context("the integration was not seeded")?;
    let offered = offered(&mut tx, organization, integration.id, Some(provider.as_ref())).await?;
    let mut configuration = BTreeMap::new();
    for (key, name) in CHOICES.iter().filter(|(key, _)| !integration.configuration.contains_key(*key)) {
        let entry = offered.entries(key).into_iter().flatten().find(|it| it.name == *name);
        let entry = entry.with_context(|| format!("the company offers no {name} as {key}"))?;
        configuration.insert((*key).to_owned(), Some(entry.id.clone()));
    }
    if configuration.is_empty() {
        return Ok(tx.rollback().await?);
    }
    let change = Change { display_name: None, is_enabled: None, configuration, secrets: BTreeMap::default() };
    let template = Some(provider.template());
    engine.change_integration(&mut tx, organization, actor, integration, template, change).await?;
    Ok(tx.commit().await?)
}

/// Two articles that the company has too, by their numbers.
fn order(engine: &Engine, customer: &Customer) -> anyhow::Result<Order> {
    let line = |sku: &str, description: &str, quantity: &str, price: &str| {
        Ok::<_, anyhow::Error>(Line {
            sku: Some(sku.to_owned()),
            description: description.to_owned(),
            quantity: Quantity::parse(quantity).context("a quantity")?,
            unit_price: usd(price)?.minor(),
            discount: 0,
            taxable: false,
        })
    };
    let items = vec![
        line("HB-1000", "House Blend 1 kg", "10", "24.50")?,
        line("FP-100", "Filter Papers", "4", "4.25")?,
    ];
    let now = engine.ambient.now();
    Ok(Order {
        id: engine.new_order_id(),
        order_number: String::new(),
        external_id: Some(ORDER.to_owned()),
        po_number: Some("PO-88".to_owned()),
        customer_id: customer.id,
        customer_number: customer.customer_number.clone(),
        status: orders::Status::Pending,
        terms: Some("Net 30".to_owned()),
        notes: None,
        totals: Totals::of(&items, usd("0.00")?, usd("12.00")?)?,
        items,
        invoice_id: None,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

/// The whole order, to be paid within thirty days.
fn invoice(engine: &Engine, customer: &Customer, order: &Order) -> Invoice {
    let now = engine.ambient.now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let zero = kontor_domain::Money::zero(order.totals.total.currency());
    Invoice {
        id: engine.new_invoice_id(),
        invoice_number: String::new(),
        order_id: Some(order.id),
        order_number: Some(order.order_number.clone()),
        customer_id: customer.id,
        customer_number: customer.customer_number.clone(),
        status: Status::Draft,
        invoice_date: today,
        due_date: Some(today.saturating_add(jiff::Span::new().days(30))),
        terms: order.terms.clone(),
        po_number: order.po_number.clone(),
        notes: None,
        items: order.items.clone(),
        totals: order.totals,
        paid: zero,
        refunded: zero,
        reopened: zero,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
