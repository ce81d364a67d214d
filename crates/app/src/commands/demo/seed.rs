//! What the demo starts with: two organizations, customers, invoices, working integrations.
//!
//! Written by the same use cases as everything else. Started again on the same folder it keeps what is there and
//! makes sure that one invoice can be paid.

mod books;
mod integrations;
mod sold;
mod story;
mod webhooks;

pub(super) use sold::{CUSTOMER as BUYER, ORDER};
pub(super) use story::CUSTOMER as STORY_CUSTOMER;

use std::sync::Arc;

use anyhow::Context as _;
use kontor_domain::{
    Id,
    ids::{IntegrationId, InvoiceId, OrganizationId},
};
use kontor_engine::Engine;
use kontor_store::{organizations, organizations::Organization};
use serde_json::Value;

/// What was seeded, for the line on stdout.
pub(super) struct Seeded {
    pub(super) organization: Organization,
    pub(super) other: Organization,
    pub(super) customer_number: String,
    pub(super) invoice: InvoiceId,
    /// Of the first organization.
    pub(super) books: IntegrationId,
}

/// Seeds what is missing. `credentials` are all the simulators', and `intuit` is where QuickBooks' is; `origin` is where
/// the demo itself is, to which its own shop's customers come back. With `story`, something has already happened.
pub(super) async fn seed(
    engine: &Arc<Engine>,
    credentials: &Value,
    intuit: &str,
    origin: &str,
    story: bool,
) -> anyhow::Result<Seeded> {
    let organization = organization(engine, "LUEBECK", "Lübeck Coffee Roasters").await?;
    let other = self::organization(engine, "BERGEN", "Bergen Fish Company").await?;
    webhooks::listen(engine, intuit, origin).await?;
    for (place, organization) in [&organization, &other].into_iter().enumerate() {
        welcome_back(engine, organization.id, origin).await?;
        integrations::seed(engine, organization.id, credentials, place).await?;
        books::people(engine, organization.id).await?;
    }
    let invoice = books::invoice_to_pay(engine, organization.id).await?;
    if story {
        // Large: all that can become of money is in it.
        Box::pin(story::tell(engine, organization.id)).await?;
        sold::tell(engine, organization.id).await?;
    }
    let books = integrations::books(engine, organization.id).await?;
    Ok(Seeded { organization, other, customer_number: books::CUSTOMER.to_owned(), invoice, books })
}

async fn organization(engine: &Engine, code: &str, name: &str) -> anyhow::Result<Organization> {
    if let Some(found) = organizations::by_code(&mut *engine.db.read().await?, code).await? {
        return Ok(found);
    }
    let organization = Organization {
        id: Id::new(&engine.ambient),
        code: code.to_owned(),
        name: name.to_owned(),
        return_urls: Vec::new(),
        default_payment_provider: None,
        version: 1,
        created_at: engine.ambient.now(),
    };
    let mut tx = engine.db.write().await?;
    organizations::insert(&mut tx, &organization).await?;
    tx.commit().await?;
    Ok(organization)
}

/// Puts the demo's own address on the list of return addresses: away from localhost it is not there by itself.
async fn welcome_back(engine: &Engine, id: OrganizationId, origin: &str) -> anyhow::Result<()> {
    let mut tx = engine.db.write().await?;
    let found = organizations::get(&mut tx, id).await?.context("the organization is gone")?;
    let local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|it| origin.starts_with(it));
    if local || found.return_urls.iter().any(|it| it == origin) {
        return Ok(tx.rollback().await?);
    }
    let urls = [found.return_urls, vec![origin.to_owned()]].concat();
    organizations::set(&mut tx, id, &urls, found.default_payment_provider.as_deref()).await?;
    Ok(tx.commit().await?)
}
