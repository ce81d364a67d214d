//! Authorize.Net: the connection to a merchant account over its JSON interface (authorizenet.md).
//!
//! `wire` builds, `reply` reads, `map` says what a code means: all pure. This file sends, and `charge`, `vault`,
//! `report` and `hosted` say what is sent for what. Refuses to send anything that moves money twice, and to keep a
//! text of the provider's that repeats a credential.

mod charge;
mod hosted;
mod map;
mod reply;
mod report;
mod vault;
mod webhook;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use kontor_domain::{Ambient, templates::Template};
use url::Url;

use crate::{
    Charges, Connection, HostedPayments, Http, Provider, ProviderError, Reports, TestReport, Vaulting,
    WebhookIn,
    http::{Call, Method},
    registry,
};

/// One address for every operation (§1.1).
const PATH: &str = "/xml/v1/request.api";
/// The largest answer that is read: a page of a list has a thousand transactions.
const LIMIT: usize = 4 * 1024 * 1024;
/// How long a record that was made just now may not be found yet, in waits between questions (money.md, Cards on
/// file). Together they are shorter than a call may take.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// What the operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The longest a call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Stands for the sandbox's host, never for production's.
    pub sandbox_url: Option<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout_ms: 30_000, sandbox_url: None }
    }
}

/// The provider.
pub struct AuthorizeNet {
    template: Template,
    settings: Settings,
    http: Http,
    ambient: Ambient,
    pauses: [Duration; 4],
}

impl AuthorizeNet {
    /// Over the shared client. The random source makes what a true return from a page carries.
    pub fn new(settings: Settings, http: Http, ambient: Ambient) -> Result<Self, String> {
        let template = registry::template(include_str!("../../../templates/authorize-net.toml"))?;
        Ok(Self { template, settings, http, ambient, pauses: PAUSES })
    }

    /// The operator's address stands for the sandbox only.
    fn base(&self, connection: &Connection<'_>, sandbox: &str, production: &str) -> String {
        match (is_sandbox(connection), &self.settings.sandbox_url) {
            (true, Some(url)) => registry::base(url),
            (true, None) => sandbox.to_owned(),
            (false, _) => production.to_owned(),
        }
    }

    /// Where requests go (§1.1).
    fn address(&self, connection: &Connection<'_>) -> Result<Url, ProviderError> {
        let base = self.base(connection, "https://apitest.authorize.net", "https://api.authorize.net");
        Url::parse(&format!("{base}{PATH}"))
            .map_err(|_| ProviderError::misconfigured("the provider's address cannot be read"))
    }

    async fn send(
        &self,
        connection: &Connection<'_>,
        message: wire::Message,
    ) -> Result<reply::Reply, ProviderError> {
        let url = self.address(connection)?;
        let answer = self
            .http
            .send(Call {
                headers: &[("content-type", "application/json"), ("accept", "application/json")],
                body: message.into_bytes(),
                timeout: Duration::from_millis(self.settings.timeout_ms),
                limit: LIMIT,
                ..Call::new(Method::Post, &url)
            })
            .await?;
        if (300..400).contains(&answer.status) {
            return Err(ProviderError::nonsense("it points to another address instead of answering"));
        }
        if answer.is_page() {
            return Err(ProviderError::nonsense("it is a web page"));
        }
        // Refusals come with 200 (§1.1): any other status is that of something that stands before the provider.
        if answer.status != 200 {
            return Err(ProviderError::nonsense(&format!("HTTP status {}", answer.status)));
        }
        reply::read(&answer.body)
    }

    /// The credentials first, since that question says nothing else (§2.1); then whose they are (§2.2).
    async fn ask(
        &self,
        connection: &Connection<'_>,
        credentials: &wire::Credentials<'_>,
    ) -> Result<Option<reply::Merchant>, ProviderError> {
        let tested = self.send(connection, wire::authenticate_test(credentials)?).await?;
        map::accepted(&tested, credentials)?;
        let details = self.send(connection, wire::merchant_details(credentials)?).await?;
        match map::accepted(&details, credentials) {
            Ok(()) => Ok(Some(details.merchant())),
            // The credentials hold; an account may keep its details from them.
            Err(error) if map::is_forbidden(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_sandbox(connection: &Connection<'_>) -> bool {
    connection.configuration.get("IsSandbox").is_none_or(|it| it != "false")
}

#[async_trait]
impl Provider for AuthorizeNet {
    fn template(&self) -> &Template {
        &self.template
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

    fn hosted(&self) -> Option<&dyn HostedPayments> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookIn> {
        Some(self)
    }

    async fn test(&self, connection: &Connection<'_>) -> TestReport {
        let place = if is_sandbox(connection) { "sandbox" } else { "production" };
        let credentials = match wire::Credentials::of(connection) {
            Ok(credentials) => credentials,
            Err(error) => return failed(map::unfit(&error), error),
        };
        match self.ask(connection, &credentials).await {
            Ok(merchant) => TestReport {
                success: true,
                message: merchant.map_or_else(|| "Connection test successful".to_owned(), |it| it.words()),
                details: format!("Connected to Authorize.Net {place}. Credentials valid."),
                error: None,
            },
            Err(error) => failed(map::words(&error, place), error),
        }
    }
}

fn failed((message, details): (String, String), error: ProviderError) -> TestReport {
    TestReport { success: false, message, details, error: Some(error) }
}

#[cfg(test)]
mod tests;
