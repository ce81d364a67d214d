//! What our record and a provider's do not agree on. Rows are added and ended, never deleted.

use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    Currency, Money,
    ids::{DifferenceId, IntegrationId, OrganizationId, PaymentId, RefundId},
    reconciliation::{Days, Kind, Status},
};
use sqlx::any::AnyRow;

use crate::{Conn, Error, db::pick, row::Columns};

/// The most that one list has.
pub const MAX_LISTED: i64 = 1_000;

/// What a difference says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The day that it belongs to.
    pub day: Date,
    /// What differs.
    pub kind: Kind,
    /// What it is about, as a text that nothing else of the integration has.
    pub subject: String,
    /// The payment that it is about, or belongs to.
    pub payment: Option<PaymentId>,
    /// The refund that it is about.
    pub refund: Option<RefundId>,
    /// The provider's transaction.
    pub transaction: Option<String>,
    /// The reference that the transaction carries.
    pub reference: Option<String>,
    /// How much, by our record.
    pub amount_here: Option<Money>,
    /// How much, by the provider's.
    pub amount_there: Option<Money>,
    /// How it ended, by our record.
    pub state_here: Option<String>,
    /// How it ended, by the provider's.
    pub state_there: Option<String>,
}

/// A difference as it is kept.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Its id.
    pub id: DifferenceId,
    /// Which integration.
    pub integration: IntegrationId,
    /// Its provider.
    pub provider: String,
    /// What it says.
    pub facts: Facts,
    /// How it stands.
    pub status: Status,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// By whom.
    pub ended_by: Option<String>,
    /// What was done, or why it is right as it is.
    pub ended_how: Option<String>,
    /// Grows by one with each change.
    pub version: i64,
}

fn read(row: &AnyRow) -> Result<Difference, Error> {
    let currency: Currency = row.parsed("currency")?;
    let money = |name| Ok::<_, Error>(row.maybe_int(name)?.map(|minor| Money::from_minor(minor, currency)));
    Ok(Difference {
        id: row.parsed("id")?,
        integration: row.parsed("integration_id")?,
        provider: row.text("provider")?,
        facts: Facts {
            day: row.parsed("day")?,
            kind: row.parsed("kind")?,
            subject: row.text("subject")?,
            payment: row.maybe_parsed("payment_id")?,
            refund: row.maybe_parsed("refund_id")?,
            transaction: row.maybe_text("transaction_id")?,
            reference: row.maybe_text("reference")?,
            amount_here: money("amount_here")?,
            amount_there: money("amount_there")?,
            state_here: row.maybe_text("state_here")?,
            state_there: row.maybe_text("state_there")?,
        },
        status: row.parsed("status")?,
        first_seen_at: row.time("first_seen_at")?,
        last_seen_at: row.time("last_seen_at")?,
        ended_at: row.maybe_time("ended_at")?,
        ended_by: row.maybe_text("ended_by")?,
        ended_how: row.maybe_text("ended_how")?,
        version: row.int("version")?,
    })
}

/// Writes a difference with all that it says, new or changed.
pub async fn put(conn: &mut Conn, organization: OrganizationId, it: &Difference) -> Result<(), Error> {
    let facts = &it.facts;
    let currency = facts.amount_there.or(facts.amount_here).map_or(Currency::USD, Money::currency);
    sqlx::query(
        "INSERT INTO reconciliation_differences (id, organization_id, integration_id, provider, day, kind, status,
           subject, payment_id, refund_id, transaction_id, reference, amount_here, amount_there, currency, state_here,
           state_there, first_seen_at, last_seen_at, ended_at, ended_by, ended_how, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         ON CONFLICT (organization_id, integration_id, subject)
         DO UPDATE SET day = $5, kind = $6, status = $7, payment_id = $9, refund_id = $10, transaction_id = $11,
           reference = $12, amount_here = $13, amount_there = $14, currency = $15, state_here = $16, state_there = $17,
           last_seen_at = $19, ended_at = $20, ended_by = $21, ended_how = $22,
           version = reconciliation_differences.version + 1",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.integration.to_string())
    .bind(&it.provider)
    .bind(facts.day.to_string())
    .bind(facts.kind.as_str())
    .bind(it.status.as_str())
    .bind(&facts.subject)
    .bind(facts.payment.map(|id| id.to_string()))
    .bind(facts.refund.map(|id| id.to_string()))
    .bind(&facts.transaction)
    .bind(&facts.reference)
    .bind(facts.amount_here.map(Money::minor))
    .bind(facts.amount_there.map(Money::minor))
    .bind(currency.code())
    .bind(&facts.state_here)
    .bind(&facts.state_there)
    .bind(it.first_seen_at.as_microsecond())
    .bind(it.last_seen_at.as_microsecond())
    .bind(it.ended_at.map(Timestamp::as_microsecond))
    .bind(&it.ended_by)
    .bind(&it.ended_how)
    .bind(it.version)
    .execute(conn)
    .await?;
    Ok(())
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: DifferenceId,
) -> Result<Option<Difference>, Error> {
    let row = sqlx::query("SELECT * FROM reconciliation_differences WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// One, held until the transaction ends.
pub async fn lock(
    conn: &mut Conn,
    organization: OrganizationId,
    id: DifferenceId,
) -> Result<Option<Difference>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM reconciliation_differences WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM reconciliation_differences WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The one about a subject of an integration.
pub async fn about(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    subject: &str,
) -> Result<Option<Difference>, Error> {
    let row = sqlx::query(
        "SELECT * FROM reconciliation_differences
         WHERE organization_id = $1 AND integration_id = $2 AND subject = $3",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(subject)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Those of some days, open ones first; at most [`MAX_LISTED`].
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    within: Days,
    integration: Option<IntegrationId>,
) -> Result<Vec<Difference>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM reconciliation_differences WHERE organization_id = $1 AND day >= $2 AND day <= $3
           AND ($4 IS NULL OR integration_id = $4)
         ORDER BY CASE WHEN status = 'Open' THEN 0 ELSE 1 END, day DESC, id LIMIT $5",
    )
    .bind(organization.to_string())
    .bind(within.from().to_string())
    .bind(within.to().to_string())
    .bind(integration.map(|it| it.to_string()))
    .bind(MAX_LISTED)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The open ones of an integration's days, all of them.
pub async fn open_of(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    within: Days,
) -> Result<Vec<Difference>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM reconciliation_differences
         WHERE organization_id = $1 AND integration_id = $2 AND day >= $3 AND day <= $4 AND status = 'Open' ORDER BY id",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(within.from().to_string())
    .bind(within.to().to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// How many are open in an organization.
pub async fn open(conn: &mut Conn, organization: OrganizationId) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS total FROM reconciliation_differences WHERE organization_id = $1 AND status = 'Open'",
    )
    .bind(organization.to_string())
    .fetch_one(conn)
    .await?;
    row.int("total")
}

/// How many are open in all.
pub async fn open_in_all(conn: &mut Conn) -> Result<i64, Error> {
    // every organization: one figure for the operator
    let row = sqlx::query("SELECT COUNT(*) AS total FROM reconciliation_differences WHERE status = 'Open'")
        .fetch_one(conn)
        .await?;
    row.int("total")
}
