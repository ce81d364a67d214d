//! A provider's server as its template describes it, with every placeholder filled in.

use std::time::Duration;

use kontor_domain::templates::{
    Authentication, Escape, Scope, Template, Text,
    oauth::{self, Pkce},
    text::Unfilled,
};
use url::Url;

use super::{ClientAuthentication, Facts, Revocation, Server};
use crate::ProviderError;

/// Whether a template says how tokens are taken back.
pub fn can_revoke(template: &Template) -> bool {
    match &template.authentication {
        Authentication::AuthorizationCode(says) => {
            says.revocation_url.is_some() || template.revocation.is_some()
        }
        _ => false,
    }
}

/// The server of a template whose people consent, in an integration's scope.
pub fn server(template: &Template, scope: &dyn Scope, timeout: Duration) -> Result<Server, ProviderError> {
    let Authentication::AuthorizationCode(says) = &template.authentication else {
        return Err(ProviderError::misconfigured("nobody has to consent at this provider"));
    };
    let plain = |text: &Text| text.render(scope, Escape::Plain).map_err(|error| unfilled(&error));
    let address = |text: &Text| {
        let filled = text.render_url(scope).map_err(|error| unfilled(&error))?;
        Url::parse(filled.expose()).map_err(|_| ProviderError::misconfigured("an address cannot be read"))
    };
    let mut authorize_parameters = Vec::new();
    for (name, text) in &says.authorize_parameters {
        authorize_parameters.push((name.clone(), plain(text)?.expose().to_owned()));
    }
    let revocation = says.revocation_url.as_ref().map(address).transpose()?;
    let issuer = says.issuer.as_ref().map(plain).transpose()?;
    let tokens = &template.tokens;
    Ok(Server {
        client_id: plain(&says.client_id)?.expose().to_owned(),
        client_secret: says.client_secret.as_ref().map(plain).transpose()?,
        authentication: match says.client_authentication {
            oauth::ClientAuthentication::Basic => ClientAuthentication::Basic,
            oauth::ClientAuthentication::Body => ClientAuthentication::Body,
        },
        authorization_url: address(&says.authorization_url)?,
        token_url: address(&says.token_url)?,
        revocation: revocation.map(|url| Revocation { url, json: false }),
        scope: says.scopes.join(&says.scope_separator),
        pkce: says.pkce == Pkce::S256,
        issuer: issuer.map(|it| it.expose().to_owned()),
        says_issuer: says.iss_parameter,
        authorize_parameters,
        token_headers: Vec::new(),
        trace_header: None,
        account_parameters: says.account_parameters.clone(),
        facts: Facts {
            lifetime: Duration::from_secs(tokens.lifetime_seconds),
            grant_lifetime: tokens.grant_lifetime_seconds.map(Duration::from_secs),
            refresh_margin: Duration::from_secs(tokens.refresh_margin_seconds),
            reuse_window: Duration::from_secs(tokens.reuse_window_seconds),
        },
        hosts: Some(template.allowed_hosts.all().to_vec()),
        timeout,
    })
}

/// In words for whoever can do something about it.
fn unfilled(error: &Unfilled) -> ProviderError {
    use kontor_domain::templates::Place;
    match error {
        Unfilled::Unresolved(Place::Operator(what)) => ProviderError::misconfigured(&format!(
            "The operator of this Kontor has not set the {what} of its app at this provider"
        )),
        other => ProviderError::misconfigured(&other.to_string()),
    }
}
