//! API credentials: a client id and the hash of a secret that was shown once.

use jiff::Timestamp;
use kontor_domain::ids::{ApiKeyId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, row::Columns};

/// The most API keys that one organization holds.
pub const MAX_KEYS: i64 = 1_000;

/// API credentials as they are kept.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The organization's code.
    pub org_code: String,
    /// What the merchant calls it.
    pub name: String,
    /// Admin, `SalesRep` or Customer.
    pub role: String,
    /// Of a Customer, which one.
    pub customer_number: Option<String>,
    /// The public half.
    pub client_id: String,
    /// SHA-256 of the secret half, hex.
    pub secret_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: row.parsed("id")?,
        organization: row.parsed("organization_id")?,
        org_code: row.text("org_code")?,
        name: row.text("name")?,
        role: row.text("role")?,
        customer_number: row.maybe_text("customer_number")?,
        client_id: row.text("client_id")?,
        secret_hash: row.text("secret_hash")?,
        created_at: row.time("created_at")?,
    })
}

/// Adds one.
pub async fn insert(conn: &mut Conn, key: &ApiKey) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO api_keys
           (id, organization_id, name, role, customer_number, client_id, secret_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.id.to_string())
    .bind(key.organization.to_string())
    .bind(&key.name)
    .bind(&key.role)
    .bind(&key.customer_number)
    .bind(&key.client_id)
    .bind(&key.secret_hash)
    .bind(key.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// How many an organization has.
pub async fn count(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query("SELECT COUNT(*) AS total FROM api_keys WHERE organization_id = $1")
        .bind(organization.to_string())
        .fetch_one(conn)
        .await?;
    row.int("total")
}

/// All of an organization, newest first; at most [`MAX_KEYS`].
pub async fn list(conn: &mut Conn, organization: OrganizationId) -> Result<Vec<ApiKey>, Error> {
    let rows = sqlx::query(
        "SELECT k.*, o.code AS org_code FROM api_keys k JOIN organizations o ON o.id = k.organization_id
         WHERE k.organization_id = $1 ORDER BY k.created_at DESC, k.id DESC LIMIT $2",
    )
    .bind(organization.to_string())
    .bind(MAX_KEYS)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Removes one; false when there is none.
pub async fn delete(conn: &mut Conn, organization: OrganizationId, id: ApiKeyId) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM api_keys WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether it is still there.
pub async fn exists(conn: &mut Conn, organization: OrganizationId, id: ApiKeyId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT id FROM api_keys WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// The key with this secret's hash.
pub async fn by_secret_hash(conn: &mut Conn, hash: &str) -> Result<Option<ApiKey>, Error> {
    // every organization: the caller's organization is what this row tells
    let row = sqlx::query(
        "SELECT k.*, o.code AS org_code FROM api_keys k JOIN organizations o ON o.id = k.organization_id
         WHERE k.secret_hash = $1",
    )
    .bind(hash)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The key with this client id.
pub async fn by_client_id(conn: &mut Conn, client_id: &str) -> Result<Option<ApiKey>, Error> {
    // every organization: the caller's organization is what this row tells
    let row = sqlx::query(
        "SELECT k.*, o.code AS org_code FROM api_keys k JOIN organizations o ON o.id = k.organization_id
         WHERE k.client_id = $1",
    )
    .bind(client_id)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}
