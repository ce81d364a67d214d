//! Customers of an organization.

use kontor_domain::{
    customers::Customer,
    ids::{CustomerId, OrganizationId},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error, Page, Slice,
    db::pick,
    row::{Columns, json_text},
};

fn read(row: &AnyRow) -> Result<Customer, Error> {
    Ok(Customer {
        id: row.parsed("id")?,
        customer_number: row.text("customer_number")?,
        company_name: row.text("company_name")?,
        company_email: row.maybe_text("company_email")?,
        company_phone: row.maybe_text("company_phone")?,
        active: row.flag("active")?,
        terms: row.maybe_text("terms")?,
        currency: row.parsed("currency")?,
        external_id: row.maybe_text("external_id")?,
        addresses: row.json("addresses")?,
        contacts: row.json("contacts")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one. `Conflict` when the number is taken.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Customer) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO customers (id, organization_id, customer_number, company_name, company_email, company_phone,
           active, terms, currency, external_id, addresses, contacts, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(&it.customer_number)
    .bind(&it.company_name)
    .bind(&it.company_email)
    .bind(&it.company_phone)
    .bind(i64::from(it.active))
    .bind(&it.terms)
    .bind(it.currency.code())
    .bind(&it.external_id)
    .bind(json_text(&it.addresses)?)
    .bind(json_text(&it.contacts)?)
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .bind(it.updated_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes everything but the number. `Stale` when it was changed since `it.version` was read.
pub async fn update(conn: &mut Conn, organization: OrganizationId, it: &Customer) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE customers SET company_name = $4, company_email = $5, company_phone = $6, active = $7, terms = $8,
           currency = $9, external_id = $10, addresses = $11, contacts = $12, version = version + 1, updated_at = $13
         WHERE organization_id = $1 AND id = $2 AND version = $3",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(&it.company_name)
    .bind(&it.company_email)
    .bind(&it.company_phone)
    .bind(i64::from(it.active))
    .bind(&it.terms)
    .bind(it.currency.code())
    .bind(&it.external_id)
    .bind(json_text(&it.addresses)?)
    .bind(json_text(&it.contacts)?)
    .bind(it.updated_at.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// One by its number.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    number: &str,
) -> Result<Option<Customer>, Error> {
    let row = sqlx::query("SELECT * FROM customers WHERE organization_id = $1 AND customer_number = $2")
        .bind(organization.to_string())
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One by its id.
pub async fn by_id(
    conn: &mut Conn,
    organization: OrganizationId,
    id: CustomerId,
) -> Result<Option<Customer>, Error> {
    let row = sqlx::query("SELECT * FROM customers WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whether it is there. Holds it until the transaction ends: what concerns all of one customer's cards waits for each
/// other here. Invoices may be written meanwhile.
pub async fn hold(conn: &mut Conn, organization: OrganizationId, id: CustomerId) -> Result<bool, Error> {
    let statement = pick(
        conn,
        "SELECT id FROM customers WHERE organization_id = $1 AND id = $2",
        "SELECT id FROM customers WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// A page of an organization's customers; with a number, of that one alone.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    number: Option<&str>,
    slice: &Slice,
) -> Result<Page<Customer>, Error> {
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM customers
         WHERE organization_id = $1 AND ($2 IS NULL OR customer_number = $2)",
    )
    .bind(organization.to_string())
    .bind(number)
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT * FROM customers WHERE organization_id = $1 AND ($2 IS NULL OR customer_number = $2)
           AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6"
    } else {
        "SELECT * FROM customers WHERE organization_id = $1 AND ($2 IS NULL OR customer_number = $2)
           AND (created_at, id) > ($3, $4) ORDER BY created_at, id LIMIT $5 OFFSET $6"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(number)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: Some(total) })
}

/// What a customer owes and has to its credit, in minor units of its own currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Sum of the balances of its payable invoices.
    pub open_balance: i64,
    /// Sum of what it paid that lies on no invoice and was not given back.
    pub unapplied_credit: i64,
}

/// What a customer owes and has to its credit. Amounts in other currencies than its own do not count.
pub async fn account(conn: &mut Conn, organization: OrganizationId, it: &Customer) -> Result<Account, Error> {
    let row = sqlx::query(
        "SELECT
           (SELECT CAST(COALESCE(SUM(total - paid + reopened), 0) AS BIGINT) FROM invoices
             WHERE organization_id = $1 AND customer_number = $2 AND currency = $3
               AND status IN ('Issued', 'PartiallyPaid')) AS open_balance,
           (SELECT CAST(COALESCE(SUM(amount - applied - refunded_credit), 0) AS BIGINT) FROM payments
             WHERE organization_id = $1 AND customer_number = $2 AND currency = $3
               AND status IN ('Succeeded', 'PartiallyRefunded')) AS unapplied_credit",
    )
    .bind(organization.to_string())
    .bind(&it.customer_number)
    .bind(it.currency.code())
    .fetch_one(conn)
    .await?;
    Ok(Account { open_balance: row.int("open_balance")?, unapplied_credit: row.int("unapplied_credit")? })
}
