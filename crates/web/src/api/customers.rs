//! `/api/customers`: whom invoices are sent to, by the merchant's own numbers.

mod request;
mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri};
use kontor_domain::{Id, customers::Customer};
use kontor_store::{Conn, customers};
use serde_json::json;

pub(crate) use request::Put;
pub(crate) use view::View;

use super::{BY_CREATION, slice};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::{ETag, IfMatch},
    page::{Envelope, Page},
    problem::Problem,
    web::{Params, Web, Who},
};

fn missing() -> Problem {
    Problem::not_found("customer_not_found")
}

async fn shown(conn: &mut Conn, who: &Who, customer: &Customer) -> Result<View, Problem> {
    let account = customers::account(conn, who.organization(), customer).await?;
    Ok(View::of(customer, &account))
}

/// Lists customers. A Customer sees itself.
#[utoipa::path(get, path = "/api/customers", tag = "Customers", params(("pageSize" = Option<u32>, Query),
    ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query), ("sortOn" = Option<String>, Query),
    ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of customers", body = Envelope<View>)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    let page = Page::of(&uri, BY_CREATION)?;
    let own = who.caller.own_customer()?;
    let mut conn = web.engine.db.read().await?;
    let found = customers::list(&mut conn, who.organization(), own, &slice(&page)?).await?;
    let total = found.count();
    let at = |it: &Customer| page.cursor(it.created_at, it.id);
    let rows = page.envelope(found.rows, total, BY_CREATION, at);
    let mut data = Vec::with_capacity(rows.data.len());
    for customer in &rows.data {
        data.push(shown(&mut conn, &who, customer).await?);
    }
    Answer::ok(&rows.showing(data))
}

/// Reads one customer.
#[utoipa::path(get, path = "/api/customers/{customerNumber}", tag = "Customers",
    params(("customerNumber" = String, Path)),
    responses((status = 200, description = "The customer", body = View)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(number): Params<String>,
) -> Result<Answer, Problem> {
    who.caller.for_customer(&number)?;
    let mut conn = web.engine.db.read().await?;
    let customer = customers::get(&mut conn, who.organization(), &number).await?.ok_or_else(missing)?;
    // No If-None-Match: the balances change without the customer's version.
    Ok(Answer::ok(&shown(&mut conn, &who, &customer).await?)?.tagged(ETag::new(customer.version)))
}

/// Adds a customer, or changes the one with this number. Absent fields stay as they are; null clears.
#[utoipa::path(put, path = "/api/customers", tag = "Customers", request_body = Put,
    responses((status = 200, description = "Changed", body = View), (status = 201, description = "Added", body = View)))]
pub(crate) async fn put(
    State(web): State<Arc<Web>>,
    who: Who,
    if_match: IfMatch,
    body: RawBody,
) -> Result<Answer, Problem> {
    who.caller.staff()?;
    let asked: Put = body.read()?;
    let organization = who.organization();
    let now = web.engine.ambient.now();
    let mut tx = web.engine.db.write().await?;
    let before = customers::get(&mut tx, organization, &asked.customer_number).await?;
    let new = before.is_none();
    if let Some(before) = &before {
        if_match.check(before.version)?;
    } else if if_match.is_present() {
        return Err(Problem::precondition_failed());
    }
    let id = Id::new(&web.engine.ambient);
    let customer = asked.over(before, id, now)?;
    let written = if new {
        customers::insert(&mut tx, organization, &customer).await
    } else {
        customers::update(&mut tx, organization, &customer).await
    };
    match written {
        // Somebody added the same number at this very moment.
        Err(kontor_store::Error::Conflict) => Err(kontor_store::Error::Stale),
        other => other,
    }
    .map_err(|error| if_match.lost(error))?;
    let action = if new { "customer.created" } else { "customer.updated" };
    let subject = customer.id.to_string();
    web.engine.audit(&mut tx, Some(organization), &who.actor, action, &subject, &json!({})).await?;
    web.engine.tell_customer(&mut tx, organization, &customer, new).await?;
    let stored =
        customers::get(&mut tx, organization, &customer.customer_number).await?.ok_or_else(missing)?;
    let view = shown(&mut tx, &who, &stored).await?;
    tx.commit().await?;
    let answer = if new {
        let mut path = url::Url::parse("http://kontor/api/customers").map_err(Problem::internal)?;
        path.path_segments_mut().map_err(|()| Problem::internal("no path"))?.push(&stored.customer_number);
        Answer::created(path.path(), &view)?
    } else {
        Answer::ok(&view)?
    };
    Ok(answer.tagged(ETag::new(stored.version)))
}
