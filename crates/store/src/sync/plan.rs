//! How far the chain of events was gone through for an integration, and what of it was not.

use jiff::Timestamp;

use super::Sync;
use crate::{Conn, Error, row::Columns};

/// Writes down up to which place of the chain of events it was planned.
pub async fn planned(conn: &mut Conn, it: &Sync, position: i64) -> Result<(), Error> {
    let statement = "UPDATE sync_states SET planned = $3 WHERE organization_id = $1 AND integration_id = $2 AND planned < $3";
    plan_from(conn, statement, it, position).await
}

/// Has what happened after a position planned again.
pub async fn plan_again(conn: &mut Conn, it: &Sync, position: i64) -> Result<(), Error> {
    let statement = "UPDATE sync_states SET planned = $3 WHERE organization_id = $1 AND integration_id = $2 AND planned > $3";
    plan_from(conn, statement, it, position).await
}

async fn plan_from(conn: &mut Conn, statement: &'static str, it: &Sync, position: i64) -> Result<(), Error> {
    let query = sqlx::query(statement).bind(it.organization.to_string()).bind(it.integration.to_string());
    query.bind(position).execute(conn).await?;
    Ok(())
}

/// How many events that may concern the books were not planned yet, and since when the first of them waits.
pub async fn unplanned(conn: &mut Conn, it: &Sync) -> Result<(i64, Option<Timestamp>), Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS total, CAST(MIN(created_at) AS BIGINT) AS first FROM events
         WHERE organization_id = $1 AND (position IS NULL OR position > $2)
           AND (kind LIKE 'order.%' OR kind LIKE 'invoice.%' OR kind LIKE 'payment.%' OR kind LIKE 'refund.%'
             OR kind = 'customer.updated')",
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
        "SELECT COUNT(*) AS total FROM events WHERE organization_id = $1 AND (position IS NULL OR position > $2)
           AND (kind LIKE 'order.%' OR kind LIKE 'invoice.%' OR kind LIKE 'payment.%' OR kind LIKE 'refund.%')",
    )
    .bind(it.organization.to_string())
    .bind(it.planned)
    .fetch_one(conn)
    .await?;
    row.int("total")
}
