//! Orders. What was made of one is read with it; which changes a state allows is decided by whoever holds the row.

use jiff::Timestamp;
use kontor_domain::{
    Currency,
    ids::{OrderId, OrganizationId},
    invoices::Totals,
    orders::{Order, Status},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error, Page, Slice,
    db::pick,
    row::{Columns, json_text},
};

fn read(row: &AnyRow) -> Result<Order, Error> {
    let currency: Currency = row.parsed("currency")?;
    Ok(Order {
        id: row.parsed("id")?,
        order_number: row.text("order_number")?,
        external_id: row.maybe_text("external_id")?,
        po_number: row.maybe_text("po_number")?,
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        status: row.parsed("status")?,
        terms: row.maybe_text("terms")?,
        notes: row.maybe_text("notes")?,
        items: row.json("items")?,
        totals: Totals {
            subtotal: row.money("subtotal", currency)?,
            tax: row.money("tax", currency)?,
            shipping: row.money("shipping", currency)?,
            total: row.money("total", currency)?,
        },
        invoice_id: row.maybe_parsed("invoice_id")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one. False where there is one with the same id in the merchant's own system; `Conflict` when the number is taken.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Order) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO orders (id, organization_id, order_number, external_id, po_number, customer_id, customer_number,
           status, terms, notes, currency, items, subtotal, tax, shipping, total, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
         ON CONFLICT (organization_id, external_id) DO NOTHING",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(&it.order_number)
    .bind(&it.external_id)
    .bind(&it.po_number)
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.status.as_str())
    .bind(&it.terms)
    .bind(&it.notes)
    .bind(it.totals.total.currency().code())
    .bind(json_text(&it.items)?)
    .bind(it.totals.subtotal.minor())
    .bind(it.totals.tax.minor())
    .bind(it.totals.shipping.minor())
    .bind(it.totals.total.minor())
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes everything but the ids. `Stale` when it was changed since `it.version` was read; `Conflict` when the number is
/// taken.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Order,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE orders SET order_number = $4, po_number = $5, customer_id = $6, customer_number = $7, status = $8,
           terms = $9, notes = $10, currency = $11, items = $12, subtotal = $13, tax = $14, shipping = $15, total = $16,
           version = version + 1, updated_at = $17
         WHERE organization_id = $1 AND id = $2 AND version = $3",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(&it.order_number)
    .bind(&it.po_number)
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.status.as_str())
    .bind(&it.terms)
    .bind(&it.notes)
    .bind(it.totals.total.currency().code())
    .bind(json_text(&it.items)?)
    .bind(it.totals.subtotal.minor())
    .bind(it.totals.tax.minor())
    .bind(it.totals.shipping.minor())
    .bind(it.totals.total.minor())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// One.
pub async fn get(conn: &mut Conn, organization: OrganizationId, id: OrderId) -> Result<Option<Order>, Error> {
    let row = sqlx::query(
        "SELECT o.*, (SELECT i.id FROM invoices i WHERE i.organization_id = $1 AND i.order_id = o.id
             AND i.status NOT IN ('Voided', 'Cancelled')) AS invoice_id
         FROM orders o WHERE o.organization_id = $1 AND o.id = $2",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One, held until the transaction ends: nobody else changes or invoices it meanwhile. What was made of it is read after
/// that, so that nothing is missed that was made while this waited.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: OrderId,
) -> Result<Option<Order>, Error> {
    let statement = pick(
        conn,
        "SELECT id FROM orders WHERE organization_id = $1 AND id = $2",
        "SELECT id FROM orders WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *conn)
        .await?;
    get(conn, organization, id).await
}

/// The id of the one with this id in the merchant's own system.
pub async fn by_external_id(
    conn: &mut Conn,
    organization: OrganizationId,
    external_id: &str,
) -> Result<Option<OrderId>, Error> {
    let row = sqlx::query("SELECT id FROM orders WHERE organization_id = $1 AND external_id = $2")
        .bind(organization.to_string())
        .bind(external_id)
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// The id of the one with this number.
pub async fn by_number(
    conn: &mut Conn,
    organization: OrganizationId,
    number: &str,
) -> Result<Option<OrderId>, Error> {
    let row = sqlx::query("SELECT id FROM orders WHERE organization_id = $1 AND order_number = $2")
        .bind(organization.to_string())
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// What a list of orders is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one customer.
    pub customer_number: Option<String>,
    /// In one state.
    pub status: Option<Status>,
    /// The one with this id in the merchant's own system.
    pub external_id: Option<String>,
}

/// A page of an organization's orders.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Order>, Error> {
    let status = filter.status.map(Status::as_str);
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM orders WHERE organization_id = $1 AND ($2 IS NULL OR customer_number = $2)
           AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR external_id = $4)",
    )
    .bind(organization.to_string())
    .bind(&filter.customer_number)
    .bind(status)
    .bind(&filter.external_id)
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT o.*, (SELECT i.id FROM invoices i WHERE i.organization_id = $1 AND i.order_id = o.id
             AND i.status NOT IN ('Voided', 'Cancelled')) AS invoice_id
         FROM orders o WHERE o.organization_id = $1 AND ($2 IS NULL OR o.customer_number = $2)
           AND ($3 IS NULL OR o.status = $3) AND ($4 IS NULL OR o.external_id = $4)
           AND (o.created_at, o.id) < ($5, $6) ORDER BY o.created_at DESC, o.id DESC LIMIT $7 OFFSET $8"
    } else {
        "SELECT o.*, (SELECT i.id FROM invoices i WHERE i.organization_id = $1 AND i.order_id = o.id
             AND i.status NOT IN ('Voided', 'Cancelled')) AS invoice_id
         FROM orders o WHERE o.organization_id = $1 AND ($2 IS NULL OR o.customer_number = $2)
           AND ($3 IS NULL OR o.status = $3) AND ($4 IS NULL OR o.external_id = $4)
           AND (o.created_at, o.id) > ($5, $6) ORDER BY o.created_at, o.id LIMIT $7 OFFSET $8"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(&filter.customer_number)
        .bind(status)
        .bind(&filter.external_id)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: Some(total) })
}
