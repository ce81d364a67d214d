//! What in the books is to be looked at: somebody said that it changed, and that is all that is believed of it.

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, row::Columns};

/// The most that wait for one integration; what is more is found by asking for changes.
pub const MAX_WAITING: i64 = 100_000;

/// Something to look at.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is, in the word of the books' kinds.
    pub kind: String,
    /// Which.
    pub remote_id: String,
    /// What went up in it.
    pub merged: Option<String>,
    /// Grows with each notice: what was looked at for an older one is to be looked at again.
    pub noticed: i64,
    /// How often it was tried in vain.
    pub attempts: i64,
}

fn read(row: &AnyRow) -> Result<Entry, Error> {
    Ok(Entry {
        kind: row.text("kind")?,
        remote_id: row.text("remote_id")?,
        merged: row.maybe_text("merged")?,
        noticed: row.int("noticed")?,
        attempts: row.int("attempts")?,
    })
}

/// Adds something to look at, or says again that it changed. False where too much waits already.
pub async fn notice(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (kind, remote_id, merged): (&str, &str, Option<&str>),
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO sync_inbox (organization_id, integration_id, kind, remote_id, merged, noticed, due_at, attempts)
         SELECT $1, $2, $3, $4, $5, 1, $6, 0
         WHERE (SELECT COUNT(*) FROM sync_inbox WHERE organization_id = $1 AND integration_id = $2) < $7
         ON CONFLICT (integration_id, kind, remote_id) DO UPDATE
           SET noticed = sync_inbox.noticed + 1, due_at = $6, merged = COALESCE($5, sync_inbox.merged), attempts = 0",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(kind)
    .bind(remote_id)
    .bind(merged)
    .bind(now.as_microsecond())
    .bind(MAX_WAITING)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is due, oldest first.
pub async fn due(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM sync_inbox WHERE organization_id = $1 AND integration_id = $2 AND due_at <= $3
         ORDER BY due_at, kind, remote_id LIMIT $4",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(now.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// It was looked at. What was noticed meanwhile stays.
pub async fn done(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    it: &Entry,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM sync_inbox WHERE organization_id = $1 AND integration_id = $2 AND kind = $3 AND remote_id = $4
           AND noticed = $5",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&it.kind)
    .bind(&it.remote_id)
    .bind(it.noticed)
    .execute(conn)
    .await?;
    Ok(())
}

/// It could not be looked at: again then.
pub async fn later(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    it: &Entry,
    due: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_inbox SET due_at = $5, attempts = attempts + 1
         WHERE organization_id = $1 AND integration_id = $2 AND kind = $3 AND remote_id = $4 AND noticed = $6",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&it.kind)
    .bind(&it.remote_id)
    .bind(due.as_microsecond())
    .bind(it.noticed)
    .execute(conn)
    .await?;
    Ok(())
}

/// How much waits, and when the first of it is due.
pub async fn waiting(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<(i64, Option<Timestamp>), Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS total, CAST(MIN(due_at) AS BIGINT) AS first FROM sync_inbox
         WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    Ok((row.int("total")?, row.maybe_time("first")?))
}
