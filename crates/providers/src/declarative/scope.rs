//! What placeholders stand for, in one call: settings, secrets, addresses, tokens.
//!
//! Owns the resolving of the environment. Refuses an address whose host is not the template's, also after it was
//! filled in.

use std::{collections::BTreeMap, fmt};

use kontor_domain::{
    Secret,
    templates::{
        Escape, Place, Scope, Template, Text,
        text::{Fact, Operator, Unfilled},
    },
};
use url::Url;

use crate::{Connection, ProviderError};

/// The operator's own app at a provider.
#[derive(Clone, Default)]
pub struct App {
    /// Its public name.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

/// The values of one call.
pub struct Values<'a> {
    template: &'a Template,
    connection: &'a Connection<'a>,
    app: &'a App,
    urls: BTreeMap<String, Secret>,
    facts: BTreeMap<Fact, String>,
    /// What `{{access_token}}` stands for.
    pub access_token: Option<Secret>,
    /// What `{{token}}` stands for.
    pub token: Option<Secret>,
}

/// Settings alone: what an environment's address may be made of.
struct Settings<'a>(&'a Connection<'a>);

impl Scope for Settings<'_> {
    fn value(&self, place: &Place) -> Option<&str> {
        match place {
            Place::Configuration(key) => self.0.configuration.get(key).map(String::as_str),
            Place::Account(key) => self.0.account.get(key).map(String::as_str),
            _ => None,
        }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.client_secret.as_ref().map(|_| "(hidden)");
        f.debug_struct("App").field("client_id", &self.client_id).field("client_secret", &secret).finish()
    }
}

impl<'a> Values<'a> {
    /// The values of an integration. Fails where the settings choose no environment, or make no address of it.
    pub fn new(
        template: &'a Template,
        connection: &'a Connection<'a>,
        app: &'a App,
    ) -> Result<Self, ProviderError> {
        let environments = &template.environments;
        let mut urls = BTreeMap::new();
        match environments.select(connection.configuration) {
            Some(environment) => {
                for (name, text) in &environment.urls {
                    let url = text.render_url(&Settings(connection)).map_err(|it| unfilled(&it))?;
                    urls.insert(name.clone(), Secret::new(url.expose().trim_end_matches('/').to_owned()));
                }
            }
            None if environments.all.is_empty() => {}
            None => {
                let key = environments.selected_by.as_deref().unwrap_or_default();
                return Err(ProviderError::misconfigured(&format!(
                    "The setting {key} chooses no environment"
                )));
            }
        }
        let access_token = connection.access_token.cloned();
        Ok(Self { template, connection, app, urls, facts: BTreeMap::new(), access_token, token: None })
    }

    /// Says something about the request that is made, for what is signed.
    pub fn set(&mut self, fact: Fact, value: String) {
        self.facts.insert(fact, value);
    }

    /// A text with its values, to stand where `escape` says.
    pub fn fill(&self, text: &Text, escape: Escape) -> Result<Secret, ProviderError> {
        text.render(self, escape).map_err(|it| unfilled(&it))
    }

    /// An address with its values, at one of the template's hosts.
    pub fn url(&self, text: &Text) -> Result<Url, ProviderError> {
        let filled = text.render_url(self).map_err(|it| unfilled(&it))?;
        let url = Url::parse(filled.expose()).map_err(|_| {
            ProviderError::misconfigured("The settings make no address of the provider; check them")
        })?;
        self.check(&url)?;
        Ok(url)
    }

    /// Refuses an address that is not at one of the template's hosts.
    pub fn check(&self, url: &Url) -> Result<(), ProviderError> {
        let host = url.host_str().unwrap_or_default();
        if allows(self.template, url) {
            return Ok(());
        }
        Err(ProviderError::misconfigured(&format!(
            "The settings lead to {host}, which is none of this provider's hosts"
        )))
    }

    /// The template.
    pub fn template(&self) -> &'a Template {
        self.template
    }
}

/// Whether an address is at one of the template's hosts.
pub fn allows(template: &Template, url: &Url) -> bool {
    let port = url.port_or_known_default().unwrap_or(0);
    let plain = url.username().is_empty() && url.password().is_none();
    plain && url.host_str().is_some_and(|host| template.allowed_hosts.allows(host, port))
}

impl Scope for Values<'_> {
    fn value(&self, place: &Place) -> Option<&str> {
        match place {
            Place::Secret(key) => self.connection.secrets.get(key).map(Secret::expose),
            Place::Configuration(key) => self.connection.configuration.get(key).map(String::as_str),
            Place::Environment(key) => self.urls.get(key).map(Secret::expose),
            Place::Account(key) => self.connection.account.get(key).map(String::as_str),
            Place::Operator(Operator::ClientId) => self.app.client_id.as_deref(),
            Place::Operator(Operator::ClientSecret) => self.app.client_secret.as_ref().map(Secret::expose),
            Place::AccessToken => self.access_token.as_ref().map(Secret::expose),
            Place::Token => self.token.as_ref().map(Secret::expose),
            Place::Request(fact) => self.facts.get(fact).map(String::as_str),
        }
    }
}

/// What is missing, in words. The value itself is never repeated.
fn unfilled(error: &Unfilled) -> ProviderError {
    let message = match error {
        Unfilled::Unresolved(Place::Secret(key)) => format!("The secret {key} is not set"),
        Unfilled::Unresolved(Place::Configuration(key)) => format!("The setting {key} is not set"),
        Unfilled::Unresolved(Place::Account(_) | Place::AccessToken | Place::Token) => {
            "The provider is not connected yet: connect it first".to_owned()
        }
        Unfilled::Unresolved(Place::Operator(_)) => {
            "The operator has not registered an app at this provider".to_owned()
        }
        Unfilled::Unresolved(place) => format!("{place} is not known"),
        Unfilled::Unfit(Place::Secret(key), why) => format!("The secret {key} {why}"),
        Unfilled::Unfit(Place::Configuration(key), why) => format!("The setting {key} {why}"),
        Unfilled::Unfit(place, why) => format!("{place} {why}"),
        Unfilled::Address(why) => format!("The settings make an address that {why}"),
    };
    ProviderError::misconfigured(&message)
}
