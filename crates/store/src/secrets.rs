//! Sealed secrets of integrations. Only sealed bytes come here; the vault alone can open them.

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};

use crate::{Conn, Error, row::Columns};

/// A sealed value.
pub struct Sealed {
    /// The template's key.
    pub field: String,
    /// Grows with each new value; part of what the seal binds.
    pub version: i64,
    /// The sealed record (docs/vault-format.md).
    pub record: Vec<u8>,
    /// When it was set.
    pub updated_at: Timestamp,
}

/// All of an integration, by field.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Vec<Sealed>, Error> {
    let rows = sqlx::query(
        "SELECT field, version, record, updated_at FROM integration_secrets
         WHERE organization_id = $1 AND integration_id = $2 ORDER BY field",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Sealed {
                field: row.text("field")?,
                version: row.int("version")?,
                record: row.bytes("record")?,
                updated_at: row.time("updated_at")?,
            })
        })
        .collect()
}

/// Sets one value, replacing the older.
pub async fn put(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    sealed: &Sealed,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO integration_secrets (organization_id, integration_id, field, version, record, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organization_id, integration_id, field)
         DO UPDATE SET version = $4, record = $5, updated_at = $6",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&sealed.field)
    .bind(sealed.version)
    .bind(sealed.record.clone())
    .bind(sealed.updated_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Destroys all of an integration.
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
