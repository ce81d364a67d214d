//! A company's books: what is asked of them, and what they answer.
//!
//! Owns the types between the sync engine and an accounting provider. Refuses to decide what is to be written, to try
//! anything twice, and to round: an amount that does not fit is an error with words. Facts: quickbooks-online.md §2 to §6.

mod company;
mod decimal;
mod draft;
mod error;
mod find;
mod gate;
mod mapping;
mod object;
mod pace;
mod patient;
mod unlike;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use kontor_domain::Currency;

use crate::{
    Connection,
    webhook::{Call, Unproven},
};

pub use company::{Choice, Company, List, SalesTax};
pub use decimal::{Decimal, NoDecimal};
pub use draft::{
    Action, CustomerDraft, Discount, Draft, ItemDraft, LineTax, PaymentDraft, RequestId, SaleDraft,
    SaleLineDraft, Shipping, Tax, TaxBasis, TaxMode, UnfitRequestId, Written,
};
pub use error::{BooksError, Class};
pub use find::{Changes, Find, Holder, HolderKind, Notice, Page, Removed, Unreadable, What, Which};
pub use gate::{Errand, Gate, Pass};
pub use mapping::{InvoiceNumbers, InvoicesWhen, Mapped, Mapping, OrdersAs, Untaxable};
pub use object::{
    Address, Applied, Article, Client, Kind, Link, Object, Receipt, Sale, SaleLine, SaleLineKind, Stamp,
};
pub use pace::{BooksPace, CompanyGate, Limits, MAX_COMPANIES};
pub use patient::Patient;
pub use unlike::{Unlike, expected_total, unlike};

/// Whose books, for one piece of work.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    /// The integration's settings and its token.
    pub connection: &'a Connection<'a>,
    /// The currency of what names none: [`Company::home_currency`].
    pub home: Currency,
    /// Who lets each call through.
    pub gate: &'a dyn Gate,
}

/// Reading and writing a company's books. Each method makes as many calls as it says; each call passes the gate. Nothing
/// is sent a second time: what ended [`Class::Unknown`] is looked for ([`Accounting::find`]) before it is sent again.
#[async_trait]
pub trait Accounting: Send + Sync {
    /// How often one company's books may be asked.
    fn limits(&self) -> Limits;

    /// The most writes in a batch.
    fn batch_size(&self) -> usize;

    /// The longest time back that changes can be asked for ([`Accounting::changes`]), in days.
    fn changes_days(&self) -> i64;

    /// Who the company is and how it keeps its books. Two calls.
    async fn company(&self, connection: &Connection<'_>, gate: &dyn Gate) -> Result<Company, BooksError>;

    /// What a setting may name, active entries alone, by name. A call for each thousand.
    async fn choices(
        &self,
        connection: &Connection<'_>,
        gate: &dyn Gate,
        list: List,
    ) -> Result<Vec<Choice>, BooksError>;

    /// Whether the books would take it, as far as that is known without asking: lengths, letters, sums. `write` and
    /// `batch` check by themselves.
    fn check(&self, action: &Action) -> Result<(), BooksError>;

    /// One object. [`Class::Missing`] where it was deleted.
    async fn read(&self, books: &Books<'_>, kind: Kind, id: &str) -> Result<Object, BooksError>;

    /// Writes once. The same request id again is answered as the first time, most of the time (§2.7): whoever lost an
    /// answer searches first.
    async fn write(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        action: &Action,
    ) -> Result<Written, BooksError>;

    /// Writes up to [`Accounting::batch_size`] that do not refer to each other: an answer for each, in their order; the
    /// fault of one says nothing of the others. An error of the whole means that it holds for each of them.
    async fn batch(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        actions: &[Action],
    ) -> Result<Vec<Result<Written, BooksError>>, BooksError>;

    /// What fits, inactive entries too, oldest first. A call for each thousand that were looked through.
    async fn find(&self, books: &Books<'_>, kind: Kind, by: &Find<'_>) -> Result<Vec<Object>, BooksError>;

    /// Who has a name: names are unique over customers, vendors and employees together (§3.3). Up to three calls.
    async fn holder(&self, books: &Books<'_>, name: &str) -> Result<Option<Holder>, BooksError>;

    /// The next objects after an id, in the order of ids. One call.
    async fn page(
        &self,
        books: &Books<'_>,
        kind: Kind,
        which: Which,
        after: Option<&str>,
    ) -> Result<Page, BooksError>;

    /// How many there are, to hold against what pages brought. One call.
    async fn count(&self, books: &Books<'_>, kind: Kind, which: Which) -> Result<u64, BooksError>;

    /// What changed since a moment, with an overlap before it, deletions too. One call. [`Class::TooOld`] where that is
    /// longer ago than is kept; [`Changes::cut`] where there was more than one answer holds.
    async fn changes(
        &self,
        books: &Books<'_>,
        kinds: &[Kind],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Changes, BooksError>;

    /// Whether a call has the form of a signed notification; told without the key.
    fn is_signed(&self, call: &Call<'_>) -> bool;

    /// Verifies a notification, over the raw body and in constant time, and reads what to ask about. One may speak of
    /// several companies: each notice names its own.
    fn notices(&self, call: &Call<'_>) -> Result<Vec<Notice>, Unproven>;

    /// What becomes of what in the books, by the integration's settings.
    fn mapping(&self, configuration: &BTreeMap<String, String>) -> Mapping;

    /// The settings whose values are ids of the company's own lists: offered, and not typed blind.
    fn mapped(&self) -> &'static [Mapped];

    /// What notices call the connected company.
    fn company_id(&self, connection: &Connection<'_>) -> Option<String>;
}
