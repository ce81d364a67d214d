//! What the demo starts with: two organizations, customers, invoices, a working integration.
//!
//! Written by the same use cases as everything else. Started again on the same folder it keeps what is there and
//! makes sure that one invoice can be paid.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use kontor_domain::{
    Id, Money, Secret,
    customers::{Address, Contact, Customer},
    ids::{InvoiceId, OrganizationId},
    integrations::{ConnectionStatus, TestStatus},
    invoices::{Invoice, Line, Quantity, Status, Totals},
    money::Currency,
    payments::Method,
};
use kontor_engine::{Actor, Engine, payments::Offline};
use kontor_store::{
    Conn, customers, integrations, invoices, organizations, organizations::Organization, page::Slice,
};
use serde_json::Value;

/// The provider of the seeded integration.
const PROVIDER: &str = "WorldPay";
const CUSTOMER: &str = "CUST-1001";

/// What was seeded, for the line on stdout.
pub(super) struct Seeded {
    pub(super) organization: Organization,
    pub(super) other: Organization,
    pub(super) customer_number: String,
    pub(super) invoice: InvoiceId,
}

/// Seeds what is missing. `origin` is where the demo itself is, to which its own shop's customers come back.
pub(super) async fn seed(engine: &Arc<Engine>, credentials: &Value, origin: &str) -> anyhow::Result<Seeded> {
    let organization = organization(engine, "LUEBECK", "Lübeck Coffee Roasters").await?;
    let other = self::organization(engine, "BERGEN", "Bergen Fish Company").await?;
    for (organization, position) in [(&organization, 0), (&other, 1)] {
        welcome_back(engine, organization.id, origin).await?;
        let keys = credentials.get(position).context("the simulator has no such credentials")?;
        integration(engine, organization.id, keys).await?;
        for (number, name) in [(CUSTOMER, "Stralsund Bakery"), ("CUST-1002", "Wismar Tea House")] {
            customer(engine, organization.id, number, name).await?;
        }
    }
    let invoice = match payable(engine, organization.id).await? {
        Some(id) => id,
        None => books(engine, organization.id).await?,
    };
    Ok(Seeded { organization, other, customer_number: CUSTOMER.to_owned(), invoice })
}

async fn organization(engine: &Engine, code: &str, name: &str) -> anyhow::Result<Organization> {
    if let Some(found) = organizations::by_code(&mut *engine.db.read().await?, code).await? {
        return Ok(found);
    }
    let organization = Organization {
        id: Id::new(&engine.ambient),
        code: code.to_owned(),
        name: name.to_owned(),
        return_urls: Vec::new(),
        default_payment_provider: None,
        version: 1,
        created_at: engine.ambient.now(),
    };
    let mut tx = engine.db.write().await?;
    organizations::insert(&mut tx, &organization).await?;
    tx.commit().await?;
    Ok(organization)
}

/// Puts the demo's own address on the list of return addresses: away from localhost it is not there by itself.
async fn welcome_back(engine: &Engine, id: OrganizationId, origin: &str) -> anyhow::Result<()> {
    let mut tx = engine.db.write().await?;
    let found = organizations::get(&mut tx, id).await?.context("the organization is gone")?;
    let local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|it| origin.starts_with(it));
    if local || found.return_urls.iter().any(|it| it == origin) {
        return Ok(tx.rollback().await?);
    }
    let urls = [found.return_urls, vec![origin.to_owned()]].concat();
    organizations::set(&mut tx, id, &urls, found.default_payment_provider.as_deref()).await?;
    Ok(tx.commit().await?)
}

/// An integration with the simulator's credentials, tested.
async fn integration(engine: &Arc<Engine>, organization: OrganizationId, keys: &Value) -> anyhow::Result<()> {
    let found = integrations::enabled(&mut *engine.db.read().await?, organization, PROVIDER).await?;
    if found.is_some() {
        return Ok(());
    }
    let provider = engine.registry.get(PROVIDER).context("this Kontor has no such provider")?;
    let template = provider.template();
    let (mut given, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in keys.as_object().context("the simulator's credentials are no object")? {
        let text = value.as_str().context("a credential is no text")?.to_owned();
        if key == "ApplicationId" {
            given.insert(key.clone(), Some(text));
        } else {
            secrets.insert(key.clone(), Secret::new(text));
        }
    }
    given.insert("IsSandbox".to_owned(), Some("true".to_owned()));
    let configuration = template
        .check_configuration(&given, None)
        .map_err(|wrong| anyhow::anyhow!("the seeded configuration does not fit its template: {wrong:?}"))?;
    let now = engine.ambient.now();
    let integration = integrations::Integration {
        id: Id::new(&engine.ambient),
        integration_type: template.integration_type,
        provider: PROVIDER.to_owned(),
        display_name: "Worldpay (simulated)".to_owned(),
        is_enabled: true,
        configuration,
        test_status: TestStatus::NotTested,
        last_tested_at: None,
        connection_status: ConnectionStatus::NotRequired,
        created_by: "demo".to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let actor = Actor::system();
    let mut tx = engine.db.write().await?;
    engine.create_integration(&mut tx, organization, &actor, &integration, &secrets).await?;
    tx.commit().await?;
    let report = engine.test_integration(organization, &actor, integration.id).await?;
    anyhow::ensure!(report.success, "the seeded integration does not work: {}", report.details);
    Ok(())
}

async fn customer(
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
    let filter =
        invoices::Filter { customer_number: Some(CUSTOMER.to_owned()), status: Some(Status::Issued) };
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
    let first = invoice(engine, &mut tx, organization, &payer, &roast, ("10.93", "11.00"), true).await?;
    let half = [("Espresso blend, 1 kg", "10", "21.50")];
    let half = invoice(engine, &mut tx, organization, &payer, &half, ("17.20", "0.00"), true).await?;
    let whole = [("Tasting set", "1", "39.00")];
    let whole = invoice(engine, &mut tx, organization, &payer, &whole, ("3.12", "5.00"), true).await?;
    let draft = [("Grinder service", "1.5", "80.00")];
    invoice(engine, &mut tx, organization, &payer, &draft, ("0.00", "0.00"), false).await?;
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

async fn invoice(
    engine: &Engine,
    conn: &mut Conn,
    organization: OrganizationId,
    payer: &Customer,
    lines: &[(&str, &str, &str)],
    (tax, shipping): (&str, &str),
    issued: bool,
) -> anyhow::Result<InvoiceId> {
    let items = lines
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
    let totals = Totals::of(&items, usd(tax)?, usd(shipping)?)?;
    let now = engine.ambient.now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let zero = Money::zero(Currency::USD);
    let draft = Invoice {
        id: engine.new_invoice_id(),
        invoice_number: String::new(),
        order_number: None,
        customer_id: payer.id,
        customer_number: payer.customer_number.clone(),
        status: Status::Draft,
        invoice_date: today,
        due_date: Some(today.saturating_add(jiff::Span::new().days(30))),
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
    if issued {
        engine.issue_invoice(conn, organization, made.id).await?;
    }
    Ok(made.id)
}

fn usd(text: &str) -> anyhow::Result<Money> {
    Money::parse(text, Currency::USD).with_context(|| format!("{text} is no amount"))
}
