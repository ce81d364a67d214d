//! Opaque ids with a type prefix, sortable by creation (`UUIDv7` inside, API.md §1).

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::Ambient;

/// What an id names; gives the prefix that stands before the underscore.
pub trait Kind: 'static {
    /// The prefix, such as `inv`.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $alias:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $kind;
        impl Kind for $kind { const PREFIX: &'static str = $prefix; }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// An organization: the tenant.
    Organization, OrganizationId = "org";
    /// A configured connection to a provider.
    Integration, IntegrationId = "int";
    /// A customer of an organization.
    Customer, CustomerId = "cus";
    /// An invoice.
    Invoice, InvoiceId = "inv";
    /// An order.
    Order, OrderId = "ord";
    /// A payment.
    Payment, PaymentId = "pay";
    /// The application of a payment to an invoice.
    Application, ApplicationId = "app";
    /// The charge of one invoice by auto-pay.
    AutoPayCharge, AutoPayChargeId = "apc";
    /// A saved card of a customer.
    PaymentMethod, PaymentMethodId = "pm";
    /// A link to a page on which an invoice can be paid.
    PaymentLink, PaymentLinkId = "lnk";
    /// A page on which a card is typed to be kept.
    CardPage, CardPageId = "cpg";
    /// A refund of a payment.
    Refund, RefundId = "ref";
    /// The part of a refund that comes out of one place.
    RefundPart, RefundPartId = "rfp";
    /// A capture or a void of a payment.
    Action, ActionId = "act";
    /// One call to a provider on behalf of a payment.
    Attempt, AttemptId = "att";
    /// An event of an organization's chain.
    Event, EventId = "evt";
    /// An audit row.
    Audit, AuditId = "aud";
    /// API credentials.
    ApiKey, ApiKeyId = "key";
    /// What reconciliation found to differ.
    Difference, DifferenceId = "dif";
    /// One thing of ours and what it is in the books.
    SyncLink, SyncLinkId = "syn";
    /// A background job.
    Job, JobId = "job";
    /// Somebody's way to a provider's consent and back.
    Consent, ConsentId = "con";
    /// A token on its way to being taken back.
    Revocation, RevocationId = "rev";
}

/// An id of the given kind: `prefix_` and 32 lower-case hex digits.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// A new id; ids made later sort later.
    pub fn new(ambient: &Ambient) -> Self {
        let millis = u64::try_from(ambient.now().as_millisecond()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &ambient.bytes::<10>()).into_uuid();
        Self(uuid, PhantomData)
    }

    /// The id without its prefix, for places where letters are dear.
    pub fn bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }
}

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let hex = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
        let canonical = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !canonical {
            return Err(NotAnId);
        }
        Uuid::try_parse(hex).map(|uuid| Self(uuid, PhantomData)).map_err(|_| NotAnId)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.0.simple())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
