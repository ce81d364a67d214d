//! The audit trail: who did what, when, from where. Never a value, only names.

use jiff::Timestamp;
use kontor_domain::ids::{AuditId, OrganizationId};

use crate::{Conn, Error};

/// One row of the trail.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Its id.
    pub id: AuditId,
    /// Whose trail; none where nobody could be named.
    pub organization: Option<OrganizationId>,
    /// Who, such as `key_…`, `system` or `anonymous`.
    pub actor: &'a str,
    /// What, such as `integration.updated`.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// More, as JSON text: field names, reasons.
    pub detail: &'a str,
    /// From which address.
    pub address: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// Adds a row.
pub async fn insert(conn: &mut Conn, entry: &Entry<'_>) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO audit (id, organization_id, actor, action, subject, detail, address, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.id.to_string())
    .bind(entry.organization.map(|id| id.to_string()).unwrap_or_default())
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.detail)
    .bind(entry.address)
    .bind(entry.at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}
