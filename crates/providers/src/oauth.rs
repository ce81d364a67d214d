//! OAuth 2.0's authorization code grant, for any provider: what is sent is built here, what comes back is read here.
//!
//! Owns the wire of RFC 6749, 7009, 7636 and 9207, and what an error means for the grant. Refuses to keep anything,
//! to decide when a token is renewed, and to follow a redirect: a token goes to the address of the template alone.

mod answer;
mod authorize;
mod template;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use data_encoding::BASE64;
use kontor_domain::Secret;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

pub(crate) use answer::ended;
pub use answer::{Class, Refusal, Tokens};
pub use authorize::{Consent, Verifier};
pub use template::{can_revoke, server};

use crate::{
    Http,
    http::{Answer, Call, Method},
};

/// The largest answer of a token endpoint, in bytes.
const LIMIT: usize = 128 * 1024;
/// The longest value that a provider says of the account when somebody consents.
const MAX_ACCOUNT: usize = 200;

/// How the client says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In the Authorization header.
    Basic,
    /// In the form.
    Body,
}

/// Where and how a token is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Where.
    pub url: Url,
    /// As a JSON object in place of a form.
    pub json: bool,
}

/// What is known of a provider's tokens beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// How long an access token lives where the answer does not say.
    pub lifetime: Duration,
    /// How long a grant lives that nobody uses; none is for ever.
    pub grant_lifetime: Option<Duration>,
    /// How long before its end an access token is renewed.
    pub refresh_margin: Duration,
    /// How long a refresh token that was replaced is still taken.
    pub reuse_window: Duration,
}

/// An authorization server and this client of it, ready for one call.
#[derive(Clone)]
pub struct Server {
    /// The client's id.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// How the client says who it is.
    pub authentication: ClientAuthentication,
    /// Where people consent.
    pub authorization_url: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Url,
    /// Where tokens are taken back, where they can be.
    pub revocation: Option<Revocation>,
    /// What is asked for, joined as the provider wants it; empty asks for the provider's default.
    pub scope: String,
    /// Whether the provider takes PKCE with S256.
    pub pkce: bool,
    /// Who the server says it is (RFC 9207).
    pub issuer: Option<String>,
    /// Whether it says so on every way back.
    pub says_issuer: bool,
    /// More parameters of the authorization address.
    pub authorize_parameters: Vec<(String, String)>,
    /// More headers of the token endpoint.
    pub token_headers: Vec<(String, String)>,
    /// The header that names each answer at the provider, for its support.
    pub trace_header: Option<&'static str>,
    /// Parameters of the way back that say which account it is, and what each is called here.
    pub account_parameters: Vec<(String, String)>,
    /// What is known of its tokens.
    pub facts: Facts,
    /// The hosts that a credential may go to; none where no address came from a caller.
    pub hosts: Option<Vec<String>>,
    /// How long one call may take.
    pub timeout: Duration,
}

/// A provider that people consent at.
#[async_trait]
pub trait OAuth: Send + Sync {
    /// Its server for an integration's settings. Misconfigured where the operator or the merchant left something out.
    fn server(&self, connection: &crate::Connection<'_>) -> Result<Server, crate::ProviderError>;

    /// What calls go through.
    fn http(&self) -> &Http;

    /// Whether tokens can be taken back there at all.
    fn can_revoke(&self) -> bool;

    /// Takes a token back: as RFC 7009 has it, unless the provider has a way of its own.
    async fn revoke(&self, connection: &crate::Connection<'_>, token: &Secret) -> Result<(), Refusal> {
        self.server(connection)?.revoke(self.http(), token).await
    }
}

/// What is wrong with what a browser carried back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// Another server than the one that was asked answered.
    #[error("the answer came from another authorization server")]
    Issuer,
    /// The account is not named, or not in a form that can be one.
    #[error("the answer does not name the account")]
    Account,
}

impl Server {
    /// Whether the way back came from the server that somebody was sent to (RFC 9207 §2.4).
    pub fn check_issuer(&self, said: Option<&str>) -> Result<(), Odd> {
        match (&self.issuer, said) {
            (Some(issuer), Some(said)) if issuer == said => Ok(()),
            (Some(_), Some(_)) => Err(Odd::Issuer),
            (Some(_), None) if self.says_issuer => Err(Odd::Issuer),
            _ => Ok(()),
        }
    }

    /// What the way back says of the account.
    pub fn account(&self, fields: &[(String, String)]) -> Result<BTreeMap<String, String>, Odd> {
        let mut account = BTreeMap::new();
        for (parameter, name) in &self.account_parameters {
            let value = fields.iter().find(|(key, _)| key == parameter).map(|(_, value)| value);
            let value = value.filter(|it| {
                (1..=MAX_ACCOUNT).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_graphic())
            });
            account.insert(name.clone(), value.ok_or(Odd::Account)?.clone());
        }
        Ok(account)
    }

    /// Exchanges a code. The redirect address is the one that somebody was sent to consent with.
    pub async fn exchange(
        &self,
        http: &Http,
        code: &Secret,
        redirect_uri: &str,
        verifier: Option<&Secret>,
    ) -> Result<Tokens, Refusal> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
        ];
        form.extend(verifier.map(|it| ("code_verifier", it.expose())));
        let sent: Vec<&Secret> = std::iter::once(code).chain(verifier).collect();
        let answer = self.post_form(http, &self.token_url, form).await?;
        answer::tokens(answer).map_err(|it| self.without(it, &sent))
    }

    /// Renews an access token.
    pub async fn refresh(&self, http: &Http, refresh_token: &Secret) -> Result<Tokens, Refusal> {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let answer = self.post_form(http, &self.token_url, form).await?;
        answer::tokens(answer).map_err(|it| self.without(it, &[refresh_token]))
    }

    /// A refusal without what the server repeats of what it was sent.
    fn without(&self, refusal: Refusal, sent: &[&Secret]) -> Refusal {
        let secrets: Vec<&Secret> = sent.iter().copied().chain(&self.client_secret).collect();
        Refusal { error: refusal.error.without(&secrets), ..refusal }
    }

    /// Takes a token back. A server without a place for it has nothing to do.
    pub async fn revoke(&self, http: &Http, token: &Secret) -> Result<(), Refusal> {
        let Some(revocation) = &self.revocation else { return Ok(()) };
        let answer = if revocation.json {
            let body = serde_json::json!({ "token": token.expose() }).to_string().into_bytes();
            self.post(http, &revocation.url, "application/json", Zeroizing::new(body)).await?
        } else {
            self.post_form(http, &revocation.url, vec![("token", token.expose())]).await?
        };
        answer::revoked(&answer).map_err(|it| self.without(it, &[token]))
    }

    async fn post_form(
        &self,
        http: &Http,
        url: &Url,
        mut form: Vec<(&str, &str)>,
    ) -> Result<Answer, Refusal> {
        if self.authentication == ClientAuthentication::Body || self.client_secret.is_none() {
            form.push(("client_id", &self.client_id));
            form.extend(self.client_secret.as_ref().map(|it| ("client_secret", it.expose())));
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post(http, url, "application/x-www-form-urlencoded", Zeroizing::new(body.into_bytes())).await
    }

    async fn post(
        &self,
        http: &Http,
        url: &Url,
        kind: &str,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Answer, Refusal> {
        let basic = self.basic();
        let mut headers = vec![("content-type", kind), ("accept", "application/json")];
        headers.extend(basic.as_ref().map(|it| ("authorization", it.expose())));
        headers.extend(self.token_headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let call = Call {
            headers: &headers,
            body,
            timeout: self.timeout,
            limit: LIMIT,
            hosts: self.hosts.as_deref(),
            ..Call::new(Method::Post, url)
        };
        let answer = http.send(call).await?;
        if answer.status >= 400
            && let Some(name) = self.trace_header
        {
            let trace = crate::error::clean(answer.headers.get(name).unwrap_or_default());
            tracing::info!(trace, header = name, status = answer.status, "the token endpoint refused");
        }
        Ok(answer)
    }

    /// The Authorization header; id and secret are encoded on their own first (RFC 6749 §2.3.1).
    fn basic(&self) -> Option<Secret> {
        let secret =
            self.client_secret.as_ref().filter(|_| self.authentication == ClientAuthentication::Basic)?;
        let encoded = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let pair = Zeroizing::new(format!("{}:{}", encoded(&self.client_id), encoded(secret.expose())));
        Some(Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes()))))
    }
}

#[cfg(test)]
mod tests;
