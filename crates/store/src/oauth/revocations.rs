//! Tokens on their way to being taken back. Each is sealed on its own, since its integration may be gone by then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId, RevocationId};

use crate::{
    Conn, Error,
    row::{Columns, json_text},
};

/// A token on its way out.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Its id.
    pub id: RevocationId,
    /// Whose it was.
    pub integration: IntegrationId,
    /// At which provider, by its template's id.
    pub provider: String,
    /// The integration's settings, which say in which environment.
    pub configuration: BTreeMap<String, String>,
    /// The sealed token.
    pub record: Vec<u8>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Adds one.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Revocation) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO oauth_revocations (id, organization_id, integration_id, provider, configuration, record, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.provider)
    .bind(json_text(&it.configuration)?)
    .bind(it.record.clone())
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: RevocationId,
) -> Result<Option<Revocation>, Error> {
    let row = sqlx::query("SELECT * FROM oauth_revocations WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Revocation {
            id: row.parsed("id")?,
            integration: row.parsed("integration_id")?,
            provider: row.text("provider")?,
            configuration: row.json("configuration")?,
            record: row.bytes("record")?,
            created_at: row.time("created_at")?,
        })
    })
    .transpose()
}

/// Destroys one.
pub async fn delete(conn: &mut Conn, organization: OrganizationId, id: RevocationId) -> Result<(), Error> {
    sqlx::query("DELETE FROM oauth_revocations WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
