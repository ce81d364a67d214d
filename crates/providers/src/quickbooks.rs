//! QuickBooks Online: the connection to a company's books (quickbooks-online.md).
//!
//! `reply` reads, `settings` is the operator's. This file says where things are and sends. Refuses to follow what an
//! answer points to, to take a status alone for an answer, and to send anything twice.

mod books;
mod client;
mod fault;
mod law;
mod mapping;
mod query;
mod read;
mod reply;
mod settings;
mod verdict;
mod webhook;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use kontor_domain::{
    Secret,
    templates::{Place, Scope, Template, text::Operator},
};
use url::Url;

use crate::{
    Accounting, Connection, Http, Outgoing, Provider, ProviderError, Proxied, TestReport,
    http::{Call, Method},
    oauth::{self, OAuth, Server},
    registry,
};
use reply::Company;
pub use settings::{Environment, Settings};

/// The only version that is served (§2.3).
const MINOR_VERSION: &str = "75";
/// The largest answer that is read.
const LIMIT: usize = 1024 * 1024;
/// The company's number, as the way back from the consent says it (§1.3).
const REALM: &str = "realmId";
/// What every answer is named by (§1.7).
const TRACE: &str = "intuit_tid";
/// Asks when the consent itself ends (§1.4).
const HARD_END: &str = "x-include-refresh-token-hard-expires-in";

/// The provider.
pub struct QuickBooks {
    template: Template,
    settings: Settings,
    http: Http,
}

impl QuickBooks {
    /// Over the shared client.
    pub fn new(settings: Settings, http: Http) -> Result<Self, String> {
        let template = registry::template(include_str!("../../../templates/quickbooks.toml"))?;
        Ok(Self { template, settings, http })
    }

    /// The integration's own choice, or the operator's.
    fn environment(&self, connection: &Connection<'_>) -> Environment {
        match connection.configuration.get("Environment").map(String::as_str) {
            Some("Sandbox") => Environment::Sandbox,
            Some("Production") => Environment::Production,
            _ => self.settings.environment,
        }
    }

    /// Where the sandbox stands instead. The operator's address stands for the sandbox only.
    fn instead(&self, connection: &Connection<'_>) -> Option<&Url> {
        self.settings.sandbox_url.as_ref().filter(|_| self.environment(connection) == Environment::Sandbox)
    }

    /// The company's own address (§2.1), with a slash at its end.
    fn company_url(&self, connection: &Connection<'_>) -> Result<Url, ProviderError> {
        let base = match (self.instead(connection), self.environment(connection)) {
            (Some(url), _) => registry::base(url),
            (None, Environment::Sandbox) => "https://sandbox-quickbooks.api.intuit.com".to_owned(),
            (None, Environment::Production) => "https://quickbooks.api.intuit.com".to_owned(),
        };
        let realm = realm(connection)?;
        Url::parse(&format!("{base}/v3/company/{realm}/"))
            .map_err(|_| ProviderError::misconfigured("the provider's address cannot be read"))
    }

    /// Who the company is (§3.1).
    async fn company_info(&self, connection: &Connection<'_>) -> Result<Company, ProviderError> {
        let url = self.company_url(connection)?.join(&format!("companyinfo/{}", realm(connection)?));
        let mut url =
            url.map_err(|_| ProviderError::misconfigured("the company's address cannot be read"))?;
        url.query_pairs_mut().append_pair("minorversion", MINOR_VERSION);
        let bearer = bearer(connection)?;
        let call = Call {
            headers: &[("authorization", bearer.expose()), ("accept", "application/json")],
            timeout: Duration::from_millis(self.settings.timeout_ms),
            limit: LIMIT,
            ..Call::new(Method::Get, &url)
        };
        let answer = self.http.send(call).await?;
        let read = reply::company(&answer);
        if let Err(error) = &read {
            let trace = crate::error::clean(answer.headers.get(TRACE).unwrap_or_default());
            tracing::info!(intuit_tid = trace, status = answer.status, %error, "the books refused");
        }
        read
    }
}

/// The company's number; digits alone ever stand in an address (§1.3).
fn realm<'a>(connection: &Connection<'a>) -> Result<&'a str, ProviderError> {
    let realm = connection.account.get(REALM).map(String::as_str).unwrap_or_default();
    if (1..=32).contains(&realm.len()) && realm.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(realm)
    } else {
        Err(ProviderError::misconfigured("the connection does not say which company it is"))
    }
}

fn bearer(connection: &Connection<'_>) -> Result<Secret, ProviderError> {
    let token =
        connection.access_token.ok_or_else(|| ProviderError::misconfigured("nobody has connected it"))?;
    Ok(Secret::new(format!("Bearer {}", token.expose())))
}

#[async_trait]
impl Provider for QuickBooks {
    fn template(&self) -> &Template {
        &self.template
    }

    fn oauth(&self) -> Option<&dyn OAuth> {
        Some(self)
    }

    fn accounting(&self) -> Option<&dyn Accounting> {
        Some(self)
    }

    fn proxied(&self) -> Option<&dyn Proxied> {
        Some(self)
    }

    async fn test(&self, connection: &Connection<'_>) -> TestReport {
        let place = self.environment(connection).as_str().to_lowercase();
        match self.company_info(connection).await {
            Ok(company) => TestReport {
                success: true,
                message: format!("Connected to {}", company.name),
                details: company.words(&place),
                error: None,
            },
            Err(error) => TestReport {
                success: false,
                message: "QuickBooks Online did not take the connection".to_owned(),
                details: reply::advice(&error, &place),
                error: Some(error),
            },
        }
    }
}

/// The operator's app, for the template's placeholders.
struct App<'a>(&'a Settings);

impl Scope for App<'_> {
    fn value(&self, place: &Place) -> Option<&str> {
        match place {
            Place::Operator(Operator::ClientId) => self.0.client_id.as_deref(),
            Place::Operator(Operator::ClientSecret) => self.0.client_secret.as_ref().map(Secret::expose),
            _ => None,
        }
    }
}

impl OAuth for QuickBooks {
    fn server(&self, connection: &Connection<'_>) -> Result<Server, ProviderError> {
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        let mut server = oauth::server(&self.template, &App(&self.settings), timeout)?;
        server.token_headers = vec![(HARD_END.to_owned(), "true".to_owned())];
        server.trace_header = Some(TRACE);
        if let Some(revocation) = &mut server.revocation {
            revocation.json = true;
        }
        if let Some(instead) = self.instead(connection) {
            // One address for all of the sandbox's hosts, with the paths that they have (§1.1).
            let urls = [&mut server.authorization_url, &mut server.token_url];
            for url in urls.into_iter().chain(server.revocation.as_mut().map(|it| &mut it.url)) {
                let moved = Url::parse(&format!("{}{}", registry::base(instead), url.path()));
                *url = moved
                    .map_err(|_| ProviderError::misconfigured("the sandbox's address cannot be read"))?;
            }
            server.hosts = None;
        }
        Ok(server)
    }

    fn http(&self) -> &Http {
        &self.http
    }

    fn can_revoke(&self) -> bool {
        oauth::can_revoke(&self.template)
    }
}

#[async_trait]
impl Proxied for QuickBooks {
    fn base(&self, connection: &Connection<'_>) -> Result<Url, ProviderError> {
        self.company_url(connection)
    }

    fn allows(&self, connection: &Connection<'_>, url: &Url) -> bool {
        self.company_url(connection).is_ok_and(|it| it.origin() == url.origin())
    }

    async fn authorize(
        &self,
        connection: &Connection<'_>,
        request: &mut Outgoing<'_>,
    ) -> Result<(), ProviderError> {
        request.headers.push(("authorization".to_owned(), bearer(connection)?));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
