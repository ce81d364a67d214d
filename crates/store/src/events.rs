//! Events: what happened, written in the transaction of what it tells; chained per organization by `chain`.

use jiff::Timestamp;
use kontor_domain::ids::{EventId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, Page, Slice, chain::Chained, page, row::Columns};

/// Their chains.
pub const CHAIN: Chained = Chained {
    form: "kontor.event.v1",
    parts: &["organization_id", "id", "kind", "subject", "data"],
    // every organization: the linker serves all of them
    waiting: "SELECT DISTINCT organization_id FROM events WHERE position IS NULL LIMIT $1",
    left: "SELECT COUNT(*) AS total FROM events WHERE organization_id = $1 AND position IS NULL",
    unlinked: "SELECT * FROM events WHERE organization_id = $1 AND position IS NULL ORDER BY created_at, id LIMIT $2",
    place: (
        "UPDATE events SET position = json_extract(place.value, '$.position'), hash = json_extract(place.value, '$.hash')
         FROM json_each($2) AS place
         WHERE COALESCE(organization_id, '') = $1 AND events.id = json_extract(place.value, '$.id')
           AND COALESCE(events.position, 0) = 0 AND COALESCE(created_at, 0) BETWEEN $3 AND $4",
        "UPDATE events SET position = place.position, hash = place.hash
         FROM json_to_recordset(CAST($2 AS JSON)) AS place (id TEXT, position BIGINT, hash TEXT)
         WHERE organization_id = $1 AND created_at BETWEEN $3 AND $4 AND events.id = place.id AND events.position IS NULL",
    ),
    begin: "INSERT INTO event_heads (organization_id, position, hash) VALUES ($1, 0, $2)
            ON CONFLICT (organization_id) DO NOTHING",
    head: "SELECT position, hash FROM event_heads WHERE organization_id = $1",
    locked: "SELECT position, hash FROM event_heads WHERE organization_id = $1 FOR UPDATE",
    advance: "UPDATE event_heads SET position = $2, hash = $3 WHERE organization_id = $1",
    linked: "SELECT * FROM events WHERE organization_id = $1 AND position > $2 ORDER BY position LIMIT $3",
    names: "SELECT organization_id FROM events UNION SELECT organization_id FROM event_heads ORDER BY organization_id",
};

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

/// What happened after a place in the chain, with the places, in their order. What is not linked yet is not there yet.
pub async fn after(
    conn: &mut Conn,
    organization: OrganizationId,
    position: i64,
    limit: i64,
) -> Result<Vec<(i64, Event)>, Error> {
    let rows = sqlx::query(CHAIN.linked)
        .bind(organization.to_string())
        .bind(position)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((row.int("position")?, read(row)?))).collect()
}

/// An event with its place in the chain and the hash there; none until it is linked.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The event.
    pub event: Event,
    /// Position and hash.
    pub place: Option<(i64, String)>,
}

/// What a list of events is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One kind.
    pub kind: Option<String>,
    /// Of one thing.
    pub subject: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A page of an organization's events. Counted unless a cursor is followed.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Listed>, Error> {
    let (from, to) = page::span(filter.from, filter.to);
    let total = match slice.after {
        Some(_) => None,
        None => Some(count(conn, organization, filter).await?),
    };
    let statement = if slice.descending {
        "SELECT * FROM events WHERE organization_id = $1
           AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR subject = $3) AND created_at >= $4 AND created_at < $5
           AND (created_at, id) < ($6, $7) ORDER BY created_at DESC, id DESC LIMIT $8 OFFSET $9"
    } else {
        "SELECT * FROM events WHERE organization_id = $1
           AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR subject = $3) AND created_at >= $4 AND created_at < $5
           AND (created_at, id) > ($6, $7) ORDER BY created_at, id LIMIT $8 OFFSET $9"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(&filter.kind)
        .bind(&filter.subject)
        .bind(from)
        .bind(to)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    let listed = |row: &AnyRow| {
        Ok(Listed { event: read(row)?, place: row.maybe_int("position")?.zip(row.maybe_text("hash")?) })
    };
    Ok(Page { rows: rows.iter().map(listed).collect::<Result<_, Error>>()?, total })
}

async fn count(conn: &mut Conn, organization: OrganizationId, filter: &Filter) -> Result<i64, Error> {
    let (from, to) = page::span(filter.from, filter.to);
    let row = sqlx::query(
        "SELECT COUNT(*) AS total FROM events WHERE organization_id = $1
           AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR subject = $3) AND created_at >= $4 AND created_at < $5",
    )
    .bind(organization.to_string())
    .bind(&filter.kind)
    .bind(&filter.subject)
    .bind(from)
    .bind(to)
    .fetch_one(conn)
    .await?;
    row.int("total")
}
