//! Work that must happen later, written in the transaction that makes it necessary, and leased by one
//! process at a time. A process that dies loses its lease, not the work.

use jiff::Timestamp;
use kontor_domain::ids::{JobId, OrganizationId};

use crate::{Conn, Error, db::pick, row::Columns};

/// A leased job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What to do.
    pub kind: String,
    /// With what.
    pub subject: String,
    /// Who took it up.
    pub owner: String,
    /// How often it was taken up, this time included.
    pub attempts: i64,
}

/// Adds a job, or moves the one with this kind and subject to `run_at`.
pub async fn schedule(
    conn: &mut Conn,
    organization: OrganizationId,
    id: JobId,
    kind: &str,
    subject: &str,
    run_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO jobs (id, organization_id, kind, subject, run_at, attempts, lease_until, created_at)
         VALUES ($1, $2, $3, $4, $5, 0, 0, $5)
         ON CONFLICT (organization_id, kind, subject)
         DO UPDATE SET run_at = $5, lease_until = 0, lease_owner = NULL",
    )
    .bind(id.to_string())
    .bind(organization.to_string())
    .bind(kind)
    .bind(subject)
    .bind(run_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes up to `limit` due jobs for `owner` until `lease_until`.
pub async fn claim(
    conn: &mut Conn,
    owner: &str,
    now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<Job>, Error> {
    // every organization: one runner serves all of them
    let sqlite = "UPDATE jobs SET lease_owner = $1, lease_until = $3, attempts = attempts + 1 WHERE id IN
          (SELECT id FROM jobs WHERE run_at <= $2 AND lease_until <= $2 ORDER BY run_at LIMIT $4)
        RETURNING id, organization_id, kind, subject, attempts";
    // every organization: one runner serves all of them
    let postgres = "UPDATE jobs SET lease_owner = $1, lease_until = $3, attempts = attempts + 1 WHERE id IN
          (SELECT id FROM jobs WHERE run_at <= $2 AND lease_until <= $2 ORDER BY run_at LIMIT $4
           FOR UPDATE SKIP LOCKED)
        RETURNING id, organization_id, kind, subject, attempts";
    let rows = sqlx::query(pick(conn, sqlite, postgres))
        .bind(owner)
        .bind(now.as_microsecond())
        .bind(lease_until.as_microsecond())
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Job {
                id: row.parsed("id")?,
                organization: row.parsed("organization_id")?,
                kind: row.text("kind")?,
                subject: row.text("subject")?,
                owner: owner.to_owned(),
                attempts: row.int("attempts")?,
            })
        })
        .collect()
}

/// How often a job was taken up; 0 where there is none.
pub async fn attempts(
    conn: &mut Conn,
    organization: OrganizationId,
    kind: &str,
    subject: &str,
) -> Result<i64, Error> {
    let row =
        sqlx::query("SELECT attempts FROM jobs WHERE organization_id = $1 AND kind = $2 AND subject = $3")
            .bind(organization.to_string())
            .bind(kind)
            .bind(subject)
            .fetch_optional(conn)
            .await?;
    row.map_or(Ok(0), |row| row.int("attempts"))
}

/// When a job is due; none where there is none.
pub async fn due(
    conn: &mut Conn,
    organization: OrganizationId,
    kind: &str,
    subject: &str,
) -> Result<Option<Timestamp>, Error> {
    let row =
        sqlx::query("SELECT run_at FROM jobs WHERE organization_id = $1 AND kind = $2 AND subject = $3")
            .bind(organization.to_string())
            .bind(kind)
            .bind(subject)
            .fetch_optional(conn)
            .await?;
    row.map(|row| row.time("run_at")).transpose()
}

/// Removes a job that was taken up and whose work is done. One that somebody has scheduled anew meanwhile stays: what it
/// is to do may have changed after it was read.
pub async fn finish(conn: &mut Conn, job: &Job) -> Result<(), Error> {
    sqlx::query("DELETE FROM jobs WHERE organization_id = $1 AND id = $2 AND lease_owner = $3")
        .bind(job.organization.to_string())
        .bind(job.id.to_string())
        .bind(&job.owner)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a job: its work is done, by whomever.
pub async fn remove(
    conn: &mut Conn,
    organization: OrganizationId,
    kind: &str,
    subject: &str,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM jobs WHERE organization_id = $1 AND kind = $2 AND subject = $3")
        .bind(organization.to_string())
        .bind(kind)
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many jobs are waiting, and since when the oldest one that is due waits (microseconds since 1970).
pub async fn backlog(conn: &mut Conn) -> Result<(i64, Option<i64>), Error> {
    // every organization: one figure for the operator
    let row = sqlx::query("SELECT COUNT(*) AS total, CAST(MIN(run_at) AS BIGINT) AS oldest FROM jobs")
        .fetch_one(conn)
        .await?;
    Ok((row.int("total")?, row.maybe_int("oldest")?))
}
