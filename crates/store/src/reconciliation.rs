//! Reconciliation as it is kept: who runs it, how each day stands, what differs, which batches settled.

pub mod batches;
pub mod differences;

use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    reconciliation::{DayStatus, Days, Sums},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    row::{Columns, json_text},
};

/// Takes the right to reconcile an integration until `until`. False where somebody else has it.
pub async fn take(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO reconciliation_runs (organization_id, integration_id, lease_owner, lease_until)
         VALUES ($1, $2, $3, $5)
         ON CONFLICT (organization_id, integration_id) DO UPDATE SET lease_owner = $3, lease_until = $5
           WHERE reconciliation_runs.lease_until <= $4 OR reconciliation_runs.lease_owner = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(owner)
    .bind(now.as_microsecond())
    .bind(until.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the right back, with the last day that was reconciled where one was. `Stale` where somebody else has it by now.
pub async fn release(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    owner: &str,
    through: Option<Date>,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE reconciliation_runs SET lease_until = 0,
           through = CASE WHEN $4 IS NULL OR through > $4 THEN through ELSE $4 END,
           finished_at = CASE WHEN $4 IS NULL THEN finished_at ELSE $5 END
         WHERE organization_id = $1 AND integration_id = $2 AND lease_owner = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(owner)
    .bind(through.map(|it| it.to_string()))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// The last day that an integration was reconciled through.
pub async fn through(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Option<Date>, Error> {
    let row = sqlx::query(
        "SELECT through FROM reconciliation_runs WHERE organization_id = $1 AND integration_id = $2",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok(None), |row| row.maybe_parsed("through"))
}

/// How a day of an integration stands.
#[derive(Debug, Clone)]
pub struct Day {
    /// Which integration.
    pub integration: IntegrationId,
    /// Its provider.
    pub provider: String,
    /// Which day.
    pub day: Date,
    /// How it stands.
    pub status: DayStatus,
    /// Why it could not be reconciled.
    pub reason: Option<String>,
    /// Both sides, per currency.
    pub sums: Vec<Sums>,
    /// How many payments and refunds have yet to end here.
    pub unfinished: i64,
    /// When.
    pub checked_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Day, Error> {
    Ok(Day {
        integration: row.parsed("integration_id")?,
        provider: row.text("provider")?,
        day: row.parsed("day")?,
        status: row.parsed("status")?,
        reason: row.maybe_text("reason")?,
        sums: row.json("sums")?,
        unfinished: row.int("unfinished")?,
        checked_at: row.time("checked_at")?,
    })
}

/// Writes how a day stands, in the place of what its last run said.
pub async fn put_day(conn: &mut Conn, organization: OrganizationId, it: &Day) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO reconciliation_days (organization_id, integration_id, provider, day, status, reason, sums,
           unfinished, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (organization_id, integration_id, day)
         DO UPDATE SET status = $5, reason = $6, sums = $7, unfinished = $8, checked_at = $9",
    )
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.provider)
    .bind(it.day.to_string())
    .bind(it.status.as_str())
    .bind(&it.reason)
    .bind(json_text(&it.sums)?)
    .bind(it.unfinished)
    .bind(it.checked_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// The days that were looked at, newest first.
pub async fn days(
    conn: &mut Conn,
    organization: OrganizationId,
    within: Days,
    integration: Option<IntegrationId>,
) -> Result<Vec<Day>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM reconciliation_days WHERE organization_id = $1 AND day >= $2 AND day <= $3
           AND ($4 IS NULL OR integration_id = $4) ORDER BY day DESC, integration_id",
    )
    .bind(organization.to_string())
    .bind(within.from().to_string())
    .bind(within.to().to_string())
    .bind(integration.map(|it| it.to_string()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Enabled integrations for payments that nobody will reconcile by himself.
pub async fn unscheduled(
    conn: &mut Conn,
    kind: &str,
    limit: i64,
) -> Result<Vec<(OrganizationId, IntegrationId)>, Error> {
    // every organization: the sweep looks after all of them
    let rows = sqlx::query(
        "SELECT i.organization_id, i.id FROM integrations i
         WHERE i.integration_type = 1 AND i.is_enabled = 1 AND NOT EXISTS
           (SELECT 1 FROM jobs j WHERE j.organization_id = i.organization_id AND j.kind = $1 AND j.subject = i.id)
         ORDER BY i.created_at LIMIT $2",
    )
    .bind(kind)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("id")?))).collect()
}
