//! What a caller sends of an invoice.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kontor_domain::{
    Currency, Money,
    customers::Customer,
    ids::InvoiceId,
    invoices::{Invoice, Line, MAX_LINES, Status, Totals},
};
use utoipa::ToSchema;

use crate::{
    amount::{Amount, Count},
    body::{Decimal, Fields, Request},
};

/// A new draft, as it is sent.
#[expect(dead_code, reason = "written down for the document; `Create` is what it is read into")]
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewInvoice {
    /// The organization's next number where it is not said.
    #[schema(example = "INV-000042")]
    invoice_number: Option<String>,
    order_number: Option<String>,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    /// The customer's currency where it is not said.
    #[schema(example = "USD")]
    currency_code: Option<String>,
    /// Today where it is not said.
    #[schema(example = "2026-03-01")]
    invoice_date: Option<String>,
    #[schema(example = "2026-03-31")]
    due_date: Option<String>,
    /// The customer's terms where they are not said.
    terms: Option<String>,
    po_number: Option<String>,
    notes: Option<String>,
    items: Vec<Item>,
    tax: Option<Amount>,
    shipping: Option<Amount>,
    /// Must agree with what the lines add up to.
    subtotal: Option<Amount>,
    /// Must agree with subtotal, tax and shipping.
    total: Option<Amount>,
}

/// A new draft.
pub(crate) struct Create {
    invoice_number: Option<String>,
    order_number: Option<String>,
    customer_number: String,
    currency_code: Currency,
    invoice_date: Option<Date>,
    due_date: Option<Date>,
    terms: Option<String>,
    po_number: Option<String>,
    notes: Option<String>,
    items: Vec<Item>,
    totals: Totals,
}

/// A line of a new invoice.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = NewLine)]
pub(crate) struct Item {
    sku: Option<String>,
    description: String,
    #[schema(value_type = Count, example = 2.5)]
    quantity: kontor_domain::invoices::Quantity,
    #[schema(value_type = Amount)]
    unit_price: Money,
    /// An amount off the line.
    #[schema(value_type = Option<Amount>)]
    discount: Option<Money>,
    taxable: Option<bool>,
}

impl Request for Item {
    fn read(fields: &mut Fields) -> Option<Self> {
        let sku = fields.optional("sku").text(0..=100);
        let description = fields.required("description").text(1..=1_000);
        let quantity = fields.required("quantity").decimal();
        let quantity = fields.quantity(quantity.as_ref());
        let unit_price = fields.required("unitPrice").decimal();
        let unit_price = amount(fields, unit_price.as_ref());
        let discount = fields.optional("discount").decimal();
        let discount = amount(fields, discount.as_ref());
        let taxable = fields.optional("taxable").boolean();
        let item = Self {
            sku,
            description: description?,
            quantity: quantity?,
            unit_price: unit_price?,
            discount,
            taxable,
        };
        if let Err(error) = item.line().total(fields.currency()) {
            fields.wrong("discount", format!("leaves a line that {error}"));
            return None;
        }
        Some(item)
    }
}

impl Item {
    fn line(&self) -> Line {
        Line {
            sku: self.sku.clone(),
            description: self.description.clone(),
            quantity: self.quantity,
            unit_price: self.unit_price.minor(),
            discount: self.discount.map_or(0, Money::minor),
            taxable: self.taxable.unwrap_or(true),
        }
    }
}

fn amount(fields: &mut Fields, decimal: Option<&Decimal>) -> Option<Money> {
    let currency = fields.currency();
    fields.amount(decimal, Some(currency))
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let currency_code = fields.name_currency("currencyCode");
        let invoice_number = fields.optional("invoiceNumber").text(1..=50);
        let order_number = fields.optional("orderNumber").integer_or_text(1..=50);
        let customer_number = fields.required("customerNumber").text(1..=100);
        let invoice_date = fields.optional("invoiceDate").date();
        let due_date = fields.optional("dueDate").date();
        if let (Some(from), Some(due)) = (invoice_date, due_date)
            && due < from
        {
            fields.wrong("dueDate", "must not be before the invoice's date");
        }
        let terms = fields.optional("terms").text(0..=100);
        let po_number = fields.optional("poNumber").text(0..=100);
        let notes = fields.optional("notes").lines(0..=4_000);
        let items: Option<Vec<Item>> = fields.required("items").list(1..=MAX_LINES);
        let tax = fields.optional("tax").decimal();
        let tax = amount(fields, tax.as_ref());
        let shipping = fields.optional("shipping").decimal();
        let shipping = amount(fields, shipping.as_ref());
        let subtotal = fields.optional("subtotal").decimal();
        let subtotal = amount(fields, subtotal.as_ref());
        let total = fields.optional("total").decimal();
        let total = amount(fields, total.as_ref());
        let items = items?;
        let lines: Vec<Line> = items.iter().map(Item::line).collect();
        let zero = Money::zero(currency_code);
        let totals = Totals::of(&lines, tax.unwrap_or(zero), shipping.unwrap_or(zero));
        let totals = totals.map_err(|error| fields.wrong("total", error.to_string())).ok()?;
        for (key, sent, computed) in [("subtotal", subtotal, totals.subtotal), ("total", total, totals.total)]
        {
            if sent.is_some_and(|sent| sent != computed) {
                fields.wrong(key, format!("must be {computed}, which the lines add up to"));
            }
        }
        Some(Self {
            invoice_number,
            order_number,
            customer_number: customer_number?,
            currency_code,
            invoice_date,
            due_date,
            terms,
            po_number,
            notes,
            items,
            totals,
        })
    }
}

impl Create {
    /// The draft, and the number that it is to have.
    pub(super) fn draft(
        self,
        id: InvoiceId,
        customer: &Customer,
        now: Timestamp,
    ) -> (Invoice, Option<String>) {
        let zero = Money::zero(self.currency_code);
        let invoice = Invoice {
            id,
            invoice_number: String::new(),
            order_number: self.order_number,
            customer_id: customer.id,
            customer_number: self.customer_number,
            status: Status::Draft,
            invoice_date: self.invoice_date.unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date()),
            due_date: self.due_date,
            terms: self.terms.or_else(|| customer.terms.clone()),
            po_number: self.po_number,
            notes: self.notes,
            items: self.items.iter().map(Item::line).collect(),
            totals: self.totals,
            paid: zero,
            refunded: zero,
            reopened: zero,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        (invoice, self.invoice_number)
    }
}
