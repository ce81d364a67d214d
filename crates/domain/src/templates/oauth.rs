//! The OAuth ways of authentication: what a template says about the provider's authorization server.

use super::{
    reader::Table,
    text::{Spot, Text},
};

/// Proof Key for Code Exchange (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    /// SHA-256.
    S256,
    /// The provider does not take it.
    None,
}

crate::words!(Pkce { S256 = "s256", None = "none" });

/// How the client shows itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In the Authorization header.
    Basic,
    /// In the form.
    Body,
}

crate::words!(ClientAuthentication { Basic = "basic", Body = "body" });

/// OAuth 2.0 with somebody's consent.
#[derive(Debug, Clone)]
pub struct AuthorizationCode {
    /// The client.
    pub client_id: Text,
    /// Its secret; none for a public client.
    pub client_secret: Option<Text>,
    /// Where consent is asked for.
    pub authorization_url: Text,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Text,
    /// Where tokens are revoked (RFC 7009).
    pub revocation_url: Option<Text>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What stands between scopes.
    pub scope_separator: String,
    /// Proof of who began.
    pub pkce: Pkce,
    /// How the client shows itself.
    pub client_authentication: ClientAuthentication,
    /// Who the authorization server says it is (RFC 9207).
    pub issuer: Option<Text>,
    /// Whether it always says so in its redirect, so that a redirect without is refused.
    pub iss_parameter: bool,
    /// What else the consent page is asked with.
    pub authorize_parameters: Vec<(String, Text)>,
    /// Facts about the account in the redirect: its parameter, and the name in `{{account.NAME}}`.
    pub account_parameters: Vec<(String, String)>,
}

/// OAuth 2.0 between machines.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client.
    pub client_id: Text,
    /// Its secret.
    pub client_secret: Text,
    /// Where tokens are got.
    pub token_url: Text,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What stands between scopes.
    pub scope_separator: String,
    /// How the client shows itself.
    pub client_authentication: ClientAuthentication,
    /// What else the request carries, such as an audience.
    pub token_parameters: Vec<(String, Text)>,
}

/// How OAuth 1.0a signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureMethod {
    /// RFC 5849 §3.4.2.
    HmacSha1,
    /// The same with SHA-256.
    HmacSha256,
    /// RFC 5849 §3.4.4.
    Plaintext,
}

crate::words!(SignatureMethod {
    HmacSha1 = "HMAC-SHA1",
    HmacSha256 = "HMAC-SHA256",
    Plaintext = "PLAINTEXT",
});

/// OAuth 1.0a: each request is signed.
#[derive(Debug, Clone)]
pub struct OAuth1 {
    /// The client.
    pub consumer_key: Text,
    /// Its secret.
    pub consumer_secret: Text,
    /// The account's token; none for requests of the client alone.
    pub token: Option<Text>,
    /// Its secret.
    pub token_secret: Option<Text>,
    /// How it signs.
    pub signature_method: SignatureMethod,
    /// The realm, where the provider wants one.
    pub realm: Option<Text>,
}

fn separator(table: &Table<'_>) -> String {
    table.maybe("scope_separator").unwrap_or_else(|| " ".to_owned())
}

fn client_authentication(table: &Table<'_>) -> ClientAuthentication {
    let read = table.maybe_word("client_authentication", ClientAuthentication::ALL);
    read.unwrap_or(ClientAuthentication::Basic)
}

impl AuthorizationCode {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let read = Self {
            client_id: table.filled("client_id", Spot::TokenRequest),
            client_secret: table.maybe_filled("client_secret", Spot::TokenRequest),
            authorization_url: table.filled("authorization_url", Spot::TokenRequest),
            token_url: table.filled("token_url", Spot::TokenRequest),
            revocation_url: table.maybe_filled("revocation_url", Spot::TokenRequest),
            scopes: table.texts("scopes"),
            scope_separator: separator(table),
            pkce: table.maybe_word("pkce", Pkce::ALL).unwrap_or(Pkce::S256),
            client_authentication: client_authentication(table),
            issuer: table.maybe_filled("issuer", Spot::TokenRequest),
            iss_parameter: table.flag("iss_parameter").unwrap_or(false),
            authorize_parameters: table.filled_map("authorize_parameters", Spot::TokenRequest),
            account_parameters: table.text_map("account_parameters"),
        };
        if read.client_secret.is_none() && read.pkce == Pkce::None {
            table.wrong("client_secret", "must be there where pkce is none, or anybody could use a code");
        }
        if read.iss_parameter && read.issuer.is_none() {
            table.wrong("issuer", "must be there where iss_parameter is true");
        }
        let own = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
        ];
        for (name, _) in &read.authorize_parameters {
            if own.contains(&name.as_str()) {
                table.wrong("authorize_parameters", format!("has {name}, which Kontor sets by itself"));
            }
        }
        read
    }
}

impl ClientCredentials {
    pub(super) fn read(table: &Table<'_>) -> Self {
        Self {
            client_id: table.filled("client_id", Spot::TokenRequest),
            client_secret: table.filled("client_secret", Spot::TokenRequest),
            token_url: table.filled("token_url", Spot::TokenRequest),
            scopes: table.texts("scopes"),
            scope_separator: separator(table),
            client_authentication: client_authentication(table),
            token_parameters: table.filled_map("token_parameters", Spot::TokenRequest),
        }
    }
}

impl OAuth1 {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let signature_method = table.word("signature_method", SignatureMethod::ALL);
        let read = Self {
            consumer_key: table.filled("consumer_key", Spot::Request),
            consumer_secret: table.filled("consumer_secret", Spot::Request),
            token: table.maybe_filled("token", Spot::Request),
            token_secret: table.maybe_filled("token_secret", Spot::Request),
            signature_method: signature_method.unwrap_or(SignatureMethod::HmacSha1),
            realm: table.maybe_filled("realm", Spot::Request),
        };
        if read.token.is_some() != read.token_secret.is_some() {
            table.wrong("token", "and token_secret belong together");
        }
        signature_method.map(|_| read)
    }
}
