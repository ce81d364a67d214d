//! Links to pages on which one invoice can be paid. A link is found by the hash of what its address carries.

use jiff::Timestamp;
use kontor_domain::ids::{InvoiceId, OrganizationId, PaymentLinkId};

use crate::{Conn, Error, row::Columns};

/// A link as it is kept.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its id.
    pub id: PaymentLinkId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Which invoice it leads to.
    pub invoice: InvoiceId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Adds one.
pub async fn insert(conn: &mut Conn, it: &Link, token_hash: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payment_links (id, organization_id, invoice_id, token_hash, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(it.id.to_string())
    .bind(it.organization.to_string())
    .bind(it.invoice.to_string())
    .bind(token_hash)
    .bind(it.expires_at.as_microsecond())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// The link with this hash, whoever's it is.
pub async fn by_token_hash(conn: &mut Conn, token_hash: &str) -> Result<Option<Link>, Error> {
    // every organization: a browser carries no credentials; the row says whose it is
    let row = sqlx::query("SELECT * FROM payment_links WHERE token_hash = $1")
        .bind(token_hash)
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Link {
            id: row.parsed("id")?,
            organization: row.parsed("organization_id")?,
            invoice: row.parsed("invoice_id")?,
            expires_at: row.time("expires_at")?,
        })
    })
    .transpose()
}
