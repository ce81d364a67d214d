//! Opening the provider's hosted page for a payment: claim, call, record.
//!
//! An open page reserves nothing of the invoice's balance; a newer page of the same invoice takes the older
//! one's place. What happens on the page is found out in [`crate::resolve`].

pub(crate) mod callback;
mod close;
mod post;
mod record;
pub(crate) mod schedule;
pub(crate) mod verdict;

pub use callback::{CallbackError, Returned, ReturnedStatus};
pub use post::Post;

use kontor_domain::{
    Money,
    customers::Customer,
    ids::{InvoiceId, OrganizationId},
    payments::{Method, Payment},
};
use kontor_providers::ProviderError;
use kontor_store::{Conn, hosted, idempotency, integrations::Integration, invoices, payments};
use serde_json::json;

use crate::{Actor, Engine, Error, payments::Payer, resolve::RESOLVE};

/// A hosted payment that is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which provider, by its template's id.
    pub provider: String,
    /// Who pays.
    pub customer: Customer,
    /// For which invoice; none keeps the payment as the customer's credit.
    pub invoice: Option<InvoiceId>,
    /// How much; more than zero.
    pub amount: Money,
    /// Where the customer's browser goes in the end.
    pub return_url: String,
    /// The provider's word for the market; none for the integration's own.
    pub market_code: Option<String>,
    /// Whether the card is kept once it was paid with.
    pub save_card: bool,
    /// Whether a card that is saved becomes the default.
    pub is_default: bool,
    /// What the page says is paid.
    pub description: Option<String>,
    /// Whose name the page carries.
    pub company_name: String,
}

/// A hosted page that is ready for the customer.
#[derive(Debug, Clone)]
pub struct Page {
    /// The payment that was written down.
    pub payment: Payment,
    /// The provider's id of the page.
    pub setup_id: String,
    /// Where to send the customer's browser.
    pub url: String,
}

impl Engine {
    /// Opens a hosted page. With `key`, the answer that `answer` makes of the page is kept with it in the last transaction.
    pub async fn open_hosted(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        order: Order,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&Page) -> idempotency::Answer + Send,
    ) -> Result<Page, Error> {
        let integration = self.hosted_integration(organization, &order.provider).await?;
        let opened = self.open_credentials(organization, &integration, actor, "hosted setup").await?;
        let payment = self.claim_hosted(organization, &order, &integration).await?;
        match self.call_hosted(&order, &payment, &opened).await {
            Ok(page) => {
                let payment_id = payment.id;
                let recorded = self.record_page(organization, payment, page, key, answer).await;
                recorded.map_err(|error| match error {
                    // The provider gave an id that it had given before: nobody can be sent there.
                    Error::Store(kontor_store::Error::Conflict) => Error::Provider {
                        error: ProviderError::nonsense("the provider gave a page that is another payment's"),
                        payment: Some(payment_id),
                    },
                    other => other,
                })
            }
            Err(error) => {
                let payment_id = payment.id;
                self.record_no_page(organization, payment, &error).await?;
                Err(Error::Provider { error, payment: Some(payment_id) })
            }
        }
    }

    /// The oldest enabled integration of the provider.
    async fn hosted_integration(
        &self,
        organization: OrganizationId,
        provider: &str,
    ) -> Result<Integration, Error> {
        let able = self.registry.get(provider).is_some_and(|it| it.hosted().is_some());
        let mut conn = self.db.read().await?;
        let found = if able {
            kontor_store::integrations::enabled(&mut conn, organization, provider).await?
        } else {
            None
        };
        found.ok_or(Error::NoIntegration("hosted payments"))
    }

    /// Claim: the payment, its setup and the job that will ask about it, before anybody is called.
    async fn claim_hosted(
        &self,
        organization: OrganizationId,
        order: &Order,
        integration: &Integration,
    ) -> Result<Payment, Error> {
        let mut tx = self.db.write().await?;
        if let Some(id) = order.invoice {
            self.claim_invoice(&mut tx, organization, id, order).await?;
        }
        // Disabled or deleted since it was read: nobody could be asked about this payment any more.
        if !kontor_store::integrations::hold(&mut tx, organization, integration.id).await? {
            return Err(Error::NoIntegration("hosted payments"));
        }
        let payer = Payer {
            customer_id: order.customer.id,
            customer_number: &order.customer.customer_number,
            invoice_id: order.invoice,
        };
        let mut payment = self.new_payment(payer, order.amount, Method::Hosted);
        let now = payment.created_at;
        payment.provider = Some(order.provider.clone());
        payment.integration_id = Some(integration.id);
        payments::insert(&mut tx, organization, &payment).await?;
        let setup = hosted::Setup {
            organization,
            payment: payment.id,
            provider: order.provider.clone(),
            integration: integration.id,
            setup_id: None,
            validation_hash: None,
            return_url: order.return_url.clone(),
            save_card: order.save_card,
            is_default: order.is_default,
            network_transaction_id: None,
            expires_at: schedule::after(now, self.window(&order.provider)),
            superseded_at: None,
            nothing_since: None,
            created_at: now,
        };
        hosted::insert(&mut tx, &setup).await?;
        // Not while the call is under way: there is nothing to be asked about yet.
        let due = schedule::after(now, self.call_deadline());
        self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        self.tell_payment(&mut tx, organization, "payment.created", &payment, json!({})).await?;
        tx.commit_at("hosted.claim").await?;
        Ok(payment)
    }

    /// How long a page is taken to be open: as the operator says, and where it cannot be closed, to its own end.
    fn window(&self, provider: &str) -> std::time::Duration {
        let window = self.settings.hosted_window;
        let provider = self.registry.get(provider);
        match provider.as_deref().and_then(kontor_providers::Provider::hosted) {
            Some(pages) if !pages.can_close() => window.max(pages.lifetime()),
            _ => window,
        }
    }

    async fn claim_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: InvoiceId,
        order: &Order,
    ) -> Result<(), Error> {
        let invoice = invoices::lock(conn, organization, id).await?.ok_or(Error::InvoiceNotFound)?;
        if invoice.customer_number != order.customer.customer_number {
            return Err(Error::InvoiceNotFound);
        }
        if invoice.totals.total.currency() != order.amount.currency() {
            return Err(Error::field("transactionAmount", "is not in the invoice's currency"));
        }
        self.check_payable(conn, organization, &invoice, order.amount).await
    }
}
