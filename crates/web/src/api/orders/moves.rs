//! `POST /api/orders/{id}/confirm` and `/cancel`: an order from one state to the next.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::{ids::OrderId, orders::Status};

use super::{View, load};
use crate::{
    answer::Answer,
    body::RawBody,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// Agrees to an order: what is sold and for how much stays from now on.
#[utoipa::path(post, path = "/api/orders/{id}/confirm", tag = "Orders", params(("id" = String, Path)),
    responses((status = 200, description = "The order", body = View)))]
pub(crate) async fn confirm(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    run(&web, &who, &id, repeat, &body, Status::Confirmed).await
}

/// Calls an order off that was not shipped and not invoiced.
#[utoipa::path(post, path = "/api/orders/{id}/cancel", tag = "Orders", params(("id" = String, Path)),
    responses((status = 200, description = "The order", body = View)))]
pub(crate) async fn cancel(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    run(&web, &who, &id, repeat, &body, Status::Cancelled).await
}

async fn run(
    web: &Web,
    who: &Who,
    id: &str,
    repeat: Repeat,
    body: &RawBody,
    to: Status,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let order = load(&mut *web.engine.db.read().await?, who, id).await?;
    let mut change = match Change::begin(web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = apply(web, &mut change, who, order.id, to).await;
    change.end(web, result).await
}

async fn apply(
    web: &Web,
    change: &mut Change,
    who: &Who,
    order: OrderId,
    to: Status,
) -> Result<Answer, Problem> {
    let moved = web.engine.move_order(change.conn(), who.organization(), &who.actor, order, to).await?;
    Ok(Answer::ok(&View::of(&moved)?)?.tagged_by_content(moved.version))
}
