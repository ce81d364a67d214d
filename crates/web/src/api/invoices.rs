//! `/api/invoices`: drafts, their way out, and what was paid on them.

pub(crate) mod link;
pub(crate) mod moves;
pub(crate) mod pay;
pub(crate) mod replace;
pub(crate) mod request;
pub(crate) mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kontor_domain::{
    Currency,
    customers::Customer,
    ids::{OrderId, OrganizationId},
    invoices::{Invoice, Status},
    orders::Order,
};
use kontor_store::{Conn, customers, invoices, orders, payments};

use request::{Create, NewInvoice};
pub(crate) use view::View;

use super::{BY_CREATION, slice, status, whose};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::{ETag, IfNoneMatch},
    idempotency::Repeat,
    page::{Envelope, Page},
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who, parsed},
};

fn missing() -> Problem {
    Problem::not_found("invoice_not_found")
}

/// One invoice that the caller may see. A foreign one, and another customer's, is absent.
async fn load(conn: &mut Conn, who: &Who, id: &str) -> Result<Invoice, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let own = who.caller.own_customer()?;
    let found = invoices::get(conn, who.organization(), id).await?;
    found.filter(|it| own.is_none_or(|own| own == it.customer_number)).ok_or_else(missing)
}

async fn shown(conn: &mut Conn, organization: OrganizationId, invoice: &Invoice) -> Result<View, Problem> {
    let paid = payments::applied_to(conn, organization, invoice.id).await?;
    View::of(invoice, &paid)
}

/// Lists invoices. A Customer sees its own.
#[utoipa::path(get, path = "/api/invoices", tag = "Invoices", params(("customerNumber" = Option<String>, Query),
    ("orderId" = Option<String>, Query),
    ("status" = Option<String>, Query), ("pageSize" = Option<u32>, Query), ("pageNumber" = Option<u32>, Query),
    ("cursor" = Option<String>, Query), ("sortOn" = Option<String>, Query), ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of invoices", body = Envelope<View>)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    let customer_number = whose(&uri, &who)?;
    let page = Page::of(&uri, BY_CREATION)?;
    let status = status(&uri, Status::ALL)?;
    let order = parsed(&uri, "orderId", "must be the id of an order", |text| text.parse::<OrderId>().ok())?;
    let filter = invoices::Filter { customer_number, status, order };
    let mut conn = web.engine.db.read().await?;
    let found = invoices::list(&mut conn, who.organization(), &filter, &slice(&page)?).await?;
    let at = |it: &Invoice| page.cursor(it.created_at, it.id);
    let total = found.count();
    let rows = page.envelope(found.rows, total, BY_CREATION, at);
    let mut data = Vec::with_capacity(rows.data.len());
    for invoice in &rows.data {
        data.push(shown(&mut conn, who.organization(), invoice).await?);
    }
    Answer::ok(&rows.showing(data))
}

/// Reads one invoice with what was paid on it.
#[utoipa::path(get, path = "/api/invoices/{id}", tag = "Invoices", params(("id" = String, Path)),
    responses((status = 200, description = "The invoice", body = View)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    known: IfNoneMatch,
) -> Result<Answer, Problem> {
    let mut conn = web.engine.db.read().await?;
    let invoice = load(&mut conn, &who, &id).await?;
    let view = shown(&mut conn, who.organization(), &invoice).await?;
    Ok(Answer::ok(&view)?.tagged(ETag::new(invoice.version)).unless(&known))
}

/// The order that the body names, which decides what the rest of the body means.
async fn order_of(conn: &mut Conn, who: &Who, body: &RawBody) -> Result<Option<Order>, Problem> {
    // What is no id is told with the other wrong fields.
    let Some(id) = body.peek("orderId").and_then(|text| text.parse().ok()) else { return Ok(None) };
    let found = orders::get(conn, who.organization(), id).await?;
    found.map(Some).ok_or_else(|| Problem::not_found("order_not_found"))
}

/// What a draft is to be: the customer, and what was sent. Of one that is there already, `held`, the order stays.
async fn read(
    web: &Web,
    who: &Who,
    body: &RawBody,
    order: Option<&Order>,
    held: Option<&Invoice>,
) -> Result<(Customer, Create), Problem> {
    let number = order.map(|it| it.customer_number.clone());
    let customer = match number.or_else(|| body.peek("customerNumber")) {
        Some(number) => {
            customers::get(&mut *web.engine.db.read().await?, who.organization(), &number).await?
        }
        None => None,
    };
    // Amounts are in the order's or the customer's currency where the body names none; that decides how many decimals
    // they may have.
    let usual = order.map(|it| it.totals.total.currency());
    let currency = usual.or(customer.as_ref().map(|it| it.currency)).unwrap_or(Currency::USD);
    let asked = body.read_in_by(currency, |fields| Create::read(fields, order, held))?;
    Ok((customer.ok_or_else(|| Problem::not_found("customer_not_found"))?, asked))
}

/// Adds a draft. Subtotal and total are computed, and must agree where they are sent. With `orderId` it is made of that
/// order, which must be confirmed and not invoiced yet: customer, currency, lines, tax, shipping and texts are the order's
/// where they are not said.
#[utoipa::path(post, path = "/api/invoices", tag = "Invoices", request_body = NewInvoice,
    responses((status = 201, description = "The draft", body = View)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let order = order_of(&mut *web.engine.db.read().await?, &who, &body).await?;
    let (customer, asked) = read(&web, &who, &body, order.as_ref(), None).await?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = make(&web, &mut change, &who, (&customer, order.as_ref()), asked).await;
    change.end(&web, result).await
}

async fn make(
    web: &Web,
    change: &mut Change,
    who: &Who,
    (customer, order): (&Customer, Option<&Order>),
    asked: Create,
) -> Result<Answer, Problem> {
    let engine = &web.engine;
    let organization = who.organization();
    let (draft, number) = asked.draft(engine.new_invoice_id(), customer, engine.ambient.now());
    let conn = change.conn();
    if let Some(order) = order {
        engine.order_to_invoice(conn, organization, order).await?;
    }
    let made = engine.create_invoice(conn, organization, draft, number).await?;
    engine.audit_invoice(conn, organization, &who.actor, "invoice.created", made.id).await?;
    let view = View::of(&made, &[])?;
    Ok(Answer::created(&format!("/api/invoices/{}", made.id), &view)?.tagged(ETag::new(made.version)))
}
