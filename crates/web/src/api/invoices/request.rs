//! What a caller sends of an invoice.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kontor_domain::{
    Currency, Money,
    customers::Customer,
    ids::{InvoiceId, OrderId},
    invoices::{Invoice, Line, MAX_LINES, Status, Totals},
    orders::Order,
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
    /// The order that it is made of.
    order_id: Option<String>,
    /// The order's where it is made of one.
    order_number: Option<String>,
    /// Required, unless the invoice is made of an order.
    #[schema(example = "CUST-1001")]
    customer_number: Option<String>,
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
    /// Required, unless the invoice is made of an order.
    #[schema(example = json!([{ "description": "Coffee", "quantity": 2.5, "unitPrice": 148.83 }]))]
    items: Option<Vec<Item>>,
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
    order_id: Option<OrderId>,
    order_number: Option<String>,
    customer_number: String,
    currency_code: Currency,
    invoice_date: Option<Date>,
    due_date: Option<Date>,
    terms: Option<String>,
    po_number: Option<String>,
    notes: Option<String>,
    items: Vec<Line>,
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
    pub(crate) fn line(&self) -> Line {
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

pub(crate) fn amount(fields: &mut Fields, decimal: Option<&Decimal>) -> Option<Money> {
    let currency = fields.currency();
    fields.amount(decimal, Some(currency))
}

impl Create {
    /// Reads a draft; made of an order, it has what the order has where it says nothing.
    ///
    /// Of one that is there already, `held`, the order stays, and the date where none is said.
    pub(super) fn read(fields: &mut Fields, order: Option<&Order>, held: Option<&Invoice>) -> Option<Self> {
        let currency_code = fields.name_currency("currencyCode");
        if order.is_some_and(|it| it.totals.total.currency() != currency_code) {
            fields.wrong("currencyCode", "must be the order's");
        }
        let invoice_number = fields.optional("invoiceNumber").text(1..=50);
        let mut order_id = fields.optional("orderId").parsed();
        if let Some(held) = held {
            if order_id.is_some() && order_id != held.order_id {
                fields.wrong("orderId", "must be the order that it was made of");
            }
            order_id = held.order_id;
        }
        let order_number = fields.optional("orderNumber").integer_or_text(1..=50);
        let order_number = agreed(fields, "orderNumber", order_number, order.map(|it| &it.order_number));
        let customer_number = match order {
            None => fields.required("customerNumber").text(1..=100),
            Some(order) => {
                let said = fields.optional("customerNumber").text(1..=100);
                agreed(fields, "customerNumber", said, Some(&order.customer_number))
            }
        };
        let invoice_date = fields.optional("invoiceDate").date().or(held.map(|it| it.invoice_date));
        let due_date = fields.optional("dueDate").date();
        if let (Some(from), Some(due)) = (invoice_date, due_date)
            && due < from
        {
            fields.wrong("dueDate", "must not be before the invoice's date");
        }
        let terms = fields.optional("terms").text(0..=100).or_else(|| order?.terms.clone());
        let po_number = fields.optional("poNumber").text(0..=100).or_else(|| order?.po_number.clone());
        let notes = fields.optional("notes").lines(0..=4_000).or_else(|| order?.notes.clone());
        let sums = read_sums(fields, order, "total");
        let (items, totals) = sums?;
        Some(Self {
            invoice_number,
            order_id,
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

/// What was said, which must be what the order says; where nothing was said, what the order says.
fn agreed(fields: &mut Fields, key: &str, said: Option<String>, order: Option<&String>) -> Option<String> {
    let Some(order) = order else { return said };
    if said.is_some_and(|said| said != *order) {
        fields.wrong(key, "must be the order's");
    }
    Some(order.clone())
}

/// Lines and sums. The sums are computed, and must agree where they are sent. Lines that are not sent are the order's, with
/// its tax and shipping.
pub(crate) fn read_sums(
    fields: &mut Fields,
    order: Option<&Order>,
    total_key: &'static str,
) -> Option<(Vec<Line>, Totals)> {
    let order = order.filter(|_| !fields.has("items") || fields.is_null("items"));
    let items: Option<Vec<Line>> = if let Some(order) = order {
        fields.ignore("items");
        Some(order.items.clone())
    } else {
        let items: Option<Vec<Item>> = fields.required("items").list(1..=MAX_LINES);
        items.map(|items| items.iter().map(Item::line).collect())
    };
    let mut read = |key| {
        let decimal = fields.optional(key).decimal();
        amount(fields, decimal.as_ref())
    };
    let (tax, shipping, subtotal, total) = (read("tax"), read("shipping"), read("subtotal"), read(total_key));
    let items = items?;
    let zero = Money::zero(fields.currency());
    // Of an order in another currency, which is told elsewhere, no sums are taken.
    let sums = order.map(|it| it.totals).filter(|it| it.total.currency() == fields.currency());
    let tax = tax.or(sums.map(|it| it.tax)).unwrap_or(zero);
    let shipping = shipping.or(sums.map(|it| it.shipping)).unwrap_or(zero);
    let totals = Totals::of(&items, tax, shipping);
    let totals = totals.map_err(|error| fields.wrong(total_key, error.to_string())).ok()?;
    for (key, sent, computed) in [("subtotal", subtotal, totals.subtotal), (total_key, total, totals.total)] {
        if sent.is_some_and(|sent| sent != computed) {
            fields.wrong(key, format!("must be {computed}, which the lines add up to"));
        }
    }
    Some((items, totals))
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
            order_id: self.order_id,
            order_number: self.order_number,
            customer_id: customer.id,
            customer_number: self.customer_number,
            status: Status::Draft,
            invoice_date: self.invoice_date.unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date()),
            due_date: self.due_date,
            terms: self.terms.or_else(|| customer.terms.clone()),
            po_number: self.po_number,
            notes: self.notes,
            items: self.items,
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
