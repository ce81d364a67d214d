//! `/api/orders`: what customers want, by the merchant's own ids.

pub(crate) mod moves;
mod request;
mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kontor_domain::{
    Currency,
    orders::{Order, Status},
};
use kontor_store::{Conn, customers, orders};

use request::{NewOrder, Put};
pub(crate) use view::View;

use super::{BY_CREATION, slice, status, whose};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::IfNoneMatch,
    idempotency::Repeat,
    page::{Envelope, Page},
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who, parameter},
};

fn missing() -> Problem {
    Problem::not_found("order_not_found")
}

/// One order that the caller may see. A foreign one, and another customer's, is absent.
async fn load(conn: &mut Conn, who: &Who, id: &str) -> Result<Order, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let own = who.caller.own_customer()?;
    let found = orders::get(conn, who.organization(), id).await?;
    found.filter(|it| own.is_none_or(|own| own == it.customer_number)).ok_or_else(missing)
}

/// Lists orders. A Customer sees its own.
#[utoipa::path(get, path = "/api/orders", tag = "Orders", params(("customerNumber" = Option<String>, Query),
    ("externalId" = Option<String>, Query), ("status" = Option<String>, Query), ("pageSize" = Option<u32>, Query),
    ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query), ("sortOn" = Option<String>, Query),
    ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of orders", body = Envelope<View>)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    let customer_number = whose(&uri, &who)?;
    let page = Page::of(&uri, BY_CREATION)?;
    let filter = orders::Filter {
        customer_number,
        status: status(&uri, Status::ALL)?,
        external_id: parameter(&uri, "externalId")?,
    };
    let mut conn = web.engine.db.read().await?;
    let found = orders::list(&mut conn, who.organization(), &filter, &slice(&page)?).await?;
    let total = found.count();
    let at = |it: &Order| page.cursor(it.created_at, it.id);
    let rows = page.envelope(found.rows, total, BY_CREATION, at);
    let data = rows.data.iter().map(View::of).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&rows.showing(data))
}

/// Reads one order.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "Orders", params(("id" = String, Path)),
    responses((status = 200, description = "The order", body = View)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    known: IfNoneMatch,
) -> Result<Answer, Problem> {
    let mut conn = web.engine.db.read().await?;
    let order = load(&mut conn, &who, &id).await?;
    // What was made of an order changes without its version.
    Ok(Answer::ok(&View::of(&order)?)?.tagged_by_content(order.version).unless(&known))
}

/// Adds an order, or changes the one with this `externalId`: sent again, it is never doubled. Lines, tax and shipping are
/// taken as they are sent; texts, number and state that are left out stay as they are. Until it is confirmed everything may
/// change, from then on terms, notes and the customer's number for it, and nothing when it is over. A state only goes forward.
#[utoipa::path(post, path = "/api/orders", tag = "Orders", request_body = NewOrder,
    responses((status = 200, description = "Changed", body = View), (status = 201, description = "Added", body = View)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let customer = match body.peek("customerNumber") {
        Some(number) => {
            let mut conn = web.engine.db.read().await?;
            customers::get(&mut conn, who.organization(), &number).await?
        }
        None => None,
    };
    // Amounts are in the customer's currency where the body names none; that decides how many decimals they may have.
    let currency = customer.as_ref().map_or(Currency::USD, |it| it.currency);
    let asked: Put = body.read_in(currency)?;
    let customer = customer.ok_or_else(|| Problem::not_found("customer_not_found"))?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let sent = asked.sent(web.engine.new_order_id(), &customer, web.engine.ambient.now());
    let result = put(&web, &mut change, &who, sent).await;
    change.end(&web, result).await
}

async fn put(
    web: &Web,
    change: &mut Change,
    who: &Who,
    sent: kontor_engine::orders::Sent,
) -> Result<Answer, Problem> {
    let put = web.engine.put_order(change.conn(), who.organization(), &who.actor, sent).await?;
    let view = View::of(&put.order)?;
    let answer = if put.is_new {
        Answer::created(&format!("/api/orders/{}", put.order.id), &view)?
    } else {
        Answer::ok(&view)?
    };
    Ok(answer.tagged_by_content(put.order.version))
}
