//! Wrapped data-encryption keys, and the fingerprint of the key that wraps them.

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;

use sqlx::any::AnyRow;

use crate::{Conn, Error, db::pick, row::Columns};

/// A wrapped data-encryption key.
pub struct WrappedDek {
    /// Its number in the organization.
    pub id: i64,
    /// Which key-encryption key wraps it.
    pub kek_fingerprint: String,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// The fingerprint of the key-encryption key in force, where one was ever used.
pub async fn fingerprint(conn: &mut Conn) -> Result<Option<String>, Error> {
    let row = sqlx::query("SELECT fingerprint FROM keks WHERE state = 'active'").fetch_optional(conn).await?;
    row.map(|row| row.text("fingerprint")).transpose()
}

/// Writes down which key-encryption key this database is sealed under. The first one stays.
pub async fn adopt(conn: &mut Conn, fingerprint: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO keks (fingerprint, created_at) VALUES ($1, $2) ON CONFLICT (fingerprint) DO NOTHING",
    )
    .bind(fingerprint)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<WrappedDek, Error> {
    Ok(WrappedDek {
        id: row.int("id")?,
        kek_fingerprint: row.text("kek_fingerprint")?,
        wrapped: row.bytes("wrapped")?,
    })
}

/// One key of an organization.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: i64,
) -> Result<Option<WrappedDek>, Error> {
    let row =
        sqlx::query("SELECT id, kek_fingerprint, wrapped FROM deks WHERE organization_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id)
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(read).transpose()
}

/// The organization's newest key, held until the transaction ends: nobody destroys it meanwhile, so that what is
/// sealed under it is not lost.
pub async fn hold_newest(conn: &mut Conn, organization: OrganizationId) -> Result<Option<WrappedDek>, Error> {
    let sqlite = "SELECT id, kek_fingerprint, wrapped FROM deks WHERE organization_id = $1
        ORDER BY id DESC LIMIT 1";
    let postgres = "SELECT id, kek_fingerprint, wrapped FROM deks WHERE organization_id = $1
        ORDER BY id DESC LIMIT 1 FOR SHARE";
    let text = pick(conn, sqlite, postgres);
    let row = sqlx::query(text).bind(organization.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Adds a wrapped key. False when another process was first with this number.
pub async fn insert(
    conn: &mut Conn,
    organization: OrganizationId,
    dek: &WrappedDek,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO deks (organization_id, id, kek_fingerprint, wrapped, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, id) DO NOTHING",
    )
    .bind(organization.to_string())
    .bind(dek.id)
    .bind(&dek.kek_fingerprint)
    .bind(dek.wrapped.clone())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
