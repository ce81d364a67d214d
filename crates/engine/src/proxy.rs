//! A caller's own request to an integration's provider.
//!
//! Owns who may and when: the integration is there, enabled and connected, and every request leaves an audit row.
//! Refuses to keep a body, a header or a query's value of it.

use std::sync::Arc;

use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    templates::Template,
};
use kontor_providers::{
    Connection, Provider,
    books::{CompanyGate, Errand},
    declarative::once,
    pace::{HeldBack, Leave},
    proxy::{self, Asked, Manners, Passed, Refusal, Target},
};
use kontor_store::{integrations, integrations::Integration};
use serde_json::{Value, json};

use crate::{Actor, Engine, Error};

/// The longest path that an audit row keeps, in letters.
const MAX_PATH: usize = 500;
/// The most names of query parameters that an audit row keeps.
const MAX_NAMES: usize = 50;

impl Engine {
    /// Sends a request on to an integration's provider. Whatever the provider answers is an answer.
    pub async fn proxy(
        self: &Arc<Self>,
        organization: OrganizationId,
        actor: &Actor,
        id: IntegrationId,
        read: impl FnOnce() -> Result<Asked, Refusal>,
    ) -> Result<Passed, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, organization, id).await?.ok_or(Error::IntegrationNotFound)?
        };
        let asked = read().map_err(Error::Proxy)?;
        if !integration.is_enabled {
            return Err(Error::IntegrationDisabled);
        }
        let provider = self.registry.get(&integration.provider).ok_or(Error::IntegrationNotFound)?;
        let proxied = provider.proxied().ok_or(Error::NoProxy)?;
        let (opened, token) = self.open_connection(organization, &integration, actor, "proxy").await?;
        let mut detail = facts(asked.method.word(), &asked.target);
        let template = provider.template();
        let books = self.books_gate(provider.as_ref(), &opened.connection());
        let enter = || {
            // What a caller reads or writes there is not known here; both count alike.
            let company = books.as_ref().map(|it| it.pass(Errand::Write)).transpose()?;
            Ok(Leave { company, ..self.enter(&integration, template, 1)? })
        };
        let manners = Manners {
            idempotency_header: template.idempotency_header.as_deref(),
            once: once(&self.ambient),
            enter: &enter,
        };
        let limits = &self.settings.proxy;
        let sent = proxy::send(&self.http, proxied, &opened.connection(), asked, limits, &manners).await;
        let (outcome, value) = match &sent {
            Ok(passed) => ("status", json!(passed.status)),
            Err(refusal) => ("failure", json!(words(refusal))),
        };
        if let Some(detail) = detail.as_object_mut() {
            detail.insert(outcome.to_owned(), value);
        }
        let mut tx = self.db.write().await?;
        self.audit(&mut tx, Some(organization), actor, "integration.proxied", &id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        let passed = sent.map_err(|refusal| match refusal {
            Refusal::Provider(error) => Error::Proxy(Refusal::Provider(opened.without(error))),
            other => Error::Proxy(other),
        })?;
        if let Some(version) = token.filter(|_| passed.is_unauthorized()) {
            // The answer stays what it is; a request is not sent twice for a token's sake. The next one has a new token.
            let renewed = self.access_token_instead(organization, id, version, actor, "proxy").await;
            if let Err(error) = renewed {
                tracing::info!(integration = %id, %error, "a token that the provider does not take was not renewed");
            }
        }
        Ok(passed)
    }

    /// Takes so many calls out of what the integration's provider allows.
    pub(crate) fn enter(
        &self,
        integration: &Integration,
        template: &Template,
        calls: u64,
    ) -> Result<Leave, HeldBack> {
        let Some(limit) = &template.rate_limit else { return Ok(Leave::default()) };
        let lease = self.registry.pace().enter(integration.id, limit, calls, self.ambient.now())?;
        Ok(Leave { integration: Some(lease), company: None })
    }

    /// The gate of the company whose books are connected; none where none are.
    pub(crate) fn books_gate(
        &self,
        provider: &dyn Provider,
        connection: &Connection<'_>,
    ) -> Option<CompanyGate> {
        let accounting = provider.accounting()?;
        let company = accounting.company_id(connection)?;
        Some(self.registry.books_pace().gate(&company, accounting.limits()))
    }
}

/// What an audit row keeps of a request: no value of a query, no header and no body.
fn facts(method: &str, target: &Target) -> Value {
    let path: String = target.path().chars().take(MAX_PATH).collect();
    let names = target.query_names();
    json!({ "method": method, "path": path, "query": names.get(..MAX_NAMES).unwrap_or(&names) })
}

/// Why there was no answer, for the audit row: kinds and no provider's or caller's words.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Field(field, _) => format!("{field} refused"),
        Refusal::HeldBack(_) => "held back".to_owned(),
        Refusal::Provider(_) => "not authorized".to_owned(),
        Refusal::Failed(failure) => failure.to_string(),
    }
}
