//! Wrapped data-encryption keys of the organizations, and the rotations of them that are under way.

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;
use sqlx::any::AnyRow;

use crate::{Conn, Error, db::pick, row::Columns};

/// A wrapped data-encryption key.
#[derive(Clone)]
pub struct WrappedDek {
    /// Its number in the organization.
    pub id: i64,
    /// Which key-encryption key wraps it.
    pub kek_fingerprint: String,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<WrappedDek, Error> {
    Ok(WrappedDek {
        id: row.int("id")?,
        kek_fingerprint: row.text("kek_fingerprint")?,
        wrapped: row.bytes("wrapped")?,
        created_at: row.time("created_at")?,
    })
}

/// One key of an organization.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: i64,
) -> Result<Option<WrappedDek>, Error> {
    let row = sqlx::query("SELECT * FROM deks WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All of an organization, oldest first.
pub async fn list(conn: &mut Conn, organization: OrganizationId) -> Result<Vec<WrappedDek>, Error> {
    let rows = sqlx::query("SELECT * FROM deks WHERE organization_id = $1 ORDER BY id")
        .bind(organization.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// The organization's newest key, held until the transaction ends: nobody destroys it meanwhile, so that what is
/// sealed under it is not lost.
pub async fn hold_newest(conn: &mut Conn, organization: OrganizationId) -> Result<Option<WrappedDek>, Error> {
    let sqlite = "SELECT * FROM deks WHERE organization_id = $1 ORDER BY id DESC LIMIT 1";
    let postgres = "SELECT * FROM deks WHERE organization_id = $1 ORDER BY id DESC LIMIT 1 FOR SHARE";
    let text = pick(conn, sqlite, postgres);
    let row = sqlx::query(text).bind(organization.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Waits until nobody holds the key; nobody holds it then until the transaction ends. False where there is none.
pub async fn lock(conn: &mut Conn, organization: OrganizationId, id: i64) -> Result<bool, Error> {
    let sqlite = "SELECT id FROM deks WHERE organization_id = $1 AND id = $2";
    let postgres = "SELECT id FROM deks WHERE organization_id = $1 AND id = $2 FOR UPDATE";
    let text = pick(conn, sqlite, postgres);
    let row = sqlx::query(text).bind(organization.to_string()).bind(id).fetch_optional(conn).await?;
    Ok(row.is_some())
}

/// Adds a wrapped key. False when another process was first with this number.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, dek: &WrappedDek) -> Result<bool, Error> {
    let done = sqlx::query(
        "INSERT INTO deks (organization_id, id, kek_fingerprint, wrapped, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, id) DO NOTHING",
    )
    .bind(organization.to_string())
    .bind(dek.id)
    .bind(&dek.kek_fingerprint)
    .bind(dek.wrapped.clone())
    .bind(dek.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Destroys a key.
pub async fn delete(conn: &mut Conn, organization: OrganizationId, id: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM deks WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Destroys every key of an organization. Returns how many there were.
pub async fn delete_all(conn: &mut Conn, organization: OrganizationId) -> Result<u64, Error> {
    let done = sqlx::query("DELETE FROM deks WHERE organization_id = $1")
        .bind(organization.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Puts another wrapping of the same key into the place of the one that was read. False when that is gone.
pub async fn rewrap(
    conn: &mut Conn,
    organization: OrganizationId,
    was: &WrappedDek,
    kek_fingerprint: &str,
    wrapped: &[u8],
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE deks SET kek_fingerprint = $4, wrapped = $5
         WHERE organization_id = $1 AND id = $2 AND wrapped = $3",
    )
    .bind(organization.to_string())
    .bind(was.id)
    .bind(was.wrapped.clone())
    .bind(kek_fingerprint)
    .bind(wrapped.to_vec())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keys that are under another key-encryption key than this one.
pub async fn not_under(
    conn: &mut Conn,
    kek_fingerprint: &str,
    limit: i64,
) -> Result<Vec<(OrganizationId, WrappedDek)>, Error> {
    // every organization: one key wraps the keys of all of them
    let rows =
        sqlx::query("SELECT * FROM deks WHERE kek_fingerprint <> $1 ORDER BY organization_id, id LIMIT $2")
            .bind(kek_fingerprint)
            .bind(limit)
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, read(row)?))).collect()
}

/// How many keys are under each key-encryption key.
pub async fn under_each(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    // every organization: one figure for the operator
    let rows = sqlx::query(
        "SELECT kek_fingerprint, COUNT(*) AS total FROM deks GROUP BY kek_fingerprint ORDER BY kek_fingerprint",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.text("kek_fingerprint")?, row.int("total")?))).collect()
}

/// Each key's organization and number, whose it is by text: also one that belongs to nobody any more.
pub async fn numbers(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    // every organization: figures for the operator
    let rows = sqlx::query("SELECT organization_id, id FROM deks ORDER BY organization_id, id")
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((row.text("organization_id")?, row.int("id")?))).collect()
}

/// Organizations that have a key from before this time, after the one that is named; in order.
pub async fn with_older(
    conn: &mut Conn,
    before: Timestamp,
    only: Option<OrganizationId>,
    after: &str,
    limit: i64,
) -> Result<Vec<OrganizationId>, Error> {
    let rows = sqlx::query(
        "SELECT DISTINCT organization_id FROM deks
         WHERE created_at < $1 AND ($2 IS NULL OR organization_id = $2) AND organization_id > $3
         ORDER BY organization_id LIMIT $4",
    )
    .bind(before.as_microsecond())
    .bind(only.map(|it| it.to_string()))
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.parsed("organization_id")).collect()
}

/// Begins a rotation of one organization's keys, or of everyone's, or takes up the one that did not end. Returns
/// since when it runs, and whether it began before.
pub async fn begin_rotation(
    conn: &mut Conn,
    only: Option<OrganizationId>,
    now: Timestamp,
) -> Result<(Timestamp, bool), Error> {
    let name = only.map(|it| it.to_string()).unwrap_or_default();
    let done = sqlx::query(
        "INSERT INTO dek_rotations (organization_id, started_at) VALUES ($1, $2)
         ON CONFLICT (organization_id) DO NOTHING",
    )
    .bind(&name)
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query("SELECT started_at FROM dek_rotations WHERE organization_id = $1")
        .bind(&name)
        .fetch_one(conn)
        .await?;
    Ok((row.time("started_at")?, done.rows_affected() == 0))
}

/// Ends a rotation.
pub async fn end_rotation(conn: &mut Conn, only: Option<OrganizationId>) -> Result<(), Error> {
    sqlx::query("DELETE FROM dek_rotations WHERE organization_id = $1")
        .bind(only.map(|it| it.to_string()).unwrap_or_default())
        .execute(conn)
        .await?;
    Ok(())
}

/// The rotations that did not end: whose ('' is everyone's), and since when.
pub async fn rotations(conn: &mut Conn) -> Result<Vec<(String, Timestamp)>, Error> {
    // every organization: figures for the operator
    let rows = sqlx::query("SELECT organization_id, started_at FROM dek_rotations ORDER BY started_at")
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((row.text("organization_id")?, row.time("started_at")?))).collect()
}
