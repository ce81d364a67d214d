//! Links to a page on which one invoice can be seen and paid by whoever has the link.
//!
//! Owns who may be sent where from one. What the address carries is the HTTP layer's to make; only its hash comes here.

use std::time::Duration;

use jiff::Timestamp;
use kontor_domain::{
    ids::{InvoiceId, OrganizationId, PaymentLinkId},
    invoices::Invoice,
};
use kontor_providers::Provider;
use kontor_store::{Conn, customers, invoices, organizations, payment_links, payment_links::Link};
use serde_json::json;

use crate::{
    Actor, Engine, Error,
    hosted::{Order, Page, schedule},
};

/// How long a link is good.
const GOOD_FOR: Duration = Duration::from_hours(24 * 30);
/// What an integration is looked for.
const PAYING: &str = "hosted payments";

/// What a link leads to.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// The invoice.
    pub invoice: Invoice,
    /// Who sells.
    pub seller: String,
}

impl Engine {
    /// Writes a link to an invoice that can be paid, in the caller's transaction. Says until when it is good.
    pub async fn make_link(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        invoice: InvoiceId,
        (id, token_hash): (PaymentLinkId, &str),
    ) -> Result<Timestamp, Error> {
        let invoice = invoices::lock(conn, organization, invoice).await?.ok_or(Error::InvoiceNotFound)?;
        if !invoice.status.is_payable() {
            return Err(Error::NotPayable(invoice.status));
        }
        let now = self.ambient.now();
        let link = Link { id, organization, invoice: invoice.id, expires_at: schedule::after(now, GOOD_FOR) };
        payment_links::insert(conn, &link, token_hash, now).await?;
        let subject = invoice.id.to_string();
        let detail = json!({ "link": link.id });
        self.audit(conn, Some(organization), actor, "invoice.link_created", &subject, &detail).await?;
        Ok(link.expires_at)
    }

    /// What a link leads to; none where there is none. Whether it has expired is for the caller to look at.
    pub async fn linked(&self, token_hash: &str) -> Result<Option<Linked>, Error> {
        let mut conn = self.db.read().await?;
        let Some(link) = payment_links::by_token_hash(&mut conn, token_hash).await? else { return Ok(None) };
        let invoice = invoices::get(&mut conn, link.organization, link.invoice).await?;
        let seller = organizations::get(&mut conn, link.organization).await?;
        let found = invoice.zip(seller);
        Ok(found.map(|(invoice, seller)| Linked { link, invoice, seller: seller.name }))
    }

    /// Opens a provider's page for all that is left to pay.
    pub async fn pay_linked(
        &self,
        linked: &Linked,
        actor: &Actor,
        return_url: String,
    ) -> Result<Page, Error> {
        let organization = linked.link.organization;
        let able: fn(&dyn Provider) -> bool = |it| it.hosted().is_some();
        let (integration, _) = self.choose_integration(organization, None, PAYING, able).await?;
        let customer = {
            let mut conn = self.db.read().await?;
            customers::get(&mut conn, organization, &linked.invoice.customer_number).await?
        };
        if !linked.invoice.status.is_payable() {
            return Err(Error::NotPayable(linked.invoice.status));
        }
        let order = Order {
            provider: integration.provider,
            customer: customer.ok_or(Error::CustomerNotFound)?,
            invoice: Some(linked.invoice.id),
            amount: linked.invoice.standing().balance()?,
            return_url,
            market_code: None,
            save_card: false,
            is_default: false,
            description: Some(format!("Invoice {}", linked.invoice.invoice_number)),
            company_name: linked.seller.clone(),
        };
        let unkept = |_: &Page| kontor_store::idempotency::Answer {
            status: 200,
            headers: String::new(),
            body: Vec::new(),
        };
        self.open_hosted(organization, actor, order, None, unkept).await
    }
}
