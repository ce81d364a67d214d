//! Integrations: an organization's connections to providers, without their secrets.
//!
//! Every change of them raises the organization's revision in the same transaction, so that a list that was read
//! at a revision is right for as long as the revision stays.

mod list;

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    integrations::{ConnectionStatus, IntegrationType, TestStatus},
};
pub use list::list;
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

/// The most integrations of one organization.
pub const MAX_INTEGRATIONS: i64 = 2_000;

/// An integration as it is kept.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Payment, Accounting, …
    pub integration_type: IntegrationType,
    /// The template's id.
    pub provider: String,
    /// What the merchant calls it.
    pub display_name: String,
    /// Whether it is used.
    pub is_enabled: bool,
    /// The settings that are no secrets.
    pub configuration: BTreeMap<String, String>,
    /// How the last connection test ended.
    pub test_status: TestStatus,
    /// When that was.
    pub last_tested_at: Option<Timestamp>,
    /// Where the OAuth connection stands.
    pub connection_status: ConnectionStatus,
    /// Who made it.
    pub created_by: String,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Integration, Error> {
    let number = row.int("integration_type")?;
    Ok(Integration {
        id: row.parsed("id")?,
        integration_type: IntegrationType::from_number(number).ok_or(Error::Corrupt("integration_type"))?,
        provider: row.text("provider")?,
        display_name: row.text("display_name")?,
        is_enabled: row.flag("is_enabled")?,
        configuration: row.json("configuration")?,
        test_status: row.parsed("test_status")?,
        last_tested_at: row.maybe_time("last_tested_at")?,
        connection_status: row.parsed("connection_status")?,
        created_by: row.text("created_by")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// The organization's revision; 0 before its first change.
pub async fn revision(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query("SELECT revision FROM integration_revisions WHERE organization_id = $1")
        .bind(organization.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row| row.int("revision"))
}

/// Raises the revision. On PostgreSQL it also makes changes of one organization's integrations wait for each other.
pub async fn touch(conn: &mut Conn, organization: OrganizationId) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO integration_revisions (organization_id, revision) VALUES ($1, 1)
         ON CONFLICT (organization_id) DO UPDATE SET revision = integration_revisions.revision + 1",
    )
    .bind(organization.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds one, unless the organization has as many as it may have; false then.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Integration) -> Result<bool, Error> {
    // First, so that nobody else adds one between the count and the row.
    touch(conn, organization).await?;
    if count(conn, organization).await? >= MAX_INTEGRATIONS {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO integrations (id, organization_id, integration_type, provider, display_name, is_enabled,
           configuration, test_status, last_tested_at, connection_status, created_by, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10, $11, $12, $12)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.integration_type.number())
    .bind(&it.provider)
    .bind(&it.display_name)
    .bind(i64::from(it.is_enabled))
    .bind(json_text(&it.configuration)?)
    .bind(it.test_status.as_str())
    .bind(it.connection_status.as_str())
    .bind(&it.created_by)
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(true)
}

async fn count(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query("SELECT COUNT(*) AS total FROM integrations WHERE organization_id = $1")
        .bind(organization.to_string())
        .fetch_one(conn)
        .await?;
    row.int("total")
}

/// The oldest enabled one of a provider.
pub async fn enabled(
    conn: &mut Conn,
    organization: OrganizationId,
    provider: &str,
) -> Result<Option<Integration>, Error> {
    let row = sqlx::query(
        "SELECT * FROM integrations WHERE organization_id = $1 AND provider = $2 AND is_enabled = 1
         ORDER BY created_at, id LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(provider)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: IntegrationId,
) -> Result<Option<Integration>, Error> {
    let row = sqlx::query("SELECT * FROM integrations WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One and whose it is, for a provider's own call: that names nothing else, and proves itself afterwards.
pub async fn find(
    conn: &mut Conn,
    id: IntegrationId,
) -> Result<Option<(OrganizationId, Integration)>, Error> {
    // every organization: an integration's id is all that a provider's call names
    let row = sqlx::query("SELECT * FROM integrations WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((row.parsed("organization_id")?, read(&row)?))).transpose()
}

/// One, held until the transaction ends: nobody else changes or deletes it.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: IntegrationId,
) -> Result<Option<Integration>, Error> {
    let sql = pick(
        conn,
        "SELECT * FROM integrations WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM integrations WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE",
    );
    let row =
        sqlx::query(sql).bind(organization.to_string()).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Whether an enabled one is there. Keeps it there until the transaction ends; others may do the same meanwhile.
pub async fn hold(conn: &mut Conn, organization: OrganizationId, id: IntegrationId) -> Result<bool, Error> {
    let sql = pick(
        conn,
        "SELECT is_enabled FROM integrations WHERE organization_id = $1 AND id = $2",
        "SELECT is_enabled FROM integrations WHERE organization_id = $1 AND id = $2 FOR SHARE",
    );
    let row =
        sqlx::query(sql).bind(organization.to_string()).bind(id.to_string()).fetch_optional(conn).await?;
    row.map_or(Ok(false), |row| row.flag("is_enabled"))
}

/// Writes name, use, configuration and test status. `Stale` when it was changed since `it.version` was read.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Integration,
    now: Timestamp,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE integrations SET display_name = $4, is_enabled = $5, configuration = $6, test_status = $7,
           last_tested_at = $8, connection_status = $9, version = version + 1, updated_at = $10
         WHERE organization_id = $1 AND id = $2 AND version = $3",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(&it.display_name)
    .bind(i64::from(it.is_enabled))
    .bind(json_text(&it.configuration)?)
    .bind(it.test_status.as_str())
    .bind(it.last_tested_at.map(Timestamp::as_microsecond))
    .bind(it.connection_status.as_str())
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Error::Stale);
    }
    touch(conn, organization).await
}

/// Records how a connection test ended, unless the integration changed while it ran.
pub async fn record_test(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Integration,
    status: TestStatus,
    at: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE integrations SET test_status = $4, last_tested_at = $5
         WHERE organization_id = $1 AND id = $2 AND version = $3",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(status.as_str())
    .bind(at.as_microsecond())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    touch(conn, organization).await?;
    Ok(true)
}

/// Writes where the OAuth connection stands. Other credentials ask for another test.
pub async fn set_connection(
    conn: &mut Conn,
    organization: OrganizationId,
    id: IntegrationId,
    status: ConnectionStatus,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE integrations SET connection_status = $3, test_status = $4, version = version + 1, updated_at = $5
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(status.as_str())
    .bind(TestStatus::NotTested.as_str())
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    touch(conn, organization).await?;
    Ok(true)
}

/// Removes one; false when there is none. Its sealed secrets go with it.
pub async fn delete(conn: &mut Conn, organization: OrganizationId, id: IntegrationId) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM integrations WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    touch(conn, organization).await?;
    Ok(true)
}
