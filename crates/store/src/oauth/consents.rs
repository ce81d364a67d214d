//! Somebody's way to a provider's consent and back, which is gone once.

use jiff::Timestamp;
use kontor_domain::ids::{ConsentId, IntegrationId, OrganizationId};

use crate::{Conn, Error, row::Columns};

/// The most that an integration has open; a new one takes the oldest one's place.
pub const MAX_OPEN: i64 = 10;

/// A way to a consent.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// For which integration.
    pub integration: IntegrationId,
    /// Who asked for it.
    pub asked_by: String,
    /// What the caller wants back.
    pub caller_state: Option<String>,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// Until when it can be gone.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds one.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Consent) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO oauth_consents (id, organization_id, integration_id, asked_by, caller_state, redirect_uri,
           used_at, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.asked_by)
    .bind(it.caller_state.as_deref())
    .bind(&it.redirect_uri)
    .bind(it.expires_at.as_microsecond())
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes one: nobody else gets it after that. None when there is none, it was taken, or its time is over.
pub async fn take(
    conn: &mut Conn,
    organization: OrganizationId,
    id: ConsentId,
    now: Timestamp,
) -> Result<Option<Consent>, Error> {
    let row = sqlx::query(
        "UPDATE oauth_consents SET used_at = $3
         WHERE organization_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3
         RETURNING id, integration_id, asked_by, caller_state, redirect_uri, expires_at, created_at",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(now.as_microsecond())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Consent {
            id: row.parsed("id")?,
            integration: row.parsed("integration_id")?,
            asked_by: row.text("asked_by")?,
            caller_state: row.maybe_text("caller_state")?,
            redirect_uri: row.text("redirect_uri")?,
            expires_at: row.time("expires_at")?,
            created_at: row.time("created_at")?,
        })
    })
    .transpose()
}

/// Removes all of an integration but the newest `keep`; returns whose verifiers are to be destroyed.
pub async fn keep_newest(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    keep: i64,
) -> Result<Vec<ConsentId>, Error> {
    let rows = sqlx::query(
        "DELETE FROM oauth_consents WHERE organization_id = $1 AND integration_id = $2 AND id NOT IN
           (SELECT id FROM oauth_consents WHERE organization_id = $1 AND integration_id = $2
            ORDER BY created_at DESC, id DESC LIMIT $3)
         RETURNING id",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(keep)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Removes those whose time was over before `before`.
pub async fn purge(conn: &mut Conn, before: Timestamp) -> Result<u64, Error> {
    // every organization: the sweep
    let done = sqlx::query("DELETE FROM oauth_consents WHERE expires_at < $1")
        .bind(before.as_microsecond())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
