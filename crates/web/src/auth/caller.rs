//! The caller of a request, and what its roles allow.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use kontor_domain::{Secret, ids::OrganizationId};
use kontor_engine::access::secret_hash;
use kontor_store::api_keys;

use super::token::verify;
use crate::{problem::Problem, web::Web};

/// What a caller is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Customers, invoices and payments.
    SalesRep,
    /// Its own.
    Customer,
}

impl Role {
    fn of(word: &str) -> Option<Self> {
        match word {
            "Admin" => Some(Self::Admin),
            "SalesRep" => Some(Self::SalesRep),
            "Customer" => Some(Self::Customer),
            _ => None,
        }
    }
}

/// Who calls. The organization is in here, so that no handler can take it from elsewhere.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose data it touches.
    pub organization: OrganizationId,
    /// For the audit trail.
    pub subject: String,
    roles: Vec<Role>,
    customer_number: Option<String>,
}

impl Caller {
    /// A caller with these roles; words that are no role count for nothing.
    pub fn new<'a>(
        organization: OrganizationId,
        subject: String,
        roles: impl Iterator<Item = &'a str>,
        customer_number: Option<String>,
    ) -> Self {
        Self { organization, subject, roles: roles.filter_map(Role::of).collect(), customer_number }
    }

    /// 403 for anyone but an Admin.
    pub fn admin(&self) -> Result<(), Problem> {
        if self.roles.contains(&Role::Admin) {
            Ok(())
        } else {
            Err(Problem::forbidden("This is for an Admin."))
        }
    }

    /// 403 for anyone but an Admin or a `SalesRep`.
    pub fn staff(&self) -> Result<(), Problem> {
        if self.is_staff() { Ok(()) } else { Err(Problem::forbidden("This is for an Admin or a SalesRep.")) }
    }

    /// 403 unless it is the staff or that very customer.
    pub fn for_customer(&self, number: &str) -> Result<(), Problem> {
        match self.own_customer()? {
            Some(own) if own != number => Err(Problem::forbidden("This is another customer's.")),
            _ => Ok(()),
        }
    }

    /// What the caller's view is narrowed to: nothing for the staff, its own number for a Customer. 403 for others.
    pub fn own_customer(&self) -> Result<Option<&str>, Problem> {
        if self.is_staff() {
            return Ok(None);
        }
        match &self.customer_number {
            Some(number) if self.roles.contains(&Role::Customer) => Ok(Some(number)),
            _ => Err(Problem::forbidden("These credentials have no role that may do this.")),
        }
    }

    fn is_staff(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Admin | Role::SalesRep))
    }
}

impl FromRequestParts<Arc<Web>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let presented = presented(&parts.headers)?;
        // A token has two dots, an API key has none.
        if presented.expose().contains('.') {
            return of_token(&presented, web).await;
        }
        let mut conn = web.engine.db.read().await?;
        let key = api_keys::by_secret_hash(&mut conn, &secret_hash(&presented)).await?;
        let key = key.ok_or_else(|| Problem::invalid_token("The API key is not valid"))?;
        Ok(Self::new(
            key.organization,
            key.id.to_string(),
            std::iter::once(key.role.as_str()),
            key.customer_number,
        ))
    }
}

async fn of_token(presented: &Secret, web: &Web) -> Result<Caller, Problem> {
    let claims = verify(presented.expose(), &web.auth_secret, web.engine.ambient.now())
        .map_err(|refusal| Problem::invalid_token(refusal.words()))?;
    let organization = claims.organization_id.parse();
    let organization = organization.map_err(|_| Problem::invalid_token("The token names no organization"))?;
    // A token that was had for API credentials ends with them: who takes them back means all of it.
    if let Ok(key) = claims.sub.parse() {
        let mut conn = web.engine.db.read().await?;
        if !api_keys::exists(&mut conn, organization, key).await? {
            return Err(Problem::invalid_token("The credentials of this token were taken back"));
        }
    }
    Ok(Caller::new(organization, claims.sub.clone(), claims.role.iter(), claims.customer_number.clone()))
}

/// The one credential of a request. Two different ones are refused: one of them is not meant.
fn presented(headers: &HeaderMap) -> Result<Secret, Problem> {
    let bearer = one(headers, AUTHORIZATION.as_str())?.map(|text| {
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("bearer") { Ok(rest.trim()) } else { Err(()) }
    });
    let bearer =
        bearer.transpose().map_err(|()| Problem::unauthorized("Authorization must be a Bearer token."))?;
    let key = one(headers, "x-api-key")?.map(str::trim);
    match (bearer, key) {
        (Some(a), Some(b)) if a != b => Err(Problem::unauthorized(
            "Authorization and x-api-key are both there and differ. Send one of them.",
        )),
        (Some(text), _) | (None, Some(text)) if !text.is_empty() => Ok(Secret::new(text.to_owned())),
        _ => Err(Problem::unauthorized("Credentials are required: a Bearer token or an x-api-key.")),
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::unauthorized(format!("{name} is there twice.")));
    }
    let unreadable = |_| Problem::unauthorized(format!("{name} cannot be read."));
    first.map(axum::http::HeaderValue::to_str).transpose().map_err(unreadable)
}

#[cfg(test)]
mod tests;
