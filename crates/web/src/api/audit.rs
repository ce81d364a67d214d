//! `GET /api/organizations/{organizationId}/audit`: who did what, when, from where; names of fields, never values.

use std::sync::Arc;

use axum::{extract::State, http::Uri};
use kontor_store::audit::{self, Row};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{BY_CREATION, slice};
use crate::{
    amount::Time,
    answer::Answer,
    page::Envelope,
    problem::Problem,
    query::Query,
    web::{Params, Web, Who},
};

/// A row of the trail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub(crate) struct View {
    #[schema(example = "aud_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// The caller's subject, such as the id of its API key; `system`, `command-line` or `anonymous`.
    #[schema(example = "key_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    actor: String,
    /// What was done.
    #[schema(example = "integration.updated")]
    action: String,
    /// To what.
    #[schema(example = "int_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    subject: String,
    /// Which fields, by name; their values are in no row.
    #[schema(example = json!(["configuration.IsSandbox", "secrets.TransactionKey"]))]
    fields: Vec<String>,
    /// What else is to be said, in Kontor's own words.
    #[schema(value_type = Object, example = json!({ "provider": "AuthorizeNet" }))]
    detail: Map<String, Value>,
    /// The address of the caller's end of the connection.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// The request, as in its `X-Request-Id`.
    request_id: Option<String>,
    created_at: Time,
    /// Its place in the organization's chain; null for the moment until it is linked.
    #[schema(example = 7)]
    position: Option<i64>,
    /// The chain's hash at that place: kept elsewhere, it proves the trail up to here.
    hash: Option<String>,
}

impl View {
    fn of(row: Row) -> Self {
        let mut detail: Map<String, Value> = serde_json::from_str(&row.detail).unwrap_or_default();
        let fields = match detail.remove("fields") {
            Some(Value::Array(names)) => names,
            _ => Vec::new(),
        };
        let (position, hash) = row.place.unzip();
        Self {
            id: row.id,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            fields: fields.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            detail,
            address: row.address,
            request_id: row.request,
            created_at: row.at.into(),
            position,
            hash,
        }
    }
}

/// Lists the organization's audit trail.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/audit", tag = "Organization",
    params(("organizationId" = String, Path), ("actor" = Option<String>, Query, description = "Who"),
    ("action" = Option<String>, Query, description = "What, such as `integration.updated`"),
    ("subject" = Option<String>, Query, description = "To what, such as an integration's id"),
    ("from" = Option<String>, Query, description = "Not before this time"),
    ("to" = Option<String>, Query, description = "Before this time"),
    ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of the trail", body = Envelope<View>)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
    uri: Uri,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let mut query = Query::of(&uri);
    let (actor, action, subject) = (query.text("actor"), query.text("action"), query.text("subject"));
    let (from, to) = query.span();
    let page = query.page(BY_CREATION)?;
    let filter = audit::Filter { actor, action, subject, from, to };
    let mut conn = web.engine.db.read().await?;
    let found = audit::list(&mut conn, organization, &filter, &slice(&page)?).await?;
    let total = found.count();
    let at = |it: &Row| page.cursor(it.at, &it.id);
    Answer::ok(&page.envelope(found.rows, total, BY_CREATION, at).map(View::of))
}
