//! The providers: what each is sent, and what its answers mean.
//!
//! One folder a provider: pure building and parsing of wire texts, and one thin client. Refuses to know the
//! database, to retry anything that could charge again, and to log a body.

pub mod authorize_net;
pub mod declarative;
pub mod error;
pub mod folder;
pub mod http;
pub mod oauth;
pub mod provider;
pub mod proxy;
pub mod quickbooks;
pub mod registry;
pub mod worldpay;

pub use error::ProviderError;
pub use http::Http;
pub use provider::{
    BillingAddress, Connection, HostedOrder, HostedPage, HostedPayments, HostedReturn, Lookup, Outgoing,
    Provider, ProviderTransaction, Proxied, ReturnError, ReturnStatus, TestReport, TransactionKind,
    TransactionState,
};
pub use registry::{Registry, Settings};
