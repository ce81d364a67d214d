//! The providers: what each is sent, and what its answers mean.
//!
//! One folder a provider: pure building and parsing of wire texts, and one thin client. Refuses to know the
//! database, to retry anything that could charge again, and to log a body.

pub mod authorize_net;
pub mod books;
pub mod card;
pub mod charges;
pub mod declarative;
pub mod error;
pub mod folder;
pub mod hidden;
pub mod http;
pub mod oauth;
pub mod pace;
pub mod provider;
pub mod proxy;
pub mod quickbooks;
pub mod registry;
pub mod reports;
pub mod vaulting;
pub mod webhook;
pub mod webhooks;
mod wiped;
pub mod worldpay;

#[cfg(test)]
mod tests;

pub use books::{Accounting, Books, BooksError};
pub use card::{Card, CardError, Expiry, Nonce};
pub use charges::{
    Approval, CaptureOrder, CardUse, ChargeOrder, Charges, MerchantReason, Outcome, RefundOrder, Refusal,
    Source, Unsure, VoidOrder, Voided,
};
pub use error::ProviderError;
pub use http::Http;
pub use provider::{
    BillingAddress, Connection, HostedOrder, HostedPage, HostedPayments, HostedReturn, KeyRotation, Lookup,
    Outgoing, Provider, ProviderTransaction, Proxied, ReturnError, ReturnStatus, TestReport, TransactionKind,
    TransactionState,
};
pub use registry::{Registry, Settings};
pub use reports::{Batch, Reports, Window};
pub use vaulting::{CardChange, CardRef, Save, SaveOrder, SavedCard, VaultError, Vaulting};
pub use webhooks::{Hint, WebhookIn};
