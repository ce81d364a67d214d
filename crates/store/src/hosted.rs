//! Hosted setups: the provider's page that a payment was sent to.

use jiff::Timestamp;
use kontor_domain::ids::{IntegrationId, InvoiceId, OrganizationId, PaymentId};
use sqlx::any::AnyRow;

use crate::{Conn, Error, row::Columns};

/// A hosted setup as it is kept.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Whose it is.
    pub organization: OrganizationId,
    /// The payment that it belongs to.
    pub payment: PaymentId,
    /// The template's id of the provider.
    pub provider: String,
    /// Through which integration.
    pub integration: IntegrationId,
    /// The provider's id; none until the provider answered.
    pub setup_id: Option<String>,
    /// SHA-256 of the validation code, hex.
    pub validation_hash: Option<String>,
    /// Where the customer's browser is sent afterwards.
    pub return_url: String,
    /// Whether the card is kept once it was paid with.
    pub save_card: bool,
    /// Whether that card becomes the default.
    pub is_default: bool,
    /// What the network called the payment.
    pub network_transaction_id: Option<String>,
    /// Until when it can be paid on.
    pub expires_at: Timestamp,
    /// When a newer setup took its place.
    pub superseded_at: Option<Timestamp>,
    /// When the provider first said, after the window, that nothing was paid.
    pub nothing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Setup, Error> {
    Ok(Setup {
        organization: row.parsed("organization_id")?,
        payment: row.parsed("payment_id")?,
        provider: row.text("provider")?,
        integration: row.parsed("integration_id")?,
        setup_id: row.maybe_text("setup_id")?,
        validation_hash: row.maybe_text("validation_hash")?,
        return_url: row.text("return_url")?,
        save_card: row.flag("save_card")?,
        is_default: row.flag("is_default")?,
        network_transaction_id: row.maybe_text("network_transaction_id")?,
        expires_at: row.time("expires_at")?,
        superseded_at: row.maybe_time("superseded_at")?,
        nothing_since: row.maybe_time("nothing_since")?,
        created_at: row.time("created_at")?,
    })
}

/// Adds one, before the provider is asked for its page.
pub async fn insert(conn: &mut Conn, it: &Setup) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO hosted_setups
           (organization_id, payment_id, provider, integration_id, return_url, is_default, save_card,
            expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(it.organization.to_string())
    .bind(it.payment.to_string())
    .bind(&it.provider)
    .bind(it.integration.to_string())
    .bind(&it.return_url)
    .bind(i64::from(it.is_default))
    .bind(i64::from(it.save_card))
    .bind(it.expires_at.as_microsecond())
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down the provider's page. `Conflict` when the provider gave an id that it had given before.
pub async fn opened(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
    setup_id: &str,
    validation_hash: &str,
    hosted_url: &str,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE hosted_setups SET setup_id = $3, validation_hash = $4, hosted_url = $5
         WHERE organization_id = $1 AND payment_id = $2 AND setup_id IS NULL",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .bind(setup_id)
    .bind(validation_hash)
    .bind(hosted_url)
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// The setup of a payment.
pub async fn of_payment(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<Option<Setup>, Error> {
    let row = sqlx::query("SELECT * FROM hosted_setups WHERE organization_id = $1 AND payment_id = $2")
        .bind(organization.to_string())
        .bind(payment.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The setup with the provider's id, whoever's it is.
pub async fn by_setup_id(conn: &mut Conn, provider: &str, setup_id: &str) -> Result<Option<Setup>, Error> {
    // every organization: a callback carries no credentials; the row says whose it is
    let row = sqlx::query("SELECT * FROM hosted_setups WHERE provider = $1 AND setup_id = $2")
        .bind(provider)
        .bind(setup_id)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Marks the older open setups of an invoice as superseded by `newer`, and names them.
pub async fn supersede(
    conn: &mut Conn,
    organization: OrganizationId,
    invoice: InvoiceId,
    newer: PaymentId,
    now: Timestamp,
) -> Result<Vec<Setup>, Error> {
    let rows = sqlx::query(
        "UPDATE hosted_setups SET superseded_at = $4
         WHERE organization_id = $1 AND superseded_at IS NULL AND payment_id <> $3 AND payment_id IN
           (SELECT id FROM payments WHERE organization_id = $1 AND invoice_id = $2 AND status = 'Submitted')
         RETURNING *",
    )
    .bind(organization.to_string())
    .bind(invoice.to_string())
    .bind(newer.to_string())
    .bind(now.as_microsecond())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes down that the provider said, after the window, that nothing was paid; the first time stays.
pub async fn nothing_found(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE hosted_setups SET nothing_since = $3
         WHERE organization_id = $1 AND payment_id = $2 AND nothing_since IS NULL",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down what the network called a payment, for the uses of its card that follow.
pub async fn paid(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
    network_transaction_id: Option<&str>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE hosted_setups SET network_transaction_id = $3 WHERE organization_id = $1 AND payment_id = $2",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .bind(network_transaction_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down what finds our own page that posts to the provider's, and says until when the page is open.
pub async fn posted(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: PaymentId,
    post_hash: &str,
) -> Result<Timestamp, Error> {
    let row = sqlx::query(
        "UPDATE hosted_setups SET post_hash = $3 WHERE organization_id = $1 AND payment_id = $2 RETURNING expires_at",
    )
    .bind(organization.to_string())
    .bind(payment.to_string())
    .bind(post_hash)
    .fetch_optional(conn)
    .await?;
    row.ok_or(Error::Stale)?.time("expires_at")
}

/// The setup that our own page posts to, with the provider's address, whoever's it is.
pub async fn by_post_hash(conn: &mut Conn, post_hash: &str) -> Result<Option<(Setup, String)>, Error> {
    // every organization: a browser carries no credentials; the row says whose it is
    let row = sqlx::query("SELECT * FROM hosted_setups WHERE post_hash = $1")
        .bind(post_hash)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((read(&row)?, row.text("hosted_url")?))).transpose()
}
