//! Templates: what a provider's integration consists of, as data.
//!
//! Owns the shape, its reading with every fault and line, and the checks of what a caller gives. Refuses to read
//! files, to call anybody, and to take a template that says something it cannot keep.

pub mod authentication;
pub mod connection_test;
pub mod environments;
pub mod fault;
pub mod fields;
mod lookup;
pub mod oauth;
pub mod pattern;
mod reader;
pub mod requests;
pub mod text;
pub mod values;
pub mod webhook;

use toml::de::DeTable;

use crate::integrations::IntegrationType;

pub use authentication::Authentication;
pub use connection_test::ConnectionTest;
pub use environments::{AllowedHosts, Environments};
pub use fault::{Fault, Severity};
pub use fields::{ConfigurationField, FieldType, SecretField};
pub use text::{Escape, Place, Scope, Text};
pub use values::{FieldError, Needed};
pub use webhook::{RateLimit, Revocation, Tokens, Webhook};

use fault::Sink;
use reader::Table;

/// The longest configuration value, in characters.
pub const MAX_VALUE: usize = 2_000;
/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 16_384;
/// The longest template, in bytes.
pub const MAX_FILE: usize = 65_536;

/// What a provider's integration consists of.
#[derive(Debug, Clone)]
pub struct Template {
    /// The provider's name in the API.
    pub provider: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// What it is for.
    pub integration_type: IntegrationType,
    /// Where the provider explains itself.
    pub documentation_url: String,
    /// What works with it.
    pub supported_features: Vec<String>,
    /// Settings that are no secrets.
    pub configuration_fields: Vec<ConfigurationField>,
    /// Secrets.
    pub secret_fields: Vec<SecretField>,
    /// Where the provider stands.
    pub environments: Environments,
    /// Which hosts a secret may be sent to.
    pub allowed_hosts: AllowedHosts,
    /// How requests are authenticated.
    pub authentication: Authentication,
    /// How tokens behave.
    pub tokens: Tokens,
    /// What shows that the credentials work.
    pub connection_test: Option<ConnectionTest>,
    /// The request that ends a connection.
    pub revocation: Option<Revocation>,
    /// What the provider's own calls are signed with.
    pub webhook: Option<Webhook>,
    /// The header that makes a repeated request the same request.
    pub idempotency_header: Option<String>,
    /// How often the provider may be called.
    pub rate_limit: Option<RateLimit>,
}

/// A template's text, read.
#[derive(Debug)]
pub struct Reading {
    /// The template; none where there is an error.
    pub template: Option<Template>,
    /// Everything that is wrong, by line.
    pub faults: Vec<Fault>,
}

impl Template {
    /// Reads a template's text. Tells every fault at once.
    pub fn read(text: &str) -> Reading {
        let sink = Sink::new(text);
        if text.len() > MAX_FILE {
            sink.error(&(0..0), format!("the file has more than {MAX_FILE} bytes"));
            return Reading { template: None, faults: sink.into_faults() };
        }
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let message = format!("this is no TOML: {}", error.message());
            sink.error(&error.span().unwrap_or(0..0), message);
        }
        // A half-read text would be told of keys that are there.
        let whole = errors.is_empty();
        let read = whole.then(|| Self::of(Table::new(&sink, "", 0..0, document.get_ref())));
        let template = read.filter(|_| !sink.failed());
        Reading { template, faults: sink.into_faults() }
    }

    /// Reads a template's text; warnings are no reason to refuse it.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let Reading { template, faults } = Self::read(text);
        template.ok_or(faults)
    }

    fn of(table: Table<'_>) -> Self {
        let kind = table.word("integration_type", IntegrationType::ALL);
        let provider = table.text("provider");
        if provider.len() > 50 || !provider.bytes().all(|it| it.is_ascii_alphanumeric()) {
            table.wrong("provider", "must be at most 50 letters and digits");
        }
        let documentation_url = table.text("documentation_url");
        if !documentation_url.starts_with("https://") {
            table.wrong("documentation_url", "must be an https address");
        }
        let configuration_fields = table.tables("configuration_fields", fields::MAX_FIELDS);
        let secret_fields = table.tables("secret_fields", fields::MAX_FIELDS);
        let authentication = Authentication::read(&table);
        let idempotency_header = table.maybe("idempotency_header");
        if let Some(header) = &idempotency_header {
            requests::check_header(&table, "idempotency_header", header);
        }
        let read = Self {
            provider,
            display_name: table.text("display_name"),
            description: table.text("description"),
            integration_type: kind.unwrap_or(IntegrationType::Payment),
            documentation_url,
            supported_features: table.texts("supported_features"),
            configuration_fields: configuration_fields.into_iter().map(ConfigurationField::read).collect(),
            secret_fields: secret_fields.into_iter().map(SecretField::read).collect(),
            environments: Environments::read(&table),
            allowed_hosts: AllowedHosts::read(&table),
            authentication: authentication.unwrap_or(Authentication::Adapter),
            tokens: Tokens::read(&table),
            connection_test: ConnectionTest::read(&table),
            revocation: Revocation::read(&table),
            webhook: Webhook::read(&table),
            idempotency_header,
            rate_limit: RateLimit::read(&table),
        };
        lookup::check(&read, &table);
        table.done();
        read
    }

    /// How many requests a connection test makes, beside those for a token.
    pub fn test_requests(&self) -> u64 {
        let described = self.connection_test.as_ref().map_or(0, |it| it.requests.len());
        u64::try_from(described).unwrap_or(u64::MAX).max(1)
    }

    /// Whether somebody has to consent at the provider.
    pub fn requires_oauth(&self) -> bool {
        matches!(self.authentication, Authentication::AuthorizationCode(_))
    }
}

#[cfg(test)]
mod tests;
