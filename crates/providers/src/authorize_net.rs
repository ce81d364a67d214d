//! Authorize.Net: the connection to a merchant account over its JSON interface (authorizenet.md).
//!
//! `wire` builds, `reply` reads, `map` says what a code means: all pure. This file sends. Refuses to send anything
//! twice, and to keep a text of the provider's that repeats a credential.

mod map;
mod reply;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use kontor_domain::templates::Template;
use url::Url;

use crate::{
    Connection, Http, Provider, ProviderError, TestReport,
    http::{Call, Method},
    registry,
};

/// One address for every operation (§1.1).
const PATH: &str = "/xml/v1/request.api";
/// The largest answer that is read: the details of a merchant have some kilobytes.
const LIMIT: usize = 1024 * 1024;

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
}

impl AuthorizeNet {
    /// Over the shared client.
    pub fn new(settings: Settings, http: Http) -> Result<Self, String> {
        let template = registry::template(include_str!("../../../templates/authorize-net.toml"))?;
        Ok(Self { template, settings, http })
    }

    /// Where requests go (§1.1). The operator's address stands for the sandbox only.
    fn address(&self, connection: &Connection<'_>) -> Result<Url, ProviderError> {
        let base = match (is_sandbox(connection), &self.settings.sandbox_url) {
            (true, Some(url)) => registry::base(url),
            (true, None) => "https://apitest.authorize.net".to_owned(),
            (false, _) => "https://api.authorize.net".to_owned(),
        };
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
                body: message.expose().as_bytes().to_vec(),
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
