//! `PUT /api/invoices/{id}`: a draft, written anew.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::{customers::Customer, ids::InvoiceId};
use kontor_store::{invoices, orders};

use super::{
    View, load, missing, read,
    request::{Create, NewInvoice},
    shown,
};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::{ETag, IfMatch},
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// Writes a draft anew: what is not said is what it would be of a new one. Number and date stay where they are not said, and
/// the order that it is made of stays.
#[utoipa::path(put, path = "/api/invoices/{id}", tag = "Invoices", params(("id" = String, Path)),
    request_body = NewInvoice,
    responses((status = 200, description = "The draft", body = View),
        (status = 409, description = "It is no draft any more, or its new number is taken")))]
pub(crate) async fn put(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    if_match: IfMatch,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let (held, order) = {
        let mut conn = web.engine.db.read().await?;
        let held = load(&mut conn, &who, &id).await?;
        let order = match held.order_id {
            Some(order) => orders::get(&mut conn, who.organization(), order).await?,
            None => None,
        };
        (held, order)
    };
    let (customer, asked) = read(&web, &who, &body, order.as_ref(), Some(&held)).await?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = write(&web, &mut change, &who, &if_match, held.id, (&customer, asked)).await;
    change.end(&web, result).await
}

async fn write(
    web: &Web,
    change: &mut Change,
    who: &Who,
    if_match: &IfMatch,
    id: InvoiceId,
    (customer, asked): (&Customer, Create),
) -> Result<Answer, Problem> {
    let engine = &web.engine;
    let organization = who.organization();
    let conn = change.conn();
    let held = invoices::lock(conn, organization, id).await?.ok_or_else(missing)?;
    if_match.check(held.version)?;
    let (next, number) = asked.draft(held.id, customer, engine.ambient.now());
    let written = engine.rewrite_invoice(conn, organization, &held, next, number).await?;
    engine.audit_invoice(conn, organization, &who.actor, "invoice.updated", written.id).await?;
    Ok(Answer::ok(&shown(conn, organization, &written).await?)?.tagged(ETag::new(written.version)))
}
