//! What stands in the books, as it was read.

use jiff::{Timestamp, civil::Date};
use kontor_domain::{Currency, Money};

use super::Decimal;

/// What is written or followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Who buys.
    Customer,
    /// What is sold.
    Item,
    /// An offer, or an order.
    Estimate,
    /// A demand.
    Invoice,
    /// Money that came in.
    Payment,
    /// What somebody has to get, and did not yet.
    CreditMemo,
    /// Money that went back.
    RefundReceipt,
}

kontor_domain::words!(Kind {
    Customer = "Customer",
    Item = "Item",
    Estimate = "Estimate",
    Invoice = "Invoice",
    Payment = "Payment",
    CreditMemo = "CreditMemo",
    RefundReceipt = "RefundReceipt",
});

impl Kind {
    /// Whether it is an entry of a list, which is put out of use and never deleted (§3.12).
    pub fn is_list_entry(self) -> bool {
        matches!(self, Self::Customer | Self::Item)
    }

    /// Whether it is a document with lines.
    pub fn is_sale(self) -> bool {
        matches!(self, Self::Estimate | Self::Invoice | Self::CreditMemo | Self::RefundReceipt)
    }
}

/// Which version of which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The books' id, digits.
    pub id: String,
    /// Grows with each write; a write names the one that it has seen.
    pub token: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last changed. Compare moments, never texts.
    pub updated_at: Option<Timestamp>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// Who buys.
    Customer(Box<Client>),
    /// What is sold.
    Item(Box<Article>),
    /// A document with lines.
    Sale(Box<Sale>),
    /// Money that came in.
    Payment(Box<Receipt>),
}

impl Object {
    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Customer(_) => Kind::Customer,
            Self::Item(_) => Kind::Item,
            Self::Sale(it) => it.kind,
            Self::Payment(_) => Kind::Payment,
        }
    }

    /// Which version of it.
    pub fn stamp(&self) -> &Stamp {
        match self {
            Self::Customer(it) => &it.stamp,
            Self::Item(it) => &it.stamp,
            Self::Sale(it) => &it.stamp,
            Self::Payment(it) => &it.stamp,
        }
    }
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Up to five lines.
    pub lines: Vec<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, as it was written.
    pub country: Option<String>,
}

/// A customer (§3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Which version.
    pub stamp: Stamp,
    /// Unique over customers, vendors and employees.
    pub name: String,
    /// With its parents' names before it.
    pub full_name: Option<String>,
    /// Whether it is in use. Names of those that are not end in ` (deleted)`.
    pub active: bool,
    /// Company.
    pub company_name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Where invoices go.
    pub bill_to: Option<Address>,
    /// Where goods go.
    pub ship_to: Option<Address>,
    /// Its currency, for good.
    pub currency: Option<Currency>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// Notes.
    pub notes: Option<String>,
    /// Whose sub-customer it is.
    pub parent: Option<String>,
    /// What it owes.
    pub balance: Option<Decimal>,
}

/// A product or service (§3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Which version.
    pub stamp: Stamp,
    /// Unique under one parent.
    pub name: String,
    /// With its parents' names before it.
    pub full_name: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// The merchant's article number.
    pub sku: Option<String>,
    /// The provider's word: `Service`, `NonInventory`, `Inventory`, `Group`, `Category`, …
    pub sort: String,
    /// What stands on documents.
    pub description: Option<String>,
    /// Price of one.
    pub unit_price: Option<Decimal>,
    /// Where sales of it are booked.
    pub income_account: Option<String>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
}

impl Article {
    /// Whether it can stand on a line: a category cannot, nor can a bundle by its id alone.
    pub fn is_sellable(&self) -> bool {
        !["Category", "Group", "Bundle"].iter().any(|it| self.sort.eq_ignore_ascii_case(it))
    }
}

/// A document with lines (§3.7, §3.8, §3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Which of them.
    pub kind: Kind,
    /// Which version.
    pub stamp: Stamp,
    /// Its number.
    pub number: Option<String>,
    /// Its date, a day of the company's.
    pub date: Option<Date>,
    /// When it is due.
    pub due: Option<Date>,
    /// Whose.
    pub customer: Option<String>,
    /// The whole.
    pub total: Money,
    /// The tax within it.
    pub tax: Money,
    /// What is open of an invoice, or left of a credit.
    pub balance: Option<Money>,
    /// Home units for one of its currency.
    pub exchange_rate: Option<Decimal>,
    /// The lines, in their order.
    pub lines: Vec<SaleLine>,
    /// What the company alone sees.
    pub private_note: Option<String>,
    /// What the customer sees.
    pub customer_memo: Option<String>,
    /// Whom it is sent to.
    pub email: Option<String>,
    /// Where invoices go.
    pub bill_to: Option<Address>,
    /// Where goods go.
    pub ship_to: Option<Address>,
    /// An estimate's: `Pending`, `Accepted`, `Closed`, `Rejected`, or a newer word.
    pub status: Option<String>,
    /// What it is tied to.
    pub links: Vec<Link>,
    /// Whether it was voided (§6 row 15).
    pub voided: bool,
    /// The account that money goes to or comes from.
    pub deposit_account: Option<String>,
    /// The way of payment.
    pub payment_method: Option<String>,
    /// The payment's own number.
    pub payment_reference: Option<String>,
}

/// A tie to another document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// What it is, in the provider's word: `Estimate`, `Invoice`, `Payment`, `Deposit`, …
    pub kind: String,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// Its id within the document.
    pub id: Option<String>,
    /// What it is.
    pub kind: SaleLineKind,
    /// Words.
    pub description: Option<String>,
    /// Its amount.
    pub amount: Option<Decimal>,
    /// What is sold.
    pub item: Option<String>,
    /// How many.
    pub quantity: Option<Decimal>,
    /// Price of one.
    pub unit_price: Option<Decimal>,
    /// Its tax code.
    pub tax_code: Option<String>,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleLineKind {
    /// Something sold.
    Item,
    /// Shipping.
    Shipping,
    /// Less of it.
    Discount,
    /// A sum of the lines above.
    Subtotal,
    /// A bundle.
    Group,
    /// Words alone.
    Words,
    /// Another kind.
    Other(String),
}

/// Money that came in (§3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which version.
    pub stamp: Stamp,
    /// Its date, a day of the company's.
    pub date: Option<Date>,
    /// Whose.
    pub customer: Option<String>,
    /// The whole.
    pub total: Money,
    /// What is not applied to anything.
    pub unapplied: Money,
    /// What it is applied to.
    pub applied: Vec<Applied>,
    /// Home units for one of its currency.
    pub exchange_rate: Option<Decimal>,
    /// Its number: of a check, of a card payment.
    pub reference: Option<String>,
    /// The way of payment.
    pub payment_method: Option<String>,
    /// Where the money went.
    pub deposit_account: Option<String>,
    /// What the company alone sees.
    pub private_note: Option<String>,
    /// Whether it stands on a deposit: then nobody can change it from outside (§6 row 11).
    pub deposited: bool,
    /// Whether it was voided.
    pub voided: bool,
}

/// A part of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// How much.
    pub amount: Money,
    /// To what.
    pub to: Link,
}
