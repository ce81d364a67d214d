//! Which key-encryption keys this database knows, by fingerprint, and where each stands. Never a key.

use jiff::Timestamp;

use crate::{Conn, Error, db::pick, row::Columns};

/// Where a key-encryption key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In force.
    Active,
    /// On its way to be in force: every organization's key is being wrapped under it.
    Staged,
    /// No organization's key is under it.
    Retired,
}

kontor_domain::words!(State { Active = "active", Staged = "staged", Retired = "retired" });

/// A key-encryption key that was ever in use.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which.
    pub fingerprint: String,
    /// Where it stands.
    pub state: State,
    /// Since when it is known.
    pub created_at: Timestamp,
}

/// All of them, oldest first.
pub async fn all(conn: &mut Conn) -> Result<Vec<Known>, Error> {
    let text = "SELECT fingerprint, state, created_at FROM keks ORDER BY created_at, fingerprint";
    read(conn, text).await
}

/// Those that are not retired, held as they are until the transaction ends: what is wrapped under one of them is
/// seen by whoever retires it.
pub async fn hold(conn: &mut Conn) -> Result<Vec<Known>, Error> {
    let sqlite = "SELECT fingerprint, state, created_at FROM keks WHERE state <> 'retired'";
    let postgres = "SELECT fingerprint, state, created_at FROM keks WHERE state <> 'retired' FOR SHARE";
    let text = pick(conn, sqlite, postgres);
    read(conn, text).await
}

/// Those that are not retired, once nobody holds them any more.
pub async fn lock(conn: &mut Conn) -> Result<Vec<Known>, Error> {
    let sqlite = "SELECT fingerprint, state, created_at FROM keks WHERE state <> 'retired'";
    let postgres = "SELECT fingerprint, state, created_at FROM keks WHERE state <> 'retired' FOR UPDATE";
    let text = pick(conn, sqlite, postgres);
    read(conn, text).await
}

async fn read(conn: &mut Conn, text: &'static str) -> Result<Vec<Known>, Error> {
    let rows = sqlx::query(text).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Known {
                fingerprint: row.text("fingerprint")?,
                state: row.parsed("state")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

/// Writes down which key a new database is sealed under. `Conflict` when another process was first with another key.
pub async fn adopt(conn: &mut Conn, fingerprint: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO keks (fingerprint, state, created_at) VALUES ($1, 'active', $2)
         ON CONFLICT (fingerprint) DO NOTHING",
    )
    .bind(fingerprint)
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Stages a key that was never in use here. `Conflict` when it was, or when another one is staged.
pub async fn stage(conn: &mut Conn, fingerprint: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("INSERT INTO keks (fingerprint, state, created_at) VALUES ($1, 'staged', $2)")
        .bind(fingerprint)
        .bind(now.as_microsecond())
        .execute(conn)
        .await?;
    Ok(())
}

/// Retires the active key and puts the staged one into its place.
pub async fn promote(conn: &mut Conn) -> Result<(), Error> {
    sqlx::query("UPDATE keks SET state = 'retired' WHERE state = 'active'").execute(&mut *conn).await?;
    sqlx::query("UPDATE keks SET state = 'active' WHERE state = 'staged'").execute(conn).await?;
    Ok(())
}
