//! What is to be written.
//!
//! One shape for new objects and for changes: what is none is left as it is, and an empty text takes away what is
//! there. A list of lines is always the whole list (§6 row 16).

use jiff::civil::Date;
use kontor_domain::{Currency, Money};

use super::{Address, Decimal, Kind, Link, Object};

/// The longest request id for a batch; a batch appends to it (§2.7).
const MAX_REQUEST_ID: usize = 36;

/// What makes the same write the same write: 1 to 36 letters, digits and hyphens, never used for anything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

/// A text that is no request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to 36 letters, digits and hyphens")]
pub struct UnfitRequestId;

impl RequestId {
    /// Reads one.
    pub fn new(text: &str) -> Result<Self, UnfitRequestId> {
        let fits = (1..=MAX_REQUEST_ID).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        fits.then(|| Self(text.to_owned())).ok_or(UnfitRequestId)
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new object.
    Create(Draft),
    /// Changes of one that is there.
    Update {
        /// Which.
        id: String,
        /// The version that was seen.
        token: String,
        /// What becomes of it.
        draft: Draft,
    },
    /// Takes a document back, and leaves it there.
    Void {
        /// What it is: an invoice or a payment (§3.12).
        kind: Kind,
        /// Which.
        id: String,
        /// The version that was seen.
        token: String,
    },
    /// Takes a document away.
    Delete {
        /// What it is; entries of lists are put out of use instead.
        kind: Kind,
        /// Which.
        id: String,
        /// The version that was seen.
        token: String,
    },
}

impl Action {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Create(draft) | Self::Update { draft, .. } => draft.kind(),
            Self::Void { kind, .. } | Self::Delete { kind, .. } => *kind,
        }
    }
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The object as it stands now.
    Object(Object),
    /// It is gone.
    Deleted {
        /// What it was.
        kind: Kind,
        /// Which.
        id: String,
    },
}

impl Written {
    /// The object, where there is one.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::Deleted { .. } => None,
        }
    }
}

/// What an object is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// A customer.
    Customer(Box<CustomerDraft>),
    /// A product or service.
    Item(Box<ItemDraft>),
    /// A document with lines; which one is said beside it.
    Sale(Kind, Box<SaleDraft>),
    /// Money that came in.
    Payment(Box<PaymentDraft>),
}

impl Draft {
    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Customer(_) => Kind::Customer,
            Self::Item(_) => Kind::Item,
            Self::Sale(kind, _) => *kind,
            Self::Payment(_) => Kind::Payment,
        }
    }
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerDraft {
    /// Unique over customers, vendors and employees. New ones need it.
    pub name: Option<String>,
    /// Whether it is in use.
    pub active: Option<bool>,
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
    /// Its currency, for good; leave it out where the company has one currency alone.
    pub currency: Option<Currency>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// Notes.
    pub notes: Option<String>,
}

/// A product or service. New ones are services, or not kept in stock: stock is never begun from here (§6 row 21).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemDraft {
    /// Unique under one parent. New ones need it.
    pub name: Option<String>,
    /// Whether it is in use.
    pub active: Option<bool>,
    /// The merchant's article number.
    pub sku: Option<String>,
    /// What stands on documents.
    pub description: Option<String>,
    /// Price of one.
    pub unit_price: Option<Decimal>,
    /// Where sales of it are booked. New ones need it.
    pub income_account: Option<String>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// Whether it is goods and not work; counts for new ones.
    pub goods: bool,
}

/// A document with lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaleDraft {
    /// Whose. New ones need it; a refund alone may do without.
    pub customer: Option<String>,
    /// The currency, where the company has several.
    pub currency: Option<Currency>,
    /// Home units for one of its currency.
    pub exchange_rate: Option<Decimal>,
    /// Its number; left out, the books give one where they number by themselves.
    pub number: Option<String>,
    /// Its date, a day of the company's.
    pub date: Option<Date>,
    /// When it is due.
    pub due: Option<Date>,
    /// The terms.
    pub terms: Option<String>,
    /// All lines that something is sold on. New ones need some.
    pub lines: Option<Vec<SaleLineDraft>>,
    /// Less of the whole; goes with the lines.
    pub discount: Option<Discount>,
    /// Shipping; goes with the lines.
    pub shipping: Option<Shipping>,
    /// The tax.
    pub tax: Option<Tax>,
    /// What the company alone sees: our own key among it.
    pub private_note: Option<String>,
    /// What the customer sees.
    pub customer_memo: Option<String>,
    /// Whom it is sent to.
    pub email: Option<String>,
    /// Where invoices go.
    pub bill_to: Option<Address>,
    /// Where goods go: automatic tax is that place's.
    pub ship_to: Option<Address>,
    /// An estimate's: `Pending`, `Accepted`, `Closed`, `Rejected`.
    pub status: Option<String>,
    /// The estimate that an invoice is made from.
    pub estimate: Option<String>,
    /// Where the money of a refund comes from. New refunds need it.
    pub deposit_account: Option<String>,
    /// The way of payment.
    pub payment_method: Option<String>,
    /// The payment's own number.
    pub payment_reference: Option<String>,
}

/// A line on which something is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLineDraft {
    /// The id of the line that it was, so that it stays that line.
    pub id: Option<String>,
    /// What is sold.
    pub item: String,
    /// Words.
    pub description: Option<String>,
    /// How many; with a price, the amount is their product, rounded half up (§3.7).
    pub quantity: Option<Decimal>,
    /// Price of one.
    pub unit_price: Option<Decimal>,
    /// Before discounts.
    pub amount: Money,
    /// Whether and how it is taxed.
    pub tax: LineTax,
}

/// Whether and how a line is taxed (§3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineTax {
    /// It is, in the United States.
    Taxable,
    /// It is not, in the United States.
    Exempt,
    /// By a tax code, everywhere else.
    Code(String),
    /// The books decide.
    Unsaid,
}

/// Less of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// How much, more than nothing.
    pub amount: Money,
    /// Where it is booked; the company's own account without.
    pub account: Option<String>,
}

/// Shipping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipping {
    /// How much.
    pub amount: Money,
    /// Whether and how it is taxed.
    pub tax: LineTax,
}

/// Who says what the tax is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxMode {
    /// The shop: as it was billed.
    AsBilled,
    /// The books.
    Books,
}

/// The tax of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    /// As it was billed; none lets the books compute it.
    pub total: Option<Money>,
    /// The tax code of the whole, where one has to be named.
    pub code: Option<String>,
    /// Outside of the United States: what the lines' amounts are.
    pub basis: Option<TaxBasis>,
}

/// What the lines' amounts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxBasis {
    /// Without tax.
    Excluded,
    /// With it.
    Inclusive,
    /// Nothing is taxed.
    NotApplicable,
}

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentDraft {
    /// Whose. New ones need it.
    pub customer: Option<String>,
    /// The whole. New ones need it; nothing where credits pay for invoices.
    pub total: Option<Money>,
    /// The currency, where the company has several.
    pub currency: Option<Currency>,
    /// Home units for one of its currency.
    pub exchange_rate: Option<Decimal>,
    /// Its date, a day of the company's.
    pub date: Option<Date>,
    /// All that it is applied to: invoices, and credits that are used up with it.
    pub applied: Option<Vec<(Money, Link)>>,
    /// Its number: of a check, of a card payment.
    pub reference: Option<String>,
    /// The way of payment.
    pub payment_method: Option<String>,
    /// Where the money goes.
    pub deposit_account: Option<String>,
    /// What the company alone sees: our own key among it.
    pub private_note: Option<String>,
}
