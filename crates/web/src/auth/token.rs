//! Tokens of the built-in issuer: HS256, checked against a clock that is passed in.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use kontor_domain::{Secret, ids::OrganizationId};
use serde::{Deserialize, Serialize};

/// Who issues and who is meant; both are checked.
const NAME: &str = "kontor";
/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 60;
/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// What a token says (API.md §1, Identity).
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The organization.
    #[serde(rename = "OrganizationId")]
    pub organization_id: String,
    /// Its code.
    #[serde(rename = "OrgCode", default)]
    pub org_code: String,
    /// One role or several.
    pub role: Roles,
    /// Which customer a Customer is.
    #[serde(rename = "CustomerNumber", default, skip_serializing_if = "Option::is_none")]
    pub customer_number: Option<String>,
    /// Whose token it is.
    pub sub: String,
    /// Issuer.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// Since when, in seconds since 1970.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not from then on.
    pub exp: i64,
}

/// A role, or a list of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Roles {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Roles {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(role) => std::slice::from_ref(role),
            Self::Many(roles) => roles.as_slice(),
        };
        all.iter().map(String::as_str)
    }
}

impl Claims {
    /// Claims of the built-in issuer, good from `now` on for so many seconds.
    pub fn new(
        organization: &OrganizationId,
        org_code: &str,
        role: &str,
        customer_number: Option<&str>,
        subject: &str,
        now: Timestamp,
        seconds: i64,
    ) -> Self {
        let now = now.as_second();
        Self {
            organization_id: organization.to_string(),
            org_code: org_code.to_owned(),
            role: Roles::One(role.to_owned()),
            customer_number: customer_number.map(str::to_owned),
            sub: subject.to_owned(),
            iss: NAME.to_owned(),
            aud: NAME.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(seconds),
        }
    }
}

/// Why a token is refused, in words for `WWW-Authenticate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No token, another algorithm, or another signature.
    #[error("The token is not valid")]
    Invalid,
    /// Past its end.
    #[error("The token has expired")]
    Expired,
    /// Before its beginning.
    #[error("The token is not valid yet")]
    Early,
    /// Somebody else's.
    #[error("The token is of another issuer or for another audience")]
    Foreign,
}

impl Refusal {
    /// The words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Invalid => "The token is not valid",
            Self::Expired => "The token has expired",
            Self::Early => "The token is not valid yet",
            Self::Foreign => "The token is of another issuer or for another audience",
        }
    }
}

/// Signs a token.
pub fn mint(claims: &Claims, secret: &Secret) -> Result<String, jsonwebtoken::errors::Error> {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret.expose().as_bytes()))
}

/// Checks a token's signature, times, issuer and audience.
pub fn verify(token: &str, secret: &Secret, now: Timestamp) -> Result<Claims, Refusal> {
    if token.len() > MAX_TOKEN {
        return Err(Refusal::Invalid);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // Times and names are checked below, against the clock that is passed in.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).map_err(|_| Refusal::Invalid)?.claims;
    if claims.iss != NAME || claims.aud != NAME {
        return Err(Refusal::Foreign);
    }
    let now = now.as_second();
    if now >= claims.exp.saturating_add(LEEWAY) {
        return Err(Refusal::Expired);
    }
    if now < claims.nbf.saturating_sub(LEEWAY) {
        return Err(Refusal::Early);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests;
