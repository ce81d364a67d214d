//! A provider's pages on which a card is typed to be kept, and nothing is paid.

use jiff::Timestamp;
use kontor_domain::{
    ids::{CardPageId, CustomerId, IntegrationId, OrganizationId, PaymentMethodId},
    payment_methods::PageStatus,
};
use sqlx::any::AnyRow;

use crate::{Conn, Error, db::pick, row::Columns};

/// A page as it is kept.
#[derive(Debug, Clone)]
pub struct CardPage {
    /// Its id here.
    pub id: CardPageId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Whose card is typed on it.
    pub customer: CustomerId,
    /// The merchant's number of that customer.
    pub customer_number: String,
    /// Through which integration.
    pub integration: IntegrationId,
    /// The template's id of the provider.
    pub provider: String,
    /// How it stands.
    pub status: PageStatus,
    /// The 16 digits that the provider carries.
    pub reference: String,
    /// The provider's id; none until the provider answered.
    pub setup_id: Option<String>,
    /// SHA-256 of the validation code, hex.
    pub validation_hash: Option<String>,
    /// Where the customer's browser is sent afterwards.
    pub return_url: String,
    /// Whether the card becomes the default.
    pub is_default: bool,
    /// What was kept.
    pub method: Option<PaymentMethodId>,
    /// Until when a card can be typed on it.
    pub expires_at: Timestamp,
    /// When the provider first said, after the window, that nothing was kept.
    pub nothing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<CardPage, Error> {
    Ok(CardPage {
        id: row.parsed("id")?,
        organization: row.parsed("organization_id")?,
        customer: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        integration: row.parsed("integration_id")?,
        provider: row.text("provider")?,
        status: row.parsed("status")?,
        reference: row.text("reference")?,
        setup_id: row.maybe_text("setup_id")?,
        validation_hash: row.maybe_text("validation_hash")?,
        return_url: row.text("return_url")?,
        is_default: row.flag("is_default")?,
        method: row.maybe_parsed("payment_method_id")?,
        expires_at: row.time("expires_at")?,
        nothing_since: row.maybe_time("nothing_since")?,
        created_at: row.time("created_at")?,
    })
}

/// Adds one, before the provider is asked for it.
pub async fn insert(conn: &mut Conn, it: &CardPage) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO card_pages (id, organization_id, customer_id, customer_number, integration_id, provider, status,
           reference, return_url, is_default, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(it.id.to_string())
    .bind(it.organization.to_string())
    .bind(it.customer.to_string())
    .bind(&it.customer_number)
    .bind(it.integration.to_string())
    .bind(&it.provider)
    .bind(it.status.as_str())
    .bind(&it.reference)
    .bind(&it.return_url)
    .bind(i64::from(it.is_default))
    .bind(it.expires_at.as_microsecond())
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a changed one. `Stale` unless the stored one is in `from`, which `it.status` may follow; `Conflict` when the
/// provider gave an id that it had given before.
pub async fn update(conn: &mut Conn, it: &CardPage, from: PageStatus, now: Timestamp) -> Result<(), Error> {
    if it.status != from && !from.may_become(it.status) {
        return Err(Error::Stale);
    }
    let done = sqlx::query(
        "UPDATE card_pages SET status = $4, setup_id = $5, validation_hash = $6, payment_method_id = $7,
           nothing_since = $8, updated_at = $9
         WHERE organization_id = $1 AND id = $2 AND status = $3",
    )
    .bind(it.organization.to_string())
    .bind(it.id.to_string())
    .bind(from.as_str())
    .bind(it.status.as_str())
    .bind(&it.setup_id)
    .bind(&it.validation_hash)
    .bind(it.method.map(|it| it.to_string()))
    .bind(it.nothing_since.map(Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: CardPageId,
) -> Result<Option<CardPage>, Error> {
    let row = sqlx::query("SELECT * FROM card_pages WHERE organization_id = $1 AND id = $2")
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
    id: CardPageId,
) -> Result<Option<CardPage>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM card_pages WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM card_pages WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The page with the provider's id, whoever's it is.
pub async fn by_setup_id(conn: &mut Conn, provider: &str, setup_id: &str) -> Result<Option<CardPage>, Error> {
    // every organization: a callback carries no credentials; the row says whose it is
    let row = sqlx::query("SELECT * FROM card_pages WHERE provider = $1 AND setup_id = $2")
        .bind(provider)
        .bind(setup_id)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Open ones that no job will ask about, which only a bug or a hand on the database can leave behind.
pub async fn orphans(conn: &mut Conn, limit: i64) -> Result<Vec<(OrganizationId, CardPageId)>, Error> {
    // every organization: the sweep looks after all of them
    let rows = sqlx::query(
        "SELECT p.organization_id, p.id FROM card_pages p
         WHERE p.status IN ('Created', 'Open') AND NOT EXISTS
           (SELECT 1 FROM jobs j WHERE j.organization_id = p.organization_id AND j.kind = 'card_page' AND j.subject = p.id)
         ORDER BY p.created_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("id")?))).collect()
}
