//! Calls to providers: a row before each, its outcome after.

use jiff::Timestamp;
use kontor_domain::ids::{AttemptId, OrganizationId, PaymentId};

use crate::{Conn, Error, row::Columns};

/// A call as it is begun.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// Its id.
    pub id: AttemptId,
    /// For which payment.
    pub payment: PaymentId,
    /// The provider's operation.
    pub operation: &'a str,
    /// The reference that it carries.
    pub reference: &'a str,
    /// When.
    pub started_at: Timestamp,
}

/// Writes down that a call is about to be made.
pub async fn begin(conn: &mut Conn, organization: OrganizationId, it: &Attempt<'_>) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payment_attempts
           (id, organization_id, payment_id, operation, reference, outcome, facts, started_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', '{}', $6)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment.to_string())
    .bind(it.operation)
    .bind(it.reference)
    .bind(it.started_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down how a call ended; `facts` is JSON text without secrets or card data.
pub async fn end(
    conn: &mut Conn,
    organization: OrganizationId,
    id: AttemptId,
    outcome: &str,
    facts: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE payment_attempts SET outcome = $3, facts = $4, ended_at = $5 WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(outcome)
    .bind(facts)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Operation and outcome of each call for a payment, oldest first.
pub async fn of_payment(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query(
        "SELECT operation, outcome FROM payment_attempts WHERE organization_id = $1 AND payment_id = $2
         ORDER BY started_at, id",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.text("operation")?, row.text("outcome")?))).collect()
}
