//! Why a use case did not do what was asked: what happened, and whether the outcome is known.

use kontor_domain::{
    Money,
    ids::{OrganizationId, PaymentId},
    invoices,
    money::AmountError,
    orders,
};
use kontor_providers::ProviderError;

/// A refusal or a failure. The HTTP layer gives each its status and words.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] kontor_store::Error),
    /// A secret does not open: wrong key, or the row was moved or changed.
    #[error("a stored secret does not open: {0}")]
    Vault(String),
    /// A key that is needed is out of reach now: a token, a key service or a rotation keeps it.
    #[error("a key that is needed is out of reach: {0}")]
    KeyUnavailable(String),
    /// The key that a record names is not there: a rotation or a deletion destroyed it meanwhile, or ever.
    #[error("key {id} of {organization} is not there")]
    KeyGone {
        /// Whose.
        organization: OrganizationId,
        /// Its number.
        id: u32,
    },
    /// Sums beyond the limits of money.
    #[error("amounts do not add up: {0}")]
    Amount(#[from] AmountError),
    /// The request's key is taken: whoever holds it knows what became of it.
    #[error("a request with this key was made before")]
    Repeated,
    /// No such customer in the organization.
    #[error("no such customer")]
    CustomerNotFound,
    /// No such invoice in the organization, or another customer's.
    #[error("no such invoice")]
    InvoiceNotFound,
    /// No such payment in the organization.
    #[error("no such payment")]
    PaymentNotFound,
    /// No such payment method of the customer, or one that was given up.
    #[error("no such payment method")]
    MethodNotFound,
    /// No provider here takes money in the currency.
    #[error("no charges in {0}")]
    CurrencyNotTaken(kontor_domain::Currency),
    /// A difference between our record and a provider's did not end.
    #[error(transparent)]
    Difference(#[from] NotEnded),
    /// An order is not what it would have to be.
    #[error(transparent)]
    Order(#[from] NotOrdered),
    /// No such charge by auto-pay in the organization.
    #[error("no such auto-pay charge")]
    AutoPayChargeNotFound,
    /// The charge by auto-pay is in a state that does not allow the change.
    #[error("the auto-pay charge is {0}")]
    AutoPayState(kontor_domain::auto_pay::Status),
    /// The customer has no payment method that is charged where nobody says which.
    #[error("the customer has no default payment method")]
    NoDefaultMethod,
    /// The provider is being asked to forget this very card.
    #[error("the provider is being asked to forget this card")]
    CardLeaving,
    /// The issuer or the provider said no to a card.
    #[error("the card was declined: {}", .0.message)]
    CardDeclined(Box<kontor_providers::Refusal>),
    /// The integration's provider keeps no books.
    #[error("the provider keeps no books")]
    NoBooks,
    /// A person has the sync of these books wait.
    #[error("sync is paused")]
    SyncPaused,
    /// No such record of sync in the integration.
    #[error("no such record")]
    RecordNotFound,
    /// The record of sync is in a state that does not allow the change.
    #[error("the record is {0}")]
    RecordState(kontor_domain::sync::State),
    /// More is asked for at once than is done at once.
    #[error("more than {0} at once")]
    TooMuch(usize),
    /// No such integration in the organization.
    #[error("no such integration")]
    IntegrationNotFound,
    /// The invoice's number is taken.
    #[error("the invoice number is taken")]
    InvoiceNumberTaken,
    /// The invoice is in a state in which no money is taken for it.
    #[error("the invoice is {0}")]
    NotPayable(invoices::Status),
    /// The invoice is in a state that does not allow the change.
    #[error("the invoice is {0}")]
    WrongState(invoices::Status),
    /// Another payment of the invoice is under way or unknown.
    #[error("another payment of this invoice is under way")]
    InFlight,
    /// More than there is to pay.
    #[error("the amount exceeds the balance of {balance}")]
    ExceedsBalance {
        /// What there is to pay.
        balance: Money,
    },
    /// The payment is in a state that does not allow the change.
    #[error("the payment is {0}")]
    PaymentState(kontor_domain::payments::Status),
    /// The payment has settled at its provider: it cannot be undone there any more.
    #[error("the payment has settled; it is {0}")]
    PaymentSettled(kontor_domain::payments::Status),
    /// A capture, a void or a refund of the payment is under way.
    #[error("something else is being done with this payment")]
    PaymentBusy,
    /// More than is held.
    #[error("the amount exceeds the {authorized} that are authorized")]
    ExceedsAuthorization {
        /// What is held.
        authorized: Money,
    },
    /// More than lies on no invoice.
    #[error("the amount exceeds the {unapplied} that lie on no invoice")]
    ExceedsUnapplied {
        /// What lies on no invoice.
        unapplied: Money,
    },
    /// More than may go back.
    #[error("the amount exceeds the {refundable} that may go back")]
    ExceedsRefundable {
        /// What may still go back.
        refundable: Money,
    },
    /// Somebody switched the integration off.
    #[error("the integration is disabled")]
    IntegrationDisabled,
    /// The provider was called for this integration as often as it may be.
    #[error(transparent)]
    HeldBack(#[from] kontor_providers::pace::HeldBack),
    /// Requests of a caller's own cannot be sent to this provider.
    #[error("the provider takes no requests of a caller's own")]
    NoProxy,
    /// A caller's own request did not get through.
    #[error("proxy: {0}")]
    Proxy(kontor_providers::proxy::Refusal),
    /// No rotation of the last day is there to go back before.
    #[error("nothing is kept to roll back to")]
    NothingKept,
    /// A secret of this integration is being replaced at its provider.
    #[error("a secret is being replaced at the provider: try again in {seconds} seconds")]
    RotationUnderWay {
        /// When to try again.
        seconds: u64,
    },
    /// Payments of this integration are open.
    #[error("payments of this integration are open")]
    IntegrationInUse,
    /// Payments of this organization are open.
    #[error("{0} payments of this organization are open: delete it when their outcome is known")]
    OrganizationInUse(i64),
    /// The organization has no enabled integration that can do this.
    #[error("no enabled integration for {0}")]
    NoIntegration(&'static str),
    /// Nobody has to consent at this provider.
    #[error("the provider has no OAuth")]
    NoOAuth,
    /// The operator or the merchant left out what the consent stands on.
    #[error("{0}")]
    OAuthNotConfigured(String),
    /// Nobody consented yet.
    #[error("nobody has connected this integration to its provider yet")]
    NotConnected,
    /// The consent is over.
    #[error("the provider does not take this connection's tokens any more: somebody has to connect it again")]
    NeedsReauthorization,
    /// The token is being renewed, or could not be a moment ago.
    #[error("the connection's token is being renewed: try again in {seconds} seconds")]
    TokenBusy {
        /// When to try again.
        seconds: u64,
    },
    /// Wrong fields: name and message.
    #[error("fields are wrong")]
    Fields(Vec<(String, String)>),
    /// Somebody changed the row meanwhile.
    #[error("the row was changed meanwhile")]
    Changed,
    /// A limit on how many of a thing an organization may have.
    #[error("the organization has as many {0} as it may have")]
    TooMany(&'static str),
    /// The provider refused, or did not answer as it should.
    #[error("provider: {error}")]
    Provider {
        /// What it said, and whether the outcome is known.
        error: ProviderError,
        /// The payment that was written down for the attempt.
        payment: Option<PaymentId>,
    },
}

/// Why a difference did not end.
#[derive(Debug, thiserror::Error)]
pub enum NotEnded {
    /// No such difference in the organization.
    #[error("no such difference")]
    NotFound,
    /// It is over already.
    #[error("the difference is {0}")]
    Over(kontor_domain::reconciliation::Status),
    /// Asking again did not end it, and nothing here says what is right.
    #[error("{0}")]
    Stays(String),
}

/// Why an order is not changed, or no invoice is made of it.
#[derive(Debug, thiserror::Error)]
pub enum NotOrdered {
    /// No such order in the organization, or another customer's.
    #[error("no such order")]
    NotFound,
    /// The order's number is taken.
    #[error("the order number is taken")]
    NumberTaken,
    /// The order is in a state that does not allow this.
    #[error("the order is {0}")]
    State(orders::Status),
    /// The order is in a state that does not let these fields change.
    #[error("the order is {status}: {} may not change", fields.join(", "))]
    Settled {
        /// Its state.
        status: orders::Status,
        /// Their names.
        fields: Vec<&'static str>,
    },
    /// An invoice was made of it, and was not taken back.
    #[error("the order was invoiced")]
    Invoiced(kontor_domain::ids::InvoiceId),
}

impl Error {
    /// One wrong field.
    pub fn field(name: &str, message: &str) -> Self {
        Self::Fields(vec![(name.to_owned(), message.to_owned())])
    }
}
