//! What a consent brought, and who may renew it: one at a time over all processes.
//!
//! Each attempt takes the next epoch and writes itself down before it is sent; a result is stored by the epoch's
//! holder alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    row::{Columns, json_text},
};

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub integration: IntegrationId,
    /// What the provider said of the account; no secrets.
    pub account: BTreeMap<String, String>,
    /// Who may store a result: the holder of this number.
    pub epoch: i64,
    /// Grows with each access token.
    pub token_version: i64,
    /// Until when the access token is good.
    pub access_expires_at: Timestamp,
    /// Whether there is a refresh token.
    pub can_refresh: bool,
    /// Until when that one is good, where the provider says.
    pub refresh_expires_at: Option<Timestamp>,
    /// When the consent itself ends, where the provider says.
    pub ends_at: Option<Timestamp>,
    /// Until then the holder of the epoch may be waiting for an answer.
    pub lease_until: Timestamp,
    /// The oldest renewal that was sent and whose answer is not known.
    pub attempted_at: Option<Timestamp>,
    /// How often renewing failed since it last worked.
    pub failures: i64,
    /// Not to be tried again before.
    pub retry_at: Timestamp,
    /// When somebody was warned of the end.
    pub warned_at: Option<Timestamp>,
    /// When the tokens came.
    pub refreshed_at: Timestamp,
    /// Who asked for the consent.
    pub connected_by: String,
    /// When somebody consented.
    pub connected_at: Timestamp,
}

/// What a provider gave, as far as it is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// Until when the access token is good.
    pub access_expires_at: Timestamp,
    /// Whether there is a refresh token.
    pub can_refresh: bool,
    /// Until when that one is good.
    pub refresh_expires_at: Option<Timestamp>,
    /// When the consent itself ends.
    pub ends_at: Option<Timestamp>,
    /// When it came.
    pub at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Grant, Error> {
    Ok(Grant {
        integration: row.parsed("integration_id")?,
        account: row.json("account")?,
        epoch: row.int("epoch")?,
        token_version: row.int("token_version")?,
        access_expires_at: row.time("access_expires_at")?,
        can_refresh: row.flag("can_refresh")?,
        refresh_expires_at: row.maybe_time("refresh_expires_at")?,
        ends_at: row.maybe_time("ends_at")?,
        lease_until: row.time("lease_until")?,
        attempted_at: row.maybe_time("attempted_at")?,
        failures: row.int("failures")?,
        retry_at: row.time("retry_at")?,
        warned_at: row.maybe_time("warned_at")?,
        refreshed_at: row.time("refreshed_at")?,
        connected_by: row.text("connected_by")?,
        connected_at: row.time("connected_at")?,
    })
}

/// An integration's.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Option<Grant>, Error> {
    let row = sqlx::query("SELECT * FROM oauth_grants WHERE organization_id = $1 AND integration_id = $2")
        .bind(organization.to_string())
        .bind(integration.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes what a consent brought, in place of what was there. Whoever is renewing the old one loses its epoch.
pub async fn connect(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    account: &BTreeMap<String, String>,
    by: &str,
    brought: &Renewed,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO oauth_grants (integration_id, organization_id, account, epoch, token_version, access_expires_at,
           can_refresh, refresh_expires_at, ends_at, lease_until, attempted_at, failures, retry_at, warned_at,
           refreshed_at, connected_by, connected_at)
         VALUES ($1, $2, $3, 1, 1, $4, $5, $6, $7, 0, NULL, 0, 0, NULL, $8, $9, $8)
         ON CONFLICT (integration_id) DO UPDATE SET account = $3, epoch = oauth_grants.epoch + 1,
           token_version = oauth_grants.token_version + 1, access_expires_at = $4, can_refresh = $5,
           refresh_expires_at = $6, ends_at = $7, lease_until = 0, attempted_at = NULL, failures = 0, retry_at = 0,
           warned_at = NULL, refreshed_at = $8, connected_by = $9, connected_at = $8
         WHERE oauth_grants.organization_id = $2",
    )
    .bind(integration.to_string())
    .bind(organization.to_string())
    .bind(json_text(account)?)
    .bind(brought.access_expires_at.as_microsecond())
    .bind(i64::from(brought.can_refresh))
    .bind(brought.refresh_expires_at.map(Timestamp::as_microsecond))
    .bind(brought.ends_at.map(Timestamp::as_microsecond))
    .bind(brought.at.as_microsecond())
    .bind(by)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the right to renew, and writes the attempt down. None when somebody else has it or the grant moved on.
pub async fn claim(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    epoch: i64,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Grant>, Error> {
    let row = sqlx::query(
        "UPDATE oauth_grants SET epoch = epoch + 1, lease_until = $5, attempted_at = COALESCE(attempted_at, $4)
         WHERE organization_id = $1 AND integration_id = $2 AND epoch = $3 AND lease_until <= $4 AND can_refresh = 1
         RETURNING *",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(epoch)
    .bind(now.as_microsecond())
    .bind(lease_until.as_microsecond())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Stores what an attempt brought. False when the epoch is another one's by now: then nothing was stored.
pub async fn store(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    epoch: i64,
    renewed: &Renewed,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE oauth_grants SET token_version = token_version + 1, access_expires_at = $4, can_refresh = $5,
           refresh_expires_at = $6, ends_at = $7, lease_until = 0, attempted_at = NULL, failures = 0, retry_at = 0,
           refreshed_at = $8
         WHERE organization_id = $1 AND integration_id = $2 AND epoch = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(epoch)
    .bind(renewed.access_expires_at.as_microsecond())
    .bind(i64::from(renewed.can_refresh))
    .bind(renewed.refresh_expires_at.map(Timestamp::as_microsecond))
    .bind(renewed.ends_at.map(Timestamp::as_microsecond))
    .bind(renewed.at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that an attempt failed. `attempted_at` is the oldest one that the provider may have acted upon. False
/// when the epoch is another one's by now.
pub async fn fail(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    epoch: i64,
    retry_at: Timestamp,
    attempted_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE oauth_grants SET lease_until = 0, failures = failures + 1, retry_at = $4, attempted_at = $5
         WHERE organization_id = $1 AND integration_id = $2 AND epoch = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(epoch)
    .bind(retry_at.as_microsecond())
    .bind(attempted_at.map(Timestamp::as_microsecond))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a grant: there are no tokens any more. With an epoch only for its holder; false when it is another one's.
pub async fn end(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    epoch: Option<i64>,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE oauth_grants SET epoch = epoch + 1, access_expires_at = 0, can_refresh = 0, refresh_expires_at = NULL,
           ends_at = NULL, lease_until = 0, attempted_at = NULL, failures = 0, retry_at = 0
         WHERE organization_id = $1 AND integration_id = $2 AND ($3 IS NULL OR epoch = $3)",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(epoch)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that somebody was warned of the end.
pub async fn warned(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    at: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE oauth_grants SET warned_at = $3
         WHERE organization_id = $1 AND integration_id = $2 AND warned_at IS NULL",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
