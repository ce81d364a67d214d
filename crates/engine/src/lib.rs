//! The use cases: whatever touches a provider, the vault, or more than one noun.
//!
//! Owns the three steps of the money path: claim (a transaction), call (no transaction open), record (a
//! transaction). Refuses to know HTTP, to keep a transaction open across a network call, and to send a
//! charge again in order to find out.

pub mod access;
pub mod actions;
pub mod actor;
pub mod audit;
pub mod auto_pay;
pub mod charges;
mod choice;
pub mod credentials;
pub mod error;
pub mod events;
pub mod hosted;
pub mod integrations;
pub mod invoices;
pub mod jobs;
pub mod keep;
pub mod notices;
pub mod oauth;
pub mod orders;
pub mod organizations;
pub mod payment_links;
pub mod payment_methods;
pub mod payments;
pub mod proxy;
pub mod reconcile;
pub mod refunds;
pub mod resolve;
#[cfg(test)]
mod samples;
pub mod settings;
mod standing;
pub mod sync;
mod teller;
pub mod templates;
pub mod traffic;
pub mod webhooks;

pub use actor::Actor;
pub use error::Error;
pub use settings::Settings;

use kontor_domain::Ambient;
use kontor_providers::{Http, Registry};
use kontor_store::Db;

use credentials::Credentials;

/// Everything a use case needs; made once by the binary.
pub struct Engine {
    /// The database.
    pub db: Db,
    /// Time and randomness.
    pub ambient: Ambient,
    /// The providers.
    pub registry: Registry,
    /// The network.
    pub http: Http,
    /// Sealing and opening of secrets.
    pub credentials: Credentials,
    /// What consents are signed with, and who is renewing a token in this process.
    pub oauth: oauth::OAuth,
    /// What is known of companies whose books are kept in step.
    pub companies: sync::Companies,
    /// Who is being served, for work in the background to make room.
    pub traffic: traffic::Traffic,
    /// The times and addresses that the operator set.
    pub settings: Settings,
}
