//! Settlement batches, and which payments and refunds are known to lie in them.

use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    Currency, Money,
    ids::{IntegrationId, OrganizationId, PaymentId, RefundId},
    reconciliation::Days,
};
use sqlx::any::AnyRow;

use crate::{Conn, Error, row::Columns};

/// A batch as it is kept.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Which integration.
    pub integration: IntegrationId,
    /// Its provider.
    pub provider: String,
    /// The provider's id of it.
    pub id: String,
    /// The day that it settled on, or that its first transaction was made on.
    pub day: Date,
    /// When it settled, where the provider says so.
    pub settled_at: Option<Timestamp>,
    /// What was charged in it, where the provider says so.
    pub charged: Option<Money>,
    /// What was given back in it, where the provider says so.
    pub refunded: Option<Money>,
    /// Whether all of it settled.
    pub complete: bool,
}

fn read(row: &AnyRow) -> Result<Batch, Error> {
    let currency: Currency = row.parsed("currency")?;
    let money = |name| Ok::<_, Error>(row.maybe_int(name)?.map(|minor| Money::from_minor(minor, currency)));
    Ok(Batch {
        integration: row.parsed("integration_id")?,
        provider: row.text("provider")?,
        id: row.text("batch_id")?,
        day: row.parsed("day")?,
        settled_at: row.maybe_time("settled_at")?,
        charged: money("charged")?,
        refunded: money("refunded")?,
        complete: row.flag("complete")?,
    })
}

/// Writes a batch as it was seen last.
pub async fn put(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Batch,
    now: Timestamp,
) -> Result<(), Error> {
    let currency = it.charged.or(it.refunded).map_or(Currency::USD, Money::currency);
    sqlx::query(
        "INSERT INTO settlement_batches (organization_id, integration_id, provider, batch_id, day, settled_at, charged,
           refunded, currency, complete, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (organization_id, integration_id, batch_id, day)
         DO UPDATE SET settled_at = $6, charged = $7, refunded = $8, currency = $9, complete = $10, seen_at = $11",
    )
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.provider)
    .bind(&it.id)
    .bind(it.day.to_string())
    .bind(it.settled_at.map(Timestamp::as_microsecond))
    .bind(it.charged.map(Money::minor))
    .bind(it.refunded.map(Money::minor))
    .bind(currency.code())
    .bind(i64::from(it.complete))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of some days, newest first.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    within: Days,
    integration: Option<IntegrationId>,
) -> Result<Vec<Batch>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM settlement_batches WHERE organization_id = $1 AND day >= $2 AND day <= $3
           AND ($4 IS NULL OR integration_id = $4) ORDER BY day DESC, integration_id, batch_id",
    )
    .bind(organization.to_string())
    .bind(within.from().to_string())
    .bind(within.to().to_string())
    .bind(integration.map(|it| it.to_string()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes down in which batch a payment settled. What is known is not written again.
pub async fn settle_payment(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentId,
    batch: &str,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE payments SET batch_id = $3, settled_at = $4
         WHERE organization_id = $1 AND id = $2 AND (batch_id IS NULL OR batch_id <> $3 OR settled_at IS NULL)",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(batch)
    .bind(at.map(Timestamp::as_microsecond))
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down in which batch a refund settled. What is known is not written again.
pub async fn settle_refund(
    conn: &mut Conn,
    organization: OrganizationId,
    id: RefundId,
    batch: &str,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE refunds SET batch_id = $3, settled_at = $4
         WHERE organization_id = $1 AND id = $2 AND (batch_id IS NULL OR batch_id <> $3 OR settled_at IS NULL)",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(batch)
    .bind(at.map(Timestamp::as_microsecond))
    .execute(conn)
    .await?;
    Ok(())
}
