//! Everything that goes with an organization, table by table.
//!
//! A test reads the migrations: a new tenant's table is in one of these lists or the build fails.

use kontor_domain::ids::OrganizationId;

use crate::{Conn, Error, integrations::touch};

/// The tables that are emptied of the organization, in an order in which nothing refers to what is gone.
pub const EMPTIED: &[(&str, &str)] = &[
    ("oauth_consents", "DELETE FROM oauth_consents WHERE organization_id = $1"),
    ("oauth_grants", "DELETE FROM oauth_grants WHERE organization_id = $1"),
    ("oauth_revocations", "DELETE FROM oauth_revocations WHERE organization_id = $1"),
    ("sync_inbox", "DELETE FROM sync_inbox WHERE organization_id = $1"),
    ("sync_links", "DELETE FROM sync_links WHERE organization_id = $1"),
    ("sync_states", "DELETE FROM sync_states WHERE organization_id = $1"),
    ("integration_choices", "DELETE FROM integration_choices WHERE organization_id = $1"),
    ("integration_secrets", "DELETE FROM integration_secrets WHERE organization_id = $1"),
    ("secret_versions", "DELETE FROM secret_versions WHERE organization_id = $1"),
    ("integration_revisions", "DELETE FROM integration_revisions WHERE organization_id = $1"),
    ("integrations", "DELETE FROM integrations WHERE organization_id = $1"),
    ("deks", "DELETE FROM deks WHERE organization_id = $1"),
    ("dek_rotations", "DELETE FROM dek_rotations WHERE organization_id = $1"),
    ("reconciliation_differences", "DELETE FROM reconciliation_differences WHERE organization_id = $1"),
    ("reconciliation_days", "DELETE FROM reconciliation_days WHERE organization_id = $1"),
    ("settlement_batches", "DELETE FROM settlement_batches WHERE organization_id = $1"),
    ("reconciliation_runs", "DELETE FROM reconciliation_runs WHERE organization_id = $1"),
    ("auto_pay_charges", "DELETE FROM auto_pay_charges WHERE organization_id = $1"),
    ("auto_pay", "DELETE FROM auto_pay WHERE organization_id = $1"),
    ("refund_parts", "DELETE FROM refund_parts WHERE organization_id = $1"),
    ("refunds", "DELETE FROM refunds WHERE organization_id = $1"),
    ("application_reversals", "DELETE FROM application_reversals WHERE organization_id = $1"),
    ("payment_actions", "DELETE FROM payment_actions WHERE organization_id = $1"),
    ("payment_applications", "DELETE FROM payment_applications WHERE organization_id = $1"),
    ("payment_attempts", "DELETE FROM payment_attempts WHERE organization_id = $1"),
    ("payment_links", "DELETE FROM payment_links WHERE organization_id = $1"),
    ("card_pages", "DELETE FROM card_pages WHERE organization_id = $1"),
    ("payment_methods", "DELETE FROM payment_methods WHERE organization_id = $1"),
    ("hosted_setups", "DELETE FROM hosted_setups WHERE organization_id = $1"),
    ("payments", "DELETE FROM payments WHERE organization_id = $1"),
    ("invoices", "DELETE FROM invoices WHERE organization_id = $1"),
    ("orders", "DELETE FROM orders WHERE organization_id = $1"),
    ("customers", "DELETE FROM customers WHERE organization_id = $1"),
    ("jobs", "DELETE FROM jobs WHERE organization_id = $1"),
    ("idempotency", "DELETE FROM idempotency WHERE organization_id = $1"),
    ("events", "DELETE FROM events WHERE organization_id = $1"),
    ("event_heads", "DELETE FROM event_heads WHERE organization_id = $1"),
    ("api_keys", "DELETE FROM api_keys WHERE organization_id = $1"),
    ("organizations", "DELETE FROM organizations WHERE id = $1"),
];

/// The tables that stay: who did what is answered for also when the organization is gone. No value is in them.
pub const KEPT: [&str; 2] = ["audit", "audit_heads"];

/// Deletes all of an organization. False when it was not there.
pub async fn everything(conn: &mut Conn, organization: OrganizationId) -> Result<bool, Error> {
    // First: a list of its integrations that somebody kept is no longer of now, and whoever adds one at this moment waits.
    touch(conn, organization).await?;
    let mut last = 0;
    for (_, statement) in EMPTIED {
        let done = sqlx::query(*statement).bind(organization.to_string()).execute(&mut *conn).await?;
        last = done.rows_affected();
    }
    Ok(last > 0)
}
