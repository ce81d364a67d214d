//! Looking through the pairs: lists for people, and figures.

use jiff::Timestamp;
use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    sync::State,
};

use super::{Link, read};
use crate::{Conn, Error, Page, Slice, row::Columns};

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one kind.
    pub kind: Option<String>,
    /// In one state.
    pub state: Option<State>,
    /// Only those that differ.
    pub different: bool,
}

/// A page of an integration's pairs.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Link>, Error> {
    let state = filter.state.map(State::as_str);
    let different = i64::from(filter.different);
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM sync_links WHERE organization_id = $1 AND integration_id = $2
           AND ($3 IS NULL OR kind = $3) AND ($4 IS NULL OR state = $4) AND ($5 = 0 OR difference IS NOT NULL)",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(&filter.kind)
    .bind(state)
    .bind(different)
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2
           AND ($3 IS NULL OR kind = $3) AND ($4 IS NULL OR state = $4) AND ($5 = 0 OR difference IS NOT NULL)
           AND (created_at, id) < ($6, $7) ORDER BY created_at DESC, id DESC LIMIT $8 OFFSET $9"
    } else {
        "SELECT * FROM sync_links WHERE organization_id = $1 AND integration_id = $2
           AND ($3 IS NULL OR kind = $3) AND ($4 IS NULL OR state = $4) AND ($5 = 0 OR difference IS NOT NULL)
           AND (created_at, id) > ($6, $7) ORDER BY created_at, id LIMIT $8 OFFSET $9"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(integration.to_string())
        .bind(&filter.kind)
        .bind(state)
        .bind(different)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: Some(total) })
}

/// How many pairs stand how, and since when the oldest open one waits.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// By state.
    pub by_state: Vec<(State, i64)>,
    /// How many differ.
    pub different: i64,
    /// Since when the oldest one waits that is to be written.
    pub oldest: Option<Timestamp>,
}

impl Counts {
    /// How many are in a state.
    pub fn of(&self, state: State) -> i64 {
        self.by_state.iter().find(|(it, _)| *it == state).map_or(0, |(_, count)| *count)
    }
}

/// Counts them.
pub async fn counts(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Counts, Error> {
    let rows = sqlx::query(
        "SELECT state, COUNT(*) AS total FROM sync_links WHERE organization_id = $1 AND integration_id = $2
         GROUP BY state",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_all(&mut *conn)
    .await?;
    let by_state = rows.iter().map(|row| Ok((row.parsed("state")?, row.int("total")?)));
    let by_state = by_state.collect::<Result<_, Error>>()?;
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM sync_links WHERE organization_id = $1 AND integration_id = $2
             AND difference IS NOT NULL) AS different,
           CAST((SELECT MIN(waits_since) FROM sync_links WHERE organization_id = $1 AND integration_id = $2
             AND state IN ('Waiting', 'Sent')) AS BIGINT) AS oldest",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    Ok(Counts { by_state, different: row.int("different")?, oldest: row.maybe_time("oldest")? })
}

/// When the first open pair is due; none where none is open.
pub async fn next_due(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<Option<Timestamp>, Error> {
    let row = sqlx::query(
        "SELECT CAST(MIN(due_at) AS BIGINT) AS due FROM sync_links
         WHERE organization_id = $1 AND integration_id = $2 AND state IN ('Waiting', 'Sent')",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    row.maybe_time("due")
}

/// How many are to be written and wait for nothing but their turn, or for an answer.
pub async fn under_way(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS total FROM sync_links WHERE organization_id = $1 AND integration_id = $2
           AND (state = 'Sent' OR (state = 'Waiting' AND (failure IS NULL OR attempts > 0)))",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .fetch_one(conn)
    .await?;
    row.int("total")
}
