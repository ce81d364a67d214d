//! The audit trail: who did what, when, from where. Never a value, only names. Chained per organization by
//! `chain`; the rows of nobody's organization have a chain of their own.

use jiff::Timestamp;
use kontor_domain::ids::{AuditId, OrganizationId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, Page, Slice, chain::Chained, page, row::Columns};

/// Their chains.
pub const CHAIN: Chained = Chained {
    form: "kontor.audit.v1",
    parts: &["organization_id", "id", "actor", "action", "subject", "detail", "address", "request_id"],
    // every organization: the linker serves all of them
    waiting: "SELECT DISTINCT organization_id FROM audit WHERE position IS NULL LIMIT $1",
    left: "SELECT COUNT(*) AS total FROM audit WHERE organization_id = $1 AND position IS NULL",
    unlinked: "SELECT * FROM audit WHERE organization_id = $1 AND position IS NULL ORDER BY created_at, id LIMIT $2",
    place: (
        "UPDATE audit SET position = json_extract(place.value, '$.position'), hash = json_extract(place.value, '$.hash')
         FROM json_each($2) AS place
         WHERE COALESCE(organization_id, '') = $1 AND audit.id = json_extract(place.value, '$.id')
           AND COALESCE(audit.position, 0) = 0 AND COALESCE(created_at, 0) BETWEEN $3 AND $4",
        "UPDATE audit SET position = place.position, hash = place.hash
         FROM json_to_recordset(CAST($2 AS JSON)) AS place (id TEXT, position BIGINT, hash TEXT)
         WHERE organization_id = $1 AND created_at BETWEEN $3 AND $4 AND audit.id = place.id AND audit.position IS NULL",
    ),
    begin: "INSERT INTO audit_heads (organization_id, position, hash) VALUES ($1, 0, $2)
            ON CONFLICT (organization_id) DO NOTHING",
    head: "SELECT position, hash FROM audit_heads WHERE organization_id = $1",
    locked: "SELECT position, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE",
    advance: "UPDATE audit_heads SET position = $2, hash = $3 WHERE organization_id = $1",
    linked: "SELECT * FROM audit WHERE organization_id = $1 AND position > $2 ORDER BY position LIMIT $3",
    names: "SELECT organization_id FROM audit UNION SELECT organization_id FROM audit_heads ORDER BY organization_id",
};

/// One row of the trail.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Its id.
    pub id: AuditId,
    /// Whose trail; none where nobody could be named.
    pub organization: Option<OrganizationId>,
    /// Who, such as `key_…`, `system` or `anonymous`.
    pub actor: &'a str,
    /// What, such as `integration.updated`.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// More, as JSON text: field names, reasons.
    pub detail: &'a str,
    /// From which address.
    pub address: Option<&'a str>,
    /// In which request.
    pub request: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// Adds a row, not linked yet.
pub async fn insert(conn: &mut Conn, entry: &Entry<'_>) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO audit (id, organization_id, actor, action, subject, detail, address, request_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.id.to_string())
    .bind(entry.organization.map(|id| id.to_string()).unwrap_or_default())
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.detail)
    .bind(entry.address)
    .bind(entry.request)
    .bind(entry.at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// A row as it is kept.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, as JSON text.
    pub detail: String,
    /// From which address.
    pub address: Option<String>,
    /// In which request.
    pub request: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Its place in the chain and the hash there; none until it is linked.
    pub place: Option<(i64, String)>,
}

fn read(row: &AnyRow) -> Result<Row, Error> {
    Ok(Row {
        id: row.text("id")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
        address: row.maybe_text("address")?,
        request: row.maybe_text("request_id")?,
        at: row.time("created_at")?,
        place: row.maybe_int("position")?.zip(row.maybe_text("hash")?),
    })
}

/// What a list of the trail is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one actor.
    pub actor: Option<String>,
    /// One action.
    pub action: Option<String>,
    /// To one thing.
    pub subject: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A page of an organization's trail. Counted unless a cursor is followed.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Row>, Error> {
    let (from, to) = page::span(filter.from, filter.to);
    let total = match slice.after {
        Some(_) => None,
        None => Some(count(conn, organization, filter).await?),
    };
    let statement = if slice.descending {
        "SELECT * FROM audit WHERE organization_id = $1
           AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR action = $3) AND ($4 IS NULL OR subject = $4)
           AND created_at >= $5 AND created_at < $6
           AND (created_at, id) < ($7, $8) ORDER BY created_at DESC, id DESC LIMIT $9 OFFSET $10"
    } else {
        "SELECT * FROM audit WHERE organization_id = $1
           AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR action = $3) AND ($4 IS NULL OR subject = $4)
           AND created_at >= $5 AND created_at < $6
           AND (created_at, id) > ($7, $8) ORDER BY created_at, id LIMIT $9 OFFSET $10"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(&filter.actor)
        .bind(&filter.action)
        .bind(&filter.subject)
        .bind(from)
        .bind(to)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total })
}

async fn count(conn: &mut Conn, organization: OrganizationId, filter: &Filter) -> Result<i64, Error> {
    let (from, to) = page::span(filter.from, filter.to);
    let row = sqlx::query(
        "SELECT COUNT(*) AS total FROM audit WHERE organization_id = $1
           AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR action = $3) AND ($4 IS NULL OR subject = $4)
           AND created_at >= $5 AND created_at < $6",
    )
    .bind(organization.to_string())
    .bind(&filter.actor)
    .bind(&filter.action)
    .bind(&filter.subject)
    .bind(from)
    .bind(to)
    .fetch_one(conn)
    .await?;
    row.int("total")
}
