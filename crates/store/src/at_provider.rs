//! Which payment or refund a transaction at a provider is of, and what of ours a provider ought to know.
//!
//! A reference decides where it and a transaction's id lead to different rows: it was ours before the provider had any.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId, PaymentId},
    payments::Payment,
    refunds::Refund,
};

use crate::{Conn, Error, payments, refunds, row::Columns as _};

/// The payment of a transaction, or of a reference.
pub async fn payment(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    transaction: Option<&str>,
    reference: Option<&str>,
) -> Result<Option<Payment>, Error> {
    let row = sqlx::query(
        "SELECT * FROM payments WHERE organization_id = $1 AND integration_id = $2
           AND (provider_reference = $4 OR provider_transaction_id = $3)
         ORDER BY CASE WHEN provider_reference = $4 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(transaction)
    .bind(reference)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(payments::read).transpose()
}

/// The refund of a transaction, or of a reference. A void is none: the provider has no transaction of it alone.
pub async fn refund(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    transaction: Option<&str>,
    reference: Option<&str>,
) -> Result<Option<Refund>, Error> {
    let row = sqlx::query(
        "SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id
         WHERE r.organization_id = $1 AND p.integration_id = $2 AND r.operation = 'Refund'
           AND (r.provider_reference = $4 OR r.provider_transaction_id = $3)
         ORDER BY CASE WHEN r.provider_reference = $4 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(transaction)
    .bind(reference)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(refunds::read).transpose()
}

/// The payments of an integration that were made between two moments, the second out; at most `limit`.
pub async fn payments(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Payment>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM payments
         WHERE organization_id = $1 AND integration_id = $2 AND created_at >= $3 AND created_at < $4
         ORDER BY created_at, id LIMIT $5",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(from.as_microsecond())
    .bind(to.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(payments::read).collect()
}

/// The payments of an integration that something is being done with at the provider.
pub async fn busy(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<BTreeSet<PaymentId>, Error> {
    let rows = sqlx::query(
        "SELECT a.payment_id FROM payment_actions a JOIN payments p ON p.id = a.payment_id
         WHERE a.organization_id = $1 AND p.integration_id = $2 AND a.status IN ('Submitted', 'Unknown')",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.parsed("payment_id")).collect()
}

/// The refunds of an integration's payments that were made between two moments, or whose payment was; at most `limit`.
pub async fn refunds(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Refund>, Error> {
    let rows = sqlx::query(
        "SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id
         WHERE r.organization_id = $1 AND p.integration_id = $2 AND
           ((r.created_at >= $3 AND r.created_at < $4) OR (p.created_at >= $3 AND p.created_at < $4))
         ORDER BY r.created_at, r.id LIMIT $5",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(from.as_microsecond())
    .bind(to.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(refunds::read).collect()
}
