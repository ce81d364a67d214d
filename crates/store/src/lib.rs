//! All SQL, and nothing but SQL.
//!
//! One file a noun; the same statements on SQLite and PostgreSQL. Every statement on a tenant's table
//! binds the organization. Refuses to decide anything about money: it keeps what `domain` and `engine`
//! decided, and refuses an UPDATE that leaves a state which the transition may not leave.

pub mod actions;
pub mod api_keys;
pub mod at_provider;
pub mod attempts;
pub mod audit;
pub mod auto_pay;
pub mod card_pages;
pub mod chain;
pub mod choices;
pub mod crash;
pub mod customers;
pub mod db;
pub mod error;
pub mod events;
pub mod hosted;
pub mod idempotency;
pub mod integrations;
pub mod invoices;
pub mod jobs;
pub mod keks;
pub mod keys;
pub mod oauth;
pub mod open;
pub mod orders;
pub mod organizations;
pub mod page;
pub mod payment_links;
pub mod payment_methods;
pub mod payments;
pub mod reconciliation;
pub mod refunds;
mod row;
pub mod sealed;
pub mod secrets;
pub mod sync;

pub use db::{Conn, Db, Engine, Tx};
pub use error::Error;
pub use page::{Page, Slice};
