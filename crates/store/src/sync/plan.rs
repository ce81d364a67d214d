//! How far the chain of events was gone through for an integration, and what of it was not.

use jiff::Timestamp;

use super::Sync;
use crate::{Conn, Error, row::Columns};

/// Writes down up to which place of the chain of events it was planned. False where it is not where it was any more:
/// somebody had it planned again meanwhile.
pub async fn planned(conn: &mut Conn, it: &Sync, was: i64, position: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE sync_states SET planned = $4 WHERE organization_id = $1 AND integration_id = $2 AND planned = $3",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(was)
    .bind(position)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Has what happened after a position planned again.
pub async fn plan_again(conn: &mut Conn, it: &Sync, position: i64) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_states SET planned = $3 WHERE organization_id = $1 AND integration_id = $2 AND planned > $3",
    )
    .bind(it.organization.to_string())
    .bind(it.integration.to_string())
    .bind(position)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many events that may concern the books were not planned yet, and since when the first of them waits.
pub async fn unplanned(conn: &mut Conn, it: &Sync) -> Result<(i64, Option<Timestamp>), Error> {
    // Two questions: with one, the whole chain would be gone through.
    let row = sqlx::query(
        "SELECT COUNT(*) AS total, CAST(MIN(created_at) AS BIGINT) AS first FROM (
           SELECT kind, created_at FROM events WHERE organization_id = $1 AND position IS NULL
           UNION ALL SELECT kind, created_at FROM events WHERE organization_id = $1 AND position > $2) AS later
         WHERE kind LIKE 'order.%' OR kind LIKE 'invoice.%' OR kind LIKE 'payment.%' OR kind LIKE 'refund.%'
           OR kind = 'customer.updated'",
    )
    .bind(it.organization.to_string())
    .bind(it.planned)
    .fetch_one(conn)
    .await?;
    Ok((row.int("total")?, row.maybe_time("first")?))
}

/// How many events of orders, invoices and money were not planned yet.
pub async fn unplanned_of_money(conn: &mut Conn, it: &Sync) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS total FROM (
           SELECT kind FROM events WHERE organization_id = $1 AND position IS NULL
           UNION ALL SELECT kind FROM events WHERE organization_id = $1 AND position > $2) AS later
         WHERE kind LIKE 'order.%' OR kind LIKE 'invoice.%' OR kind LIKE 'payment.%' OR kind LIKE 'refund.%'",
    )
    .bind(it.organization.to_string())
    .bind(it.planned)
    .fetch_one(conn)
    .await?;
    row.int("total")
}
