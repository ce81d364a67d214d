//! The lists of a connected company that settings may choose from, as they were last read there.

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};
use serde::{Deserialize, Serialize};

use crate::{Conn, Error, row::Columns};

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The provider's id of it: what a setting names.
    pub id: String,
    /// For people.
    pub name: String,
    /// What kind of one.
    pub kind: Option<String>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub list: String,
    /// Its entries, by name.
    pub entries: Vec<Entry>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// Keeps a list as it is now.
pub async fn put(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    it: &Listed,
) -> Result<(), Error> {
    let entries = serde_json::to_string(&it.entries).map_err(|_| Error::Corrupt("choices"))?;
    sqlx::query(
        "INSERT INTO integration_choices (organization_id, integration_id, list, choices, read_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (integration_id, list) DO UPDATE SET choices = excluded.choices, read_at = excluded.read_at
         WHERE integration_choices.organization_id = $1",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&it.list)
    .bind(entries)
    .bind(it.read_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Every list of an integration.
pub async fn all(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Vec<Listed>, Error> {
    let rows = sqlx::query(
        "SELECT list, choices, read_at FROM integration_choices
         WHERE organization_id = $1 AND integration_id = $2 ORDER BY list",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_all(conn)
    .await?;
    let listed = |row: &sqlx::any::AnyRow| {
        Ok(Listed { list: row.text("list")?, entries: row.json("choices")?, read_at: row.time("read_at")? })
    };
    rows.iter().map(listed).collect()
}

/// Forgets the lists: they are another company's.
pub async fn forget(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM integration_choices WHERE organization_id = $1 AND integration_id = $2")
        .bind(organization.to_string())
        .bind(integration.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
