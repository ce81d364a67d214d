//! The books that the demo starts with: customers, an invoice to pay, and some for the eye.

use anyhow::Context as _;
use kontor_domain::{
    Id, Money,
    customers::{Address, Contact, Customer},
    ids::{InvoiceId, OrganizationId},
    invoices::{Invoice, Line, Quantity, Status, Totals},
    money::Currency,
    payments::Method,
};
use kontor_engine::{Engine, payments::Offline};
use kontor_store::{Conn, customers, invoices, page::Slice};

/// Whose invoices are seeded.
pub(super) const CUSTOMER: &str = "CUST-1001";

/// Seeds the customers that are missing.
pub(super) async fn people(engine: &Engine, organization: OrganizationId) -> anyhow::Result<()> {
    for (number, name) in [(CUSTOMER, "Stralsund Bakery"), ("CUST-1002", "Wismar Tea House")] {
        customer(engine, organization, number, name).await?;
    }
    Ok(())
}

/// An invoice to pay: one that is there, or a new one among others.
pub(super) async fn invoice_to_pay(
    engine: &Engine,
    organization: OrganizationId,
) -> anyhow::Result<InvoiceId> {
    match payable(engine, organization).await? {
        Some(id) => Ok(id),
        None => books(engine, organization).await,
    }
}

pub(super) async fn customer(
    engine: &Engine,
    organization: OrganizationId,
    number: &str,
    name: &str,
) -> anyhow::Result<()> {
    if customers::get(&mut *engine.db.read().await?, organization, number).await?.is_some() {
        return Ok(());
    }
    let now = engine.ambient.now();
    let customer = Customer {
        id: Id::new(&engine.ambient),
        customer_number: number.to_owned(),
        company_name: name.to_owned(),
        company_email: Some(format!("office@{}.example", number.to_ascii_lowercase())),
        company_phone: Some("+1 555 0100".to_owned()),
        active: true,
        terms: Some("Net 30".to_owned()),
        currency: Currency::USD,
        external_id: None,
        addresses: vec![Address {
            address1: Some("12 Harbour Street".to_owned()),
            address2: None,
            city: Some("Portland".to_owned()),
            state_province: Some("ME".to_owned()),
            zip_postal_code: Some("04101".to_owned()),
            country: Some("US".to_owned()),
            address_type: "Billing".to_owned(),
            code: None,
            default: true,
        }],
        contacts: vec![Contact {
            first_name: Some("Tilda".to_owned()),
            last_name: Some("Brandt".to_owned()),
            email: None,
            phone: None,
        }],
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = engine.db.write().await?;
    customers::insert(&mut tx, organization, &customer).await?;
    tx.commit().await?;
    Ok(())
}

/// An issued invoice of the customer that nobody has paid on, where there is one.
async fn payable(engine: &Engine, organization: OrganizationId) -> anyhow::Result<Option<InvoiceId>> {
    let filter = invoices::Filter {
        customer_number: Some(CUSTOMER.to_owned()),
        status: Some(Status::Issued),
        order: None,
    };
    let slice = Slice { limit: 50, offset: 0, after: None, descending: false };
    let mut conn = engine.db.read().await?;
    let page = invoices::list(&mut conn, organization, &filter, &slice).await?;
    Ok(page.rows.first().map(|invoice| invoice.id))
}

/// The invoices: one to pay, and for the eye one half paid, one paid, one draft.
async fn books(engine: &Engine, organization: OrganizationId) -> anyhow::Result<InvoiceId> {
    let mut tx = engine.db.write().await?;
    let payer =
        customers::get(&mut tx, organization, CUSTOMER).await?.context("the customer was not seeded")?;
    let roast = [("House blend, 1 kg", "6", "18.90"), ("Paper filters, 100", "3", "4.50")];
    let first = Bill { lines: &roast, tax: "10.93", shipping: "11.00", due_days: 30, issued: true };
    let half = [("Espresso blend, 1 kg", "10", "21.50")];
    let half = Bill { lines: &half, tax: "17.20", shipping: "0.00", ..first };
    let whole = [("Tasting set", "1", "39.00")];
    let whole = Bill { lines: &whole, tax: "3.12", shipping: "5.00", ..first };
    let draft = [("Grinder service", "1.5", "80.00")];
    let draft = Bill { lines: &draft, tax: "0.00", shipping: "0.00", issued: false, ..first };
    let first = invoice(engine, &mut tx, organization, &payer, &first).await?;
    let half = invoice(engine, &mut tx, organization, &payer, &half).await?;
    let whole = invoice(engine, &mut tx, organization, &payer, &whole).await?;
    invoice(engine, &mut tx, organization, &payer, &draft).await?;
    for (invoice, amount) in [(half, "100.00"), (whole, "47.12")] {
        let offline = Offline {
            amount: usd(amount)?,
            method: Method::Check,
            reference: Some("cheque 2041".to_owned()),
            received_at: None,
        };
        engine.record_offline(&mut tx, organization, invoice, offline).await?;
    }
    tx.commit().await?;
    Ok(first)
}

/// What an invoice is about. Amounts are US dollars.
#[derive(Clone, Copy)]
pub(super) struct Bill<'a> {
    /// Words, quantity and price of each line.
    pub(super) lines: &'a [(&'a str, &'a str, &'a str)],
    pub(super) tax: &'a str,
    pub(super) shipping: &'a str,
    /// How many days from today it falls due.
    pub(super) due_days: i32,
    /// Whether it was sent out, or is a draft.
    pub(super) issued: bool,
}

/// Writes an invoice, in the caller's transaction.
pub(super) async fn invoice(
    engine: &Engine,
    conn: &mut Conn,
    organization: OrganizationId,
    payer: &Customer,
    bill: &Bill<'_>,
) -> anyhow::Result<InvoiceId> {
    let items = bill
        .lines
        .iter()
        .map(|(description, quantity, price)| {
            Ok(Line {
                sku: None,
                description: (*description).to_owned(),
                quantity: Quantity::parse(quantity).context("a quantity")?,
                unit_price: usd(price)?.minor(),
                discount: 0,
                taxable: true,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let totals = Totals::of(&items, usd(bill.tax)?, usd(bill.shipping)?)?;
    let now = engine.ambient.now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let zero = Money::zero(Currency::USD);
    let draft = Invoice {
        id: engine.new_invoice_id(),
        invoice_number: String::new(),
        order_id: None,
        order_number: None,
        customer_id: payer.id,
        customer_number: payer.customer_number.clone(),
        status: Status::Draft,
        invoice_date: today,
        due_date: Some(today.saturating_add(jiff::Span::new().days(bill.due_days))),
        terms: Some("Net 30".to_owned()),
        po_number: None,
        notes: None,
        items,
        totals,
        paid: zero,
        refunded: zero,
        reopened: zero,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let made = engine.create_invoice(conn, organization, draft, None).await?;
    if bill.issued {
        engine.issue_invoice(conn, organization, made.id).await?;
    }
    Ok(made.id)
}

/// An amount of US dollars.
pub(super) fn usd(text: &str) -> anyhow::Result<Money> {
    Money::parse(text, Currency::USD).with_context(|| format!("{text} is no amount"))
}
