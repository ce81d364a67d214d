//! Invoices. Sums are changed only under the row's lock, by adding, never by writing what was read before.

use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    Currency, Money,
    ids::{InvoiceId, OrderId, OrganizationId},
    invoices::{Invoice, Status, Totals},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error, Page, Slice,
    db::pick,
    row::{Columns, json_text},
};

fn read(row: &AnyRow) -> Result<Invoice, Error> {
    let currency: Currency = row.parsed("currency")?;
    Ok(Invoice {
        id: row.parsed("id")?,
        invoice_number: row.text("invoice_number")?,
        order_id: row.maybe_parsed("order_id")?,
        order_number: row.maybe_text("order_number")?,
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        status: row.parsed("status")?,
        invoice_date: row.parsed("invoice_date")?,
        due_date: row.maybe_parsed("due_date")?,
        terms: row.maybe_text("terms")?,
        po_number: row.maybe_text("po_number")?,
        notes: row.maybe_text("notes")?,
        items: row.json("items")?,
        totals: Totals {
            subtotal: row.money("subtotal", currency)?,
            tax: row.money("tax", currency)?,
            shipping: row.money("shipping", currency)?,
            total: row.money("total", currency)?,
        },
        paid: row.money("paid", currency)?,
        refunded: row.money("refunded", currency)?,
        reopened: row.money("reopened", currency)?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one, with nothing paid. `Conflict` when the number is taken.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Invoice) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO invoices (id, organization_id, invoice_number, order_number, customer_id, customer_number,
           status, invoice_date, due_date, terms, currency, po_number, notes, items, subtotal, tax, shipping, total,
           paid, refunded, reopened, version, created_at, updated_at, order_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, 0, $19, $20, $20,
           $21)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(&it.invoice_number)
    .bind(&it.order_number)
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.status.as_str())
    .bind(it.invoice_date.to_string())
    .bind(it.due_date.map(|date: Date| date.to_string()))
    .bind(&it.terms)
    .bind(it.totals.total.currency().code())
    .bind(&it.po_number)
    .bind(&it.notes)
    .bind(json_text(&it.items)?)
    .bind(it.totals.subtotal.minor())
    .bind(it.totals.tax.minor())
    .bind(it.totals.shipping.minor())
    .bind(it.totals.total.minor())
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .bind(it.order_id.map(|id| id.to_string()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a draft anew as the version that it says. `Conflict` when its number is taken, `Stale` when it is no draft of the
/// version before.
pub async fn rewrite(conn: &mut Conn, organization: OrganizationId, it: &Invoice) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE invoices SET invoice_number = $3, order_number = $4, customer_id = $5, customer_number = $6,
           invoice_date = $7, due_date = $8, terms = $9, currency = $10, po_number = $11, notes = $12, items = $13,
           subtotal = $14, tax = $15, shipping = $16, total = $17, version = $18, updated_at = $19
         WHERE organization_id = $1 AND id = $2 AND status = 'Draft' AND version = $18 - 1",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(&it.invoice_number)
    .bind(&it.order_number)
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.invoice_date.to_string())
    .bind(it.due_date.map(|date: Date| date.to_string()))
    .bind(&it.terms)
    .bind(it.totals.total.currency().code())
    .bind(&it.po_number)
    .bind(&it.notes)
    .bind(json_text(&it.items)?)
    .bind(it.totals.subtotal.minor())
    .bind(it.totals.tax.minor())
    .bind(it.totals.shipping.minor())
    .bind(it.totals.total.minor())
    .bind(it.version)
    .bind(it.updated_at.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Option<Invoice>, Error> {
    let row = sqlx::query("SELECT * FROM invoices WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One, held until the transaction ends: nobody else pays or changes it meanwhile.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Option<Invoice>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM invoices WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM invoices WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One by the merchant's number.
pub async fn by_number(
    conn: &mut Conn,
    organization: OrganizationId,
    number: &str,
) -> Result<Option<Invoice>, Error> {
    let row = sqlx::query("SELECT * FROM invoices WHERE organization_id = $1 AND invoice_number = $2")
        .bind(organization.to_string())
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The customer's oldest payable invoice whose balance is exactly this amount.
pub async fn oldest_with_balance(
    conn: &mut Conn,
    organization: OrganizationId,
    customer_number: &str,
    amount: Money,
) -> Result<Option<Invoice>, Error> {
    let row = sqlx::query(
        "SELECT * FROM invoices WHERE organization_id = $1 AND customer_number = $2 AND currency = $3
           AND total - paid + reopened = $4 AND status IN ('Issued', 'PartiallyPaid')
         ORDER BY created_at, id LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(customer_number)
    .bind(amount.currency().code())
    .bind(amount.minor())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// What a list of invoices is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one customer.
    pub customer_number: Option<String>,
    /// In one state.
    pub status: Option<Status>,
    /// Made of one order.
    pub order: Option<OrderId>,
}

/// A page of an organization's invoices.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Invoice>, Error> {
    let customer = filter.customer_number.as_deref();
    let status = filter.status.map(Status::as_str);
    let order = filter.order.map(|id| id.to_string());
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM invoices WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR status = $3)
           AND ($4 IS NULL OR order_id = $4)",
    )
    .bind(organization.to_string())
    .bind(customer)
    .bind(status)
    .bind(order.as_deref())
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT * FROM invoices WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR status = $3)
           AND ($4 IS NULL OR order_id = $4) AND (created_at, id) < ($5, $6)
         ORDER BY created_at DESC, id DESC LIMIT $7 OFFSET $8"
    } else {
        "SELECT * FROM invoices WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR status = $3)
           AND ($4 IS NULL OR order_id = $4) AND (created_at, id) > ($5, $6)
         ORDER BY created_at, id LIMIT $7 OFFSET $8"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(customer)
        .bind(status)
        .bind(order.as_deref())
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: Some(total) })
}

/// Moves an invoice from one state to another. `Stale` when it is in another state by now.
pub async fn set_status(
    conn: &mut Conn,
    organization: OrganizationId,
    id: InvoiceId,
    from: Status,
    to: Status,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE invoices SET status = $4, version = version + 1, updated_at = $5
         WHERE organization_id = $1 AND id = $2 AND status = $3",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Adds an applied payment and writes the status that follows. `Stale` when the locked row is not as it was
/// read; the database's own CHECK refuses a negative balance.
pub async fn add_paid(
    conn: &mut Conn,
    organization: OrganizationId,
    locked: &Invoice,
    amount: Money,
    status: Status,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE invoices SET paid = paid + $5, status = $6, version = version + 1, updated_at = $7
         WHERE organization_id = $1 AND id = $2 AND version = $3 AND currency = $4",
    )
    .bind(organization.to_string())
    .bind(locked.id.to_string())
    .bind(locked.version)
    .bind(amount.currency().code())
    .bind(amount.minor())
    .bind(status.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Adds a refund of what was paid, `reopened` of it to be paid again, and writes the status that follows. `Stale` when
/// the locked row is not as it was read; the database's own CHECK refuses a negative balance.
pub async fn add_refunded(
    conn: &mut Conn,
    organization: OrganizationId,
    locked: &Invoice,
    (amount, reopened): (Money, Money),
    status: Status,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE invoices SET refunded = refunded + $5, reopened = reopened + $6, status = $7, version = version + 1,
           updated_at = $8 WHERE organization_id = $1 AND id = $2 AND version = $3 AND currency = $4",
    )
    .bind(organization.to_string())
    .bind(locked.id.to_string())
    .bind(locked.version)
    .bind(amount.currency().code())
    .bind(amount.minor())
    .bind(reopened.minor())
    .bind(status.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}
