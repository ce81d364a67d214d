//! What is shown of an order.

use kontor_domain::orders::Order;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    amount::{Amount, Time},
    api::invoices::view::LineView,
    problem::Problem,
};

/// An order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(crate) struct View {
    #[schema(example = "ord_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    #[schema(example = "ORD-000007")]
    order_number: String,
    /// The id in the merchant's own system.
    external_id: Option<String>,
    /// The customer's own number for it.
    po_number: Option<String>,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    #[schema(example = "USD")]
    currency_code: &'static str,
    terms: Option<String>,
    notes: Option<String>,
    items: Vec<LineView>,
    subtotal: Amount,
    tax: Amount,
    shipping: Amount,
    order_total: Amount,
    /// Pending, Confirmed, Processing, Shipped, Completed or Cancelled.
    #[schema(example = "Confirmed")]
    order_status: &'static str,
    /// The invoice that was made of it and not taken back.
    invoice_id: Option<String>,
    created_at: Time,
    updated_at: Time,
}

impl View {
    pub(super) fn of(it: &Order) -> Result<Self, Problem> {
        let currency = it.totals.total.currency();
        let items = it.items.iter().map(|line| LineView::of(line, currency)).collect::<Result<_, _>>()?;
        Ok(Self {
            id: it.id.to_string(),
            order_number: it.order_number.clone(),
            external_id: it.external_id.clone(),
            po_number: it.po_number.clone(),
            customer_number: it.customer_number.clone(),
            currency_code: currency.code(),
            terms: it.terms.clone(),
            notes: it.notes.clone(),
            items,
            subtotal: it.totals.subtotal.into(),
            tax: it.totals.tax.into(),
            shipping: it.totals.shipping.into(),
            order_total: it.totals.total.into(),
            order_status: it.status.as_str(),
            invoice_id: it.invoice_id.map(|id| id.to_string()),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        })
    }
}
