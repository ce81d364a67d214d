//! Organizations: the tenants themselves.

pub mod delete;

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

/// An organization as it is kept.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its short code, unique in the installation.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Origins that customers may be sent back to.
    pub return_urls: Vec<String>,
    /// The provider that payments go to where a request names none.
    pub default_payment_provider: Option<String>,
    /// Grows by one with each change of its settings.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Organization, Error> {
    Ok(Organization {
        id: row.parsed("id")?,
        code: row.text("code")?,
        name: row.text("name")?,
        return_urls: row.json("return_urls")?,
        default_payment_provider: row.maybe_text("default_payment_provider")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
    })
}

/// Adds one. `Conflict` when the code is taken.
pub async fn insert(conn: &mut Conn, organization: &Organization) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO organizations (id, code, name, return_urls, next_invoice, version, created_at)
         VALUES ($1, $2, $3, $4, 1, $5, $6)",
    )
    .bind(organization.id.to_string())
    .bind(&organization.code)
    .bind(&organization.name)
    .bind(json_text(&organization.return_urls)?)
    .bind(organization.version)
    .bind(organization.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// One by id.
pub async fn get(conn: &mut Conn, organization: OrganizationId) -> Result<Option<Organization>, Error> {
    let row = sqlx::query("SELECT * FROM organizations WHERE id = $1")
        .bind(organization.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One by its code, letter for letter.
pub async fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Organization>, Error> {
    let row =
        sqlx::query("SELECT * FROM organizations WHERE code = $1").bind(code).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// All of them, oldest first: for the operator's commands and the chain.
pub async fn all(conn: &mut Conn) -> Result<Vec<Organization>, Error> {
    let rows = sqlx::query("SELECT * FROM organizations ORDER BY created_at, id").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Replaces the settings: the origins that customers may be sent back to, and the default provider.
pub async fn set(
    conn: &mut Conn,
    organization: OrganizationId,
    return_urls: &[String],
    default_payment_provider: Option<&str>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE organizations SET return_urls = $2, default_payment_provider = $3, version = version + 1
         WHERE id = $1",
    )
    .bind(organization.to_string())
    .bind(json_text(&return_urls)?)
    .bind(default_payment_provider)
    .execute(conn)
    .await?;
    Ok(())
}

/// One, held until the transaction ends.
pub async fn lock(conn: &mut Conn, organization: OrganizationId) -> Result<Option<Organization>, Error> {
    let sql = pick(
        conn,
        "SELECT * FROM organizations WHERE id = $1",
        "SELECT * FROM organizations WHERE id = $1 FOR UPDATE",
    );
    let row = sqlx::query(sql).bind(organization.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Takes the next number of the organization's own invoice numbering.
pub async fn next_invoice(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query(
        "UPDATE organizations SET next_invoice = next_invoice + 1 WHERE id = $1 RETURNING next_invoice",
    )
    .bind(organization.to_string())
    .fetch_one(conn)
    .await?;
    Ok(row.int("next_invoice")?.saturating_sub(1))
}

/// Takes the next number of the organization's own order numbering.
pub async fn next_order(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query(
        "UPDATE organizations SET next_order = next_order + 1 WHERE id = $1 RETURNING next_order",
    )
    .bind(organization.to_string())
    .fetch_one(conn)
    .await?;
    Ok(row.int("next_order")?.saturating_sub(1))
}
