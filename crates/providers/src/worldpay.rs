//! Worldpay Express (formerly Vantiv): hosted payments over its XML interface (worldpay-express.md).
//!
//! `wire` builds, `reply` and `returned` read, `map` says what a code means: all pure. This file sends, and `charge`,
//! `vault` and `report` say what is sent for what. Refuses to send anything twice: Express has no idempotency key (§7).

mod charge;
mod document;
mod map;
mod reply;
mod report;
mod returned;
mod vault;
mod wire;
mod xml;

use std::time::Duration;

use async_trait::async_trait;
use kontor_domain::{Secret, templates::Template};
use url::Url;

use crate::{
    Charges, Connection, HostedOrder, HostedPage, HostedPayments, HostedReturn, Http, KeyRotation, Provider,
    ProviderError, Reports, ReturnError, TestReport, Vaulting,
    http::{Call, Method},
    registry,
};

/// The largest answer that is read: a day's report of some thousand transactions.
const LIMIT: usize = 16 * 1024 * 1024;

/// What the operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The longest a call may take, in milliseconds; 65000 is what clients of it use (§7).
    pub timeout_ms: u64,
    /// Stands for all certification hosts, never for production's.
    pub sandbox_url: Option<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout_ms: 65_000, sandbox_url: None }
    }
}

/// The provider.
pub struct Worldpay {
    template: Template,
    settings: Settings,
    http: Http,
}

/// The hosts that a message can belong to; its namespace decides (§1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Transaction,
    Services,
    Reporting,
}

impl Host {
    fn namespace(self) -> &'static str {
        match self {
            Self::Transaction => "https://transaction.elementexpress.com",
            Self::Services => "https://services.elementexpress.com",
            Self::Reporting => "https://reporting.elementexpress.com",
        }
    }
}

impl Worldpay {
    /// Over the shared client.
    pub fn new(settings: Settings, http: Http) -> Result<Self, String> {
        let template = registry::template(include_str!("../../../templates/worldpay.toml"))?;
        Ok(Self { template, settings, http })
    }

    /// Where a message goes (§1). The operator's sandbox stands for certification only.
    fn address(&self, connection: &Connection<'_>, host: Host) -> Result<Url, ProviderError> {
        let address = match (is_sandbox(connection), &self.settings.sandbox_url) {
            (true, Some(url)) => format!("{}/", registry::base(url)),
            (true, None) => host.namespace().replacen("https://", "https://cert", 1),
            (false, _) => host.namespace().to_owned(),
        };
        Url::parse(&address)
            .map_err(|_| ProviderError::misconfigured("the provider's address cannot be read"))
    }

    /// Where the customer's browser goes (§1).
    fn page(&self, connection: &Connection<'_>, setup_id: &str) -> String {
        let base = match (is_sandbox(connection), &self.settings.sandbox_url) {
            (true, Some(url)) => registry::base(url),
            (true, None) => "https://certtransaction.hostedpayments.com".to_owned(),
            (false, _) => "https://transaction.hostedpayments.com".to_owned(),
        };
        format!("{base}/?TransactionSetupID={setup_id}")
    }

    async fn send(
        &self,
        connection: &Connection<'_>,
        message: document::Message,
    ) -> Result<reply::Reply, ProviderError> {
        let url = self.address(connection, message.host)?;
        let answer = self
            .http
            .send(Call {
                method: Method::Post,
                url: &url,
                headers: &[("content-type", "text/xml; charset=utf-8"), ("accept", "text/xml")],
                body: message.text.into_bytes(),
                timeout: Duration::from_millis(self.settings.timeout_ms),
                limit: LIMIT,
                hosts: None,
            })
            .await?;
        // Express answers 200 also for refusals (§1): any other status is not its word.
        if answer.status != 200 {
            return Err(ProviderError::nonsense(&format!("HTTP status {}", answer.status)));
        }
        reply::read(&answer.body, message.method)
    }
}

fn is_sandbox(connection: &Connection<'_>) -> bool {
    connection.configuration.get("IsSandbox").is_none_or(|it| it != "false")
}

#[async_trait]
impl Provider for Worldpay {
    fn template(&self) -> &Template {
        &self.template
    }

    fn hosted(&self) -> Option<&dyn HostedPayments> {
        Some(self)
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn vaulting(&self) -> Option<&dyn Vaulting> {
        Some(self)
    }

    fn reports(&self) -> Option<&dyn Reports> {
        Some(self)
    }

    fn rotation(&self) -> Option<&dyn KeyRotation> {
        Some(self)
    }

    async fn test(&self, connection: &Connection<'_>) -> TestReport {
        let asked = match wire::health_check(connection) {
            Ok(message) => self.send(connection, message).await,
            Err(error) => Err(error),
        };
        let error = match asked.and_then(|reply| map::accepted(&reply)) {
            Ok(()) => {
                let place = if is_sandbox(connection) { "sandbox" } else { "production" };
                return TestReport {
                    success: true,
                    message: "Connection successful".to_owned(),
                    details: format!("Worldpay's {place} is online and takes these credentials."),
                    error: None,
                };
            }
            Err(error) => error,
        };
        TestReport {
            success: false,
            message: "Connection failed".to_owned(),
            details: format!("{error} {}", map::advice(&error)),
            error: Some(error),
        }
    }
}

#[async_trait]
impl HostedPayments for Worldpay {
    async fn open(
        &self,
        connection: &Connection<'_>,
        order: &HostedOrder<'_>,
    ) -> Result<HostedPage, ProviderError> {
        let message = wire::transaction_setup(connection, order)?;
        let reply = self.send(connection, message).await?;
        map::accepted(&reply)?;
        let (setup_id, validation_code) = reply.setup()?;
        let url = self.page(connection, &setup_id);
        Ok(HostedPage { setup_id, url, form: Vec::new(), validation_code })
    }

    async fn expire(&self, connection: &Connection<'_>, setup_id: &str) -> Result<(), ProviderError> {
        let reply = self.send(connection, wire::expire(connection, setup_id)?).await?;
        match map::accepted(&reply) {
            // Gone already: 101 for an id that it does not know any more (§3.4 [I]).
            Err(error) if error.code.as_deref() == Some("101") => Ok(()),
            other => other,
        }
    }

    fn read_return(&self, fields: &[(String, String)]) -> Result<HostedReturn, ReturnError> {
        returned::read(fields)
    }
}

#[async_trait]
impl KeyRotation for Worldpay {
    fn secret(&self) -> &'static str {
        "AccountToken"
    }

    async fn create(&self, connection: &Connection<'_>) -> Result<Secret, ProviderError> {
        let reply = self.send(connection, wire::token_create(connection)?).await?;
        map::accepted(&reply)?;
        reply.new_token()
    }

    async fn activate(&self, connection: &Connection<'_>, new: &Secret) -> Result<(), ProviderError> {
        let reply = self.send(connection, wire::token_activate(connection, new)?).await?;
        map::accepted(&reply)
    }
}

#[cfg(test)]
mod tests;
