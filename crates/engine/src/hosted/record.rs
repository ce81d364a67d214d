//! The call for a hosted page, and what is written down of its answer.

use kontor_domain::{
    ids::OrganizationId,
    payments::{Payment, Status},
};
use kontor_providers::{HostedOrder, HostedPage, Provider, ProviderError};
use kontor_store::{crash, hosted, idempotency, invoices, jobs, payments};
use serde_json::json;

use super::{Order, Page, schedule};
use crate::{
    Engine, Error,
    credentials::Opened,
    resolve::{EXPIRE, RESOLVE, digest, failure},
};

/// The provider's operation, as attempts and events name it.
const OPERATION: &str = "open hosted page";

impl Engine {
    /// Call: asks the provider for its page. No transaction is open.
    pub(super) async fn call_hosted(
        &self,
        order: &Order,
        payment: &Payment,
        opened: &Opened,
    ) -> Result<HostedPage, ProviderError> {
        let provider = self.registry.get(&order.provider);
        let Some(pages) = provider.as_deref().and_then(Provider::hosted) else {
            return Err(ProviderError::misconfigured("this provider has no hosted page"));
        };
        let return_url = self.callback_url(&order.provider);
        // The last six digits: processors advise a short numeric ticket (worldpay-express.md §6).
        let ticket = payment.provider_reference.get(10..).unwrap_or_default();
        let hosted_order = HostedOrder {
            amount: payment.amount,
            reference: &payment.provider_reference,
            ticket,
            return_url: &return_url,
            market_code: order.market_code.as_deref(),
            description: order.description.as_deref(),
            company_name: Some(&order.company_name),
            customer_number: &payment.customer_number,
            billing: None,
            keeps_card: order.save_card,
        };
        let connection = opened.connection();
        crash::call("hosted.open", pages.open(&connection, &hosted_order))
            .await
            .map_err(|it| opened.without(it))
    }

    /// Where the provider sends the customer's browser back to.
    pub(crate) fn callback_url(&self, provider: &str) -> String {
        let base = self.settings.public_url.as_str().trim_end_matches('/');
        format!("{base}/api/payments/{}/callback", provider.to_ascii_lowercase())
    }

    /// Record: the page is open; it takes the place of the invoice's older ones.
    pub(super) async fn record_page(
        &self,
        organization: OrganizationId,
        mut payment: Payment,
        page: HostedPage,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&Page) -> idempotency::Answer + Send,
    ) -> Result<Page, Error> {
        let now = self.ambient.now();
        if !page.form.is_empty() {
            self.ready_to_seal(organization).await?;
        }
        let mut tx = self.db.write().await?;
        // Two pages that are recorded at once must see each other, or both would stay open.
        if let Some(invoice) = payment.invoice_id {
            invoices::lock(&mut tx, organization, invoice).await?;
        }
        let validation_hash = digest(page.validation_code.expose());
        hosted::opened(&mut tx, organization, payment.id, &page.setup_id, &validation_hash, &page.url)
            .await?;
        let from = payment.status;
        payment.status = Status::Submitted;
        payment.transaction_setup_id = Some(page.setup_id.clone());
        payments::update(&mut tx, organization, &mut payment, from, now).await?;
        if let Some(invoice) = payment.invoice_id {
            let older = hosted::supersede(&mut tx, organization, invoice, payment.id, now).await?;
            for setup in older {
                self.schedule(&mut tx, organization, EXPIRE, setup.payment, now).await?;
            }
        }
        self.attempted(
            &mut tx,
            organization,
            &payment,
            OPERATION,
            "answered",
            &json!({ "setupId": page.setup_id }),
        )
        .await?;
        self.tell_payment(&mut tx, organization, "payment.submitted", &payment, json!({})).await?;
        let integration = payment.integration_id.ok_or(Error::IntegrationNotFound)?;
        let url = self.way_to(&mut tx, organization, (payment.id, integration), &page).await?;
        let page = Page { payment, setup_id: page.setup_id, url };
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&page)).await?;
        }
        tx.commit_at("hosted.page").await?;
        Ok(page)
    }

    /// Record: there is no page. Nobody can pay on a page whose address never left Kontor, so nothing is reserved;
    /// where the provider may have made one all the same, the payment is Unknown and asked about later.
    pub(super) async fn record_no_page(
        &self,
        organization: OrganizationId,
        mut payment: Payment,
        error: &ProviderError,
    ) -> Result<(), Error> {
        let now = self.ambient.now();
        let mut tx = self.db.write().await?;
        let from = payment.status;
        payment.failure = Some(failure(error));
        let kind = if error.outcome_known {
            payment.status = Status::Failed;
            jobs::remove(&mut tx, organization, RESOLVE, &payment.id.to_string()).await?;
            "payment.failed"
        } else {
            payment.status = Status::Unknown;
            let due = schedule::after(now, self.settings.resolve_after);
            self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
            "payment.unknown"
        };
        payments::update(&mut tx, organization, &mut payment, from, now).await?;
        let outcome = if error.outcome_known { "refused" } else { "unknown" };
        self.attempted(
            &mut tx,
            organization,
            &payment,
            OPERATION,
            outcome,
            &json!({ "error": error.to_string() }),
        )
        .await?;
        self.tell_payment(&mut tx, organization, kind, &payment, json!({ "reason": error.to_string() }))
            .await?;
        tx.commit_at("hosted.no_page").await?;
        Ok(())
    }
}
