//! One operation of each scenario, and what has to be there before.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use kontor_providers::http::Method;
use kontor_simulators::worldpay::TEST_CARD;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::target::Target;
use crate::cli::Scenario;

/// One of the callers at work.
pub(super) struct Worker {
    scenario: Scenario,
    target: Arc<Target>,
    customer: String,
    invoice: String,
    place: u64,
    done: u64,
    /// The saved card.
    method: String,
    /// What was charged and is to be given back.
    paid: String,
    /// An invoice whose page was paid on, and the way back from there.
    waiting: Option<(String, Url)>,
}

/// Makes what a caller needs: a customer and an invoice of its own.
pub(super) async fn prepare(scenario: Scenario, target: Arc<Target>, place: u64) -> anyhow::Result<Worker> {
    let customer = format!("BENCH-{}-{place}", std::process::id());
    add_customer(&target, &customer, &format!("Bench {place}")).await?;
    let invoice = invoice(&target, &customer, 10_000_000.0).await?;
    let method = match scenario {
        Scenario::ChargeSavedCard | Scenario::Refund => save_card(&target, &customer).await?,
        _ => String::new(),
    };
    Ok(Worker {
        scenario,
        target,
        customer,
        invoice,
        place,
        done: 0,
        method,
        paid: String::new(),
        waiting: None,
    })
}

async fn add_customer(target: &Target, number: &str, name: &str) -> anyhow::Result<()> {
    let body = json!({ "customerNumber": number, "companyName": name });
    target.api(Method::Put, "/api/customers", "", Some(&body)).await.context("adding a customer")?;
    Ok(())
}

/// A card of the customer's at Authorize.Net; returns its id.
async fn save_card(target: &Target, customer: &str) -> anyhow::Result<String> {
    let body = json!({
        "customerNumber": customer, "email": "bench@example.test", "cardNumber": TEST_CARD, "cvv": "900",
        "expirationMonth": 12, "expirationYear": 2040, "provider": "AuthorizeNet",
        "billingAddress": { "firstName": "Ada", "lastName": "Byron", "address1": "1 Main", "zipPostalCode": "98004" },
    });
    let saved = target.api(Method::Post, "/api/payments/payment-methods", "", Some(&body)).await;
    let saved = saved.context("saving a card")?;
    let id = saved.pointer("/paymentMethod/id").and_then(Value::as_str);
    id.map(str::to_owned).context("the saved card has no id")
}

/// What a scenario's operation asks a provider for, as Kontor's numbers name it.
pub(super) fn asks(scenario: Scenario) -> &'static [&'static str] {
    match scenario {
        Scenario::ChargeSavedCard => &["sale"],
        Scenario::Refund => &["transaction", "void"],
        _ => &[],
    }
}

/// An invoice that can be paid; returns its id.
async fn invoice(target: &Target, customer: &str, amount: f64) -> anyhow::Result<String> {
    let body = json!({
        "customerNumber": customer,
        "items": [{ "sku": "LOAD", "description": "Load", "quantity": 1, "unitPrice": amount, "taxable": false }],
    });
    let made =
        target.api(Method::Post, "/api/invoices", "", Some(&body)).await.context("making an invoice")?;
    let id = made.get("id").and_then(Value::as_str).context("the invoice has no id")?.to_owned();
    target.api(Method::Post, &format!("/api/invoices/{id}/issue"), "", None).await.context("issuing it")?;
    Ok(id)
}

/// A paid invoice of a customer of its own.
pub(super) async fn sell(target: &Target, number: u64) -> anyhow::Result<()> {
    let customer = format!("SOLD-{}-{number}", std::process::id());
    add_customer(target, &customer, &format!("Sold {number}")).await?;
    let invoice = invoice(target, &customer, 5.0).await?;
    let body = json!({ "amount": 5, "method": "Check", "reference": number.to_string() });
    let path = format!("/api/invoices/{invoice}/payments");
    target.api(Method::Post, &path, &customer, Some(&body)).await.context("paying it")?;
    Ok(())
}

impl Worker {
    /// What has to be there before one operation, and is not measured.
    pub(super) async fn ready(&mut self) -> anyhow::Result<()> {
        if self.scenario == Scenario::Refund {
            let paid = self.charge().await?;
            paid.get("id")
                .and_then(Value::as_str)
                .context("the payment has no id")?
                .clone_into(&mut self.paid);
        }
        if self.scenario == Scenario::Callback {
            self.waiting = Some(self.pay_on_page().await?);
        }
        Ok(())
    }

    async fn charge(&self) -> anyhow::Result<Value> {
        let key = self.key();
        let body = json!({ "amount": 1, "paymentMethodId": self.method });
        self.target
            .api(Method::Post, &format!("/api/invoices/{}/payments", self.invoice), &key, Some(&body))
            .await
    }

    fn key(&self) -> String {
        format!("bench-{}-{}-{}", std::process::id(), self.place, self.done)
    }

    /// One operation, from the request to the answer.
    pub(super) async fn once(&mut self) -> anyhow::Result<()> {
        self.done = self.done.saturating_add(1);
        match self.scenario {
            Scenario::Start
            | Scenario::HangingProvider
            | Scenario::PaymentBesideSync
            | Scenario::ListIntegrations
            | Scenario::OpenSecret
            | Scenario::LoadTemplates => bail!("it is measured by itself"),
            Scenario::ReadInvoice => {
                self.target.api(Method::Get, &format!("/api/invoices/{}", self.invoice), "", None).await?;
            }
            Scenario::OfflinePayment => {
                let key = self.key();
                let body = json!({ "amount": 1, "method": "Check", "reference": self.done.to_string() });
                let path = format!("/api/invoices/{}/payments", self.invoice);
                self.target.api(Method::Post, &path, &key, Some(&body)).await?;
            }
            Scenario::ChargeSavedCard => {
                self.charge().await?;
            }
            Scenario::Refund => {
                let path = format!("/api/payments/{}/refunds", self.paid);
                self.target.api(Method::Post, &path, &self.key(), Some(&json!({}))).await?;
            }
            Scenario::Hosted => self.hosted().await?,
            Scenario::Callback => self.callback().await?,
        }
        Ok(())
    }

    /// A whole sale: the page is opened, paid on, and the browser brings the result back.
    async fn hosted(&self) -> anyhow::Result<()> {
        let (invoice, back) = self.pay_on_page().await?;
        self.come_back(&back).await?;
        self.check_paid(&invoice).await
    }

    /// The way back alone.
    async fn callback(&mut self) -> anyhow::Result<()> {
        let (invoice, back) = self.waiting.take().context("nobody has paid")?;
        self.come_back(&back).await?;
        // What a callback answers is as good as what it recorded: now and then that is looked at too.
        if self.done.is_multiple_of(64) { self.check_paid(&invoice).await } else { Ok(()) }
    }

    /// Opens the page for an invoice of its own and pays on it; the invoice and the way back.
    async fn pay_on_page(&self) -> anyhow::Result<(String, Url)> {
        let invoice = invoice(&self.target, &self.customer, 6.55).await?;
        let back = self.target.base().join("/healthz")?;
        let body = json!({
            "customerNumber": self.customer, "transactionAmount": 6.55, "invoiceId": invoice,
            "applicationReturnUrl": back.as_str(),
        });
        let setup = self
            .target
            .api(Method::Post, "/api/payments/worldpay/transaction-setup", "", Some(&body))
            .await?;
        let page = setup.get("hostedPaymentUrl").and_then(Value::as_str);
        let page: Url = page.context("the setup has no page")?.parse()?;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("cardNumber", TEST_CARD),
                ("ddlExpirationMonth", "12"),
                ("ddlExpirationYear", "39"),
                ("CVV", "123"),
            ])
            .finish();
        let (_, shown) = self.target.browse(&page, Some(form)).await?;
        let link = shown.split("id=\"returnLink\" href=\"").nth(1).and_then(|it| it.split('"').next());
        let link: Url = link.context("the page does not lead back")?.replace("&amp;", "&").parse()?;
        Ok((invoice, link))
    }

    async fn come_back(&self, link: &Url) -> anyhow::Result<()> {
        let (status, _) = self.target.browse(link, None).await?;
        if status != 303 && status != 302 {
            bail!("the callback answered {status}");
        }
        Ok(())
    }

    async fn check_paid(&self, invoice: &str) -> anyhow::Result<()> {
        let paid = self.target.api(Method::Get, &format!("/api/invoices/{invoice}"), "", None).await?;
        if paid.get("status").and_then(Value::as_str) != Some("Paid") {
            bail!("the invoice is {}", paid.get("status").unwrap_or(&Value::Null));
        }
        Ok(())
    }
}
