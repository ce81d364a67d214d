//! What of ours is what of theirs, and how each pair stands.
//!
//! One thing here has one row for each integration and kind, and so has one thing there: two unique indexes. A row is
//! changed by whoever read it last (`version`); [`want`] alone is allowed at any time, and is seen at the end of a write.

mod list;
mod many;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId, SyncLinkId},
    sync::{Difference, Failure, Standing, State},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    row::{Columns, json_text},
};

pub use list::{Counts, Filter, counts, list, next_due, under_way};
pub use many::{failed_again, looked_at, of_customer, release, unseen, want_all};

/// A pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: SyncLinkId,
    /// Which integration.
    pub integration: IntegrationId,
    /// What it is there, in the word of the books' kinds.
    pub kind: String,
    /// Which it is here; for one kind never two alike.
    pub local_id: String,
    /// What people call it.
    pub label: String,
    /// How it stands.
    pub state: State,
    /// Grows with each reason to look at it again.
    pub wanted: i64,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// How often it was tried in vain since it was wanted.
    pub attempts: i64,
    /// What makes a write the same write.
    pub generation: i64,
    /// When that was first sent.
    pub sent_at: Option<Timestamp>,
    /// The books' id.
    pub remote_id: Option<String>,
    /// The number that it has there.
    pub remote_number: Option<String>,
    /// The version that was seen there last.
    pub sync_token: Option<String>,
    /// When it changed there last, as far as was seen.
    pub remote_updated_at: Option<Timestamp>,
    /// What was written last.
    pub pushed_hash: Option<String>,
    /// What both sides had when they agreed last, JSON text.
    pub agreed: Option<String>,
    /// What of money stands there.
    pub standing: Option<Standing>,
    /// Why it was not taken.
    pub failure: Option<Failure>,
    /// What differs.
    pub difference: Option<Difference>,
    /// Grows by one with each change.
    pub version: i64,
    /// When it was first wanted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Link, Error> {
    Ok(Link {
        id: row.parsed("id")?,
        integration: row.parsed("integration_id")?,
        kind: row.text("kind")?,
        local_id: row.text("local_id")?,
        label: row.text("label")?,
        state: row.parsed("state")?,
        wanted: row.int("wanted")?,
        due_at: row.time("due_at")?,
        attempts: row.int("attempts")?,
        generation: row.int("generation")?,
        sent_at: row.maybe_time("sent_at")?,
        remote_id: row.maybe_text("remote_id")?,
        remote_number: row.maybe_text("remote_number")?,
        sync_token: row.maybe_text("sync_token")?,
        remote_updated_at: row.maybe_time("remote_updated_at")?,
        pushed_hash: row.maybe_text("pushed_hash")?,
        agreed: row.maybe_text("agreed")?,
        standing: row.maybe_json("standing")?,
        failure: row.maybe_json("failure")?,
        difference: row.maybe_json("difference")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Something that is to be kept in step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// What it is there.
    pub kind: String,
    /// Which it is here.
    pub local_id: String,
    /// What people call it.
    pub label: String,
}

/// Has it looked at again, or for the first time. What a person left as it is, and what is gone there, stays so.
pub async fn want(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    id: SyncLinkId,
    it: &Want,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO sync_links (id, organization_id, integration_id, kind, local_id, label, state, wanted, due_at,
           attempts, generation, version, created_at, updated_at, waits_since)
         VALUES ($1, $2, $3, $4, $5, $6, 'Waiting', 1, $7, 0, 0, 1, $7, $7, $7)
         ON CONFLICT (integration_id, kind, local_id) DO UPDATE SET wanted = sync_links.wanted + 1, label = $6,
           due_at = CASE WHEN sync_links.state = 'Sent' THEN sync_links.due_at ELSE $7 END,
           attempts = CASE WHEN sync_links.state = 'Sent' THEN sync_links.attempts ELSE 0 END,
           state = CASE WHEN sync_links.state IN ('Synced', 'Failed') THEN 'Waiting' ELSE sync_links.state END,
           waits_since = CASE WHEN sync_links.state IN ('Synced', 'Failed') THEN $7 ELSE sync_links.waits_since END,
           version = CASE WHEN sync_links.state = 'Sent' THEN sync_links.version ELSE sync_links.version + 1 END",
    )
    .bind(id.to_string())
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&it.kind)
    .bind(&it.local_id)
    .bind(&it.label)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a pair that began there: something of theirs that is now something of ours. False where the pair is there.
pub async fn adopt(conn: &mut Conn, organization: OrganizationId, it: &Link) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO sync_links (id, organization_id, integration_id, kind, local_id, label, state, wanted, due_at,
           attempts, generation, remote_id, remote_number, sync_token, remote_updated_at, pushed_hash, agreed, standing,
           failure, difference, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19, $19)
         ON CONFLICT DO NOTHING",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.kind)
    .bind(&it.local_id)
    .bind(&it.label)
    .bind(it.state.as_str())
    .bind(it.wanted)
    .bind(it.due_at.as_microsecond())
    .bind(&it.remote_id)
    .bind(&it.remote_number)
    .bind(&it.sync_token)
    .bind(it.remote_updated_at.map(Timestamp::as_microsecond))
    .bind(&it.pushed_hash)
    .bind(&it.agreed)
    .bind(it.standing.as_ref().map(json_text).transpose()?)
    .bind(it.failure.as_ref().map(json_text).transpose()?)
    .bind(it.difference.as_ref().map(json_text).transpose()?)
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes a pair as it stands by now. `Stale` when it was changed since it was read; `Conflict` where the thing there is
/// another pair's. One that was wanted anew meanwhile waits instead of being in step.
pub async fn put(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Link,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE sync_links SET
           state = CASE WHEN $4 IN ('Synced', 'Failed') AND wanted > $5 THEN 'Waiting' ELSE $4 END,
           due_at = CASE WHEN $4 IN ('Synced', 'Failed') AND wanted > $5 THEN $20 ELSE $6 END,
           attempts = $7, generation = $8, sent_at = $9, remote_id = $10, remote_number = $11, sync_token = $12,
           remote_updated_at = $13, pushed_hash = $14, agreed = $15, standing = $16, failure = $17, difference = $18,
           label = $19, version = version + 1, updated_at = $20,
           waits_since = CASE WHEN $4 IN ('Waiting', 'Sent') OR ($4 IN ('Synced', 'Failed') AND wanted > $5)
             THEN COALESCE(waits_since, $20) ELSE NULL END
         WHERE organization_id = $1 AND id = $2 AND version = $3",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(it.state.as_str())
    .bind(it.wanted)
    .bind(it.due_at.as_microsecond())
    .bind(it.attempts)
    .bind(it.generation)
    .bind(it.sent_at.map(Timestamp::as_microsecond))
    .bind(&it.remote_id)
    .bind(&it.remote_number)
    .bind(&it.sync_token)
    .bind(it.remote_updated_at.map(Timestamp::as_microsecond))
    .bind(&it.pushed_hash)
    .bind(&it.agreed)
    .bind(it.standing.as_ref().map(json_text).transpose()?)
    .bind(it.failure.as_ref().map(json_text).transpose()?)
    .bind(it.difference.as_ref().map(json_text).transpose()?)
    .bind(&it.label)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    id: SyncLinkId,
) -> Result<Option<Link>, Error> {
    let row = sqlx::query(
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND id = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The one for something of ours.
pub async fn of_local(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    kind: &str,
    local_id: &str,
) -> Result<Option<Link>, Error> {
    let statement =
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND kind = $3
           AND local_id = $4";
    one(conn, statement, organization, integration, [kind, local_id]).await
}

/// The one for something of theirs.
pub async fn of_remote(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    kind: &str,
    remote_id: &str,
) -> Result<Option<Link>, Error> {
    let statement =
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND kind = $3
           AND remote_id = $4";
    one(conn, statement, organization, integration, [kind, remote_id]).await
}

async fn one(
    conn: &mut Conn,
    statement: &'static str,
    organization: OrganizationId,
    integration: IntegrationId,
    [kind, id]: [&str; 2],
) -> Result<Option<Link>, Error> {
    let query = sqlx::query(statement).bind(organization.to_string()).bind(integration.to_string());
    let row = query.bind(kind).bind(id).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Forgets a pair that never was one: nothing of it is there.
pub async fn forget(conn: &mut Conn, organization: OrganizationId, it: &Link) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM sync_links WHERE organization_id = $1 AND id = $2 AND version = $3 AND wanted = $4
           AND remote_id IS NULL",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(it.wanted)
    .execute(conn)
    .await?;
    Ok(())
}

/// What of a kind is due in a state, oldest first.
pub async fn due(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (kind, state): (&str, State),
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Link>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND kind = $3 AND state = $4
           AND due_at <= $5 ORDER BY due_at, created_at, id LIMIT $6",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(kind)
    .bind(state.as_str())
    .bind(now.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}
