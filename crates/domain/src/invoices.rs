//! Invoices: lines, totals, and the status that follows from the balance.
//!
//! Owns the arithmetic of a line and of a whole invoice, and what may follow what. Refuses to know who
//! asks or where an invoice is kept.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    Currency, Money,
    ids::{CustomerId, InvoiceId, OrderId},
    money::AmountError,
};

/// The most lines on one invoice.
pub const MAX_LINES: usize = 500;

/// A quantity with up to four decimals, kept in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(i64);

/// Ten-thousandths in one.
const SCALE: i64 = 10_000;
/// The largest quantity: one hundred million.
const MAX_QUANTITY: i64 = 100_000_000 * SCALE;

impl Quantity {
    /// Reads a plain decimal text; more than zero, at most four decimals and one hundred million.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let fraction = fraction.trim_end_matches('0');
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || fraction.len() > 4 || !plain(whole) || !plain(fraction) {
            return None;
        }
        let scaled: i64 = format!("{whole}{fraction:0<4}").parse().ok()?;
        (scaled > 0 && scaled <= MAX_QUANTITY).then_some(Self(scaled))
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:0>5}", self.0);
        let (whole, fraction) = text.split_at(text.len().saturating_sub(4));
        match fraction.trim_end_matches('0') {
            "" => f.write_str(whole),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

/// One line. Amounts are minor units of the invoice's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The merchant's article number.
    pub sku: Option<String>,
    /// What is sold.
    pub description: String,
    /// How many.
    pub quantity: Quantity,
    /// Price of one, minor units.
    pub unit_price: i64,
    /// An amount off the line, minor units.
    pub discount: i64,
    /// Whether tax applies.
    pub taxable: bool,
}

impl Line {
    /// Quantity times price, rounded half up, less the discount. Errors when it is below zero or too large.
    pub fn total(&self, currency: Currency) -> Result<Money, AmountError> {
        let product = i128::from(self.quantity.0).checked_mul(i128::from(self.unit_price));
        let half = i128::from(SCALE / 2);
        let rounded = product
            .and_then(|p| p.checked_add(half))
            .and_then(|p| p.checked_div_euclid(i128::from(SCALE)))
            .and_then(|p| i64::try_from(p).ok())
            .ok_or(AmountError::TooLarge)?;
        let gross = Money::from_minor(rounded, currency);
        let net = gross.minus(Money::from_minor(self.discount, currency))?;
        if net.minor() < 0 { Err(AmountError::Negative) } else { Ok(net) }
    }
}

/// The sums of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the lines.
    pub subtotal: Money,
    /// Tax, an input.
    pub tax: Money,
    /// Shipping, an input.
    pub shipping: Money,
    /// Subtotal, tax and shipping.
    pub total: Money,
}

impl Totals {
    /// Adds up. Errors beyond 12 digits and on another currency.
    pub fn of(lines: &[Line], tax: Money, shipping: Money) -> Result<Self, AmountError> {
        let currency = tax.currency();
        let mut subtotal = Money::zero(currency);
        for line in lines {
            subtotal = subtotal.plus(line.total(currency)?)?;
        }
        let total = subtotal.plus(tax)?.plus(shipping)?;
        Ok(Self { subtotal, tax, shipping, total })
    }
}

/// The state of an invoice (API.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Being written; not payable.
    Draft,
    /// Sent; nothing paid.
    Issued,
    /// Something paid.
    PartiallyPaid,
    /// Nothing left to pay.
    Paid,
    /// Taken back.
    Voided,
    /// Called off.
    Cancelled,
}

crate::words!(Status {
    Draft = "Draft",
    Issued = "Issued",
    PartiallyPaid = "PartiallyPaid",
    Paid = "Paid",
    Voided = "Voided",
    Cancelled = "Cancelled",
});

impl Status {
    /// Whether money may be taken for it.
    pub fn is_payable(self) -> bool {
        matches!(self, Self::Issued | Self::PartiallyPaid)
    }

    /// Whether it may be voided or cancelled: while no money lies on it.
    pub fn is_revocable(self) -> bool {
        matches!(self, Self::Draft | Self::Issued)
    }
}

/// What lies on an issued invoice: the balance and the status follow from it (money.md, invariant 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What was invoiced.
    pub total: Money,
    /// Sum of the applied payments, gross.
    pub paid: Money,
    /// Sum of the refunds that reopen the balance.
    pub reopened: Money,
}

impl Standing {
    /// `total − paid + reopened`.
    pub fn balance(self) -> Result<Money, AmountError> {
        self.total.minus(self.paid)?.plus(self.reopened)
    }

    /// 0 → Paid, the whole total → Issued, else `PartiallyPaid`.
    pub fn status(self) -> Result<Status, AmountError> {
        let balance = self.balance()?;
        Ok(if balance.is_zero() {
            Status::Paid
        } else if balance == self.total {
            Status::Issued
        } else {
            Status::PartiallyPaid
        })
    }
}

/// An invoice as it is kept.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// The merchant's number, unique in the organization.
    pub invoice_number: String,
    /// The order that it was made of.
    pub order_id: Option<OrderId>,
    /// The merchant's order number, where one was given.
    pub order_number: Option<String>,
    /// Whom it was sent to.
    pub customer_id: CustomerId,
    /// The customer's number.
    pub customer_number: String,
    /// State.
    pub status: Status,
    /// Date on the invoice.
    pub invoice_date: Date,
    /// When it is due.
    pub due_date: Option<Date>,
    /// Terms in words.
    pub terms: Option<String>,
    /// The customer's order number.
    pub po_number: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// The lines.
    pub items: Vec<Line>,
    /// The sums.
    pub totals: Totals,
    /// Sum of the applied payments, gross.
    pub paid: Money,
    /// Sum of all refunds of applied payments.
    pub refunded: Money,
    /// Sum of the refunds that reopened the balance.
    pub reopened: Money,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Invoice {
    /// What lies on it.
    pub fn standing(&self) -> Standing {
        Standing { total: self.totals.total, paid: self.paid, reopened: self.reopened }
    }
}

#[cfg(test)]
mod tests;
