//! What concerns many pairs at once.

use jiff::Timestamp;
use kontor_domain::ids::{CustomerId, IntegrationId, OrganizationId};

use super::{Link, read};
use crate::{Conn, Error, row::Columns};

/// Has everything looked at again that is there.
pub async fn want_all(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_links SET wanted = wanted + 1, state = 'Waiting', due_at = $3, waits_since = $3, attempts = 0,
           version = version + 1
         WHERE organization_id = $1 AND integration_id = $2 AND state IN ('Synced', 'Failed')",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of a customer, in whatever currencies.
pub async fn of_customer(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    customer: CustomerId,
) -> Result<Vec<Link>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND kind = 'Customer'
           AND (local_id = $3 OR (local_id > $4 AND local_id < $5)) ORDER BY local_id",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(customer.to_string())
    // A currency stands after a colon; a semicolon follows it.
    .bind(format!("{customer}:"))
    .bind(format!("{customer};"))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Something of theirs was looked at while the whole is compared. False where it is no pair.
pub async fn looked_at(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (kind, remote_id): (&str, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE sync_links SET looked_at = $5
         WHERE organization_id = $1 AND integration_id = $2 AND kind = $3 AND remote_id = $4",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(kind)
    .bind(remote_id)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The books' ids of pairs that were not looked at since.
pub async fn unseen(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    (kind, since): (&str, i64),
    limit: i64,
) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "SELECT remote_id FROM sync_links WHERE organization_id = $1 AND integration_id = $2 AND kind = $3
           AND remote_id IS NOT NULL AND looked_at < $4 AND created_at < $4 AND state <> 'Gone' ORDER BY id LIMIT $5",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(kind)
    .bind(since)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.text("remote_id")).collect()
}

/// Lets those be tried at once that wait for another one, and not for better times.
pub async fn release(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE sync_links SET due_at = $3 WHERE organization_id = $1 AND integration_id = $2 AND state = 'Waiting'
           AND attempts = 0 AND due_at > $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Has those wait for their turn that were not taken; why they were not stays with them until they are. Returns how many.
pub async fn failed_again(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<u64, Error> {
    let done = sqlx::query(
        "UPDATE sync_links SET state = 'Waiting', due_at = $3, attempts = 0, version = version + 1, updated_at = $3
         WHERE organization_id = $1 AND integration_id = $2 AND state = 'Failed'",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
