//! What a caller sends of an order.

use jiff::Timestamp;
use kontor_domain::{
    customers::Customer,
    ids::OrderId,
    invoices::{Line, Totals},
    orders::{Order, Status},
};
use kontor_engine::orders::{Said, Sent, Texts};
use utoipa::ToSchema;

use crate::{
    amount::Amount,
    api::invoices::request::{Item, read_sums},
    body::{Fields, Request},
};

/// An order, as it is sent.
#[expect(dead_code, reason = "written down for the document; `Put` is what it is read into")]
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewOrder {
    /// The organization's next number where it is not said.
    order_number: Option<String>,
    /// The id in the merchant's own system. Sent again, the order is changed and not doubled.
    #[schema(example = "shop-5512")]
    external_id: Option<String>,
    /// The customer's own number for it; null clears it.
    po_number: Option<String>,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    /// The customer's currency where it is not said.
    #[schema(example = "USD")]
    currency_code: Option<String>,
    /// The customer's terms where a new order does not say them.
    terms: Option<String>,
    notes: Option<String>,
    items: Vec<Item>,
    tax: Option<Amount>,
    shipping: Option<Amount>,
    /// Must agree with what the lines add up to.
    subtotal: Option<Amount>,
    /// Must agree with subtotal, tax and shipping.
    order_total: Option<Amount>,
    /// Pending where a new order does not say it; Confirmed, Processing, Shipped, Completed, Cancelled.
    order_status: Option<String>,
}

/// An order that was sent.
pub(crate) struct Put {
    order_number: Option<String>,
    external_id: Option<String>,
    customer_number: String,
    texts: Texts,
    items: Vec<Line>,
    totals: Totals,
    status: Option<Status>,
}

/// A text that is left out, cleared, or given.
fn text(fields: &mut Fields, key: &'static str, max: usize, lines: bool) -> Said {
    if fields.is_null(key) {
        fields.ignore(key);
        return Said::Cleared;
    }
    let field = fields.optional(key);
    let given = if lines { field.lines(0..=max) } else { field.text(0..=max) };
    given.map_or(Said::Nothing, Said::Given)
}

impl Request for Put {
    fn read(fields: &mut Fields) -> Option<Self> {
        fields.name_currency("currencyCode");
        let order_number = fields.optional("orderNumber").integer_or_text(1..=50);
        let external_id = fields.optional("externalId").integer_or_text(1..=200);
        let customer_number = fields.required("customerNumber").text(1..=100);
        let texts = Texts {
            po_number: text(fields, "poNumber", 100, false),
            terms: text(fields, "terms", 100, false),
            notes: text(fields, "notes", 4_000, true),
        };
        let words: Vec<&'static str> = Status::ALL.iter().map(|it| it.as_str()).collect();
        let status = fields.optional("orderStatus").one_of(&words).and_then(|word| word.parse().ok());
        let sums = read_sums(fields, None, "orderTotal");
        let (items, totals) = sums?;
        Some(Self {
            order_number,
            external_id,
            customer_number: customer_number?,
            texts,
            items,
            totals,
            status,
        })
    }
}

impl Put {
    /// The order as it is if it is new, and what was said of one that is there.
    pub(super) fn sent(self, id: OrderId, customer: &Customer, now: Timestamp) -> Sent {
        let order = Order {
            id,
            order_number: String::new(),
            external_id: self.external_id,
            po_number: self.texts.po_number.over(None),
            customer_id: customer.id,
            customer_number: self.customer_number,
            status: Status::Pending,
            terms: self.texts.terms.over(customer.terms.as_ref()),
            notes: self.texts.notes.over(None),
            items: self.items,
            totals: self.totals,
            invoice_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Sent { order, number: self.order_number, status: self.status, texts: self.texts }
    }
}
