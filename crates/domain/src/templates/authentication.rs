//! How requests of a template are authenticated.
//!
//! Owns the methods and their reading. Refuses to do any of them: that is an adapter's, with the secrets in hand.

use super::{
    oauth::{AuthorizationCode, ClientCredentials, OAuth1},
    reader::Table,
    requests::{Request, check_header, pointer},
    text::{Spot, Text},
};

/// How requests are authenticated.
#[derive(Debug, Clone)]
pub enum Authentication {
    /// A key in a header.
    ApiKeyHeader {
        /// The header.
        header: String,
        /// Its value.
        value: Text,
    },
    /// A user name and password (RFC 7617).
    Basic {
        /// The user.
        username: Text,
        /// The password; some providers take a key as the user and none here.
        password: Text,
    },
    /// `Authorization: Bearer` with a token that does not change.
    Bearer {
        /// The token.
        token: Text,
    },
    /// A key in the query, where logs of others see it.
    QueryParameter {
        /// The parameter.
        name: String,
        /// Its value.
        value: Text,
    },
    /// OAuth 2.0 with somebody's consent.
    AuthorizationCode(Box<AuthorizationCode>),
    /// OAuth 2.0 between machines.
    ClientCredentials(Box<ClientCredentials>),
    /// OAuth 1.0a: each request is signed.
    OAuth1(Box<OAuth1>),
    /// One request gets a token for the others.
    TwoStepToken(Box<TwoStepToken>),
    /// A signed statement, sent itself or exchanged for a token.
    JwtAssertion(Box<JwtAssertion>),
    /// Each request carries a keyed hash of itself.
    HmacSignature(Box<HmacSignature>),
    /// A mail server.
    Smtp(Box<Smtp>),
    /// The provider is code, and this is its affair.
    Adapter,
}

/// The methods' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// [`Authentication::ApiKeyHeader`].
    ApiKeyHeader,
    /// [`Authentication::Basic`].
    Basic,
    /// [`Authentication::Bearer`].
    Bearer,
    /// [`Authentication::QueryParameter`].
    QueryParameter,
    /// [`Authentication::AuthorizationCode`].
    AuthorizationCode,
    /// [`Authentication::ClientCredentials`].
    ClientCredentials,
    /// [`Authentication::OAuth1`].
    OAuth1,
    /// [`Authentication::TwoStepToken`].
    TwoStepToken,
    /// [`Authentication::JwtAssertion`].
    JwtAssertion,
    /// [`Authentication::HmacSignature`].
    HmacSignature,
    /// [`Authentication::Smtp`].
    Smtp,
    /// [`Authentication::Adapter`].
    Adapter,
}

crate::words!(Method {
    ApiKeyHeader = "api_key_header",
    Basic = "basic",
    Bearer = "bearer",
    QueryParameter = "query_parameter",
    AuthorizationCode = "oauth2_authorization_code",
    ClientCredentials = "oauth2_client_credentials",
    OAuth1 = "oauth1",
    TwoStepToken = "two_step_token",
    JwtAssertion = "jwt_assertion",
    HmacSignature = "hmac_signature",
    Smtp = "smtp",
    Adapter = "adapter",
});

/// One request gets a token for the others.
#[derive(Debug, Clone)]
pub struct TwoStepToken {
    /// The request.
    pub request: Request,
    /// Where the token is in its answer.
    pub token: String,
    /// Where the seconds of its life are; none where the answer does not say.
    pub expires_in: Option<String>,
    /// The header that carries it.
    pub header: String,
    /// What stands before it.
    pub prefix: String,
}

/// How a statement is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// RSA with PKCS #1 padding.
    Rs256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// A shared secret.
    Hs256,
}

crate::words!(JwtAlgorithm { Rs256 = "RS256", Es256 = "ES256", EdDsa = "EdDSA", Hs256 = "HS256" });

/// A signed statement, sent itself or exchanged for a token.
#[derive(Debug, Clone)]
pub struct JwtAssertion {
    /// How it is signed.
    pub algorithm: JwtAlgorithm,
    /// The key: PEM, or the shared secret.
    pub key: Text,
    /// The key's name in the head.
    pub key_id: Option<Text>,
    /// What is stated, beside `iat` and `exp`.
    pub claims: Vec<(String, Text)>,
    /// How long it is true.
    pub lifetime_seconds: u64,
    /// Where it is exchanged for a token; none where it is sent itself.
    pub token_url: Option<Text>,
    /// What goes along in the exchange.
    pub token_parameters: Vec<(String, Text)>,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, where a provider has nothing better.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

crate::words!(Hash { Sha1 = "sha1", Sha256 = "sha256", Sha512 = "sha512" });

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Small hexadecimal digits.
    Hex,
    /// Base64.
    Base64,
    /// Base64 for addresses, without padding.
    Base64Url,
}

crate::words!(Encoding { Hex = "hex", Base64 = "base64", Base64Url = "base64url" });

/// Each request carries a keyed hash of itself.
#[derive(Debug, Clone)]
pub struct HmacSignature {
    /// The key.
    pub secret: Text,
    /// How the key is written; none where its text is the key.
    pub secret_encoding: Option<Encoding>,
    /// The hash function.
    pub algorithm: Hash,
    /// How the result is written.
    pub encoding: Encoding,
    /// What is hashed.
    pub payload: Text,
    /// The header that carries it.
    pub header: String,
    /// What stands before it.
    pub prefix: Option<Text>,
    /// The header that carries the time, where there is one.
    pub timestamp_header: Option<String>,
    /// What else a signed request carries, such as the key's name.
    pub headers: Vec<(String, Text)>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its host.
    pub host: Text,
    /// Its port.
    pub port: Text,
    /// `tls` from the first byte, or `starttls`; anything else is refused when it is filled in.
    pub security: Text,
    /// The user.
    pub username: Text,
    /// The password.
    pub password: Text,
}

impl Authentication {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let Some(table) = table.table("authentication") else {
            if !table.has("authentication") {
                table.wrong("authentication", "is missing: expected a table [authentication] with a method");
            }
            return None;
        };
        let method = table.word("method", Method::ALL)?;
        let read = Self::read_method(&table, method);
        table.done();
        read
    }

    fn read_method(table: &Table<'_>, method: Method) -> Option<Self> {
        Some(match method {
            Method::ApiKeyHeader => Self::ApiKeyHeader {
                header: header(table, "header"),
                value: table.filled("value", Spot::Request),
            },
            Method::Basic => Self::Basic {
                username: table.filled("username", Spot::Request),
                password: table.maybe_filled("password", Spot::Request).unwrap_or_default(),
            },
            Method::Bearer => Self::Bearer { token: table.filled("token", Spot::Request) },
            Method::QueryParameter => {
                let message =
                    "puts the key into addresses, which others log: use a header if the provider takes one";
                table.doubtful("method", message);
                Self::QueryParameter { name: table.text("name"), value: table.filled("value", Spot::Request) }
            }
            Method::AuthorizationCode => Self::AuthorizationCode(Box::new(AuthorizationCode::read(table))),
            Method::ClientCredentials => Self::ClientCredentials(Box::new(ClientCredentials::read(table))),
            Method::OAuth1 => Self::OAuth1(Box::new(OAuth1::read(table)?)),
            Method::TwoStepToken => Self::TwoStepToken(Box::new(TwoStepToken::read(table)?)),
            Method::JwtAssertion => Self::JwtAssertion(Box::new(JwtAssertion::read(table)?)),
            Method::HmacSignature => Self::HmacSignature(Box::new(HmacSignature::read(table)?)),
            Method::Smtp => Self::Smtp(Box::new(Smtp {
                host: table.filled("host", Spot::Request),
                port: table.filled("port", Spot::Request),
                security: table.filled("security", Spot::Request),
                username: table.filled("username", Spot::Request),
                password: table.filled("password", Spot::Request),
            })),
            Method::Adapter => Self::Adapter,
        })
    }

    /// Which method it is.
    pub fn method(&self) -> Method {
        match self {
            Self::ApiKeyHeader { .. } => Method::ApiKeyHeader,
            Self::Basic { .. } => Method::Basic,
            Self::Bearer { .. } => Method::Bearer,
            Self::QueryParameter { .. } => Method::QueryParameter,
            Self::AuthorizationCode(_) => Method::AuthorizationCode,
            Self::ClientCredentials(_) => Method::ClientCredentials,
            Self::OAuth1(_) => Method::OAuth1,
            Self::TwoStepToken(_) => Method::TwoStepToken,
            Self::JwtAssertion(_) => Method::JwtAssertion,
            Self::HmacSignature(_) => Method::HmacSignature,
            Self::Smtp(_) => Method::Smtp,
            Self::Adapter => Method::Adapter,
        }
    }

    /// Whether it gets a token that `{{access_token}}` can stand for.
    pub(super) fn has_token(&self) -> bool {
        matches!(
            self,
            Self::AuthorizationCode(_)
                | Self::ClientCredentials(_)
                | Self::TwoStepToken(_)
                | Self::JwtAssertion(_)
        )
    }
}

fn header(table: &Table<'_>, key: &'static str) -> String {
    let name = table.text(key);
    if !name.is_empty() {
        check_header(table, key, &name);
    }
    name
}

impl TwoStepToken {
    fn read(table: &Table<'_>) -> Option<Self> {
        let request = table.table("request");
        if request.is_none() {
            table.wrong("request", "must be there: expected [authentication.request]");
        }
        let token = pointer(table, "token");
        if token.is_none() {
            table.wrong("token", "is missing: expected a JSON pointer such as /access_token");
        }
        let expires_in = pointer(table, "expires_in");
        let name = if table.has("header") { header(table, "header") } else { "Authorization".to_owned() };
        let prefix = table.maybe("prefix").unwrap_or_else(|| "Bearer ".to_owned());
        table.maybe("header");
        let request = request.map(|table| {
            let request = Request::read(&table, Spot::TokenRequest);
            table.done();
            request
        });
        Some(Self { request: request?, token: token?, expires_in, header: name, prefix })
    }
}

impl JwtAssertion {
    fn read(table: &Table<'_>) -> Option<Self> {
        let algorithm = table.word("algorithm", JwtAlgorithm::ALL);
        let token_url = table.maybe_filled("token_url", Spot::TokenRequest);
        let read = Self {
            algorithm: algorithm.unwrap_or(JwtAlgorithm::Rs256),
            key: table.filled("key", Spot::TokenRequest),
            key_id: table.maybe_filled("key_id", Spot::TokenRequest),
            claims: table.filled_map("claims", Spot::Signature),
            lifetime_seconds: table.whole("lifetime_seconds", &(30..=86_400)).unwrap_or(300),
            token_url,
            token_parameters: table.filled_map("token_parameters", Spot::TokenRequest),
        };
        algorithm.map(|_| read)
    }
}

impl HmacSignature {
    fn read(table: &Table<'_>) -> Option<Self> {
        let algorithm = table.word("algorithm", Hash::ALL);
        let encoding = table.word("encoding", Encoding::ALL);
        let name = header(table, "header");
        let timestamp_header = table.has("timestamp_header").then(|| header(table, "timestamp_header"));
        table.maybe("timestamp_header");
        let headers = table.filled_map("headers", Spot::Signature);
        for (name, _) in &headers {
            check_header(table, "headers", name);
        }
        let read = Self {
            secret: table.filled("secret", Spot::Request),
            secret_encoding: table.maybe_word("secret_encoding", Encoding::ALL),
            algorithm: algorithm.unwrap_or(Hash::Sha256),
            encoding: encoding.unwrap_or(Encoding::Hex),
            payload: table.filled("payload", Spot::Signature),
            header: name,
            prefix: table.maybe_filled("prefix", Spot::Request),
            timestamp_header,
            headers,
        };
        algorithm.and(encoding).map(|_| read)
    }
}
