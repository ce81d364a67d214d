//! Chains of rows per organization: linking what was written, and checking what was linked.
//!
//! A row is written in the transaction of what it tells, without a place in the chain. It is linked a moment
//! later, so that concurrent writers do not queue for the chain's head. Owns the one way to do so for every
//! table that is chained; the tables differ in their statements alone. Refuses to read ids: a row that was
//! tampered with must be a finding and never a failure.

use kontor_domain::chain::{GENESIS, Link};
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use crate::{Conn, Db, Error, db::pick, row::Columns};

/// Rows that a check reads at once.
const BATCH: i64 = 1_000;

/// A table whose rows are chained. SQL is static, so every statement is written out.
pub struct Chained {
    /// The form that its rows are hashed in.
    pub(crate) form: &'static str,
    /// What is hashed of a row, in this order.
    pub(crate) parts: &'static [&'static str],
    /// Whose rows wait to be linked.
    pub(crate) waiting: &'static str,
    /// How many rows wait in one chain.
    pub(crate) left: &'static str,
    /// The rows of one chain that wait, oldest first.
    pub(crate) unlinked: &'static str,
    /// Gives rows their places, as JSON, where they have none, all of them written between two moments: on SQLite and on
    /// PostgreSQL. Whatever way either chooses, it must not lead through all that the organization has: SQLite is left
    /// none but that by the ids, and to PostgreSQL the moments say how few they are.
    pub(crate) place: (&'static str, &'static str),
    /// Makes a head where there is none.
    pub(crate) begin: &'static str,
    /// Reads a head.
    pub(crate) head: &'static str,
    /// Reads a head and locks it, where rows can be locked.
    pub(crate) locked: &'static str,
    /// Moves a head.
    pub(crate) advance: &'static str,
    /// The linked rows after a position, in order.
    pub(crate) linked: &'static str,
    /// Every chain there is.
    pub(crate) names: &'static str,
}

/// The head of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    position: i64,
    hash: [u8; 32],
}

impl Head {
    const START: Self = Self { position: 0, hash: GENESIS };

    fn read(row: &AnyRow) -> Option<Self> {
        Some(Self { position: row.int("position").ok()?, hash: unhex(&row.text("hash").ok()?)? })
    }

    /// The head after one more row, whatever place and hash it has.
    fn after(self, table: &Chained, row: &AnyRow) -> Result<Self, Error> {
        let position = self.position.saturating_add(1);
        let parts = table.parts.iter().map(|name| row.maybe_text(name)).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<Option<&str>> = parts.iter().map(Option::as_deref).collect();
        let created_at_us = row.int("created_at")?;
        let link = Link { form: table.form, position, created_at_us, parts: &parts };
        Ok(Self { position, hash: link.hash(&self.hash) })
    }

    /// The head after one more row, if the row is the next one; what cannot be read is not.
    fn next(self, table: &Chained, row: &AnyRow) -> Option<Self> {
        let next = self.after(table, row).ok()?;
        (Self::read(row) == Some(next)).then_some(next)
    }

    /// Where this end of the rows differs from the head that is kept.
    fn unlike(self, kept: Option<&AnyRow>) -> Option<i64> {
        let kept = match kept {
            Some(row) => Self::read(row),
            None => Some(Self::START),
        };
        match kept {
            Some(kept) if kept == self => None,
            // Rows are missing at the end, or stand there without having been linked.
            Some(kept) if kept.position != self.position => {
                Some(kept.position.min(self.position).saturating_add(1).max(1))
            }
            _ => Some(self.position.max(1)),
        }
    }
}

/// The chains that have rows to link, at most `limit`.
pub async fn waiting(conn: &mut Conn, table: &Chained, limit: i64) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(table.waiting).bind(limit).fetch_all(conn).await?;
    rows.iter().map(|row| row.text("organization_id")).collect()
}

/// Links the rows of a chain, `limit` in a transaction and in so many transactions at most; returns how many. Each holds
/// the chain's head.
pub async fn link(db: &Db, table: &Chained, name: &str, limit: i64, batches: usize) -> Result<usize, Error> {
    let mut linked = 0;
    for _ in 0..batches {
        let mut tx = db.write().await?;
        let rows = link_batch(&mut tx, table, name, limit).await?;
        tx.commit().await?;
        linked += rows;
        if i64::try_from(rows).unwrap_or(i64::MAX) < limit {
            break;
        }
    }
    Ok(linked)
}

async fn link_batch(conn: &mut Conn, table: &Chained, name: &str, limit: i64) -> Result<usize, Error> {
    sqlx::query(table.begin).bind(name).bind(hex(&GENESIS)).execute(&mut *conn).await?;
    let statement = pick(conn, table.head, table.locked);
    let row = sqlx::query(statement).bind(name).fetch_one(&mut *conn).await?;
    let mut head = Head::read(&row).ok_or(Error::Corrupt("hash"))?;
    let rows = sqlx::query(table.unlinked).bind(name).bind(limit).fetch_all(&mut *conn).await?;
    let mut places = Vec::with_capacity(rows.len());
    for row in &rows {
        head = head.after(table, row)?;
        places.push(json!({ "id": row.text("id")?, "position": head.position, "hash": hex(&head.hash) }));
    }
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        // All at once: a round trip for each row held the head for as long as they took together.
        let (sqlite, postgres) = table.place;
        let statement = pick(conn, sqlite, postgres);
        let places = Value::Array(places).to_string();
        sqlx::query(statement)
            .bind(name)
            .bind(places)
            .bind(first.int("created_at")?)
            .bind(last.int("created_at")?)
            .execute(&mut *conn)
            .await?;
        sqlx::query(table.advance).bind(name).bind(head.position).bind(hex(&head.hash)).execute(conn).await?;
    }
    Ok(rows.len())
}

/// What a check of a chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many rows link up.
    pub linked: i64,
    /// The first position that does not: its row was changed, moved, taken out or put in.
    pub broken: Option<i64>,
    /// How many rows have no place yet.
    pub left: i64,
}

/// Every chain of a table by its organization's id; the one of nobody's organization is empty.
pub async fn names(conn: &mut Conn, table: &Chained) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(table.names).fetch_all(conn).await?;
    rows.iter().map(|row| row.text("organization_id")).collect()
}

/// Recomputes a whole chain, in batches. Rows may be linked meanwhile.
pub async fn check(conn: &mut Conn, table: &Chained, name: &str) -> Result<Checked, Error> {
    // A place before the first is as wrong as any other.
    let (mut at, mut after) = (Head::START, i64::MIN);
    let broken = 'walk: loop {
        // Read before the rows: whatever it has passed must be among them.
        let head = sqlx::query(table.head).bind(name).fetch_optional(&mut *conn).await?;
        let rows = sqlx::query(table.linked).bind(name).bind(after).bind(BATCH).fetch_all(&mut *conn).await?;
        for row in &rows {
            match at.next(table, row) {
                Some(next) => at = next,
                None => break 'walk Some(at.position.saturating_add(1)),
            }
        }
        if rows.is_empty() {
            break at.unlike(head.as_ref());
        }
        after = at.position;
    };
    let left = sqlx::query(table.left).bind(name).fetch_one(conn).await?.int("total")?;
    Ok(Checked { linked: at.position, broken, left })
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
