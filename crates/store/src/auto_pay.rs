//! Auto-pay: who agreed to it, and how far the charge of each invoice got. One invoice has one charge, ever.

use jiff::Timestamp;
use kontor_domain::{
    auto_pay::{AutoPay, Charge, Consent, Reason, Status},
    ids::{AutoPayChargeId, CustomerId, InvoiceId, OrganizationId},
};
use sqlx::any::AnyRow;

use crate::{Conn, Error, Page, Slice, db::pick, row::Columns};

fn read(row: &AnyRow) -> Result<AutoPay, Error> {
    let consent = match row.maybe_time("consented_at")? {
        None => None,
        Some(at) => Some(Consent {
            accepted_by: row.text("accepted_by")?,
            text: row.text("consent_text")?,
            at,
            recorded_by: row.text("recorded_by")?,
        }),
    };
    Ok(AutoPay {
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        is_enabled: row.flag("is_enabled")?,
        consent,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn charge(row: &AnyRow) -> Result<Charge, Error> {
    Ok(Charge {
        id: row.parsed("id")?,
        customer_id: row.parsed("customer_id")?,
        customer_number: row.text("customer_number")?,
        invoice_id: row.parsed("invoice_id")?,
        status: row.parsed("status")?,
        due_at: row.time("due_at")?,
        tries: u32::try_from(row.int("tries")?).map_err(|_| Error::Corrupt("tries"))?,
        payment_id: row.maybe_parsed("payment_id")?,
        reason: row.maybe_parsed::<Reason>("reason")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// How it stands with a customer; none where nobody ever set it.
pub async fn get(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
) -> Result<Option<AutoPay>, Error> {
    let row = sqlx::query("SELECT * FROM auto_pay WHERE organization_id = $1 AND customer_id = $2")
        .bind(organization.to_string())
        .bind(customer.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the transaction ends: it is not switched off meanwhile.
pub async fn hold(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
) -> Result<Option<AutoPay>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM auto_pay WHERE organization_id = $1 AND customer_id = $2",
        "SELECT * FROM auto_pay WHERE organization_id = $1 AND customer_id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(customer.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes it over the one with `it.version`, or adds it where that is 0. `Stale` when somebody was faster.
pub async fn put(conn: &mut Conn, organization: OrganizationId, it: &AutoPay) -> Result<AutoPay, Error> {
    let consent = it.consent.as_ref();
    let row = sqlx::query(
        "INSERT INTO auto_pay (organization_id, customer_id, customer_number, is_enabled, accepted_by, consent_text,
           consented_at, recorded_by, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
         ON CONFLICT (organization_id, customer_id) DO UPDATE SET is_enabled = excluded.is_enabled,
           accepted_by = excluded.accepted_by, consent_text = excluded.consent_text,
           consented_at = excluded.consented_at, recorded_by = excluded.recorded_by,
           version = auto_pay.version + 1, updated_at = excluded.updated_at
         WHERE auto_pay.version = $10
         RETURNING *",
    )
    .bind(organization.to_string())
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(i64::from(it.is_enabled))
    .bind(consent.map(|it| it.accepted_by.as_str()))
    .bind(consent.map(|it| it.text.as_str()))
    .bind(consent.map(|it| it.at.as_microsecond()))
    .bind(consent.map(|it| it.recorded_by.as_str()))
    .bind(it.updated_at.as_microsecond())
    .bind(it.version)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()?.ok_or(Error::Stale)
}

/// Plans the charge of an invoice. One that is planned already stays as it is, except one that ended because auto-pay
/// was switched off: that goes on. None then, and where it stays.
pub async fn plan(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Charge,
) -> Result<Option<Charge>, Error> {
    let row = sqlx::query(
        "INSERT INTO auto_pay_charges (id, organization_id, customer_id, customer_number, invoice_id, status, due_at,
           tries, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 1, $8, $8)
         ON CONFLICT (organization_id, invoice_id) DO UPDATE SET status = excluded.status, due_at = excluded.due_at,
           reason = NULL, version = auto_pay_charges.version + 1, updated_at = excluded.updated_at
         WHERE auto_pay_charges.status = $9 AND auto_pay_charges.reason = $10
         RETURNING *",
    )
    .bind(it.id.to_string())
    .bind(organization.to_string())
    .bind(it.customer_id.to_string())
    .bind(&it.customer_number)
    .bind(it.invoice_id.to_string())
    .bind(it.status.as_str())
    .bind(it.due_at.as_microsecond())
    .bind(it.created_at.as_microsecond())
    .bind(Status::Cancelled.as_str())
    .bind(Reason::SwitchedOff.as_str())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(charge).transpose()
}

/// One charge.
pub async fn get_charge(
    conn: &mut Conn,
    organization: OrganizationId,
    id: AutoPayChargeId,
) -> Result<Option<Charge>, Error> {
    let row = sqlx::query("SELECT * FROM auto_pay_charges WHERE organization_id = $1 AND id = $2")
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(charge).transpose()
}

/// One charge, held until the transaction ends.
pub async fn lock_charge(
    conn: &mut Conn,
    organization: OrganizationId,
    id: AutoPayChargeId,
) -> Result<Option<Charge>, Error> {
    let statement = pick(
        conn,
        "SELECT * FROM auto_pay_charges WHERE organization_id = $1 AND id = $2",
        "SELECT * FROM auto_pay_charges WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    );
    let row = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(charge).transpose()
}

/// Writes how a charge stands now. `Stale` when it was changed since it was read.
pub async fn update(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Charge,
    now: Timestamp,
) -> Result<Charge, Error> {
    let row = sqlx::query(
        "UPDATE auto_pay_charges SET status = $4, due_at = $5, tries = $6, payment_id = $7, reason = $8,
           version = version + 1, updated_at = $9
         WHERE organization_id = $1 AND id = $2 AND version = $3 RETURNING *",
    )
    .bind(organization.to_string())
    .bind(it.id.to_string())
    .bind(it.version)
    .bind(it.status.as_str())
    .bind(it.due_at.as_microsecond())
    .bind(i64::from(it.tries))
    .bind(it.payment_id.map(|id| id.to_string()))
    .bind(it.reason.map(Reason::as_str))
    .bind(now.as_microsecond())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(charge).transpose()?.ok_or(Error::Stale)
}

/// What still waits of a customer, oldest first; at most `limit`.
pub async fn waiting(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<Charge>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM auto_pay_charges WHERE organization_id = $1 AND customer_id = $2
           AND status IN ('Scheduled', 'Retrying') ORDER BY created_at, id LIMIT $3",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(charge).collect()
}

/// The customer's payable invoices that have no charge yet, or one that ended when auto-pay was switched off; at most
/// `limit`.
pub async fn unplanned(
    conn: &mut Conn,
    organization: OrganizationId,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<InvoiceId>, Error> {
    let rows = sqlx::query(
        "SELECT id FROM invoices WHERE organization_id = $1 AND customer_id = $2
           AND status IN ('Issued', 'PartiallyPaid') AND NOT EXISTS (
             SELECT 1 FROM auto_pay_charges it WHERE it.organization_id = $1 AND it.invoice_id = invoices.id
               AND NOT (it.status = $3 AND COALESCE(it.reason, '') = $4))
         ORDER BY created_at, id LIMIT $5",
    )
    .bind(organization.to_string())
    .bind(customer.to_string())
    .bind(Status::Cancelled.as_str())
    .bind(Reason::SwitchedOff.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// What a list of charges is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One customer's.
    pub customer_number: Option<String>,
    /// One invoice's.
    pub invoice_id: Option<InvoiceId>,
    /// In one state.
    pub status: Option<Status>,
}

/// A page of charges by creation.
pub async fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    filter: &Filter,
    slice: &Slice,
) -> Result<Page<Charge>, Error> {
    let invoice = filter.invoice_id.map(|id| id.to_string());
    let status = filter.status.map(Status::as_str);
    let total = sqlx::query(
        "SELECT COUNT(*) AS total FROM auto_pay_charges WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR invoice_id = $3) AND ($4 IS NULL OR status = $4)",
    )
    .bind(organization.to_string())
    .bind(&filter.customer_number)
    .bind(&invoice)
    .bind(status)
    .fetch_one(&mut *conn)
    .await?
    .int("total")?;
    let statement = if slice.descending {
        "SELECT * FROM auto_pay_charges WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR invoice_id = $3) AND ($4 IS NULL OR status = $4)
           AND (created_at, id) < ($5, $6) ORDER BY created_at DESC, id DESC LIMIT $7 OFFSET $8"
    } else {
        "SELECT * FROM auto_pay_charges WHERE organization_id = $1
           AND ($2 IS NULL OR customer_number = $2) AND ($3 IS NULL OR invoice_id = $3) AND ($4 IS NULL OR status = $4)
           AND (created_at, id) > ($5, $6) ORDER BY created_at, id LIMIT $7 OFFSET $8"
    };
    let (at, id) = slice.edge();
    let rows = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(&filter.customer_number)
        .bind(&invoice)
        .bind(status)
        .bind(at)
        .bind(id)
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(conn)
        .await?;
    Ok(Page { rows: rows.iter().map(charge).collect::<Result<_, _>>()?, total: Some(total) })
}
