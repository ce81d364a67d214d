//! Refunds and the parts that they are made of. Rows are added; of an existing one only the state and what came with
//! it change.

use jiff::Timestamp;
use kontor_domain::{
    Currency,
    ids::{ApplicationId, OrganizationId, PaymentId, RefundId},
    refunds::{Operation, Part, Refund, Source, Status},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

pub(crate) fn read(row: &AnyRow) -> Result<Refund, Error> {
    let currency: Currency = row.parsed("currency")?;
    Ok(Refund {
        id: row.parsed("id")?,
        payment_id: row.parsed("payment_id")?,
        status: row.parsed("status")?,
        amount: row.money("amount", currency)?,
        reason: row.maybe_text("reason")?,
        reopen_invoice: row.flag("reopen_invoice")?,
        operation: row.maybe_parsed("operation")?,
        provider_reference: row.text("provider_reference")?,
        provider_transaction_id: row.maybe_text("provider_transaction_id")?,
        failure: row.maybe_json("failure")?,
        nothing_since: row.maybe_time("nothing_since")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one with its parts. `Conflict` when its provider reference is taken in the organization.
pub async fn insert(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Refund,
    parts: &[Part],
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO refunds (id, organization_id, payment_id, status, amount, currency, reason, reopen_invoice,
           operation, provider_reference, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment_id.to_string())
    .bind(it.status.as_str())
    .bind(it.amount.minor())
    .bind(it.amount.currency().code())
    .bind(&it.reason)
    .bind(i64::from(it.reopen_invoice))
    .bind(it.operation.map(Operation::as_str))
    .bind(&it.provider_reference)
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .execute(&mut *conn)
    .await?;
    for part in parts {
        let (application, invoice) = match part.source {
            Source::Credit => (None, None),
            Source::Applied { application, invoice } => {
                (Some(application.to_string()), Some(invoice.to_string()))
            }
        };
        sqlx::query(
            "INSERT INTO refund_parts (id, organization_id, refund_id, payment_id, application_id, invoice_id, amount,
               created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(part.id.to_string())
        .bind(organization.to_string())
        .bind(it.id.to_string())
        .bind(it.payment_id.to_string())
        .bind(application)
        .bind(invoice)
        .bind(part.amount.minor())
        .bind(it.created_at.as_microsecond())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// One, held until the transaction ends. The payment is locked before.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: RefundId,
) -> Result<Option<Refund>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM refunds WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM refunds WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// A payment's refunds, oldest first.
pub async fn of_payment(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Vec<Refund>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM refunds WHERE organization_id = $1 AND payment_id = $2 ORDER BY created_at, id",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// What a refund is made of.
pub async fn parts(
    conn: &mut Conn,
    organization: OrganizationId,
    refund: &Refund,
) -> Result<Vec<Part>, Error> {
    let rows = sqlx::query(
        "SELECT id, application_id, invoice_id, amount FROM refund_parts
         WHERE organization_id = $1 AND refund_id = $2 ORDER BY id",
    )
    .bind(organization.to_string())
    .bind(refund.id.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let source = match (row.maybe_parsed("application_id")?, row.maybe_parsed("invoice_id")?) {
                (Some(application), Some(invoice)) => Source::Applied { application, invoice },
                _ => Source::Credit,
            };
            let amount = row.money("amount", refund.amount.currency())?;
            Ok(Part { id: row.parsed("id")?, source, amount })
        })
        .collect()
}

/// What a payment's refunds, given back or still open, take out of each application, and out of what lies on no
/// invoice (none). Minor units. Read under the payment's lock.
pub async fn taken(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Vec<(Option<ApplicationId>, i64)>, Error> {
    let rows = sqlx::query(
        "SELECT p.application_id, CAST(SUM(p.amount) AS BIGINT) AS amount
         FROM refund_parts p JOIN refunds r ON r.id = p.refund_id
         WHERE p.organization_id = $1 AND p.payment_id = $2 AND r.status NOT IN ('Declined', 'Failed')
         GROUP BY p.application_id",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.maybe_parsed("application_id")?, row.int("amount")?))).collect()
}

/// Writes a changed refund and gives it its new version. `Stale` unless the stored one is in `from`, which `it.status`
/// may follow, and as it was read.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &mut Refund,
    from: Status,
    now: Timestamp,
) -> Result<(), Error> {
    if it.status != from && !from.may_become(it.status) {
        return Err(Error::Stale);
    }
    let done = sqlx::query(
        "UPDATE refunds SET status = $5, provider_transaction_id = $6, failure = $7, operation = $8,
           nothing_since = $9, version = version + 1, updated_at = $10 WHERE organization_id = $1 AND id = $2 AND status = $3 AND version = $4",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(from.as_str())
    .bind(it.version)
    .bind(it.status.as_str())
    .bind(&it.provider_transaction_id)
    .bind(it.failure.as_ref().map(json_text).transpose()?)
    .bind(it.operation.map(Operation::as_str))
    .bind(it.nothing_since.map(Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Error::Stale);
    }
    it.version = it.version.saturating_add(1);
    Ok(())
}

/// Refunds that a provider has to be asked about or for, and that no job looks after.
pub async fn orphans(conn: &mut Conn, limit: i64) -> Result<Vec<(OrganizationId, RefundId)>, Error> {
    // every organization: the sweep looks after all of them
    let rows = sqlx::query(
        "SELECT r.organization_id, r.id FROM refunds r
         WHERE r.status IN ('Submitted', 'AwaitingSettlement', 'Unknown') AND NOT EXISTS
           (SELECT 1 FROM jobs j WHERE j.organization_id = r.organization_id AND j.kind = 'refund' AND j.subject = r.id)
         ORDER BY r.created_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("id")?))).collect()
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: RefundId,
) -> Result<Option<Refund>, Error> {
    let row = sqlx::query("SELECT * FROM refunds WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}
