//! `/api/organizations/api-access`: API credentials, shown once, kept as a hash.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::ids::ApiKeyId;
use kontor_engine::access::{self, Made, Wanted};
use kontor_store::{api_keys, api_keys::ApiKey, organizations};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    amount::Time,
    answer::Answer,
    body::{Fields, RawBody, Request},
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// The roles that credentials can carry.
const ROLES: [&str; 3] = ["Admin", "SalesRep", "Customer"];

/// Credentials that are asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewAccess)]
pub(crate) struct Create {
    /// What they are for.
    #[schema(example = "web shop")]
    name: String,
    /// Admin, `SalesRep` or Customer.
    #[schema(example = "SalesRep")]
    role: String,
    /// Which customer a Customer is.
    customer_number: Option<String>,
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name").text(1..=200);
        let role = fields.required("role").one_of(&ROLES);
        let customer_number = fields.optional("customerNumber").text(1..=100);
        match (role, &customer_number) {
            (Some("Customer"), None) => fields.wrong("customerNumber", "is required for a Customer"),
            (Some("Admin" | "SalesRep"), Some(_)) => fields.wrong("customerNumber", "is for a Customer only"),
            _ => {}
        }
        Some(Self { name: name?, role: role?.to_owned(), customer_number })
    }
}

/// Credentials without their secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Access {
    /// Their id.
    id: String,
    /// What they are for.
    name: String,
    /// Admin, `SalesRep` or Customer.
    role: String,
    /// Which customer a Customer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_number: Option<String>,
    /// The organization's code.
    org_code: String,
    /// The public half.
    client_id: String,
    /// The secret half: on creation alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// When they were made.
    created_at: Time,
}

impl Access {
    fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            role: key.role.clone(),
            customer_number: key.customer_number.clone(),
            org_code: key.org_code.clone(),
            client_id: key.client_id.clone(),
            client_secret: None,
            created_at: key.created_at.into(),
        }
    }

    fn made(made: &Made) -> Self {
        Self { client_secret: Some(made.secret.expose().to_owned()), ..Self::of(&made.key) }
    }
}

/// All credentials of the organization.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccessList)]
pub(crate) struct List {
    /// Newest first.
    api_access: Vec<Access>,
}

/// Lists the organization's credentials, newest first, without secrets.
#[utoipa::path(get, path = "/api/organizations/api-access", tag = "Access",
    responses((status = 200, description = "The credentials", body = List)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let mut conn = web.engine.db.read().await?;
    let keys = api_keys::list(&mut conn, who.organization()).await?;
    Answer::ok(&List { api_access: keys.iter().map(Access::of).collect() })
}

/// Makes credentials. The secret is in this answer and nowhere else: a repeated request is answered without it.
#[utoipa::path(post, path = "/api/organizations/api-access", tag = "Access", request_body = Create,
    responses((status = 201, description = "The credentials with their secret", body = Access)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.admin()?;
    let asked: Create = body.read()?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = make(&web, &mut change, &who, asked).await;
    change.end(&web, result).await
}

async fn make(web: &Web, change: &mut Change, who: &Who, asked: Create) -> Result<Answer, Problem> {
    let organization = organizations::get(change.conn(), who.organization()).await?;
    let organization = organization.ok_or_else(|| Problem::not_found("organization_not_found"))?;
    let wanted = Wanted { name: asked.name, role: asked.role, customer_number: asked.customer_number };
    let made = access::create(change.conn(), &web.engine.ambient, &organization, &who.actor, wanted).await?;
    let path = format!("/api/organizations/api-access/{}", made.key.id);
    // A repeated request is told of what was made; the secret is shown this once and kept nowhere.
    change.keep_instead(&Answer::created(&path, &Access::of(&made.key))?);
    Answer::created(&path, &Access::made(&made))
}

/// Takes credentials back, at once, and with them the tokens that were made of them.
#[utoipa::path(delete, path = "/api/organizations/api-access/{id}", tag = "Access", params(("id" = String, Path)),
    responses((status = 204, description = "Gone")))]
pub(crate) async fn delete(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let missing = || Problem::not_found("api_access_not_found");
    let id: ApiKeyId = id.parse().map_err(|_| missing())?;
    let mut tx = web.engine.db.write().await?;
    if !api_keys::delete(&mut tx, who.organization(), id).await? {
        return Err(missing());
    }
    let organization = Some(who.organization());
    web.engine
        .audit(&mut tx, organization, &who.actor, "api_access.deleted", &id.to_string(), &json!({}))
        .await?;
    tx.commit().await?;
    Ok(Answer::no_content())
}
