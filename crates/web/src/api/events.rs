//! `GET /api/organizations/{organizationId}/events`: what happened, in the order of the chain.

use std::sync::Arc;

use axum::{extract::State, http::Uri};
use kontor_store::events::{self, Listed};
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

/// An event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct View {
    #[schema(example = "evt_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "payment.succeeded")]
    kind: String,
    /// To what.
    #[schema(example = "pay_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    subject: String,
    /// The facts.
    #[schema(value_type = Object, example = json!({ "status": "Succeeded", "amount": "148.83", "currency": "USD" }))]
    data: Map<String, Value>,
    created_at: Time,
    /// Its place in the organization's chain; null for the moment until it is linked.
    #[schema(example = 7)]
    position: Option<i64>,
    /// The chain's hash at that place: kept elsewhere, it proves the events up to here.
    hash: Option<String>,
}

impl View {
    fn of(Listed { event, place }: Listed) -> Self {
        let (position, hash) = place.unzip();
        Self {
            id: event.id.to_string(),
            kind: event.kind,
            subject: event.subject,
            data: serde_json::from_str(&event.data).unwrap_or_default(),
            created_at: event.at.into(),
            position,
            hash,
        }
    }
}

/// Lists the organization's events.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/events", tag = "Organization",
    params(("organizationId" = String, Path),
    ("type" = Option<String>, Query, description = "What happened, such as `payment.succeeded`"),
    ("subject" = Option<String>, Query, description = "To what, such as a payment's id"),
    ("from" = Option<String>, Query, description = "Not before this time"),
    ("to" = Option<String>, Query, description = "Before this time"),
    ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query),
    ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of events", body = Envelope<View>)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
    uri: Uri,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let organization = who.in_path(&organization)?;
    let mut query = Query::of(&uri);
    let (kind, subject) = (query.text("type"), query.text("subject"));
    let (from, to) = query.span();
    let page = query.page(BY_CREATION)?;
    let filter = events::Filter { kind, subject, from, to };
    let mut conn = web.engine.db.read().await?;
    let found = events::list(&mut conn, organization, &filter, &slice(&page)?).await?;
    let total = found.count();
    let at = |it: &Listed| page.cursor(it.event.at, it.event.id);
    Answer::ok(&page.envelope(found.rows, total, BY_CREATION, at).map(View::of))
}
