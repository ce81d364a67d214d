//! What is under way: payments, refunds, captures and voids whose end is not known here, and amounts that are held.
//! Whoever they hang on is not deleted meanwhile.

use kontor_domain::ids::{IntegrationId, OrganizationId};

use crate::{Conn, Error, row::Columns as _};

/// How many of an integration.
pub async fn of_integration(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM payments WHERE organization_id = $1 AND integration_id = $2
             AND status IN ('Created', 'Submitted', 'Unknown', 'Authorized'))
           + (SELECT COUNT(*) FROM refunds r JOIN payments p ON p.id = r.payment_id
             WHERE r.organization_id = $1 AND p.integration_id = $2
               AND r.status IN ('Submitted', 'AwaitingSettlement', 'Unknown'))
           + (SELECT COUNT(*) FROM payment_actions a JOIN payments p ON p.id = a.payment_id
             WHERE a.organization_id = $1 AND p.integration_id = $2
               AND a.status IN ('Submitted', 'Unknown')) AS total",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    row.int("total")
}

/// How many of an organization.
pub async fn of_organization(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM payments WHERE organization_id = $1
             AND status IN ('Created', 'Submitted', 'Unknown', 'Authorized'))
           + (SELECT COUNT(*) FROM refunds WHERE organization_id = $1
             AND status IN ('Submitted', 'AwaitingSettlement', 'Unknown'))
           + (SELECT COUNT(*) FROM payment_actions WHERE organization_id = $1
             AND status IN ('Submitted', 'Unknown')) AS total",
    )
    .bind(organization.to_string())
    .fetch_one(conn)
    .await?;
    row.int("total")
}
