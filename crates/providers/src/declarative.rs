//! A provider out of a template: what is described is done, for every template alike.
//!
//! Owns the connection test and the credential of a caller's own requests. Refuses every address that is not at one of
//! the template's hosts, and to retry.

mod build;
mod jwt;
mod oauth1;
mod predicate;
mod revoke;
pub mod scope;
pub(crate) mod sign;
mod smtp;
mod tokens;
mod verdict;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use kontor_domain::{
    Ambient, Secret,
    templates::{Authentication, ConnectionTest, Place, Template, Text, requests::Request, text::Part},
};
use serde_json::Value;
use url::Url;

use crate::{
    Connection, Http, Outgoing, Provider, ProviderError, Proxied, TestReport,
    http::Answer,
    oauth::{self, OAuth, Refusal, Server},
};

pub use scope::{App, Values};

use build::build;
use tokens::{Tokens, Wire};
use verdict::Trouble;

/// How long a call to an authorization server may take.
const OAUTH_TIMEOUT: Duration = Duration::from_secs(30);

/// What the operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of templates.
    pub folder: Option<PathBuf>,
    /// How long a connection test may take, all of its requests together.
    pub timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folder: None, timeout_ms: 30_000 }
    }
}

/// A provider that is described by a template.
pub struct Declarative {
    template: Arc<Template>,
    http: Http,
    ambient: Ambient,
    app: App,
    tokens: Tokens,
    timeout: Duration,
}

impl Declarative {
    /// Of a template whose authentication is no adapter's.
    pub fn new(template: Arc<Template>, http: Http, ambient: Ambient) -> Self {
        let tokens = Tokens::new(&ambient);
        let timeout = Duration::from_millis(Settings::default().timeout_ms);
        Self { template, http, ambient, app: App::default(), tokens, timeout }
    }

    /// With another time for a connection test.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// With the operator's own app at the provider.
    #[must_use]
    pub fn with_app(self, app: App) -> Self {
        Self { app, ..self }
    }

    async fn try_test(&self, connection: &Connection<'_>) -> Result<String, Trouble> {
        let settings = |error: ProviderError| Trouble::new(error, "Check the settings, then test again.");
        let value = |key: &str| {
            let secret = connection.secrets.get(key).map(Secret::expose);
            secret.or_else(|| connection.configuration.get(key).map(String::as_str))
        };
        if let Some((key, what)) = self.template.look_alikes(value, connection.configuration).pop() {
            let error = ProviderError::misconfigured(&format!("{key} {what}"));
            return Err(Trouble::new(error, "Enter the key of the environment that the settings choose."));
        }
        let mut values = Values::new(&self.template, connection, &self.app).map_err(settings)?;
        if let Authentication::Smtp(smtp) = &self.template.authentication {
            let host = smtp::test(&values, smtp, &self.http, self.timeout).await?;
            return Ok(format!("{host} takes this user name and password."));
        }
        let Some(test) = &self.template.connection_test else {
            return Err(settings(ProviderError::misconfigured(
                "This provider's template has no connection test",
            )));
        };
        let wire = Wire::within(&self.http, self.timeout);
        self.tokens
            .provide(&mut values, connection, &wire, &self.ambient, true)
            .await
            .map_err(|error| Trouble::new(error, "Check the client's name and secret in the settings."))?;
        let secrets: Vec<&Secret> = connection.secrets.values().collect();
        let mut last = (None, None);
        for probe in &test.requests {
            let named = |mut trouble: Trouble| {
                if !probe.name.is_empty() {
                    trouble.advice = format!("It happened while {}. {}", probe.name, trouble.advice);
                }
                trouble
            };
            let answer = self.ask(&mut values, &probe.request, &wire).await.map_err(named)?;
            let refused = self.template.requires_oauth() && answer.status == 401;
            let body = verdict::judge(test, probe, &answer, &secrets)
                .map_err(|trouble| named(if refused { trouble.of_token() } else { trouble }))?;
            last = (body, Some(answer));
        }
        Ok(match identity(test, last.0.as_ref(), last.1.as_ref()) {
            Some(who) => {
                format!("{} takes these credentials. The account: {who}.", self.template.display_name)
            }
            None => format!("{} takes these credentials.", self.template.display_name),
        })
    }

    async fn ask(
        &self,
        values: &mut Values<'_>,
        request: &Request,
        wire: &Wire<'_>,
    ) -> Result<Answer, Trouble> {
        let settings = |error: ProviderError| Trouble::new(error, "Check the settings, then test again.");
        let mut built = build(values, request).map_err(settings)?;
        if let Some(header) = self.template.idempotency_header.as_deref()
            && !built.method.is_idempotent()
        {
            built.add_header(header, &once(&self.ambient));
        }
        let content_type = built.content_type();
        let mut outgoing = Outgoing {
            method: built.method.word(),
            url: built.url.clone(),
            headers: std::mem::take(&mut built.headers),
            content_type: content_type.as_deref(),
            body: &built.body,
        };
        sign::authorize(values, &mut outgoing, &self.ambient).map_err(settings)?;
        let Outgoing { url, headers, .. } = outgoing;
        (built.url, built.headers) = (url, headers);
        let sent = tokens::send(values, built, wire).await;
        sent.map_err(|failure| Trouble::new(failure.into(), failure.advice()))
    }
}

/// A text that no other request carries, for a header that makes repeated requests the same.
pub fn once(ambient: &Ambient) -> String {
    HEXLOWER.encode(&ambient.bytes::<16>())
}

/// Who the account says it is, cleaned.
fn identity(test: &ConnectionTest, body: Option<&Value>, answer: Option<&Answer>) -> Option<String> {
    let at = |pointer: &Option<String>| {
        let found = predicate::text_at(body?, pointer.as_deref()?)?;
        Some(crate::error::clean(&found)).filter(|it| !it.is_empty())
    };
    let header = test.identity.id_header.as_deref();
    let id = at(&test.identity.id).or_else(|| {
        let value = answer?.headers.get(header?)?;
        Some(crate::error::clean(value)).filter(|it| !it.is_empty())
    });
    match (at(&test.identity.name), id) {
        (Some(name), Some(id)) => Some(format!("{name} ({id})")),
        (name, id) => name.or(id),
    }
}

#[async_trait]
impl Provider for Declarative {
    fn template(&self) -> &Template {
        &self.template
    }

    fn oauth(&self) -> Option<&dyn OAuth> {
        self.template.requires_oauth().then_some(self)
    }

    fn proxied(&self) -> Option<&dyn Proxied> {
        let calls =
            !matches!(self.template.authentication, Authentication::Smtp(_) | Authentication::Adapter);
        calls.then_some(self)
    }

    async fn test(&self, connection: &Connection<'_>) -> TestReport {
        match self.try_test(connection).await {
            Ok(details) => TestReport {
                success: true,
                message: "Connection successful".to_owned(),
                details,
                error: None,
            },
            Err(Trouble { error, advice }) => TestReport {
                success: false,
                message: "Connection failed".to_owned(),
                details: format!("{error} {advice}"),
                error: Some(error),
            },
        }
    }
}

#[async_trait]
impl OAuth for Declarative {
    fn server(&self, connection: &Connection<'_>) -> Result<Server, ProviderError> {
        let values = Values::new(&self.template, connection, &self.app)?;
        oauth::server(&self.template, &values, OAUTH_TIMEOUT)
    }

    fn http(&self) -> &Http {
        &self.http
    }

    fn can_revoke(&self) -> bool {
        oauth::can_revoke(&self.template)
    }

    async fn revoke(&self, connection: &Connection<'_>, token: &Secret) -> Result<(), Refusal> {
        match &self.template.revocation {
            Some(own) => {
                let values = Values::new(&self.template, connection, &self.app)?;
                let wire = Wire::within(&self.http, OAUTH_TIMEOUT);
                revoke::revoke(values, own, token, &wire).await
            }
            None => self.server(connection)?.revoke(&self.http, token).await,
        }
    }
}

#[async_trait]
impl Proxied for Declarative {
    fn base(&self, connection: &Connection<'_>) -> Result<Url, ProviderError> {
        let values = Values::new(&self.template, connection, &self.app)?;
        values.url(&Text::of(vec![Part::Place(Place::Environment("base_url".to_owned()))]))
    }

    fn allows(&self, _connection: &Connection<'_>, url: &Url) -> bool {
        scope::allows(&self.template, url)
    }

    fn signs_body(&self, content_type: Option<&str>) -> bool {
        sign::reads_body(&self.template.authentication, content_type)
    }

    async fn authorize(
        &self,
        connection: &Connection<'_>,
        request: &mut Outgoing<'_>,
    ) -> Result<(), ProviderError> {
        let mut values = Values::new(&self.template, connection, &self.app)?;
        values.check(&request.url)?;
        let wire = Wire::within(&self.http, self.timeout);
        self.tokens.provide(&mut values, connection, &wire, &self.ambient, false).await?;
        sign::authorize(&mut values, request, &self.ambient)
    }
}

#[cfg(test)]
mod tests;
