//! Saved cards: what a provider keeps of them, and which one is a customer's default.
//!
//! Whoever changes which one is the default holds the customer before ([`crate::customers::hold`]), so that two of
//! them wait for each other; the index on defaults is the last word.

use jiff::Timestamp;
use kontor_domain::{
    Money,
    ids::{CustomerId, IntegrationId, OrganizationId, PaymentMethodId},
    payment_methods::{PaymentMethod, Removal},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error,
    db::pick,
    row::{Columns, json_text},
};

/// The most active ones of one customer that are listed; whoever saves refuses more.
pub const MAX_METHODS: i64 = 100;

fn read(row: &AnyRow) -> Result<PaymentMethod, Error> {
    let month = row.maybe_int("expiration_month")?;
    let year = row.maybe_int("expiration_year")?;
    let original = match row.maybe_parsed("original_currency")? {
        Some(currency) => Some(row.money("original_amount", currency)?),
        None => None,
    };
    Ok(PaymentMethod {
        id: row.parsed("id")?,
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        integration_id: row.parsed("integration_id")?,
        provider: row.text("provider")?,
        customer_profile_id: row.maybe_text("customer_profile_id")?,
        payment_profile_id: row.text("payment_profile_id")?,
        last_four: row.maybe_text("last_four")?,
        card_type: row.maybe_text("card_type")?,
        expiration_month: month
            .map(|it| u8::try_from(it).map_err(|_| Error::Corrupt("expiration_month")))
            .transpose()?,
        expiration_year: year
            .map(|it| u16::try_from(it).map_err(|_| Error::Corrupt("expiration_year")))
            .transpose()?,
        billing_address: row.maybe_json("billing_address")?,
        is_default: row.flag("is_default")?,
        is_active: row.flag("is_active")?,
        removal: row.maybe_parsed("removal")?,
        network_transaction_id: row.maybe_text("network_transaction_id")?,
        original_amount: original,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one, or takes over what is new of one that is there already under the provider's name of it: the same customer
/// saved the same card again. The id, the default and the first use of the older row stay.
///
/// `Conflict` when it is another customer's, or when the provider was asked already to forget it.
pub async fn adopt(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &PaymentMethod,
) -> Result<PaymentMethod, Error> {
    let row = sqlx::query(
        "INSERT INTO payment_methods (id, organization_id, customer_id, customer_number, integration_id, provider,
           customer_profile_id, payment_profile_id, last_four, card_type, expiration_month, expiration_year,
           billing_address, is_default, is_active, network_transaction_id, original_amount, original_currency,
           version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 1, $14, $15, $16, 0, $17, $17)
         ON CONFLICT (organization_id, integration_id, payment_profile_id) DO UPDATE SET
           customer_profile_id = COALESCE(excluded.customer_profile_id, payment_methods.customer_profile_id),
           last_four = COALESCE(excluded.last_four, payment_methods.last_four),
           card_type = COALESCE(excluded.card_type, payment_methods.card_type),
           expiration_month = COALESCE(excluded.expiration_month, payment_methods.expiration_month),
           expiration_year = COALESCE(excluded.expiration_year, payment_methods.expiration_year),
           billing_address = COALESCE(excluded.billing_address, payment_methods.billing_address),
           network_transaction_id =
             COALESCE(payment_methods.network_transaction_id, excluded.network_transaction_id),
           original_amount = COALESCE(payment_methods.original_amount, excluded.original_amount),
           original_currency = COALESCE(payment_methods.original_currency, excluded.original_currency),
           is_active = 1, removal = NULL, version = payment_methods.version + 1, updated_at = $17
         WHERE payment_methods.customer_id = excluded.customer_id
           AND (payment_methods.removal IS NULL OR payment_methods.removal <> 'Asked')
         RETURNING *",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.integration_id.to_string())
    .bind(&it.provider)
    .bind(&it.customer_profile_id)
    .bind(&it.payment_profile_id)
    .bind(&it.last_four)
    .bind(&it.card_type)
    .bind(it.expiration_month.map(i64::from))
    .bind(it.expiration_year.map(i64::from))
    .bind(it.billing_address.as_ref().map(json_text).transpose()?)
    .bind(&it.network_transaction_id)
    .bind(it.original_amount.map(Money::minor))
    .bind(it.original_amount.map(|it| it.currency().code()))
    .bind(it.created_at.as_microsecond())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()?.ok_or(Error::Conflict)
}

/// A customer's active ones: the default first, then the newest first.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<PaymentMethod>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM payment_methods WHERE organization_id = $1 AND customer_id = $2 AND is_active = 1
         ORDER BY is_default DESC, created_at DESC, id DESC LIMIT $3",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(MAX_METHODS)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Whether the integration of one that was not given up is enabled. Keeps it there until the transaction ends; others may
/// do the same meanwhile.
pub async fn hold(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentMethodId,
) -> Result<Option<bool>, Error> {
    let sql = pick(
        conn,
        "SELECT i.is_enabled FROM payment_methods m
           JOIN integrations i ON i.organization_id = m.organization_id AND i.id = m.integration_id
         WHERE m.organization_id = $1 AND m.id = $2 AND m.is_active = 1",
        "SELECT i.is_enabled FROM payment_methods m
           JOIN integrations i ON i.organization_id = m.organization_id AND i.id = m.integration_id
         WHERE m.organization_id = $1 AND m.id = $2 AND m.is_active = 1 FOR SHARE OF i",
    );
    let row =
        sqlx::query(sql).bind(organization.to_string()).bind(id.to_string()).fetch_optional(conn).await?;
    row.map(|row| row.flag("is_enabled")).transpose()
}

/// One, also one that was given up: look at `is_active` before charging it.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, Error> {
    let row = sqlx::query("SELECT * FROM payment_methods WHERE organization_id = $1 AND id = $2")
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
    id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM payment_methods WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM payment_methods WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The active ones of a customer that a provider calls so; two where two integrations keep cards under the same name.
pub async fn by_profile(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
    payment_profile_id: &str,
) -> Result<Vec<PaymentMethod>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM payment_methods WHERE organization_id = $1 AND customer_id = $2 AND payment_profile_id = $3
           AND is_active = 1 ORDER BY created_at, id LIMIT $4",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(payment_profile_id)
    .bind(MAX_METHODS)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The customer's default, where it has one.
pub async fn default_of(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
) -> Result<Option<PaymentMethod>, Error> {
    let row = sqlx::query(
        "SELECT * FROM payment_methods
         WHERE organization_id = $1 AND customer_id = $2 AND is_default = 1 AND is_active = 1",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The customer whom the provider keeps this one's cards under, from the newest card of it.
pub async fn customer_profile(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
    integration: IntegrationId,
) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "SELECT customer_profile_id FROM payment_methods
         WHERE organization_id = $1 AND customer_id = $2 AND integration_id = $3 AND customer_profile_id IS NOT NULL
         ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(integration.to_string())
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok(None), |row| row.maybe_text("customer_profile_id"))
}

/// Makes an active one its customer's default, in the place of whichever is. `Stale` when it is not active. The
/// customer is held by the caller.
pub async fn set_default(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
    id: PaymentMethodId,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE payment_methods SET is_default = 0, version = version + 1, updated_at = $4
         WHERE organization_id = $1 AND customer_id = $2 AND is_default = 1 AND id <> $3",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(id.to_string())
    .bind(now.as_microsecond())
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query(
        "UPDATE payment_methods SET is_default = 1, version = version + (1 - is_default), updated_at = $4
         WHERE organization_id = $1 AND customer_id = $2 AND id = $3 AND is_active = 1",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(id.to_string())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Gives an active one up; false when it was not active. The provider still has it.
pub async fn deactivate(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentMethodId,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE payment_methods SET is_active = 0, is_default = 0, removal = $3, version = version + 1, updated_at = $4
         WHERE organization_id = $1 AND id = $2 AND is_active = 1",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(Removal::Waiting.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down how far taking one out of the provider's vault has come; false when it is in use again.
pub async fn removing(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentMethodId,
    removal: Removal,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE payment_methods SET removal = $3, version = version + 1, updated_at = $4
         WHERE organization_id = $1 AND id = $2 AND is_active = 0",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(removal.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down the first use of one, which later ones by the merchant refer to; what was there before stays. Where the
/// provider did not tell the network's id of the first one, it is the first of which it does.
pub async fn first_used(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentMethodId,
    network_transaction_id: Option<&str>,
    amount: Money,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE payment_methods SET network_transaction_id = COALESCE($3, network_transaction_id),
           original_amount = $4, original_currency = $5, version = version + 1
         WHERE organization_id = $1 AND id = $2
           AND (original_amount IS NULL OR (network_transaction_id IS NULL AND $3 IS NOT NULL))",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(network_transaction_id)
    .bind(amount.minor())
    .bind(amount.currency().code())
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives up all that were saved through an integration that is deleted: nobody can charge them any more, nor take them
/// out of the provider's vault. Returns how many there were.
pub async fn leave_behind(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<u64, Error> {
    let done = sqlx::query(
        "UPDATE payment_methods
         SET is_active = 0, is_default = 0, removal = $3, version = version + 1, updated_at = $4
         WHERE organization_id = $1 AND integration_id = $2 AND (removal IS NULL OR removal <> 'Done')",
    )
    .bind(organization.to_string())
    .bind(integration.to_string())
    .bind(Removal::Left.as_str())
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
