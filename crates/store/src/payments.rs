//! Payments and their applications. Rows are added; of an existing one only the state and what came with it change.

use jiff::Timestamp;
use kontor_domain::{
    Currency, Money,
    ids::{InvoiceId, OrganizationId, PaymentId},
    payments::{Application, Payment, Status},
};
use sqlx::any::AnyRow;

use crate::{
    Conn, Error, Page, Slice,
    db::pick,
    row::{Columns, json_text},
};

pub(crate) fn read(row: &AnyRow) -> Result<Payment, Error> {
    let currency: Currency = row.parsed("currency")?;
    Ok(Payment {
        id: row.parsed("id")?,
        status: row.parsed("status")?,
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        invoice_id: row.maybe_parsed("invoice_id")?,
        amount: row.money("amount", currency)?,
        authorized: row.maybe_int("authorized")?.map(|minor| Money::from_minor(minor, currency)),
        reserved: row.money("reserved", currency)?,
        method: row.parsed("method")?,
        provider: row.maybe_text("provider")?,
        integration_id: row.maybe_parsed("integration_id")?,
        provider_transaction_id: row.maybe_text("provider_transaction_id")?,
        provider_reference: row.text("provider_reference")?,
        reference: row.maybe_text("reference")?,
        received_at: row.maybe_time("received_at")?,
        transaction_setup_id: row.maybe_text("transaction_setup_id")?,
        payment_method_id: row.maybe_parsed("payment_method_id")?,
        applied: row.money("applied", currency)?,
        refunded: row.money("refunded", currency)?,
        refunded_credit: row.money("refunded_credit", currency)?,
        authorization_code: row.maybe_text("authorization_code")?,
        avs_result: row.maybe_text("avs_result")?,
        cvv_result: row.maybe_text("cvv_result")?,
        failure: row.maybe_json("failure")?,
        nothing_since: row.maybe_time("nothing_since")?,
        batch_id: row.maybe_text("batch_id")?,
        settled_at: row.maybe_time("settled_at")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Adds one as it is. `Conflict` when its provider reference is taken in the organization.
pub async fn insert(conn: &mut Conn, organization: OrganizationId, it: &Payment) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payments (id, organization_id, status, customer_id, customer_number, invoice_id, amount, currency,
           reserved, method, provider, integration_id, provider_reference, reference, received_at, applied, refunded,
           authorized, payment_method_id, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, $17, $18, $19, $20, $20)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.status.as_str())
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.invoice_id.map(|id| id.to_string()))
    .bind(it.amount.minor())
    .bind(it.amount.currency().code())
    .bind(it.reserved.minor())
    .bind(it.method.as_str())
    .bind(&it.provider)
    .bind(it.integration_id.map(|id| id.to_string()))
    .bind(&it.provider_reference)
    .bind(&it.reference)
    .bind(it.received_at.map(Timestamp::as_microsecond))
    .bind(it.applied.minor())
    .bind(it.authorized.map(Money::minor))
    .bind(it.payment_method_id.map(|id| id.to_string()))
    .bind(it.version)
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// One.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    id: PaymentId,
) -> Result<Option<Payment>, Error> {
    let row = sqlx::query("SELECT * FROM payments WHERE organization_id = $1 AND id = $2")
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
    id: PaymentId,
) -> Result<Option<Payment>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM payments WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM payments WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes a changed payment, which then is as it is stored. `Stale` unless the stored one is in `from`, which `it.status`
/// may follow, and as it was read.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &mut Payment,
    from: Status,
    now: Timestamp,
) -> Result<(), Error> {
    if it.status != from && !from.may_become(it.status) {
        return Err(Error::Stale);
    }
    let done = sqlx::query(
        "UPDATE payments SET status = $5, reserved = $6, provider_transaction_id = $7, transaction_setup_id = $8,
           applied = $9, authorization_code = $10, avs_result = $11, cvv_result = $12, failure = $13,
           refunded = $14, refunded_credit = $15, amount = $16, nothing_since = $17, payment_method_id = $18,
           version = version + 1, updated_at = $19
         WHERE organization_id = $1 AND id = $2 AND status = $3 AND version = $4",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(from.as_str())
    .bind(it.version)
    .bind(it.status.as_str())
    .bind(it.reserved.minor())
    .bind(&it.provider_transaction_id)
    .bind(&it.transaction_setup_id)
    .bind(it.applied.minor())
    .bind(&it.authorization_code)
    .bind(&it.avs_result)
    .bind(&it.cvv_result)
    .bind(it.failure.as_ref().map(json_text).transpose()?)
    .bind(it.refunded.minor())
    .bind(it.refunded_credit.minor())
    .bind(it.amount.minor())
    .bind(it.nothing_since.map(Timestamp::as_microsecond))
    .bind(it.payment_method_id.map(|id| id.to_string()))
    .bind(now.as_microsecond())
    .execute(conn)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Error::Stale);
    }
    it.version += 1;
    it.updated_at = now;
    Ok(())
}

/// What open payments hold back of an invoice's balance, minor units. Read under the invoice's lock.
pub async fn reserved(
    conn: &mut Conn,
    organization: OrganizationId,
    invoice: InvoiceId,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(reserved), 0) AS BIGINT) AS reserved FROM payments
         WHERE organization_id = $1 AND invoice_id = $2 AND reserved > 0",
    )
    .bind(organization.to_string())
    .bind(invoice.to_string())
    .fetch_one(conn)
    .await?;
    row.int("reserved")
}

/// Lays a payment, or a part of it, on an invoice.
pub async fn apply(conn: &mut Conn, organization: OrganizationId, it: &Application) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO payment_applications (id, organization_id, payment_id, invoice_id, amount, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.payment_id.to_string())
    .bind(it.invoice_id.to_string())
    .bind(it.amount.minor())
    .bind(it.created_at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Where a payment lies, oldest first. What a void took out is not there any more.
pub async fn applications(
    conn: &mut Conn,
    organization: OrganizationId,
    payment: &Payment,
) -> Result<Vec<Application>, Error> {
    let rows = sqlx::query(
        "SELECT id, invoice_id, amount, created_at FROM payment_applications
         WHERE organization_id = $1 AND payment_id = $2
           AND id NOT IN (SELECT application_id FROM application_reversals WHERE payment_id = $2)
         ORDER BY created_at, id",
    )
    .bind(organization.to_string())
    .bind(payment.id.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Application {
                id: row.parsed("id")?,
                payment_id: payment.id,
                invoice_id: row.parsed("invoice_id")?,
                amount: row.money("amount", payment.amount.currency())?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

/// What lies on an invoice: each payment with the amount that was applied, oldest first.
pub async fn applied_to(
    conn: &mut Conn,
    organization: OrganizationId,
    invoice: InvoiceId,
) -> Result<Vec<(Payment, Money)>, Error> {
    let rows = sqlx::query(
        "SELECT p.*, a.amount AS applied_here FROM payment_applications a JOIN payments p ON p.id = a.payment_id
         WHERE a.organization_id = $1 AND a.invoice_id = $2
           AND NOT EXISTS (SELECT 1 FROM application_reversals r WHERE r.application_id = a.id)
         ORDER BY a.created_at, a.id",
    )
    .bind(organization.to_string())
    .bind(invoice.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let payment = read(row)?;
            let applied = row.money("applied_here", payment.amount.currency())?;
            Ok((payment, applied))
        })
        .collect()
}

/// What a list of payments is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Meant for one invoice.
    pub invoice_id: Option<InvoiceId>,
    /// Of one customer.
    pub customer_number: Option<String>,
    /// In one state.
    pub status: Option<Status>,
    /// Of one provider.
    pub provider: Option<String>,
}

/// A page of an organization's payments.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Payment>, Error> {
    let invoice = filter.invoice_id.map(|id| id.to_string());
    let status = filter.status.map(Status::as_str);
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM payments WHERE organization_id = $1
           AND ($2 IS NULL OR invoice_id = $2) AND ($3 IS NULL OR customer_number = $3)
           AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR provider = $5)",
    )
    .bind(organization.to_string())
    .bind(&invoice)
    .bind(&filter.customer_number)
    .bind(status)
    .bind(&filter.provider)
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT * FROM payments WHERE organization_id = $1
           AND ($2 IS NULL OR invoice_id = $2) AND ($3 IS NULL OR customer_number = $3)
           AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR provider = $5)
           AND (created_at, id) < ($6, $7) ORDER BY created_at DESC, id DESC LIMIT $8 OFFSET $9"
    } else {
        "SELECT * FROM payments WHERE organization_id = $1
           AND ($2 IS NULL OR invoice_id = $2) AND ($3 IS NULL OR customer_number = $3)
           AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR provider = $5)
           AND (created_at, id) > ($6, $7) ORDER BY created_at, id LIMIT $8 OFFSET $9"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(&invoice)
        .bind(&filter.customer_number)
        .bind(status)
        .bind(&filter.provider)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(read).collect::<Result<_, _>>()?, total: Some(total) })
}

/// Payments that are open or hold an amount and that no job will ask about, which only a bug or a hand on the database can leave behind.
pub async fn orphans(conn: &mut Conn, limit: i64) -> Result<Vec<(OrganizationId, PaymentId)>, Error> {
    // every organization: the sweep looks after all of them
    let rows = sqlx::query(
        "SELECT p.organization_id, p.id FROM payments p
         WHERE p.status IN ('Created', 'Submitted', 'Unknown', 'Authorized') AND NOT EXISTS
           (SELECT 1 FROM jobs j WHERE j.organization_id = p.organization_id AND j.kind = 'resolve' AND j.subject = p.id)
         ORDER BY p.created_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.parsed("organization_id")?, row.parsed("id")?))).collect()
}
