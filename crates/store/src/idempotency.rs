//! Answers kept for repeated requests (`Idempotency-Key`), per organization and route.

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;

use crate::{Conn, Error, row::Columns};

/// A request that may be repeated.
#[derive(Debug, Clone)]
pub struct Key {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Method and concrete path.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// SHA-256 of the body, hex.
    pub body_hash: String,
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: i64,
    /// The headers that belong to the answer, as JSON text.
    pub headers: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What came of claiming a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller is the first, or the first one died: go on.
    New,
    /// The same request is being worked on.
    Running,
    /// The key was used with another body.
    Reused,
    /// The same request wrote this down, and the provider was or may have been asked for it: its answer follows from
    /// how that ends.
    Pending(String),
    /// The same request was answered.
    Done(Answer),
}

/// Claims a key until `lease_until`. On PostgreSQL it waits for another transaction that holds the same key.
pub async fn claim(
    conn: &mut Conn,
    key: &Key,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Claim, Error> {
    let done = sqlx::query(
        "INSERT INTO idempotency (organization_id, scope, idempotency_key, body_hash, lease_until, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, scope, idempotency_key) DO NOTHING",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(&key.body_hash)
    .bind(lease_until.as_microsecond())
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Claim::New);
    }
    let row = sqlx::query(
        "SELECT body_hash, lease_until, status, headers, body, subject FROM idempotency
         WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .fetch_optional(&mut *conn)
    .await?;
    // Released between the two statements: the caller may try again.
    let Some(row) = row else { return Ok(Claim::Running) };
    if row.text("body_hash")? != key.body_hash {
        return Ok(Claim::Reused);
    }
    if let Some(status) = row.maybe_int("status")? {
        return Ok(Claim::Done(Answer { status, headers: row.text("headers")?, body: row.bytes("body")? }));
    }
    if let Some(subject) = row.maybe_text("subject")? {
        return Ok(Claim::Pending(subject));
    }
    take_over(conn, key, row.int("lease_until")?, now, lease_until).await
}

/// Claims a key for what is written down in the same transaction; false where the key is taken, by whomever. On
/// PostgreSQL it waits for another transaction that holds the same key.
pub async fn claim_for(conn: &mut Conn, key: &Key, now: Timestamp, subject: &str) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO idempotency
           (organization_id, scope, idempotency_key, body_hash, lease_until, created_at, subject)
         VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (organization_id, scope, idempotency_key) DO NOTHING",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(&key.body_hash)
    .bind(now.as_microsecond())
    .bind(subject)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ties a claimed key to what is written down in the same transaction. `Stale` when somebody else did that already.
pub async fn bind(conn: &mut Conn, key: &Key, subject: &str) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE idempotency SET subject = $4 WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3
           AND status IS NULL AND subject IS NULL",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(subject)
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Ties a key to what was written down next, in the place of what is over. `Stale` when it was tied to something else.
pub async fn rebind(conn: &mut Conn, key: &Key, from: &str, to: &str) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE idempotency SET subject = $5 WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3
           AND status IS NULL AND subject = $4",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(from)
    .bind(to)
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Takes a claim over whose holder died; exactly one of several succeeds.
async fn take_over(
    conn: &mut Conn,
    key: &Key,
    seen: i64,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Claim, Error> {
    if seen > now.as_microsecond() {
        return Ok(Claim::Running);
    }
    let done = sqlx::query(
        "UPDATE idempotency SET lease_until = $5 WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3
           AND lease_until = $4 AND status IS NULL AND subject IS NULL",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(seen)
    .bind(lease_until.as_microsecond())
    .execute(conn)
    .await?;
    Ok(if done.rows_affected() == 1 { Claim::New } else { Claim::Running })
}

/// Keeps the answer of a claimed key.
pub async fn complete(conn: &mut Conn, key: &Key, answer: &Answer) -> Result<(), Error> {
    sqlx::query(
        "UPDATE idempotency SET status = $4, headers = $5, body = $6
         WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3 AND status IS NULL",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(answer.status)
    .bind(&answer.headers)
    .bind(answer.body.clone())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down how far a claimed request came, in the transaction of that step.
pub async fn reach(conn: &mut Conn, key: &Key, step: &str) -> Result<(), Error> {
    sqlx::query(
        "UPDATE idempotency SET step = $4
         WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3 AND status IS NULL",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .bind(step)
    .execute(conn)
    .await?;
    Ok(())
}

/// How far a claimed request came before; none where it took no step yet.
pub async fn reached(conn: &mut Conn, key: &Key) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "SELECT step FROM idempotency WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3",
    )
    .bind(key.organization.to_string())
    .bind(&key.scope)
    .bind(&key.key)
    .fetch_optional(conn)
    .await?;
    let step = row.map(|row| row.text("step")).transpose()?;
    Ok(step.filter(|it| !it.is_empty()))
}

/// Forgets a claim that came to no lasting answer, so that the same key may be tried again. One that took a step
/// already is kept for whoever tries next.
pub async fn release(conn: &mut Conn, key: &Key) -> Result<(), Error> {
    for sql in [
        "DELETE FROM idempotency
         WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3 AND status IS NULL AND step = ''
           AND subject IS NULL",
        "UPDATE idempotency SET lease_until = 0
         WHERE organization_id = $1 AND scope = $2 AND idempotency_key = $3 AND status IS NULL AND step <> ''
           AND subject IS NULL",
    ] {
        sqlx::query(sql)
            .bind(key.organization.to_string())
            .bind(&key.scope)
            .bind(&key.key)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Forgets what is older than `before`. Returns how many rows went.
pub async fn purge(conn: &mut Conn, before: Timestamp) -> Result<u64, Error> {
    // every organization: one clean-up for all of them
    // A key whose outcome is not known is kept for as long as that lasts.
    let done = sqlx::query(
        "DELETE FROM idempotency WHERE created_at < $1 AND (status IS NOT NULL OR subject IS NULL)",
    )
    .bind(before.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
