//! Sealed values of integrations: credentials, tokens, what they replaced. Only sealed bytes come here; the vault
//! alone can open them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, row::Columns};

/// A sealed value.
pub struct Sealed {
    /// What it is for; part of what the seal binds.
    pub purpose: String,
    /// The template's key.
    pub field: String,
    /// Grows with each new value; part of what the seal binds.
    pub version: i64,
    /// The sealed record (docs/vault-format.md).
    pub record: Vec<u8>,
    /// When it was set.
    pub updated_at: Timestamp,
    /// After this it is opened no more.
    pub expires_at: Option<Timestamp>,
}

/// All of an integration for one purpose, by field; also those whose time is over.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    purpose: &str,
) -> Result<Vec<Sealed>, Error> {
    let rows = sqlx::query(
        "SELECT purpose, field, version, record, updated_at, expires_at FROM integration_secrets
         WHERE organization_id = $1 AND integration_id = $2 AND purpose = $3 ORDER BY field",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(purpose)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Sealed, Error> {
    Ok(Sealed {
        purpose: row.text("purpose")?,
        field: row.text("field")?,
        version: row.int("version")?,
        record: row.bytes("record")?,
        updated_at: row.time("updated_at")?,
        expires_at: row.maybe_time("expires_at")?,
    })
}

/// An integration's settings, and all of its values for one purpose. One statement, so that both are of one moment,
/// whatever is changed meanwhile.
pub async fn with_settings(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    purpose: &str,
) -> Result<Option<(BTreeMap<String, String>, Vec<Sealed>)>, Error> {
    let rows = sqlx::query(
        "SELECT i.configuration, s.purpose, s.field, s.version, s.record, s.updated_at, s.expires_at
         FROM integrations i LEFT JOIN integration_secrets s
           ON s.organization_id = i.organization_id AND s.integration_id = i.id AND s.purpose = $3
         WHERE i.organization_id = $1 AND i.id = $2 ORDER BY s.field",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(purpose)
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let configuration = first.json("configuration")?;
    let mut sealed = Vec::new();
    for row in &rows {
        if row.maybe_text("field")?.is_some() {
            sealed.push(read(row)?);
        }
    }
    Ok(Some((configuration, sealed)))
}

/// The next version in the integration. It grows over all fields and purposes, and over deletions.
pub async fn next_version(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "INSERT INTO secret_versions (organization_id, integration_id, last) VALUES ($1, $2, 1)
         ON CONFLICT (organization_id, integration_id) DO UPDATE SET last = secret_versions.last + 1
         RETURNING last",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    row.int("last")
}

/// Sets one value, replacing the older of its purpose and field.
pub async fn put(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    sealed: &Sealed,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO integration_secrets
           (organization_id, integration_id, purpose, field, version, record, updated_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (organization_id, integration_id, purpose, field)
         DO UPDATE SET version = $5, record = $6, updated_at = $7, expires_at = $8",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&sealed.purpose)
    .bind(&sealed.field)
    .bind(sealed.version)
    .bind(sealed.record.clone())
    .bind(sealed.updated_at.as_microsecond())
    .bind(sealed.expires_at.map(Timestamp::as_microsecond))
    .execute(conn)
    .await?;
    Ok(())
}

/// Destroys the values of one purpose; of one field alone where it is named. Returns how many there were.
pub async fn delete(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    purpose: &str,
    field: Option<&str>,
) -> Result<u64, Error> {
    let done = sqlx::query(
        "DELETE FROM integration_secrets
         WHERE organization_id = $1 AND integration_id = $2 AND purpose = $3 AND ($4 IS NULL OR field = $4)",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(purpose)
    .bind(field)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Destroys all of an integration, for every purpose.
pub async fn delete_all(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM integration_secrets WHERE organization_id = $1 AND integration_id = $2")
        .bind(organization.to_string())
        .bind(integration.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Destroys every value whose time is over. Returns how many there were.
pub async fn delete_expired(conn: &mut Conn, now: Timestamp) -> Result<u64, Error> {
    // every organization: the sweep
    let done = sqlx::query("DELETE FROM integration_secrets WHERE expires_at <= $1")
        .bind(now.as_microsecond())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
