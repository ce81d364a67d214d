//! Orders: what a customer wants, how far it got, and what of it may still change.
//!
//! Owns the states and which fields are settled in each. Lines and sums are those of invoices. Refuses to know who asks
//! or where an order is kept.

use jiff::Timestamp;

use crate::{
    ids::{CustomerId, InvoiceId, OrderId},
    invoices::{Line, Totals},
};

/// The state of an order (API.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Written down; everything may change.
    Pending,
    /// Agreed: what is sold and for how much stays.
    Confirmed,
    /// Being made ready.
    Processing,
    /// On its way.
    Shipped,
    /// Over, as it was wanted.
    Completed,
    /// Called off.
    Cancelled,
}

crate::words!(Status {
    Pending = "Pending",
    Confirmed = "Confirmed",
    Processing = "Processing",
    Shipped = "Shipped",
    Completed = "Completed",
    Cancelled = "Cancelled",
});

impl Status {
    /// How far along the way; a cancelled order is on none.
    fn step(self) -> Option<u8> {
        match self {
            Self::Pending => Some(0),
            Self::Confirmed => Some(1),
            Self::Processing => Some(2),
            Self::Shipped => Some(3),
            Self::Completed => Some(4),
            Self::Cancelled => None,
        }
    }

    /// Whether an order may go from here to there: forward, steps may be left out; called off until it is shipped.
    pub fn may_become(self, next: Self) -> bool {
        match (self.step(), next.step()) {
            (Some(from), Some(to)) => to > from,
            (Some(_), None) => self.is_cancellable(),
            (None, _) => false,
        }
    }

    /// Whether it may be called off.
    pub fn is_cancellable(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed | Self::Processing)
    }

    /// Whether it was agreed, and not called off: it may be invoiced.
    pub fn is_agreed(self) -> bool {
        self.step().is_some_and(|step| step > 0)
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// An order as it is kept.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The merchant's number, unique in the organization.
    pub order_number: String,
    /// The id in the merchant's own system, unique in the organization.
    pub external_id: Option<String>,
    /// The customer's own number for it.
    pub po_number: Option<String>,
    /// Who wants it.
    pub customer_id: CustomerId,
    /// The customer's number.
    pub customer_number: String,
    /// State.
    pub status: Status,
    /// Terms in words.
    pub terms: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// The lines.
    pub items: Vec<Line>,
    /// The sums.
    pub totals: Totals,
    /// The invoice that was made of it and not taken back.
    pub invoice_id: Option<InvoiceId>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What of an order can be sent again with another value, and whether it is part of the sale.
type Compared = (&'static str, bool, fn(&Order, &Order) -> bool);

/// The fields by their names outside. The sale is settled when the order is agreed, the rest when it is over.
const COMPARED: &[Compared] = &[
    ("orderNumber", true, |a, b| a.order_number == b.order_number),
    ("customerNumber", true, |a, b| a.customer_id == b.customer_id),
    ("currencyCode", true, |a, b| a.totals.total.currency() == b.totals.total.currency()),
    ("items", true, |a, b| a.items == b.items),
    ("tax", true, |a, b| a.totals.tax == b.totals.tax),
    ("shipping", true, |a, b| a.totals.shipping == b.totals.shipping),
    ("poNumber", false, |a, b| a.po_number == b.po_number),
    ("terms", false, |a, b| a.terms == b.terms),
    ("notes", false, |a, b| a.notes == b.notes),
];

impl Order {
    /// The names of the fields in which `next` differs from this one; the state is none of them.
    pub fn changed(&self, next: &Self) -> Vec<&'static str> {
        COMPARED.iter().filter(|(_, _, same)| !same(self, next)).map(|(name, _, _)| *name).collect()
    }

    /// Of those, the ones that this order's state does not let change any more.
    pub fn settled(&self, next: &Self) -> Vec<&'static str> {
        let settled = |sale: bool| self.status.is_over() || (sale && self.status != Status::Pending);
        let differs = COMPARED.iter().filter(|(_, sale, same)| settled(*sale) && !same(self, next));
        differs.map(|(name, _, _)| *name).collect()
    }
}

#[cfg(test)]
mod tests;
