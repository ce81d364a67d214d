//! Sync as it is kept: where each integration stands, and whose turn it is.
//!
//! A state is a queue's entry too: whoever takes it holds the company, over all integrations and processes, until the
//! lease ends. Refuses to hand a company to another process before a minute is over: how often it was asked is known
//! where it was asked.

pub mod inbox;
pub mod links;
mod plan;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    sync::Failure,
};
use sqlx::any::AnyRow;

pub use plan::{plan_again, planned, unplanned, unplanned_of_money};

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

/// Where an integration stands.
#[derive(Debug, Clone)]
pub struct Sync {
    /// Whose.
    pub organization: OrganizationId,
    /// Which.
    pub integration: IntegrationId,
    /// The books' id of the company; empty before it was asked for.
    pub company: String,
    /// Since when a person has it wait.
    pub paused_at: Option<Timestamp>,
    /// Why everything of it waits.
    pub held: Option<Failure>,
    /// Up to which place of the chain of events it was planned.
    pub planned: i64,
    /// Since when changes are asked for.
    pub changes_since: Timestamp,
    /// When that was done last.
    pub polled_at: Timestamp,
    /// Where a comparison of the whole stands, JSON text.
    pub comparing: Option<String>,
    /// When the last one ended.
    pub compared_at: Option<Timestamp>,
    /// When it is its turn.
    pub due_at: Timestamp,
    /// How many turns failed one after the other.
    pub attempts: i64,
    /// Until when its turn is somebody's.
    pub lease_until: Timestamp,
    /// When it had its last turn.
    pub last_run_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Sync, Error> {
    Ok(Sync {
        organization: row.parsed("organization_id")?,
        integration: row.parsed("integration_id")?,
        company: row.text("company")?,
        paused_at: row.maybe_time("paused_at")?,
        held: row.maybe_json("held")?,
        planned: row.int("planned")?,
        changes_since: row.time("changes_since")?,
        polled_at: row.time("polled_at")?,
        comparing: row.maybe_text("comparing")?,
        compared_at: row.maybe_time("compared_at")?,
        due_at: row.time("due_at")?,
        attempts: row.int("attempts")?,
        lease_until: row.time("lease_until")?,
        last_run_at: row.maybe_time("last_run_at")?,
        created_at: row.time("created_at")?,
    })
}

/// Begins it for connected integrations of a provider that have none, from what happens after the integration was last
/// changed. Returns how many.
pub async fn begin(conn: &mut Conn, provider: &str, now: Timestamp) -> Result<u64, Error> {
    // every organization: one runner serves all of them
    let done = sqlx::query(
        "INSERT INTO sync_states (integration_id, organization_id, company, planned, changes_since, polled_at, due_at,
           asked_at, attempts, lease_until, served_at, created_at, updated_at)
         SELECT i.id, i.organization_id, '', COALESCE((SELECT MAX(e.position) FROM events e
             WHERE e.organization_id = i.organization_id AND e.position IS NOT NULL AND e.created_at < i.updated_at), 0),
           $2, 0, $2, 0, 0, 0, 0, $2, $2
         FROM integrations i WHERE i.provider = $1 AND i.is_enabled = 1 AND i.connection_status = 'Connected'
           AND NOT EXISTS (SELECT 1 FROM sync_states s WHERE s.integration_id = i.id)
         ON CONFLICT (integration_id) DO NOTHING",
    )
    .bind(provider)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Lets those have their turn for which something happened that was not planned yet. Returns how many.
pub async fn wake(conn: &mut Conn, now: Timestamp) -> Result<u64, Error> {
    // every organization: one runner serves all of them
    let done = sqlx::query(
        "UPDATE sync_states SET due_at = $1 WHERE due_at > $1 AND paused_at IS NULL AND held IS NULL AND attempts = 0
           AND lease_until <= $1
           AND planned < (SELECT h.position FROM event_heads h WHERE h.organization_id = sync_states.organization_id)",
    )
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Whether it is anybody's turn.
pub async fn presses(conn: &mut Conn, now: Timestamp) -> Result<bool, Error> {
    // every organization: one runner serves all of them
    let row = sqlx::query(
        "SELECT s.integration_id FROM sync_states s JOIN integrations i ON i.id = s.integration_id
         WHERE s.due_at <= $1 AND s.lease_until <= $1 AND s.paused_at IS NULL AND i.is_enabled = 1
           AND i.connection_status = 'Connected' LIMIT 1",
    )
    .bind(now.as_microsecond())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Who takes a turn, and from when on a company that somebody else has served may be taken.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Who.
    pub owner: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Until when the turn is theirs.
    pub until: Timestamp,
    /// A company that another process served after this is left to that process.
    pub others_before: Timestamp,
}

/// Takes the one whose turn has waited longest. None where there is none: paused, switched off and unconnected ones have
/// none, nor has a company that somebody is working for.
pub async fn take(conn: &mut Conn, claim: Claim<'_>) -> Result<Option<Sync>, Error> {
    // every organization: one runner serves all of them
    let sqlite = "UPDATE sync_states SET lease_owner = $1, lease_until = $3, served_by = $1, served_at = $2
         WHERE integration_id = (SELECT s.integration_id FROM sync_states s JOIN integrations i ON i.id = s.integration_id
           WHERE s.due_at <= $2 AND s.paused_at IS NULL AND i.is_enabled = 1 AND i.connection_status = 'Connected'
             AND NOT EXISTS (SELECT 1 FROM sync_states o WHERE (o.integration_id = s.integration_id
                 OR (o.company = s.company AND s.company <> ''))
               AND (o.lease_until > $2 OR (o.served_at > $4 AND o.served_by <> $1)))
           ORDER BY s.due_at LIMIT 1)
         RETURNING *";
    // every organization: one runner serves all of them
    let postgres = "UPDATE sync_states SET lease_owner = $1, lease_until = $3, served_by = $1, served_at = $2
         WHERE integration_id = (SELECT s.integration_id FROM sync_states s JOIN integrations i ON i.id = s.integration_id
           WHERE s.due_at <= $2 AND s.paused_at IS NULL AND i.is_enabled = 1 AND i.connection_status = 'Connected'
             AND NOT EXISTS (SELECT 1 FROM sync_states o WHERE (o.integration_id = s.integration_id
                 OR (o.company = s.company AND s.company <> ''))
               AND (o.lease_until > $2 OR (o.served_at > $4 AND o.served_by <> $1)))
           ORDER BY s.due_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
         RETURNING *";
    if conn.backend_name() != "SQLite" {
        // Two that take at one moment would each see the other's company free.
        sqlx::query("SELECT CAST(pg_advisory_xact_lock(7462093) AS TEXT)").execute(&mut *conn).await?;
    }
    let row = sqlx::query(pick(conn, sqlite, postgres))
        .bind(claim.owner)
        .bind(claim.now.as_microsecond())
        .bind(claim.until.as_microsecond())
        .bind(claim.others_before.as_microsecond())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Goes on holding a turn. False where it is somebody else's by now.
pub async fn hold(
    conn: &mut Conn,
    it: &Sync,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE sync_states SET lease_until = $4, served_at = $5
         WHERE organization_id = $1 AND integration_id = $2 AND lease_owner = $3 AND lease_until > $5",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(owner)
    .bind(until.as_microsecond())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a turn that began `since`: what it changed, and when the next one is. `Stale` where it is somebody else's by now.
/// What was asked for meanwhile is due at once.
pub async fn end(
    conn: &mut Conn,
    it: &Sync,
    owner: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE sync_states SET lease_until = 0, served_at = $4, last_run_at = $4, held = $5, attempts = $6,
           updated_at = $4, due_at = CASE WHEN asked_at >= $8 THEN $4 ELSE $7 END
         WHERE organization_id = $1 AND integration_id = $2 AND lease_owner = $3",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(owner)
    .bind(now.as_microsecond())
    .bind(it.held.as_ref().map(json_text).transpose()?)
    .bind(it.attempts)
    .bind(it.due_at.as_microsecond())
    .bind(since.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Asks for a turn now. False where there is no state.
pub async fn ask(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE sync_states SET due_at = $3, asked_at = $3, attempts = 0
         WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Has everything of it wait, or not any more. False where there is no state.
pub async fn pause(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE sync_states SET paused_at = $3, due_at = $4, asked_at = $4, attempts = 0, updated_at = $4
         WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(since.map(Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says which company it is. Links of another company mean nothing any more and go; what happened since is not planned
/// again by itself.
pub async fn meet(conn: &mut Conn, it: &Sync, company: &str, now: Timestamp) -> Result<(), Error> {
    if it.company == company {
        return Ok(());
    }
    // The state is held before the records are, everywhere.
    sqlx::query(
        "UPDATE sync_states SET company = $3, changes_since = $4, comparing = NULL, compared_at = NULL, updated_at = $4
         WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(company)
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    if !it.company.is_empty() {
        for statement in [
            "DELETE FROM sync_links WHERE organization_id = $1 AND integration_id = $2",
            "DELETE FROM sync_inbox WHERE organization_id = $1 AND integration_id = $2",
        ] {
            let query = sqlx::query(statement);
            query
                .bind(it.organization.to_string())
                .bind(it.integration.to_string())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

/// Writes down since when changes are asked for next, and that they were.
pub async fn polled(conn: &mut Conn, it: &Sync, since: Timestamp, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_states SET changes_since = $3, polled_at = $4 WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(since.as_microsecond())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down where a comparison of the whole stands; none where it is over, at `ended` where it came to its end.
pub async fn compare(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    comparing: Option<&str>,
    ended: Option<Timestamp>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_states SET comparing = $3, compared_at = COALESCE($4, compared_at)
         WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(comparing)
    .bind(ended.map(Timestamp::as_microsecond))
    .execute(conn)
    .await?;
    Ok(())
}

/// The integrations that are connected to a company, over all organizations: whom its notices are for.
pub async fn of_company(
    conn: &mut Conn,
    provider: &str,
    company: &str,
) -> Result<Vec<(OrganizationId, IntegrationId)>, Error> {
    // every organization: a notice names the company alone
    let rows = sqlx::query(
        "SELECT s.organization_id, s.integration_id FROM sync_states s JOIN integrations i ON i.id = s.integration_id
         WHERE s.company = $2 AND i.provider = $1 ORDER BY s.integration_id LIMIT 1000",
    )
    .bind(provider)
    .bind(company)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("integration_id")?))).collect()
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Option<Sync>, Error> {
    let row = sqlx::query("SELECT * FROM sync_states WHERE organization_id = $1 AND integration_id = $2")
        .bind(organization.to_string())
        .bind(integration.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}
