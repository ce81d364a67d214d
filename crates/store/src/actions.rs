//! Captures and voids of payments. Rows are added; of an existing one only the state and what came with it change.

use jiff::Timestamp;
use kontor_domain::{
    Currency,
    actions::{Action, Status},
    ids::{ActionId, OrganizationId, PaymentId},
    payments::Application,
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

fn read(row: &AnyRow) -> Result<Action, Error> {
    let currency: Currency = row.parsed("currency")?;
    Ok(Action {
        id: row.parsed("id")?,
        payment_id: row.parsed("payment_id")?,
        kind: row.parsed("kind")?,
        status: row.parsed("status")?,
        amount: row.money("amount", currency)?,
        provider_reference: row.text("provider_reference")?,
        provider_transaction_id: row.maybe_text("provider_transaction_id")?,
        failure: row.maybe_json("failure")?,
        nothing_since: row.maybe_time("nothing_since")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one. `Conflict` while another one of the payment is open, and when its provider reference is taken.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Action) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payment_actions (id, organization_id, payment_id, kind, status, amount, currency,
           provider_reference, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment_id.to_string())
    .bind(it.kind.as_str())
    .bind(it.status.as_str())
    .bind(it.amount.minor())
    .bind(it.amount.currency().code())
    .bind(&it.provider_reference)
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: ActionId,
) -> Result<Option<Action>, Error> {
    let row = sqlx::query("SELECT * FROM payment_actions WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One, held until the transaction ends. The payment is locked before.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: ActionId,
) -> Result<Option<Action>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM payment_actions WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM payment_actions WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// What is under way with a payment, where something is. Read under the payment's lock, nothing else begins meanwhile.
pub async fn open_of_payment(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Option<Action>, Error> {
    let row = sqlx::query(
        "SELECT * FROM payment_actions
         WHERE organization_id = $1 AND payment_id = $2 AND status IN ('Submitted', 'Unknown')",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Writes a changed action and gives it its new version. `Stale` unless the stored one is in `from`, which `it.status`
/// may follow, and as it was read.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &mut Action,
    from: Status,
    now: Timestamp,
) -> Result<(), Error> {
    if it.status != from && !from.may_become(it.status) {
        return Err(Error::Stale);
    }
    let done = sqlx::query(
        "UPDATE payment_actions SET status = $5, provider_transaction_id = $6, failure = $7, nothing_since = $8,
           version = version + 1, updated_at = $9
         WHERE organization_id = $1 AND id = $2 AND status = $3 AND version = $4",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(from.as_str())
    .bind(it.version)
    .bind(it.status.as_str())
    .bind(&it.provider_transaction_id)
    .bind(it.failure.as_ref().map(json_text).transpose()?)
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

/// Takes an application out of its invoice. `Conflict` when it was taken out before.
pub async fn take_out(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Application,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO application_reversals (application_id, organization_id, payment_id, invoice_id, amount, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment_id.to_string())
    .bind(it.invoice_id.to_string())
    .bind(it.amount.minor())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Open actions that no job looks after.
pub async fn orphans(conn: &mut Conn, limit: i64) -> Result<Vec<(OrganizationId, ActionId)>, Error> {
    // every organization: the sweep looks after all of them
    let rows = sqlx::query(
        "SELECT a.organization_id, a.id FROM payment_actions a
         WHERE a.status IN ('Submitted', 'Unknown') AND NOT EXISTS
           (SELECT 1 FROM jobs j WHERE j.organization_id = a.organization_id AND j.kind = 'action' AND j.subject = a.id)
         ORDER BY a.created_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("id")?))).collect()
}
