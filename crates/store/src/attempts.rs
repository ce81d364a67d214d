//! Calls to providers on behalf of payments. The intent stands in the payment itself before the call; this is
//! what came back.

use jiff::Timestamp;
use kontor_domain::ids::{AttemptId, OrganizationId, PaymentId};

use crate::{Conn, Error, row::Columns as _};

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// Its id.
    pub id: AttemptId,
    /// For which payment.
    pub payment: PaymentId,
    /// What the provider was asked to do.
    pub operation: &'a str,
    /// The reference that it carried.
    pub reference: &'a str,
    /// When its outcome was known.
    pub at: Timestamp,
}

/// Writes down a call and how it ended; `facts` is JSON text without secrets or card data.
pub async fn insert(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Attempt<'_>,
    outcome: &str,
    facts: &str,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payment_attempts (id, organization_id, payment_id, operation, reference, outcome, facts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment.to_string())
    .bind(it.operation)
    .bind(it.reference)
    .bind(outcome)
    .bind(facts)
    .bind(it.at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// What came back of a payment's latest call: its outcome and its facts, as they were written down.
pub async fn latest(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Option<(String, String)>, Error> {
    let row = sqlx::query(
        "SELECT outcome, facts FROM payment_attempts WHERE organization_id = $1 AND payment_id = $2
         ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((row.text("outcome")?, row.text("facts")?))).transpose()
}
