//! What is shown of an invoice.

use kontor_domain::{
    Currency, Money,
    invoices::{Invoice, Line},
    payments::Payment,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    amount::{Amount, Count, Time},
    problem::Problem,
};

/// An invoice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invoice)]
pub(crate) struct View {
    #[schema(example = "inv_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    #[schema(example = "INV-000042")]
    invoice_number: String,
    /// The order that it was made of.
    order_id: Option<String>,
    order_number: Option<String>,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    /// Draft, Issued, `PartiallyPaid`, Paid, Voided or Cancelled.
    #[schema(example = "Issued")]
    status: &'static str,
    #[schema(example = "2026-03-01")]
    invoice_date: String,
    due_date: Option<String>,
    terms: Option<String>,
    #[schema(example = "USD")]
    currency_code: &'static str,
    po_number: Option<String>,
    notes: Option<String>,
    items: Vec<LineView>,
    subtotal: Amount,
    tax: Amount,
    shipping: Amount,
    total: Amount,
    /// Gross.
    amount_paid: Amount,
    amount_refunded: Amount,
    /// What is left to pay.
    balance: Amount,
    /// What was paid on it; every attempt is in the list of payments.
    payments: Vec<OnInvoice>,
    created_at: Time,
    updated_at: Time,
}

/// A line of an invoice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Line)]
pub(crate) struct LineView {
    sku: Option<String>,
    description: String,
    quantity: Count,
    unit_price: Amount,
    discount: Amount,
    taxable: bool,
    /// Quantity times price, less the discount.
    total: Amount,
}

/// A payment that lies on the invoice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OnInvoice {
    id: String,
    amount: Amount,
    amount_applied: Amount,
    status: &'static str,
    method: &'static str,
    created_at: Time,
}

impl View {
    pub(super) fn of(it: &Invoice, paid: &[(Payment, Money)]) -> Result<Self, Problem> {
        let currency = it.totals.total.currency();
        let balance = it.standing().balance().map_err(Problem::internal)?;
        let items = it.items.iter().map(|line| LineView::of(line, currency)).collect::<Result<_, _>>()?;
        Ok(Self {
            id: it.id.to_string(),
            invoice_number: it.invoice_number.clone(),
            order_id: it.order_id.map(|id| id.to_string()),
            order_number: it.order_number.clone(),
            customer_number: it.customer_number.clone(),
            status: it.status.as_str(),
            invoice_date: it.invoice_date.to_string(),
            due_date: it.due_date.map(|date| date.to_string()),
            terms: it.terms.clone(),
            currency_code: currency.code(),
            po_number: it.po_number.clone(),
            notes: it.notes.clone(),
            items,
            subtotal: it.totals.subtotal.into(),
            tax: it.totals.tax.into(),
            shipping: it.totals.shipping.into(),
            total: it.totals.total.into(),
            amount_paid: it.paid.into(),
            amount_refunded: it.refunded.into(),
            balance: balance.into(),
            payments: paid.iter().map(OnInvoice::of).collect(),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        })
    }
}

impl LineView {
    pub(crate) fn of(it: &Line, currency: Currency) -> Result<Self, Problem> {
        Ok(Self {
            sku: it.sku.clone(),
            description: it.description.clone(),
            quantity: it.quantity.into(),
            unit_price: Amount::of(it.unit_price, currency),
            discount: Amount::of(it.discount, currency),
            taxable: it.taxable,
            total: it.total(currency).map_err(Problem::internal)?.into(),
        })
    }
}

impl OnInvoice {
    fn of((payment, applied): &(Payment, Money)) -> Self {
        Self {
            id: payment.id.to_string(),
            amount: payment.amount.into(),
            amount_applied: (*applied).into(),
            status: payment.status.as_str(),
            method: payment.method.as_str(),
            created_at: payment.created_at.into(),
        }
    }
}
