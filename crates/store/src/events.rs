//! Events and their chain per organization.
//!
//! An event is written in the transaction of what it tells. It is linked into the chain a moment later, so
//! that concurrent payments do not queue for the head of the chain.

use jiff::Timestamp;
use kontor_domain::{
    events::{GENESIS, Link},
    ids::{EventId, OrganizationId},
};
use sqlx::any::AnyRow;

use crate::{Conn, Error, db::pick, row::Columns};

/// An event as it is kept.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened, such as `payment.succeeded`.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// The facts, JSON text.
    pub data: String,
    /// When.
    pub at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Event, Error> {
    Ok(Event {
        id: row.parsed("id")?,
        kind: row.text("kind")?,
        subject: row.text("subject")?,
        data: row.text("data")?,
        at: row.time("created_at")?,
    })
}

/// Adds one, not linked yet.
pub async fn append(conn: &mut Conn, organization: OrganizationId, it: &Event) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO events (id, organization_id, kind, subject, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(&it.kind)
    .bind(&it.subject)
    .bind(&it.data)
    .bind(it.at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// The events of one subject, oldest first; at most 500.
pub async fn of_subject(
    conn: &mut Conn,
    organization: OrganizationId,
    subject: &str,
) -> Result<Vec<Event>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM events WHERE organization_id = $1 AND subject = $2 ORDER BY created_at, id LIMIT 500",
    )
    .bind(organization.to_string())
    .bind(subject)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The organizations that have events to link, at most `limit`.
pub async fn unlinked(conn: &mut Conn, limit: i64) -> Result<Vec<OrganizationId>, Error> {
    // every organization: the linker serves all of them
    let rows = sqlx::query("SELECT DISTINCT organization_id FROM events WHERE position IS NULL LIMIT $1")
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| row.parsed("organization_id")).collect()
}

/// Links up to `limit` events of an organization; returns how many. Needs a transaction: it holds the chain's head.
pub async fn link(conn: &mut Conn, organization: OrganizationId, limit: i64) -> Result<usize, Error> {
    let name = organization.to_string();
    let (mut position, mut hash) = head(conn, &name).await?;
    let rows = sqlx::query(
        "SELECT * FROM events WHERE organization_id = $1 AND position IS NULL ORDER BY created_at, id LIMIT $2",
    )
    .bind(&name)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let event = read(row)?;
        position = position.saturating_add(1);
        hash = chained(&name, position, &event, &hash);
        sqlx::query("UPDATE events SET position = $3, hash = $4 WHERE organization_id = $1 AND id = $2")
            .bind(&name)
            .bind(event.id.to_string())
            .bind(position)
            .bind(hex(&hash))
            .execute(&mut *conn)
            .await?;
    }
    if !rows.is_empty() {
        sqlx::query("UPDATE event_heads SET position = $2, hash = $3 WHERE organization_id = $1")
            .bind(&name)
            .bind(position)
            .bind(hex(&hash))
            .execute(conn)
            .await?;
    }
    Ok(rows.len())
}

/// The head of the chain, locked; made where there is none.
async fn head(conn: &mut Conn, organization: &str) -> Result<(i64, [u8; 32]), Error> {
    sqlx::query(
        "INSERT INTO event_heads (organization_id, position, hash) VALUES ($1, 0, $2)
         ON CONFLICT (organization_id) DO NOTHING",
    )
    .bind(organization)
    .bind(hex(&GENESIS))
    .execute(&mut *conn)
    .await?;
    let statement = pick(
        conn,
        "SELECT position, hash FROM event_heads WHERE organization_id = $1",
        "SELECT position, hash FROM event_heads WHERE organization_id = $1 FOR UPDATE",
    );
    let row = sqlx::query(statement).bind(organization).fetch_one(conn).await?;
    Ok((row.int("position")?, unhex(&row.text("hash")?).ok_or(Error::Corrupt("hash"))?))
}

/// What a check of a chain found.
#[derive(Debug, PartialEq, Eq)]
pub enum Chain {
    /// All of so many events link up.
    Whole(i64),
    /// The chain breaks at this position: an event was changed, removed or put in.
    Broken(i64),
}

/// Recomputes the whole chain of an organization, in batches.
pub async fn verify(conn: &mut Conn, organization: OrganizationId) -> Result<Chain, Error> {
    const BATCH: i64 = 1_000;
    let name = organization.to_string();
    let (mut position, mut hash) = (0_i64, GENESIS);
    loop {
        let rows = sqlx::query(
            "SELECT * FROM events WHERE organization_id = $1 AND position > $2 ORDER BY position LIMIT $3",
        )
        .bind(&name)
        .bind(position)
        .bind(BATCH)
        .fetch_all(&mut *conn)
        .await?;
        for row in &rows {
            position = position.saturating_add(1);
            hash = chained(&name, position, &read(row)?, &hash);
            if row.int("position")? != position || row.text("hash")? != hex(&hash) {
                return Ok(Chain::Broken(position));
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    let head = sqlx::query("SELECT position, hash FROM event_heads WHERE organization_id = $1")
        .bind(&name)
        .fetch_optional(conn)
        .await?;
    let intact = match head {
        Some(row) => row.int("position")? == position && row.text("hash")? == hex(&hash),
        None => position == 0,
    };
    Ok(if intact { Chain::Whole(position) } else { Chain::Broken(position.saturating_add(1)) })
}

fn chained(organization: &str, position: i64, event: &Event, previous: &[u8; 32]) -> [u8; 32] {
    let id = event.id.to_string();
    let link = Link {
        organization,
        position,
        id: &id,
        kind: &event.kind,
        subject: &event.subject,
        data: &event.data,
        created_at_us: event.at.as_microsecond(),
    };
    link.hash(previous)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
