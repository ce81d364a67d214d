//! `POST /api/auth/login`: API credentials for a token.

use std::sync::Arc;

use axum::extract::State;
use kontor_domain::Secret;
use kontor_engine::{Actor, access::secret_hash};
use kontor_store::{api_keys, api_keys::ApiKey};
use serde::Serialize;
use serde_json::json;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::{
    answer::Answer,
    auth,
    body::{Fields, RawBody, Request},
    problem::Problem,
    web::{Anybody, Web},
};

/// How long a token is good for, in seconds.
const TOKEN_SECONDS: i64 = 86_400;

/// Credentials. All three together: a secret alone does not log in.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct Login {
    /// The organization's code.
    #[schema(example = "HANSA")]
    org_code: String,
    /// The public half.
    #[schema(example = "kc_0123456789abcdef01234567")]
    client_id: String,
    /// The secret half.
    #[schema(value_type = String, example = "kk_…")]
    client_secret: Secret,
}

impl Request for Login {
    fn read(fields: &mut Fields) -> Option<Self> {
        let org_code = fields.required("orgCode").text(1..=64);
        let client_id = fields.required("clientId").text(1..=128);
        let client_secret = fields.required("clientSecret").secret(1..=512);
        Some(Self { org_code: org_code?, client_id: client_id?, client_secret: client_secret? })
    }
}

/// A token. In `PascalCase`, unlike everything else here: that is how its clients know it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoggedIn {
    /// For `Authorization: Bearer` or `x-api-key`.
    access_token: String,
    /// Always `api-key`.
    token_type: &'static str,
    /// Seconds.
    #[schema(example = 86_400)]
    expires_in: i64,
}

fn invalid() -> Problem {
    Problem::unauthorized("The credentials are not valid.")
}

/// Writes down that somebody was refused: with the credentials that were meant, or with nobody's. What was sent is not
/// kept: a secret may stand where the id should.
async fn refused(web: &Web, actor: &Actor, meant: Option<&ApiKey>, wrong: &str) -> Result<(), Problem> {
    let subject = meant.map_or_else(|| "unknown".to_owned(), |key| key.id.to_string());
    let organization = meant.map(|key| key.organization);
    let detail = json!({ "wrong": wrong });
    let mut tx = web.engine.db.write().await?;
    web.engine.audit(&mut tx, organization, actor, "login.failed", &subject, &detail).await?;
    tx.commit().await?;
    Err(invalid())
}

/// Trades API credentials for a token that is good for a day.
#[utoipa::path(post, path = "/api/auth/login", tag = "Access", request_body = Login, security(()),
    responses((status = 200, description = "A token", body = LoggedIn),
        (status = 401, description = "One of the three is wrong")))]
pub(crate) async fn login(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    body: RawBody,
) -> Result<Answer, Problem> {
    let asked: Login = body.read()?;
    web.limiters.login(&asked.client_id)?;
    let found = {
        let mut conn = web.engine.db.read().await?;
        api_keys::by_client_id(&mut conn, &asked.client_id).await?
    };
    // The same answer for each of the three that may be wrong: it tells nothing about which ones exist.
    let hash = secret_hash(&asked.client_secret);
    let secret_fits = |key: &ApiKey| bool::from(key.secret_hash.as_bytes().ct_eq(hash.as_bytes()));
    let wrong = match &found {
        None => Some("client id"),
        Some(key) if !secret_fits(key) => Some("client secret"),
        Some(key) if key.org_code != asked.org_code => Some("org code"),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        refused(&web, &actor, found.as_ref(), wrong).await?;
    }
    let key = found.ok_or_else(invalid)?;
    let claims = auth::Claims::new(
        &key.organization,
        &key.org_code,
        &key.role,
        key.customer_number.as_deref(),
        &key.id.to_string(),
        web.engine.ambient.now(),
        TOKEN_SECONDS,
    );
    let access_token = auth::mint(&claims, &web.auth_secret).map_err(Problem::internal)?;
    Answer::ok(&LoggedIn { access_token, token_type: "api-key", expires_in: TOKEN_SECONDS })
}
